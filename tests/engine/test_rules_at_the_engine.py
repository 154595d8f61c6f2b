"""Each rule of money at the place in the engine that keeps it; gateway and program say what the test says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.engine.scripted_desk import ASKED, CARD, PAID, Desk, debt, usd
from tillbridge.domain.errors import OperatorError, SetupError
from tillbridge.domain.moment import Moment
from tillbridge.domain.money import Parts
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import Capture, GiveBack, Inquire, Kill, Post, Send
from tillbridge.domain.outcome import (
    Cancelled,
    CannotTell,
    Declined,
    Found,
    Inquiry,
    NotFound,
    NotSent,
    Outcome,
    Pending,
    Unknown,
)
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import HOUR, MINUTE, SECOND
from tillbridge.ports.gateway import KillAck
from tillbridge.ports.practice import Trouble

# ---- 1: the same id is the same payment -----------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"minor": 100},
        {"parts": Parts(base=usd(ASKED - 1), fee=usd(1), tip=usd(0))},
        {"operation": "deposit"},
        {"debt": debt(invoice_number="10483")},
        {"debt": debt(account_id="1042")},
    ],
)
def test_the_same_id_with_anything_else_is_refused(desk: Desk, change: dict[str, Any]) -> None:
    first = desk.begin()
    with pytest.raises(OperatorError) as refused:
        desk.begin(**change)
    assert refused.value.code == "payment_id_used"
    assert desk.begin() == first == desk.journal.payment("p1")


# ---- 2: journal before acting ---------------------------------------------------------------------


def test_the_intent_is_in_the_journal_when_the_gateway_is_called(paid: Desk) -> None:
    seen = paid.gateway.seen["start"]
    assert seen is not None
    assert seen.attempts[0].state is MoneyState.SENDING


def test_the_start_of_typing_is_in_the_journal_when_the_first_key_goes_out(paid: Desk) -> None:
    paid.step(Post)
    seen = paid.practice.at_typing[0]
    assert seen is not None
    assert seen.postings[0].state is PostingState.TYPING


def test_the_start_of_a_give_back_is_in_the_journal_when_the_gateway_is_called(unknown: Desk) -> None:
    late(unknown)
    unknown.step(GiveBack)
    seen = unknown.gateway.seen["void"]
    assert seen is not None
    assert seen.attempts[0].give_back_reference == f"{seen.attempts[0].reference}GB"


# ---- 3: ask before repeating ----------------------------------------------------------------------


def late(desk: Desk) -> None:
    """An approval behind the door of killing."""
    desk.engine.stop("p1", "Dana")
    desk.gateway.told = Found(outcome=PAID)
    for _ in range(3):
        payment = desk.journal.payment("p1")
        assert payment is not None
        desk.engine.step("p1", next(d.command for d in desk.engine.due()))
        if desk.state() is MoneyState.KILLING and payment.attempts[0].kills >= 2:
            break
    desk.step(Inquire)
    assert desk.state() is MoneyState.KILLING


@pytest.mark.parametrize("cause", [TimeoutError("read"), ValueError("garbled"), ConnectionError("lost")])
def test_an_adapter_that_breaks_is_a_doubt_and_never_a_proof(desk: Desk, cause: Exception) -> None:
    desk.gateway.started = cause
    desk.begin()
    desk.step(Send)
    assert desk.state() is MoneyState.UNKNOWN


def test_wrong_settings_are_a_proved_refusal(desk: Desk) -> None:
    desk.gateway.started = SetupError("wrong_key")
    desk.begin()
    desk.step(Send)
    assert desk.state() is MoneyState.NOT_SENT


@pytest.mark.parametrize("told", [CannotTell(cause="x"), NotFound(), TimeoutError("inquiry")])
def test_an_inquiry_that_tells_nothing_changes_nothing(unknown: Desk, told: Inquiry | Exception) -> None:
    unknown.gateway.told = told
    unknown.wait(10 * SECOND)
    unknown.step(Inquire)
    assert unknown.state() is MoneyState.UNKNOWN
    assert unknown.gateway.calls.count("start") == 1


def test_only_a_not_found_after_the_horizon_opens_the_door(unknown: Desk) -> None:
    unknown.wait(3 * MINUTE - 1)
    unknown.step(Inquire)
    assert unknown.state() is MoneyState.UNKNOWN
    unknown.wait(1)
    unknown.step(Inquire)
    assert unknown.state() is MoneyState.KILLING


def test_the_horizon_counts_from_the_send_on(desk: Desk) -> None:
    desk.gateway.started = Pending(kind="terminal")
    desk.begin()
    desk.step(Send)
    desk.wait(2 * MINUTE)
    desk.step(Inquire)
    assert desk.state() is MoneyState.UNKNOWN
    desk.wait(1 * MINUTE)
    desk.step(Inquire)
    assert desk.state() is MoneyState.KILLING


def test_what_cannot_be_is_kept_and_shown_and_changes_nothing(desk: Desk) -> None:
    payment = desk.begin()
    after = desk.tell("settled", payment.attempts[0].reference)
    assert after.attempts == payment.attempts
    assert after.tasks == ("impossible_event",)
    stored = desk.journal.events("p1")[-1].event
    assert (stored.kind, stored.facts["kind"], stored.facts["state"]) == ("impossible", "settled", "created")


def test_only_the_news_that_it_runs_may_be_lost_in_a_power_cut(desk: Desk) -> None:
    kept: list[tuple[list[str], bool]] = []
    desk.journal.before_append = lambda append: kept.append(([e.kind for e in append.events], append.durable))
    desk.gateway.started = Pending(kind="terminal")
    desk.begin()
    desk.step(Send)
    assert kept == [
        (["payment_created", "attempt_created"], True),
        (["send_started"], True),
        (["acknowledged"], False),
    ]


def test_resuming_a_payment_makes_its_own_commands_due_and_no_others(unknown: Desk) -> None:
    unknown.begin(payment_id="p2", debt=debt(invoice_number="2"))
    unknown.step(Send, "p2")
    unknown.wait(5 * SECOND)
    unknown.step(Inquire)
    unknown.step(Inquire, "p2")
    waits = {due.payment_id: due.in_ms for due in unknown.engine.due()}
    assert waits == {"p1": 3 * SECOND, "p2": 3 * SECOND}
    unknown.engine.resume("p1")
    assert {due.payment_id: due.in_ms for due in unknown.engine.due()} == {"p1": 0, "p2": 3 * SECOND}


def test_one_cent_is_an_amount_and_nothing_is_not(desk: Desk) -> None:
    assert desk.begin(minor=1).parts.whole == usd(1)
    with pytest.raises(OperatorError) as refused:
        desk.begin(payment_id="p2", minor=0)
    assert refused.value.code == "amount_not_positive"


def test_a_changed_wall_clock_opens_no_door(unknown: Desk) -> None:
    @dataclass(frozen=True)
    class Ahead:
        """The wall clock was set 99 hours ahead; a few seconds have passed."""

        def now(self) -> Moment:
            now = unknown.clock.now()
            return Moment(now.wall_ms + 99 * HOUR, now.boot, now.mono_ms + 5 * SECOND)

    unknown.engine = replace(unknown.engine, clock=Ahead())
    unknown.step(Inquire)
    assert unknown.state() is MoneyState.UNKNOWN


def test_no_second_attempt_while_the_first_is_in_doubt(unknown: Desk) -> None:
    with pytest.raises(OperatorError) as refused:
        unknown.engine.try_again("p1")
    assert refused.value.code == "still_finding_out"


def test_a_command_that_is_out_of_date_does_nothing(desk: Desk) -> None:
    payment = desk.begin()
    send = Send(payment.attempts[0].reference)
    desk.engine.step("p1", send)
    desk.engine.step("p1", send)
    assert desk.gateway.calls == ["start"]


def test_a_hold_is_not_money(desk: Desk) -> None:
    desk.gateway.started = replace(PAID, captured=False)
    desk.begin()
    desk.step(Send)
    assert desk.state() is MoneyState.AUTHORIZED


def test_a_killed_attempt_is_watched_for_its_whole_time(unknown: Desk) -> None:
    unknown.engine.stop("p1", "Dana")
    for _ in range(3):
        unknown.engine.step("p1", unknown.engine.due()[0].command)
    unknown.step(Inquire)
    assert unknown.state() is MoneyState.KILLED
    unknown.wait(95 * HOUR)
    assert not unknown.step(Inquire).finished
    unknown.wait(HOUR)
    assert unknown.step(Inquire).finished


def test_a_refund_of_a_late_approval_is_asked_about_before_it_is_said_again(unknown: Desk) -> None:
    late(unknown)
    unknown.gateway.voided = NotSent(code="not_voidable")
    unknown.gateway.refunded = Unknown(cause="lost")
    unknown.gateway.told = NotFound()
    unknown.step(GiveBack)
    unknown.wait(3 * MINUTE - 1)
    unknown.step(GiveBack)
    assert unknown.gateway.calls.count("refund") == 1
    unknown.wait(1)
    unknown.step(GiveBack)
    assert unknown.gateway.calls.count("refund") == 2


@pytest.mark.parametrize(
    ("code", "tasks"), [("not_refundable", ("give_back_refused",)), ("not_refundable_yet", ())]
)
def test_only_a_refusal_that_stands_calls_a_person(unknown: Desk, code: str, tasks: tuple[str, ...]) -> None:
    late(unknown)
    unknown.gateway.voided = NotSent(code="not_voidable")
    unknown.gateway.refunded = NotSent(code=code)
    unknown.gateway.told = NotFound()
    assert unknown.step(GiveBack).tasks == tasks


@pytest.mark.parametrize(("answer", "kills"), [("acknowledged", 1), ("not_found", 1), ("no_answer", 0)])
def test_only_an_answered_kill_counts(unknown: Desk, answer: Any, kills: int) -> None:
    unknown.engine.stop("p1", "Dana")
    unknown.gateway.killing = KillAck(answer=answer)
    assert unknown.step(Kill).attempts[0].kills == kills


def test_a_kill_that_comes_too_late_is_asked_about_at_once(unknown: Desk) -> None:
    unknown.engine.stop("p1", "Dana")
    unknown.gateway.killing = KillAck(answer="too_late")
    unknown.gateway.told = Found(outcome=PAID)
    assert unknown.step(Kill).attempts[0].owed_back == ASKED


@pytest.mark.parametrize(
    ("captured", "state"),
    [
        (PAID, MoneyState.APPROVED),
        (Declined(category="x", retry="never"), MoneyState.AUTHORIZED),
        (Unknown(cause="x"), MoneyState.AUTHORIZED),
    ],
)
def test_only_a_capture_that_is_approved_is_money(desk: Desk, captured: Outcome, state: MoneyState) -> None:
    desk.gateway.started = replace(PAID, captured=False)
    desk.gateway.captured = captured
    desk.begin()
    desk.step(Send)
    desk.step(Capture)
    assert desk.state() is state


def test_only_what_is_still_owed_of_a_late_approval_is_refunded(unknown: Desk) -> None:
    late(unknown)
    reference = unknown.journal.payment("p1").attempts[0].reference  # type: ignore[union-attr]
    unknown.tell("refunded_elsewhere", reference, returned_minor=1_240, key="r-1")
    unknown.gateway.voided = NotSent(code="not_voidable")
    unknown.gateway.told = NotFound()
    unknown.step(GiveBack)
    assert unknown.gateway.amounts == [20_000]
    assert unknown.state() is MoneyState.KILLED


# ---- 4 and 10: limits -----------------------------------------------------------------------------


def test_more_than_is_owed_is_refused(desk: Desk) -> None:
    with pytest.raises(OperatorError) as refused:
        desk.begin(minor=ASKED + 1)
    assert refused.value.code == "not_chargeable"
    assert desk.journal.payment("p1") is None


def test_what_a_doubt_may_have_taken_cannot_be_taken_again(unknown: Desk) -> None:
    with pytest.raises(OperatorError):
        unknown.begin(payment_id="p2", minor=1)


def test_another_card_is_bound_by_what_others_took_meanwhile(desk: Desk) -> None:
    desk.gateway.started = Declined(category="x", retry="other_card")
    desk.begin()
    desk.step(Send)
    desk.begin(payment_id="p2")
    with pytest.raises(OperatorError) as refused:
        desk.engine.try_again("p1")
    assert refused.value.code == "not_chargeable"


@pytest.mark.parametrize(("asked", "armed"), [("", "front-desk-1"), ("back-room", "back-room")])
def test_another_card_goes_to_the_same_terminal_unless_another_one_is_named(
    desk: Desk, asked: str, armed: str
) -> None:
    desk.gateway.started = Declined(category="x", retry="other_card")
    desk.begin()
    desk.step(Send)
    payment = desk.engine.try_again("p1", asked)
    assert [a.terminal_id for a in payment.attempts] == ["front-desk-1", armed]
    assert payment.attempts[1].asked == usd(ASKED)


def test_another_card_for_a_typed_amount_is_bound_by_no_balance(desk: Desk) -> None:
    desk.gateway.started = Declined(category="x", retry="other_card")
    desk.begin(debt=debt(balance=None), minor=99_900)
    desk.step(Send)
    assert len(desk.engine.try_again("p1").attempts) == 2


def test_another_attempt_has_the_horizon_of_the_one_before(desk: Desk) -> None:
    desk.gateway.started = Declined(category="x", retry="other_card")
    desk.begin()
    desk.step(Send)
    desk.gateway.horizon_ms = 1
    payment = desk.engine.try_again("p1")
    assert [a.horizon_ms for a in payment.attempts] == [3 * MINUTE, 3 * MINUTE]


def refund(minor: int, payment_id: str = "r1") -> dict[str, Any]:
    return {"payment_id": payment_id, "operation": "refund", "entry": None, "of": "p1", "minor": minor}


def test_no_more_goes_back_than_was_taken(paid: Desk) -> None:
    paid.begin(**refund(ASKED))
    with pytest.raises(OperatorError):
        paid.begin(**refund(1, "r2"))


def test_what_others_gave_back_is_not_given_back_again(paid: Desk) -> None:
    reference = paid.journal.payment("p1").attempts[0].reference  # type: ignore[union-attr]
    paid.tell("refunded_elsewhere", reference, returned_minor=1_240, key="r-1")
    with pytest.raises(OperatorError):
        paid.begin(**refund(20_001))
    assert paid.begin(**refund(20_000)).parts.whole == usd(20_000)


def test_a_refund_goes_to_the_payment_that_it_gives_back(paid: Desk) -> None:
    paid.begin(**refund(1_000))
    paid.step(Send, "r1")
    assert paid.gateway.calls == ["start", "refund"]
    assert paid.gateway.amounts == [1_000]


def test_a_void_goes_to_the_payment_that_it_gives_back(paid: Desk) -> None:
    paid.begin(payment_id="v1", operation="void", entry=None, of="p1")
    paid.step(Send, "v1")
    assert paid.gateway.calls == ["start", "void"]


@pytest.mark.parametrize("operation", ["refund", "void"])
def test_a_give_back_whose_money_is_gone_never_becomes_a_sale(paid: Desk, operation: str) -> None:
    paid.begin(payment_id="r1", operation=operation, entry=None, of="p1")
    paid.tell("returned", paid.journal.payment("p1").attempts[0].reference)  # type: ignore[union-attr]
    payment = paid.step(Send, "r1")
    assert payment.attempts[0].state is MoneyState.NOT_SENT
    assert paid.gateway.calls == ["start"]


# ---- 9: recovery is the same loop -------------------------------------------------------------------


def test_a_crash_in_the_call_is_a_doubt_after_the_restart(desk: Desk) -> None:
    payment = desk.begin()
    desk.engine.start("p1", Send(payment.attempts[0].reference))
    assert desk.restarted().recover() == ["p1"]
    assert desk.state() is MoneyState.UNKNOWN
    assert [type(due.command) for due in desk.engine.due()] == [Inquire]


def test_a_crash_while_it_runs_is_asked_about(desk: Desk) -> None:
    desk.gateway.started = Pending(kind="terminal")
    desk.begin()
    desk.step(Send)
    desk.restarted().recover()
    assert desk.state() is MoneyState.UNKNOWN


def test_a_crash_while_typing_is_unsure_after_the_restart(paid: Desk) -> None:
    payment = paid.journal.payment("p1")
    assert payment is not None
    task = paid.engine.start("p1", Post(payment.postings[0].marker))
    assert task is not None
    assert paid.engine.finish(task, paid.engine.perform(task)) is not None
    paid.restarted().recover()
    assert paid.posting() is PostingState.UNSURE


def test_everything_that_is_open_is_due_not_only_the_first(desk: Desk) -> None:
    desk.gateway.started = Pending(kind="ach")
    desk.begin()
    desk.step(Send)
    assert {type(due.command) for due in desk.engine.due()} == {Post, Inquire}


# ---- 12: the terminal -------------------------------------------------------------------------------


@pytest.mark.parametrize("started", [Pending(kind="terminal"), Unknown(cause="lost")])
def test_a_cancel_is_said_to_the_terminal_and_decides_nothing(desk: Desk, started: Outcome) -> None:
    desk.gateway.started = started
    desk.begin()
    desk.step(Send)
    before = desk.state()
    desk.engine.cancel("p1", "Dana")
    desk.gateway.told = CannotTell(cause="x")
    desk.wait(10 * SECOND)
    desk.step(Inquire)
    assert desk.gateway.calls[-2:] == ["cancel", "inquire"]
    assert desk.state() is before
    desk.gateway.told = Found(outcome=Cancelled(by="cashier"))
    desk.wait(10 * SECOND)
    desk.step(Inquire)
    assert desk.state() is MoneyState.CANCELLED


# ---- 13: an unread screen never stops the card --------------------------------------------------------


def test_a_typed_amount_is_bound_by_no_balance_that_nobody_read(desk: Desk) -> None:
    desk.begin()
    typed = desk.begin(payment_id="p2", debt=debt(balance=None), minor=99_900, terminal_id="front-desk-2")
    assert typed.parts.whole == usd(99_900)


@pytest.mark.parametrize(
    "trouble",
    [Trouble(who="operator", code="software_closed"), SetupError("setting_missing"), OSError("bus")],
)
def test_a_screen_that_cannot_be_read_makes_the_posting_wait(
    paid: Desk, trouble: Trouble | Exception
) -> None:
    paid.practice.trouble = trouble
    paid.step(Post)
    assert paid.posting() is PostingState.WAITING
    paid.practice.trouble = None
    paid.practice.row_delay_ms = 0
    paid.wait(HOUR)
    paid.step(Post)
    assert paid.posting() is PostingState.POSTED


# ---- 14: card numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"payment_id": CARD}, {"person": CARD}, {"debt": debt(client=CARD)}, {"debt": debt(account_id=CARD)},
        {"debt": debt(invoice_number=CARD)},
    ],
)  # fmt: skip
def test_a_card_number_typed_anywhere_is_refused_and_kept_nowhere(desk: Desk, change: dict[str, Any]) -> None:
    with pytest.raises(OperatorError) as refused:
        desk.begin(**change)
    assert refused.value.code == "card_number_typed"
    assert refused.value.facts == {}
    assert desk.journal.since(0) == ()


def test_a_card_number_that_a_gateway_sends_is_kept_nowhere(desk: Desk) -> None:
    desk.gateway.started = replace(PAID, auth_code=CARD, receipt=(("PAN", CARD),))
    desk.begin()
    payment = desk.step(Send)
    assert desk.state() is MoneyState.APPROVED
    assert "4242 4242" not in str([stored.event.to_json() for stored in desk.journal.since(0)])
    assert "4242 4242" not in str(payment)
