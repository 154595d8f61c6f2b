"""Folding what a payment and those that give it back know of each other.

Rule 10: what went back is told from a give-back to its payment and counted there once, however often it is told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.payment import Attempt, Child, Payment, Told


def given(payment: Payment, event: Event, minor: int) -> Payment:
    """A payment of our own gave back so much more (less, where it bounced). Nothing for what others did."""
    payment_id = event.text("payment_id")
    if not payment_id:
        return payment
    before = child(payment, payment_id) or Child(payment_id=payment_id, operation=event.text("by"))
    return _put(payment, replace(before, given_minor=before.given_minor + minor, over=False))


def told(payment: Payment, event: Event, kind: str) -> Payment | None:
    """The payment after an event between the two; None if it is none, or impossible here."""
    match kind:
        case PaymentEvent.GIVE_BACK_ASKED | PaymentEvent.GIVE_BACK_OVER:
            return _child_told(payment, event)
        case PaymentEvent.GIVE_BACK_TOLD if payment.gives_back:
            over, settled = event.facts.get("over") is True, event.facts.get("settled") is True
            return replace(payment, told=Told(minor=event.number("given_minor"), over=over, settled=settled))
        case PaymentEvent.GIVE_BACK_BECAME_REFUND if payment.gives_back and payment.live is None:
            return replace(payment, operation="refund")
        case PaymentEvent.GIVE_BACK_RELEASED:
            return _released(payment, event)
    return None


def known_by_sum(attempt: Attempt, event: Event, key: str, minor: int) -> tuple[int, dict[str, Any]]:
    """How much of a refund by others is known already without its name, and what is left of that: the gateway's own
    count, and what people wrote down of just this sum. A lost dispute is no refund."""
    if key.startswith("total:"):
        return 0, {"unnamed_back": attempt.unnamed_back + minor}
    if key.startswith("said:"):
        return 0, {"said_back": (*attempt.said_back, minor)}
    if event.kind != MoneyEvent.REFUNDED_ELSEWHERE:
        return 0, {}
    if minor in attempt.said_back:
        said = list(attempt.said_back)
        said.remove(minor)
        return minor, {"said_back": tuple(said)}
    known = min(attempt.unnamed_back, minor)
    return known, {"unnamed_back": attempt.unnamed_back - known}


def child(payment: Payment, payment_id: str) -> Child | None:
    return next((known for known in payment.children if known.payment_id == payment_id), None)


def _child_told(payment: Payment, event: Event) -> Payment | None:
    payment_id = event.text("payment_id")
    known = child(payment, payment_id)
    if event.kind == PaymentEvent.GIVE_BACK_ASKED:
        if not payment_id or payment.row.direction != "in":
            return None
        known = known or Child(payment_id=payment_id, operation="")
        return _put(payment, replace(known, operation=event.text("operation")))
    return _put(payment, replace(known, over=True)) if known is not None else None


def _released(payment: Payment, event: Event) -> Payment | None:
    """It begins its own time now: nothing was sent before."""
    attempt, operation = payment.attempt(event.subject), event.text("operation")
    if attempt is None or attempt.state is not MoneyState.CREATED or operation not in ("void", "refund"):
        return None
    changed = replace(attempt, queued=event.text("queued"), since=event.at)
    attempts = tuple(changed if a.reference == changed.reference else a for a in payment.attempts)
    return replace(payment, attempts=attempts, operation=operation) if attempt.queued else None


def _put(payment: Payment, changed: Child) -> Payment:
    others = [known for known in payment.children if known.payment_id != changed.payment_id]
    if len(others) == len(payment.children):
        return replace(payment, children=(*others, changed))
    kept = (changed if known.payment_id == changed.payment_id else known for known in payment.children)
    return replace(payment, children=tuple(kept))
