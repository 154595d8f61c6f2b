"""The money leg's commands: what to journal before, what to ask of the gateway, and what its answer means.

Rule 3 lives here: nothing is sent twice; the horizon counts only time that has surely passed; after the door of
killing an approval is only given back.
"""

from __future__ import annotations

from dataclasses import replace

from tillbridge.domain import next_command as nc
from tillbridge.domain.errors import Fact
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.moment import Moment, surely_passed_ms
from tillbridge.domain.money import Parts
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.outcome import Approved, CannotTell, Declined, Inquiry, NotSent, Outcome
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.engine import work
from tillbridge.engine.answers import events_of_inquiry, events_of_outcome
from tillbridge.engine.policy import MINUTE, Policy
from tillbridge.engine.sending import acknowledged, kind_of, sec_code_of
from tillbridge.engine.work import Result, Task
from tillbridge.ports.gateway import AttemptRequest, EntrySession, KillAck

Planned = tuple[list[Event], Task]

WATCHED_MS = 30 * MINUTE
"""So much of a watch is written down at once."""


def plan(
    payment: Payment, command: nc.Command, now: Moment, parent: Attempt | None, policy: Policy
) -> Planned | None:
    """The events to journal first and the task, or None if the command is not the money leg's."""
    match command:
        case nc.Send(reference=reference):
            started = Event(kind=MoneyEvent.SEND_STARTED, at=now, subject=reference)
            request = request_of(payment, _attempt(payment, reference), policy)
            return [started], _task(
                payment, reference, work.Send(request=request, payment=payment, parent=parent)
            )
        case nc.Inquire(reference=reference):
            attempt = _attempt(payment, reference)
            asked = _question(payment, attempt, command.why, policy)
            of = parent if payment.operation == "void" else None
            return [], _task(payment, reference, replace(asked, voided=of))
        case nc.Kill(reference=reference):
            return [], _task(payment, reference, work.Kill(attempt=_attempt(payment, reference)))
        case nc.Capture(reference=reference):
            return [], _task(payment, reference, work.Capture(attempt=_attempt(payment, reference)))
        case nc.GiveBack(reference=reference):
            return _plan_give_back(payment, _attempt(payment, reference), now)
    return None


def _plan_give_back(payment: Payment, attempt: Attempt, now: Moment) -> Planned:
    """Its start is durable before the first byte; its own reference is derived, so it is the same after a crash."""
    since = attempt.give_back_since
    may_repeat = since is None or surely_passed_ms(since, now) >= attempt.horizon_ms
    reference = attempt.give_back_reference or f"{attempt.reference}GB"
    asked = work.GiveBack(attempt=attempt, reference=reference, may_repeat=may_repeat)
    facts = {"give_back_reference": reference}
    started = Event(kind=PaymentEvent.GIVE_BACK_STARTED, at=now, subject=attempt.reference, facts=dict(facts))
    return [started] if may_repeat else [], _task(payment, attempt.reference, asked)


def _question(payment: Payment, attempt: Attempt, why: str, policy: Policy) -> work.Ask:
    stop = attempt.cancel_asked and why in ("running", "unknown")
    request = request_of(payment, attempt, policy)
    return work.Ask(attempt=attempt, payment=payment, request=request, cancel=stop)


def request_of(payment: Payment, attempt: Attempt, policy: Policy) -> AttemptRequest:
    parts: Parts = payment.parts
    initial = payment.debt.client.strip()[:1]
    lines = tuple(line for line in (policy.clinic_name, initial) if line)
    return AttemptRequest(
        reference=attempt.reference,
        amount=attempt.asked,
        tip=parts.tip,
        fee=parts.fee,
        terminal_id=attempt.terminal_id,
        kind=kind_of(payment, attempt),
        show=lines,
        invoice_number=payment.debt.invoice_number,
        payer=payment.debt.client if attempt.where == "link" else "",
        read_at_wall_ms=payment.created_at.wall_ms if payment.debt.balance is not None else 0,
        expires_in_ms=attempt.valid_ms,
        sec_code=sec_code_of(attempt.sec_code),
        mandate=attempt.consent_id,
    )


def conclude(payment: Payment, task: Task, result: Result, now: Moment, policy: Policy) -> list[Event]:
    """The events that a result brings; none if it teaches nothing new."""
    attempt = _attempt(payment, task.subject)
    match task.work:
        case work.Send():
            return _sent(attempt, result, now)
        case work.Capture():
            return _captured(attempt, result, now)
        case work.GiveBack():
            return _gave_back(payment, attempt, result, now)
        case work.Kill():
            return _killed(attempt, result, now, policy)
    return _asked(attempt, result, now, policy)


def _sent(attempt: Attempt, result: Result, now: Moment) -> list[Event]:
    if isinstance(result, EntrySession):
        return [acknowledged(attempt, result, now)]
    assert isinstance(result, Outcome)
    return events_of_outcome(attempt, result, now)


def _captured(attempt: Attempt, result: Result, now: Moment) -> list[Event]:
    """A capture that is refused or unknown leaves the hold as it is: asked again, never assumed."""
    if isinstance(result, Approved):
        return events_of_outcome(attempt, result, now)
    return []


_GIVE_BACK_REFUSED = ("not_refundable", "over_refund", "unsupported", "invalid_request", "amount_limit")
"""Refusals that trying again does not change. Everything else (`not_refundable_yet`, `unreachable`) passes."""


def _gave_back(payment: Payment, attempt: Attempt, result: Result, now: Moment) -> list[Event]:
    assert isinstance(result, work.BackAnswer)
    outcome = result.outcome
    if isinstance(outcome, Approved):
        facts: dict[str, Fact] = {"by": result.by, "returned_minor": attempt.owed_back}
        return [Event(kind=MoneyEvent.GIVEN_BACK, at=now, subject=attempt.reference, facts=facts)]
    refused = isinstance(outcome, NotSent) and outcome.code in _GIVE_BACK_REFUSED
    told = "give_back_refused" in payment.tasks
    if (refused or isinstance(outcome, Declined)) and not told:
        facts = {"code": "give_back_refused", "task": "give_back_refused"}
        return [Event(kind=PaymentEvent.NOTED, at=now, subject=attempt.reference, facts=facts)]
    return []


def _killed(attempt: Attempt, result: Result, now: Moment, policy: Policy) -> list[Event]:
    """`not_found` is an answered kill too: there was nothing to void, and the sweep goes on."""
    if isinstance(result, Inquiry):
        return _asked(attempt, result, now, policy)
    if isinstance(result, KillAck) and result.answer in ("acknowledged", "not_found"):
        return [Event(kind=MoneyEvent.KILL_ACKNOWLEDGED, at=now, subject=attempt.reference)]
    return []


def _asked(attempt: Attempt, result: Result, now: Moment, policy: Policy) -> list[Event]:
    if isinstance(result, EntrySession):
        return [acknowledged(attempt, result, now)]
    assert isinstance(result, Inquiry)
    sent = attempt.sent_at or attempt.since
    passed = surely_passed_ms(sent, now) >= attempt.payable_ms
    fresh_ms = surely_passed_ms(attempt.watched_at or attempt.since, now)
    swept = attempt.watched_ms + fresh_ms >= policy.sweep_ms
    events = events_of_inquiry(attempt, result, now, horizon_passed=passed, sweep_over=swept)
    return events or _watched(attempt, result, fresh_ms, now)


def _watched(attempt: Attempt, result: Result, fresh_ms: int, now: Moment) -> list[Event]:
    """An answered inquiry behind the door that taught nothing: written down now and then, or on a computer that is
    switched off every night the watch would never end."""
    killed, answered = attempt.state is MoneyState.KILLED, not isinstance(result, CannotTell)
    if not (killed and answered) or fresh_ms < WATCHED_MS:
        return []
    facts: dict[str, Fact] = {"code": "watched", "watched_ms": fresh_ms}
    return [Event(kind=PaymentEvent.NOTED, at=now, subject=attempt.reference, facts=facts)]


def _task(payment: Payment, reference: str, asked: work.Work) -> Task:
    return Task(payment_id=payment.payment_id, subject=reference, work=asked)


def _attempt(payment: Payment, reference: str) -> Attempt:
    attempt = payment.attempt(reference)
    assert attempt is not None, "commands name attempts of their own payment"
    return attempt
