"""The `__testing` map that every ruleset has: what can be asked and told, for forms and pages."""

from typing import Any

from pico.krl import nodes
from pico.krl.eventex import primitives
from pico.krl.walk import walk


def describe(ruleset: nodes.Ruleset) -> dict[str, Any]:
    """`{"queries": [{"name", "args"}], "events": [{"domain", "name", "attrs"}]}`."""
    return {"queries": _queries(ruleset), "events": _events(ruleset)}


def _queries(ruleset: nodes.Ruleset) -> list[dict[str, Any]]:
    declared = {d.name.text: d.value for d in ruleset.globals}
    found = [{"name": "__testing", "args": []}]
    for prop in ruleset.meta.properties if ruleset.meta else ():
        for name in prop.names if isinstance(prop, nodes.MetaShares) else ():
            value = declared.get(name.text)
            args = [p.name.text for p in value.params] if isinstance(value, nodes.Function) else []
            if name.text != "__testing":
                found.append({"name": name.text, "args": args})
    return found


def _events(ruleset: nodes.Ruleset) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, None]] = {}
    for rule in ruleset.rules:
        if rule.active and isinstance(rule.select, nodes.SelectWhen):
            read = dict.fromkeys(_attributes_read(rule))
            for event in primitives(rule.select.event):
                matched = dict.fromkeys(match.attr.text for match in event.matches)
                found.setdefault((event.domain, event.type), {}).update(matched | read)
    return [{"domain": d, "name": n, "attrs": list(attrs)} for (d, n), attrs in found.items()]


def _attributes_read(rule: nodes.Rule) -> list[str]:
    """The attributes that a rule reads by a constant name, however it reads them."""
    found = []
    for node in walk(rule):
        key: nodes.Node | None = None
        if isinstance(node, nodes.PathAccess | nodes.Index) and _is(node.receiver, "attrs"):
            key = node.key
        elif (isinstance(node, nodes.Call) and _is(node.callee, "attr")) or (
            isinstance(node, nodes.OperatorCall) and _is(node.receiver, "attrs")
            and isinstance(node.target, nodes.Name) and node.target.text == "get"
        ):
            key = node.args.items[0] if node.args.items else None
        if isinstance(key, nodes.String):
            found.append(key.value)
    return found


def _is(node: nodes.Node, name: str) -> bool:
    return isinstance(node, nodes.DomainName) and (node.domain, node.name) == ("event", name)
