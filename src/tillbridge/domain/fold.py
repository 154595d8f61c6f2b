"""Folding events into a payment: the only way a payment changes.

`apply` raises ImpossibleEvent (with the event's kind, the subject and the state) for a pair that the tables do not
allow; nothing is changed then. The engine records that as an event of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tillbridge.domain import money_leg, posting_leg
from tillbridge.domain.errors import ImpossibleEvent
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.invoice import Debt
from tillbridge.domain.money import Money, Parts, zero
from tillbridge.domain.money_leg import Effect, MoneyEvent, MoneyState
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Attempt, Payment, Posting
from tillbridge.domain.posting_leg import PostingEffect, PostingEvent, PostingState

_MONEY = {str(event): event for event in MoneyEvent}
_POSTING = {str(event): event for event in PostingEvent}


def fold(payment_id: str, events: Iterable[Event]) -> Payment | None:
    """The payment after all its events; None if there are none."""
    payment: Payment | None = None
    for event in events:
        payment = apply(payment_id, payment, event)
    return payment


def apply(payment_id: str, payment: Payment | None, event: Event) -> Payment:
    """The payment after one more event. Raises ImpossibleEvent."""
    if payment is None:
        return replace(_created(payment_id, event), version=1)
    if event.kind in _MONEY and payment.attempt(event.subject):
        changed = _money(payment, event, _MONEY[event.kind])
    elif event.kind in _POSTING and payment.posting(event.subject):
        changed = _posting(payment, event, _POSTING[event.kind])
    else:
        changed = _own(payment, event)
    return replace(changed, version=payment.version + 1)


def _impossible(event: Event, state: str) -> ImpossibleEvent:
    return ImpossibleEvent("impossible_event", kind=event.kind, subject=event.subject, state=state)


def _created(payment_id: str, event: Event) -> Payment:
    if event.kind != PaymentEvent.PAYMENT_CREATED:
        raise _impossible(event, "none")
    currency = event.text("currency")

    def money(name: str) -> Money:
        return Money(minor=event.number(name), currency=currency)

    balance = money("balance_minor") if event.facts.get("balance_minor") is not None else None
    return Payment(
        payment_id=payment_id,
        operation=event.text("operation"),
        entry=Entry(event.text("entry")) if event.text("entry") else None,
        parts=Parts(base=money("base_minor"), fee=money("fee_minor"), tip=money("tip_minor")),
        debt=Debt(
            software=event.text("software"),
            account_id=event.text("account_id"),
            client=event.text("client"),
            invoice_number=event.text("invoice_number"),
            balance=balance,
        ),
        of=event.text("of"),
        created_at=event.at,
        person=event.text("person"),
        given_back=zero(currency),
        over_returned=zero(currency),
    )


# ---- the payment's own events ----------------------------------------------------------------


def _own(payment: Payment, event: Event) -> Payment:
    match event.kind:
        case PaymentEvent.ATTEMPT_CREATED if (
            payment.attempt(event.subject) is None and payment.may_try_again()
        ):
            return replace(payment, attempts=(*payment.attempts, _new_attempt(payment, event)))
        case PaymentEvent.POSTING_CREATED if payment.posting(event.subject) is None:
            return replace(payment, postings=(*payment.postings, _new_posting(payment, event)))
        case PaymentEvent.KEEP_DECIDED if payment.attempt(event.subject):
            return _with_attempt(payment, event.subject, keep_decided=True)
        case PaymentEvent.GIVE_BACK_STARTED if payment.attempt(event.subject):
            started = {"give_back_reference": event.text("give_back_reference"), "give_back_since": event.at}
            return _with_attempt(payment, event.subject, **started)
        case PaymentEvent.ATTEMPT_OVERRIDDEN if payment.attempt(event.subject) and event.text("person"):
            return _with_attempt(payment, event.subject, overridden=True)
        case PaymentEvent.GIVE_BACK_RECORDED:
            return _given_back(payment, event.number("amount_minor"))
        case PaymentEvent.GIVE_BACK_FAILED:
            return _given_back(payment, -event.number("amount_minor"))
        case PaymentEvent.NOTED | PaymentEvent.IMPOSSIBLE | PaymentEvent.RESTORED_CHECKED:
            return _noted(payment, event)
    raise _impossible(event, "payment")


def _new_attempt(payment: Payment, event: Event) -> Attempt:
    return Attempt(
        reference=event.subject,
        state=MoneyState.CREATED,
        asked=_amount(payment, event),
        horizon_ms=event.number("horizon_ms"),
        terminal_id=event.text("terminal_id"),
        since=event.at,
    )


def _new_posting(payment: Payment, event: Event) -> Posting:
    kind: Any = event.text("kind")
    return Posting(
        marker=event.subject,
        kind=kind,
        state=PostingState.NOT_NEEDED,
        amount=_amount(payment, event),
        reference=event.text("reference"),
        since=event.at,
    )


def _given_back(payment: Payment, minor: int) -> Payment:
    given = payment.given_back.minor + minor
    over = max(0, given - payment.taken.minor)
    currency = payment.given_back.currency
    tasks = (
        _with_task(payment.tasks, "over_returned") if over > payment.over_returned.minor else payment.tasks
    )
    return replace(
        payment,
        given_back=Money(minor=given, currency=currency),
        over_returned=Money(minor=over, currency=currency),
        tasks=tasks,
    )


def _noted(payment: Payment, event: Event) -> Payment:
    task, done = event.text("task"), event.text("task_done")
    tasks = _with_task(payment.tasks, task) if task else payment.tasks
    return replace(payment, tasks=tuple(t for t in tasks if t != done))


def _with_task(tasks: tuple[str, ...], code: str) -> tuple[str, ...]:
    return tasks if code in tasks else (*tasks, code)


def _amount(payment: Payment, event: Event) -> Money:
    return Money(minor=event.number("amount_minor"), currency=payment.parts.whole.currency)


# ---- the money leg ----------------------------------------------------------------------------


def _money(payment: Payment, event: Event, kind: MoneyEvent) -> Payment:
    attempt = payment.attempt(event.subject)
    assert attempt is not None
    cell = money_leg.cell(attempt.state, kind)
    if cell is None:
        raise _impossible(event, attempt.state)
    since = attempt.since if cell.to is attempt.state else event.at
    changed = replace(attempt, state=cell.to, since=since, **_learned(payment, attempt, event, kind))
    if Effect.LATE in cell.effects:
        changed = replace(changed, late=changed.approved or attempt.asked, approved=None)
    if Effect.HOLD in cell.effects or Effect.RELEASE in cell.effects:
        changed = replace(changed, held_by_dispute=Effect.HOLD in cell.effects)
    payment = _put_attempt(payment, changed)
    for effect in cell.effects:
        payment = _money_effect(payment, event, effect)
    return payment


def _money_effect(payment: Payment, event: Event, effect: Effect) -> Payment:
    if effect in (Effect.ADD_GIVEN_BACK, Effect.OVER_RETURNED):
        return _given_back(payment, event.number_or("returned_minor", 0))
    if effect in (Effect.TASK, Effect.ALERT):
        return replace(payment, tasks=_with_task(payment.tasks, f"{event.kind}_unexpected"))
    return payment


def _learned(payment: Payment, attempt: Attempt, event: Event, kind: MoneyEvent) -> dict[str, Any]:
    """What an event teaches about the attempt, beside its state."""
    match kind:
        case MoneyEvent.SEND_STARTED:
            return {"sent_at": event.at}
        case MoneyEvent.APPROVED | MoneyEvent.AUTHORIZED | MoneyEvent.PENDED if not attempt.taken:
            return _approval(payment, attempt, event)
        case MoneyEvent.DECLINED | MoneyEvent.CANCELLED | MoneyEvent.NOT_SENT | MoneyEvent.NO_REPLY:
            return {"reason": event.text("reason", attempt.reason)}
        case MoneyEvent.CANCEL_ASKED:
            return {"cancel_asked": True}
        case MoneyEvent.STOPPED:
            return {"stopped_by": event.text("person")}
        case MoneyEvent.KILL_ACKNOWLEDGED:
            return {"kills": attempt.kills + 1}
        case MoneyEvent.GIVEN_BACK:
            return {"late": None}
        case MoneyEvent.SWEEP_ENDED:
            return {"swept": True}
    return {}


def _approval(payment: Payment, attempt: Attempt, event: Event) -> dict[str, Any]:
    minor = event.number_or("amount_minor", attempt.asked.minor)
    return {
        "approved": Money(minor=minor, currency=payment.parts.whole.currency),
        "gateway_ref": event.text("gateway_ref", attempt.gateway_ref),
        "auth_code": event.text("auth_code", attempt.auth_code),
        "brand": event.text("brand", attempt.brand),
        "last4": event.text("last4", attempt.last4),
        "reason": "",
    }


def _put_attempt(payment: Payment, changed: Attempt) -> Payment:
    attempts = tuple(changed if a.reference == changed.reference else a for a in payment.attempts)
    return replace(payment, attempts=attempts)


def _with_attempt(payment: Payment, reference: str, **changes: Any) -> Payment:
    attempt = payment.attempt(reference)
    assert attempt is not None
    return _put_attempt(payment, replace(attempt, **changes))


# ---- the posting leg --------------------------------------------------------------------------


def _posting(payment: Payment, event: Event, kind: PostingEvent) -> Payment:
    posting = payment.posting(event.subject)
    assert posting is not None
    cell = posting_leg.cell(posting.state, kind)
    if cell is None:
        raise _impossible(event, posting.state)
    since = posting.since if cell.to is posting.state else event.at
    typing = cell.to is PostingState.TYPING
    retry_in_ms = event.number_or("retry_in_ms", 0)
    changed = replace(
        posting,
        state=cell.to,
        since=since,
        typing_since=event.at if typing else posting.typing_since,
        ever_typed=posting.ever_typed or typing,
        reason=event.text("reason", "" if cell.to is PostingState.POSTED else posting.reason),
        not_before=event.at.plus_ms(retry_in_ms) if retry_in_ms else None,
        suspect_dismissed=posting.suspect_dismissed or kind is PostingEvent.SAID_NOT_POSTED,
        may_be_posted=_may_be_posted(posting, cell),
        by=_by(posting, cell, event),
        settle_first=posting.settle_first or PostingEffect.SETTLE_FIRST in cell.effects,
    )
    postings = tuple(changed if p.marker == posting.marker else p for p in payment.postings)
    return replace(payment, postings=postings)


def _may_be_posted(posting: Posting, cell: posting_leg.Cell) -> bool:
    if cell.to is not PostingState.NEEDS_ATTENTION:
        return False
    if PostingEffect.SURELY_NOT_POSTED in cell.effects:
        return posting.state is PostingState.UNSURE
    return PostingEffect.MAY_BE_POSTED in cell.effects or posting.may_be_posted


def _by(posting: Posting, cell: posting_leg.Cell, event: Event) -> str:
    if cell.to is not PostingState.POSTED or posting.state is PostingState.POSTED:
        return posting.by
    return event.text("person") or "us"
