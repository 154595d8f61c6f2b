"""Is a journal sound? The chain, the numbers without gaps, and everything derived compared with the events.

Reads only: a damaged file stays as it was found, evidence and all. `reason` of a Check is a code:
`file` (SQLite finds its own structure broken), `unreadable`, `chain`, `gap`, `fold` (events that cannot follow each
other), `derived_row`, `holds`, `reference`, `marker`, `orphan` (a derived row without events), `meta`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from tillbridge.domain.errors import ImpossibleEvent, JournalError
from tillbridge.domain.fold import fold
from tillbridge.domain.payment import Payment, holds
from tillbridge.journal import chain
from tillbridge.journal.connect import Settings, claim, let_go, looking_at, told_as_journal_errors
from tillbridge.journal.derived import OF_ROW, markers_of, references_of, row_of
from tillbridge.journal.disk import Disk
from tillbridge.journal.migration import shape_of, shipped
from tillbridge.ports.journal import Check

AT_OPENING_EVENTS = 5000
"""So many of the newest events are verified each time a journal is opened."""

AT_OPENING_DERIVED = 1000
"""What is derived from the payments of so many of the newest events is compared with them each time."""

AT_OPENING_BYTES = 64 * 1024 * 1024
"""Up to this size SQLite's own structure is checked each time, too."""


Told = Callable[[int, int], None]
"""How far a check has come: events done, events in all. A year of a busy clinic takes some seconds."""


def _nobody(_done: int, _events: int) -> None:
    """Nobody wants to know."""


STEP = 500
"""Events between two calls of `told`."""


class Fault(NamedTuple):
    reason: str
    seq: int | None = None


def check_file(
    file: Path, *, disk: Disk | None = None, settings: Settings | None = None, told: Told = _nobody
) -> Check:
    """Check a journal that nobody has open. Raises JournalError `missing`, `opened_twice` or `newer`.

    `told` is called now and then, to show progress.
    """
    disk, path = disk or Disk(), str(file)
    with told_as_journal_errors(path):
        if not disk.exists(path):
            raise JournalError("missing", path=path)
        identity = disk.identity(path)
        claim(identity, path)
        try:
            return _check_closed(path, disk, settings or Settings(), told)
        finally:
            let_go(identity)


def _check_closed(path: str, disk: Disk, settings: Settings, told: Told) -> Check:
    try:
        with told_as_journal_errors(path), looking_at(path, disk, settings) as connection:
            refuse_newer(connection, path)
            return check_all(connection, told)
    except JournalError as error:
        if error.code != "damaged":
            raise
        return Check(
            sound=False, events=0, payments=0, reason=str(error.facts["reason"])
        )  # not even counted: nothing in it can be read


def refuse_newer(connection: apsw.Connection, path: str) -> None:
    shape, newest = shape_of(connection), shipped()[-1].number
    if shape > newest:
        raise JournalError("newer", path=path, file_version=shape, program_version=newest)


def check_all(connection: apsw.Connection, told: Told = _nobody) -> Check:
    """Everything, in one pass by number and one by payment."""
    try:
        counted = _counted(connection)
    except apsw.Error:
        counted = (0, 0)
    try:
        fault = next(_faults(connection, partial(_tell, told, counted[0])), None)
    except (apsw.Error, UnicodeDecodeError):
        fault = Fault("unreadable", _first_unreadable(connection))
    events, payments = counted
    if fault is None:
        return Check(sound=True, events=events, payments=payments)
    return Check(sound=False, events=events, payments=payments, bad_seq=fault.seq, reason=fault.reason)


def fault_at_opening(connection: apsw.Connection, size: int) -> Fault | None:
    """What is looked at each time: bounded, so that an old journal opens as fast as a young one. None: sound.

    Beside the newest payments every unfinished one is compared, however old.
    """
    last = _last_seq(connection)
    faults = itertools.chain(
        _structure(connection, "quick_check") if size <= AT_OPENING_BYTES else (),
        _meta(connection),
        _numbers(connection),
        _chain(connection, max(0, last - AT_OPENING_EVENTS)),
        _live_payments(connection, last - AT_OPENING_DERIVED),
    )
    return next(faults, None)


def _counted(connection: apsw.Connection) -> tuple[int, int]:
    events = connection.execute("SELECT count(*) FROM event").get
    return int(events), int(connection.execute("SELECT count(*) FROM payment").get)


def _last_seq(connection: apsw.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(seq), 0) FROM event").get)


def _tell(told: Told, events: int, done: int) -> None:
    told(min(done, events), events)


def _faults(connection: apsw.Connection, done: Callable[[int], None]) -> Iterator[Fault]:
    yield from _meta(connection)
    yield from _chain(connection, 0)
    yield from _numbers(connection)
    yield from _payments(connection, done)
    yield from _orphans(connection)
    yield from _structure(connection, "integrity_check")


def _structure(connection: apsw.Connection, pragma: str) -> Iterator[Fault]:
    if connection.execute(f"PRAGMA {pragma}(1)").get != "ok":
        yield Fault("file")


def _meta(connection: apsw.Connection) -> Iterator[Fault]:
    if not journal_id_of(connection):
        yield Fault("meta")


def journal_id_of(connection: apsw.Connection) -> str:
    return str(connection.execute("SELECT value FROM meta WHERE name = 'journal_id'").get or "")


def _numbers(connection: apsw.Connection) -> Iterator[Fault]:
    """Cheap and whole: as many events as the highest number says. The place of a gap is found by the chain."""
    query = "SELECT count(*), coalesce(min(seq), 1), coalesce(max(seq), 0) FROM event"
    count, first, last = connection.execute(query).fetchall()[0]
    if (first, last) != (1, count):
        yield Fault("gap", int(str(last)))


def _chain(connection: apsw.Connection, after_seq: int) -> Iterator[Fault]:
    previous = _chain_at(connection, after_seq)
    rows = connection.execute(f"SELECT {chain.COLUMNS} FROM event WHERE seq > ? ORDER BY seq", (after_seq,))
    for expected, row in enumerate(rows, after_seq + 1):
        if row[0] != expected:
            yield Fault("gap", expected)
            return
        if not chain.holds_together(previous, row):
            yield Fault("chain", expected)
            return
        previous = row[8]


def _chain_at(connection: apsw.Connection, seq: int) -> str:
    if seq == 0:
        return chain.genesis(journal_id_of(connection))
    return str(connection.execute("SELECT chain FROM event WHERE seq = ?", (seq,)).get)


def _first_unreadable(connection: apsw.Connection) -> int | None:
    """The number of the first event that cannot be fetched; None if all can, or not even the highest is known."""
    try:
        last = _last_seq(connection)
    except apsw.Error:
        return None
    for seq in range(1, last + 1):
        if readable_row(connection, seq) is None:
            return seq
    return None


def readable_row(connection: apsw.Connection, seq: int) -> chain.EventRow | None:
    """One event as it stands in the table, or None if it is not there or lies in a broken page."""
    try:
        query = f"SELECT {chain.COLUMNS} FROM event WHERE seq = ?"
        rows: list[Any] = connection.execute(query, (seq,)).fetchall()
    except (apsw.Error, UnicodeDecodeError):
        return None
    return rows[0] if rows else None


def _payments(connection: apsw.Connection, done: Callable[[int], None]) -> Iterator[Fault]:
    rows = connection.execute(f"SELECT {chain.COLUMNS} FROM event ORDER BY payment_id, seq")
    seen = 0
    for payment_id, group in itertools.groupby(rows, key=lambda row: str(row[1])):
        events = list(group)
        yield from _payment_faults(connection, payment_id, events)
        if (seen + len(events)) // STEP > seen // STEP:
            done(seen + len(events))
        seen += len(events)
    done(seen)


def _live_payments(connection: apsw.Connection, after_seq: int) -> Iterator[Fault]:
    query = "SELECT payment_id FROM payment WHERE finished = 0 OR last_seq > ?"
    for (payment_id,) in connection.execute(query, (after_seq,)).fetchall():
        events = f"SELECT {chain.COLUMNS} FROM event WHERE payment_id = ? ORDER BY seq"
        rows: list[Any] = connection.execute(events, (payment_id,)).fetchall()
        yield from _payment_faults(connection, str(payment_id), rows) if rows else (Fault("orphan"),)


def _payment_faults(
    connection: apsw.Connection, payment_id: str, rows: list[chain.EventRow]
) -> Iterator[Fault]:
    """Everything derived from one payment compared with its events."""
    first, last = rows[0][0], rows[-1][0]
    try:
        payment = fold(payment_id, (chain.event_of(row) for row in rows))
    except (ImpossibleEvent, ValueError, KeyError, TypeError):
        yield Fault("fold", last)
        return
    assert payment is not None
    if _stored_row(connection, payment_id) != (first, last, *row_of(payment)):
        yield Fault("derived_row", last)
    yield from _belongings(connection, payment, last)


def _stored_row(connection: apsw.Connection, payment_id: str) -> tuple[object, ...] | None:
    query = f"SELECT first_seq, last_seq, {OF_ROW} FROM payment WHERE payment_id = ?"
    rows = connection.execute(query, (payment_id,)).fetchall()
    return rows[0] if rows else None


def _belongings(connection: apsw.Connection, payment: Payment, seq: int) -> Iterator[Fault]:
    """What is stored under a payment's id must be what it has now: no hold too few, none too many."""
    name = (payment.payment_id,)
    rows: list[Any] = connection.execute(
        "SELECT scope, minor FROM hold WHERE payment_id = ?", name
    ).fetchall()
    held = dict(rows)
    if held != holds(payment):
        yield Fault("holds", seq)
    for reference in references_of(payment):
        owner = connection.execute("SELECT payment_id FROM reference WHERE reference = ?", (reference,)).get
        if owner != payment.payment_id:
            yield Fault("reference", seq)
    for marker in markers_of(payment):
        if (
            connection.execute("SELECT payment_id FROM marker WHERE marker = ?", (marker,)).get
            != payment.payment_id
        ):
            yield Fault("marker", seq)


def _orphans(connection: apsw.Connection) -> Iterator[Fault]:
    """Derived rows whose payment has no events."""
    for table in ("payment", "hold", "reference", "marker"):
        query = f"SELECT count(*) FROM {table} WHERE payment_id NOT IN (SELECT payment_id FROM event)"
        if connection.execute(query).get:
            yield Fault("orphan")
