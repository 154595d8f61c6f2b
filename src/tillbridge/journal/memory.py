"""The in-memory twin of the journal: the same answers and refusals, nothing durable.

For simulations and tests. It is kept outside of the simulated process, so it survives that one's crashes; its hooks
are called before and after each append and may raise, to crash exactly there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tillbridge.domain.errors import ImpossibleEvent
from tillbridge.domain.fold import fold
from tillbridge.domain.payment import Payment, holds
from tillbridge.journal import chain
from tillbridge.journal.derived import markers_of, references_of
from tillbridge.journal.refusals import refuse_above, refuse_nonsense, refuse_stale, refuse_taken
from tillbridge.journal.site_memory import MemorySiteStore
from tillbridge.ports.journal import Append, Check, Stored

Hook = Callable[[Append], None]


def _nothing(_append: Append) -> None:
    """No crash here."""


class MemoryJournal:
    """A journal that lives as long as this object. `journal_id` begins the chain, as in a file.

    `before_append`: called when nothing is stored yet; `after_append`: called when all is stored, before the writer
    hears of it. `site`: of several desks that share one.
    """

    def __init__(self, journal_id: str = "memory", site: MemorySiteStore | None = None) -> None:
        self.journal_id = journal_id
        self.site = site or MemorySiteStore()
        self.before_append: Hook = _nothing
        self.after_append: Hook = _nothing
        self._stored: list[Stored] = []
        self._of_payment: dict[str, list[Stored]] = {}
        self._payments: dict[str, Payment] = {}
        self._holds: dict[str, dict[str, int]] = {}
        """scope -> payment_id -> minor units"""
        self._references: dict[str, str] = {}
        self._markers: dict[str, str] = {}

    def append(self, append: Append) -> Sequence[Stored]:
        self.before_append(append)
        refuse_nonsense(append)
        known = self._payments.get(append.payment_id)
        refuse_stale(append, known.version if known else 0)
        held = holds(append.payment)
        self._refuse(append, held)
        stored = self._sealed(append)
        if append.lease is not None:
            self.site.move_lease(append.lease)
        self._keep(append.payment, stored, held)
        self.after_append(append)
        return stored

    def _refuse(self, append: Append, held: dict[str, int]) -> None:
        for reference in sorted(references_of(append.payment)):
            owner = self._references.get(reference)
            refuse_taken("reference_used", reference, owner, append.payment_id)
        for marker in sorted(markers_of(append.payment)):
            refuse_taken("marker_used", marker, self._markers.get(marker), append.payment_id)
        for limit in append.limits:
            refuse_above(limit, self.held_minor(limit.scope, append.payment_id), held.get(limit.scope, 0))

    def _sealed(self, append: Append) -> tuple[Stored, ...]:
        rows = []
        previous, seq = self.head, len(self._stored)
        for event in append.events:
            seq += 1
            row = chain.sealed(previous, seq, append.payment_id, event)
            previous = row[8]
            rows.append(Stored(seq=seq, payment_id=append.payment_id, event=event, chain=previous))
        return tuple(rows)

    def _keep(self, payment: Payment, stored: Sequence[Stored], held: dict[str, int]) -> None:
        name = payment.payment_id
        self._stored.extend(stored)
        self._of_payment.setdefault(name, []).extend(stored)
        self._payments[name] = payment
        for of_scope in self._holds.values():
            of_scope.pop(name, None)
        for scope, minor in held.items():
            self._holds.setdefault(scope, {})[name] = minor
        self._references.update(dict.fromkeys(references_of(payment), name))
        self._markers.update(dict.fromkeys(markers_of(payment), name))

    @property
    def head(self) -> str:
        """The chain up to the newest event."""
        return self._stored[-1].chain if self._stored else chain.genesis(self.journal_id)

    def payment(self, payment_id: str) -> Payment | None:
        return self._payments.get(payment_id)

    def events(self, payment_id: str) -> Sequence[Stored]:
        return tuple(self._of_payment.get(payment_id, ()))

    def unfinished(self) -> Sequence[str]:
        return tuple(name for name, payment in self._payments.items() if not payment.finished)

    def recent(self, limit: int = 50) -> Sequence[Payment]:
        newest_first = reversed(self._payments.values())
        return tuple(payment for payment, _ in zip(newest_first, range(limit), strict=False))

    def held_minor(self, scope: str, without: str = "") -> int:
        held = self._holds.get(scope, {})
        return sum(minor for name, minor in held.items() if name != without)

    def payment_of_reference(self, reference: str) -> str | None:
        return self._references.get(reference)

    def payment_of_marker(self, marker: str) -> str | None:
        return self._markers.get(marker)

    def markers(self, beginning: str) -> Sequence[str]:
        return tuple(sorted(marker for marker in self._markers if marker.startswith(beginning)))

    def since(self, seq: int, limit: int = 500) -> Sequence[Stored]:
        start = max(0, seq)
        return tuple(self._stored[start : start + max(0, limit)])

    def check(self) -> Check:
        """The chain, and each payment against its events. A hold cannot differ: it is never stored elsewhere."""
        previous = chain.genesis(self.journal_id)
        for stored in self._stored:
            previous = chain.sealed(previous, stored.seq, stored.payment_id, stored.event)[8]
            if previous != stored.chain:
                return self._bad(stored.seq, "chain")
        for name, payment in self._payments.items():
            events = self._of_payment[name]
            if _differs(payment, events):
                return self._bad(events[-1].seq, "derived_row")
        return Check(sound=True, events=len(self._stored), payments=len(self._payments))

    def _bad(self, seq: int, reason: str) -> Check:
        return Check(
            sound=False, events=len(self._stored), payments=len(self._payments), bad_seq=seq, reason=reason
        )

    def close(self) -> None:
        """Nothing to let go of: what was appended stays readable, as after a restart."""


def _differs(payment: Payment, events: Sequence[Stored]) -> bool:
    try:
        return fold(payment.payment_id, (each.event for each in events)) != payment
    except ImpossibleEvent:
        return True
