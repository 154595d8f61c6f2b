"""Give money back: what changes in the practice software. What was never typed is not typed twice; given back and not
in the books is visible and goes on by itself."""

from __future__ import annotations

import pytest

from tests.engine.till import OWED, Till, usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.next_command import AwaitGateway, Inquire
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.giving_back import GiveBackRequest
from tillbridge.engine.policy import DAY, HOUR, MINUTE
from tillbridge.simulator.core.faults import FaultKind


def test_what_is_not_in_the_books_yet_is_not_typed_at_all() -> None:
    till = Till()
    till.takes()
    till.gives()
    till.money_only()
    till.runs()
    assert till.went_back() == OWED
    assert till.rows() == []
    assert till.payment().postings[0].state is PostingState.NOT_NEEDED
    assert till.postings("b1") == []
    assert till.payment("b1").finished
    assert till.payment().finished


def test_a_part_of_what_is_not_in_the_books_yet_is_typed_for_less() -> None:
    till = Till(refund_before_settlement=True)
    till.takes()
    till.gives(4_000)
    till.money_only()
    till.runs()
    assert till.rows() == [6_000]
    assert till.postings("b1") == []
    assert till.payment().finished


def test_a_row_that_may_be_in_the_books_is_found_out_about_before_a_part_is_taken_off() -> None:
    till = Till(refund_before_settlement=True)
    till.practice.typing_plan.append("late")
    till.practice.row_delay_ms = 20_000
    till.takes()
    till.runs(3_000)
    assert till.payment().postings[0].state is PostingState.UNSURE
    till.gives(4_000)
    till.runs(3_000)
    assert till.postings("b1") == []
    till.runs(5 * MINUTE)
    assert till.rows() == [OWED, -4_000]


def test_the_whole_of_a_row_that_may_be_in_the_books_is_reversed_when_it_is_found() -> None:
    till = Till()
    till.practice.typing_plan.append("late")
    till.practice.row_delay_ms = 20_000
    till.takes()
    till.runs(3_000)
    till.gives()
    till.runs(5 * MINUTE)
    assert till.rows() == [OWED, -OWED]
    assert till.payment("b1").finished
    assert till.payment().finished


def test_what_stands_in_the_software_already_is_not_typed() -> None:
    till = Till()
    till.pays()
    till.settles()
    till.gives(4_000, in_software=True)
    till.runs()
    assert till.went_back() == 4_000
    assert till.rows() == [OWED]
    assert till.payment("b1").finished
    assert till.payment().went_back == "part"


def test_given_back_and_not_in_the_books_is_visible_and_goes_on_after_a_restart() -> None:
    till = Till()
    till.pays()
    till.gives()
    till.money_only()
    child = till.payment("b1")
    assert child.charged == "yes"
    assert not child.finished
    assert child.postings[0].state is PostingState.WAITING
    till.restarted()
    till.runs()
    assert till.rows() == [OWED, -OWED]


SENDING = 2
"""The crash that leaves a void that was never sent: it is given up and watched for some days, and sent anew."""


@pytest.mark.parametrize("stop", range(1, 12))
def test_a_crash_anywhere_leaves_a_give_back_that_goes_on(stop: int) -> None:
    till = Till()
    till.pays()
    till.gives()
    appends = iter(range(100))

    def crash(_append: object) -> None:
        if next(appends) == stop:
            raise KeyboardInterrupt

    till.journal.after_append = crash
    try:
        till.runs()
    except KeyboardInterrupt:
        till.journal.after_append = lambda _append: None
        till.restarted()
        till.runs(HOUR)
        till.runs(5 * DAY if stop == SENDING else 0)
    assert till.went_back() == OWED
    assert till.rows() == [OWED, -OWED]
    assert till.payment("b1").finished
    assert till.payment().finished


def test_a_give_back_that_is_found_after_a_long_night_is_still_sent() -> None:
    till = Till()
    till.pays()
    till.gives()
    till.clock.now_ms += 9 * HOUR
    till.restarted()
    till.runs()
    assert till.went_back() == OWED


def test_another_try_of_a_give_back_is_held_against_what_is_left() -> None:
    till = Till()
    till.pays()
    till.settles()
    till.gives(6_000)
    till.engine.cancel("b1")
    till.gives(6_000, name="b2")
    with pytest.raises(OperatorError, match="not_chargeable"):
        till.engine.try_again("b1")


def test_the_gateway_is_not_asked_without_end_about_what_waits() -> None:
    till = Till()
    till.pays()
    till.gives(4_000)
    till.runs(1_000)
    waits = [d.in_ms for d in till.engine.due() if isinstance(d.command, AwaitGateway)]
    assert waits
    assert min(waits) > 14 * MINUTE
    assert not any(isinstance(d.command, Inquire) for d in till.engine.due())


@pytest.mark.parametrize("posted", [True, False])
def test_what_a_bank_takes_back_after_a_part_was_given_back_is_the_rest_and_nothing_is_over(
    posted: bool,
) -> None:
    till = Till(refund_before_settlement=True)
    if posted:
        till.pays()
    else:
        till.takes()
    till.gives(1_000)
    till.money_only()
    reference = till.payment().attempts[0].reference
    till.tells("p1", "settled", reference)
    till.tells("p1", "returned", reference, code="R01", returned_minor=OWED - 1_000)
    till.runs()
    assert sum(till.rows()) == 0
    assert till.payment().over_returned == usd(0)
    assert "over_returned" not in till.payment().tasks
    assert not any(s.event.kind == "impossible" for s in till.journal.since(0))


def test_a_bank_that_takes_back_all_after_a_part_was_given_back_took_too_much() -> None:
    till = Till(refund_before_settlement=True)
    till.pays()
    till.gives(1_000)
    till.runs()
    till.tells("p1", "returned", till.payment().attempts[0].reference, code="R01")
    assert till.payment().over_returned == usd(1_000)
    assert "over_returned" in till.payment().tasks


def test_an_answer_that_does_not_fit_a_give_back_ends_nothing() -> None:
    till = Till()
    till.pays()
    child = till.gives()
    impossible = till.engine._event("settlement_rejected", child.attempts[0].reference, {})
    assert till.engine._other_way(till.payment("b1"), [impossible]) == []


def test_a_give_back_whose_payment_is_lost_in_a_damaged_journal_is_a_persons_and_never_spins() -> None:
    till = Till()
    till.pays()
    till.gives()
    del till.journal._payments["p1"]
    till.runs(HOUR)
    child = till.payment("b1")
    assert "salvaged" in child.tasks
    assert not child.must_tell


def test_a_bank_that_takes_back_most_of_it_before_anything_was_typed_leaves_nothing_to_type() -> None:
    """Nothing of this attempt is ours any more, whatever sum the bank names."""
    till = Till()
    till.takes()
    reference = till.payment().attempts[0].reference
    till.tells("p1", "settled", reference)
    till.tells("p1", "returned", reference, code="R01", returned_minor=OWED - 1_000)
    till.runs()
    assert till.rows() == []
    assert not any(s.event.kind == "impossible" for s in till.journal.since(0))


def test_a_charge_that_others_took_back_is_told_when_our_own_void_came_to_nothing() -> None:
    till = Till()
    till.pays()
    found = till.asks()
    reference = till.payment().attempts[0].reference
    till.line.network.portal(till.payment().attempts[0].gateway_ref, "void", 0, till.clock.now_ms)
    till.fails("void", FaultKind.LOSE_REPLY_BEFORE)
    till.engine.give_back(GiveBackRequest(payment_id="b1", of="p1", person="Dana"), found)
    till.runs(100)
    till.tells("p1", "voided", reference)
    assert till.payment().attempts[0].taken, "it may be ours"
    till.tells("b1", "not_sent", till.payment("b1").attempts[0].reference, reason="invalid_request")
    till.runs()
    assert not till.payment().attempts[0].taken
    assert sum(till.rows()) == 0
