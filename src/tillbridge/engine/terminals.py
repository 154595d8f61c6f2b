"""The part of the engine that arms terminals: one desk's at a time (rule 12; the decisions are in leasing.py).

The intent and the lease are one transaction. A desk that does not get the terminal sends nothing, and says whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tillbridge.domain.errors import Fact, OperatorError
from tillbridge.domain.event import Event
from tillbridge.domain.lease import Lease, leased_name
from tillbridge.domain.moment import Moment
from tillbridge.domain.money_leg import MoneyEvent
from tillbridge.domain.outcome import Inquiry, NotSent
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.engine import leasing
from tillbridge.engine.work import Send, Task
from tillbridge.engine.writing import Writing
from tillbridge.ports.gateway import Terminal


class Terminals(Writing):
    """Owned by the journal's thread; only `_not_ready` runs where gateways are called."""

    __slots__ = ()

    def lease_of(self, terminal_id: str) -> Lease | None:
        """Who has a terminal of this gateway account, or had it last; None if nobody ever did."""
        return self.journal.site.lease(leased_name(self.policy.gateway, terminal_id))

    def take_over(
        self,
        lease: Lease,
        shown: Sequence[Terminal],
        told: Inquiry,
        looked_at: Moment,
        horizon_ms: int,
    ) -> Lease:
        """End a lease that ran out, so that this desk can use the terminal. The face asked the gateway before:
        `shown`: its terminals; `told`: what became of `lease.reference`; `looked_at`: a moment before both;
        `horizon_ms`: how long the gateway can still take what it was sent.

        Raises OperatorError `terminal_in_use` (it has not run out, is not idle, or the old attempt may still come),
        `terminal_lost` (somebody else was faster).
        """
        now = self.clock.now()
        over = leasing.proved_over(lease, self._attempt_of(lease.reference), told, horizon_ms, now)
        step = leasing.take_over(lease, self.policy, shown, looked_at, old_is_over=over, now=now)
        return self.journal.site.move_lease(step)

    def _attempt_of(self, reference: str) -> Attempt | None:
        payment_id = self.journal.payment_of_reference(reference)
        return self._known(payment_id).attempt(reference) if payment_id is not None else None

    def _armed(self, payment: Payment, task: Task, events: Iterable[Event]) -> Task | None:
        """Journal the sending with its lease. None where another desk has the terminal: nothing leaves, and the
        attempt is told as `not_sent`."""
        wanted = tuple(events)
        try:
            after = self._append(payment.payment_id, payment, wanted)
        except OperatorError as error:
            if error.code != "terminal_in_use":
                raise
            facts: dict[str, Fact] = {"reason": error.code, **error.facts}
            refused = self._event(MoneyEvent.NOT_SENT, task.subject, facts)
            self._append(payment.payment_id, payment, (*wanted, refused))
            return None
        attempt = after.attempt(task.subject)
        terminal = leasing.terminal_of(attempt, self.policy) if attempt is not None else ""
        if not terminal or not isinstance(task.work, Send):
            return task
        return replace(task, work=replace(task.work, lease=self.journal.site.lease(terminal)))

    def _not_ready(self, task: Task, now: Moment) -> NotSent | None:
        """Look at the terminal before anything is sent to it."""
        lease = task.work.lease if isinstance(task.work, Send) else None
        return leasing.not_ready(lease, self.gateway, now)

    def _renew(self, payment: Payment, reference: str, now: Moment) -> None:
        """It is still used, and there is nothing to journal."""
        attempt = payment.attempt(reference)
        step = leasing.renewal(attempt, self.journal.site, self.policy, now) if attempt is not None else None
        if step is not None:
            self.journal.site.move_lease(step)

    def _release_left_behind(self) -> None:
        """After a start of the process: what it had leased and does not use any more."""
        for step in leasing.left_behind(self.journal.site, self.policy, self._attempt_of):
            self.journal.site.move_lease(step)
