"""What follows from an event within the same transaction: postings owed, reversals owed, the impossible recorded.

Rules 6 and 8: every posting record has a marker of its own; money that went back never changes a posting that is in
the books, it owes a new one.
Rule 14: a text that a gateway or a screen sent and that looks like a card number is left out before it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tillbridge.domain.errors import Fact, ImpossibleEvent
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.fold import apply
from tillbridge.domain.guards import money_cell, posting_cell
from tillbridge.domain.invoice import Debt
from tillbridge.domain.ledger import PostingKind
from tillbridge.domain.money import Money
from tillbridge.domain.money_leg import Effect
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.domain.payment import Attempt, Payment, Posting
from tillbridge.domain.posting_leg import Cell, PostingEffect, PostingEvent, PostingState
from tillbridge.domain.shares import spread

Marker = Callable[[Attempt], str]
"""Makes a new marker for an attempt's money."""


@dataclass(slots=True)
class Unfolding:
    """A payment and the events that were added to it, in order, ready for one append."""

    payment_id: str
    payment: Payment | None
    marker: Marker
    events: list[Event]
    fee: bool = False
    """The site wants the fee in the practice software, too."""

    def add_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self.add(event)

    def add(self, event: Event) -> None:
        """Fold one event and everything it brings with it."""
        event = without_card_numbers(event)
        before = self.payment
        try:
            after = apply(self.payment_id, before, event)
        except ImpossibleEvent as error:
            if before is None:
                raise
            self._add_plain(_impossible(event, error))
            return
        self.payment = after
        self.events.append(event)
        if before is not None:
            self._follow(before, event)

    def _add_plain(self, event: Event) -> None:
        self.payment = apply(self.payment_id, self.payment, event)
        self.events.append(event)

    def _follow(self, before: Payment, event: Event) -> None:
        money = money_cell(before, event)
        for effect in money.effects if money is not None else ():
            self._money_effect(effect, event, before)
        entered, posting = posting_cell(before, event), before.posting(event.subject)
        if entered is not None and posting is not None:
            self._after_posting(posting, entered, event)
            self._without_followers(event)

    def _without_followers(self, event: Event) -> None:
        """What was to be typed after a record that is not needed any more is not needed either: the right row of a move
        whose wrong row stays, and a part that went back of what was never typed."""
        first = self._now().posting(event.subject)
        if first is None or first.state is not PostingState.NOT_NEEDED:
            return
        for posting in self._now().postings:
            if posting.after == first.marker and posting.state is PostingState.WAITING:
                self._add_plain(Event(kind=PostingEvent.REPLACED, at=event.at, subject=posting.marker))

    def _money_effect(self, effect: Effect, event: Event, before: Payment) -> None:
        if effect in (Effect.OWE_POSTING, Effect.OWE_REPOSTING):
            self._owe(event, event.subject)
            self._part_came_again(event, before)
        elif effect is Effect.OWE_REVERSAL:
            self._money_went(event, before)

    def _part_came_again(self, event: Event, before: Payment) -> None:
        """The bank had taken back what a part refund left, and it is good after all: the row against it stands in the
        books, or will; a person puts them right."""
        attempt = before.attempt(event.subject)
        if attempt is None or attempt.approved is None or not 0 < attempt.returned < attempt.approved.minor:
            return
        facts: dict[str, Fact] = {"code": PART_AGAIN, "task": PART_AGAIN, "told": str(event.kind)}
        self.add(Event(kind=PaymentEvent.NOTED, at=event.at, subject=event.subject, facts=facts))

    def _money_went(self, event: Event, before: Payment) -> None:
        """What others gave back, as far as it was not known; what a bank took back, as it says."""
        if Effect.ADD_GIVEN_BACK not in _effects(before, event):
            self._reverse(event, event.number_or("returned_minor", 0))
            return
        more = self._now().elsewhere.minor - before.elsewhere.minor
        if more and event.facts.get("in_software") is not True:
            self._reverse(event, more)

    def _now(self) -> Payment:
        assert self.payment is not None
        return self.payment

    def _owe(self, event: Event, reference: str) -> None:
        """Create a posting record for an attempt's money. A give-back's is decided with the payment it gives back."""
        payment = self._now()
        attempt, kind = payment.attempt(reference), payment.row.posting
        if attempt is None or kind is None or payment.gives_back or payment.in_software:
            return
        amount = payment.to_book(attempt, fee=self.fee)
        for share in spread(payment.shares, amount.minor):
            part = Money(minor=share.minor, currency=amount.currency)
            if self._now().may_post(reference, part, share.debt):
                self._record(event, attempt, kind, share.minor, None, share.debt)
        if not payment.shares and payment.may_post(reference, amount):
            self._record(event, attempt, kind, amount.minor, None)

    def _record(
        self,
        event: Event,
        attempt: Attempt,
        kind: PostingKind,
        minor: int,
        of: Posting | None,
        debt: Debt | None = None,
    ) -> None:
        """One more posting record, owed now. `of`: the row that it takes back (a part of), or stands instead of."""
        facts: dict[str, Fact] = {"kind": kind, "reference": attempt.reference, "amount_minor": minor}
        whose = debt or (of.debt if of is not None else None)
        if whose is not None:
            facts |= whose.facts()
        if of is not None and kind != of.kind:
            facts["of_marker"] = of.marker
            facts["after"] = of.marker if of.state is not PostingState.POSTED else ""
        marker = self.marker(attempt)
        while self._now().posting(marker) is not None:
            marker = self.marker(attempt)
        self.add(Event(kind=PaymentEvent.POSTING_CREATED, at=event.at, subject=marker, facts=facts))
        if self._now().posting(marker) is not None:
            self.add(Event(kind=PostingEvent.OWED, at=event.at, subject=marker))

    def _reverse(self, event: Event, returned_minor: int) -> None:
        """The money of an attempt went back, wholly (0) or in part."""
        payment = self._now()
        attempt = payment.attempt(event.subject)
        taken = (attempt.approved or attempt.late) if attempt is not None else None
        if attempt is None or taken is None:
            return
        if 0 < returned_minor < taken.minor:
            self._reverse_part(event, attempt, returned_minor)
            return
        for posting in payment.standing(event.subject):
            self.add(Event(kind=PostingEvent.MONEY_RETURNED, at=event.at, subject=posting.marker))

    def _reverse_part(self, event: Event, attempt: Attempt, minor: int) -> None:
        """From the newest row back, where there are several."""
        rows = self._now().standing(attempt.reference)
        for row in reversed(rows[1:]):
            part = min(minor, row.amount.minor)
            if part == row.amount.minor:
                self.add(Event(kind=PostingEvent.MONEY_RETURNED, at=event.at, subject=row.marker))
            elif part:
                self._reverse_row(event, attempt, part, row)
            minor -= part
        if minor:
            self._reverse_row(event, attempt, minor, rows[0] if rows else None)

    def _reverse_row(self, event: Event, attempt: Attempt, minor: int, row: Posting | None) -> None:
        """A row that was never typed is typed for less, or not at all; everything else gets a row against it."""
        payment = self._now()
        never_typed = row is not None and row.state is PostingState.WAITING and row.touched_at is None
        if row is not None and never_typed and (row.amount.minor <= minor or not attempt.taken):
            self.add(Event(kind=PostingEvent.MONEY_RETURNED, at=event.at, subject=row.marker))
            return
        if row is None or not never_typed:
            kind: PostingKind = "refund" if payment.row.direction == "in" else payment.reversal
            self._record(event, attempt, kind, minor, row)
            return
        self._add_plain(Event(kind=PostingEvent.REPLACED, at=event.at, subject=row.marker))
        self._record(event, attempt, row.kind, row.amount.minor - minor, row)

    def _after_posting(self, before: Posting, found: Cell, event: Event) -> None:
        if PostingEffect.OWE_REVERSAL in found.effects:
            attempt = self._now().attempt(before.reference)
            if attempt is not None:
                self._record(event, attempt, self._now().reversal, before.amount.minor, before)


def _effects(before: Payment, event: Event) -> tuple[Effect, ...]:
    cell = money_cell(before, event)
    return cell.effects if cell is not None else ()


PART_AGAIN = "settlement_unfitting"
"""Task: a person compares the gateway's page with the books."""

LEFT_OUT = "(left out: looks like a card number)"


def without_card_numbers(event: Event) -> Event:
    """The event as it may be kept: what happened stays, a text that looks like a card number does not."""
    clean: dict[str, Fact] = {
        key: LEFT_OUT if isinstance(value, str) and looks_like_card_number(value) else value
        for key, value in event.facts.items()
    }
    return event if clean == event.facts else replace(event, facts=clean)


def _impossible(event: Event, error: ImpossibleEvent) -> Event:
    facts = {"kind": event.kind, "state": str(error.facts.get("state", "")), "task": "impossible_event"}
    return Event(kind=PaymentEvent.IMPOSSIBLE, at=event.at, subject=event.subject, facts=facts)
