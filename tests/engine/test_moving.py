"""Move: the wrong row is taken back, then the right one is typed; the card is not touched."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.till import OWED, ROSA, Till, usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.invoice import TYPED, Debt
from tillbridge.domain.next_command import AskPerson, commands
from tillbridge.domain.payment import Payment, holds
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.given_elsewhere import GivenElsewhere
from tillbridge.engine.policy import MINUTE

RIGHT = "20001"
BOOKED, WAITING, NOT_NEEDED = PostingState.POSTED, PostingState.WAITING, PostingState.NOT_NEEDED


def right(**changes: Any) -> Debt:
    usual = {"software": "model", "account_id": ROSA[0], "client": ROSA[1], "invoice_number": RIGHT}
    return Debt(**(usual | {"balance": usd(OWED)} | changes))


def moves(till: Till, **changes: Any) -> Payment:
    return till.engine.move("p1", till.payment().postings[0].marker, right(**changes), "Dana")


def test_the_wrong_row_is_taken_back_and_the_right_one_typed_each_with_its_own_number() -> None:
    till = Till()
    wrong = till.pays().postings[0]
    calls = len(till.line.network.books.entries)
    moves(till)
    till.runs()
    back, moved = till.payment().postings[1:]
    assert (back.kind, back.of_marker, back.state) == ("return", wrong.marker, BOOKED)
    assert (moved.kind, moved.state) == ("sale", BOOKED)
    assert len({wrong.marker, back.marker, moved.marker}) == 3
    assert (till.rows(), till.rows(RIGHT)) == ([OWED, -OWED], [OWED])
    assert len(till.line.network.books.entries) == calls, "the card is not touched"
    assert till.payment().finished


def test_what_is_not_in_the_books_yet_is_simply_typed_where_it_belongs() -> None:
    till = Till()
    till.takes()
    moves(till)
    till.runs()
    assert (till.rows(), till.rows(RIGHT)) == ([], [OWED])


def test_the_right_invoice_is_held_from_the_moment_of_the_move() -> None:
    till = Till()
    till.pays()
    moves(till)
    assert holds(till.payment()) == {right().scope: OWED}
    with pytest.raises(OperatorError, match="not_chargeable"):
        till.takes(payment_id="p2", number=RIGHT)


def test_more_than_the_right_invoice_takes_is_refused_and_nothing_changes() -> None:
    till = Till()
    before = till.pays()
    with pytest.raises(OperatorError, match="not_chargeable"):
        moves(till, balance=usd(OWED - 1))
    assert till.payment() == before


def test_a_crash_between_the_two_leaves_a_move_that_is_seen_and_goes_on() -> None:
    till = Till()
    till.pays()
    moves(till)

    def crash(where: str) -> None:
        if where == "after_commit":
            raise KeyboardInterrupt

    till.practice.hook = crash
    with pytest.raises(KeyboardInterrupt):
        till.runs()
    till.practice.hook = lambda _where: None
    till.restarted()
    assert [p.state for p in till.payment().postings][1:] == [PostingState.UNSURE, WAITING]
    assert not till.payment().finished
    till.runs(5 * MINUTE)
    assert (till.rows(), till.rows(RIGHT)) == ([OWED, -OWED], [OWED])


def test_the_right_row_is_never_typed_before_the_wrong_one_is_taken_back() -> None:
    till = Till()
    till.pays()
    moves(till)
    till.practice.typing_plan += ["doubt_not_committed"] * 3
    till.runs(30_000)
    assert till.rows(RIGHT) == []
    till.runs(10 * MINUTE)
    assert (till.rows(), till.rows(RIGHT)) == ([OWED, -OWED], [OWED])


def test_a_move_that_is_called_off_before_the_wrong_row_is_taken_back_leaves_everything_as_it_was() -> None:
    till = Till()
    till.pays()
    moves(till)
    till.engine.person_says("p1", till.payment().postings[1].marker, None, "Dana")
    till.runs()
    assert [p.state for p in till.payment().postings] == [BOOKED, NOT_NEEDED, NOT_NEEDED]
    assert till.rows() == [OWED]
    assert till.payment().finished
    moves(till)
    till.runs()
    assert till.rows(RIGHT) == [OWED], "and it can be moved again"


def test_money_that_goes_back_in_the_middle_of_a_move_stands_nowhere() -> None:
    till = Till()
    till.pays()
    moves(till)
    till.gives()
    till.money_only()
    till.runs(5 * MINUTE)
    assert sum(till.rows()) == sum(till.rows(RIGHT)) == 0
    assert till.payment("b1").finished


def test_a_part_that_is_given_back_after_a_move_is_taken_off_the_right_row() -> None:
    till = Till(refund_before_settlement=True)
    till.pays()
    moves(till)
    till.runs()
    till.gives(4_000)
    till.runs()
    assert (sum(till.rows()), till.rows(RIGHT)) == (0, [OWED, -4_000])


def test_a_row_that_may_be_in_the_books_is_not_moved_yet() -> None:
    till = Till()
    till.practice.typing_plan.append("late")
    till.practice.row_delay_ms = 30_000
    till.takes()
    till.runs(3_000)
    with pytest.raises(OperatorError, match="move_not_yet"):
        moves(till)


def test_a_row_of_which_some_went_back_is_not_moved() -> None:
    till = Till(refund_before_settlement=True)
    till.pays()
    till.gives(1_000)
    till.runs()
    with pytest.raises(OperatorError, match="move_not_yet"):
        moves(till)


@pytest.mark.parametrize(
    "where", [{"invoice_number": "10482"}, {"software": TYPED}, {"account_id": ""}], ids=str
)
def test_a_move_needs_another_place_that_can_be_told(where: dict[str, Any]) -> None:
    till = Till()
    till.pays()
    with pytest.raises(OperatorError, match="nothing_to_move"):
        moves(till, **where)


def test_a_move_is_a_named_persons_and_of_a_row_that_there_is() -> None:
    till = Till()
    marker = till.pays().postings[0].marker
    with pytest.raises(OperatorError, match="person_missing"):
        till.engine.move("p1", marker, right(), " ")
    with pytest.raises(OperatorError, match="unknown_posting"):
        till.engine.move("p1", "NONE", right(), "Dana")


def test_a_moved_row_whose_wrong_one_was_dropped_in_older_journals_asks_a_person() -> None:
    till = Till()
    till.pays()
    payment = moves(till)
    back = payment.postings[1].marker
    from tillbridge.domain.fold import apply

    event = till.engine._event("posting_dropped", back, {"person": "Dana"})
    alone = apply("p1", payment, event)
    assert AskPerson(payment.postings[2].marker, "move_undone") in commands(alone)


def test_what_others_gave_back_after_a_move_is_taken_off_the_right_row_alone() -> None:
    till = Till()
    till.pays()
    moves(till)
    till.runs()
    till.engine.record_given_back(GivenElsewhere(record_id="r1", of="p1", person="Dana"))
    till.runs(5 * MINUTE)
    assert (sum(till.rows()), till.rows(RIGHT)) == (0, [OWED, -OWED])
    assert len(till.rows()) == 2, "the wrong row was taken back once, by the move"
    assert till.payment().finished
