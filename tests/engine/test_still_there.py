"""A posting of ours that somebody deletes or reverses later is noticed, told, and never typed again by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.clinic import MILO, ROSA, Clinic
from tests.engine.scripted_desk import usd
from tillbridge.domain.ledger import LedgerRow
from tillbridge.domain.next_command import Recheck
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import HOUR, MINUTE, SECOND
from tillbridge.ports.practice import Trouble

DAY = 24 * HOUR


@pytest.fixture
def clinic() -> Clinic:
    """One payment of this day, seen in the books."""
    clinic = Clinic()
    clinic.pay("p1", 21_240)
    clinic.lets_pass(MINUTE)
    assert clinic.posting("p1").state is PostingState.POSTED
    clinic.books.visits.clear()
    return clinic


def looks(clinic: Clinic) -> int:
    return [what for what, *_ in clinic.books.visits].count("look")


def kinds(clinic: Clinic, payment_id: str = "p1") -> list[str]:
    return [stored.event.kind for stored in clinic.journal.events(payment_id)]


def test_what_is_still_there_is_looked_for_once_on_the_next_day_and_never_after_that(clinic: Clinic) -> None:
    clinic.lets_pass(12 * HOUR)
    assert looks(clinic) == 0
    clinic.lets_pass(DAY)
    assert looks(clinic) == 1
    assert kinds(clinic)[-1] == "posting_found"
    assert clinic.posting("p1").confirmed_at is not None
    clinic.lets_pass(5 * DAY)
    assert looks(clinic) == 1
    assert clinic.payment("p1").finished


def test_what_was_deleted_calls_a_person_and_is_not_typed_again(clinic: Clinic) -> None:
    clinic.books.rows.clear()
    clinic.lets_pass(2 * DAY)
    gone = clinic.posting("p1")
    assert (gone.state, gone.reason, gone.may_be_posted) == (
        PostingState.NEEDS_ATTENTION,
        "row_vanished",
        False,
    )
    assert not clinic.payment("p1").finished
    assert clinic.books.rows == []
    assert looks(clinic) == 2, "gone is what two looks, some time apart, did not show"


def test_a_row_that_one_look_missed_is_no_row_that_is_gone(clinic: Clinic) -> None:
    kept = list(clinic.books.rows)
    clinic.books.rows.clear()
    clinic.engine.recheck()
    clinic.lets_pass(MINUTE // 2)
    clinic.books.rows.extend(kept)
    clinic.lets_pass(10 * MINUTE)
    assert (clinic.posting("p1").state, looks(clinic)) == (PostingState.POSTED, 2)


def test_at_the_end_of_the_day_everything_of_today_is_looked_for_again(clinic: Clinic) -> None:
    clinic.pay("p2", 5_500, MILO, "20001")
    clinic.lets_pass(MINUTE)
    clinic.books.rows = [row for row in clinic.books.rows if row.account_id != MILO[0]]
    assert clinic.engine.recheck() == 2
    clinic.lets_pass(10 * MINUTE)
    assert clinic.posting("p1").state is PostingState.POSTED
    assert clinic.posting("p2").state is PostingState.NEEDS_ATTENTION


def test_the_end_of_the_day_does_not_spare_the_next_one(clinic: Clinic) -> None:
    clinic.engine.recheck()
    clinic.lets_pass(HOUR)
    clinic.books.rows.clear()
    clinic.lets_pass(2 * DAY)
    assert clinic.posting("p1").state is PostingState.NEEDS_ATTENTION


def test_another_look_into_the_same_ledger_notices_it_within_the_hour(clinic: Clinic) -> None:
    clinic.books.rows.clear()
    clinic.pay("p2", 1_000, ROSA, "10500")
    clinic.lets_pass(10 * MINUTE)
    assert clinic.posting("p2").state is PostingState.POSTED
    assert clinic.posting("p1").state is PostingState.NEEDS_ATTENTION


def test_numbers_that_the_program_cuts_are_seen_all_the_same(clinic: Clinic) -> None:
    """A look for one payment of the client makes nobody look again for the other."""
    clinic.books.cut_to = len(clinic.posting("p1").marker) - 1
    clinic.pay("p2", 1_000, ROSA, "10500")
    clinic.lets_pass(2 * SECOND)
    assert looks(clinic) > 0
    assert not clinic.engine.rechecks.wanted
    assert not clinic.engine.rechecks.given_up


def test_a_look_for_another_client_says_nothing_about_it(clinic: Clinic) -> None:
    clinic.books.rows.clear()
    clinic.pay("p2", 5_500, MILO, "20001")
    clinic.lets_pass(10 * MINUTE)
    assert clinic.posting("p1").state is PostingState.POSTED


def test_what_was_reversed_calls_a_person(clinic: Clinic) -> None:
    row = clinic.books.rows[0]
    clinic.books.rows.append(replace(row, amount=-row.amount))
    clinic.engine.recheck()
    clinic.lets_pass(10 * MINUTE)
    assert (clinic.posting("p1").state, clinic.posting("p1").reason) == (
        PostingState.NEEDS_ATTENTION,
        "reversed",
    )


def test_a_row_that_lost_our_number_may_be_ours_and_is_asked_about(clinic: Clinic) -> None:
    clinic.books.rows = [replace(clinic.books.rows[0], reference="")]
    clinic.engine.recheck()
    clinic.lets_pass(10 * MINUTE)
    posting = clinic.posting("p1")
    assert (posting.state, posting.reason, posting.may_be_posted) == (
        PostingState.NEEDS_ATTENTION,
        "number",
        True,
    )


def test_a_list_that_proves_nothing_says_nothing_and_is_not_asked_for_ever(clinic: Clinic) -> None:
    clinic.books.rows.clear()
    clinic.books.complete = False
    clinic.lets_pass(4 * DAY)
    assert clinic.posting("p1").state is PostingState.POSTED
    assert looks(clinic) == 1


def test_what_a_person_only_said_is_not_looked_for(clinic: Clinic) -> None:
    """Nobody knows what they wrote into the number field."""
    clinic.books.trouble = Trouble(who="operator", code="client_locked", retry_in_ms=10 * MINUTE)
    clinic.pay("p2", 5_500, MILO, "20001")
    clinic.lets_pass(MINUTE)
    clinic.engine.person_says("p2", clinic.posting("p2").marker, True, "Dana")
    clinic.books.trouble = None
    assert clinic.engine.recheck() == 1
    clinic.lets_pass(2 * DAY)
    assert clinic.posting("p2").state is PostingState.POSTED


def test_what_was_deleted_while_the_agent_was_off_for_a_week_is_left_to_the_day_end(clinic: Clinic) -> None:
    clinic.books.rows.clear()
    clinic.clock.now_ms += 5 * DAY
    clinic.restarted()
    clinic.lets_pass(HOUR)
    assert looks(clinic) == 0


def test_it_is_looked_for_however_late_in_the_century_it_is() -> None:
    clinic = Clinic()
    clinic.clock.now_ms += 20_000 * DAY
    clinic.restarted()
    clinic.pay("p1", 21_240)
    clinic.lets_pass(MINUTE)
    clinic.books.visits.clear()
    clinic.lets_pass(2 * DAY)
    assert looks(clinic) == 1


def test_over_a_long_weekend_it_is_still_looked_for(clinic: Clinic) -> None:
    clinic.books.rows.clear()
    clinic.clock.now_ms += 3 * DAY
    clinic.restarted()
    clinic.lets_pass(HOUR)
    assert clinic.posting("p1").state is PostingState.NEEDS_ATTENTION


def test_a_look_that_was_cut_off_is_made_again_later(clinic: Clinic) -> None:
    clinic.books.rows.clear()
    clinic.books.cut_off = True
    clinic.engine.recheck()
    clinic.lets_pass(MINUTE)
    assert (clinic.posting("p1").state, looks(clinic)) == (PostingState.POSTED, 1)
    clinic.books.cut_off = False
    clinic.lets_pass(15 * MINUTE)
    assert clinic.posting("p1").state is PostingState.NEEDS_ATTENTION


def test_a_screen_that_cannot_be_read_is_tried_rarely_and_not_for_ever(clinic: Clinic) -> None:
    clinic.books.rows.clear()
    clinic.books.trouble = Trouble(who="operator", code="software_closed", retry_in_ms=5_000)
    clinic.engine.recheck()
    version = clinic.payment("p1").version
    tried = 0
    for _ in range(100):
        due = next((d for d in clinic.engine.due() if isinstance(d.command, Recheck)), None)
        if due is None:
            break
        clinic.clock.now_ms += due.in_ms
        clinic.engine.step("p1", due.command)
        tried += 1
    assert tried == 12
    assert clinic.payment("p1").version == version
    assert clinic.posting("p1").state is PostingState.POSTED


def test_people_at_work_all_morning_only_put_it_off(clinic: Clinic) -> None:
    clinic.books.rows.clear()
    clinic.engine.recheck()
    clinic.books.busy_until_ms = clinic.clock.now_ms + 5 * HOUR
    clinic.lets_pass(5 * HOUR)
    assert (clinic.posting("p1").state, looks(clinic)) == (PostingState.POSTED, 0)
    clinic.lets_pass(5 * MINUTE)
    assert clinic.posting("p1").state is PostingState.NEEDS_ATTENTION


def test_while_paused_nothing_is_looked_for(clinic: Clinic) -> None:
    clinic.engine.recheck()
    clinic.engine.pause(30 * MINUTE)
    clinic.lets_pass(29 * MINUTE)
    assert looks(clinic) == 0


def test_a_posting_that_waits_goes_first(clinic: Clinic) -> None:
    clinic.engine.recheck()
    clinic.pay("p2", 5_500, MILO, "20001")
    assert [type(d.command).__name__ for d in clinic.engine.due()] == ["Post", "Recheck"]


def test_a_person_who_typed_another_one_of_the_same_amount_does_not_hide_that_ours_is_gone(
    clinic: Clinic,
) -> None:
    clinic.books.rows = [
        LedgerRow(
            account_id=ROSA[0],
            invoice_number="10482",
            amount=usd(21_240),
            reference="",
            method="Cash",
            date="",
        )
    ]
    clinic.engine.recheck()
    clinic.lets_pass(10 * MINUTE)
    assert clinic.posting("p1").state is PostingState.NEEDS_ATTENTION


def test_what_is_gone_holds_its_amount_again_until_a_person_has_decided(clinic: Clinic) -> None:
    clinic.books.rows.clear()
    clinic.engine.recheck()
    clinic.lets_pass(10 * MINUTE)
    assert clinic.journal.held_minor(clinic.payment("p1").debt.scope) == 21_240
    clinic.engine.person_says("p1", clinic.posting("p1").marker, False, "Dana")
    clinic.lets_pass(10 * MINUTE)
    assert clinic.posting("p1").state is PostingState.POSTED
    assert len(clinic.books.rows) == 1
