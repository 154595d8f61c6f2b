"""Saving what can be proved from a damaged journal.

The damaged files are copied aside untouched. A new journal is built from every event that verifies, and takes the
place of the old one only when it is complete. Each payment that is not proved finished gets a task for a person
(`salvaged`); where events may be missing, nothing is sent again (doubt.py). An interrupted salvage is begun anew from
the copies; until then no journal is opened there. It never guesses at an event that does not verify.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import apsw

from tillbridge.domain.errors import ImpossibleEvent, JournalError
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.fold import apply
from tillbridge.domain.moment import Moment
from tillbridge.journal import chain
from tillbridge.journal.check import journal_id_of, readable_row, refuse_newer
from tillbridge.journal.connect import Settings, claim, create, let_go, looking_at, told_as_journal_errors
from tillbridge.journal.disk import Disk
from tillbridge.journal.doubt import events_of_doubt, task_for_person
from tillbridge.journal.mark import Mark
from tillbridge.journal.migration import free_name, shipped
from tillbridge.journal.site_salvage import Left, read_left
from tillbridge.journal.sqlite import open_journal, salvaging_name
from tillbridge.ports.journal import Append, Journal

T = TypeVar("T")

GIVE_UP_AFTER = 5000
"""Where even the number of events is unreadable: so many missing ones in a row are taken for the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalvageReport:
    """What was saved. `aside`: the damaged files, unchanged. `dropped`: numbers of events that did not verify.

    `tasks`: payments that a person has to look at. `lost`: payments of which not even the beginning was left; what
    is known of them is in the damaged file alone. `tail_lost`: the newest events are missing, nobody knows how many.
    """

    path: str
    aside: tuple[str, ...]
    events: int
    payments: int
    dropped: tuple[int, ...]
    tasks: tuple[str, ...]
    lost: tuple[str, ...]
    tail_lost: bool


@dataclass(slots=True)
class _Found:
    """What was read from the damaged file. `rows`: by number, from 1; None where one cannot be read."""

    journal_id: str = ""
    rows: list[chain.EventRow | None] = field(default_factory=list)
    kept: list[chain.EventRow] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    doubted: set[str] = field(default_factory=set)
    """Payments at a break in the chain: theirs may be the event that is not as it was."""
    versions: dict[str, int] = field(default_factory=dict)
    """Number of events of each payment, as far as the derived rows can be read."""
    shared: Left = field(default_factory=dict)
    """What desks share."""
    tail_lost: bool = False


def salvage_file(file: Path, now: Moment, *, mark: Path | None = None) -> SalvageReport:
    """Salvage the journal at `file`, which nobody may have open. `mark`: as given to open_journal.

    Raises JournalError `missing`, `opened_twice`, `newer`, `disk_full` ..., or `nothing_salvaged` (nothing was
    changed then: no event at all could be verified).
    """
    path, disk = str(file), Disk()
    identity = disk.identity(path)
    claim(identity, path)
    try:
        with told_as_journal_errors(path):
            aside = _put_aside(path, disk)
            found = _read(path, disk, mark)
            if not found.kept:
                _forget(path, aside, disk)
                raise JournalError("nothing_salvaged", path=path)
            report = _build(found, aside, now, disk, path)
            _write_note(path, aside, disk)
            _change_over(report.path, path, disk)
            if mark is not None:
                _remember(mark, file, identity)
            return replace(report, path=path)
    finally:
        let_go(identity)


# ---------------------------------------------------------------- the files


def _put_aside(path: str, disk: Disk) -> tuple[str, ...]:
    """Copy the damaged files; or, after an interrupted salvage, put them back as they were."""
    note = salvaging_name(path)
    if disk.exists(note):
        aside = tuple(json.loads(Path(note).read_text(encoding="utf-8")))
        for copy in aside:
            original = path + copy.removeprefix(aside[0])
            disk.remove(original)
            disk.copy(copy, original)
        return aside
    if not disk.exists(path):
        raise JournalError("missing", path=path)
    _refuse_running(path, disk)
    first = free_name(disk, f"{path}.damaged")
    log = f"{path}-wal"
    files = [path, log] if disk.exists(log) and disk.size(log) else [path]
    aside = tuple(first + name.removeprefix(path) for name in files)
    for name, copy in zip(files, aside, strict=True):
        disk.copy(name, copy)
    return aside


def _refuse_running(path: str, disk: Disk) -> None:
    try:
        with told_as_journal_errors(path), looking_at(path, disk, Settings()) as connection:
            refuse_newer(connection, path)
    except JournalError as error:
        if error.code != "damaged":
            raise


def _forget(path: str, aside: tuple[str, ...], disk: Disk) -> None:
    for copy in aside:
        disk.remove(copy)
    disk.remove(salvaging_name(path))


def _change_over(new: str, path: str, disk: Disk) -> None:
    """The old log goes first: beside the new file SQLite would take it for the new file's own."""
    disk.remove(f"{path}-wal")
    disk.replace(new, path)
    disk.remove(salvaging_name(path))


def _write_note(path: str, aside: tuple[str, ...], disk: Disk) -> None:
    note = salvaging_name(path)
    Path(note).write_text(json.dumps(aside), encoding="utf-8")
    disk.sync(note)


def _remember(mark: Path, file: Path, identity: str) -> None:
    let_go(identity)
    journal = open_journal(file, mark=mark)
    journal.accept_as_it_is()
    journal.close()


# ---------------------------------------------------------------- reading the damaged file


def _read(path: str, disk: Disk, mark: Path | None) -> _Found:
    found = _Found()
    try:
        with looking_at(path, disk, Settings(), broken=True) as connection:
            found.journal_id = _tolerant(lambda: journal_id_of(connection), "")
            found.rows = _rows(connection)
            found.versions = _versions(connection)
            found.shared = read_left(connection)
    except (apsw.Error, JournalError):  # not even a database is left: nothing found is the answer
        return found
    _verify(found)
    found.tail_lost = _tail_lost(found, mark)
    return found


def _tolerant(read: Callable[[], T], otherwise: T) -> T:
    """What a read gives, or `otherwise` where the file is broken: the answer of a salvage is what is left."""
    try:
        return read()
    except (apsw.Error, UnicodeDecodeError):
        return otherwise


def _rows(connection: apsw.Connection) -> list[chain.EventRow | None]:
    """Every event by its number, one at a time, so that a broken page takes only its own with it."""
    last = _tolerant(lambda: _number(connection, "SELECT max(seq) FROM event"), 0)
    last = max(last, _tolerant(lambda: _number(connection, "SELECT max(last_seq) FROM payment"), 0))
    rows: list[chain.EventRow | None] = []
    missing = 0
    while len(rows) < last or (last == 0 and missing < GIVE_UP_AFTER):
        rows.append(readable_row(connection, len(rows) + 1))
        missing = missing + 1 if rows[-1] is None else 0
    return rows[: len(rows) - missing] if last == 0 else rows


def _number(connection: apsw.Connection, query: str) -> int:
    return int(connection.execute(query).get or 0)


def _versions(connection: apsw.Connection) -> dict[str, int]:
    versions: dict[str, int] = {}
    rows = _tolerant(lambda: connection.execute("SELECT payment_id, version FROM payment"), None)
    while rows is not None:
        row: Any = _tolerant(lambda: next(rows, None), None)
        if row is None:
            break
        versions[str(row[0])] = int(row[1])
    return versions


def _verify(found: _Found) -> None:
    """An event is kept if it follows from the one before; at a break both sides are in doubt."""
    before: str | None = chain.genesis(found.journal_id) if found.journal_id else None
    previous: chain.EventRow | None = None
    for seq, row in enumerate(found.rows, 1):
        if row is not None and before is not None and chain.holds_together(before, row):
            found.kept.append(row)
        else:
            found.dropped.append(seq)
            found.doubted |= {str(each[1]) for each in (previous, row) if each is not None}
        previous, before = row, row[8] if row is not None else None


def _tail_lost(found: _Found, mark: Path | None) -> bool:
    if mark is None or not mark.exists():
        return False
    with closing(Mark(mark)) as opened:
        reached = opened.read()
    ours = reached is not None and reached.journal_id == (found.journal_id or reached.journal_id)
    return reached is not None and ours and reached.seq > len(found.rows)


# ---------------------------------------------------------------- the new journal


def _build(found: _Found, aside: tuple[str, ...], now: Moment, disk: Disk, path: str) -> SalvageReport:
    """A complete journal beside the old one. One sync at the end is enough: nobody relies on it before."""
    settings = Settings(synchronous="NORMAL")
    new = create(path, disk, settings, shipped(), "", {"salvaged_from": Path(aside[0]).name})
    try:
        report = _filled(new, settings, found, aside, now)
        disk.sync(new)
    except BaseException:
        disk.remove(new)
        disk.remove(f"{new}-wal")
        raise
    return report


def _filled(
    new: str, settings: Settings, found: _Found, aside: tuple[str, ...], now: Moment
) -> SalvageReport:
    journal = open_journal(Path(new), settings=settings)
    try:
        lost = _replay(journal, found)
        journal.site.write_left(found.shared)
        tasks = tuple(_tasks(journal, found, now))
        soundness = journal.check()
    finally:
        journal.close()
    if not soundness.sound:
        raise JournalError("damaged", path=new, reason=soundness.reason, seq=soundness.bad_seq)
    return SalvageReport(
        path=new,
        aside=aside,
        events=len(found.kept),
        payments=soundness.payments,
        dropped=tuple(found.dropped),
        tasks=tasks,
        lost=tuple(sorted(lost | (found.versions.keys() - _ids(found)))),
        tail_lost=found.tail_lost,
    )


def _ids(found: _Found) -> set[str]:
    return {row[1] for row in found.kept}


def _replay(journal: Journal, found: _Found) -> set[str]:
    """Write every kept event again. Returns the payments whose beginning is missing."""
    lost = set()
    for row in found.kept:
        payment_id, event = row[1], chain.event_of(row)
        payment = journal.payment(payment_id)
        if payment is None and event.kind != PaymentEvent.PAYMENT_CREATED:
            lost.add(payment_id)
            continue
        try:
            _write(journal, payment_id, event)
        except (ImpossibleEvent, ValueError) as gap:
            found.doubted.add(payment_id)
            state = gap.facts.get("state") if isinstance(gap, ImpossibleEvent) else str(gap)
            facts = {**event.facts, "kind": str(event.kind), "state": state}
            impossible = Event(kind=PaymentEvent.IMPOSSIBLE, at=event.at, subject=event.subject, facts=facts)
            _write(journal, payment_id, impossible)
    return lost


def _write(journal: Journal, payment_id: str, *events: Event) -> None:
    before = payment = journal.payment(payment_id)
    for event in events:
        payment = apply(payment_id, payment, event)
    assert payment is not None
    version = before.version if before else 0
    journal.append(Append(payment_id=payment_id, version=version, events=events, payment=payment))


def _tasks(journal: Journal, found: _Found, now: Moment) -> Iterator[str]:
    counts = Counter(row[1] for row in found.kept)
    for payment_id in dict.fromkeys(row[1] for row in found.kept):
        payment = journal.payment(payment_id)
        if payment is None:
            continue
        whole = counts[payment_id] == found.versions.get(payment_id)
        doubted = not whole or payment_id in found.doubted or (found.tail_lost and not payment.finished)
        if doubted:
            _write(journal, payment_id, *events_of_doubt(payment, now, "salvaged"))
        elif not payment.finished:
            _write(journal, payment_id, task_for_person(now, "salvaged"))
        else:
            continue
        yield payment_id
