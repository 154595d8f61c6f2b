"""Money text of the pretend practice software: every format, and what its mask makes of typed text."""

from __future__ import annotations

import pytest

from tillbridge.stand_ins import money_text


@pytest.mark.parametrize(
    ("style", "positive", "negative"),
    [
        ("dollar", "$1,234.50", "-$1,234.50"),
        ("plain", "1234.50", "-1234.50"),
        ("short", "1234.5", "-1234.5"),
        ("paren", "1,234.50", "(1,234.50)"),
        ("cr", "1,234.50", "1,234.50 CR"),
        ("minus", "1,234.50", "-1,234.50"),
        ("nbsp", "$\u00a01,234.50", "-$\u00a01,234.50"),
        ("comma", "1.234,50", "-1.234,50"),
    ],
)
def test_each_format_writes_and_reads_back_the_same_cents(style: str, positive: str, negative: str) -> None:
    assert money_text.write(123450, style) == positive
    assert money_text.write(-123450, style) == negative
    assert money_text.read(positive, style) == 123450
    assert money_text.read(negative, style) == -123450


def test_every_listed_format_is_tested_above() -> None:
    assert {"dollar", "plain", "short", "paren", "cr", "minus", "nbsp", "comma"} == set(money_text.FORMATS)


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("142.5", 14250),
        ("142", 14200),
        (".5", 50),
        ("$0.00", 0),
        ("", None),
        ("abc", None),
        ("1.234", None),
        (".", None),
    ],
)
def test_the_mask_reads_what_people_type(typed: str, cents: int | None) -> None:
    assert money_text.read(typed) == cents
