"""The site store passes its suite in memory and in the journal's file, and outlives backups, damage and processes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from tests.journal.files import Files, harm, overwrite, page_size, refusal, root_page
from tillbridge.domain.errors import JournalError
from tillbridge.domain.lease import Lease
from tillbridge.journal.memory import MemoryJournal
from tillbridge.journal.migration import shipped
from tillbridge.journal.salvage import salvage_file
from tillbridge.journal.sqlite import SqliteJournal
from tillbridge.ports.journal import Journal
from tillbridge.testing.journal_suite import Begin, Reopen, Writer, at, attempted, created
from tillbridge.testing.site_suite import (
    LENGTH_MS,
    T1,
    SiteSuite,
    consent,
    everything_shared,
    refused,
    stored_card,
    take,
    take_over,
)


class TestMemorySite(SiteSuite):
    @pytest.fixture
    def journal(self) -> Journal:
        return MemoryJournal()

    @pytest.fixture
    def begin(self) -> Begin:
        return MemoryJournal

    @pytest.fixture
    def reopen(self) -> Reopen:
        return lambda journal: journal


class TestSqliteSite(SiteSuite):
    @pytest.fixture
    def journal(self, files: Files) -> Journal:
        return files.begin("journal")

    @pytest.fixture
    def begin(self, files: Files) -> Begin:
        return files.begin

    @pytest.fixture
    def reopen(self, files: Files) -> Reopen:
        return files.reopen


def filled(files: Files) -> Journal:
    journal = files.begin()
    Writer(journal).sale("pay-1", "R1", "V1")
    journal.site.add_consent(consent())
    journal.site.add_card(stored_card())
    journal.site.set_cursor("simulator:1", "b7:19")
    journal.site.move_lease(take("R2"))
    return journal


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM consent",
        "UPDATE consent SET text = 'something else'",
        "UPDATE consent SET revoked_wall_ms = NULL",
        "UPDATE lease SET fence = 0",
    ],
)
def test_the_file_itself_keeps_consents_and_fencing_numbers(files: Files, statement: str) -> None:
    journal = files.reopen(filled(files))
    with pytest.raises(apsw.ConstraintError, match=r"never|once"):
        journal._connection.execute(statement)


def test_a_backup_of_the_journal_holds_what_desks_share(files: Files) -> None:
    journal = files.reopen(filled(files))
    journal.back_up(files.folder / "copy.db")
    assert everything_shared(files.open(files.folder / "copy.db").site) == everything_shared(journal.site)


def test_after_a_disk_failure_nothing_more_is_stored(files: Files) -> None:
    journal = files.reopen(filled(files))
    journal._noticed(JournalError("disk_failed", path="j.db"))
    with pytest.raises(JournalError) as caught:
        journal.site.move_lease(take("R2", 5))
    assert caught.value.code == "disk_failed"


def test_a_lease_that_was_rolled_back_was_never_taken(files: Files) -> None:
    journal = files.begin()
    assert journal.site.lease(T1) is None
    writer = Writer(journal)
    append = replace(writer.prepared("pay-1", created(invoice="90\ud83d"), attempted("R1")), lease=take("R1"))
    refused(lambda: journal.append(append), "text_unwritable")
    with pytest.raises(RuntimeError, match="here"):
        interrupted(journal)
    assert journal.site.lease(T1) is None
    assert journal.site.move_lease(take("R2")).fence == 1


def interrupted(journal: SqliteJournal) -> None:
    with journal.site._transaction():
        journal.site.move_within(take("R1"))
        raise RuntimeError("here")


def test_a_closed_store_says_so(files: Files) -> None:
    journal = files.reopen(filled(files))
    journal.close()
    assert refused(lambda: journal.site.lease(T1), "closed") == {"path": journal.path}
    assert refused(lambda: journal.site.set_cursor("simulator:1", "b7:20"), "closed") == {
        "path": journal.path
    }


def test_a_salvage_saves_what_desks_share_and_has_terminals_looked_at(files: Files) -> None:
    journal = filled(files)
    before = everything_shared(journal.site)
    path = path_of(journal)
    harm(path, "UPDATE event SET facts = '{}' WHERE seq = 5")
    salvage_file(path, at(1_000))
    after = everything_shared(files.open(path).site)
    lease = before.pop("lease")
    assert isinstance(lease, Lease)
    assert after.pop("lease") == replace(lease, needs_idle=True)
    assert after.pop("leases") == (replace(lease, needs_idle=True),)
    assert after == {name: value for name, value in before.items() if name != "leases"}


def test_a_salvage_loses_no_event_over_a_broken_table_of_the_site(files: Files) -> None:
    journal = filled(files)
    path = path_of(journal)
    size = page_size(path)
    overwrite(path, (root_page(path, "consent") - 1) * size, b"\xff" * size)
    salvage_file(path, at(1_000))
    again = files.open(path)
    assert len(again.events("pay-1")) == 11
    assert again.site.consent("con-1") is None
    assert again.site.cursor("simulator:1") == "b7:19"


def test_a_journal_of_yesterday_learns_what_desks_share(files: Files) -> None:
    old = files.open(files.folder / "old.db", migrations=shipped()[:1])
    Writer(old).sale("pay-1", "R1", "V1")
    today = files.reopen(old)
    assert [finding.code for finding in today.found] == ["migrated"]
    today.site.add_consent(consent())
    today.site.move_lease(take("R2"))
    assert len(today.events("pay-1")) == 11
    assert today.check().sound


A_DESK = """
import sys, time
from pathlib import Path
from tillbridge.journal.sqlite import open_journal
from tillbridge.testing.site_suite import take
journal = open_journal(Path(sys.argv[1]))
print(journal.site.move_lease(take("R1")).fence, flush=True)
time.sleep(60)
"""


def test_a_lease_outlives_the_process_that_was_killed_and_is_not_taken_for_free(files: Files) -> None:
    path = files.folder / "shared.db"
    files.open(path).close()
    with subprocess.Popen([sys.executable, "-c", A_DESK, str(path)], stdout=subprocess.PIPE) as desk:
        assert desk.stdout is not None
        assert desk.stdout.readline() == b"1\n"
        assert refusal(path).code == "opened_twice"
        desk.kill()
    site = files.open(path).site
    late = LENGTH_MS + 1
    refused(lambda: site.move_lease(take("R2", late, "Desk 2")), "terminal_in_use")
    refused(lambda: site.move_lease(take_over(1, LENGTH_MS - 1, late)), "terminal_in_use")
    assert site.move_lease(take_over(1, late, late)).fence == 2
    assert site.move_lease(take("R2", late, "Desk 2")).needs_idle


def path_of(journal: Journal) -> Path:
    """Of a journal that is closed by this."""
    assert isinstance(journal, SqliteJournal)
    journal.close()
    return Path(journal.path)
