"""The ways to pay, folded: what a message, a stored card and a checked slip change. Only fold.py calls it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.money_leg import MoneyEvent
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.domain.reach import reach_after
from tillbridge.domain.shares import Share
from tillbridge.domain.whose import attached

MESSAGES = frozenset(
    {
        PaymentEvent.MESSAGE_WANTED,
        PaymentEvent.MESSAGE_STARTED,
        PaymentEvent.MESSAGE_FAILED,
        PaymentEvent.LINK_SENT,
        PaymentEvent.REMINDED,
    }
)

BANK_RETURNED = "bank_returned"


def told(payment: Payment, event: Event) -> Payment | None:
    """The payment after an event of its way to pay; None if it is not one. Raises ValueError for senseless facts."""
    if event.kind == PaymentEvent.SHARE_ADDED and not payment.attempts:
        return _with_share(payment, event)
    attempt = payment.attempt(event.subject)
    if attempt is not None and event.kind in MESSAGES:
        return _with(payment, event.subject, reach=reach_after(attempt.reach, event))
    match event.kind:
        case PaymentEvent.CARD_KEPT if attempt is not None and event.text("card_id"):
            return _with(payment, event.subject, card_id=event.text("card_id"))
        case PaymentEvent.CARD_NOT_KEPT if attempt is not None:
            tasks = tuple(dict.fromkeys((*payment.tasks, "card_not_kept")))
            return replace(_with(payment, event.subject, card_given_up=True), tasks=tasks)
        case PaymentEvent.SLIP_CHECKED if attempt is not None and attempt.to_check and event.text("person"):
            return _with(payment, event.subject, to_check=False)
    return None


def _with(payment: Payment, reference: str, **changes: Any) -> Payment:
    attempts = tuple(replace(a, **changes) if a.reference == reference else a for a in payment.attempts)
    return replace(payment, attempts=attempts)


def _with_share(payment: Payment, event: Event) -> Payment:
    """Raises ValueError for a share of nothing, of the same invoice twice, or beyond the base."""
    share = Share(debt=attached(payment, event), minor=event.number("share_minor"))
    shares = (*payment.shares, share)
    twice = any(other.debt.scope == share.debt.scope for other in payment.shares)
    if share.minor <= 0 or twice or sum(s.minor for s in shares) > payment.parts.base.minor:
        raise ValueError("a share is a part of the base, one for each invoice")
    return replace(payment, shares=shares)


def refuse_open_shares(payment: Payment) -> None:
    """Raises ValueError if the allocation does not sum to the base."""
    if payment.shares and sum(share.minor for share in payment.shares) != payment.parts.base.minor:
        raise ValueError("the shares do not sum to the base")


def went_wrong(before: Attempt, payment: Payment, event: Event) -> Payment:
    """What the bank took back from a client's payment is a person's task, until it is presented again with success."""
    if event.kind == MoneyEvent.RE_PRESENTED:
        return replace(payment, tasks=tuple(task for task in payment.tasks if task != BANK_RETURNED))
    if event.kind != MoneyEvent.RETURNED or not before.taken or payment.row.direction != "in":
        return payment
    told = _with(payment, event.subject, return_code=event.text("code"))
    return replace(told, tasks=tuple(dict.fromkeys((*told.tasks, BANK_RETURNED))))
