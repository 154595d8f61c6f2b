"""The hash chain over events: each event carries a hash of itself and of the one before.

A changed, removed or inserted event breaks the chain from there on. It proves nothing against someone who rewrites
the whole file, and the newest events can be cut off without a trace in the chain itself (the derived rows and the
mark show that). Pure; must not read or write anything.
"""

from __future__ import annotations

import hashlib
import json

from tillbridge.domain.event import Event
from tillbridge.domain.moment import Moment

EventRow = tuple[int, str, str, str, int, str, int, str, str]
"""seq, payment_id, kind, subject, wall_ms, boot, mono_ms, facts, chain: as they stand in the table."""

COLUMNS = "seq, payment_id, kind, subject, wall_ms, boot, mono_ms, facts, chain"

_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True, allow_nan=False).encode


def genesis(journal_id: str) -> str:
    """The chain before the first event. It holds the journal's own id: events of another journal do not fit."""
    return hashlib.sha256(f"tillbridge journal {journal_id}".encode()).hexdigest()


def sealed(previous: str, seq: int, payment_id: str, event: Event) -> EventRow:
    """The row of an event that follows the chain `previous`. Raises ValueError for a fact that is not plain."""
    at = event.at
    facts = _encode(_plain(event))
    row = (seq, payment_id, str(event.kind), event.subject, at.wall_ms, at.boot, at.mono_ms, facts)
    return (*row, _hash(previous, row))


def holds_together(previous: str, row: EventRow) -> bool:
    """Whether a row is what was written after the chain `previous`. A broken page may give any value for any."""
    try:
        return _hash(previous, row[:8]) == row[8]
    except (TypeError, ValueError):
        return False


def event_of(row: EventRow) -> Event:
    _, _, kind, subject, wall_ms, boot, mono_ms, facts, _ = row
    return Event(kind=kind, at=Moment(wall_ms, boot, mono_ms), subject=subject, facts=json.loads(facts))


def _plain(event: Event) -> dict[str, str | int | None]:
    facts = dict(event.facts)
    for name, value in facts.items():
        if value is not None and not isinstance(value, str | int):
            raise ValueError(f"the fact {name!r} of {event.kind} is a {type(value).__name__}")
    return facts


def _hash(previous: str, row: tuple[int, str, str, str, int, str, int, str]) -> str:
    canonical = f"{_encode(row[:7])[:-1]},{row[7]}]"
    return hashlib.sha256((previous + canonical).encode()).hexdigest()
