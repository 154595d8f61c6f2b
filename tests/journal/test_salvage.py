"""What can be proved is saved from a damaged journal, nothing is done twice afterwards, and the evidence stays."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from tests.journal.files import Files, harm, overwrite, page_size, refusal, root_page
from tillbridge.domain.errors import JournalError
from tillbridge.domain.next_command import AskPerson, Inquire, next_command
from tillbridge.journal.check import check_file
from tillbridge.journal.salvage import SalvageReport, salvage_file
from tillbridge.journal.sqlite import SqliteJournal, salvaging_name
from tillbridge.testing.journal_suite import Writer, at, attempted, created, everything

NOW = at(1_000_000)


def salvaged(files: Files, path: Path) -> tuple[SalvageReport, SqliteJournal]:
    report = salvage_file(path, NOW)
    return report, files.open(path)


def tasks(journal: SqliteJournal) -> dict[str, tuple[str, ...]]:
    return {payment.payment_id: payment.tasks for payment in journal.recent(1000)}


def test_a_changed_event_is_left_out_and_its_payment_becomes_a_task(files: Files) -> None:
    path = files.with_sales(3, unfinished=0)
    harm(path, "UPDATE event SET facts = replace(facts, '4200', '9999') WHERE seq = 5")
    assert refusal(path).code == "damaged"
    report, journal = salvaged(files, path)
    assert (report.dropped, report.tasks, report.lost) == ((5,), ("pay-0",), ())
    assert (report.events, report.payments) == (32, 3)
    found = tasks(journal)
    assert "salvaged" in found.pop("pay-0")
    assert found == {"pay-2": (), "pay-1": ()}
    assert journal.check().sound


def test_the_damaged_files_stay_beside_it_untouched(files: Files) -> None:
    path = files.with_sales()
    harm(path, "DELETE FROM event WHERE seq = 7")
    before = path.read_bytes()
    report = salvage_file(path, NOW)
    (aside,) = report.aside
    assert Path(aside).read_bytes() == before
    assert check_file(path).sound
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name, f"{path.name}.damaged"]


def test_the_log_is_put_aside_with_the_file_it_belongs_to(files: Files, tmp_path: Path) -> None:
    journal = files.begin()
    Writer(journal).sale("pay-1", "R1", "V1")
    crashed = tmp_path / "crashed.db"
    for name in ("", "-wal"):
        Path(f"{crashed}{name}").write_bytes(Path(f"{journal.path}{name}").read_bytes())
    log = Path(f"{crashed}-wal").read_bytes()
    report = salvage_file(crashed, NOW)
    assert [Path(each).name for each in report.aside] == ["crashed.db.damaged", "crashed.db.damaged-wal"]
    assert Path(report.aside[1]).read_bytes() == log
    assert (report.events, report.dropped) == (11, ())
    assert files.open(crashed).check().sound


def test_a_sound_journal_loses_nothing_by_a_salvage(files: Files) -> None:
    path = files.with_sales(3)
    before = everything(files.open(path))
    files.opened[-1].close()
    report, journal = salvaged(files, path)
    assert (report.dropped, report.lost, report.tail_lost) == ((), (), False)
    assert report.tasks == ("pay-2",)
    after = everything(journal)
    for name in ("pay-0", "pay-1"):
        assert after["payments"][name] == before["payments"][name]
    events = [each.event for each in before["stored"]]
    assert [each.event for each in after["stored"]][: len(events)] == events


def test_an_attempt_whose_sending_may_be_lost_is_never_sent_again(files: Files) -> None:
    journal = files.begin()
    writer = Writer(journal)
    writer.sale("pay-0", "R0", "V0")
    writer.write("pay-1", created(), attempted("R1"))
    writer.sale("pay-2", "R2", "V2", steps=1)
    journal.close()
    path = Path(journal.path)
    sent = "UPDATE payment SET version = version + 1 WHERE payment_id = 'pay-1'"
    harm(path, sent)
    _, again = salvaged(files, path)
    doubted, whole = again.payment("pay-1"), again.payment("pay-2")
    assert doubted is not None
    assert whole is not None
    assert next_command(doubted) == Inquire("R1", "unknown")
    assert [attempt.state for attempt in whole.attempts] == ["created"]
    assert doubted.tasks == whole.tasks == ("salvaged",)


def test_a_lost_answer_is_found_out_by_asking(files: Files) -> None:
    path = files.with_sales(2, unfinished=1)
    harm(path, "DELETE FROM event WHERE seq = 15")
    report, journal = salvaged(files, path)
    payment = journal.payment("pay-1")
    assert payment is not None
    assert report.tasks == ("pay-1",)
    assert isinstance(next_command(payment), Inquire)
    assert journal.held_minor("invoice:impromed:0042:9001") == 4200


def test_both_sides_of_a_break_are_in_doubt(files: Files) -> None:
    """Event 11 ends pay-0, event 12 begins pay-1: who forged the hash cannot be told, so both are looked at."""
    path = files.with_sales(3, unfinished=0)
    harm(
        path,
        "UPDATE event SET chain = replace(replace(chain, 'a', 'g'), '1', 'h') WHERE seq = 11",
    )
    report, journal = salvaged(files, path)
    assert report.dropped == (11, 12)
    assert set(report.tasks) == {"pay-0"}
    assert report.lost == ("pay-1",)
    assert journal.payment("pay-2") is not None


def test_what_no_longer_follows_is_kept_as_impossible_and_shown(files: Files) -> None:
    path = files.with_sales(2, unfinished=0)
    harm(path, "UPDATE event SET facts = facts || ' ' WHERE seq = 3")
    _, journal = salvaged(files, path)
    kinds = [each.event.kind for each in journal.events("pay-0")]
    assert "impossible" in kinds
    assert journal.check().sound
    payment = journal.payment("pay-0")
    assert payment is not None
    assert "salvaged" in payment.tasks


def test_every_task_is_asked_of_a_person(files: Files) -> None:
    path = files.with_sales(2, unfinished=0)
    harm(path, "UPDATE payment SET version = 99 WHERE payment_id = 'pay-0'")
    _, journal = salvaged(files, path)
    payment = journal.payment("pay-0")
    assert payment is not None
    assert next_command(payment) == AskPerson("salvaged", "salvaged")


HARMS: dict[str, Callable[[Path], None]] = {
    "half of the file": lambda path: os.truncate(path, path.stat().st_size // 2),
    "the index of payments": lambda path: _zero(path, "payment"),
    "the index of events": lambda path: _zero(path, "event_of_payment"),
    "the holds": lambda path: _zero(path, "hold"),
    "a leaf of events": lambda path: overwrite(path, path.stat().st_size // 2, b"\xff" * 2000),
}


def _zero(path: Path, table: str) -> None:
    size = page_size(path)
    overwrite(path, (root_page(path, table) - 1) * size, b"\x00" * size)


@pytest.mark.parametrize("harmed", HARMS)
def test_a_broken_file_gives_back_what_is_left(files: Files, harmed: str) -> None:
    path = files.with_sales(60)
    HARMS[harmed](path)
    assert not check_file(path).sound
    report, journal = salvaged(files, path)
    found = journal.check()
    assert found.sound
    assert report.events > 50
    for payment in journal.recent(1000):
        assert payment.tasks or payment.finished
    assert set(report.tasks) == {name for name, codes in tasks(journal).items() if codes}


def test_nothing_is_changed_where_nothing_can_be_saved(files: Files) -> None:
    path = files.with_sales()
    path.write_bytes(b"\x00" * 40_000)
    with pytest.raises(JournalError) as caught:
        salvage_file(path, NOW)
    assert caught.value.code == "nothing_salvaged"
    assert path.read_bytes() == b"\x00" * 40_000
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_database_of_something_else_is_not_salvaged(tmp_path: Path) -> None:
    path = tmp_path / "clinic.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE event (seq INTEGER)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match="nothing_salvaged"):
        salvage_file(path, NOW)
    assert path.read_bytes() == before


def test_a_journal_in_use_is_not_salvaged(files: Files) -> None:
    journal = files.begin()
    with pytest.raises(JournalError, match="opened_twice"):
        salvage_file(Path(journal.path), NOW)


def test_a_missing_journal_is_not_salvaged(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="missing"):
        salvage_file(tmp_path / "journal.db", NOW)


def test_newest_events_that_only_the_mark_knows_put_the_unfinished_in_doubt(
    files: Files, tmp_path: Path
) -> None:
    mark = tmp_path / "elsewhere" / "mark"
    path = tmp_path / "j.db"
    journal = files.open(path, mark=mark)
    Writer(journal).write("pay-1", created(), attempted("R1"))
    journal.back_up(tmp_path / "old.db")
    Writer(journal).sale("pay-2", "R2", "V2")
    journal.close()
    (tmp_path / "old.db").replace(path)
    report = salvage_file(path, NOW, mark=mark)
    assert report.tail_lost
    again = files.open(path, mark=mark)
    assert again.found == ()
    payment = again.payment("pay-1")
    assert payment is not None
    assert [attempt.state for attempt in payment.attempts] == ["unknown"]


def test_an_interrupted_salvage_is_refused_by_opening_and_begun_again_from_the_copies(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = files.with_sales()
    harm(path, "UPDATE event SET subject = 'R9' WHERE seq = 3")

    def power_cut(_disk: object, _new: str, _path: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tillbridge.journal.disk.Disk.replace", power_cut)
        with pytest.raises(KeyboardInterrupt):
            salvage_file(path, NOW)
    assert Path(salvaging_name(str(path))).exists()
    assert refusal(path).facts["reason"] == "salvage_unfinished"
    report, journal = salvaged(files, path)
    assert report.dropped == (3,)
    assert len(report.aside) == 1
    assert journal.check().sound
    assert not Path(salvaging_name(str(path))).exists()


def test_a_salvaged_journal_can_be_damaged_and_salvaged_again(files: Files) -> None:
    path = files.with_sales()
    for time in range(2):
        harm(path, "UPDATE event SET subject = 'R9' WHERE seq = 3")
        report = salvage_file(path, NOW)
        assert Path(report.aside[0]).name == path.name + (".damaged", ".damaged-2")[time]
    assert check_file(path).sound
