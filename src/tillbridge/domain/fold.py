"""Folding events into a payment: the only way a payment changes.

`apply` raises ImpossibleEvent (with the event's kind, the subject and the state) for a pair that the tables do not
allow and for facts that are missing or senseless; nothing is changed then. The engine records that as an event of
its own.

Rules of money that live here:
 3. A new attempt only when every older one is over, or a named person overrode its doubt.
 6. One payment is posted once: a posting of the same money only after the one in the books was reversed.
10. What went back beyond what was taken is recorded and becomes a person's task.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, get_args

from tillbridge.domain import fold_children, fold_entries, posting_leg
from tillbridge.domain.errors import ImpossibleEvent
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.guards import money_cell, posting_cell, told_back
from tillbridge.domain.ledger import PostingKind
from tillbridge.domain.money import Money
from tillbridge.domain.money_leg import Effect, MoneyEvent, MoneyState
from tillbridge.domain.payment import OVERRIDABLE, WAITS_LONG, Attempt, Payment, Posting
from tillbridge.domain.posting_leg import PostingEffect, PostingEvent, PostingState
from tillbridge.domain.session import receipt_of, session_told, way_told
from tillbridge.domain.whose import attached, created, may_attach

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
    try:
        if payment is None:
            return replace(created(payment_id, event), version=1)
        changed = _with_over_returned(_changed(payment, event))
    except ValueError as error:
        raise _impossible(event, f"facts: {error}") from error
    return replace(changed, version=payment.version + 1)


def _changed(payment: Payment, event: Event) -> Payment:
    if event.kind in _MONEY and payment.attempt(event.subject):
        return _money(payment, event, _MONEY[event.kind])
    if event.kind in _POSTING and payment.posting(event.subject):
        return _posting(payment, event, _POSTING[event.kind])
    return _own(payment, event)


def _impossible(event: Event, state: str) -> ImpossibleEvent:
    return ImpossibleEvent("impossible_event", kind=event.kind, subject=event.subject, state=state)


# ---- the payment's own events ----------------------------------------------------------------


def _own(payment: Payment, event: Event) -> Payment:
    match event.kind:
        case PaymentEvent.ATTEMPT_CREATED if (
            payment.attempt(event.subject) is None and payment.may_try_again()
        ):
            return replace(payment, attempts=(*payment.attempts, _new_attempt(payment, event)))
        case PaymentEvent.POSTING_CREATED if payment.posting(event.subject) is None:
            return replace(payment, postings=(*payment.postings, _new_posting(payment, event)))
        case PaymentEvent.ATTACHED if event.text("person") and may_attach(payment):
            return replace(payment, debt=attached(payment, event), first_scope=payment.debt.scope)
        case PaymentEvent.KEEP_DECIDED if payment.attempt(event.subject):
            return _with_attempt(payment, event.subject, keep_decided=True)
        case PaymentEvent.GIVE_BACK_STARTED if payment.attempt(event.subject):
            started = {"give_back_reference": event.text("give_back_reference"), "give_back_since": event.at}
            return _with_attempt(payment, event.subject, **started)
        case PaymentEvent.ATTEMPT_OVERRIDDEN if (
            (attempt := payment.attempt(event.subject))
            and event.text("person")
            and attempt.state in OVERRIDABLE
        ):
            return _with_attempt(payment, event.subject, overridden=True)
        case PaymentEvent.GIVE_BACK_RECORDED | PaymentEvent.GIVE_BACK_FAILED:
            minor, ours = _positive(event, "amount_minor"), bool(event.text("payment_id"))
            given = minor if event.kind == PaymentEvent.GIVE_BACK_RECORDED else -minor
            return fold_children.given(_given_back(payment, given, ours=ours), event, given)
        case kind if (changed := fold_children.told(payment, event, kind)) is not None:
            return changed
        case _ if (changed := fold_entries.told(payment, event)) is not None:
            return changed
        case PaymentEvent.RECEIPT_MADE if event.text("key"):
            made = dict.fromkeys((*payment.receipts, event.text("key")))
            return replace(payment, receipts=tuple(made))
        case PaymentEvent.MOVED if event.text("person") and payment.posting(event.subject):
            return payment
        case PaymentEvent.NOTED | PaymentEvent.IMPOSSIBLE | PaymentEvent.RESTORED_CHECKED:
            return _noted(payment, event)
    raise _impossible(event, "payment")


def _new_attempt(payment: Payment, event: Event) -> Attempt:
    fold_entries.refuse_open_shares(payment)
    asked = _amount(payment, event)
    if not 0 <= asked.minor <= payment.parts.whole.minor:
        raise ValueError("an attempt asks for no more than its payment")
    if asked.minor == 0 and payment.row.direction != "none":
        raise ValueError("an attempt asks for something")
    return Attempt(
        reference=event.subject,
        state=MoneyState.CREATED,
        asked=asked,
        horizon_ms=event.number("horizon_ms"),
        terminal_id=event.text("terminal_id"),
        gateway=event.text("gateway"),
        queued=event.text("queued"),
        brand=event.text("brand"),
        last4=event.text("last4"),
        since=event.at,
        **way_told(event),
    )


def _new_posting(payment: Payment, event: Event) -> Posting:
    kind: Any = event.text("kind")
    posting = Posting(
        marker=event.subject,
        kind=kind,
        state=PostingState.NOT_NEEDED,
        amount=Money(minor=_positive(event, "amount_minor"), currency=payment.parts.whole.currency),
        reference=event.text("reference"),
        since=event.at,
        owed_at=event.at,
        debt=attached(payment, event) if event.text("software") else None,
        of_marker=event.text("of_marker"),
        after=event.text("after"),
    )
    attempt = payment.attempt(posting.reference)
    if attempt is None or kind not in get_args(PostingKind):
        raise ValueError("a posting records the money of an attempt")
    may = payment.may_post(posting.reference, posting.amount, posting.debt)
    if payment.is_primary(posting) and not (attempt.taken and may):
        raise ValueError("this money is not taken, or it is posted already, or perhaps")
    return posting


def _positive(event: Event, name: str) -> int:
    value = event.number(name)
    if value <= 0:
        raise ValueError(f"{name} is not above zero")
    return value


def _given_back(payment: Payment, minor: int, *, ours: bool) -> Payment:
    given = payment.given_back.minor + minor
    elsewhere = payment.elsewhere.minor + (0 if ours else minor)
    if elsewhere < 0 or given < elsewhere:
        raise ValueError("more gave-back failed than was given back")
    currency = payment.given_back.currency
    return replace(
        payment,
        given_back=Money(minor=given, currency=currency),
        elsewhere=Money(minor=elsewhere, currency=currency),
    )


def _with_over_returned(payment: Payment) -> Payment:
    """What went back beyond what was taken, as it stands now; more of it is a person's task."""
    over = payment.over_minor
    if over == payment.over_returned.minor:
        return payment
    more = over > payment.over_returned.minor
    tasks = _with_task(payment.tasks, "over_returned") if more else payment.tasks
    return replace(
        payment, over_returned=Money(minor=over, currency=payment.over_returned.currency), tasks=tasks
    )


def _noted(payment: Payment, event: Event) -> Payment:
    shown = "impossible_event" if event.kind == PaymentEvent.IMPOSSIBLE else ""
    task, done = event.text("task", shown), event.text("task_done")
    tasks = _with_task(payment.tasks, task) if task else payment.tasks
    payment = replace(payment, tasks=tuple(t for t in tasks if t != done))
    if task == WAITS_LONG:
        payment = replace(payment, postings=tuple(_told_to_wait(p, event) for p in payment.postings))
    attempt = payment.attempt(event.subject)
    watched_ms = event.number_or("watched_ms", 0)
    if attempt is None or attempt.state is not MoneyState.KILLED or watched_ms <= 0:
        return payment
    watched = attempt.watched_ms + watched_ms
    return _with_attempt(payment, attempt.reference, watched_ms=watched, watched_at=event.at)


def _told_to_wait(posting: Posting, event: Event) -> Posting:
    return replace(posting, said_to_wait=True) if posting.marker == event.subject else posting


def _with_task(tasks: tuple[str, ...], code: str) -> tuple[str, ...]:
    return tasks if code in tasks else (*tasks, code)


def _amount(payment: Payment, event: Event) -> Money:
    return Money(minor=event.number("amount_minor"), currency=payment.parts.whole.currency)


# ---- the money leg ----------------------------------------------------------------------------


def _money(payment: Payment, event: Event, kind: MoneyEvent) -> Payment:
    attempt = payment.attempt(event.subject)
    assert attempt is not None
    cell = money_cell(payment, event)
    if cell is None:
        raise _impossible(event, attempt.state)
    learned = _learned(payment, attempt, event, kind, cell.to)
    changed = _entered(replace(attempt, state=cell.to, **learned), attempt, event)
    payment = _put_attempt(payment, changed)
    for effect in cell.effects:
        payment = _money_effect(payment, event, effect)
    if kind is MoneyEvent.RE_PRESENTED:
        payment = _still_right(payment, attempt.reference)
    return fold_entries.went_wrong(attempt, payment, event)


def _entered(changed: Attempt, before: Attempt, event: Event) -> Attempt:
    """A state that is entered anew begins its own time; killing counts its kills anew and is swept anew."""
    if changed.state is before.state:
        return changed
    changed = replace(changed, since=event.at)
    if changed.state is not MoneyState.KILLING:
        return changed
    return replace(changed, kills=0, swept=False, watched_ms=0, watched_at=None)


def _money_effect(payment: Payment, event: Event, effect: Effect) -> Payment:
    match effect:
        case Effect.ADD_GIVEN_BACK | Effect.OVER_RETURNED:
            return _others_gave_back(payment, event)
        case Effect.TASK | Effect.ALERT:
            return replace(payment, tasks=_with_task(payment.tasks, f"{event.kind}_unexpected"))
        case Effect.HOLD | Effect.RELEASE:
            return _with_attempt(payment, event.subject, held_by_dispute=effect is Effect.HOLD)
    return payment


def _others_gave_back(payment: Payment, event: Event) -> Payment:
    """A refund or dispute that is counted once, under its `key`."""
    attempt = payment.attempt(event.subject)
    assert attempt is not None
    key, minor = event.text("key"), _positive(event, "returned_minor")
    if not key:
        raise ValueError("a refund or dispute of others has a key")
    known, nameless = fold_children.known_by_sum(attempt, event, key, minor)
    counted = (*attempt.counted, key)
    payment = _with_attempt(payment, event.subject, counted=counted, **nameless)
    if attempt.state is not MoneyState.KILLED:
        return _given_back(payment, minor - known, ours=False)
    late = attempt.late or Money(minor=minor, currency=attempt.asked.currency)
    return _with_attempt(payment, event.subject, late=late, late_back=attempt.late_back + minor)


def _still_right(payment: Payment, reference: str) -> Payment:
    """Money that came back after all: what was to be reversed is right as it is, and a reversal that nobody began to
    type is not needed."""

    def right(posting: Posting) -> Posting:
        if posting.reference != reference:
            return posting
        if posting.kind == payment.reversal and posting.state is PostingState.WAITING:
            return replace(posting, state=PostingState.NOT_NEEDED)
        return replace(posting, settle_first=False)

    return replace(payment, postings=tuple(map(right, payment.postings)))


def _learned(
    payment: Payment, attempt: Attempt, event: Event, kind: MoneyEvent, to: MoneyState
) -> dict[str, Any]:
    """What an event teaches about the attempt, beside its state."""
    match kind:
        case MoneyEvent.SEND_STARTED:
            return {"sent_at": event.at}
        case MoneyEvent.ACKNOWLEDGED:
            return session_told(event)
        case MoneyEvent.APPROVED | MoneyEvent.AUTHORIZED | MoneyEvent.PENDED | MoneyEvent.SETTLED:
            return (
                {} if attempt.taken or to in _HEARD_BEFORE else _approval(payment, attempt, event, kind, to)
            )
        case MoneyEvent.DECLINED | MoneyEvent.CANCELLED | MoneyEvent.NOT_SENT | MoneyEvent.NO_REPLY:
            back = {"late_back": attempt.late.minor} if attempt.late and to is MoneyState.KILLED else {}
            return {"reason": event.text("reason", attempt.reason), **back}
        case MoneyEvent.CANCEL_ASKED:
            return {"cancel_asked": True, "closing": event.text("why")}
        case MoneyEvent.STOPPED:
            owed: dict[str, Any] = {"late": attempt.approved, "approved": None} if attempt.taken else {}
            return {"stopped_by": event.text("person"), **owed}
        case MoneyEvent.KILL_ACKNOWLEDGED:
            return {"kills": attempt.kills + 1}
        case MoneyEvent.SWEEP_ENDED:
            return {"swept": True}
        case MoneyEvent.VOIDED if attempt.taken:
            return {"void_told": True}
        case MoneyEvent.RETURNED | MoneyEvent.SETTLEMENT_REJECTED if attempt.taken and attempt.approved:
            return {"returned": event.number_or("returned_minor", attempt.approved.minor)}
    return _learned_of_late(attempt, event, kind, to)


_HEARD_BEFORE = frozenset({MoneyState.KILLED, MoneyState.RETURNED, MoneyState.VOIDED, MoneyState.UNKNOWN})
"""Where an approval that is told teaches nothing: it is back already, or doubted."""


def _learned_of_late(attempt: Attempt, event: Event, kind: MoneyEvent, to: MoneyState) -> dict[str, Any]:
    """Behind the door of killing: how much of a late approval went back."""
    late = attempt.late or attempt.asked
    match kind, attempt.state:
        case (
            MoneyEvent.GIVEN_BACK | MoneyEvent.REFUNDED_ELSEWHERE | MoneyEvent.DISPUTE_LOST,
            MoneyState.KILLING,
        ):
            key = event.text("key")
            return {
                "late_back": attempt.late_back + told_back(attempt, event),
                "late_voided": attempt.late_voided or event.text("by") == "void",
                "counted": (*attempt.counted, key) if key else attempt.counted,
            }
        case MoneyEvent.VOIDED, MoneyState.KILLING | MoneyState.KILLED:
            return {"late": late, "late_back": late.minor, "late_voided": True}
        case (
            MoneyEvent.RETURNED | MoneyEvent.SETTLEMENT_REJECTED,
            MoneyState.KILLING | MoneyState.KILLED,
        ):
            return {"late": late, "late_back": late.minor}
        case MoneyEvent.RE_PRESENTED, MoneyState.KILLING | MoneyState.KILLED:
            kept = {"approved": late, "late": None} if to is MoneyState.SETTLED else {"late": late}
            return {**kept, "late_back": 0}
    return {}


def _approval(
    payment: Payment, attempt: Attempt, event: Event, kind: MoneyEvent, to: MoneyState
) -> dict[str, Any]:
    known = attempt.late or attempt.approved or attempt.asked
    minor = event.number_or("amount_minor", known.minor)
    if minor < 0 or (minor == 0 and attempt.asked.minor > 0):
        raise ValueError("an approval of nothing")
    amount = Money(minor=minor, currency=payment.parts.whole.currency)
    learned: dict[str, Any] = {
        "tip": event.number_or("tip_minor", attempt.tip),
        "gateway_ref": event.text("gateway_ref", attempt.gateway_ref),
        "auth_code": event.text("auth_code", attempt.auth_code),
        "brand": event.text("brand", attempt.brand),
        "last4": event.text("last4", attempt.last4),
        "reason": "",
        "receipt": receipt_of(event) or attempt.receipt,
        "business_day": attempt.business_day or event.number_or("business_day", 0),
        "to_check": attempt.to_check or event.facts.get("to_check") is True,
    }
    if to is not MoneyState.KILLING:
        return {**learned, "approved": amount}
    void_failed = kind is MoneyEvent.SETTLED and attempt.late_voided
    again = {"late_back": 0, "late_voided": False} if void_failed else {}
    return {**learned, **again, "late": amount, "approved": None}


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
    cell = posting_cell(payment, event)
    if kind is PostingEvent.MONEY_RETURNED and not payment.is_primary(posting):
        cell = None
    if cell is None:
        raise _impossible(event, posting.state)
    since = posting.since if cell.to is posting.state else event.at
    retry_in_ms = event.number_or("retry_in_ms", 0)
    changed = replace(
        posting,
        state=cell.to,
        since=since,
        balance_seen=_balance_seen(posting, event),
        touched_at=event.at if _perhaps_committed(posting, cell) else posting.touched_at,
        reason=event.text("reason", "" if cell.to is PostingState.POSTED else posting.reason),
        not_before=event.at.plus_ms(retry_in_ms) if retry_in_ms else None,
        suspect_dismissed=posting.suspect_dismissed or kind is PostingEvent.SAID_NOT_POSTED,
        vouched=_vouched(posting, cell, kind),
        method=event.text("method", posting.method) if cell.to is PostingState.TYPING else posting.method,
        rest_as_credit=_rest_as_credit(posting, event),
        confirmed_at=event.at if _confirmed(posting, kind) else posting.confirmed_at,
        may_be_posted=_may_be_posted(posting, cell),
        by=_by(posting, cell, event),
        suspected=_suspected(posting, cell, kind),
        settle_first=_settle_first(posting, cell),
        **_refusal(posting, event),
    )
    postings = tuple(changed if p.marker == posting.marker else p for p in payment.postings)
    alert = PostingEffect.ALERT in cell.effects
    tasks = _with_task(payment.tasks, f"{event.kind}_unexpected") if alert else payment.tasks
    if cell.to in _WAITS_NO_LONGER:
        tasks = tuple(task for task in tasks if task != WAITS_LONG)
    return replace(payment, postings=postings, tasks=tasks)


_WAITS_NO_LONGER = posting_leg.CLOSED | {PostingState.NEEDS_ATTENTION}


def _vouched(posting: Posting, cell: posting_leg.Cell, kind: PostingEvent) -> bool:
    """A new typing is a new doubt."""
    if cell.to is PostingState.TYPING:
        return False
    return posting.vouched or kind is PostingEvent.SAID_NOT_POSTED


def _refusal(posting: Posting, event: Event) -> dict[str, Any]:
    """What the software itself said at the end of a typing; counted as long as it says the same."""
    if event.kind not in (PostingEvent.FLOW_FAILED, PostingEvent.COMMIT_RETURNED):
        return {}
    said = event.text("refused")
    before = posting.refusals if said == posting.refused else 0
    return {
        "refused": said,
        "refusals": before + 1 if said else 0,
        "refused_for_ms": event.number_or("refused_for_ms", 0),
    }


def _rest_as_credit(posting: Posting, event: Event) -> bool:
    """Kept until the software said no to it: then the person is asked anew."""
    refused = event.kind == PostingEvent.COMMIT_REACHED and event.text("reason") == "balance_changed"
    return not refused and (posting.rest_as_credit or event.kind == PostingEvent.REST_AS_CREDIT)


def _confirmed(posting: Posting, kind: PostingEvent) -> bool:
    return posting.state is PostingState.POSTED and kind is PostingEvent.FOUND


def _suspected(posting: Posting, cell: posting_leg.Cell, kind: PostingEvent) -> bool:
    stays = cell.to is PostingState.NEEDS_ATTENTION
    return stays and (posting.suspected or kind is PostingEvent.SUSPECTED)


def _settle_first(posting: Posting, cell: posting_leg.Cell) -> bool:
    if cell.to in posting_leg.CLOSED:
        return False
    return posting.settle_first or PostingEffect.SETTLE_FIRST in cell.effects


def _balance_seen(posting: Posting, event: Event) -> Money | None:
    """Kept until a person says that it is to be tried again: then it is read anew."""
    if event.kind == PostingEvent.SAID_NOT_POSTED:
        return None
    minor = event.facts.get("seen_minor")
    if event.facts.get("reason") != "balance_changed" or type(minor) is not int:
        return posting.balance_seen
    return Money(minor=minor, currency=posting.amount.currency)


def _perhaps_committed(posting: Posting, cell: posting_leg.Cell) -> bool:
    """Typing ended, and not by a proof that nothing was committed."""
    was = posting.state in (PostingState.TYPING, PostingState.COMMITTING)
    return was and cell.to not in (PostingState.TYPING, PostingState.WAITING)


def _may_be_posted(posting: Posting, cell: posting_leg.Cell) -> bool:
    if cell.to is not PostingState.NEEDS_ATTENTION:
        return False
    if PostingEffect.SURELY_NOT_POSTED in cell.effects:
        return False
    return PostingEffect.MAY_BE_POSTED in cell.effects or posting.may_be_posted


def _by(posting: Posting, cell: posting_leg.Cell, event: Event) -> str:
    if cell.to is not PostingState.POSTED or posting.state is PostingState.POSTED:
        return posting.by
    return event.text("person") or event.text("by") or "us"
