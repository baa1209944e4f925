"""Source text in, syntax tree out: `parse`, `parse_ruleset` and `parse_fragment`.

A direct driver of the LALR tables that Lark makes (`parse_table`), about three times as fast
as Lark's own with positions: tokens are numbers, positions are offsets kept on a stack beside the values, and
a production that only hands on its value costs one look-up. The depth of the tree is counted
as it grows, from below, so no text can make a later stage recurse too deeply; nothing here
recurses. On an error, and only then, `parse_errors` works out what could have come instead.
"""

from typing import Any, cast

from pico.errors import SyntaxFault
from pico.krl import nodes, parse_errors
from pico.krl.diagnostic import Diagnostic
from pico.krl.parse_steps import hand_on, load_steps
from pico.krl.parse_table import load_table
from pico.krl.source import Source, Span
from pico.krl.tokens import Tokens, tokenise
from pico.krl.tree import Builder
from pico.limits import NESTING, SOURCE_BYTES

# The parser's stack holds at most this many symbols per level of the tree, so a longer stack is too deep
# whatever follows, and a million brackets are refused before they are all read.
_SYMBOLS_PER_LEVEL = 20


def parse(source: Source) -> nodes.Ruleset | nodes.Program:
    """The tree of a text: a ruleset where it begins with the word `ruleset`, else a fragment.

    Raises `SyntaxFault` with one located diagnostic.
    """
    tokens = _tokens(source)
    return cast(nodes.Ruleset | nodes.Program, _run(source, tokens, "ruleset" if tokens[0] == "ruleset" else "program"))


def parse_ruleset(source: Source) -> nodes.Ruleset:
    """The tree of a ruleset. Raises `SyntaxFault` with one located diagnostic."""
    return cast(nodes.Ruleset, _run(source, _tokens(source), "ruleset"))


def parse_fragment(source: Source) -> nodes.Program:
    """The tree of declarations and expressions. Raises `SyntaxFault` with one located diagnostic."""
    return cast(nodes.Program, _run(source, _tokens(source), "program"))


def _tokens(source: Source) -> Tokens:
    text = source.text
    if len(text) > SOURCE_BYTES.value or (
        len(text) * 4 > SOURCE_BYTES.value and len(text.encode("utf-8", "surrogatepass")) > SOURCE_BYTES.value
    ):
        hint = "split it: move functions into a module and `use` it"
        raise SyntaxFault([Diagnostic(SOURCE_BYTES.name, SOURCE_BYTES.explain(), source, Span(0, 0), hint)])
    return tokenise(text)


def _run(source: Source, tokens: Tokens, start: str) -> Any:
    """Drive the tables over the tokens."""
    table, steps = load_table(), load_steps()
    actions, gotos, finish = table.actions, table.gotos, table.ends[start]
    kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
    builder, deepest = Builder(source, tokens), NESTING.value
    state = table.starts[start]
    states, values, begins, depths = [state], list[Any]([None]), [0], [0]
    longest, place, kind = deepest * _SYMBOLS_PER_LEVEL, 0, kinds[0]
    while True:
        action = actions[state][kind]
        if action > 0:
            state = action
            states.append(state)
            values.append(place)
            begins.append(starts[place])
            depths.append(0)
            place += 1
            kind = kinds[place]
            if len(states) > longest:
                raise _too_deep(source, tokens, place - 1)
        elif action < 0:
            left, size, build, deeper = steps[action]
            if size == 1:
                if build is not hand_on:
                    values[-1] = build(builder, begins[-1], ends[place - 1], values[-1:])
                state = gotos[states[-2]][left]
                states[-1] = state
            elif size:
                depth = max(depths[-size:]) + deeper
                if depth > deepest:
                    raise _too_deep(source, tokens, place - 1)
                begin = begins[-size]
                value = build(builder, begin, ends[place - 1], values[-size:])
                del states[-size:], values[-size:], begins[-size:], depths[-size:]
                state = gotos[states[-1]][left]
                states.append(state)
                values.append(value)
                begins.append(begin)
                depths.append(depth)
            else:
                values.append(build(builder, starts[place], starts[place], []))
                state = gotos[state][left]
                states.append(state)
                begins.append(starts[place])
                depths.append(0)
        elif state == finish and place == len(kinds) - 1:
            return values[-1]
        else:
            raise parse_errors.fault(source, tokens, place, table, start)


def _too_deep(source: Source, tokens: Tokens, place: int) -> SyntaxFault:
    span = Span(tokens.starts[place], tokens.ends[place])
    hint = "give the parts names and combine the names"
    return SyntaxFault([Diagnostic(NESTING.name, NESTING.explain(), source, span, hint)])
