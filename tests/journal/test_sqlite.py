"""The SQLite journal passes the suite, and its file is made and kept as the measurements ask for."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.journal.files import Files
from tillbridge.domain.errors import JournalError
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.journal.derived import DERIVATION, markers_of, references_of, row_of
from tillbridge.journal.disk import Disk, doubt_of
from tillbridge.journal.memory import MemoryJournal
from tillbridge.journal.migration import Migration, shipped
from tillbridge.ports.journal import Append, Journal
from tillbridge.testing.journal_suite import (
    Begin,
    JournalSuite,
    Reopen,
    Writer,
    a_sale,
    at,
    attempted,
    created,
    everything,
)


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


def pragma(files: Files, name: str) -> Any:
    return files.begin()._connection.pragma(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("locking_mode", "exclusive"),
        ("foreign_keys", 1),
        ("busy_timeout", 5000),
        ("mmap_size", 0),
    ],
)
def test_a_journal_runs_under_the_settings_that_survived_the_power_cuts(
    files: Files, name: str, value: object
) -> None:
    assert pragma(files, name) == value


def test_an_append_without_a_sync_leaves_the_next_one_durable(files: Files) -> None:
    journal = files.begin()
    seen: list[object] = []
    for durable in (False, True):
        append = Writer(journal).prepared(f"pay-{durable}", created(), attempted(f"R{durable}"))
        journal.append(replace(append, durable=durable))
        seen.append(journal._connection.pragma("synchronous"))
    assert seen == [2, 2]
    assert journal.check().events == 4


def test_no_shared_memory_file_appears(files: Files) -> None:
    Writer(files.begin()).sale("pay-1", "R1", "V1")
    assert sorted(path.name for path in files.folder.iterdir()) == ["1.db", "1.db-wal"]


def test_every_table_is_strict(files: Files) -> None:
    rows = files.begin()._connection.execute(
        "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite%'"
    )
    strict = dict(list(rows))
    assert set(strict) == {
        *("meta", "event", "payment", "hold", "reference", "marker"),
        *("consent", "stored_card", "settlement_cursor", "lease"),
    }
    assert set(strict.values()) == {1}


def test_events_can_be_neither_changed_nor_removed(files: Files) -> None:
    journal = files.begin()
    Writer(journal).sale("pay-1", "R1", "V1")
    for statement in ("UPDATE event SET subject = ''", "DELETE FROM event WHERE seq = 1"):
        with pytest.raises(apsw.ConstraintError, match="never"):
            journal._connection.execute(statement)
    assert journal.check().sound


def test_a_closed_journal_is_one_file(files: Files) -> None:
    path = files.with_sales()
    assert [each.name for each in files.folder.iterdir()] == [path.name]


def test_closing_twice_is_harmless_and_asking_afterwards_is_told(files: Files) -> None:
    journal = files.begin()
    journal.close()
    journal.close()
    with pytest.raises(JournalError) as caught:
        journal.unfinished()
    assert caught.value.code == "closed"


def test_an_interrupted_append_leaves_nothing(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = files.begin()
    before = everything(journal)

    def interrupt(_append: Append, _before: object, _after: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(journal, "_write_belongings", interrupt)
        with pytest.raises(KeyboardInterrupt):
            Writer(journal).write("pay-1", created(), attempted("R1"))
    assert everything(journal) == before
    Writer(journal).write("pay-1", created(), attempted("R1"))
    assert journal.check().sound


def test_a_text_that_no_file_can_hold_is_refused_and_leaves_nothing(files: Files) -> None:
    journal = files.begin()
    before = everything(journal)
    with pytest.raises(JournalError) as caught:
        Writer(journal).write("pay-1", created(invoice="90\ud83d"), attempted("R1"))
    assert caught.value.code == "text_unwritable"
    assert everything(journal) == before


def test_many_payments_do_not_stay_in_memory(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillbridge.journal.sqlite.KEPT", 10)
    journal = files.begin()
    for number in range(30):
        Writer(journal).write(f"pay-{number}", created(ms=number))
    assert len(journal._payments) <= 10
    payment = journal.payment("pay-0")
    assert payment is not None
    assert len(journal.recent(50)) == 30


# ---------------------------------------------------------------- shapes


def a_later_shape() -> tuple[Migration, ...]:
    later = Migration(len(shipped()) + 1, "CREATE TABLE note (text TEXT NOT NULL) STRICT")
    return (*shipped(), later)


def test_the_shipped_migrations_are_numbered_from_one() -> None:
    assert [each.number for each in shipped()] == list(range(1, len(shipped()) + 1))


def test_an_older_file_is_copied_first_and_then_brought_up_to_date(files: Files) -> None:
    path = files.with_sales()
    before = path.read_bytes()
    journal = files.open(path, migrations=a_later_shape())
    (finding,) = journal.found
    copy = Path(str(finding.facts["copy"]))
    assert finding.code == "migrated"
    assert journal._connection.execute("SELECT count(*) FROM note").get == 0
    assert journal.check().sound
    old = files.open(copy)
    assert old.since(0) == journal.since(0)
    assert len(before) == len(copy.read_bytes())


def test_a_migration_that_fails_changes_nothing(files: Files) -> None:
    path = files.with_sales()
    broken = (
        *shipped(),
        Migration(len(shipped()) + 1, "CREATE TABLE note (text TEXT); SELECT * FROM nowhere"),
    )
    with pytest.raises(JournalError):
        files.open(path, migrations=broken)
    journal = files.open(path)
    assert journal.check().sound
    assert journal._connection.pragma("user_version") == len(shipped())


def test_a_second_copy_never_overwrites_the_first(files: Files) -> None:
    path = files.with_sales()
    (path.parent / f"{path.name}.before-3").write_text("an older copy")
    journal = files.open(path, migrations=a_later_shape())
    assert str(journal.found[0].facts["copy"]).endswith(".before-3-2")
    assert (path.parent / f"{path.name}.before-3").read_text() == "an older copy"


def test_a_program_that_derives_otherwise_derives_everything_again(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = files.with_sales()
    journal = files.open(path)
    before = everything(journal)
    journal.close()
    monkeypatch.setattr("tillbridge.journal.rederive.DERIVATION", DERIVATION + 1)
    again = files.open(path)
    assert [finding.code for finding in again.found] == ["migrated"]
    assert everything(again) == before


def test_whoever_changes_what_is_derived_raises_its_number() -> None:
    """If this fails, the same events now give another row: raise DERIVATION, then write the new row here."""
    assert DERIVATION == 1
    events = [event for events in a_sale("R1", "V1") for event in events]
    note = Event(kind=PaymentEvent.NOTED, at=at(9), facts={"task": "returned"})
    payment = Writer(MemoryJournal()).prepared("pay-1", *events, note).payment
    assert json.dumps(row_of(payment)) == (
        '[12, "sale", "invoice:impromed:0042:9001", 4200, "USD", "yes", 0]'
    )
    assert references_of(payment) == frozenset({"R1"})
    assert markers_of(payment) == frozenset({"V1"})


# ---------------------------------------------------------------- the place


@pytest.mark.parametrize(
    ("kind", "path", "doubt"),
    [
        ("ext4", "/var/lib/x", ""),
        ("tmpfs", "/run/x", "ram_disk"),
        ("cifs", "/mnt/x", "network_share"),
        ("nfs4", "/mnt/x", "network_share"),
        ("", r"\\server\share\x", "network_share"),
        ("", r"C:\ProgramData\x", ""),
    ],
)
def test_a_place_that_can_lose_a_journal_is_told(kind: str, path: str, doubt: str) -> None:
    assert doubt_of(kind, path) == doubt


def test_a_journal_on_a_ram_disk_says_so(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillbridge.journal.disk.file_system", lambda _path: "tmpfs")
    assert [finding.code for finding in files.begin().found] == ["ram_disk"]


def test_a_copy_of_a_journal_in_use_is_whole(files: Files) -> None:
    journal = files.begin()
    Writer(journal).sale("pay-1", "R1", "V1", steps=3)
    journal.back_up(files.folder / "copy.db")
    copy = files.open(files.folder / "copy.db")
    assert everything(copy) == everything(journal)
    with pytest.raises(JournalError) as caught:
        journal.back_up(files.folder / "copy.db")
    assert caught.value.code == "name_taken"


@pytest.mark.parametrize("links", [True, False])
def test_a_new_journal_never_takes_the_name_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def no_links(_source: str, _target: str) -> None:
        raise PermissionError(errno.EPERM, "no hard links here")

    if not links:
        monkeypatch.setattr("os.link", no_links)
    for name in ("new", "other"):
        (tmp_path / name).write_text(name)
    Disk().publish(str(tmp_path / "new"), str(tmp_path / "journal.db"))
    with pytest.raises(FileExistsError):
        Disk().publish(str(tmp_path / "other"), str(tmp_path / "journal.db"))
    assert (tmp_path / "journal.db").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal.db", "other"]


def test_two_that_begin_at_the_same_moment_end_with_one_journal(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j.db"
    first = files.open(tmp_path / "first.db")
    Writer(first).sale("pay-1", "R1", "V1")
    first.close()
    publish = Disk.publish

    def beaten(disk: Disk, new: str, name: str) -> None:
        (tmp_path / "first.db").rename(path)
        publish(disk, new, name)

    monkeypatch.setattr(Disk, "publish", beaten)
    journal = files.open(path)
    assert journal.seq == 11
    assert sorted(each.name for each in tmp_path.iterdir()) == ["j.db", "j.db-wal"]


# ---------------------------------------------------------------- the mark


def test_a_journal_put_back_from_a_backup_is_recognised(files: Files, tmp_path: Path) -> None:
    mark = tmp_path / "elsewhere" / "journal.mark"
    journal = files.open(tmp_path / "j.db", mark=mark)
    Writer(journal).sale("pay-1", "R1", "V1", steps=3)
    journal.back_up(tmp_path / "old.db")
    Writer(journal).sale("pay-2", "R2", "V2")
    journal.close()
    (tmp_path / "old.db").replace(tmp_path / "j.db")
    again = files.open(tmp_path / "j.db", mark=mark)
    (finding,) = again.found
    assert finding.code == "restored_from_backup"
    assert finding.facts == {"seq_here": 4, "seq_known": 15}


def test_a_restored_journal_is_recognised_however_far_it_goes_on(files: Files, tmp_path: Path) -> None:
    mark = tmp_path / "journal.mark"
    journal = files.open(tmp_path / "j.db", mark=mark)
    journal.back_up(tmp_path / "old.db")
    Writer(journal).sale("pay-1", "R1", "V1")
    journal.close()
    (tmp_path / "old.db").replace(tmp_path / "j.db")
    again = files.open(tmp_path / "j.db", mark=mark)
    Writer(again).sale("pay-2", "R2", "V2")
    Writer(again).sale("pay-3", "R3", "V3")
    again.close()
    later = files.open(tmp_path / "j.db", mark=mark)
    assert [finding.code for finding in later.found] == ["restored_from_backup"]
    later.accept_as_it_is()
    later.close()
    assert files.open(tmp_path / "j.db", mark=mark).found == ()


def test_a_journal_that_was_removed_is_missed(files: Files, tmp_path: Path) -> None:
    mark = tmp_path / "journal.mark"
    journal = files.open(tmp_path / "j.db", mark=mark)
    Writer(journal).sale("pay-1", "R1", "V1")
    journal.close()
    (tmp_path / "j.db").unlink()
    again = files.open(tmp_path / "j.db", mark=mark)
    assert [finding.code for finding in again.found] == ["journal_replaced"]


@pytest.mark.parametrize("torn", [b"", b'{"journal_id": "', b"\x00" * 256, b"[]", b'{"seq": "x"}'])
def test_a_torn_mark_proves_nothing(files: Files, tmp_path: Path, torn: bytes) -> None:
    mark = tmp_path / "journal.mark"
    files.open(tmp_path / "j.db", mark=mark).close()
    mark.write_bytes(torn)
    assert files.open(tmp_path / "j.db", mark=mark).found == ()


def test_after_a_restore_nothing_is_sent_again_and_a_person_looks(files: Files) -> None:
    journal = files.begin()
    Writer(journal).write("pay-1", created(), attempted("R1"))
    Writer(journal).sale("pay-2", "R2", "V2")
    journal.put_in_doubt(at(100))
    payment = journal.payment("pay-1")
    assert payment is not None
    assert [attempt.state for attempt in payment.attempts] == ["unknown"]
    assert payment.tasks == ("restored",)
    finished = journal.payment("pay-2")
    assert finished is not None
    assert finished.finished
    seq = journal.seq
    journal.put_in_doubt(at(101))
    assert journal.seq == seq
