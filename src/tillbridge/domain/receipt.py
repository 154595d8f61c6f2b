"""What a receipt says, as values: made from a payment and its events alone. No words, no look: apps/agent/receipts_*.

It must not tell what nobody knows: money that may or may not have moved has no receipt.

11. Base, fee and tip stay apart and sum to the total, also where the card paid less than was asked.
14. Of a card there are brand and last four, of a bank account its bank's name and last four.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tillbridge.domain.errors import OperatorError
from tillbridge.domain.event import Event
from tillbridge.domain.money import Money, Parts
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Attempt, Payment

What = Literal["sale", "deposit", "void", "refund"]
TenderState = Literal["taken", "pending", "voided", "returned"]

_STATES: dict[MoneyState, TenderState] = {
    MoneyState.APPROVED: "taken",
    MoneyState.SETTLED: "taken",
    MoneyState.PENDING: "pending",
    MoneyState.VOIDED: "voided",
    MoneyState.RETURNED: "returned",
}
_OPERATIONS: dict[str, What] = {
    "sale": "sale",
    "deposit": "deposit",
    "void": "void",
    "refund": "refund",
    "credit": "refund",
}
"""What the client reads; an operation that is not here moves no money."""
_TELLS_WHEN = frozenset({MoneyEvent.APPROVED, MoneyEvent.PENDED, MoneyEvent.AUTHORIZED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """What one card or bank account paid, or got back. `lines`: what the card brands want printed, in order."""

    amount: Money
    asked: Money
    state: TenderState
    entry: Entry | None
    brand: str
    last4: str
    auth_code: str
    at_wall_ms: int
    lines: tuple[tuple[str, str], ...] = ()

    @property
    def partial(self) -> bool:
        return self.amount.minor < self.asked.minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What of it belongs to which invoice; `invoice_number` empty: the client's account."""

    invoice_number: str
    amount: Money
    kept_as_credit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """How the client agreed to a bank debit: what was shown, in which version, how and when."""

    kind: str
    text: str
    version: str
    given_by: str
    given_wall_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """Which payment a receipt of a void or refund gives back, and how much of it is left with the clinic."""

    number: str
    at_wall_ms: int
    paid: Money
    left: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`copy`: 1 for the first one that was made of this payment, 2 for its first copy. `number`: the payment's own,
    short enough to be read aloud. `total` is what the client paid at the time (or gets back, for `of`); `returned` is
    what went back of it since."""

    operation: What
    clinic: str
    number: str
    at_wall_ms: int
    client: str
    shares: tuple[Share, ...]
    parts: Parts
    total: Money
    tenders: tuple[Tender, ...]
    returned: Money
    of: GivenBack | None = None
    agreed: Agreed | None = None
    copy: int = 1

    @property
    def pending(self) -> bool:
        return any(tender.state == "pending" for tender in self.tenders)

    @property
    def kept(self) -> Money:
        """What the clinic still has of it."""
        return self.total - self.returned


def receipt_of(
    payment: Payment,
    events: Iterable[Event],
    *,
    clinic: str,
    copy: int = 1,
    given_back: Payment | None = None,
    agreed: Agreed | None = None,
) -> Receipt:
    """`events`: the payment's own. `given_back`: the payment that a void or refund gives back.

    Raises OperatorError `no_receipt_yet` while nothing was taken for certain, and for what moves no money.
    """
    when = _moments(events)
    first = _first(given_back) if given_back is not None else None
    tenders = tuple(
        _tender(payment, attempt, when, first) for attempt in payment.attempts if _counts(attempt)
    )
    operation = _OPERATIONS.get(payment.operation)
    if not tenders or operation is None:
        raise OperatorError("no_receipt_yet", payment_id=payment.payment_id)
    currency = payment.parts.whole.currency
    total = Money(minor=sum(tender.amount.minor for tender in tenders), currency=currency)
    return Receipt(
        operation=operation,
        clinic=clinic,
        number=short_number(payment.payment_id),
        at_wall_ms=min(tender.at_wall_ms for tender in tenders),
        client=payment.debt.client,
        shares=_shares(payment),
        parts=split(total, payment.parts),
        total=total,
        tenders=tenders,
        returned=_returned(payment, tenders),
        of=None if given_back is None else _of(given_back, payment, total),
        agreed=agreed,
        copy=copy,
    )


def short_number(payment_id: str) -> str:
    """The first 8 letters, as every list shows them."""
    return payment_id[:8]


def split(total: Money, asked: Parts) -> Parts:
    """The parts of what was really taken: what is owed first, then the fee; the rest is the tip, also one that was
    given at the terminal beyond what was asked."""
    base = min(total.minor, asked.base.minor)
    fee = min(total.minor - base, asked.fee.minor)
    return Parts(
        base=Money(minor=base, currency=total.currency),
        fee=Money(minor=fee, currency=total.currency),
        tip=Money(minor=total.minor - base - fee, currency=total.currency),
    )


def _moments(events: Iterable[Event]) -> dict[str, int]:
    """When each attempt was approved first, by wall time."""
    found: dict[str, int] = {}
    for event in events:
        if event.kind in _TELLS_WHEN:
            found.setdefault(event.subject, event.at.wall_ms)
    return found


def _counts(attempt: Attempt) -> bool:
    return attempt.state in _STATES and attempt.approved is not None


def _first(payment: Payment) -> Attempt | None:
    return next((attempt for attempt in payment.attempts if _counts(attempt)), None)


def _tender(payment: Payment, attempt: Attempt, when: dict[str, int], first: Attempt | None) -> Tender:
    """`first`: what paid the payment that this gives back; money goes back to it, also where the gateway does not say
    so again."""
    assert attempt.approved is not None
    card = attempt if attempt.last4 or first is None else first
    at = when.get(attempt.reference, (attempt.sent_at or payment.created_at).wall_ms)
    return Tender(
        amount=attempt.approved,
        asked=attempt.asked,
        state=_STATES[attempt.state],
        entry=payment.entry,
        brand=card.brand,
        last4=card.last4,
        auth_code=attempt.auth_code,
        at_wall_ms=at,
        lines=attempt.receipt,
    )


def _shares(payment: Payment) -> tuple[Share, ...]:
    """Where its money stands in the books, or is to stand: one invoice, several, or the client's account."""
    standing = [row for attempt in payment.attempts for row in payment.standing(attempt.reference)]
    if not standing:
        return (Share(invoice_number=payment.debt.invoice_number, amount=payment.parts.base),)
    return tuple(
        Share(
            invoice_number=payment.debt_of(row).invoice_number,
            amount=row.amount,
            kept_as_credit=row.kind == "deposit",
        )
        for row in standing
    )


def _returned(payment: Payment, tenders: tuple[Tender, ...]) -> Money:
    """A void, a bank's return, and what payments of their own or others gave back; never more than was paid."""
    whole = sum(tender.amount.minor for tender in tenders)
    gone = sum(tender.amount.minor for tender in tenders if tender.state in ("voided", "returned"))
    back = min(whole, max(gone, payment.given_back.minor))
    return Money(minor=back, currency=payment.parts.whole.currency)


def _of(parent: Payment, child: Payment, total: Money) -> GivenBack:
    """What is left counts this one, also in the moment before its parent is told of it."""
    taken = sum(a.approved.minor for a in parent.attempts if a.approved is not None and _counts(a))
    told = next((c.given_minor for c in parent.children if c.payment_id == child.payment_id), 0)
    left = parent.taken.minor - parent.given_back.minor - max(0, total.minor - told)
    first = _first(parent)
    return GivenBack(
        number=short_number(parent.payment_id),
        at_wall_ms=(first.sent_at or parent.created_at).wall_ms
        if first is not None
        else parent.created_at.wall_ms,
        paid=Money(minor=taken, currency=total.currency),
        left=Money(minor=max(0, left), currency=total.currency),
    )
