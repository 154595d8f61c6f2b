"""From what a gateway answered to events of the money leg. Pure; the only place that reads an outcome."""

from __future__ import annotations

from tillbridge.domain.errors import Fact
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.moment import Moment
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.outcome import (
    Approved,
    Cancelled,
    CannotTell,
    Card,
    Declined,
    Found,
    Inquiry,
    NotFound,
    NotSent,
    Outcome,
    PartiallyApproved,
    Pending,
    Unknown,
)
from tillbridge.domain.payment import Attempt
from tillbridge.domain.session import receipt_text

Facts = dict[str, Fact]


UNFITTING = "approval_unfitting"
"""Reason of a doubt: more was approved than asked, or in another currency. It is shown, never posted by itself."""


def events_of_outcome(attempt: Attempt, outcome: Outcome, now: Moment) -> list[Event]:
    """The events of an answer to a send."""
    if not _fits(attempt, outcome):
        return _unfitting(attempt, now)
    kind, facts = _kind_and_facts(outcome)
    return [Event(kind=kind, at=now, subject=attempt.reference, facts=facts)]


def _fits(attempt: Attempt, outcome: Outcome) -> bool:
    """An approval of what was asked (and of a tip that was added to it), or of less. Behind the door of killing all of
    it goes back, whatever it is."""
    if not isinstance(outcome, Approved | PartiallyApproved):
        return True
    if outcome.amount.currency != attempt.asked.currency:
        return False
    tip = outcome.tip.minor if isinstance(outcome, Approved) and outcome.tip is not None else 0
    more = outcome.amount.minor > attempt.asked.minor + tip
    return not more or attempt.state in (MoneyState.KILLING, MoneyState.KILLED)


def _unfitting(attempt: Attempt, now: Moment) -> list[Event]:
    """Told once: the attempt stays in doubt until a person has looked."""
    if attempt.reason == UNFITTING:
        return []
    task: Facts = {"code": UNFITTING, "task": "approval_unfitting"}
    return [
        Event(kind=MoneyEvent.NO_REPLY, at=now, subject=attempt.reference, facts={"reason": UNFITTING}),
        Event(kind=PaymentEvent.NOTED, at=now, subject=attempt.reference, facts=task),
    ]


def _kind_and_facts(outcome: Outcome) -> tuple[MoneyEvent, Facts]:
    match outcome:
        case Approved(captured=False):
            return MoneyEvent.AUTHORIZED, _approval(outcome)
        case Approved() | PartiallyApproved():
            return MoneyEvent.APPROVED, _approval(outcome)
        case Declined():
            return MoneyEvent.DECLINED, {
                "reason": outcome.category,
                "retry": outcome.retry,
                "code": outcome.code,
            }
        case Pending(kind="terminal") | Pending(kind="entry"):
            return MoneyEvent.ACKNOWLEDGED, {}
        case Pending():
            return MoneyEvent.PENDED, _card(outcome.card)
        case Cancelled():
            return MoneyEvent.CANCELLED, {"reason": outcome.by}
        case NotSent():
            return MoneyEvent.NOT_SENT, {"reason": outcome.code, **outcome.facts}
        case Unknown():
            return MoneyEvent.NO_REPLY, {"reason": outcome.cause}


def _approval(outcome: Approved | PartiallyApproved) -> Facts:
    facts: Facts = {
        "amount_minor": outcome.amount.minor,
        "currency": outcome.amount.currency,
        "gateway_ref": outcome.gateway_ref,
        "auth_code": outcome.auth_code,
    }
    facts |= _card(outcome.card)
    if isinstance(outcome, Approved) and outcome.tip is not None:
        facts["tip_minor"] = outcome.tip.minor
    if outcome.receipt:
        facts["receipt"] = receipt_text(outcome.receipt)
    return facts


def _card(card: Card | None) -> Facts:
    if card is None:
        return {}
    return {"brand": card.brand, "last4": card.last4, "entry_mode": card.entry_mode}


def events_of_inquiry(
    attempt: Attempt, inquiry: Inquiry, now: Moment, horizon_passed: bool, sweep_over: bool = False
) -> list[Event]:
    """The events that an inquiry teaches; an empty list when it teaches nothing new (nothing is journalled then).

    `horizon_passed`: the gateway can no longer commit this reference by its own rules (surely, whatever the clock
    did). Only a fresh "not found" after that opens the door of killing.
    """

    def event(kind: MoneyEvent, facts: Facts | None = None) -> Event:
        return Event(kind=kind, at=now, subject=attempt.reference, facts=facts or {})

    match inquiry:
        case CannotTell():
            return []
        case NotFound():
            return [event(kind) for kind in _not_found(attempt, horizon_passed, sweep_over)]
        case Found():
            return _found(attempt, inquiry, now, sweep_over)


def _not_found(attempt: Attempt, horizon_passed: bool, sweep_over: bool) -> list[MoneyEvent]:
    match attempt.state:
        case MoneyState.SENDING:
            return [MoneyEvent.NO_REPLY]
        case MoneyState.RUNNING:
            return [MoneyEvent.NOT_FOUND]
        case MoneyState.UNKNOWN if horizon_passed:
            return [MoneyEvent.HORIZON_PASSED]
        case MoneyState.KILLING if not attempt.owed_back:
            return [MoneyEvent.KILLS_PROVED]
        case MoneyState.KILLED if sweep_over:
            return [MoneyEvent.SWEEP_ENDED]
    return []


_SETTLE = {
    "settled": MoneyEvent.SETTLED,
    "rejected": MoneyEvent.SETTLEMENT_REJECTED,
    "voided": MoneyEvent.VOIDED,
    "returned": MoneyEvent.RETURNED,
}

_WENT_BACK = ("voided", "rejected", "returned")

_QUIET = {
    MoneyState.RUNNING: MoneyEvent.ACKNOWLEDGED,
    MoneyState.PENDING: MoneyEvent.PENDED,
    MoneyState.AUTHORIZED: MoneyEvent.AUTHORIZED,
    MoneyState.UNKNOWN: MoneyEvent.NO_REPLY,
}
"""Answers that a state already knows: not journalled again."""


def _found(attempt: Attempt, found: Found, now: Moment, sweep_over: bool) -> list[Event]:
    if not _fits(attempt, found.outcome):
        return _unfitting(attempt, now)
    kind, facts = _kind_and_facts(found.outcome)
    settle = _SETTLE.get(found.settle)
    if attempt.state in (MoneyState.KILLING, MoneyState.KILLED):
        events = _found_too_late(attempt, found, kind, facts, now)
        ended = sweep_over and not events and attempt.state is MoneyState.KILLED
        return [Event(kind=MoneyEvent.SWEEP_ENDED, at=now, subject=attempt.reference)] if ended else events
    known = _QUIET.get(attempt.state) is kind or (attempt.taken and not _news_of_pending(attempt, kind))
    kinds = [] if known else [kind]
    if settle is not None and str(settle) != str(attempt.state):
        kinds.append(settle)
    events = [Event(kind=k, at=now, subject=attempt.reference, facts=facts) for k in kinds]
    news = MoneyEvent.APPROVED in kinds and not attempt.taken
    return events + _back_already(attempt, found, now) if news else events


def _back_already(attempt: Attempt, found: Found, now: Moment) -> list[Event]:
    """Others gave (some of) it back before we knew that it was taken. Not of a bank debit on its way: there it may have
    been us, and what others did is told by the settlement report."""
    if found.given_back is None or found.given_back.minor <= 0 or found.settle in _WENT_BACK:
        return []
    minor = found.given_back.minor
    facts: Facts = {"returned_minor": minor, "key": f"total:{minor}"}
    return [Event(kind=MoneyEvent.REFUNDED_ELSEWHERE, at=now, subject=attempt.reference, facts=facts)]


def _news_of_pending(attempt: Attempt, kind: MoneyEvent) -> bool:
    """A bank debit on its way that is decided now."""
    decided = kind in (MoneyEvent.APPROVED, MoneyEvent.DECLINED, MoneyEvent.CANCELLED)
    return attempt.state is MoneyState.PENDING and decided


def _found_too_late(
    attempt: Attempt, found: Found, kind: MoneyEvent, facts: Facts, now: Moment
) -> list[Event]:
    """After the door of killing: what was given back already is over, everything taken is only given back."""
    if kind is MoneyEvent.APPROVED and not attempt.asked.minor:
        kind, facts = MoneyEvent.CANCELLED, {"reason": "gateway"}  # a card was only kept
    elif found.settle in _WENT_BACK:
        kind = _SETTLE[found.settle]
    elif found.settle == "settled" and attempt.late_voided:
        kind = MoneyEvent.SETTLED
    elif _all_given_back(found) and found.given_back is not None:
        kind, minor = MoneyEvent.REFUNDED_ELSEWHERE, found.given_back.minor
        facts = {"returned_minor": minor, "key": f"total:{minor}"}
    if _nothing_new(attempt, kind):
        return []
    return [Event(kind=kind, at=now, subject=attempt.reference, facts=facts)]


def _nothing_new(attempt: Attempt, kind: MoneyEvent) -> bool:
    """What a given-up attempt knows already: told every hour of a long watch, journalled once."""
    killed = attempt.state is MoneyState.KILLED
    if kind in _OVER_ANSWERS:
        return killed
    if kind is MoneyEvent.NO_REPLY or (kind is MoneyEvent.ACKNOWLEDGED and not killed):
        return True
    return attempt.late is not None and kind is not MoneyEvent.SETTLED


def _all_given_back(found: Found) -> bool:
    taken = found.outcome
    if found.given_back is None or not isinstance(taken, Approved | PartiallyApproved):
        return False
    return found.given_back.minor >= taken.amount.minor


_OVER_ANSWERS = frozenset(
    {
        MoneyEvent.REFUNDED_ELSEWHERE,
        MoneyEvent.DECLINED,
        MoneyEvent.CANCELLED,
        MoneyEvent.NOT_SENT,
        MoneyEvent.VOIDED,
        MoneyEvent.RETURNED,
        MoneyEvent.SETTLEMENT_REJECTED,
    }
)
