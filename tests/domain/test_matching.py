"""Is it in the books? Every doubt stays a doubt; only the whole list, quiet and late enough, proves absence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.story import usd
from tillbridge.domain.ledger import LedgerRow, LedgerSeen, SoftwareSeen
from tillbridge.domain.matching import (
    FoundRight,
    FoundWrong,
    NotProven,
    ProvenAbsent,
    Suspect,
    Verdict,
    Wanted,
    carries,
    match,
)
from tillbridge.domain.moment import Moment
from tillbridge.domain.money import Money

MARK = "V4242-K7Q9"
NOW = Moment(wall_ms=0, boot="b1", mono_ms=100_000)
SOFTWARE = SoftwareSeen(software="impromed", version="6", build="1", instance="i1", name="ImproMed")


def touched(ms_ago: int, boot: str = "b1") -> Moment:
    return Moment(wall_ms=0, boot=boot, mono_ms=100_000 - ms_ago)


def wanted(**changes: Any) -> Wanted:
    usual: dict[str, Any] = {
        "kind": "sale",
        "account_id": "0017",
        "invoice_number": "10482",
        "amount": usd(21_240),
        "marker": MARK,
    }
    return Wanted(**(usual | {"method": "Card"} | changes))


def row(**changes: Any) -> LedgerRow:
    usual: dict[str, Any] = {
        "account_id": "0017",
        "invoice_number": "10482",
        "amount": usd(21_240),
        "reference": MARK,
    }
    return LedgerRow(**(usual | {"method": "Card", "date": "11/22/2026"} | changes))


def seen(*marked: LedgerRow, today: tuple[LedgerRow, ...] = (), **changes: Any) -> LedgerSeen:
    usual: dict[str, Any] = {"software": SOFTWARE, "complete": True, "quiet": True, "settle_ms": 5_000}
    return LedgerSeen(marked=marked, today=today, **(usual | changes))


def look(
    books: LedgerSeen, order: Wanted | None = None, last_touch: Moment | None = None, **more: Any
) -> Verdict:
    return match(order=order or wanted(), seen=books, last_touch=last_touch, now=NOW, **more)


# ---- found --------------------------------------------------------------------------------------


def test_the_row_with_our_marker_is_found() -> None:
    assert look(seen(row())) == FoundRight(row())


def test_it_is_found_even_in_a_list_that_is_not_complete_or_quiet() -> None:
    assert look(seen(row(), complete=False, quiet=False)) == FoundRight(row())


def test_it_is_found_even_among_the_rows_that_the_look_did_not_mark() -> None:
    assert look(seen(today=(row(),))) == FoundRight(row())


@pytest.mark.parametrize(
    "shown", ["v4242-k7q9", "  V4242-K7Q9  ", "Ref V4242-K7Q9.", "#V4242-K7Q9", "V4242-K7Q9/2"]
)
def test_the_marker_is_found_whatever_stands_around_it(shown: str) -> None:
    assert look(seen(row(reference=shown))) == FoundRight(row(reference=shown))


@pytest.mark.parametrize(
    "shown", ["V4242-K7Q", "V4242-K7Q98", "AV4242-K7Q9", "V4242K7Q9", "K7Q9", "", "V4242-K7Q8"]
)
def test_a_part_of_a_marker_or_another_one_is_not_ours(shown: str) -> None:
    assert not carries(shown, MARK)
    assert look(seen(row(reference=shown))) == NotProven("marker_unclear")


def test_no_marker_is_carried_by_nothing() -> None:
    assert not carries("", "")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"amount": usd(21_241)}, "amount"),
        ({"amount": usd(-21_240)}, "amount"),
        ({"amount": Money(minor=21_240, currency="CAD")}, "amount"),
        ({"account_id": "17"}, "client"),
        ({"invoice_number": "10483"}, "invoice"),
        ({"method": "Cash"}, "method"),
    ],
)
def test_a_row_with_our_marker_that_says_something_else_is_wrong(changes: dict[str, Any], why: str) -> None:
    wrong = row(**changes)
    verdict = look(seen(wrong))
    assert verdict == FoundWrong(why, wrong)  # type: ignore[arg-type]


def test_our_marker_twice_is_wrong_wherever_the_second_row_is() -> None:
    assert look(seen(row(), row())) == FoundWrong("twice", row())
    assert look(seen(row(), today=(row(),))) == FoundWrong("twice", row())


@pytest.mark.parametrize("name", ["account_id", "invoice_number", "method"])
def test_what_one_side_does_not_say_is_not_compared(name: str) -> None:
    assert look(seen(row(**{name: ""}))) == FoundRight(row(**{name: ""}))
    assert look(seen(row()), wanted(**{name: ""})) == FoundRight(row())


def test_the_method_is_compared_without_case() -> None:
    assert look(seen(row(method="CARD"))) == FoundRight(row(method="CARD"))


@pytest.mark.parametrize("kind", ["refund", "void", "return"])
def test_a_giving_back_is_a_negative_row(kind: str) -> None:
    order = wanted(kind=kind)
    assert look(seen(row(amount=usd(-21_240))), order) == FoundRight(row(amount=usd(-21_240)))
    assert look(seen(row()), order) == FoundWrong("amount", row())


@pytest.mark.parametrize("kind", ["sale", "deposit"])
def test_a_taking_is_a_positive_row(kind: str) -> None:
    assert look(seen(row()), wanted(kind=kind)) == FoundRight(row())


# ---- a marker that the software cut -------------------------------------------------------------


def test_a_cut_marker_is_found_while_no_other_one_begins_alike() -> None:
    cut = row(reference="V4242-K7")
    assert look(seen(cut, reference_length=8), other_markers=[]) == FoundRight(cut)
    assert look(seen(today=(cut,), reference_length=8), other_markers=["V4242-M3P4"]) == FoundRight(cut)


def test_a_cut_marker_that_may_be_another_one_proves_nothing() -> None:
    cut = row(reference="V4242-K7")
    assert look(seen(cut, reference_length=8), other_markers=["V4242-K7ZZ"]) == NotProven("marker_cut")


def test_a_cut_marker_proves_nothing_to_who_does_not_know_the_others() -> None:
    assert look(seen(row(reference="V4242-K7"), reference_length=8)) == NotProven("marker_cut")


def test_five_characters_are_the_least_that_a_cut_marker_keeps() -> None:
    assert look(seen(row(reference="V4242"), reference_length=5), other_markers=[]) == FoundRight(
        row(reference="V4242")
    )


def test_two_rows_with_our_cut_marker_are_wrong() -> None:
    cut = row(reference="V4242-K7")
    assert look(seen(cut, cut, reference_length=8), other_markers=[]) == FoundWrong("twice", cut)


@pytest.mark.parametrize(
    ("shown", "length"), [("V424", 4), ("V4242-K7", 0), ("V4242-K7", 7), ("V4242-K", 8), ("V4242-K7", 10)]
)
def test_what_the_software_would_not_leave_of_our_marker_is_not_ours(shown: str, length: int) -> None:
    assert look(seen(row(reference=shown), reference_length=length)) == NotProven("marker_unclear")


def test_the_whole_marker_counts_more_than_a_cut_one() -> None:
    cut = row(reference="V4242-K7")
    assert look(seen(row(), cut, reference_length=8)) == FoundRight(row())


# ---- typed by hand ------------------------------------------------------------------------------

BY_HAND = row(reference="")


@pytest.mark.parametrize("reference", ["", "CHECK", "1042", "visa", "4242"])
def test_an_unmarked_row_of_the_same_client_and_amount_is_asked_about(reference: str) -> None:
    by_hand = row(reference=reference)
    assert look(seen(today=(row(amount=usd(5), reference=""), by_hand))) == Suspect(by_hand)


def test_it_is_asked_about_even_if_we_typed_before_and_the_list_proves_absence() -> None:
    assert look(seen(today=(BY_HAND,)), last_touch=touched(60_000)) == Suspect(BY_HAND)


@pytest.mark.parametrize(
    ("ms_ago", "more"), [(4_999, {}), (60_000, {"quiet": False}), (60_000, {"complete": False})]
)
def test_nobody_is_asked_while_our_own_row_may_still_be_on_its_way(ms_ago: int, more: dict[str, Any]) -> None:
    assert isinstance(look(seen(today=(BY_HAND,), **more), last_touch=touched(ms_ago)), NotProven)


@pytest.mark.parametrize(
    "changes",
    [{"amount": usd(21_239)}, {"account_id": "0018"}, {"reference": "V4242-M3P4"}, {"amount": usd(-21_240)}],
)
def test_a_row_of_another_amount_client_or_marker_is_no_suspect(changes: dict[str, Any]) -> None:
    assert look(seen(today=(row(**({"reference": ""} | changes)),))) == ProvenAbsent()


def test_a_short_marker_of_ours_is_no_suspect_if_the_journal_knows_it() -> None:
    other = row(reference="VK7QA")
    assert look(seen(today=(other,)), other_markers=["VK7QA"]) == ProvenAbsent()
    assert look(seen(today=(other,))) == Suspect(other)


def test_an_unmarked_row_of_the_account_without_number_is_a_suspect_too() -> None:
    by_hand = row(reference="", account_id="", invoice_number="")
    assert look(seen(today=(by_hand,))) == Suspect(by_hand)


# ---- absent -------------------------------------------------------------------------------------


def test_what_was_never_typed_is_absent_from_a_whole_list() -> None:
    assert look(seen(quiet=False)) == ProvenAbsent()


@pytest.mark.parametrize("last_touch", [None, touched(60_000)])
def test_a_list_with_a_hole_proves_nothing(last_touch: Moment | None) -> None:
    assert look(seen(complete=False), last_touch=last_touch) == NotProven("list_incomplete")


def test_a_row_beside_its_reversal_is_reversed_not_twice() -> None:
    back = row(amount=usd(-21_240))
    assert look(seen(row(), back)) == FoundWrong("reversed", row())
    assert look(seen(row(), row())) == FoundWrong("twice", row())
    assert look(seen(row(), back, row())) == FoundWrong("twice", row())


def test_what_is_owed_and_the_rest_as_credit_may_be_two_rows() -> None:
    owed, credit = row(amount=usd(16_240)), row(amount=usd(5_000), invoice_number="")
    assert look(seen(owed, credit), wanted(may_split=True)) == FoundRight(owed)
    assert look(seen(owed, credit)) == FoundWrong("twice", owed)


@pytest.mark.parametrize(
    "other",
    [
        {"amount": usd(4_999), "invoice_number": ""},
        {"amount": usd(21_240), "invoice_number": ""},
        {"amount": usd(5_000)},
        {"amount": usd(5_000), "invoice_number": "", "account_id": "0018"},
    ],
)
def test_two_rows_that_are_not_together_what_was_ordered_are_twice(other: dict[str, Any]) -> None:
    owed = row(amount=usd(16_240))
    assert look(seen(owed, row(**other)), wanted(may_split=True)) == FoundWrong("twice", owed)


def test_a_list_that_may_lack_rows_is_enough_for_what_was_never_typed_and_never_for_what_was() -> None:
    lacks = seen(complete=False, read_to_end=True)
    assert look(lacks) == ProvenAbsent()
    assert look(lacks, last_touch=touched(60_000)) == NotProven("list_incomplete")
    assert look(seen(today=(BY_HAND,), complete=False, read_to_end=True)) == Suspect(BY_HAND)


def test_a_persons_word_stands_for_the_rows_that_a_list_lacks_and_shortens_no_wait() -> None:
    lacks = seen(complete=False, read_to_end=True)
    assert look(lacks, last_touch=touched(60_000), vouched=True) == ProvenAbsent()
    assert look(lacks, last_touch=touched(4_999), vouched=True) == NotProven("too_early")
    assert look(seen(complete=False), last_touch=touched(60_000), vouched=True) == NotProven(
        "list_incomplete"
    )


def test_a_row_typed_on_an_earlier_day_since_the_payment_with_another_method_is_a_suspect() -> None:
    earlier = row(reference="", method="Visa", date="11/20/2026", invoice_number="")
    assert look(seen(today=(earlier,))) == Suspect(earlier)


def test_what_was_typed_is_absent_when_the_list_is_whole_the_program_quiet_and_time_has_passed() -> None:
    assert look(seen(), last_touch=touched(5_000)) == ProvenAbsent()
    assert look(seen(settle_ms=0), last_touch=touched(0)) == ProvenAbsent()


def test_a_program_at_work_proves_nothing() -> None:
    assert look(seen(quiet=False), last_touch=touched(60_000)) == NotProven("not_quiet")


@pytest.mark.parametrize("ms_ago", [0, 1, 4_999])
def test_a_row_may_still_be_on_its_way(ms_ago: int) -> None:
    assert look(seen(), last_touch=touched(ms_ago)) == NotProven("too_early")


def test_after_a_new_boot_only_the_time_since_it_counts() -> None:
    assert look(seen(settle_ms=100_000), last_touch=touched(0, boot="b0")) == ProvenAbsent()
    assert look(seen(settle_ms=100_001), last_touch=touched(0, boot="b0")) == NotProven("too_early")


ROWS = st.builds(
    row,
    reference=st.sampled_from([MARK, "", "V4242-K7", "V4242-M3P4", "CHECK"]),
    amount=st.sampled_from([usd(21_240), usd(5)]),
    account_id=st.sampled_from(["0017", "0018", ""]),
)


@given(
    marked=st.lists(ROWS, max_size=3),
    today=st.lists(ROWS, max_size=3),
    complete=st.booleans(),
    quiet=st.booleans(),
    ms_ago=st.one_of(st.none(), st.integers(0, 10_000)),
)
def test_absence_is_never_claimed_beside_a_row_that_may_be_ours(
    marked: list[LedgerRow], today: list[LedgerRow], complete: bool, quiet: bool, ms_ago: int | None
) -> None:
    books = seen(*marked, today=tuple(today), complete=complete, quiet=quiet)
    verdict = look(books, last_touch=None if ms_ago is None else touched(ms_ago))
    if verdict == ProvenAbsent():
        assert complete
        assert not marked
        assert not [r for r in today if r.reference == MARK]
        assert ms_ago is None or (quiet and ms_ago >= 5_000)
    if isinstance(verdict, FoundRight):
        assert [r.reference for r in (*marked, *today)].count(MARK) == 1
