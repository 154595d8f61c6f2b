"""A posting may belong elsewhere than its payment: one of several invoices, or the right one after a move."""

from __future__ import annotations

import pytest

from tests.domain.story import ASKED, ID, MARK, MARK2, REF, approved, event, posting, run, the_posting, told
from tillbridge.domain.errors import Fact, ImpossibleEvent
from tillbridge.domain.event import Event
from tillbridge.domain.fold import apply
from tillbridge.domain.payment import Payment, holds

FIRST, SECOND = "invoice:impromed:0017:10482", "invoice:impromed:0017:10483"
ONE = 6_000


def on(number: str, marker: str, minor: int, **facts: Fact) -> Event:
    debt: dict[str, Fact] = {
        "software": "impromed",
        "account_id": "0017",
        "client": "Rosa Alvarez",
        "invoice_number": number,
        "balance_minor": minor,
    }
    row: dict[str, Fact] = {"kind": "sale", "reference": REF, "amount_minor": minor}
    return event("posting_created", marker, 2, **(row | debt | facts))


def on_two_invoices() -> Payment:
    payment = told(on("10482", MARK, ONE), on("10483", MARK2, ASKED - ONE), start=approved())
    return told(event("posting_owed", MARK), event("posting_owed", MARK2), start=payment)


def test_a_posting_without_a_debt_of_its_own_belongs_where_its_payment_does() -> None:
    payment = told(posting(), start=approved())
    assert the_posting(payment).debt is None
    assert payment.debt_of(the_posting(payment)) == payment.debt


def test_one_payment_over_two_invoices_holds_a_part_on_each() -> None:
    payment = on_two_invoices()
    assert holds(payment) == {FIRST: ONE, SECOND: ASKED - ONE}
    assert payment.debt_of(the_posting(payment, MARK2)).invoice_number == "10483"


def test_what_is_seen_in_the_books_is_no_longer_held_and_the_other_part_is() -> None:
    payment = run(on_two_invoices(), "posting_found", subject=MARK)
    assert holds(payment) == {SECOND: ASKED - ONE}


def test_a_second_record_on_the_same_invoice_is_refused() -> None:
    with pytest.raises(ImpossibleEvent):
        apply(
            ID,
            told(on("10482", MARK, ONE), event("posting_owed", MARK), start=approved()),
            on("10482", "M3", 1),
        )


def test_all_records_together_are_no_more_than_was_taken() -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, on_two_invoices(), on("10484", "M3", 1))


def test_a_reversal_that_names_another_row_makes_no_room_for_a_second_one() -> None:
    payment = run(
        told(posting(), event("posting_owed", MARK), start=approved()), "posting_found", subject=MARK
    )
    back = on("10482", "M2", ASKED, kind="return", of_marker="M9")
    payment = told(back, event("posting_owed", "M2"), start=payment)
    with pytest.raises(ImpossibleEvent):
        apply(ID, payment, on("10483", "M3", ASKED))


@pytest.mark.parametrize("missing", ["account_id", "software"])
def test_a_debt_that_does_not_say_whose_it_is_is_refused(missing: str) -> None:
    facts = {"account_id": ""} if missing == "account_id" else {"software": "typed"}
    with pytest.raises(ImpossibleEvent):
        apply(ID, approved(), on("10482", MARK, ASKED, **facts))
