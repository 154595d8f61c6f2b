"""Ready to close? What was taken on a business day against what is in the books, and why each difference is one.

A pure function over payments; the day is an argument. It reads no screen: "in the books" is what was seen there (or
what a named person said), and a record that vanished since is found by `recheck`, which belongs before it.

Rules of money that live here:
 5. A row that waits, or may be in the books, is never counted as in the books.
 8. Money and books are two sums. A payment and what gives it back are one family: what went back before it was
    entered stands in neither sum.
11. Fee and tip that the site does not enter are told apart, not hidden in a difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from tillbridge.domain.money import Money
from tillbridge.domain.money_leg import IN_DOUBT, MoneyState
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Attempt, Payment, Posting
from tillbridge.domain.posting_leg import CLOSED, PostingState
from tillbridge.engine.money_moves import Move, Told, brand_of, day_of, money_moves
from tillbridge.engine.policy import Policy
from tillbridge.engine.writing import Writing

Reason = Literal[
    "waits", "looking", "needs_person", "missing", "not_entered", "other_amount", "entered_other_day",
    "taken_other_day", "finding_out", "bank_on_its_way", "back_on_its_way", "back_queued", "to_check", "disputed",
]  # fmt: skip
"""Why something does not agree, or is not over. Sentences: `closing` in strings."""

RECENT = 1_000
"""So many of the newest payments are looked through, and all that are not finished."""

_LOOKING = frozenset(
    {PostingState.CHECKING, PostingState.TYPING, PostingState.COMMITTING, PostingState.UNSURE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandLine:
    """One brand on one day. `apart`: fee and tip that the site does not enter."""

    brand: str
    taken: Money
    apart: Money
    in_books: Money

    @property
    def difference(self) -> Money:
        return self.taken - self.apart - self.in_books


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One payment that is named. `amount` below zero: money that goes back. `day`: its business day. `detail`: the
    code of why it waits, as the story of the payment tells it. `other_day`: where it stands instead."""

    payment_id: str
    client: str
    invoice_number: str
    amount: Money
    day: int
    reason: Reason | Literal[""] = ""
    detail: str = ""
    marker: str = ""
    other_day: int = 0
    in_books: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEnd:
    """`open_`: everything that is not over, of this day and of earlier ones; `carried` are those of earlier days.
    `said`: rows of this day that nobody but a named person saw in the books. `returned`: debits that a bank returned on
    this day, with its code as `detail`."""

    day: int
    lines: tuple[BrandLine, ...]
    differences: tuple[Item, ...]
    open_: tuple[Item, ...]
    deposits: tuple[Item, ...]
    given_back: tuple[Item, ...]
    links: tuple[Item, ...]
    said: tuple[Item, ...]
    returned: tuple[Item, ...]
    total: BrandLine

    @property
    def carried(self) -> tuple[Item, ...]:
        return tuple(item for item in self.open_ if item.day < self.day)

    @property
    def agrees(self) -> bool:
        return not self.differences

    @property
    def ready(self) -> bool:
        """Nothing differs, and nobody waits for an answer about a card."""
        return self.agrees and not any(item.reason == "finding_out" for item in self.open_)


class Closing(Writing):
    """The part of the engine that people ask at the end of a day."""

    __slots__ = ()

    def day_end(self, day: int | None = None) -> DayEnd:
        """`day`: as `Policy.business_day` counts them, None = today."""
        found = {payment.payment_id: payment for payment in self.journal.recent(RECENT)}
        found |= {payment.payment_id: payment for payment in self._open()}
        for payment in tuple(found.values()):
            if payment.of and payment.of not in found:
                found[payment.of] = self._known(payment.of)
        if day is None:
            day = self.policy.business_day(self.clock.now().wall_ms)
        return day_end([self._told(payment) for payment in found.values()], day, self.policy)

    def _told(self, payment: Payment) -> Told:
        events = [stored.event for stored in self.journal.events(payment.payment_id)]
        return Told(payment=payment, events=events)


def day_end(payments: Iterable[Told], day: int, policy: Policy) -> DayEnd:
    """`payments`: at least all of that day, all that are not finished, and the payments that give-backs give back."""
    families: dict[str, list[Told]] = defaultdict(list)
    for told in payments:
        families[told.payment.of or told.payment.payment_id].append(told)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    differences: list[Item] = []
    for name, family in families.items():
        family.sort(key=lambda told: told.payment.payment_id != name)
        root = family[0].payment
        money = [move for told in family for move in money_moves(told, root, policy)]
        books = [move for told in family for move in _books(told.payment, root, policy)]
        books += [move for move in money if move.entered_by_hand]
        _add(sums, day, money, books)
        differences += _differences([told.payment for told in family], day, money, books, policy)
    everybody = [told.payment for family in families.values() for told in family]
    of_day = [(payment, a) for payment in everybody for a in _taken_on(payment, day, policy)]
    lines = tuple(_line(brand, sums[brand], policy.currency) for brand in sorted(sums) if any(sums[brand]))
    whole = [sum(parts) for parts in zip(*sums.values(), strict=True)] or [0, 0, 0]
    return DayEnd(
        day=day,
        lines=lines,
        differences=tuple(differences),
        open_=tuple(_sorted(item for payment in everybody for item in _open_items(payment, day, policy))),
        deposits=tuple(_item(p, a, day) for p, a in of_day if p.operation == "deposit"),
        given_back=tuple(_item(p, a, day) for p, a in of_day if _goes_out(p)),
        links=tuple(_item(p, a, day) for p, a in of_day if p.entry is Entry.LINK),
        said=tuple(item for payment in everybody for item in _said(payment, day, policy)),
        returned=tuple(item for payment in everybody for item in _returned(payment, day, policy)),
        total=_line("", whole, policy.currency),
    )


# ---- what stands in the books ---------------------------------------------------------------------


def _goes_out(payment: Payment) -> bool:
    return payment.row.direction == "out"


def _taken_on(payment: Payment, day: int, policy: Policy) -> Iterator[Attempt]:
    moved = (a for a in payment.attempts if a.taken and payment.row.direction != "none")
    return (attempt for attempt in moved if day_of(payment, attempt, policy) == day)


def _books(payment: Payment, root: Payment, policy: Policy) -> Iterator[Move]:
    """What stands in the books, on the day on which it was seen there first. What a give-back found entered already
    (a returned item) stands there on its own day."""
    sign = -1 if _goes_out(payment) else 1
    for row in payment.postings:
        if row.state is PostingState.POSTED:
            attempt = payment.attempt(row.reference)
            day = policy.business_day(row.since.wall_ms)
            minor = row.amount.minor if payment.is_primary(row) else -row.amount.minor
            yield Move(day=day, brand=brand_of(attempt, root), minor=sign * minor)
    if payment.in_software:
        for attempt in payment.attempts:
            if attempt.taken:
                minor = payment.to_book(attempt, fee=policy.fee_in_software).minor
                day, brand = day_of(payment, attempt, policy), brand_of(attempt, root)
                yield Move(day=day, brand=brand, minor=sign * minor)


def _add(sums: dict[str, list[int]], day: int, money: list[Move], books: list[Move]) -> None:
    for move in money:
        if move.day == day:
            sums[move.brand][0] += move.minor
            sums[move.brand][1] += move.apart
    for row in books:
        if row.day == day:
            sums[row.brand][2] += row.minor


def _line(brand: str, sums: list[int], currency: str) -> BrandLine:
    taken, apart, in_books = (Money(minor=minor, currency=currency) for minor in sums)
    return BrandLine(brand=brand, taken=taken, apart=apart, in_books=in_books)


# ---- why it differs -------------------------------------------------------------------------------


def _differences(
    family: list[Payment], day: int, money: list[Move], books: list[Move], policy: Policy
) -> Iterator[Item]:
    """One for each family whose two sums of the day are not the same."""
    owed = sum(move.minor - move.apart for move in money if move.day == day)
    entered = sum(row.minor for row in books if row.day == day)
    if owed == entered:
        return
    root = family[0]
    item = Item(
        payment_id=root.payment_id,
        client=root.debt.client,
        invoice_number=root.debt.invoice_number,
        amount=Money(minor=owed - entered, currency=policy.currency),
        day=day,
    )
    yield _explained(item, family, money, books)


def _explained(item: Item, family: list[Payment], money: list[Move], books: list[Move]) -> Item:
    """The first of what explains it: something that is not over, a missing record, another day, a person's word."""
    for payment in family:
        for row in payment.postings:
            if row.state not in CLOSED:
                return _waiting(replace(item, payment_id=payment.payment_id), row)
        if any(payment.posting_missing(attempt) for attempt in payment.attempts) and not payment.in_software:
            return replace(item, payment_id=payment.payment_id, reason="missing")
    of_day = any(move.day == item.day for move in money)
    other_books = [row.day for row in books if row.day != item.day]
    other_money = [move.day for move in money if move.day != item.day]
    if of_day and other_books:
        return replace(item, reason="entered_other_day", other_day=other_books[-1])
    if not of_day and other_money:
        return replace(item, reason="taken_other_day", other_day=other_money[-1])
    return replace(item, reason="other_amount" if books else "not_entered")


def _waiting(item: Item, row: Posting) -> Item:
    reason: Reason = "waits"
    if row.state is PostingState.NEEDS_ATTENTION:
        reason = "needs_person"
    elif row.state in _LOOKING:
        reason = "looking"
    return replace(item, reason=reason, detail=row.reason, marker=row.marker)


# ---- what is not over -----------------------------------------------------------------------------


def _open_items(payment: Payment, day: int, policy: Policy) -> Iterator[Item]:
    for attempt in payment.attempts:
        if day_of(payment, attempt, policy) > day:
            continue
        item = _item(payment, attempt, day_of(payment, attempt, policy))
        reason = _money_reason(payment, attempt)
        if reason:
            yield replace(item, reason=reason)
        if attempt.taken and attempt.to_check:
            yield replace(item, reason="to_check")
        if attempt.held_by_dispute:
            yield replace(item, reason="disputed")
        if payment.posting_missing(attempt) and not payment.in_software:
            yield replace(item, reason="missing")
        for row in payment.postings:
            if row.reference == attempt.reference and row.state not in CLOSED:
                back = payment.is_primary(row) is _goes_out(payment)
                amount = -row.amount if back else row.amount
                yield _waiting(replace(item, amount=amount), row)


def _money_reason(payment: Payment, attempt: Attempt) -> Reason | Literal[""]:
    """A page or link that nobody has paid yet is no doubt about money: it is in the list of links."""
    if attempt.state is MoneyState.PENDING:
        return "back_on_its_way" if _goes_out(payment) else "bank_on_its_way"
    if attempt.state is MoneyState.CREATED:
        return "back_queued" if _goes_out(payment) else ""
    open_page = attempt.where in ("link", "page") and attempt.state is MoneyState.RUNNING
    return "finding_out" if attempt.state in IN_DOUBT and not open_page else ""


def _said(payment: Payment, day: int, policy: Policy) -> Iterator[Item]:
    for row in payment.postings:
        attempt, seen_by_us = payment.attempt(row.reference), row.by in ("", "us")
        of_day = policy.business_day(row.since.wall_ms) == day
        if attempt is not None and row.state is PostingState.POSTED and of_day and not seen_by_us:
            yield replace(_item(payment, attempt, day), amount=row.amount, marker=row.marker, detail=row.by)


def _returned(payment: Payment, day: int, policy: Policy) -> Iterator[Item]:
    for attempt in payment.attempts:
        of_day = policy.business_day(attempt.since.wall_ms) == day
        if attempt.state is MoneyState.RETURNED and of_day:
            yield replace(_item(payment, attempt, day), detail=attempt.return_code)


def _item(payment: Payment, attempt: Attempt, day: int) -> Item:
    amount = attempt.approved or attempt.asked
    standing = payment.standing(attempt.reference)
    entered = bool(standing) and all(row.state is PostingState.POSTED for row in standing)
    return Item(
        payment_id=payment.payment_id,
        client=payment.debt.client,
        invoice_number=payment.debt.invoice_number,
        amount=-amount if _goes_out(payment) else amount,
        day=day,
        marker=standing[0].marker if standing else "",
        in_books=entered or payment.in_software,
    )


def _sorted(items: Iterable[Item]) -> list[Item]:
    """Oldest first: what is carried over longest."""
    return sorted(items, key=lambda item: (item.day, item.payment_id, item.reason))
