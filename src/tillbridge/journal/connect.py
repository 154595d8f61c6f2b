"""Opening a journal file with exactly the settings that survive power cuts, and refusing every file that is not ours.

The order matters. A new file is made under synchronous=EXTRA, because the switch to WAL goes through a rollback
journal whose removal nothing else makes durable; if that one came back after a power cut it would roll the journal
back. locking_mode=EXCLUSIVE comes before WAL, so that no shared memory file exists and a second process is refused.
One connection in all; never mmap.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import apsw

from tillbridge.domain.errors import JournalError
from tillbridge.journal.derived import DERIVATION
from tillbridge.journal.disk import Disk, os_trouble
from tillbridge.journal.migration import Migration, run

APPLICATION_ID = 0x54696C6C
"""`Till`, in the file's header."""

MAGIC = b"SQLite format 3\0"

OLDEST_SQLITE = 3051003
"""Before 3.51.3 SQLite has a fault in resetting the WAL that can damage a file."""

_open: set[str] = set()
"""Files open in this process. SQLite's own lock would be lost if another part of the process closed the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a journal is opened with. Others lose acknowledged payments, as tools/benches/powercut.py shows."""

    at_creation: str = "EXTRA"
    synchronous: str = "FULL"
    busy_ms: int = 5000
    """How long to wait for another process to let go, in milliseconds."""


def claim(identity: str, path: str) -> None:
    """Raises JournalError `opened_twice` if this process has the file open already."""
    if identity in _open:
        raise JournalError("opened_twice", path=path)
    _open.add(identity)


def let_go(identity: str) -> None:
    _open.discard(identity)


@contextmanager
def told_as_journal_errors(path: str) -> Iterator[None]:
    """Turn what SQLite and the system say into JournalError, the cause kept."""
    try:
        yield
    except apsw.Error as error:
        raise trouble(error, path) from error
    except OSError as error:
        raise os_trouble(error, path) from error
    except UnicodeDecodeError as error:
        raise JournalError("damaged", path=path, reason="unreadable") from error


def trouble(error: apsw.Error, path: str) -> JournalError:
    """What an error of SQLite means for a journal. The caller raises it from the error."""
    code = {
        apsw.BusyError: "opened_twice",
        apsw.LockedError: "opened_twice",
        apsw.FullError: "disk_full",
        apsw.ReadOnlyError: "read_only",
        apsw.CantOpenError: "read_only",
        apsw.PermissionsError: "read_only",
        apsw.IOError: "disk_failed",
        apsw.NoMemError: "disk_failed",
        apsw.ConnectionClosedError: "closed",
    }.get(type(error), "damaged")
    facts = {"reason": "unreadable", "detail": str(error)} if code == "damaged" else {}
    return JournalError(code, path=path, **facts)


def refuse_old_sqlite() -> None:
    """Raises JournalError `sqlite_too_old`."""
    if apsw.SQLITE_VERSION_NUMBER < OLDEST_SQLITE:
        raise JournalError("sqlite_too_old", found=apsw.sqlite_lib_version())


def create(
    path: str,
    disk: Disk,
    settings: Settings,
    migrations: Sequence[Migration],
    journal_id: str,
    about: dict[str, str],
) -> str:
    """Build a complete, empty journal beside `path` and return its name; the caller publishes it."""
    new = disk.new_name(path)
    for leftover in (new, f"{new}-journal", f"{new}-wal"):
        disk.remove(leftover)
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    connection = apsw.Connection(new, flags=flags, vfs=disk.vfs or None)
    try:
        _settle(connection, settings.at_creation, settings)
        connection.pragma("application_id", APPLICATION_ID)
        run(connection, migrations)
        meta = {"journal_id": journal_id or secrets.token_hex(16), "derivation": str(DERIVATION), **about}
        connection.executemany("INSERT INTO meta (name, value) VALUES (?, ?)", list(meta.items()))
    finally:
        connection.close()
    return new


def connect(path: str, disk: Disk, settings: Settings, *, broken: bool = False) -> apsw.Connection:
    """The one connection to a journal that exists; nothing of the file is changed. Raises JournalError.

    It leaves the WAL as it is when closed: only who has found the file sound may change that (`trust`).
    `broken`: read what can be read of a file that is shorter than it should be.
    """
    refuse_foreign(path, disk)
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE, vfs=disk.vfs or None)
    try:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.set_busy_timeout(settings.busy_ms)
        if connection.readonly("main"):
            raise JournalError("read_only", path=path)
        connection.pragma("locking_mode", "EXCLUSIVE")
        if broken:
            connection.pragma("writable_schema", True)
        if connection.pragma("application_id") != APPLICATION_ID:
            raise JournalError("damaged", path=path, reason="foreign")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def looking_at(
    path: str, disk: Disk, settings: Settings, *, broken: bool = False
) -> Iterator[apsw.Connection]:
    """A connection for reading only, that leaves the folder as it was."""
    log = f"{path}-wal"
    had_log = disk.exists(log)
    connection = connect(path, disk, settings, broken=broken)
    try:
        yield connection
    finally:
        connection.close()
        if not had_log and disk.exists(log) and disk.size(log) == 0:
            disk.remove(log)


def trust(connection: apsw.Connection, settings: Settings) -> None:
    """Make a sound journal ready for writing."""
    _settle(connection, settings.at_creation, settings)
    connection.pragma("synchronous", settings.synchronous)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)


def _settle(connection: apsw.Connection, synchronous: str, settings: Settings) -> None:
    connection.set_busy_timeout(settings.busy_ms)
    connection.pragma("synchronous", synchronous)
    connection.pragma("locking_mode", "EXCLUSIVE")
    connection.pragma("mmap_size", 0)
    connection.pragma("foreign_keys", True)
    mode = connection.pragma("journal_mode", "WAL")
    if mode != "wal":
        raise JournalError("disk_failed", reason="no_wal", mode=str(mode))


def refuse_foreign(path: str, disk: Disk) -> None:
    """Raises JournalError `damaged` for a file that cannot be a journal, before SQLite touches it.

    An empty file would look to SQLite like a new one, and everything in it would be forgotten without a word.
    """
    if disk.size(path) == 0:
        raise JournalError("damaged", path=path, reason="empty")
    if disk.head(path, len(MAGIC)) != MAGIC:
        raise JournalError("damaged", path=path, reason="foreign")
