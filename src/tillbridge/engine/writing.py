"""What everything in the engine stands on: its ports, and the one way into the journal.

Rules of money that live here:
 2. Journal before acting: an append is one durable transaction, and what follows from an event is part of it.
 6. A marker that is taken already is made anew.
12. A terminal's lease moves in the transaction of the events that take it or let it go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tillbridge.domain.errors import Fact, JournalError, OperatorError
from tillbridge.domain.event import Event
from tillbridge.domain.marker import make_marker
from tillbridge.domain.moment import Moment
from tillbridge.domain.money_leg import MoneyEvent
from tillbridge.domain.next_command import Command
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine import leasing
from tillbridge.engine.consequences import Unfolding
from tillbridge.engine.policy import Policy
from tillbridge.engine.rhythm import Rhythm
from tillbridge.engine.schedule import Tried
from tillbridge.engine.screen_turn import ScreenTurn
from tillbridge.engine.still_there import Rechecks
from tillbridge.ports.clock import Clock
from tillbridge.ports.gateway import Gateway
from tillbridge.ports.ids import Ids
from tillbridge.ports.journal import Append, Journal, Limit
from tillbridge.ports.messages import Messenger
from tillbridge.ports.practice import Practice


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """The ports, and what is kept in memory between two commands."""

    journal: Journal
    gateway: Gateway
    practice: Practice
    clock: Clock
    ids: Ids
    policy: Policy
    messenger: Messenger | None = None
    """How clients are told of links; None = links are only shown."""
    booked: dict[str, Moment] = field(default_factory=dict)
    """When a payment of ours was last seen in the books of a debt, by its scope, in this process's life."""
    tried: dict[tuple[str, Command], Tried] = field(default_factory=dict)
    turn: ScreenTurn = field(default_factory=ScreenTurn)
    rechecks: Rechecks = field(default_factory=Rechecks)
    settlements: Rhythm = field(default_factory=Rhythm)

    def _event(self, kind: str, subject: str, facts: dict[str, Fact]) -> Event:
        return Event(kind=kind, at=self.clock.now(), subject=subject, facts=facts)

    def _known(self, payment_id: str) -> Payment:
        payment = self.journal.payment(payment_id)
        if payment is None:
            raise OperatorError("unknown_payment", payment_id=payment_id)
        return payment

    def _open(self) -> list[Payment]:
        return [self._known(payment_id) for payment_id in self.journal.unfinished()]

    def _marker(self, attempt: Attempt) -> str:
        length = self.policy.marker_length_max
        return make_marker(attempt.brand, attempt.last4, self.ids.marker_tail(), length)

    def _append(
        self,
        payment_id: str,
        payment: Payment | None,
        events: Iterable[Event],
        limit: Limit | None = None,
        further: tuple[Limit, ...] = (),
    ) -> Payment:
        """One durable transaction. A marker that is taken already is made anew (they are short)."""
        wanted = tuple(events)
        for _ in range(20):
            unfolding = Unfolding(payment_id, payment, self._marker, [], self.policy.fee_in_software)
            unfolding.add_all(wanted)
            after = unfolding.payment
            assert after is not None
            version = payment.version if payment else 0
            leases = leasing.steps(payment, after, self.journal.site, self.policy, self.clock.now())
            append = Append(
                payment_id=payment_id,
                version=version,
                events=tuple(unfolding.events),
                payment=after,
                limit=limit,
                further=further,
                lease=leases[0] if leases else None,
                durable=any(_cannot_be_asked_again(event) for event in unfolding.events),
            )
            try:
                self.journal.append(append)
            except JournalError as error:
                if error.code != "marker_used":
                    raise
                continue
            for step in leases[1:]:
                self.journal.site.move_lease(step)
            self._remember_booked(payment, after)
            return after
        raise JournalError("marker_used", payment_id=payment_id)

    def _remember_booked(self, before: Payment | None, after: Payment) -> None:
        known = {p.marker for p in before.postings if p.state is PostingState.POSTED} if before else set()
        for posting in after.postings:
            if posting.state is PostingState.POSTED and posting.marker not in known:
                self.booked[after.debt_of(posting).scope] = posting.since


def _cannot_be_asked_again(event: Event) -> bool:
    """Everything but that it is running; where its page is, nobody tells twice."""
    return event.kind != MoneyEvent.ACKNOWLEDGED or bool(event.text("session_id"))
