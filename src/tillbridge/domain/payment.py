"""A payment: one intention to move money, with its whole history, folded from its events.

`apply` is the only way a payment changes. It raises ImpossibleEvent for a pair that the tables do not allow; the
engine then records that instead. What to do next is decided in next_command.py from the result alone (rule 9).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tillbridge.domain import money_leg, posting_leg
from tillbridge.domain.invoice import Debt
from tillbridge.domain.moment import Moment
from tillbridge.domain.money import Money, Parts
from tillbridge.domain.money_leg import Effect, MoneyState
from tillbridge.domain.operation import OPERATIONS, Entry, Operation
from tillbridge.domain.posting_leg import PostingState


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at the gateway. `approved` is what was really taken, None as long as nobody knows."""

    reference: str
    state: MoneyState
    asked: Money
    horizon_ms: int
    since: Moment
    """When this state was entered."""
    terminal_id: str = ""
    sent_at: Moment | None = None
    approved: Money | None = None
    gateway_ref: str = ""
    auth_code: str = ""
    brand: str = ""
    last4: str = ""
    reason: str = ""
    """Code of a decline, of a refusal, or the cause of a doubt."""
    cancel_asked: bool = False
    stopped_by: str = ""
    kills: int = 0
    late: Money | None = None
    """An approval that came after the door of killing: owed back to the client."""
    give_back_reference: str = ""
    give_back_since: Moment | None = None
    swept: bool = False
    overridden: bool = False
    keep_decided: bool = False
    held_by_dispute: bool = False

    @property
    def over(self) -> bool:
        return self.state in money_leg.OVER

    @property
    def taken(self) -> bool:
        return self.state in money_leg.TAKEN

    @property
    def partial(self) -> bool:
        return self.approved is not None and self.approved.minor < self.asked.minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One posting record with its own marker (rule 6)."""

    marker: str
    kind: Literal["sale", "deposit", "refund", "void", "return"]
    state: PostingState
    amount: Money
    reference: str
    """The attempt whose money it records."""
    since: Moment
    typing_since: Moment | None = None
    """When typing last began: absence is proved only some time after it."""
    reason: str = ""
    may_be_posted: bool = False
    ever_typed: bool = False
    not_before: Moment | None = None
    by: str = ""
    """Who posted it: `us`, or the person who said so."""
    suspect_dismissed: bool = False
    """A person said that the row without a marker is another payment."""
    settle_first: bool = False
    """Its money went back while we were finding out: once it is known, it is reversed or dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    payment_id: str
    operation: str
    entry: Entry | None
    parts: Parts
    debt: Debt
    of: str
    created_at: Moment
    person: str = ""
    attempts: tuple[Attempt, ...] = ()
    postings: tuple[Posting, ...] = ()
    given_back: Money
    """Given back so far by payments of their own, or elsewhere (rule 10)."""
    over_returned: Money
    tasks: tuple[str, ...] = ()
    """Codes of what a person has to look at, beside the postings that need attention."""
    version: int = 0
    """Number of events folded in."""

    @property
    def row(self) -> Operation:
        return OPERATIONS[self.operation]

    @property
    def live(self) -> Attempt | None:
        """The attempt that decides: the newest one that is not over, or None."""
        return next((attempt for attempt in reversed(self.attempts) if not attempt.over), None)

    @property
    def taken(self) -> Money:
        """What was taken from the client (or given back, for a give-back) by all attempts."""
        minor = sum(a.approved.minor for a in self.attempts if a.taken and a.approved is not None)
        return Money(minor=minor, currency=self.parts.whole.currency)

    @property
    def charged(self) -> Literal["yes", "no", "finding_out"]:
        """The one question that is always answered on screen."""
        if any(a.state in money_leg.IN_DOUBT and a.state is not MoneyState.KILLING for a in self.attempts):
            return "finding_out"
        if any(a.taken for a in self.attempts):
            return "yes"
        return "finding_out" if any(a.state is MoneyState.KILLING for a in self.attempts) else "no"

    @property
    def finished(self) -> bool:
        """Nothing is left to do by itself or by a person (a later settlement or return may reopen it)."""
        attempts = all(
            a.over or a.state not in money_leg.IN_DOUBT | {MoneyState.CREATED} for a in self.attempts
        )
        swept = all(a.swept for a in self.attempts if a.state is MoneyState.KILLED)
        posted = all(p.state in posting_leg.CLOSED for p in self.postings)
        return attempts and swept and posted and not self.tasks

    def attempt(self, reference: str) -> Attempt | None:
        return next((a for a in self.attempts if a.reference == reference), None)

    def posting(self, marker: str) -> Posting | None:
        return next((p for p in self.postings if p.marker == marker), None)

    def may_try_again(self) -> bool:
        """A new attempt is allowed only if every older one is over (F0), or a named person overrode it."""
        return all(a.over or a.overridden for a in self.attempts)


def holds(payment: Payment) -> dict[str, int]:
    """What a payment holds on which scope, in minor units (rules 4 and 10).

    Taking: the attempt's amount while money may be moving, and what was taken until it is seen posted.
    Giving back: its amount on the parent from the start, released only when it is over or it bounced.
    """
    scope = f"payment:{payment.of}" if payment.row.direction == "out" else payment.debt.scope
    giving = payment.row.direction == "out"
    minor = sum(_held_by(payment, attempt, giving) for attempt in payment.attempts)
    return {scope: minor} if minor else {}


def _held_by(payment: Payment, attempt: Attempt, giving: bool) -> int:
    if attempt.over or attempt.state in {MoneyState.VOIDED, MoneyState.RETURNED}:
        return 0
    moved = attempt.approved if attempt.taken and attempt.approved is not None else attempt.asked
    if giving:
        return moved.minor
    base = min(moved.minor, payment.parts.base.minor)
    if not attempt.taken:
        return base
    postings = [
        p for p in payment.postings if p.reference == attempt.reference and p.kind in ("sale", "deposit")
    ]
    seen = bool(postings) and all(p.state in posting_leg.CLOSED for p in postings)
    return 0 if seen else base


def left_to_give_back(payment: Payment) -> Money:
    """Rule 10: what was taken, less what others gave back or disputes hold. Reservations come on top (the limit)."""
    if any(a.held_by_dispute for a in payment.attempts):
        return Money(minor=0, currency=payment.parts.whole.currency)
    left = payment.taken.minor - payment.over_returned.minor
    return Money(minor=max(0, left), currency=payment.parts.whole.currency)


def effects_of(before: Payment, reference: str, event: money_leg.MoneyEvent) -> tuple[Effect, ...]:
    """The effects of the cell that an event will hit; empty if there is none."""
    attempt = before.attempt(reference)
    found = money_leg.cell(attempt.state, event) if attempt else None
    return found.effects if found else ()
