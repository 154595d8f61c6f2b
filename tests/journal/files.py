"""Journals in files for tests, and ways to harm one that nobody has open."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import apsw

from tillbridge.domain.errors import JournalError
from tillbridge.journal.connect import Settings
from tillbridge.journal.sqlite import SqliteJournal, open_journal
from tillbridge.ports.journal import Journal
from tillbridge.testing.journal_suite import Writer

AT_ONCE = Settings(busy_ms=0)


class Files:
    """Journals in one folder, all closed at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: list[SqliteJournal] = []
        self.numbers = itertools.count(1)

    def begin(self, journal_id: str = "") -> SqliteJournal:
        return self.open(self.folder / f"{next(self.numbers)}.db", journal_id=journal_id)

    def open(self, path: Path, **how: Any) -> SqliteJournal:
        journal = open_journal(path, **how)
        self.opened.append(journal)
        return journal

    def reopen(self, journal: Journal) -> SqliteJournal:
        assert isinstance(journal, SqliteJournal)
        journal.close()
        return self.open(Path(journal.path))

    def with_sales(self, count: int = 3, unfinished: int = 1) -> Path:
        """A closed journal of so many sales (11 events each), the last ones only sent to the terminal (4 events)."""
        journal = self.begin()
        for number in range(count):
            steps = 3 if number >= count - unfinished else 99
            Writer(journal).sale(f"pay-{number}", f"R{number}", f"V{number}", steps=steps)
        journal.close()
        return Path(journal.path)


def refusal(path: Path, **how: Any) -> JournalError:
    """The error that opening raises."""
    try:
        open_journal(path, settings=AT_ONCE, **how).close()
    except JournalError as error:
        return error
    raise AssertionError("it opened")


def harm(path: Path, *statements: str) -> None:
    """Change a closed journal behind its back, guards and all switched off."""
    connection = apsw.Connection(str(path))
    try:
        connection.pragma("foreign_keys", False)
        for statement in (
            "DROP TRIGGER IF EXISTS event_is_never_changed",
            "DROP TRIGGER IF EXISTS event_is_never_removed",
            *statements,
        ):
            connection.execute(statement)
    finally:
        connection.close()


def page_size(path: Path) -> int:
    return int.from_bytes(path.read_bytes()[16:18], "big")


def root_page(path: Path, name: str) -> int:
    """The first page of a table or index, counted from 1."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        found = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).get
    finally:
        connection.close()
    return int(str(found))


def overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("rb+") as file:
        file.seek(offset)
        file.write(data)
