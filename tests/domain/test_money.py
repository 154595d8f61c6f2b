"""Amounts: integers with a currency, three parts, text that is read in one way only, a fee that closes to the cent."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.story import usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.money import (
    EXPONENTS,
    MINOR_MAX,
    Money,
    Parts,
    fee_to_return,
    only_base,
    parse_typed,
    pro_rata,
    zero,
)

READ = {
    "212.40": 21_240,
    " 212.40 ": 21_240,
    "$212.40": 21_240,
    "$ 212.40": 21_240,
    "212": 21_200,
    "0.01": 1,
    "1,212.40": 121_240,
    "$1,212": 121_200,
    "12,345,678.90": 1_234_567_890,
    "007.50": 750,
    "99,999,999.99": 9_999_999_999,
}
UNREADABLE = [
    "", " ", "$", ".", "212,40", "212.4", "212.400", "1.5", "1,2", "1,23.45", "12,34", "1,2345", "1 212.40", "1.212,40",
    "212.40 USD", "USD 212.40", "212.40.", ".40", "+5", "5e2", "0x10", "1_000", "two",
    "\u0662\u0661\u0662", "\uff12\uff11\uff12", "$$5", "5$", "5%", "1,212,40", "1'212.40", "NaN", "inf", "(5.00)",
    "5.00-",
]  # fmt: skip


@pytest.mark.parametrize(("text", "minor"), READ.items())
def test_an_amount_that_a_person_typed(text: str, minor: int) -> None:
    assert parse_typed(text, "USD") == usd(minor)


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_text_that_could_be_read_in_two_ways_is_refused_never_rounded(text: str) -> None:
    with pytest.raises(OperatorError) as refused:
        parse_typed(text, "USD")
    assert refused.value.code == "amount_unreadable"
    assert refused.value.facts == {"text": text}


@pytest.mark.parametrize("text", ["0", "0.00", "-5", "-0.01", "$-5", "$0"])
def test_zero_and_below_is_not_an_amount(text: str) -> None:
    with pytest.raises(OperatorError) as refused:
        parse_typed(text, "USD")
    assert refused.value.code == "amount_not_positive"


@pytest.mark.parametrize("text", ["100000000.00", "9" * 30])
def test_an_amount_beyond_all_bounds_is_refused(text: str) -> None:
    with pytest.raises(OperatorError) as refused:
        parse_typed(text, "USD")
    assert refused.value.code == "amount_too_large"


@pytest.mark.parametrize(
    ("currency", "text", "minor"), [("JPY", "1,200", 1200), ("KWD", "1.250", 1250), ("EUR", "2.05", 205)]
)
def test_every_currency_has_its_own_digits(currency: str, text: str, minor: int) -> None:
    money = parse_typed(text, currency)
    assert money == Money(minor=minor, currency=currency)
    assert money.plain() == text.replace(",", "")


@pytest.mark.parametrize(("currency", "text"), [("JPY", "12.00"), ("KWD", "1.25"), ("USD", "1.250")])
def test_another_number_of_digits_than_the_currency_has_is_refused(currency: str, text: str) -> None:
    with pytest.raises(OperatorError):
        parse_typed(text, currency)


@given(st.integers(1, MINOR_MAX), st.sampled_from(sorted(EXPONENTS)))
def test_what_is_written_plainly_is_read_back(minor: int, currency: str) -> None:
    money = Money(minor=minor, currency=currency)
    assert parse_typed(money.plain(), currency) == money


@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_a_refusal_never_anything_else(text: str) -> None:
    try:
        money = parse_typed(text, "USD")
    except OperatorError as refused:
        assert refused.code.startswith("amount_")  # noqa: PT017
    else:
        assert 0 < money.minor <= MINOR_MAX


@pytest.mark.parametrize("minor", [1.0, True, "1", None, MINOR_MAX + 1, -MINOR_MAX - 1])
def test_only_bounded_integers_are_money(minor: object) -> None:
    with pytest.raises(ValueError):
        Money(minor=minor, currency="USD")  # type: ignore[arg-type]


def test_the_digits_of_each_currency_are_those_of_the_standard() -> None:
    two = ["USD", "CAD", "EUR", "GBP", "AUD", "NZD", "CHF"]
    assert dict.fromkeys(two, 2) | {"JPY": 0, "KWD": 3} == EXPONENTS


def test_an_unknown_currency_is_not_money() -> None:
    with pytest.raises(ValueError):
        Money(minor=1, currency="XXX")


def test_currencies_do_not_mix() -> None:
    euro = Money(minor=1, currency="EUR")
    for together in (usd(1).__add__, usd(1).__sub__, usd(1).__lt__, usd(1).__le__):
        with pytest.raises(ValueError):
            together(euro)
    with pytest.raises(ValueError):
        Parts(base=usd(1), fee=euro, tip=usd(0))
    with pytest.raises(ValueError):
        Parts(base=usd(1), fee=usd(0), tip=euro)


def test_adding_subtracting_comparing() -> None:
    assert usd(5) + usd(2) == usd(7)
    assert usd(5) - usd(7) == usd(-2)
    assert -usd(5) == usd(-5)
    assert usd(4) < usd(5)
    assert not usd(5) < usd(5)
    assert usd(5) <= usd(5)
    assert not usd(6) <= usd(5)


@pytest.mark.parametrize(
    ("minor", "text"), [(5, "0.05"), (-5, "-0.05"), (123_456, "1234.56"), (-100, "-1.00"), (0, "0.00")]
)
def test_plain_text(minor: int, text: str) -> None:
    assert usd(minor).plain() == text


def test_yen_have_no_point() -> None:
    assert Money(minor=-1200, currency="JPY").plain() == "-1200"


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_parts_sum_to_the_whole(base: int, fee: int, tip: int) -> None:
    assert Parts(base=usd(base), fee=usd(fee), tip=usd(tip)).whole == usd(base + fee + tip)


@pytest.mark.parametrize("parts", [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_no_part_is_negative(parts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError):
        Parts(base=usd(parts[0]), fee=usd(parts[1]), tip=usd(parts[2]))


def test_an_amount_without_fee_and_tip() -> None:
    assert only_base(usd(5)) == Parts(base=usd(5), fee=zero("USD"), tip=zero("USD"))


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 10**9))
def test_pro_rata_is_rounded_half_up_in_integers(part: int, whole: int, share: int) -> None:
    exact = Fraction(part * share, whole)
    rounded = pro_rata(part, whole, share)
    assert rounded == int(exact + Fraction(1, 2))


@given(
    base=st.integers(1, 10**7),
    fee=st.integers(0, 10**6),
    tip=st.integers(0, 10**5),
    cuts=st.lists(st.integers(0, 10**7), max_size=6),
)
def test_the_last_partial_refund_closes_the_fee_to_the_cent(
    base: int, fee: int, tip: int, cuts: list[int]
) -> None:
    paid = Parts(base=usd(base), fee=usd(fee), tip=usd(tip))
    marks = sorted({0, base, *(cut for cut in cuts if cut <= base)})
    fees = [fee_to_return(paid, usd(before), usd(after - before)).minor for before, after in pairwise(marks)]
    assert sum(fees) == fee
    assert all(each >= 0 for each in fees)
    for (before, after), each in zip(pairwise(marks), fees):
        assert abs(each - Fraction(fee * (after - before), base)) <= 1


@pytest.mark.parametrize(("before", "now"), [(0, 101), (60, 41), (-1, 1), (5, -1)])
def test_more_than_was_paid_cannot_be_returned(before: int, now: int) -> None:
    paid = Parts(base=usd(100), fee=usd(3), tip=usd(0))
    with pytest.raises(ValueError):
        fee_to_return(paid, usd(before), usd(now))


def test_the_whole_base_returned_at_once_returns_the_whole_fee() -> None:
    assert fee_to_return(Parts(base=usd(100), fee=usd(3), tip=usd(0)), usd(0), usd(100)) == usd(3)


def test_no_base_no_fee_to_return() -> None:
    assert fee_to_return(Parts(base=usd(0), fee=usd(3), tip=usd(0)), usd(0), usd(0)) == usd(0)
