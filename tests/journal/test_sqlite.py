"""The SQLite journal passes the suite."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tillbridge.journal.sqlite import SqliteJournal, open_journal
from tillbridge.ports.journal import Journal
from tillbridge.testing.journal_suite import Begin, JournalSuite, Reopen


class Files:
    """Journals in one folder, all closed at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: list[SqliteJournal] = []
        self.numbers = itertools.count(1)

    def begin(self, journal_id: str) -> SqliteJournal:
        return self.open(self.folder / f"{next(self.numbers)}.db", journal_id)

    def open(self, path: Path, journal_id: str = "") -> SqliteJournal:
        journal = open_journal(path, journal_id=journal_id)
        self.opened.append(journal)
        return journal

    def reopen(self, journal: Journal) -> SqliteJournal:
        assert isinstance(journal, SqliteJournal)
        journal.close()
        return self.open(Path(journal.path))


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    files = Files(tmp_path)
    yield files
    for journal in files.opened:
        journal.close()


class TestSqliteJournal(JournalSuite):
    @pytest.fixture
    def journal(self, files: Files) -> Journal:
        return files.begin("journal")

    @pytest.fixture
    def begin(self, files: Files) -> Begin:
        return files.begin

    @pytest.fixture
    def reopen(self, files: Files) -> Reopen:
        return files.reopen
