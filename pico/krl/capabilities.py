"""What a ruleset can touch, derived from its code: the modules it uses and the effects it has.

A capability is a short text: `module:http`, `send`, `raise:journal`, `host:https://example.com`.
The owner grants them by installing the ruleset; they are stored with the installation.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from pico.krl import nodes
from pico.krl.walk import walk

HTTP = "http"
ANY_HOST = "host:any"
SILENT = frozenset({"ent", "event", "meta", "time", "math", "random"})


def capabilities(ruleset: nodes.Ruleset) -> tuple[str, ...]:
    """Sorted and without repetition. Where a target is computed, the capability says `any`.

    A module of somebody else's goes by its RID, whatever it is called here.
    """
    used = dict(_aliases(ruleset))
    found = {f"module:{rid}" for rid in used.values()}
    called: set[int] = set()
    for node in walk(ruleset):
        if isinstance(node, nodes.Raise):
            found.add(f"raise:{node.domain or 'any'}")
        elif isinstance(node, nodes.Call | nodes.OperatorCall | nodes.Action):
            target = node.callee if isinstance(node, nodes.Call) else node.target
            if isinstance(target, nodes.DomainName) and target.domain == HTTP and HTTP not in used:
                called.add(id(target))
                found.add(_host(node))
        elif isinstance(node, nodes.DomainName) and node.domain not in used:
            found |= _named(node, id(node) in called)
    return tuple(sorted(found))


def _aliases(ruleset: nodes.Ruleset) -> Iterator[tuple[str, str]]:
    for prop in ruleset.meta.properties if ruleset.meta else ():
        if isinstance(prop, nodes.MetaUse):
            yield prop.alias.text if prop.alias else prop.rid, prop.rid


def _named(node: nodes.DomainName, called: bool) -> set[str]:
    """What naming a built-in member allows; a function of `http:` that is not called may be called with any URL."""
    if (node.domain, node.name) == ("event", "send"):
        return {"send"}
    if node.domain in SILENT:
        return set()
    return {f"module:{node.domain}"} | ({ANY_HOST} if node.domain == HTTP and not called else set())


def _host(node: nodes.Call | nodes.OperatorCall | nodes.Action) -> str:
    url: nodes.Node | None = node.receiver if isinstance(node, nodes.OperatorCall) else None
    for item in node.args.items:
        if isinstance(item, nodes.NamedArgument) and item.name.text == "url":
            url = item.value
        elif url is None and not isinstance(item, nodes.NamedArgument):
            url = item
    if not isinstance(url, nodes.String):
        return ANY_HOST
    try:
        parts = urlsplit(url.value)
        host, port = parts.hostname, parts.port
    except ValueError:  # no URL: the call fails when it runs
        return ANY_HOST
    if not host:
        return ANY_HOST
    return f"host:{parts.scheme}://{host}:{port}" if port else f"host:{parts.scheme}://{host}"
