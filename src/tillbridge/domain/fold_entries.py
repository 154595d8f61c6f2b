"""The ways to pay, folded: what a message to the client changes. Part of fold.py, which is the only one to call it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.payment import Payment
from tillbridge.domain.reach import reach_after

MESSAGES = frozenset(
    {
        PaymentEvent.MESSAGE_WANTED,
        PaymentEvent.MESSAGE_STARTED,
        PaymentEvent.MESSAGE_FAILED,
        PaymentEvent.LINK_SENT,
        PaymentEvent.REMINDED,
    }
)


def told(payment: Payment, event: Event) -> Payment | None:
    """The payment after an event of its way to pay; None if it is not one. Raises ValueError for senseless facts."""
    attempt = payment.attempt(event.subject)
    if attempt is not None and event.kind in MESSAGES:
        return _with(payment, event.subject, reach=reach_after(attempt.reach, event))
    return None


def _with(payment: Payment, reference: str, **changes: Any) -> Payment:
    attempts = tuple(replace(a, **changes) if a.reference == reference else a for a in payment.attempts)
    return replace(payment, attempts=attempts)
