"""Rule 13: a typed amount is a person's to enter. It is closed when the ledger shows it, or a named person says so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.clinic import MILO, ROSA, Clinic
from tests.engine.scripted_desk import usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.invoice import Debt
from tillbridge.domain.next_command import Post
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import HOUR, MINUTE
from tillbridge.engine.schedule import Tried, due_in_ms
from tillbridge.ports.practice import Trouble

AMOUNT = 4_200


def typed(client: str = "Rosa Alvarez", account_id: str = "", number: str = "") -> Debt:
    return Debt(software="typed", account_id=account_id, client=client, invoice_number=number, balance=None)


@pytest.fixture
def clinic() -> Clinic:
    """The program is closed, and 42.00 was taken from a typed client."""
    clinic = Clinic()
    clinic.books.trouble = Trouble(who="operator", code="software_closed", retry_in_ms=5_000)
    clinic.pay("p1", AMOUNT, debt=typed())
    clinic.lets_pass(MINUTE)
    assert clinic.posting("p1").state is PostingState.WAITING
    return clinic


def types(clinic: Clinic) -> int:
    return [what for what, *_ in clinic.books.visits].count("type")


def test_whatever_the_screen_says_a_person_is_to_enter_it(clinic: Clinic) -> None:
    assert clinic.posting("p1").reason == "enter_yourself"
    version = clinic.payment("p1").version
    clinic.lets_pass(3 * HOUR)
    assert clinic.payment("p1").version == version
    assert clinic.payment("p1").tasks == ()


def test_it_is_closed_when_our_number_is_in_the_ledger_of_the_client_on_the_screen(clinic: Clinic) -> None:
    clinic.books.trouble = None
    clinic.books.put(*ROSA[:1], "10482", AMOUNT, clinic.posting("p1").marker, "Visa")
    clinic.lets_pass(11 * MINUTE)
    closed = clinic.posting("p1")
    assert (closed.state, closed.by, types(clinic)) == (PostingState.POSTED, "hand", 0)
    assert clinic.payment("p1").finished


def test_a_row_of_the_client_and_the_amount_without_our_number_asks_a_person(clinic: Clinic) -> None:
    clinic.books.trouble = None
    clinic.books.put(ROSA[0], "10482", AMOUNT, "", "Visa")
    clinic.lets_pass(11 * MINUTE)
    asked = clinic.posting("p1")
    assert (asked.state, asked.reason) == (PostingState.NEEDS_ATTENTION, "typed_by_hand")
    clinic.engine.person_says("p1", asked.marker, True, "Dana")
    assert clinic.payment("p1").finished


def test_another_amount_under_our_number_calls_a_person(clinic: Clinic) -> None:
    clinic.books.trouble = None
    clinic.books.put(ROSA[0], "10482", AMOUNT - 1, clinic.posting("p1").marker, "Visa")
    clinic.lets_pass(11 * MINUTE)
    assert (clinic.posting("p1").state, clinic.posting("p1").reason) == (
        PostingState.NEEDS_ATTENTION,
        "amount",
    )


def test_it_is_never_typed_and_nobody_is_visited_for_it(clinic: Clinic) -> None:
    clinic.books.trouble = None
    clinic.books.open = MILO
    clinic.books.visits.clear()
    clinic.lets_pass(6 * HOUR)
    assert clinic.books.visits == []
    assert clinic.posting("p1").state is PostingState.WAITING


def test_the_client_on_the_screen_is_not_looked_through_all_the_time(clinic: Clinic) -> None:
    clinic.books.trouble = None
    clinic.books.visits.clear()
    clinic.lets_pass(59 * MINUTE)
    in_an_hour = len(clinic.books.visits)
    clinic.lets_pass(5 * HOUR)
    assert in_an_hour <= 60
    assert len(clinic.books.visits) - in_an_hour <= 31
    assert types(clinic) == 0


def test_in_the_first_hour_it_is_looked_for_each_minute_and_then_every_ten(clinic: Clinic) -> None:
    payment, posting = clinic.payment("p1"), clinic.posting("p1")
    assert posting.owed_at is not None

    def gap_at(after_ms: int) -> int | None:
        now = posting.owed_at.plus_ms(after_ms)  # type: ignore[union-attr]
        tried = Tried(times=500, last=now)
        return due_in_ms(payment, Post(posting.marker), tried, now, clinic.engine.policy, kept_ms=0)

    assert gap_at(HOUR - 1) == MINUTE
    assert gap_at(HOUR) == 10 * MINUTE


def test_a_client_of_another_account_is_not_the_one_that_was_typed() -> None:
    clinic = Clinic()
    clinic.pay("p1", AMOUNT, debt=typed(account_id=MILO[0]))
    clinic.lets_pass(HOUR)
    assert clinic.books.visits == []


def test_a_typed_account_is_visited_when_a_person_asks_and_at_the_end_of_the_day() -> None:
    clinic = Clinic()
    clinic.pay("p1", AMOUNT, debt=typed(account_id=MILO[0]))
    clinic.lets_pass(MINUTE)
    clinic.engine.recheck()
    clinic.lets_pass(MINUTE)
    assert [(what, account) for what, account, _ in clinic.books.visits] == [("look", MILO[0])]
    clinic.books.put(MILO[0], "20001", AMOUNT, clinic.posting("p1").marker, "Visa")
    clinic.engine.resume("p1")
    clinic.lets_pass(MINUTE)
    assert clinic.posting("p1").state is PostingState.POSTED


# ---- attached by a person ----------------------------------------------------------------------------


def real(**changes: Any) -> Debt:
    facts = {"software": "model", "account_id": ROSA[0], "client": ROSA[1], "invoice_number": "10482"}
    return Debt(**(facts | {"balance": usd(AMOUNT)} | changes))


def test_a_person_says_whose_it_is_and_then_it_is_entered_like_any_other(clinic: Clinic) -> None:
    clinic.books.trouble = None
    clinic.books.open = MILO
    clinic.owe(AMOUNT)
    attached = clinic.engine.attach("p1", real(), "Dana")
    assert attached.debt == real()
    clinic.lets_pass(MINUTE)
    assert clinic.posting("p1").state is PostingState.POSTED
    assert [(r.account_id, r.invoice_number, r.reference) for r in clinic.books.rows] == [
        (ROSA[0], "10482", clinic.posting("p1").marker)
    ]


def test_what_was_entered_by_hand_meanwhile_is_asked_about_and_not_entered_again(clinic: Clinic) -> None:
    clinic.books.trouble = None
    clinic.books.put(ROSA[0], "10482", AMOUNT, "", "Visa")
    clinic.books.open = MILO
    clinic.engine.attach("p1", real(), "Dana")
    clinic.lets_pass(MINUTE)
    assert (clinic.posting("p1").reason, len(clinic.books.rows)) == ("typed_by_hand", 1)


def test_its_hold_moves_to_the_invoice_and_its_id_stays_the_same_payment(clinic: Clinic) -> None:
    scope = real().scope
    assert clinic.journal.held_minor(scope) == 0
    clinic.engine.attach("p1", real(), "Dana")
    assert clinic.journal.held_minor(scope) == AMOUNT
    assert clinic.engine.held(real()) == AMOUNT, "counted once"
    again = clinic.payment("p1")
    assert again.first_scope == typed().scope
    with pytest.raises(StopIteration):
        clinic.pay("p1", AMOUNT, debt=typed())
    assert clinic.payment("p1") == again


@pytest.mark.parametrize("changes", [{"software": "typed"}, {"software": ""}, {"account_id": ""}])
def test_it_is_attached_to_somebody_or_not_at_all(clinic: Clinic, changes: dict[str, str]) -> None:
    refused_as(clinic, "nothing_to_decide", real(**changes), "Dana")


def test_only_a_named_person_attaches(clinic: Clinic) -> None:
    refused_as(clinic, "nothing_to_decide", real(), "")


def test_what_was_read_from_the_screen_stays_where_it_was_read(clinic: Clinic) -> None:
    clinic.books.trouble = None
    clinic.books.busy_until_ms = clinic.clock.now_ms + HOUR
    clinic.pay("p2", 1_000, MILO, "20001")
    refused_as(clinic, "nothing_to_decide", real(), "Dana", "p2")


def test_what_may_be_in_the_books_is_attached_nowhere(clinic: Clinic) -> None:
    clinic.books.trouble = None
    clinic.books.put(ROSA[0], "10482", AMOUNT - 1, clinic.posting("p1").marker, "Visa")
    clinic.lets_pass(11 * MINUTE)
    refused_as(clinic, "nothing_to_decide", real(), "Dana")


def test_another_currency_is_refused(clinic: Clinic) -> None:
    euros = type(usd(1))(minor=AMOUNT, currency="EUR")
    refused_as(clinic, "currency_not_offered", real(balance=euros), "Dana")


def refused_as(clinic: Clinic, code: str, debt: Debt, person: str, payment_id: str = "p1") -> None:
    before = clinic.payment(payment_id)
    with pytest.raises(OperatorError) as refused:
        clinic.engine.attach(payment_id, debt, person)
    assert refused.value.code == code
    assert clinic.payment(payment_id) == before
