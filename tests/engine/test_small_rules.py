"""Small rules that larger stories pass over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.clinic import Clinic
from tests.engine.scripted_desk import ASKED, Desk, Shows, usd
from tillbridge.domain.invoice import Debt
from tillbridge.domain.next_command import Post, Recheck
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import MINUTE
from tillbridge.engine.typed import may_be_same_debt
from tillbridge.engine.work import trouble_of
from tillbridge.ports.practice import LedgerSeen, PostingOrder, PostingReport, Trouble

ONE = Debt(
    software="impromed", account_id="01042", client="Alvarez, Rosa", invoice_number="10482", balance=None
)
CLOSED = Trouble(who="operator", code="software_closed", retry_in_ms=10_000)


@pytest.mark.parametrize(
    ("number", "same"), [("10482", True), (" 10482 ", True), ("", True), ("10483", False)]
)
def test_two_invoices_of_one_client_are_two_debts_unless_one_of_them_is_not_told(
    number: str, same: bool
) -> None:
    assert may_be_same_debt(ONE, replace(ONE, invoice_number=number)) is same


def test_what_an_account_owes_may_be_any_of_its_invoices() -> None:
    assert may_be_same_debt(ONE, replace(ONE, invoice_number="10483", balance_of="account"))


def test_a_typing_that_never_began_tells_its_trouble_and_one_that_may_have_been_saved_does_not() -> None:
    assert trouble_of(PostingReport(stage="not_committed", trouble=CLOSED)) == CLOSED
    assert trouble_of(PostingReport(stage="doubt", trouble=CLOSED)) is None


class ShowsTheTop(Shows):
    """A list that ends where the screen does."""

    def read_ledger(self, order: PostingOrder) -> LedgerSeen | Trouble:
        seen = super().read_ledger(order)
        return replace(seen, complete=False, read_to_end=False) if isinstance(seen, LedgerSeen) else seen


def test_a_look_that_proves_nothing_before_any_typing_only_waits(paid: Desk) -> None:
    paid.engine = replace(paid.engine, practice=ShowsTheTop(paid.clock, usd(ASKED)))
    paid.step(Post)
    events = [stored.event for stored in paid.journal.events("p1")]
    assert (events[-1].kind, events[-1].facts["reason"]) == ("posting_blocked", "list_incomplete")
    assert paid.posting() is PostingState.WAITING


def test_what_is_not_in_the_books_any_more_by_then_is_not_looked_for_again() -> None:
    clinic = Clinic()
    clinic.pay("p1", 21_240)
    clinic.lets_pass(MINUTE)
    marker = clinic.posting("p1").marker
    clinic.engine.rechecks.want("p1", marker)
    clinic.books.rows.clear()
    clinic.lets_pass(20 * MINUTE)
    assert clinic.posting("p1").state is PostingState.NEEDS_ATTENTION
    clinic.engine.rechecks.want("p1", marker)
    assert clinic.engine.start("p1", Recheck(marker)) is None
    assert marker not in clinic.engine.rechecks.wanted
    assert clinic.engine.turn.holder == ""
