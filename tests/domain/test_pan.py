"""Card numbers are found however they are written; our own names, times and uuids are left alone."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.domain.test_marker import TAILS
from tillbridge.domain.marker import make_marker
from tillbridge.domain.pan import looks_like_card_number, luhn_valid

TEST_CARDS = [
    "4111111111111111", "4242424242424242", "4012888888881881", "4222222222222", "4000000000000000006",
    "5555555555554444", "5105105105105100", "2223003122003222", "378282246310005", "371449635398431",
    "6011111111111117", "6011000990139424", "30569309025904", "38520000023237", "3530111333300000",
    "6200000000000005", "6759649826438453", "2720992720992729",
]  # fmt: skip


def with_check_digit(body: str) -> str:
    return next(body + str(digit) for digit in range(10) if luhn_valid(body + str(digit)))


def cards_of(first: str, length: int) -> st.SearchStrategy[str]:
    rest = length - len(first) - 1
    return st.text(st.sampled_from("0123456789"), min_size=rest, max_size=rest).map(
        lambda r: with_check_digit(first + r)
    )


CARDS = st.one_of(
    cards_of("4", 16), cards_of("4", 13), cards_of("4", 19), cards_of("51", 16), cards_of("2231", 16),
    cards_of("34", 15),
    cards_of("37", 15), cards_of("6011", 16), cards_of("65", 16), cards_of("62", 19), cards_of("36", 14),
    cards_of("3528", 16),
)  # fmt: skip
BETWEEN = st.sampled_from(
    ["", " ", "-", ".", "\u00a0", "\u2013", "\u200b", " - ", "_", "\u00b7", "\t", "\n", ","]
)
AROUND = st.sampled_from(
    ["", " ", ":", "card ", "PAN ", "visa", "(", "\u201c", "#", "ref=", "/", "|", ";", "^", "x"]
)
ZEROS = [ord("0"), 0x0660, 0x06F0, 0x0966, 0xFF10, 0x1D7CE]
"""The zero of ASCII, Arabic, Persian, Devanagari, full-width and mathematical digits."""


@pytest.mark.parametrize("card", TEST_CARDS)
@pytest.mark.parametrize(
    "around", ["{}", "PAN {}.", "card:{},", "visa{}", "{}abc", "a {} b", "({})", ";{}=2512101", "%B{}^A/B^"]
)
def test_every_test_card_is_found_whatever_stands_around_it(card: str, around: str) -> None:
    assert looks_like_card_number(around.format(card))


@given(card=CARDS, before=AROUND, after=AROUND)
@example(card="4111111111111111", before="PAN ", after=". ")
def test_a_card_number_in_one_piece_is_found(card: str, before: str, after: str) -> None:
    assert looks_like_card_number(f"{before}{card}{after}")


@settings(max_examples=300)
@given(
    card=CARDS, gaps=st.lists(BETWEEN, min_size=19, max_size=19), zero=st.sampled_from(ZEROS), before=AROUND
)
def test_a_card_number_with_anything_between_in_any_script_is_found(
    card: str, gaps: list[str], zero: int, before: str
) -> None:
    written = "".join(chr(zero + int(digit)) + gap for digit, gap in zip(card, gaps))
    assert looks_like_card_number(before + written)


@given(card=CARDS, size=st.integers(1, 6), gap=st.sampled_from([" ", "-", ".", "\u00a0"]))
def test_a_card_number_in_groups_is_found(card: str, size: int, gap: str) -> None:
    assert looks_like_card_number(gap.join(card[i : i + size] for i in range(0, len(card), size)))


@pytest.mark.parametrize("more", ["12/25 123", "1225 123", "12 25", "0427", "0 1"])
@pytest.mark.parametrize("card", ["4111 1111 1111 1111", "4111111111111111", "3782 822463 10005"])
def test_a_card_number_with_its_expiry_behind_it_is_found(card: str, more: str) -> None:
    assert looks_like_card_number(f"{card} {more}")
    assert looks_like_card_number(f"{more} {card}")


@pytest.mark.parametrize("more", ["123", "1225"])
@pytest.mark.parametrize("card", ["4111111111111111", "5555555555554444", "378282246310005"])
def test_a_card_number_with_its_code_glued_to_it_is_found(card: str, more: str) -> None:
    assert looks_like_card_number(card + more)
    assert looks_like_card_number(more + card)


NO_ISSUER = with_check_digit("7" + "123456789" + "01234")
"""A right check digit, but no card begins so."""


@pytest.mark.parametrize(
    ("sizes", "found"),
    [
        ([16], True), ([4, 4, 4, 4], True), ([8, 8], True), ([5, 5, 5, 1], True), ([5, 4, 4, 3], False),
        ([4, 4, 3, 5], False), ([3, 3, 3, 3, 4], False), ([6, 4, 6], False),
    ],
)  # fmt: skip
def test_uneven_groups_count_only_with_a_cards_first_digits(sizes: list[int], found: bool) -> None:
    groups, rest = [], NO_ISSUER
    for size in sizes:
        groups.append(rest[:size])
        rest = rest[size:]
    assert looks_like_card_number(" ".join(groups)) == found


@pytest.mark.parametrize("card", TEST_CARDS)
def test_a_card_number_with_more_glued_to_it_is_found(card: str) -> None:
    more = "1225" * 2
    assert looks_like_card_number(card + more)
    assert looks_like_card_number(more + card)


@given(CARDS.filter(lambda card: len(card) == 16), st.integers(0, 14), st.integers(1, 9))
def test_a_wrong_check_digit_is_not_a_card_number(card: str, place: int, add: int) -> None:
    wrong = card[:place] + str((int(card[place]) + add) % 10) + card[place + 1 :]
    assert not looks_like_card_number(wrong)


@given(TAILS, st.sampled_from(["Visa", "ACH", ""]), st.from_regex(r"[0-9]{4}", fullmatch=True))
def test_our_markers_and_references_are_left_alone(tail: str, brand: str, last4: str) -> None:
    assert not looks_like_card_number(make_marker(brand, last4, tail, 10))


@settings(max_examples=300)
@given(st.integers(0, 9 * 10**11))
def test_times_are_left_alone(ms: int) -> None:
    time = datetime(2001, 9, 10, tzinfo=UTC) + timedelta(milliseconds=ms)
    for written in (
        time.isoformat(), time.strftime("%Y%m%d%H%M%S"), time.strftime("%Y-%m-%d %H:%M:%S.%f"),
        time.strftime("%m/%d/%Y %I:%M:%S %p"), str(int(time.timestamp()) * 1000 + ms % 1000),
        time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    ):  # fmt: skip
        assert not looks_like_card_number(written), written


@settings(max_examples=300)
@given(st.uuids())
def test_uuids_are_left_alone(value: uuid.UUID) -> None:
    assert not looks_like_card_number(f"id {value} and {str(value).upper()}")


@given(st.binary(min_size=32, max_size=32))
def test_hashes_are_left_alone(value: bytes) -> None:
    assert not looks_like_card_number(value.hex()) or not set(value.hex()) & set("abcdef")


@pytest.mark.parametrize(
    "text",
    [
        "", "Rosa Alvarez", "212.40", "1,212.40", "(555) 123-4567", "+1 555 123 4567", "555-123-4567 555-987-6543",
        "10482", "0000000000000000", "00000000 00000000", "Invoice 10482 of 11/22/2026, $212.40",
        "02/03/2026 212.40 96.20",
        "123-45-6789", "4242", "**** **** **** 4242",
        "411111111111", "4111 1111 1111", "4222222222222123456", "pi_3NabcDEF123456",
        "V4242-K7Q9",
    ],
)  # fmt: skip
def test_what_people_and_programs_write_is_left_alone(text: str) -> None:
    assert not looks_like_card_number(text)


@given(st.text(max_size=60))
def test_any_text_gets_an_answer(text: str) -> None:
    assert looks_like_card_number(text) in (True, False)


def test_a_long_text_is_answered_quickly_however_it_is_made() -> None:
    assert not looks_like_card_number("1 " * 20_000 + "x")
    assert looks_like_card_number("0" * 50_000 + " 4111111111111111")


@given(st.text(st.sampled_from("0123456789"), min_size=1, max_size=25))
def test_the_check_digit_is_the_one_of_the_cards(digits: str) -> None:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += sum(map(int, str(value)))
    assert luhn_valid(digits) == (total % 10 == 0)
