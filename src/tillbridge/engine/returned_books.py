"""What a give-back changes in the practice software: its own row, or a row of the payment that is not needed any more.

Rules of money that live here:
 6. What was never typed is taken off the list instead of being typed twice: nothing is entered and reversed. A row
    that may be in the books is found out about first.
 8. Two legs: the money is back first; given back and not in the books is visible and goes on by itself.
Telling is done in an order that a crash may cut anywhere: first the payment that is given back, then the give-back;
whoever is told twice learns nothing new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tillbridge.domain.errors import Fact
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.fold_children import child as child_of
from tillbridge.domain.invoice import Debt
from tillbridge.domain.money import Money
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.payment import Attempt, Payment, Posting, Told
from tillbridge.domain.posting_leg import PostingEvent, PostingState
from tillbridge.ports.journal import Journal, Limit


class Books(Protocol):
    """What is needed of the engine."""

    @property
    def journal(self) -> Journal: ...

    def _event(self, kind: str, subject: str, facts: dict[str, Fact]) -> Event: ...

    def _marker(self, attempt: Attempt) -> str: ...

    def _append(
        self,
        payment_id: str,
        payment: Payment | None,
        events: tuple[Event, ...] | list[Event],
        limit: Limit | None = None,
    ) -> Payment: ...


OVERPAID = "overpaid"
"""Task: more came than is owed. The rest goes back, or is kept as the client's prepayment."""
_REFUSED = frozenset({MoneyState.DECLINED, MoneyState.NOT_SENT, MoneyState.KILLED})
"""The client was promised money, and nobody called it off."""


@dataclass(frozen=True, slots=True)
class Row:
    """One posting of the payment that is given back, and how much of it still stands."""

    posting: Posting
    left: int


def tell(books: Books, payment: Payment) -> None:
    """Tell the payment that is given back how its give-back stands, and decide what changes in the books."""
    parent = books.journal.payment(payment.of)
    now = payment.to_tell
    if parent is None:
        lost: dict[str, Fact] = {"code": "salvaged", "task": "salvaged"}
        told = Told(minor=now.minor, over=now.over, settled=True)
        _told(books, payment, told, [books._event(PaymentEvent.NOTED, "", lost)])
        return
    events = _told_parent(books, parent, payment, now)
    if events:
        parent = books._append(parent.payment_id, parent, events)
    if now.minor <= 0 or now.settled:
        _told(books, payment, now, [])
        return
    if payment.in_software:
        _told(books, payment, Told(minor=now.minor, over=now.over, settled=True), [])
        return
    _settle(books, parent, payment, now)


def _told_parent(books: Books, parent: Payment, payment: Payment, now: Told) -> list[Event]:
    mine: dict[str, Fact] = {"payment_id": payment.payment_id, "operation": payment.operation}
    known = child_of(parent, payment.payment_id)
    events: list[Event] = []
    if known is None or known.operation != payment.operation:
        events.append(books._event(PaymentEvent.GIVE_BACK_ASKED, "", mine))
    more = now.minor - (known.given_minor if known is not None else 0)
    if more:
        kind = PaymentEvent.GIVE_BACK_RECORDED if more > 0 else PaymentEvent.GIVE_BACK_FAILED
        facts: dict[str, Fact] = {"amount_minor": abs(more), "by": payment.operation}
        events.append(books._event(kind, "", mine | facts))
    if more < 0:
        task: dict[str, Fact] = {"code": "give_back_bounced", "task": "give_back_bounced"}
        events.append(books._event(PaymentEvent.NOTED, "", mine | task))
    if OVERPAID in parent.tasks and known is None and not rest(books, parent, payment).minor:
        ended: dict[str, Fact] = {"code": "rest_given_back", "task_done": OVERPAID}
        events.append(books._event(PaymentEvent.NOTED, "", mine | ended))
    if now.over and not (known is not None and known.over):
        events.append(books._event(PaymentEvent.GIVE_BACK_OVER, "", mine))
        told = [a for a in parent.attempts if a.void_told and a.taken]
        events += [books._event(MoneyEvent.VOIDED, a.reference, {"by": "elsewhere"}) for a in told]
    return events


def _told(books: Books, payment: Payment, told: Told, first: list[Event]) -> None:
    facts: dict[str, Fact] = {"given_minor": told.minor, "over": told.over, "settled": told.settled}
    events = [*first, books._event(PaymentEvent.GIVE_BACK_TOLD, "", facts)]
    parent = books.journal.payment(payment.of)
    still_ours = parent is None or parent.taken.minor > 0
    if told.over and still_ours and payment.attempts[-1].state in _REFUSED:
        task: dict[str, Fact] = {"code": "not_given_back", "task": "not_given_back"}
        events.append(books._event(PaymentEvent.NOTED, "", task))
    books._append(payment.payment_id, payment, events)


def _settle(books: Books, parent: Payment, payment: Payment, now: Told) -> None:
    """Rows that are in the books get a row against them; those that surely are not are taken off. A part of a row
    that may be in the books waits until that is known."""
    rows = _rows(parent, _told_children(books, parent, payment))
    need = _need(books, parent, payment, rows)
    open_ = [row for row in _first(rows, need) if row[0].posting.state is not PostingState.POSTED]
    if any(not surely_absent(row.posting) and take < row.left for row, take in open_):
        return
    events = [event for row, take in open_ for event in _less(books, parent, row, take)]
    if events:
        books._append(parent.payment_id, parent, events)
    typed = [(row, take) for row, take in _first(rows, need) if row.posting.state is PostingState.POSTED]
    _told(books, payment, Told(minor=now.minor, over=now.over, settled=True), _against(books, payment, typed))


def _first(rows: list[Row], need: int) -> list[tuple[Row, int]]:
    """How much is taken off each row, until there is nothing more to take off."""
    found: list[tuple[Row, int]] = []
    for row in rows:
        take = min(row.left, need)
        need -= take
        if take > 0:
            found.append((row, take))
    return found


def _need(books: Books, parent: Payment, payment: Payment, rows: list[Row]) -> int:
    """Minor units that the books show too much: what stands there, less what should. So it is right after a crash,
    where some of it is done, and where less than was taken ever stood there; never more than this one gave back, or
    it would take off what another give-back still has to."""
    stands = sum(row.left for row in rows)
    fee = sum(row.posting.amount.minor for row in rows) > parent.parts.base.minor
    should = _should(parent, fee=fee)
    gone = [p for p in _told_children(books, parent, payment) if not p.in_software]
    went = sum(_booked(p, fee=fee) for p in gone)
    return min(_booked(payment, fee=fee), max(0, stands - max(0, should - went)))


def _booked(payment: Payment, *, fee: bool) -> int:
    return sum(payment.to_book(a, fee=fee).minor for a in payment.attempts if a.taken)


def _told_children(books: Books, parent: Payment, payment: Payment) -> list[Payment]:
    ids = [child.payment_id for child in parent.children if child.given_minor]
    found = [books.journal.payment(payment_id) for payment_id in ids]
    return [other for other in found if other is not None and other.payment_id != payment.payment_id] + [
        payment
    ]


def _rows(parent: Payment, given: list[Payment]) -> list[Row]:
    """The last row first, with what was taken off it already: by our other give-backs, or because others gave back."""
    gone: dict[str, int] = {}
    backs = [p for p in parent.postings if p.of_marker and not parent.is_primary(p)]
    backs += [
        row
        for sibling in given
        for attempt in sibling.attempts
        for row in sibling.standing(attempt.reference)
    ]
    for back in backs:
        if back.state is not PostingState.NOT_NEEDED:
            gone[back.of_marker] = gone.get(back.of_marker, 0) + back.amount.minor
    standing = [row for a in parent.attempts for row in parent.standing(a.reference)]
    rows = [Row(row, row.amount.minor - gone.get(row.marker, 0)) for row in reversed(standing)]
    return [row for row in rows if row.left > 0 and not row.posting.settle_first]


def surely_absent(posting: Posting) -> bool:
    """It cannot be in the books, neither typed by us nor by hand."""
    if posting.state is PostingState.NEEDS_ATTENTION:
        return not posting.may_be_posted and not posting.suspected
    return posting.state is PostingState.WAITING


def left_of(books: Books, parent: Payment, posting: Posting) -> int:
    """Minor units of a row that were not taken off it."""
    rows = _rows(parent, _given(books, parent))
    return next((row.left for row in rows if row.posting.marker == posting.marker), 0)


def rest(books: Books, parent: Payment, new: Payment | None = None) -> Money:
    """What was taken, stands in no row of ours, and neither went back nor is on its way back. `new`: a give-back that
    the payment does not know of yet."""
    given = _given(books, parent) + ([new] if new is not None else [])
    rows = _rows(parent, given)
    fee = sum(row.posting.amount.minor for row in rows) > parent.parts.base.minor
    going = [p for p in given if not p.in_software]
    back = sum(p.parts.whole.minor if fee else p.parts.base.minor for p in going)
    minor = _should(parent, fee=fee) - back - sum(row.left for row in rows)
    return Money(minor=max(0, minor), currency=parent.parts.base.currency)


def _given(books: Books, parent: Payment) -> list[Payment]:
    """Our give-backs that gave, or may yet give, something back."""
    found = [books.journal.payment(child.payment_id) for child in parent.children]
    return [p for p in found if p is not None and any(not _gone(a) for a in p.attempts)]


def _gone(attempt: Attempt) -> bool:
    return attempt.over or attempt.state is MoneyState.RETURNED


def _should(parent: Payment, *, fee: bool) -> int:
    """Minor units that rows of this payment would show if none of our own give-backs were."""
    booked = sum(parent.to_book(a, fee=fee).minor for a in parent.attempts if a.taken)
    return booked - parent.elsewhere.minor


def _less(books: Books, parent: Payment, row: Row, take: int) -> list[Event]:
    """Not typed at all, or typed for what is left. One that may be in the books is found out about first."""
    posting = row.posting
    if take == row.left:
        return [books._event(PostingEvent.MONEY_RETURNED, posting.marker, {})]
    return instead(books, parent, posting, posting.amount.minor - take)


def instead(books: Books, parent: Payment, posting: Posting, minor: int) -> list[Event]:
    """A posting that was never typed is replaced by one for less (0: by none)."""
    attempt = parent.attempt(posting.reference)
    assert attempt is not None, "a posting records the money of an attempt"
    dropped = books._event(PostingEvent.REPLACED, posting.marker, {})
    if minor <= 0:
        return [dropped]
    return [dropped, *owed(books, attempt, posting.kind, minor, posting.debt)]


def owed(
    books: Books, attempt: Attempt, kind: str, minor: int, debt: Debt | None, **facts: Fact
) -> list[Event]:
    """A new posting record that is owed now."""
    marker = books._marker(attempt)
    row: dict[str, Fact] = {"kind": kind, "reference": attempt.reference, "amount_minor": minor}
    created = books._event(
        PaymentEvent.POSTING_CREATED, marker, row | (debt.facts() if debt is not None else {}) | facts
    )
    return [created, books._event(PostingEvent.OWED, marker, {})]


def _against(books: Books, payment: Payment, rows: list[tuple[Row, int]]) -> list[Event]:
    """The give-back's own rows. A charge that was taken back reverses its row; everything else is money given back."""
    attempt = next(a for a in payment.attempts if a.taken)
    events: list[Event] = []
    for row, take in rows:
        posting = row.posting
        undone = payment.operation == "void" and posting.by == "us" and take == posting.amount.minor
        kind = "void" if undone else "refund"
        events += owed(books, attempt, kind, take, posting.debt, of_marker=posting.marker)
    return events
