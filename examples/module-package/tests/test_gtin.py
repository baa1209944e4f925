"""The module as KRL sees it. Run with `python -m pytest`, once the package is installed."""

import pytest

from pico.krl.compile import evaluate


@pytest.mark.parametrize("code", ["4006381333931", "96385074", "036000291452", "00012345600012"])
def test_numbers_from_real_labels_are_valid(code: str) -> None:
    assert evaluate(f'gtin:isValid("{code}")') is True


@pytest.mark.parametrize("code", ['"4006381333932"', '"400638133393"', '"winter boots"', '""', "null", "4006381333931"])
def test_anything_else_is_not(code: str) -> None:
    assert evaluate(f"gtin:isValid({code})") is False
    assert evaluate(f"gtin:normalise({code})") is None


def test_a_short_number_is_filled_up() -> None:
    assert evaluate('gtin:normalise("96385074")') == "00000096385074"
