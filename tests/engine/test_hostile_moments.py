"""Moments that an attacker, or a bad day, would choose: nothing is charged, given back or told twice, or never."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.engine.clinic import ROSA, Clinic
from tests.engine.scripted_desk import ASKED, PAID, Desk, usd
from tests.engine.test_several_invoices import ALL, NUMBERS, SECOND, wish
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import Inquire, Send
from tillbridge.domain.operation import Entry
from tillbridge.domain.outcome import (
    CannotTell,
    Declined,
    Found,
    NotFound,
    PartiallyApproved,
    Pending,
    Unknown,
)
from tillbridge.engine.given_elsewhere import GivenElsewhere
from tillbridge.engine.giving_back import GiveBackRequest
from tillbridge.engine.policy import HOUR, MINUTE
from tillbridge.engine.requests import PayRequest
from tillbridge.engine.slip import Slip


def _all_request(**changes: Any) -> PayRequest:
    usual: dict[str, Any] = {"payment_id": "p1", "operation": "sale", "entry": Entry.TERMINAL}
    return PayRequest(**(usual | {"terminal_id": "t1"} | wish(ALL) | changes))


def test_a_second_invoice_that_was_paid_meanwhile_is_not_charged_once_more() -> None:
    clinic = Clinic()
    for share in ALL:
        assert share.debt.balance is not None
        clinic.owe(share.debt.balance.minor, ROSA, share.debt.invoice_number)
    clinic.gateway.started = Declined(category="insufficient_funds", retry="never", code="51")
    clinic.engine.begin(_all_request())
    clinic.lets_pass(MINUTE)
    assert clinic.payment("p1").attempts[0].state is MoneyState.DECLINED
    clinic.gateway.started = replace(PAID, amount=usd(SECOND), gateway_ref="g2")
    clinic.pay("p2", SECOND, ROSA, NUMBERS[1])
    clinic.lets_pass(5 * MINUTE)
    assert clinic.payment("p2").finished
    with pytest.raises(OperatorError):
        clinic.engine.try_again("p1")


@pytest.mark.parametrize("answer", [NotFound(), CannotTell(cause="unreachable")])
def test_a_give_back_that_waits_for_weeks_is_asked_of_a_person(answer: Any) -> None:
    desk = Desk()
    desk.begin()
    desk.step(Send)
    desk.gateway.told = answer
    desk.engine.give_back(GiveBackRequest(payment_id="b1", of="p1", person="Dana"))
    for _ in range(14 * 24):
        desk.wait(HOUR)
        for one in [d for d in desk.engine.due() if d.payment_id == "b1" and d.in_ms == 0]:
            desk.engine.step("b1", one.command)
    known = desk.journal.payment("b1")
    assert known is not None
    assert known.tasks


def test_a_link_whose_address_was_lost_can_be_given_up() -> None:
    desk = Desk()
    desk.gateway.idempotent = False
    desk.gateway.opened = TimeoutError("no reply")
    desk.gateway.told = Found(outcome=Pending(kind="entry"))
    desk.begin(entry=Entry.LINK)
    desk.step(Send)
    desk.wait(MINUTE)
    desk.step(Inquire)
    desk.engine.cancel("p1", "Kim")
    for _ in range(5):
        desk.wait(MINUTE)
        desk.step(Inquire)
    touched = [c for c in desk.gateway.calls if c.startswith(("close", "cancel", "kill"))]
    assert touched, (desk.state(), desk.gateway.calls)


def test_no_token_is_journalled_with_the_cause_of_a_doubt() -> None:
    from tests.engine import test_stored_cards as cards
    from tests.engine.scripted_desk import agree

    desk = Desk()
    agree(desk, "card_on_file")
    cards.store(desk)
    [card] = cards.cards(desk)
    desk.gateway.started = TimeoutError(f"POST /tokens/{cards.TOKEN}/charges: read timed out")
    desk.begin(entry=Entry.STORED_CARD, card_id=card.card_id)
    desk.step(Send)
    assert cards.TOKEN not in repr(desk.journal.since(0))


def test_no_token_is_shown_by_what_is_printed() -> None:
    from tillbridge.engine.keeping import Forgetting
    from tillbridge.engine.sending import Token

    assert "TOK1" not in repr(Token(token="TOK1")) + repr(Forgetting(card_id="c", token="TOK1"))


def test_a_smaller_approval_that_went_back_elsewhere_does_not_go_back_once_more() -> None:
    desk = Desk()
    desk.gateway.started = PartiallyApproved(amount=usd(10_000), asked=usd(ASKED), gateway_ref="g1")
    desk.begin()
    desk.step(Send)
    desk.engine.record_given_back(GivenElsewhere(record_id="r1", of="p1", person="Dana", how="portal"))
    desk.gateway.voided = __import__("tillbridge.domain.outcome", fromlist=["NotSent"]).NotSent(
        code="not_voidable"
    )
    desk.gateway.told = NotFound()
    try:
        desk.engine.keep_partial("p1", keep=False, person="Kim")
    except OperatorError:
        return
    for _ in range(8):
        for one in [d for d in desk.engine.due() if d.payment_id == "p1" and d.in_ms == 0]:
            desk.engine.step("p1", one.command)
        desk.wait(MINUTE)
    assert sum(desk.gateway.amounts) == 0, desk.gateway.amounts


def test_a_balance_that_is_stale_is_refused_however_busy_the_clinic() -> None:
    """A link of days ago is paid and entered just now."""
    desk = Desk()
    desk.gateway.told = Found(outcome=Pending(kind="entry"))
    desk.begin(entry=Entry.LINK)
    desk.step(Send)
    other = __import__("tests.engine.scripted_desk", fromlist=["debt"]).debt
    for n in range(101):
        desk.begin(
            payment_id=f"x{n}",
            debt=other(account_id=f"a{n}", invoice_number=f"i{n}"),
            entry=Entry.STANDALONE,
            terminal_id="",
            person="Kim",
            slip=Slip(last4="4242", auth_code=f"A{n:04}"),
        )
    read_at = desk.clock.now()
    desk.wait(MINUTE)
    desk.gateway.told = Found(outcome=PAID)
    from tillbridge.domain.next_command import Post

    desk.step(Inquire)
    desk.step(Post)
    assert desk.posting().value == "posted"
    with pytest.raises(OperatorError):
        desk.begin(payment_id="p2", read_at=read_at, debt=other())


def test_a_slip_is_one_payment_however_busy_the_clinic() -> None:
    from tests.engine.scripted_desk import debt
    from tillbridge.engine.slip import Slip

    desk = Desk()
    usual: dict[str, Any] = {"entry": Entry.STANDALONE, "terminal_id": "", "person": "Kim"}

    def enter(name: str, code: str, number: str) -> None:
        whose = debt(account_id=f"a{number}", invoice_number=number)
        desk.begin(payment_id=name, debt=whose, slip=Slip(last4="4242", auth_code=code), **usual)

    enter("s0", "SAME01", "i0")
    for n in range(1, 101):
        enter(f"s{n}", f"A{n:05}", f"i{n}")
    with pytest.raises(OperatorError):
        enter("s101", "SAME01", "i101")


@pytest.mark.parametrize("entry", [Entry.TERMINAL, Entry.LINK])
def test_a_close_that_fails_does_not_keep_the_outcome_from_us(entry: Entry) -> None:
    """The call that stops it has trouble; the inquiry is fine, and the client has paid."""
    desk = Desk()
    desk.gateway.started = Pending(kind="terminal")
    desk.gateway.told = Found(outcome=Pending(kind="terminal" if entry is Entry.TERMINAL else "entry"))
    desk.begin(entry=entry)
    desk.step(Send)
    desk.engine.cancel("p1", "Kim")

    def fails(*_: object) -> None:
        raise TimeoutError("no reply")

    desk.gateway.cancel_terminal = fails  # type: ignore[method-assign, assignment]
    desk.gateway.close_entry = fails  # type: ignore[method-assign, assignment]
    desk.gateway.told = Found(outcome=PAID)
    for _ in range(30):
        desk.wait(MINUTE)
        for one in [d for d in desk.engine.due() if isinstance(d.command, Inquire) and d.in_ms == 0]:
            desk.engine.step("p1", one.command)
    assert desk.state() is MoneyState.APPROVED


def test_a_kill_that_nobody_answers_does_not_keep_a_late_approval_from_us() -> None:
    from tillbridge.ports.gateway import KillAck

    desk = Desk()
    desk.gateway.started = Unknown(cause="read_timeout")
    desk.gateway.killing = KillAck(answer="no_answer")
    desk.begin()
    desk.step(Send)
    desk.engine.stop("p1", "Kim")
    desk.gateway.told = Found(outcome=PAID)
    for _ in range(48):
        desk.wait(HOUR)
        for one in [d for d in desk.engine.due() if d.in_ms == 0]:
            desk.engine.step("p1", one.command)
    known = desk.known()
    assert known.attempts[0].late is not None or known.tasks
