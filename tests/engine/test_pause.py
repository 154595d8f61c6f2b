"""Somebody asked for a pause: the screen is left alone, money goes on, and it ends by itself."""

from __future__ import annotations

import pytest

from tests.engine.scripted_desk import Desk
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.next_command import Inquire, Look, Post, Send
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import HOUR, MINUTE
from tillbridge.testing.world import run


def test_while_paused_nothing_is_due_on_the_screen_and_it_ends_by_itself(paid: Desk) -> None:
    paid.practice.row_delay_ms = 0
    paid.engine.pause(30 * MINUTE)
    run(paid.engine, paid.clock, paid.clock.now_ms + 29 * MINUTE)
    assert (paid.posting(), paid.practice.orders) == (PostingState.WAITING, [])
    run(paid.engine, paid.clock, paid.clock.now_ms + 2 * MINUTE)
    assert paid.posting() is PostingState.POSTED
    assert paid.engine.paused_until is None


def test_money_goes_on_while_paused(unknown: Desk) -> None:
    unknown.engine.pause(30 * MINUTE)
    assert [type(due.command) for due in unknown.engine.due()] == [Inquire]


def test_a_typing_that_waited_for_the_screen_is_not_done_once_somebody_paused(paid: Desk) -> None:
    post = next(due.command for due in paid.engine.due() if isinstance(due.command, Post))
    search = paid.engine.start("p1", post)
    assert search is not None
    typing = paid.engine.finish(search, paid.engine.perform(search))
    assert typing is not None
    paid.engine.pause(30 * MINUTE)
    paid.engine.finish(typing, paid.engine.perform(typing))
    payment = paid.journal.payment("p1")
    assert payment is not None
    assert payment.postings[0].state is PostingState.WAITING
    assert (payment.postings[0].reason, paid.practice.orders) == ("paused", [])


def test_a_look_after_a_commit_waits_for_the_end_of_the_pause_and_stays_a_doubt(paid: Desk) -> None:
    post = next(due.command for due in paid.engine.due() if isinstance(due.command, Post))
    search = paid.engine.start("p1", post)
    assert search is not None
    typing = paid.engine.finish(search, paid.engine.perform(search))
    assert typing is not None
    look = paid.engine.finish(typing, paid.engine.perform(typing))
    assert look is not None
    paid.engine.pause(MINUTE)
    assert paid.engine.finish(look, paid.engine.perform(look)) is None
    assert paid.posting() is PostingState.UNSURE
    assert [due.in_ms for due in paid.engine.due() if isinstance(due.command, Look)] == [MINUTE]


def test_a_pause_is_ended_by_hand(paid: Desk) -> None:
    paid.engine.pause(30 * MINUTE)
    paid.engine.end_pause()
    assert paid.engine.paused_until is None
    assert [due.in_ms for due in paid.engine.due()] == [0]


@pytest.mark.parametrize("ms", [0, MINUTE - 1, 8 * HOUR + 1])
def test_a_pause_that_nobody_can_mean_is_refused(desk: Desk, ms: int) -> None:
    with pytest.raises(OperatorError) as refused:
        desk.engine.pause(ms)
    assert refused.value.code == "pause_too_long"


def test_a_task_is_ended_by_a_named_person_and_the_payment_is_finished(desk: Desk) -> None:
    desk.practice.row_delay_ms = 0
    desk.begin()
    desk.step(Send)
    desk.step(Post)
    desk.tell("noted", "", task="salvaged")
    assert not desk.journal.payment("p1").finished  # type: ignore[union-attr]
    ended = desk.engine.end_task("p1", "salvaged", "Dana")
    assert ended.finished
    assert desk.journal.events("p1")[-1].event.facts["person"] == "Dana"
    with pytest.raises(OperatorError) as refused:
        desk.engine.end_task("p1", "salvaged", "Dana")
    assert refused.value.code == "nothing_to_decide"
