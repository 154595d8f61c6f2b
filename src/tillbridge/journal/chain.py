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

_quoted = json.encoder.encode_basestring_ascii


def genesis(journal_id: str) -> str:
    """The chain before the first event. It holds the journal's own id: events of another journal do not fit."""
    return hashlib.sha256(f"tillbridge journal {journal_id}".encode()).hexdigest()


def sealed(previous: str, seq: int, payment_id: str, event: Event) -> EventRow:
    """The row of an event that follows the chain `previous`. Raises ValueError for a fact that is not plain."""
    at = event.at
    facts = _plain(event)
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


def _plain(event: Event) -> str:
    """The facts as canonical JSON: names in order, no blanks, ASCII. By hand, because each append waits for it."""
    return "{" + ",".join([f"{_quoted(name)}:{_value(event, name)}" for name in sorted(event.facts)]) + "}"


def _value(event: Event, name: str) -> str:
    value = event.facts[name]
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    raise ValueError(f"the fact {name!r} of {event.kind} is a {type(value).__name__}")


def _hash(previous: str, row: tuple[int, str, str, str, int, str, int, str]) -> str:
    """Over the chain so far and the row as a list in canonical JSON."""
    seq, payment_id, kind, subject, wall_ms, boot, mono_ms, facts = row
    texts = f"{_quoted(payment_id)},{_quoted(kind)},{_quoted(subject)}"
    canonical = f"[{seq},{texts},{wall_ms},{_quoted(boot)},{mono_ms},{facts}]"
    return hashlib.sha256((previous + canonical).encode()).hexdigest()
