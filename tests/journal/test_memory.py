"""The in-memory twin passes the suite, and crashes where it is told to."""

from __future__ import annotations

import pytest

from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.journal import Append, Journal
from tillbridge.testing.journal_suite import Begin, JournalSuite, Reopen, Writer, attempted, created


class TestMemoryJournal(JournalSuite):
    @pytest.fixture
    def journal(self) -> Journal:
        return MemoryJournal()

    @pytest.fixture
    def begin(self) -> Begin:
        return MemoryJournal

    @pytest.fixture
    def reopen(self) -> Reopen:
        def the_same(journal: Journal) -> Journal:
            journal.close()
            return journal

        return the_same


class Crash(BaseException):
    """The simulated process ends here."""


def crash(_append: Append) -> None:
    raise Crash


def test_a_crash_before_the_append_leaves_nothing() -> None:
    journal = MemoryJournal()
    journal.before_append = crash
    with pytest.raises(Crash):
        Writer(journal).write("pay-1", created(), attempted("R1"))
    assert journal.payment("pay-1") is None
    assert journal.check().events == 0


def test_a_crash_after_the_append_leaves_all_of_it() -> None:
    journal = MemoryJournal()
    journal.after_append = crash
    with pytest.raises(Crash):
        Writer(journal).write("pay-1", created(), attempted("R1"))
    payment = journal.payment("pay-1")
    assert payment is not None
    assert payment.version == 2
    assert journal.check().sound


def test_a_changed_event_is_named() -> None:
    journal = MemoryJournal()
    Writer(journal).sale("pay-1", "R1", "V1")
    stored = journal.since(2, 1)[0]
    journal._stored[2] = type(stored)(seq=3, payment_id="pay-1", event=created(1), chain=stored.chain)
    found = journal.check()
    assert (found.sound, found.bad_seq, found.reason) == (False, 3, "chain")


def test_a_payment_that_is_not_its_events_is_named() -> None:
    journal = MemoryJournal()
    Writer(journal).sale("pay-1", "R1", "V1")
    Writer(journal).sale("pay-2", "R2", "V2", steps=1)
    other = journal.payment("pay-2")
    assert other is not None
    journal._payments["pay-1"] = other
    assert journal.check().reason == "derived_row"
