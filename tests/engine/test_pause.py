"""Somebody asked for a pause: the screen is left alone, money goes on, and it ends by itself."""

from __future__ import annotations

import pytest

from tests.engine.scripted_desk import ASKED, Desk, usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.next_command import Inquire, Look, Post, Send
from tillbridge.domain.outcome import Declined
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import HOUR, MINUTE
from tillbridge.ports.practice import Entering, Trouble
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


@pytest.mark.parametrize("ended_early", [False, True])
def test_a_pause_does_not_count_against_a_doubt(paid: Desk, ended_early: bool) -> None:
    """After half an hour of pause somebody is typing: it is too early to ask a person."""
    paid.practice.typing_plan.append("doubt_not_committed")
    paid.step(Post)
    paid.wait(MINUTE // 2)
    paid.engine.pause(30 * MINUTE if not ended_early else HOUR)
    paid.wait(30 * MINUTE)
    paid.engine.end_pause()
    paid.practice.trouble = Trouble(who="operator", code="user_typing", retry_in_ms=3_000)
    assert paid.step(Look).postings[0].state is PostingState.UNSURE
    paid.wait(14 * MINUTE)
    assert paid.step(Look).postings[0].state is PostingState.UNSURE
    paid.wait(MINUTE)
    assert paid.step(Look).postings[0].state is PostingState.NEEDS_ATTENTION


def test_a_pause_before_the_doubt_gives_it_no_more_time(paid: Desk) -> None:
    paid.engine.pause(30 * MINUTE)
    paid.wait(30 * MINUTE)
    paid.practice.typing_plan.append("doubt_not_committed")
    paid.step(Post)
    paid.practice.trouble = Trouble(who="operator", code="software_closed")
    paid.wait(15 * MINUTE)
    assert paid.step(Look).postings[0].state is PostingState.NEEDS_ATTENTION


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


# ---- a payment window that somebody has open ---------------------------------------------------------


def test_what_somebody_is_entering_by_hand_is_not_charged_unless_the_person_goes_on(desk: Desk) -> None:
    typing = Entering(amount=usd(ASKED), method="Visa", reference="")
    with pytest.raises(OperatorError) as refused:
        desk.begin(entering=typing)
    assert (refused.value.code, refused.value.facts) == ("payment_being_entered", {"seen": "212.40"})
    assert desk.journal.payment("p1") is None
    assert desk.begin(entering=typing, anyway=True).payment_id == "p1"


def test_an_open_window_with_nothing_readable_in_it_is_asked_about_too(desk: Desk) -> None:
    with pytest.raises(OperatorError) as refused:
        desk.begin(entering=Entering(amount=None, method="", reference=""))
    assert refused.value.code == "payment_being_entered"


def test_another_card_is_not_charged_either_while_somebody_enters_it_by_hand(desk: Desk) -> None:
    """The card was declined, and the client pays in cash after all."""
    desk.gateway.started = Declined(category="generic", retry="now")
    desk.begin()
    desk.step(Send)
    with pytest.raises(OperatorError) as refused:
        desk.engine.try_again("p1", entering=Entering(amount=usd(ASKED), method="Cash", reference=""))
    assert refused.value.code == "payment_being_entered"
    assert len(desk.engine.try_again("p1").attempts) == 2


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
