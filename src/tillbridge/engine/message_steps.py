"""Telling a client of a link: what to journal before, which message it is, and what came of it.

Rule 2: the start of a sending is durable before the first byte, with the message's own key: what may have gone out is
never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from tillbridge.domain.address import parse_email, parse_phone
from tillbridge.domain.errors import Fact
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.moment import Moment
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import SendMessage
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.domain.reach import Reach, What
from tillbridge.engine.policy import DAY, HOUR, Policy
from tillbridge.ports.messages import Delivered, MaybeDelivered, Message, NotDelivered, Sent
from tillbridge.strings import sentence


def plan(payment: Payment, command: SendMessage, now: Moment, policy: Policy) -> tuple[Event, Message]:
    """The start of the sending, and what is sent."""
    attempt, reach = _reached(payment, command.reference)
    key = f"{command.reference}-{reach.count + 1}"
    facts: dict[str, Fact] = {"what": command.what, "by": reach.by, "key": key}
    started = Event(kind=PaymentEvent.MESSAGE_STARTED, at=now, subject=command.reference, facts=facts)
    return started, _message(payment, attempt, reach, command.what, key, now, policy)


def conclude(payment: Payment, reference: str, sent: Sent, now: Moment) -> Event:
    """What came of it."""
    _, reach = _reached(payment, reference)
    match sent:
        case NotDelivered(code=code, later=later):
            facts: dict[str, Fact] = {"reason": code, "later": later}
            return Event(kind=PaymentEvent.MESSAGE_FAILED, at=now, subject=reference, facts=facts)
        case MaybeDelivered(cause=cause):
            return _went_out(reach, reference, now, cause)
        case Delivered():
            return _went_out(reach, reference, now, "")


def restarts(payment: Payment, now: Moment) -> Iterable[Event]:
    """The process ended while a message was on its way: it may have gone out."""
    for attempt in payment.attempts:
        if attempt.reach is not None and attempt.reach.sending is not None:
            yield _went_out(attempt.reach, attempt.reference, now, "restarted")


def wanted(reference: str, by: str, to: str, remind_in_ms: int, person: str, now: Moment) -> Event:
    """The client is to be told, for the first time or once more. Raises OperatorError `email_unreadable`,
    `phone_unreadable`."""
    address = parse_phone(to) if by == "text" else parse_email(to)
    facts: dict[str, Fact] = {"by": by, "to": address, "remind_in_ms": remind_in_ms, "person": person}
    return Event(kind=PaymentEvent.MESSAGE_WANTED, at=now, subject=reference, facts=facts)


def due_in_ms(payment: Payment, command: SendMessage, now: Moment) -> int:
    """A reminder's day comes by the calendar, computers off or on: it moves no money."""
    attempt, reach = _reached(payment, command.reference)
    since = reach.sent_at or attempt.since
    if command.what == "link":
        return 0
    return max(0, since.wall_ms + reach.remind_in_ms - now.wall_ms)


def links(payments: Iterable[Payment]) -> list[Payment]:
    """Those whose link can still be paid, or may be: newest attempt, oldest payment first."""
    return [p for p in payments if p.attempts and is_open_link(p.attempts[-1])]


def is_open_link(attempt: Attempt) -> bool:
    may_be_paid = not attempt.over and not attempt.taken and attempt.state is not MoneyState.CREATED
    return attempt.where == "link" and may_be_paid


def _went_out(reach: Reach, reference: str, now: Moment, cause: str) -> Event:
    kind = PaymentEvent.REMINDED if reach.sending == "reminder" else PaymentEvent.LINK_SENT
    facts: dict[str, Fact] = {"by": reach.by, "cause": cause}
    return Event(kind=kind, at=now, subject=reference, facts=facts)


def _message(
    payment: Payment, attempt: Attempt, reach: Reach, what: What, key: str, now: Moment, policy: Policy
) -> Message:
    """No name and no pet: others may read the client's screen."""
    assert attempt.session is not None, "a link without an address is told to nobody"
    facts: dict[str, Fact] = {
        "clinic": policy.clinic_name,
        "amount_minor": attempt.asked.minor,
        "currency": attempt.asked.currency,
        "invoice_number": payment.debt.invoice_number,
        "url": attempt.session.url,
        "left": _left(attempt.session.expires_at_ms - now.wall_ms) if attempt.session.expires_at_ms else "",
    }
    kind = _wished(payment)
    text = sentence(f"{what}_{kind}", facts, section="link")
    subject = sentence(f"{what}_subject", facts, section="link")
    return Message(
        kind=reach.by, to=reach.to, text=text, key=key, subject=subject if reach.by == "email" else ""
    )


def _wished(payment: Payment) -> str:
    """Which words a client reads."""
    if payment.operation == "store_card":
        return "card"
    return "deposit" if payment.operation == "deposit" or not payment.debt.invoice_number else "invoice"


def _left(ms: int) -> str:
    """How long it can still be paid, as a person says it."""
    if ms >= 2 * DAY:
        return sentence("days", {"count": ms // DAY}, section="link")
    return sentence("hours", {"count": max(1, ms // HOUR)}, section="link")


def _reached(payment: Payment, reference: str) -> tuple[Attempt, Reach]:
    attempt = payment.attempt(reference)
    assert attempt is not None, "a message belongs to an attempt"
    assert attempt.reach is not None, "a message belongs to a wish to tell the client"
    return attempt, attempt.reach
