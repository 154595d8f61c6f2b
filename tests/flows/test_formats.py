"""Money and dates are read exactly or not at all, and what is written reads as the same again."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillbridge.flows.formats import DateFormat, Formats, MoneyFormat, Unreadable

DOLLARS = MoneyFormat("USD", grouping=",", symbol="$", signs=("-1", "(1)", "1 CR"), write_as="142.50")
EUROS = MoneyFormat("EUR", decimal=",", grouping=".", symbol="€", signs=("-1",), write_as="€1.142,50")
SPACED = MoneyFormat("CHF", decimal=".", grouping=" ", signs=("1-",), write_as="1 142.50")
YEN = MoneyFormat("JPY", places=0, grouping=",", symbol="¥", signs=("-1",), write_as="1,142")
ALL = (DOLLARS, EUROS, SPACED, YEN)
AMOUNTS = st.integers(-99_999_999_99, 99_999_999_99)


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("142.50", 14250),
        ("$142.50", 14250),
        ("1,234.56", 123456),
        ("$1,234.56", 123456),
        ("1234.56", 123456),
        ("(25.00)", -2500),
        ("($25.00)", -2500),
        ("25.00 CR", -2500),
        ("25.00\u00a0CR", -2500),
        ("-$25.00", -2500),
        ("0.00", 0),
        ("  $5.00 ", 500),
    ],
)
def test_every_listed_form_is_read(text: str, minor: int) -> None:
    assert DOLLARS.read(text) == minor


@pytest.mark.parametrize(
    "text",
    [
        "1234.5",
        "1,234",
        "142",
        "142,50",
        "1,23.45",
        "12,345,67.00",
        "1 234.56",
        ".50",
        "007.50",
        "$-25.00",
        "25.00-",
        "25.00 DR",
        "-(25.00)",
        "--25.00",
        "€5.00",
        "$$5.00",
        "1٫50",
        "１２.00",
        "1e5",
        "12.345",
        "5.00 5.00",
        "+5.00",
        "\u221225.00",
    ],
)
def test_any_other_form_is_refused_and_never_rounded(text: str) -> None:
    seen = DOLLARS.read(text)
    assert isinstance(seen, Unreadable)
    assert (seen.text, seen.reason) == (text, "form")


def test_an_empty_amount_is_told_apart_from_a_wrong_one() -> None:
    assert DOLLARS.read("   ") == Unreadable("   ", "money", "empty")


@given(st.sampled_from(ALL), AMOUNTS)
def test_what_is_written_reads_as_the_same_amount(form: MoneyFormat, minor: int) -> None:
    assert form.read(form.write(minor)) == minor


@given(st.sampled_from(ALL), AMOUNTS)
def test_every_accepted_spelling_reads_as_the_amount(form: MoneyFormat, minor: int) -> None:
    assert {form.read(text) for text in form.spellings(minor)} == {minor}


@given(st.sampled_from(ALL), AMOUNTS, AMOUNTS)
def test_no_spelling_is_shared_by_two_amounts(form: MoneyFormat, one: int, other: int) -> None:
    assert one == other or not form.spellings(one) & form.spellings(other)


@given(st.text(alphabet="0123456789.,$()- CR\u00a0", max_size=12))
def test_whatever_is_read_is_a_whole_number_and_one_of_its_spellings(text: str) -> None:
    minor = DOLLARS.read(text)
    if not isinstance(minor, Unreadable):
        assert type(minor) is int
        plain = text.replace("\u00a0", " ").strip()
        assert plain in DOLLARS.spellings(minor) or minor == 0


def test_the_example_decides_how_amounts_are_typed() -> None:
    assert DOLLARS.write(123456) == "1234.56"
    assert EUROS.write(123456) == "€1.234,56"
    assert DOLLARS.write(-2500) == "-25.00"
    assert YEN.write(123456) == "123,456"


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        (MoneyFormat("USD", grouping=".", decimal="."), "same sign"),
        (MoneyFormat("USD", symbol="1"), "digit"),
        (MoneyFormat("USD", signs=("1",)), "signs"),
        (MoneyFormat("USD", signs=("()",)), "signs"),
        (MoneyFormat("USD", write_as="142,50"), "not a form that is read"),
    ],
)
def test_a_format_that_cannot_work_says_why(form: MoneyFormat, fault: str) -> None:
    assert any(fault in text for text in form.faults())


US = DateFormat(("MM/DD/YYYY", "M/D/YY"), "MM/DD/YYYY", ("MM/DD",))
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(DAYS)
def test_a_written_day_reads_as_the_same_day(day: date) -> None:
    assert US.read(US.write(day)) == day
    assert {US.read(text) for text in US.spellings(day)} == {day}


def test_a_day_that_two_forms_read_differently_is_refused() -> None:
    both = DateFormat(("MM/DD/YYYY", "DD/MM/YYYY"), "MM/DD/YYYY")
    assert both.read("11/12/2026") == Unreadable("11/12/2026", "date", "ambiguous")
    assert both.read("11/22/2026") == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("02/30/2026", "no_such_day"), ("2026-11-22", "form"), ("11/22", "form"), (" ", "empty")],
)
def test_a_day_that_is_none_is_refused(text: str, reason: str) -> None:
    seen = US.read(text)
    assert isinstance(seen, Unreadable)
    assert seen.reason == reason


@pytest.mark.parametrize(
    "form",
    [
        DateFormat(("MM/YYYY",), "MM/YYYY"),
        DateFormat(("MM/DD/YYYY",), "DD.MM.YYYY"),
        DateFormat(("MM/DD/YYYY",), "MM/DD/YYYY", ("MM/DD/YYYY",)),
    ],
)
def test_a_date_format_that_cannot_work_says_why(form: DateFormat) -> None:
    assert form.faults()


def test_codes_keep_their_leading_zeros_and_are_never_empty() -> None:
    forms = Formats(DOLLARS, US)
    assert forms.read(" 00911 ", "code") == "00911"
    assert isinstance(forms.read("  ", "code"), Unreadable)
    assert forms.read("  ", "text") == ""


def test_a_value_is_spelled_by_what_it_is() -> None:
    forms = Formats(DOLLARS, US)
    assert forms.spellings(True, "text") == {"true"}
    assert forms.spellings("V4242-K7Q9", "text") == {"V4242-K7Q9"}
    assert "$5.00" in forms.spellings(500, "money")
    assert forms.spellings(date(2026, 1, 2), "date") == {"01/02/2026", "1/2/26"}
    assert forms.write(500) == "5.00"
    assert forms.write(date(2026, 1, 2)) == "01/02/2026"
    assert forms.write("x") == "x"


def test_no_two_forms_of_the_packs_money_overlap() -> None:
    for one, other in itertools.combinations((0, 5, 50, 500, 5000, -5, -500), 2):
        assert not DOLLARS.spellings(one) & DOLLARS.spellings(other)
