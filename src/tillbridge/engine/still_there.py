"""Is what we posted still in the books? Somebody may delete or reverse it later; that is noticed and told.

Rules of money that live here:
 6. What is gone is never typed again by itself: a named person decides.
 7. Gone is what two whole looks, some time apart, did not show; less than that says nothing.
Each record is looked for once on a later day than it was posted, when a day is ended by hand, and when another look
into its client's ledger did not show it. In memory: what is wanted and how often it was tried. A restart begins anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from tillbridge.domain import matching
from tillbridge.domain.errors import Fact
from tillbridge.domain.event import Event
from tillbridge.domain.moment import Moment, surely_passed_ms
from tillbridge.domain.payment import Payment, Posting
from tillbridge.domain.posting_leg import PostingEvent, PostingState
from tillbridge.engine.policy import HOUR, MINUTE, SECOND, Policy
from tillbridge.engine.posting_steps import order_of, wanted
from tillbridge.engine.work import SearchLedger, Task
from tillbridge.ports.practice import LedgerSeen

DAYS_MS = 4 * 24 * HOUR
"""What is older than a long weekend is not looked for by itself."""
GAP_MS = 30 * SECOND
"""Between two of these looks: nobody waits for them, and each may show another client for a moment."""
AGAIN_MS = 10 * MINUTE
"""After a look that could not be made."""
CONFIRM_MS = MINUTE
"""The second look comes so long after the first that showed nothing."""
SCAN_MS = 10 * MINUTE
TRIES_MAX = 12


@dataclass(frozen=True, slots=True)
class Want:
    """One record to look for. `not_before`: None = now. `missed`: when a whole look did not show it."""

    payment_id: str
    not_before: Moment | None = None
    tries: int = 0
    missed: Moment | None = None


@dataclass(slots=True)
class Rechecks:
    """What is to be looked for again, by marker."""

    wanted: dict[str, Want] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    """Lists that prove nothing about these: looking on brings nothing."""
    last: Moment | None = None
    scanned: Moment | None = None

    def want(self, payment_id: str, marker: str) -> None:
        if marker not in self.wanted and marker not in self.given_up:
            self.wanted[marker] = Want(payment_id)

    def scan_is_due(self, now: Moment) -> bool:
        if self.scanned is not None and surely_passed_ms(self.scanned, now) < SCAN_MS:
            return False
        self.scanned = now
        return True

    def in_ms(self, now: Moment) -> Iterator[tuple[str, Want, int]]:
        """Every wanted record with the time until it may be looked for."""
        gap = max(0, GAP_MS - surely_passed_ms(self.last, now)) if self.last is not None else 0
        for marker, want in self.wanted.items():
            at = want.not_before
            own = max(0, at.mono_ms - now.mono_ms) if at is not None and at.boot == now.boot else 0
            yield marker, want, max(gap, own)

    def failed(self, marker: str, now: Moment, *, untouched: bool = False) -> None:
        """The look could not be made: later, and not for ever. `untouched`: a person was at work, nothing was done."""
        want = self.wanted.pop(marker, None)
        if want is not None and untouched:
            self.wanted[marker] = Want(want.payment_id, now.plus_ms(GAP_MS), want.tries, want.missed)
        elif want is not None and want.tries + 1 < TRIES_MAX:
            later = now.plus_ms(AGAIN_MS)
            self.wanted[marker] = Want(want.payment_id, later, want.tries + 1, want.missed)

    def missed(self, marker: str, now: Moment) -> bool:
        """A whole look did not show it. True if it was the second one, late enough after the first."""
        want = self.wanted[marker]
        first = want.missed or now
        if surely_passed_ms(first, now) >= CONFIRM_MS:
            return True
        self.wanted[marker] = Want(want.payment_id, first.plus_ms(CONFIRM_MS), want.tries, first)
        return False

    def over(self, marker: str, *, give_up: bool = False) -> None:
        self.wanted.pop(marker, None)
        if give_up:
            self.given_up.add(marker)


def of_another_day(payments: Iterable[Payment], now: Moment, policy: Policy) -> Iterator[tuple[str, str]]:
    """Payment and marker of every record that was not seen since the day on which it was posted."""
    for payment, posting in in_the_books(payments):
        posted = policy.day_of(posting.since.wall_ms)
        seen = policy.day_of((posting.confirmed_at or posting.since).wall_ms)
        young = 0 <= now.wall_ms - posting.since.wall_ms <= DAYS_MS
        if young and seen == posted < policy.day_of(now.wall_ms):
            yield payment.payment_id, posting.marker


def of_this_day(payments: Iterable[Payment], now: Moment, policy: Policy) -> Iterator[tuple[str, str]]:
    today = policy.day_of(now.wall_ms)
    for payment, posting in in_the_books(payments):
        if policy.day_of(posting.since.wall_ms) == today:
            yield payment.payment_id, posting.marker


def not_shown(
    payments: Iterable[Payment], of: Payment, task: Task, seen: LedgerSeen, policy: Policy
) -> Iterator[tuple[str, str]]:
    """Records of the same client that this look should have shown, too. It proves nothing: they are looked for."""
    assert isinstance(task.work, SearchLedger)
    since = policy.day_of(task.work.order.since_wall_ms)
    for payment, posting in in_the_books(payments):
        debt, order = payment.debt_of(posting), task.work.order
        same = (debt.software, debt.account_id) == (of.debt.software, order.account_id)
        meant = same and policy.day_of(payment.created_at.wall_ms) >= since and posting.marker != task.subject
        if meant and not matching.shows(seen, posting.marker):
            yield payment.payment_id, posting.marker


def in_the_books(payments: Iterable[Payment]) -> Iterator[tuple[Payment, Posting]]:
    """What we saw there under our own marker; what a person only said is not looked for."""
    for payment in payments:
        for posting in payment.postings:
            if posting.state is PostingState.POSTED and posting.by == "us":
                yield payment, posting


def conclude(
    payment: Payment, posting: Posting, seen: LedgerSeen, now: Moment, policy: Policy, others: Collection[str]
) -> matching.Verdict:
    """What the look says about a record that was in the books."""
    order = wanted(order_of(payment, posting, policy))
    return matching.match(order=order, seen=seen, last_touch=posting.since, now=now, other_markers=others)


def events_of(posting: Posting, verdict: matching.Verdict, now: Moment) -> list[Event]:
    """`ProvenAbsent` comes here when it was proved twice."""

    def event(kind: PostingEvent, facts: dict[str, Fact]) -> list[Event]:
        return [Event(kind=kind, at=now, subject=posting.marker, facts=facts)]

    match verdict:
        case matching.FoundRight(row):
            return event(PostingEvent.FOUND, {"row": row.text})
        case matching.FoundWrong(why):
            return event(PostingEvent.FOUND_WRONG, {"reason": why})
        case matching.Suspect():
            return event(PostingEvent.FOUND_WRONG, {"reason": matching.NUMBER_GONE})
        case matching.ProvenAbsent():
            return event(PostingEvent.ROW_VANISHED, {"reason": "row_vanished"})
        case matching.NotProven():
            return []
