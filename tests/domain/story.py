"""Short ways to tell a payment's story in tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tillbridge.domain.errors import Fact
from tillbridge.domain.event import Event
from tillbridge.domain.fold import apply
from tillbridge.domain.moment import Moment
from tillbridge.domain.money import Money
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.payment import Attempt, Payment, Posting
from tillbridge.domain.posting_leg import PostingState

ID = "pay-1"
REF, REF2 = "TBAAAA", "TBBBBB"
MARK, MARK2 = "V4242-K7Q9", "V4242-K7QA"
ASKED = 10_000


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


def at(second: int, boot: str = "b1") -> Moment:
    return Moment(wall_ms=1_800_000_000_000 + second * 1000, boot=boot, mono_ms=second * 1000)


def event(kind: str, subject: str = "", second: int = 10, /, **facts: Fact) -> Event:
    return Event(kind=kind, at=at(second), subject=subject, facts=facts)


def created(**changes: Fact) -> Event:
    facts: dict[str, Fact] = {
        "operation": "sale",
        "entry": "terminal",
        "base_minor": ASKED,
        "fee_minor": 0,
        "tip_minor": 0,
        "currency": "USD",
        "software": "impromed",
        "account_id": "0017",
        "client": "Rosa Alvarez",
        "invoice_number": "10482",
        "balance_minor": ASKED,
        "of": "",
    }
    return event("payment_created", "", 0, **(facts | changes))


def refund_created(**changes: Fact) -> Event:
    return created(**({"operation": "refund", "entry": "", "of": "pay-0"} | changes))


def attempt(reference: str = REF, minor: int = ASKED) -> Event:
    return event("attempt_created", reference, 1, amount_minor=minor, horizon_ms=60_000)


def posting(marker: str = MARK, reference: str = REF, kind: str = "sale", minor: int = ASKED) -> Event:
    return event("posting_created", marker, 2, kind=kind, reference=reference, amount_minor=minor)


def told(*events: Event, start: Payment | None = None) -> Payment:
    payment = start
    for each in events:
        payment = apply(ID, payment, each)
    assert payment is not None
    return payment


def run(start: Payment, *kinds: str, subject: str = REF) -> Payment:
    """More events of one subject, without facts."""
    return told(*(event(kind, subject) for kind in kinds), start=start)


def sale() -> Payment:
    return told(created(), attempt())


def refund() -> Payment:
    return told(refund_created(), attempt())


def with_attempt(payment: Payment, reference: str = REF, **changes: object) -> Payment:
    attempts = (
        replace(a, **changes) if a.reference == reference else a  # type: ignore[arg-type]
        for a in payment.attempts
    )
    return replace(payment, attempts=tuple(attempts))


def in_money_state(state: MoneyState, start: Payment | None = None) -> Payment:
    """A payment whose attempt stands in a state, with what such an attempt knows."""
    took = state in {
        MoneyState.AUTHORIZED,
        MoneyState.APPROVED,
        MoneyState.PENDING,
        MoneyState.SETTLED,
        MoneyState.RETURNED,
        MoneyState.VOIDED,
    }
    sent = None if state is MoneyState.CREATED else at(2)
    return with_attempt(start or sale(), state=state, approved=usd(ASKED) if took else None, sent_at=sent)


def approved() -> Payment:
    return run(sale(), "send_started", "acknowledged", "approved")


def with_posting(payment: Payment, **changes: object) -> Payment:
    postings = (replace(p, **changes) for p in payment.postings)  # type: ignore[arg-type]
    return replace(payment, postings=tuple(postings))


def in_posting_state(state: PostingState) -> Payment:
    return with_posting(told(posting(), start=approved()), state=state)


def the_attempt(payment: Payment, reference: str = REF) -> Attempt:
    found = payment.attempt(reference)
    assert found is not None
    return found


def the_posting(payment: Payment, marker: str = MARK) -> Posting:
    found = payment.posting(marker)
    assert found is not None
    return found


def kinds(events: Iterable[Event]) -> list[str]:
    return [each.kind for each in events]
