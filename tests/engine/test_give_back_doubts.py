"""Give-backs that nobody answers, that a person gives up on, and that would answer a question twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.scripted_desk import ASKED, PAID, Desk, usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.next_command import Send
from tillbridge.domain.outcome import (
    CannotTell,
    Found,
    Inquiry,
    NotFound,
    NotSent,
    PartiallyApproved,
    Unknown,
)
from tillbridge.domain.payment import Payment
from tillbridge.engine.giving_back import VOIDS_MAX, GiveBackRequest
from tillbridge.engine.policy import MINUTE

FOUND = Found(outcome=PAID, settle="open", voidable=True)


def begun(found: Inquiry | None = FOUND) -> Desk:
    """A payment that was taken, and somebody gives it back."""
    desk = Desk()
    desk.begin()
    desk.step(Send)
    desk.gateway.voided = Unknown(cause="read_timeout")
    desk.gateway.told = NotFound()
    desk.engine.give_back(GiveBackRequest(payment_id="b1", of="p1", person="Dana"), found)
    return desk


def child(desk: Desk, days: int = 0) -> Payment:
    """The give-back, after everything that became due for it in so many days."""
    for _ in range(days * 48):
        desk.wait(30 * MINUTE)
        for due in [d for d in desk.engine.due() if d.payment_id == "b1" and d.in_ms == 0]:
            desk.engine.step("b1", due.command)
    known = desk.journal.payment("b1")
    assert known is not None
    return known


def test_a_void_that_nobody_answers_is_said_some_times_and_then_a_persons() -> None:
    desk = begun()
    known = child(desk, days=3)
    assert desk.gateway.calls.count("void") == VOIDS_MAX
    assert known.tasks == ("not_given_back",)


def test_a_void_on_which_a_person_gave_up_is_not_said_again() -> None:
    desk = begun()
    desk.step(Send, "b1")
    desk.engine.stop("b1", "Dana")
    known = child(desk, days=2)
    assert desk.gateway.calls.count("void") == 1
    assert known.tasks == ("not_given_back",)


@pytest.mark.parametrize("answer", [NotFound(), CannotTell(cause="unreachable")])
def test_what_waits_for_days_is_told_once_and_waits_on(answer: Inquiry) -> None:
    desk = begun(None)
    desk.gateway.told = answer
    assert child(desk, days=3).tasks == ()
    known = child(desk, days=3)
    assert known.tasks == ("give_back_waits",)
    notes = [s for s in desk.journal.events("b1") if s.event.text("code") == "give_back_waits"]
    assert len(notes) == 1
    assert known.attempts[-1].queued == "asked"


def test_a_smaller_approval_that_is_given_back_in_part_is_not_asked_about_any_more() -> None:
    desk = Desk()
    desk.gateway.started = PartiallyApproved(amount=usd(10_000), asked=usd(ASKED), gateway_ref="g1")
    desk.begin()
    desk.step(Send)
    found = Found(outcome=replace(PAID, amount=usd(10_000)), settle="settled", refundable=True)
    desk.engine.give_back(GiveBackRequest(payment_id="b1", of="p1", amount=usd(5_000), person="Dana"), found)
    with pytest.raises(OperatorError, match="nothing_to_decide"):
        desk.engine.keep_partial("p1", keep=False, person="Kim")
    assert desk.known().attempts[0].keep_decided


def test_a_give_back_that_is_refused_decides_nothing_about_a_smaller_approval() -> None:
    desk = Desk()
    desk.gateway.started = PartiallyApproved(amount=usd(10_000), asked=usd(ASKED), gateway_ref="g1")
    desk.begin()
    desk.step(Send)
    found = Found(outcome=replace(PAID, amount=usd(10_000)), settle="settled", refundable=True)
    with pytest.raises(OperatorError, match="over_refund"):
        desk.engine.give_back(
            GiveBackRequest(payment_id="b1", of="p1", amount=usd(50_000), person="Dana"), found
        )
    assert not desk.known().attempts[0].keep_decided


def test_nobody_is_told_to_give_back_what_somebody_else_took_back() -> None:
    desk = begun()
    child(desk)
    desk.gateway.voided = NotSent(code="not_voidable")
    desk.gateway.refunded = NotSent(code="not_refundable")
    for due in [d for d in desk.engine.due() if d.payment_id == "b1"][:1]:
        desk.engine.step("b1", due.command)
    desk.tell("voided", desk.known().attempts[0].reference)
    known = child(desk, days=1)
    assert not desk.known().attempts[0].taken
    assert known.tasks == ()
