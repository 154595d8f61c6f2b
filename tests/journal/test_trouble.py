"""A full, locked or failing disk, and a process that is killed: what was acknowledged stays, nothing else appears."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from tests.journal.files import Files, refusal
from tillbridge.domain.errors import JournalError
from tillbridge.journal.check import check_file
from tillbridge.journal.disk import Disk
from tillbridge.journal.sqlite import SqliteJournal
from tillbridge.testing.journal_suite import Writer, attempted, created, everything

# ---------------------------------------------------------------- full, read-only, failing


def test_a_full_disk_refuses_the_append_and_nothing_of_it_is_seen(files: Files) -> None:
    journal = files.begin()
    Writer(journal).sale("pay-1", "R1", "V1")
    pages = journal._connection.pragma("page_count")
    journal._connection.pragma("max_page_count", pages)
    before, refused, number = everything(journal), None, 2
    while refused is None:
        before, number = everything(journal), number + 1
        refused = _refused(journal, number)
    assert refused.code == "disk_full"
    assert isinstance(refused.__cause__, apsw.FullError)
    assert everything(journal) == before
    journal._connection.pragma("max_page_count", pages + 100)
    assert _refused(journal, number) is None
    assert journal.check().sound


def _refused(journal: SqliteJournal, number: int) -> JournalError | None:
    try:
        Writer(journal).write(f"pay-{number}", created(), attempted(f"R{number}"))
    except JournalError as error:
        return error
    return None


class Failing(apsw.VFS):
    """The normal file system, until it is told which call fails with what."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "")
        self.call = ""
        self.error: type[apsw.Error] = apsw.IOError

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return FailingFile(self, name, flags)

    def fail(self, call: str) -> None:
        if call == self.call:
            raise self.error(f"{call} failed")


class FailingFile(apsw.VFSFile):
    def __init__(self, disk: Failing, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self.disk = disk
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.fail("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self.disk.fail("sync")
        super().xSync(flags)


class FailingDisk(Disk):
    vfs = "failing"


@pytest.fixture
def failing() -> Iterator[Failing]:
    vfs = Failing("failing")
    yield vfs
    vfs.unregister()


def test_after_a_failed_sync_no_append_is_taken_until_it_is_opened_again(
    files: Files, tmp_path: Path, failing: Failing
) -> None:
    journal = files.open(tmp_path / "j.db", disk=FailingDisk())
    Writer(journal).sale("pay-1", "R1", "V1")
    before = everything(journal)
    failing.call = "sync"
    with pytest.raises(JournalError) as caught:
        Writer(journal).write("pay-2", created(), attempted("R2"))
    assert caught.value.code == "disk_failed"
    failing.call = ""
    assert everything(journal) == before
    with pytest.raises(JournalError, match="disk_failed"):
        Writer(journal).write("pay-3", created())
    journal.close()
    again = files.open(tmp_path / "j.db")
    Writer(again).write("pay-3", created())
    assert again.check().sound


def test_no_room_for_the_log_refuses_the_append_and_the_next_one_works(
    files: Files, tmp_path: Path, failing: Failing
) -> None:
    journal = files.open(tmp_path / "j.db", disk=FailingDisk())
    Writer(journal).sale("pay-1", "R1", "V1")
    before = everything(journal)
    failing.call, failing.error = "write", apsw.FullError
    with pytest.raises(JournalError, match="disk_full"):
        Writer(journal).write("pay-2", created(), attempted("R2"))
    failing.call = ""
    assert everything(journal) == before
    Writer(journal).write("pay-2", created(), attempted("R2"))
    assert journal.check().sound


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write anywhere: step down while it is looked whether a lock holds."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_may_not_be_written_is_told(files: Files) -> None:
    folder = Path(tempfile.mkdtemp(prefix="journal-"))
    try:
        shutil.copy(files.with_sales(), folder / "journal.db")
        (folder / "journal.db").chmod(0o444)
        folder.chmod(0o555)
        with as_nobody():
            assert refusal(folder / "new.db").code == "read_only"
            assert refusal(folder / "journal.db").code == "read_only"
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere" / "journal.db").code == "missing_folder"
    with pytest.raises(JournalError, match="missing"):
        check_file(tmp_path / "nowhere.db")


# ---------------------------------------------------------------- kill -9

KILLED = """
import sys
from pathlib import Path
from tillbridge.journal.sqlite import open_journal
from tillbridge.testing.journal_suite import Writer, a_sale
journal = open_journal(Path(sys.argv[1]))
writer = Writer(journal)
first = len(journal.recent(100000))
for number in range(first, 100000):
    for events in a_sale(f"R{number}", f"V{number}"):
        stored = writer.write(f"pay-{number}", *events)
        print(stored[-1].seq, stored[-1].chain, flush=True)
"""


def test_a_kill_in_the_middle_of_appends_loses_nothing_that_was_acknowledged(
    files: Files, tmp_path: Path
) -> None:
    path = tmp_path / "killed.db"
    acknowledged: dict[int, str] = {}
    for lines in (1, 40, 7, 90, 23):
        acknowledged.update(_killed_after(path, lines))
        journal = files.open(path)
        there = {each.seq: each.chain for each in journal.since(0, 100_000)}
        assert {seq: there.get(seq) for seq in acknowledged} == acknowledged
        assert journal.check().sound
        journal.close()
    assert len(acknowledged) >= 150


def _killed_after(path: Path, lines: int) -> dict[int, str]:
    """Start a writer, kill it after so many acknowledgements, and return all that it gave."""
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "src"},
    ) as writer:
        assert writer.stdout is not None
        heard = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()
        heard += writer.stdout.readlines()
    whole = [line.split() for line in heard if line.endswith("\n")]
    return {int(seq): chain for seq, chain in whole}
