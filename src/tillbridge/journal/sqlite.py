"""The journal in one SQLite file: an append is durable before it returns.

One transaction and one fsync an append. One connection, one thread; a second process is refused. What is in memory
is only ever what was committed. It never waits for a person and decides nothing about money.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from tillbridge.domain.errors import Fact, ImpossibleEvent, JournalError
from tillbridge.domain.fold import apply, fold
from tillbridge.domain.moment import Moment
from tillbridge.domain.payment import Payment
from tillbridge.journal import chain, statements
from tillbridge.journal.check import check_all, fault_at_opening, journal_id_of
from tillbridge.journal.connect import (
    Settings,
    claim,
    connect,
    create,
    let_go,
    refuse_old_sqlite,
    told_as_journal_errors,
    trouble,
    trust,
)
from tillbridge.journal.derived import NOTHING, Belongings, belongings_of, row_of
from tillbridge.journal.disk import Disk
from tillbridge.journal.doubt import events_of_doubt
from tillbridge.journal.mark import Mark, Reached
from tillbridge.journal.migration import Migration, back_up, migrate, shipped
from tillbridge.journal.rederive import rederive
from tillbridge.journal.refusals import refuse_above, refuse_nonsense, refuse_stale, refuse_taken
from tillbridge.journal.site_sqlite import SqliteSiteStore
from tillbridge.ports.journal import Append, Check, Stored

KEPT = 1000
"""Folded payments kept in memory; the finished ones among them are forgotten first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about an opened journal that a person should know; the journal itself is sound.

    `ram_disk`, `network_share`: it lies where a power cut or a bad line can lose it.
    `restored_from_backup` (seq_here, seq_known): it had come further than it stands now.
    `journal_replaced` (seq_known): this desk had another journal before.
    `migrated` (copy): an older file was brought up to date; the copy is as it was before.
    """

    code: str
    facts: dict[str, Fact] = field(default_factory=dict)


def open_journal(
    path: Path,
    *,
    mark: Path | None = None,
    disk: Disk | None = None,
    settings: Settings | None = None,
    migrations: Sequence[Migration] | None = None,
    journal_id: str = "",
) -> SqliteJournal:
    """Open the journal at `path`, or begin a new one if there is none.

    `mark`: where to remember how far it came (mark.py). `journal_id`: for a new one; made up if empty.
    Raises JournalError `damaged` (reason as in check.py, also `empty`, `foreign`, `main_file_missing`,
    `salvage_unfinished`), `newer`, `opened_twice`, `read_only`, `disk_full`, `disk_failed`, `missing_folder`,
    `sqlite_too_old`.
    """
    disk, settings = disk or Disk(), settings or Settings()
    refuse_old_sqlite()
    name = str(path)
    with told_as_journal_errors(name):
        if not disk.exists(str(path.parent)):
            raise JournalError("missing_folder", path=name)
        identity = disk.identity(name)
        claim(identity, name)
        try:
            return _opened(name, identity, mark, disk, settings, tuple(migrations or shipped()), journal_id)
        except BaseException:
            let_go(identity)
            raise


def _opened(
    path: str,
    identity: str,
    mark_path: Path | None,
    disk: Disk,
    settings: Settings,
    migrations: tuple[Migration, ...],
    journal_id: str,
) -> SqliteJournal:
    _refuse_half_a_journal(path, disk)
    if not disk.exists(path):
        _begin(path, disk, settings, migrations, journal_id)
    connection = connect(path, disk, settings)
    mark: Mark | None = None
    try:
        copy = migrate(connection, path, migrations, disk)
        copy = rederive(connection, path, disk) or copy
        fault = fault_at_opening(connection, disk.size(path))
        if fault is not None:
            raise JournalError("damaged", path=path, reason=fault.reason, seq=fault.seq)
        mark = Mark(mark_path) if mark_path is not None else None
        journal = SqliteJournal(path, connection, identity, mark, settings)
        trust(connection, settings)
        journal.found = tuple(_findings(journal, disk, copy, mark.read() if mark else None))
        return journal
    except BaseException:
        connection.close()
        if mark is not None:
            mark.close()
        raise


def salvaging_name(path: str) -> str:
    """The note that a salvage has begun; as long as it lies there the journal is not opened."""
    return f"{path}.salvaging"


def _refuse_half_a_journal(path: str, disk: Disk) -> None:
    if disk.exists(salvaging_name(path)):
        raise JournalError("damaged", path=path, reason="salvage_unfinished")
    wal = f"{path}-wal"
    if not disk.exists(path) and disk.exists(wal) and disk.size(wal) > 0:
        raise JournalError("damaged", path=path, reason="main_file_missing")


def _begin(
    path: str, disk: Disk, settings: Settings, migrations: tuple[Migration, ...], journal_id: str
) -> None:
    new = create(path, disk, settings, migrations, journal_id, {})
    try:
        disk.publish(new, path)
    except FileExistsError:
        disk.remove(new)  # another process began at the same moment: its journal is as good as ours


def _findings(journal: SqliteJournal, disk: Disk, copy: str, reached: Reached | None) -> Iterator[Finding]:
    doubt = disk.doubt(journal.path)
    if doubt:
        yield Finding(doubt, {"path": journal.path})
    if copy:
        yield Finding("migrated", {"copy": copy})
    if reached is None:
        return
    if reached.journal_id != journal.journal_id and reached.seq:
        yield Finding("journal_replaced", {"seq_known": reached.seq})
    elif reached.journal_id == journal.journal_id and not journal.has(reached.seq, reached.chain):
        yield Finding("restored_from_backup", {"seq_here": journal.seq, "seq_known": reached.seq})


class SqliteJournal:
    """Made by `open_journal`. After a failing disk it takes no more appends until it is opened again.

    (An fsync that failed once can succeed the next time without having written what it failed to write.)
    """

    def __init__(
        self, path: str, connection: apsw.Connection, identity: str, mark: Mark | None, settings: Settings
    ) -> None:
        self.path = path
        self._settings = settings
        self.found: tuple[Finding, ...] = ()
        self._connection = connection
        self._run = connection.execute
        self._identity = identity
        self._mark = mark
        self._failed: JournalError | None = None
        self._payments: dict[str, Payment] = {}
        self._belongings: dict[str, Belongings] = {}
        self.journal_id = journal_id_of(connection)
        self._seq, self._head = self._newest()
        self.site = SqliteSiteStore(connection, path, self._refuse_after_failure, self._noticed)
        """What desks share: the same file, the same connection, the same transactions."""

    @property
    def seq(self) -> int:
        """The number of the newest event, 0 if there is none."""
        return self._seq

    def has(self, seq: int, chain_there: str) -> bool:
        """Whether this journal has that event, with that history."""
        return seq == 0 or self._one("SELECT chain FROM event WHERE seq = ?", (seq,)) == chain_there

    def _newest(self) -> tuple[int, str]:
        rows: list[Any] = self._run("SELECT seq, chain FROM event ORDER BY seq DESC LIMIT 1").fetchall()
        return rows[0] if rows else (0, chain.genesis(self.journal_id))

    # ---- writing

    def append(self, append: Append) -> Sequence[Stored]:
        """Raises JournalError `stale`, `reference_used`, `marker_used`, `disk_full`, `disk_failed`, `read_only`,
        `text_unwritable`, and OperatorError `not_chargeable`, `terminal_in_use`, `terminal_lost`; nothing of the append
        is visible then.
        """
        refuse_nonsense(append)
        self._refuse_after_failure()
        known = self.payment(append.payment_id)
        refuse_stale(append, known.version if known else 0)
        rows = self._sealed(append)
        before, after = self._belongings.get(append.payment_id), belongings_of(append.payment)
        try:
            self._in_transaction(append, before, after, rows)
        except apsw.Error as error:
            raise self._noticed(trouble(error, self.path)) from error
        except UnicodeEncodeError as error:
            raise JournalError("text_unwritable", payment_id=append.payment_id) from error
        self._seq, self._head = rows[-1][0], rows[-1][8]
        self._remember(append.payment, after)
        if self._mark is not None and not self._doubtful:
            self._mark.write(self._reached())
        name = append.payment_id
        return tuple(
            Stored(seq=row[0], payment_id=name, event=event, chain=row[8])
            for row, event in zip(rows, append.events, strict=True)
        )

    def _sealed(self, append: Append) -> list[chain.EventRow]:
        rows = []
        previous = self._head
        for seq, event in enumerate(append.events, self._seq + 1):
            row = chain.sealed(previous, seq, append.payment_id, event)
            previous = row[8]
            rows.append(row)
        return rows

    def _in_transaction(
        self, append: Append, before: Belongings | None, after: Belongings, rows: list[chain.EventRow]
    ) -> None:
        if not append.durable:
            self._run("PRAGMA synchronous = NORMAL")
        try:
            self._at_once(append, before, after, rows)
        finally:
            if not append.durable:
                self._run(f"PRAGMA synchronous = {self._settings.synchronous}")

    def _at_once(
        self, append: Append, before: Belongings | None, after: Belongings, rows: list[chain.EventRow]
    ) -> None:
        self._run("BEGIN IMMEDIATE")
        try:
            self._write_payment(append.payment, rows, new=before is None)
            for row in rows:
                self._run(statements.EVENT, row)
            self._write_belongings(append, before or NOTHING, after)
            if append.lease is not None:
                self.site.move_within(append.lease)
            self._run("COMMIT")
            self.site.ended(committed=True)
        except BaseException:
            self.site.ended(committed=False)
            if self._connection.in_transaction:
                self._run("ROLLBACK")
            raise

    def _write_payment(self, payment: Payment, rows: list[chain.EventRow], *, new: bool) -> None:
        if new:
            first_and_last = (rows[0][0], rows[-1][0])
            self._run(statements.NEW_PAYMENT, (payment.payment_id, *first_and_last, *row_of(payment)))
        else:
            self._run(statements.OLD_PAYMENT, (rows[-1][0], *row_of(payment), payment.payment_id))

    def _write_belongings(self, append: Append, before: Belongings, after: Belongings) -> None:
        name = append.payment_id
        for reference in sorted(after.references - before.references):
            refuse_taken("reference_used", reference, self.payment_of_reference(reference), name)
            self._run(statements.REFERENCE, (reference, name))
        for marker in sorted(after.markers - before.markers):
            refuse_taken("marker_used", marker, self.payment_of_marker(marker), name)
            self._run(statements.MARKER, (marker, name))
        if after.held != before.held:
            if before.held:
                self._run(statements.NO_HOLDS, (name,))
            for scope, minor in after.held.items():
                self._run(statements.HOLD, (scope, name, minor))
        for limit in append.limits:
            refuse_above(limit, self.held_minor(limit.scope, name), after.held.get(limit.scope, 0))

    def _refuse_after_failure(self) -> None:
        if self._failed is not None:
            raise JournalError(self._failed.code, **self._failed.facts) from self._failed

    def _noticed(self, error: JournalError) -> JournalError:
        if error.code in ("disk_failed", "damaged"):
            self._failed = error
        return error

    def _remember(self, payment: Payment, belongings: Belongings) -> None:
        self._payments[payment.payment_id] = payment
        self._belongings[payment.payment_id] = belongings
        if len(self._payments) > KEPT:
            finished = [name for name, each in self._payments.items() if each.finished]
            for name in finished[: KEPT // 2]:
                del self._payments[name], self._belongings[name]

    # ---- reading

    def _all(self, query: str, bindings: tuple[Any, ...] = ()) -> list[Any]:
        try:
            return self._run(query, bindings).fetchall()
        except apsw.Error as error:
            raise self._noticed(trouble(error, self.path)) from error
        except UnicodeEncodeError:
            return []  # a text that no row can hold

    def _one(self, query: str, bindings: tuple[Any, ...]) -> Any:
        rows = self._all(query, bindings)
        return rows[0][0] if rows else None

    def payment(self, payment_id: str) -> Payment | None:
        known = self._payments.get(payment_id)
        return known if known is not None else self._folded(payment_id)

    def _folded(self, payment_id: str) -> Payment | None:
        events = self.events(payment_id)
        try:
            payment = fold(payment_id, (each.event for each in events))
        except (ImpossibleEvent, ValueError, KeyError, TypeError) as error:
            facts: dict[str, Fact] = {"path": self.path, "reason": "fold", "seq": events[-1].seq}
            raise JournalError("damaged", **facts) from error
        if payment is not None:
            self._remember(payment, belongings_of(payment))
        return payment

    def events(self, payment_id: str) -> Sequence[Stored]:
        return _stored(self._all(_SELECT + " WHERE payment_id = ? ORDER BY seq", (payment_id,)))

    def since(self, seq: int, limit: int = 500) -> Sequence[Stored]:
        return _stored(self._all(_SELECT + " WHERE seq > ? ORDER BY seq LIMIT ?", (seq, max(0, limit))))

    def unfinished(self) -> Sequence[str]:
        rows = self._all("SELECT payment_id FROM payment WHERE finished = 0 ORDER BY first_seq")
        return tuple(row[0] for row in rows)

    def recent(self, limit: int = 50) -> Sequence[Payment]:
        query = "SELECT payment_id FROM payment ORDER BY first_seq DESC LIMIT ?"
        found = [self.payment(row[0]) for row in self._all(query, (max(0, limit),))]
        return tuple(payment for payment in found if payment is not None)

    def held_minor(self, scope: str, without: str = "") -> int:
        return int(self._one(statements.HELD, (scope, without)) or 0)

    def payment_of_reference(self, reference: str) -> str | None:
        owner = self._one("SELECT payment_id FROM reference WHERE reference = ?", (reference,))
        return None if owner is None else str(owner)

    def payment_of_marker(self, marker: str) -> str | None:
        owner = self._one("SELECT payment_id FROM marker WHERE marker = ?", (marker,))
        return None if owner is None else str(owner)

    def markers(self, beginning: str) -> Sequence[str]:
        query = "SELECT marker FROM marker WHERE substr(marker, 1, ?) = ? ORDER BY marker"
        return tuple(str(row[0]) for row in self._all(query, (len(beginning), beginning)))

    def check(self) -> Check:
        with told_as_journal_errors(self.path):
            return check_all(self._connection)

    # ---- the file

    def put_in_doubt(self, now: Moment, why: str = "restored") -> None:
        """Events may be missing (a backup was put back): send nothing again, and have a person look.

        Every unfinished payment gets the task `why`; its attempts that were not sent become unknown.
        """
        for payment_id in self.unfinished():
            payment = before = self.payment(payment_id)
            if payment is None or before is None or why in payment.tasks:
                continue
            events = events_of_doubt(payment, now, why)
            for event in events:
                payment = apply(payment_id, payment, event)
            self.append(Append(payment_id=payment_id, version=before.version, events=events, payment=payment))

    def back_up(self, target: Path) -> None:
        """A complete copy while the journal is in use, as one file. Raises JournalError `name_taken` ..."""
        with told_as_journal_errors(str(target)):
            back_up(self._connection, str(target), Disk())

    @property
    def _doubtful(self) -> bool:
        return any(each.code in ("restored_from_backup", "journal_replaced") for each in self.found)

    def _reached(self) -> Reached:
        return Reached(self.journal_id, self._seq, self._head)

    def accept_as_it_is(self) -> None:
        """What the mark says is settled (the gateway's list was read, rule 9): go on from here."""
        self.found = tuple(
            e for e in self.found if e.code not in ("restored_from_backup", "journal_replaced")
        )
        if self._mark is not None:
            self._mark.write(self._reached())

    def close(self) -> None:
        """Let the file go; may be called twice. What is asked afterwards raises JournalError `closed`."""
        self.site.close()
        try:
            with told_as_journal_errors(self.path):
                self._connection.close()
        finally:
            let_go(self._identity)
            if self._mark is not None:
                self._mark.close()
                self._mark = None


_SELECT = f"SELECT {chain.COLUMNS} FROM event"


def _stored(rows: list[chain.EventRow]) -> tuple[Stored, ...]:
    return tuple(
        Stored(seq=row[0], payment_id=row[1], event=chain.event_of(row), chain=row[8]) for row in rows
    )
