"""A journal that is not as it was written is refused with a word that says why, and `check` names the place."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from tests.journal.files import AT_ONCE, Files, harm, overwrite, page_size, refusal, root_page
from tillbridge.domain.errors import JournalError
from tillbridge.journal.check import check_file
from tillbridge.journal.migration import Migration, shipped
from tillbridge.journal.sqlite import open_journal
from tillbridge.testing.journal_suite import Writer, attempted, created, everything

EVENTS = 11 + 11 + 4
"""Of Files.with_sales(): two whole sales and one sent."""


def test_a_sound_file_is_found_sound_and_stays_as_it_is(files: Files) -> None:
    path = files.with_sales()
    before = path.read_bytes()
    found = check_file(path)
    assert (found.sound, found.events, found.payments, found.bad_seq) == (True, EVENTS, 3, None)
    assert path.read_bytes() == before


def test_a_check_tells_how_far_it_has_come(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillbridge.journal.check.STEP", 10)
    told: list[tuple[int, int]] = []
    check_file(files.with_sales(), told=lambda done, events: told.append((done, events)))
    assert told == [(11, EVENTS), (22, EVENTS), (EVENTS, EVENTS)]


# ---------------------------------------------------------------- changed rows

CHANGED = {
    "the amount in a fact": (
        "UPDATE event SET facts = replace(facts, '4200', '4201') WHERE seq = 1",
        1,
        "chain",
    ),
    "a fact written in another way": ("UPDATE event SET facts = facts || ' ' WHERE seq = 5", 5, "chain"),
    "a kind": ("UPDATE event SET kind = 'declined' WHERE seq = 5", 5, "chain"),
    "a reference": ("UPDATE event SET subject = 'R9' WHERE seq = 2", 2, "chain"),
    "whose it is": ("UPDATE event SET payment_id = 'pay-1' WHERE seq = 3", 3, "chain"),
    "the wall clock": ("UPDATE event SET wall_ms = wall_ms + 1 WHERE seq = 4", 4, "chain"),
    "the boot": ("UPDATE event SET boot = 'boot-2' WHERE seq = 4", 4, "chain"),
    "the monotonic clock": ("UPDATE event SET mono_ms = mono_ms - 1 WHERE seq = 4", 4, "chain"),
    "a hash": (
        "UPDATE event SET chain = replace(replace(chain, 'a', 'g'), '1', 'h') WHERE seq = 6",
        6,
        "chain",
    ),
    "an event removed": ("DELETE FROM event WHERE seq = 7", 7, "gap"),
    "the first event removed": ("DELETE FROM event WHERE seq = 1", 1, "gap"),
    "the newest event removed": (f"DELETE FROM event WHERE seq = {EVENTS}", EVENTS - 1, "derived_row"),
    "an event invented": (
        (
            f"INSERT INTO event SELECT {EVENTS + 1}, payment_id, kind, subject, wall_ms, boot, mono_ms, facts, chain"
            f" FROM event WHERE seq = {EVENTS}"
        ),
        EVENTS + 1,
        "chain",
    ),
    "two events swapped": (
        (
            "UPDATE event SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3);"
            "UPDATE event SET seq = -seq WHERE seq < 0"
        ),
        2,
        "chain",
    ),
    "a finished flag": ("UPDATE payment SET finished = 1 WHERE payment_id = 'pay-2'", EVENTS, "derived_row"),
    "a charged word": ("UPDATE payment SET charged = 'no' WHERE payment_id = 'pay-0'", 11, "derived_row"),
    "an amount in the row": (
        "UPDATE payment SET whole_minor = 1 WHERE payment_id = 'pay-1'",
        22,
        "derived_row",
    ),
    "a hold made smaller": ("UPDATE hold SET minor = minor - 1", EVENTS, "holds"),
    "a hold removed": ("DELETE FROM hold", EVENTS, "holds"),
    "a hold invented": ("INSERT INTO hold VALUES ('invoice:x', 'pay-0', 5)", 11, "holds"),
    "a reference removed": ("DELETE FROM reference WHERE reference = 'R1'", 22, "reference"),
    "a reference given away": (
        "UPDATE reference SET payment_id = 'pay-0' WHERE reference = 'R1'",
        22,
        "reference",
    ),
    "a marker removed": ("DELETE FROM marker WHERE marker = 'V0'", 11, "marker"),
    "a payment out of nowhere": (
        (
            "INSERT INTO payment SELECT 'ghost', first_seq, last_seq, version, operation, scope, whole_minor,"
            " currency, charged, finished FROM payment WHERE payment_id = 'pay-0'"
        ),
        None,
        "orphan",
    ),
    "the journal's own id": ("UPDATE meta SET value = 'another' WHERE name = 'journal_id'", 1, "chain"),
    "the journal's id removed": ("DELETE FROM meta WHERE name = 'journal_id'", None, "meta"),
    "a table removed": ("DROP TABLE hold", None, "unreadable"),
}


@pytest.mark.parametrize("change", CHANGED)
def test_a_change_behind_its_back_is_named(files: Files, change: str) -> None:
    statement, seq, reason = CHANGED[change]
    path = files.with_sales()
    harm(path, statement)
    found = check_file(path)
    assert (found.sound, found.bad_seq, found.reason) == (False, seq, reason)


@pytest.mark.parametrize("change", CHANGED)
def test_a_changed_journal_is_not_opened(files: Files, change: str) -> None:
    path = files.with_sales()
    harm(path, CHANGED[change][0])
    before = path.read_bytes()
    error = refusal(path)
    assert error.code == "damaged"
    assert error.facts["reason"] in {CHANGED[change][2], "gap"}
    assert path.read_bytes() == before


# ---------------------------------------------------------------- changed files


def test_opening_looks_at_a_bounded_part_and_check_at_all(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tillbridge.journal.check.AT_OPENING_EVENTS", 4)
    monkeypatch.setattr("tillbridge.journal.check.AT_OPENING_DERIVED", 4)
    path = files.with_sales()
    harm(path, *(CHANGED[change][0] for change in ("a kind", "a charged word")))
    files.open(path).close()
    assert check_file(path).bad_seq == 5


def test_an_empty_file_is_not_taken_for_a_new_journal(files: Files) -> None:
    path = files.with_sales()
    path.write_bytes(b"")
    assert refusal(path).facts["reason"] == "empty"
    assert path.read_bytes() == b""


def test_a_file_of_something_else_is_left_alone(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Dear Sir or Madam, " * 500)
    assert refusal(path).facts["reason"] == "foreign"
    assert path.read_bytes().startswith(b"Dear Sir")


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "clinic.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE pets (name TEXT)")
    connection.close()
    before = path.read_bytes()
    assert refusal(path).facts["reason"] == "foreign"
    assert path.read_bytes() == before


@pytest.mark.parametrize("eighths", [1, 2, 4, 6, 7])
def test_a_truncated_file_is_refused_and_stays_as_it_is(files: Files, eighths: int) -> None:
    path = files.with_sales(30)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * eighths // 8])
    assert refusal(path).code == "damaged"
    assert not check_file(path).sound
    assert len(path.read_bytes()) == len(whole) * eighths // 8


def test_a_missing_main_file_is_not_begun_anew_beside_its_log(files: Files) -> None:
    journal = files.begin()
    Writer(journal).sale("pay-1", "R1", "V1")
    left = files.folder / "left.db"
    shutil.copy(f"{journal.path}-wal", f"{left}-wal")
    assert refusal(left).facts["reason"] == "main_file_missing"
    assert not left.exists()


@pytest.mark.parametrize("table", ["event", "event_of_payment", "payment", "hold", "reference", "meta"])
def test_a_page_of_zeros_is_found(files: Files, table: str) -> None:
    path = files.with_sales(30)
    size = page_size(path)
    overwrite(path, (root_page(path, table) - 1) * size, b"\x00" * size)
    assert refusal(path).code == "damaged"
    assert not check_file(path).sound


def test_a_page_from_another_time_is_found(files: Files) -> None:
    journal = files.begin()
    Writer(journal).sale("pay-1", "R1", "V1", steps=3)
    journal.close()
    path = Path(journal.path)
    size, page = page_size(path), root_page(path, "event")
    old = path.read_bytes()[(page - 1) * size : page * size]
    again = files.open(path)
    Writer(again).write("pay-2", created(), attempted("R2"))
    again.close()
    overwrite(path, (page - 1) * size, old)
    assert refusal(path).code == "damaged"
    assert not check_file(path).sound


def test_any_flipped_bit_is_found_or_means_nothing(files: Files, tmp_path: Path) -> None:
    """Of a file's bits those in unused space mean nothing: then every answer is as before."""
    path = files.with_sales(8)
    whole = path.read_bytes()
    journal = files.open(path)
    truth = everything(journal)
    journal.close()
    found = 0
    chance = random.Random(7)
    for number in range(80):
        flipped = bytearray(whole)
        place = chance.randrange(len(whole))
        flipped[place] ^= 1 << chance.randrange(8)
        victim = tmp_path / f"flipped-{number}.db"
        victim.write_bytes(flipped)
        refused = _refused_at_opening(victim, truth)
        if _sound(victim):
            assert not refused, f"byte {place}: check finds sound what is not opened"
        else:
            found += 1
    assert found > 10


def _refused_at_opening(victim: Path, truth: dict[str, object]) -> bool:
    try:
        survivor = open_journal(victim, settings=AT_ONCE)
    except JournalError:
        return True
    with contextlib.closing(survivor):
        answers = everything(survivor)
    assert answers == truth or not answers["check"].sound
    return False


def _sound(path: Path) -> bool:
    try:
        return check_file(path, settings=AT_ONCE).sound
    except JournalError as error:
        return error.code != "newer"


# ---------------------------------------------------------------- newer, twice


def test_a_newer_journal_is_refused_untouched(files: Files) -> None:
    path = files.with_sales()
    newer = Migration(len(shipped()) + 1, "CREATE TABLE note (text TEXT) STRICT")
    files.open(path, migrations=(*shipped(), newer)).close()
    before = path.read_bytes()
    error = refusal(path)
    assert error.code == "newer"
    assert (error.facts["file_version"], error.facts["program_version"]) == (newer.number, len(shipped()))
    with pytest.raises(JournalError, match="newer"):
        check_file(path)
    assert path.read_bytes() == before


def test_a_journal_of_a_program_that_derives_more_is_refused(files: Files) -> None:
    path = files.with_sales()
    harm(path, "UPDATE meta SET value = '999' WHERE name = 'derivation'")
    assert refusal(path).code == "newer"


def test_a_journal_is_not_opened_twice_in_one_process(files: Files) -> None:
    journal = files.begin()
    assert refusal(Path(journal.path)).code == "opened_twice"
    assert refusal(files.folder / "." / ".." / files.folder.name / "1.db").code == "opened_twice"
    with pytest.raises(JournalError, match="opened_twice"):
        check_file(Path(journal.path))
    Writer(journal).write("pay-1", created())
    assert journal.check().sound


def test_a_refused_journal_can_be_opened_once_it_is_let_go(files: Files) -> None:
    journal = files.begin()
    path = Path(journal.path)
    assert refusal(path).code == "opened_twice"
    journal.close()
    assert files.open(path).check().sound


OTHER_PROCESS = """
import sys
from pathlib import Path
from tillbridge.domain.errors import JournalError
from tillbridge.journal.check import check_file
from tillbridge.journal.connect import Settings
from tillbridge.journal.sqlite import open_journal
at_once = Settings(busy_ms=0)
for act in (lambda path: open_journal(path, settings=at_once), lambda path: check_file(path, settings=at_once)):
    try:
        act(Path(sys.argv[1]))
        print("opened")
    except JournalError as error:
        print(error.code, type(error.__cause__).__name__)
"""


def test_a_second_process_is_refused(files: Files) -> None:
    journal = files.begin()
    Writer(journal).write("pay-1", created())
    told = _in_other_process(OTHER_PROCESS, journal.path)
    assert told.splitlines() == ["opened_twice BusyError", "opened_twice BusyError"]
    Writer(journal).write("pay-2", created())
    assert journal.check().sound


def _in_other_process(code: str, *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": "src"},
        timeout=60,
        check=True,
    )
    return result.stdout
