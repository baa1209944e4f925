"""Regular expressions mean what they mean in JavaScript, on both engines, in bounded time."""

import pytest

from pico.errors import LimitExceeded, RuleFault
from pico.krl.context import Context
from pico.krl.operators import OPERATORS
from pico.krl.regexp import Regexp, check_pattern
from pico.krl.regexp_engines import compile_pattern
from pico.limits import REGEX_CHARS

# Pattern, flags, text, and the whole match with its groups; None where there is no match.
SEARCHES = [
    # Classes are ASCII, white space is Unicode's
    (r"\w+", "", "éab1_", ["ab1_"]), (r"\d", "", "٣", None), (r"\bab\b", "", "éab", ["ab"]),
    (r"\Bb", "", "ab", ["b"]), (r"^\s+$", "", " \u00a0\ufeff\u2003\t", [" \u00a0\ufeff\u2003\t"]),
    (r"\s", "", "\x1c\x85", None), (r"\S", "", "\u3000", None),
    # Places
    ("a$", "", "a\n", None), ("^b", "", "a\nb", None), ("a.b", "", "a\u2028b", None), ("a.b", "", "a\x85b", ["a\x85b"]),
    ("a[^]b", "", "a\nb", ["a\nb"]), ("[]|b", "", "ab", ["b"]), ("$", "", "ab", [""]),
    # Characters
    ("^.$", "", "😀", ["😀"]), (r"\ud83d\ude00", "", "😀", ["😀"]), ("[😀-😂]+", "", "x😁😂", ["😁😂"]),
    (r"\x41\u0042\cJ\0\t", "", "AB\n\0\t", ["AB\n\0\t"]), (r"\101\7", "", "A\x07", ["A\x07"]),
    (r"[\b\-\]]+", "", "\b-]", ["\b-]"]),
    (r"\/\-\q\#\é", "", "/-q#é", ["/-q#é"]), (r"\8", "", "8", ["8"]), (r"\c!", "", "\\c!", ["\\c!"]),
    (r"\xg\u12", "", "xgu12", ["xgu12"]),
    (r"[\w-.]+", "", "a-.", ["a-."]), ("[a-]+", "", "-a", ["-a"]), ("[]a]", "", "]a]", None), ("[^^]", "", "^a", ["a"]),
    # Braces and brackets that mean themselves
    ("a{,5}", "", "a{,5}", ["a{,5}"]), ("x{1", "", "x{1", ["x{1"]), ("}]", "", "}]", ["}]"]), ("{}", "", "{}", ["{}"]),
    # Repetition
    ("a{2}", "", "aaa", ["aa"]), ("a{2,}", "", "aaa", ["aaa"]), ("a{1,2}?", "", "aa", ["a"]),
    ("a+?b??", "", "aab", ["a"]),
    ("(a|ab)(c|bcd)(d*)", "", "abcd", ["abcd", "a", "bcd", ""]), ("a{1500}", "", "a" * 1500, ["a" * 1500]),
    # Groups are forgotten when a repetition starts anew
    ("(?:(a)|b)*", "", "ab", ["ab", None]), ("(?:(a)|(b))*", "", "ab", ["ab", None, "b"]),
    ("((a)|(b))*", "", "ab", ["ab", "b", None, "b"]),
    ("(z)((a+)?(b+)?(c))*", "", "zaacbbbcac", ["zaacbbbcac", "z", "ac", "a", None, "c"]),
    ("(a*)*", "", "b", ["", None]),
    ("(?:(a)|b){2}", "", "ab", ["ab", None]), ("(z)?b", "", "b", ["b", None]),
    # Names, references, look-around
    (r"(?<n>a)\k<n>", "", "aa", ["aa", "a"]), (r"\k<n>", "", "k<n>", ["k<n>"]), (r"(z)?\1b", "", "ab", ["b", None]),
    (r"\1(a)", "", "aa", ["a", "a"]), (r"(a\1)", "", "aa", ["a", "a"]),
    (r"(.)(.)\2\1", "", "xabba", ["abba", "a", "b"]),
    (r"(ä)\1", "i", "äÄ", ["äÄ", "ä"]), (r"(a)\10", "", "a\b0", ["a\b", "a"]),
    ("(?<=w*)x", "", "x", ["x"]), (r"(?<=\$)\d+(?!\d|\.)", "", "a12 $34", ["34"]), ("(?<!a)b", "", "abb", ["b"]),
    (r"(?=(a))\w", "", "a", ["a", "a"]), (r"\b(?=é)", "", "aé", [""]), (r"(?!a)[^b]$(?:)", "", "ac", ["c"]),
    ("(?=a)*b", "", "b", ["b"]),
    # Letter case: as JavaScript folds it
    ("straSSe", "i", "STRAsse", ["STRAsse"]), ("é", "i", "É", ["É"]), ("[à-ý]+", "i", "ÀÉx", ["ÀÉ"]),
    ("[^a]", "i", "Ab", ["b"]),
    ("k", "i", "\u212a", None), ("s", "i", "ſ", None), (r"\w", "i", "ſ", None), ("ß", "i", "ẞ", None),
    ("[A-Z]", "i", "é", None),
    ("Σ+", "i", "σςΣ", ["σςΣ"]), ("[_-a]", "i", "A", ["A"]), ("\u00b5", "i", "\u03bc", ["\u03bc"]),
]


@pytest.mark.parametrize(("pattern", "flags", "text", "expected"), SEARCHES)
def test_search(pattern: str, flags: str, text: str, expected: list[str | None] | None) -> None:
    regexp = Regexp(pattern, flags)
    found = regexp.first(text)
    assert (None if found is None else [found.group(0), *found.groups()]) == expected
    assert regexp.found_in(text) is (expected is not None)


BROKEN = [
    ("(", "Unterminated group"), ("(a", "Unterminated group"), (")", "Unmatched ')'"), ("a)", "Unmatched ')'"),
    ("[a", "Unterminated character class"), ("[\\", "\\ at end of pattern"), ("\\", "\\ at end of pattern"),
    ("*", "Nothing to repeat"), ("a**", "Nothing to repeat"), ("(?:+)", "Nothing to repeat"),
    ("{1}", "Nothing to repeat"),
    ("^*", "Nothing to repeat"), (r"\b+", "Nothing to repeat"), ("(?<=a)+", "Nothing to repeat"),
    ("a{2,1}", "numbers out of order in {} quantifier"), ("[b-a]", "Range out of order in character class"),
    ("(?i)a", "Invalid group"), ("(?P<n>a)", "Invalid group"), ("(?", "Invalid group"),
    ("(?<1>a)", "Invalid capture group name"), ("(?<n>a)(?<n>b)", "Duplicate capture group name"),
    (r"(?<n>a)\k<m>", "Invalid named capture referenced"), (r"(?<n>a)\k", "Invalid named reference"),
    ("(" * 60 + ")" * 60, "Regular expression too large"),
]


@pytest.mark.parametrize(("pattern", "reason"), BROKEN)
def test_what_is_no_pattern_is_refused_with_the_reason(pattern: str, reason: str) -> None:
    message = f"SyntaxError: Invalid regular expression: /{pattern}/: {reason}"
    assert check_pattern(pattern) == message
    with pytest.raises(RuleFault) as fault:
        Regexp(pattern).check()
    assert (fault.value.code, fault.value.message) == ("bad-regexp", message)


def test_flags_of_a_literal() -> None:
    assert check_pattern("b", "gim") is None
    assert check_pattern("b", "gg") == "SyntaxError: Invalid flags supplied to RegExp constructor 'gg'"
    assert check_pattern("b", "x") == "SyntaxError: Invalid flags supplied to RegExp constructor 'x'"
    assert Regexp("b", "igm").flags == "gi"
    assert check_pattern("a" * (REGEX_CHARS.value + 1)) is not None


def test_all_matches_in_order_and_none_twice() -> None:
    def spans(pattern: str, text: str) -> list[tuple[int, int]]:
        return [(found.start, found.end) for found in Regexp(pattern, "g").matches(text)]

    assert spans("x*", "baxxc") == [(0, 0), (1, 1), (2, 4), (4, 4), (5, 5)]
    assert spans(r"\b", "é ab") == [(2, 2), (4, 4)]
    assert spans("^a", "aaa") == [(0, 1)]
    assert spans("(?<=^|,)[^,]*", "a,,b") == [(0, 1), (2, 2), (3, 4)]
    assert spans("é|😀", "é😀xé") == [(0, 1), (1, 2), (3, 4)]


def test_values_are_equal_by_source_and_flags_and_never_change() -> None:
    assert Regexp("a", "g") == Regexp("a", "g")
    assert Regexp("a", "g") != Regexp("a")
    assert len({Regexp("a", "ig"), Regexp("a", "gi")}) == 1
    found = Regexp("o", "g")
    assert [found.found_in("foo") for _ in range(3)] == [True] * 3
    assert not hasattr(found, "__dict__")


@pytest.mark.parametrize(("source", "flags", "text"), [
    ("a/b", "i", r"re#a\/b#i"), (r"a\/b", "", r"re#a\/b#"), ("[/]/", "", r"re#[/]\/#"), ("", "g", "re#(?:)#g"),
    (r"[\]/]", "", r"re#[\]/]#"),
])
def test_text(source: str, flags: str, text: str) -> None:
    assert Regexp(source, flags).text() == text


def test_plain_patterns_run_in_linear_time_and_others_only_where_they_must() -> None:
    assert compile_pattern(r"^(\w+\s?)*$", False, True).linear
    assert not compile_pattern(r"(a)\1", False, True).linear
    assert not compile_pattern("(?=a)", False, True).linear


def test_slow_searches_are_charged() -> None:
    t = Context()
    calls = 0

    def search_often() -> None:
        nonlocal calls
        while calls < 10_000:
            Regexp(r"^(?=(a|aa){1,18}$)").found_in("a" * 20 + "!", t)
            calls += 1

    with pytest.raises(LimitExceeded) as refused:
        search_often()
    assert refused.value.code in ("fuel-per-step", "regex-time")
    assert calls < 5_000


def test_broken_characters_do_no_harm() -> None:
    assert Regexp(".").first("\ud800x") is not None
    assert OPERATORS["split"].run(Context(), "\ud800,é", ",") == ["\ud800", "é"]
