"""What the engine newly writes is sound in a real record of payments, and reads back the same after a restart."""

from __future__ import annotations

from pathlib import Path

from tests.engine.clinic import MILO, ROSA, Clinic
from tests.engine.scripted_desk import usd
from tillbridge.domain.invoice import Debt
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import HOUR, MINUTE
from tillbridge.journal.check import check_file
from tillbridge.journal.sqlite import SqliteJournal, open_journal


class OnFile(Clinic):
    journal: SqliteJournal  # type: ignore[assignment]  # the same port, on a disk

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.journal = open_journal(path)
        self.restarted()


def test_a_typed_amount_that_was_attached_and_a_row_that_vanished_are_sound_on_the_disk(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    clinic = OnFile(path)
    typed = Debt(software="typed", account_id="", client="Rosa Alvarez", invoice_number="", balance=None)
    clinic.books.open = MILO
    clinic.pay("p1", 4_200, debt=typed)
    clinic.lets_pass(MINUTE)
    clinic.owe(4_200)
    real = Debt(
        software="model", account_id=ROSA[0], client=ROSA[1], invoice_number="10482", balance=usd(4_200)
    )
    clinic.engine.attach("p1", real, "Dana")
    assert clinic.journal.held_minor(real.scope) == 4_200
    assert clinic.journal.held_minor(typed.scope) == 0
    clinic.lets_pass(MINUTE)
    clinic.books.rows.clear()
    clinic.engine.recheck()
    clinic.lets_pass(HOUR)
    before = clinic.payment("p1")
    assert before.postings[0].state is PostingState.NEEDS_ATTENTION
    clinic.journal.close()
    assert check_file(path).sound
    again = open_journal(path)
    assert again.payment("p1") == before
    assert list(again.unfinished()) == ["p1"]
    again.close()
