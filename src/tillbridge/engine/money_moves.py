"""When money moved, day by day, told by the events of a payment: taken, given back by others, taken back by a bank.

A pure replay: the payment is folded once more, and each step that changes what the clinic has is a move of that day.

Rules of money that live here:
 8. What went back later changes nothing on the day on which it was taken: it is a move of its own day.
11. `apart` is the part of a move that the site does not enter (fee, tip).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tillbridge.domain.event import Event
from tillbridge.domain.fold import apply
from tillbridge.domain.money_leg import MoneyEvent
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.engine.policy import Policy

BANK, OTHER = "bank", "other"
"""Brands of what is no card, and of what nobody told."""

_GOES_BACK = frozenset(
    {
        MoneyEvent.VOIDED, MoneyEvent.RETURNED, MoneyEvent.SETTLEMENT_REJECTED, MoneyEvent.RE_PRESENTED,
        MoneyEvent.REFUNDED_ELSEWHERE, MoneyEvent.DISPUTE_LOST, MoneyEvent.DISPUTE_WON, MoneyEvent.STOPPED,
        MoneyEvent.DECLINED, MoneyEvent.CANCELLED,
    }
)  # fmt: skip
"""Without one of these a payment moved once, when it was approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A payment with its events, as the journal has them."""

    payment: Payment
    events: Sequence[Event]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Money that moved, or a row of the books: `minor` above zero comes in. `entered_by_hand`: it stands in the books
    by itself, without a row of ours."""

    day: int
    brand: str
    minor: int
    apart: int = 0
    entered_by_hand: bool = False


def day_of(payment: Payment, attempt: Attempt, policy: Policy) -> int:
    """Decided once, when it was approved; older events do not tell."""
    at = attempt.sent_at or payment.created_at
    return attempt.business_day or policy.business_day(at.wall_ms)


def brand_of(attempt: Attempt | None, root: Payment) -> str:
    """A give-back goes where the money of `root` came from."""
    if root.entry is Entry.KEYED_ACH:
        return BANK
    first = next((a.brand for a in root.attempts if a.brand), "")
    return (attempt.brand if attempt is not None else "") or first or OTHER


def money_moves(told: Told, root: Payment, policy: Policy) -> Iterator[Move]:
    """`root`: the payment that this one gives back, or itself."""
    payment = told.payment
    if payment.row.direction == "none":
        return
    if any(event.kind in _GOES_BACK for event in told.events) or payment.elsewhere.minor:
        yield from _Replay(payment, root, policy).moves(told.events)
        return
    for attempt in payment.attempts:
        if attempt.taken and attempt.approved is not None:
            minor, day = attempt.approved.minor, day_of(payment, attempt, policy)
            yield _move(payment, attempt, root, policy, day, minor)


def _move(payment: Payment, attempt: Attempt, root: Payment, policy: Policy, day: int, minor: int) -> Move:
    """The whole of an attempt has what is not entered beside it; a part of it that goes back has not."""
    sign = -1 if payment.row.direction == "out" else 1
    whole = attempt.approved is not None and abs(minor) == attempt.approved.minor
    apart = abs(minor) - payment.to_book(attempt, fee=policy.fee_in_software).minor if whole else 0
    back = -1 if minor < 0 else 1
    return Move(day=day, brand=brand_of(attempt, root), minor=sign * minor, apart=sign * back * apart)


class _Replay:
    """Folds one payment again and watches what the clinic has of it."""

    def __init__(self, payment: Payment, root: Payment, policy: Policy) -> None:
        self._last, self._root, self._policy = payment, root, policy
        self._went: dict[str, int] = {}
        """By attempt: how much of it went back as a whole, for a debit that is presented again."""

    def moves(self, events: Sequence[Event]) -> Iterator[Move]:
        before: Payment | None = None
        for event in events:
            after = apply(self._last.payment_id, before, event)
            if before is not None:
                yield from self._step(before, after, event)
            before = after

    def _step(self, before: Payment, after: Payment, event: Event) -> Iterator[Move]:
        day = self._policy.business_day(event.at.wall_ms)
        attempt, was = after.attempt(event.subject), before.attempt(event.subject)
        more = after.elsewhere.minor - before.elsewhere.minor
        if more:
            by_hand = event.facts.get("in_software") is True
            sign = -1 if after.row.direction == "out" else 1
            brand = brand_of(attempt, self._root)
            yield Move(day=day, brand=brand, minor=-sign * more, entered_by_hand=by_hand)
        if attempt is not None and was is not None and attempt.taken is not was.taken:
            known = attempt if attempt.taken else was
            yield _move(
                after, known, self._root, self._policy, *self._turned(before, attempt, was, event, day)
            )

    def _turned(
        self, before: Payment, attempt: Attempt, was: Attempt, event: Event, day: int
    ) -> tuple[int, int]:
        """The day and the amount of money that came or went."""
        name = attempt.reference
        if not attempt.taken:
            had = was.approved.minor if was.approved is not None else was.asked.minor
            told = event.number_or("returned_minor", 0)
            self._went[name] = told if 0 < told < had else max(0, had - before.elsewhere.minor)
            return day, -self._went[name]
        if name in self._went:
            return day, self._went.pop(name)
        minor = (attempt.approved or attempt.asked).minor
        return attempt.business_day or day, minor
