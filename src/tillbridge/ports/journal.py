"""The durable record that the engine needs. Events are truth; the payment row beside them is derived from them.

One append is one durable transaction (fsync before it returns). Everything is synchronous; one thread owns it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tillbridge.domain.event import Event
from tillbridge.domain.lease import LeaseStep
from tillbridge.domain.payment import Payment
from tillbridge.ports.site_store import SiteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Rules 4 and 10, inside the intent's transaction: what all payments hold on `scope` may not exceed `minor`.

    `scope`: `invoice:<software>:<account>:<number>` or `payment:<payment_id>`. Checked after the new events are
    applied; if it is exceeded the whole append is refused with OperatorError `not_chargeable` and the facts
    `limit_minor`, `held_minor` (held by others).
    """

    scope: str
    minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """One transaction. `version` is the number of events of this payment the writer has seen (0 = a new payment).

    `payment` is the state after the events (the writer folded it); its holds, references and markers are stored
    from it. Raises JournalError `stale` if another event came in between, `reference_used` or `marker_used` if a
    reference or marker belongs to another payment.

    `lease`: rule 12, in the intent's transaction: what becomes of a terminal's lease with these events. If it is
    refused the whole append is, with OperatorError `terminal_in_use` or `terminal_lost`.

    `durable=False`: stored and chained at once, but without a sync of its own: a power cut (not a crash) may take it,
    until the next durable append makes it durable, too. Only for what nothing is done upon and what an inquiry tells
    again, such as `acknowledged`.
    """

    payment_id: str
    version: int
    events: tuple[Event, ...]
    payment: Payment
    limit: Limit | None = None
    further: tuple[Limit, ...] = ()
    """One for each further invoice of a payment over several: all hold, or nothing is appended."""
    lease: LeaseStep | None = None
    durable: bool = True

    @property
    def limits(self) -> tuple[Limit, ...]:
        return self.further if self.limit is None else (self.limit, *self.further)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One stored event. `seq` runs over the whole journal without gaps from 1; `chain` is the hash up to here (hex)."""

    seq: int
    payment_id: str
    event: Event
    chain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What `journal check` found: `sound`, or the first bad place and why."""

    sound: bool
    events: int
    payments: int
    bad_seq: int | None = None
    reason: str = ""


class Journal(Protocol):
    @property
    def site(self) -> SiteStore:
        """What the desks of the site share; kept where the journal is kept, so that one transaction holds both."""
        ...

    def append(self, append: Append) -> Sequence[Stored]: ...

    def payment(self, payment_id: str) -> Payment | None: ...

    def events(self, payment_id: str) -> Sequence[Stored]: ...

    def unfinished(self) -> Sequence[str]:
        """Payment ids that are not finished (Payment.finished is False), oldest first."""
        ...

    def recent(self, limit: int = 50) -> Sequence[Payment]:
        """Newest first."""
        ...

    def held_minor(self, scope: str, without: str = "") -> int:
        """What all payments but `without` hold on a scope, in minor units."""
        ...

    def payment_of_reference(self, reference: str) -> str | None: ...

    def payment_of_marker(self, marker: str) -> str | None: ...

    def markers(self, beginning: str) -> Sequence[str]:
        """All markers that begin with these characters."""
        ...

    def since(self, seq: int, limit: int = 500) -> Sequence[Stored]:
        """Events with a higher number, for those who follow along."""
        ...

    def check(self) -> Check: ...

    def close(self) -> None: ...
