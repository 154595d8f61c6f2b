"""Markers and references: readable, within the field, found again, and never like a card number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillbridge.domain.marker import (
    LENGTH_MAX,
    brand_letter,
    make_marker,
    shaped_like_marker,
    valid_marker,
    valid_reference,
)
from tillbridge.domain.pan import looks_like_card_number

TAILS = st.text(st.sampled_from("ABCDEFGHJKLMNPQRSTUVWXYZ23456789"), min_size=4, max_size=4)


@pytest.mark.parametrize(
    ("length", "marker"),
    [
        (99, "V4242-K7Q9"), (20, "V4242-K7Q9"), (10, "V4242-K7Q9"), (9, "V4242K7Q9"), (8, "V-K7Q9"), (7, "V-K7Q9"),
        (6, "V-K7Q9"), (5, "VK7Q9"),
    ],
)  # fmt: skip
def test_the_tail_is_kept_first(length: int, marker: str) -> None:
    assert make_marker("Visa", "4242", "K7Q9", length) == marker


@pytest.mark.parametrize("length", [4, 1, 0, -1])
def test_a_field_too_short_for_a_marker_is_an_error_not_a_weak_marker(length: int) -> None:
    with pytest.raises(ValueError):
        make_marker("Visa", "4242", "K7Q9", length)


@pytest.mark.parametrize(
    "tail", ["", "K7Q", "K7Q99", "k7q9", "K7-9", "K7 9", "Ä7Q9", "\u0661\u0662\u0663\u0664"]
)
def test_a_tail_is_four_capital_letters_or_digits(tail: str) -> None:
    with pytest.raises(ValueError):
        make_marker("Visa", "4242", tail, 10)


@pytest.mark.parametrize(
    "last4", ["", "424", "42424242", "4242424242424242", "abcd", "\u0664\u0662\u0664\u0662"]
)
def test_digits_that_are_not_a_last_four_are_left_out(last4: str) -> None:
    assert make_marker("Visa", last4, "K7Q9", 10) == "V-K7Q9"


BRANDS = {
    "Visa": "V", "VISA": "V", "MasterCard": "M", "mc": "M", "American Express": "A", "AMEX": "A", " amex ": "A",
    "Discover": "D", "CareCredit": "C", "care  credit": "C", "ACH": "E", "Bank": "E", "eCheck": "E", "JCB": "X",
    "": "X", "Vis": "X",
}  # fmt: skip


@pytest.mark.parametrize(("brand", "letter"), BRANDS.items())
def test_every_brand_has_a_letter(brand: str, letter: str) -> None:
    assert brand_letter(brand) == letter


@given(
    st.sampled_from(sorted(BRANDS)), st.from_regex(r"[0-9]{0,4}", fullmatch=True), TAILS, st.integers(5, 30)
)
def test_every_marker_is_valid_and_fits(brand: str, last4: str, tail: str, length: int) -> None:
    marker = make_marker(brand, last4, tail, length)
    assert valid_marker(marker)
    assert valid_reference(marker)
    assert len(marker) <= min(length, LENGTH_MAX)
    assert marker.endswith(tail)
    assert not looks_like_card_number(marker)


@given(TAILS, TAILS, st.integers(5, 30))
def test_two_tails_never_give_one_marker(one: str, other: str, length: int) -> None:
    same = make_marker("Visa", "4242", one, length) == make_marker("Visa", "4242", other, length)
    assert same == (one == other)


@pytest.mark.parametrize(
    "text",
    [
        "", "4242", "4242-K7Q9", "-V4242", "V4242-", "V4242--K7Q9", "V 4242", "v4242-k7q9", "V4242_K7Q9", "K7Q9",
        "V" * 21, "V4111111111111111", "V1234567890123", "Ä4242-K7Q9", "V4242-K7Q9\n", "V\u0664242-K7Q9",
    ],
)  # fmt: skip
def test_what_is_not_a_marker(text: str) -> None:
    assert not valid_marker(text)


@pytest.mark.parametrize(
    "text", ["TBabc123", "TB0123456789AB", "R1", "A", "V4242-K7Q9", "A" * 20, "TB123456789012"]
)
def test_what_is_a_reference(text: str) -> None:
    assert valid_reference(text)


@pytest.mark.parametrize(
    "text", ["", "1A", "A" * 21, "TB1234567890123", "A4111-1111-1111-1111", "A.B", "A B", "-A", "A-"]
)
def test_what_is_not_a_reference(text: str) -> None:
    assert not valid_reference(text)


@pytest.mark.parametrize("text", ["V4242-K7Q9", "v4242-k7q9", " M1881K7Q9 ", "X-K7Q9"])
def test_forms_that_a_person_would_not_type_are_ours(text: str) -> None:
    assert shaped_like_marker(text)


@pytest.mark.parametrize(
    "text",
    ["", "CHECK", "CASH1", "VISA", "AMEX", "DEBIT", "4242", "VK7Q9", "1042", "VISA-4242", "V4242-K7Q9 "[:9]],
)
def test_what_a_person_might_type_is_not_taken_for_ours(text: str) -> None:
    assert not shaped_like_marker(text)
