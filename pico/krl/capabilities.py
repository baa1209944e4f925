"""What a ruleset can touch, derived from its code: the modules it uses and the effects it has.

A capability is a short text: `module:http`, `send`, `raise:journal`, `host:https://example.com`.
The owner grants them by installing the ruleset; they are stored with the installation.
"""

from urllib.parse import urlsplit

from pico.krl import nodes
from pico.krl.walk import walk

HTTP = "http"
SILENT = frozenset({"ent", "event", "meta", "time", "math", "random"})


def capabilities(ruleset: nodes.Ruleset) -> tuple[str, ...]:
    """Sorted and without repetition. Where a target is computed, the capability says `any`."""
    found: set[str] = set()
    for node in walk(ruleset):
        if isinstance(node, nodes.DomainName) and node.domain not in SILENT:
            found.add(f"module:{node.domain}")
        elif isinstance(node, nodes.DomainName) and (node.domain, node.name) == ("event", "send"):
            found.add("send")
        elif isinstance(node, nodes.Raise):
            found.add(f"raise:{node.domain or 'any'}")
        if isinstance(node, nodes.Call | nodes.Action):
            found |= _hosts(node)
    return tuple(sorted(found))


def _hosts(node: nodes.Call | nodes.Action) -> set[str]:
    target = node.callee if isinstance(node, nodes.Call) else node.target
    if not isinstance(target, nodes.DomainName) or target.domain != HTTP:
        return set()
    first = next((a for a in node.args.items if not isinstance(a, nodes.NamedArgument)), None)
    named = (a for a in node.args.items if isinstance(a, nodes.NamedArgument))
    url = first or next((a.value for a in named if a.name.text == "url"), None)
    if not isinstance(url, nodes.String):
        return {"host:any"}
    parts = urlsplit(url.value)
    return {f"host:{parts.scheme}://{parts.netloc}"}
