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
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.payment import Attempt, Payment, Posting, Told
from tillbridge.domain.posting_leg import MAY_HAVE_BEEN_TYPED, PostingEvent, PostingState
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
    if now.over and not (known is not None and known.over):
        events.append(books._event(PaymentEvent.GIVE_BACK_OVER, "", mine))
    return events


def _told(books: Books, payment: Payment, told: Told, first: list[Event]) -> None:
    facts: dict[str, Fact] = {"given_minor": told.minor, "over": told.over, "settled": told.settled}
    events = [*first, books._event(PaymentEvent.GIVE_BACK_TOLD, "", facts)]
    if told.over and payment.attempts[-1].state in _REFUSED:
        task: dict[str, Fact] = {"code": "not_given_back", "task": "not_given_back"}
        events.append(books._event(PaymentEvent.NOTED, "", task))
    books._append(payment.payment_id, payment, events)


def _settle(books: Books, parent: Payment, payment: Payment, now: Told) -> None:
    """Rows that are in the books get a row against them; those that surely are not are taken off. A part of a row
    that may be in the books waits until that is known."""
    rows = _rows(books, parent, payment)
    whole = parent.went_back == "whole"
    known = child_of(parent, payment.payment_id)
    need = _need(parent, payment, rows, whole)
    if known is not None and known.settled:
        need -= known.off_minor
    else:
        done = _taken_off(books, parent, payment, rows, need, whole)
        if done is None:
            return
        parent, need = done
    typed = [row for row in rows if row.posting.state is PostingState.POSTED]
    own = _against(books, payment, typed, need)
    _told(books, payment, Told(minor=now.minor, over=now.over, settled=True), own)


def _need(parent: Payment, payment: Payment, rows: list[Row], whole: bool) -> int:
    """Minor units that the books have to show less. Where fee and tip are not in the rows, they are not taken off."""
    stands = sum(row.left for row in rows)
    if whole:
        return stands
    all_parts = sum(row.posting.amount.minor for row in rows) > parent.parts.base.minor
    mine = payment.taken.minor if all_parts else min(payment.taken.minor, payment.parts.base.minor)
    return min(stands, mine)


def _rows(books: Books, parent: Payment, payment: Payment) -> list[Row]:
    """The last row first, with what our other give-backs took off it already."""
    gone: dict[str, int] = {}
    for back in (
        p for p in parent.postings if p.kind == parent.reversal and p.state is not PostingState.NOT_NEEDED
    ):
        gone[back.of_marker] = gone.get(back.of_marker, 0) + back.amount.minor
    for other in parent.children:
        sibling = books.journal.payment(other.payment_id)
        if sibling is None or sibling.payment_id == payment.payment_id:
            continue
        for attempt in sibling.attempts:
            for row in sibling.standing(attempt.reference):
                gone[row.of_marker] = gone.get(row.of_marker, 0) + row.amount.minor
    standing = [row for a in parent.attempts if a.taken for row in parent.standing(a.reference)]
    rows = [Row(row, row.amount.minor - gone.get(row.marker, 0)) for row in reversed(standing)]
    return [row for row in rows if row.left > 0]


def _taken_off(
    books: Books, parent: Payment, payment: Payment, rows: list[Row], need: int, whole: bool
) -> tuple[Payment, int] | None:
    """The payment's own postings that are not needed any more, or only for less. None: it has to wait."""
    events: list[Event] = []
    off, left = 0, need
    for row in rows:
        take = min(row.left, left)
        if take <= 0 or row.posting.state is PostingState.POSTED:
            left -= take
            continue
        if not whole and not _surely_absent(row.posting):
            return None
        events += _less(books, parent, row, take)
        off, left = off + take, left - take
    if not events:
        return parent, need
    mine: dict[str, Fact] = {"payment_id": payment.payment_id, "off_minor": off}
    events.append(books._event(PaymentEvent.GIVE_BACK_SETTLED, "", mine))
    return books._append(parent.payment_id, parent, events), need - off


def _surely_absent(posting: Posting) -> bool:
    if posting.state in MAY_HAVE_BEEN_TYPED or posting.state is PostingState.CHECKING:
        return False
    return not posting.may_be_posted and not posting.suspected and posting.touched_at is None


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
    dropped = books._event(PostingEvent.MONEY_RETURNED, posting.marker, {})
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


def _against(books: Books, payment: Payment, rows: list[Row], need: int) -> list[Event]:
    """The give-back's own rows. A charge that was taken back reverses its row; everything else is money given back."""
    attempt = next(a for a in payment.attempts if a.taken)
    events: list[Event] = []
    for row in rows:
        take = min(row.left, need)
        if take <= 0:
            continue
        need -= take
        posting = row.posting
        undone = payment.operation == "void" and posting.by == "us" and take == posting.amount.minor
        kind = "void" if undone else "refund"
        events += owed(books, attempt, kind, take, posting.debt, of_marker=posting.marker)
    return events
