"""What lasts for days comes to an end: a watch on a computer that is off every night, a refused give-back, money
that nothing was written down for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.scripted_desk import ASKED, PAID, Desk, usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.next_command import GiveBack, Inquire, Post, Send
from tillbridge.domain.outcome import CannotTell, Found, NotFound, NotSent
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import HOUR, MINUTE
from tillbridge.testing.world import run


def killed(desk: Desk) -> None:
    desk.engine.stop("p1", "Dana")
    for _ in range(3):
        desk.engine.step("p1", desk.engine.due()[0].command)
    desk.step(Inquire)
    assert desk.state() == "killed"


def a_day(desk: Desk, hours: int) -> None:
    """The computer is on for so many hours and switched off overnight."""
    desk.restarted()
    desk.engine.recover()
    until_ms = desk.clock.now_ms + hours * HOUR
    while desk.clock.now_ms < until_ms:
        run(desk.engine, desk.clock, min(until_ms, desk.clock.now_ms + HOUR))
    desk.clock.now_ms += (24 - hours) * HOUR
    desk.clock.reboot()


@pytest.mark.parametrize(("hours", "days"), [(9, 12), (3, 44)])
def test_a_watch_ends_on_a_computer_that_is_switched_off_every_night(
    unknown: Desk, hours: int, days: int
) -> None:
    killed(unknown)
    for _ in range(days // 2):
        a_day(unknown, hours)
    assert not unknown.journal.payment("p1").finished  # type: ignore[union-attr]
    for _ in range(days - days // 2):
        a_day(unknown, hours)
    payment = unknown.journal.payment("p1")
    assert payment is not None
    assert payment.finished
    assert payment.attempts[0].watched_ms < 96 * HOUR, "never more than the time that passed"


def test_a_watch_counts_no_time_twice_and_none_without_an_answer(unknown: Desk) -> None:
    killed(unknown)
    for _ in range(4):
        unknown.wait(20 * MINUTE)
        unknown.step(Inquire)
    unknown.gateway.told = CannotTell(cause="x")
    unknown.wait(3 * HOUR)
    unknown.step(Inquire)
    assert unknown.journal.payment("p1").attempts[0].watched_ms == 80 * MINUTE  # type: ignore[union-attr]
    unknown.gateway.told = NotFound()
    unknown.wait(96 * HOUR - 80 * MINUTE - 3 * HOUR - 1)
    assert not unknown.step(Inquire).finished
    unknown.wait(1)
    assert unknown.step(Inquire).finished


def test_what_wakes_up_is_watched_anew(unknown: Desk) -> None:
    killed(unknown)
    unknown.wait(2 * HOUR)
    unknown.step(Inquire)
    unknown.gateway.told = Found(outcome=PAID)
    unknown.wait(HOUR)
    payment = unknown.step(Inquire)
    assert (payment.attempts[0].state, payment.attempts[0].watched_ms) == ("killing", 0)


def refused(desk: Desk) -> None:
    killed(desk)
    desk.gateway.told = Found(outcome=PAID)
    desk.step(Inquire)
    desk.gateway.voided = NotSent(code="not_voidable")
    desk.gateway.refunded = NotSent(code="not_refundable")
    desk.gateway.told = NotFound()
    assert desk.step(GiveBack).tasks == ("approved_unexpected", "give_back_refused")


def test_a_give_back_that_was_refused_is_tried_again_every_hour_only(unknown: Desk) -> None:
    refused(unknown)
    unknown.gateway.calls.clear()
    for _ in range(5):
        run(unknown.engine, unknown.clock, unknown.clock.now_ms + HOUR)
    assert unknown.gateway.calls.count("void") == 5


# ---- a void is the whole -----------------------------------------------------------------------------


def void(minor: int) -> dict[str, Any]:
    return {"payment_id": "v1", "operation": "void", "entry": None, "of": "p1", "minor": minor}


def test_a_void_of_a_part_is_refused(paid: Desk) -> None:
    with pytest.raises(OperatorError) as said:
        paid.begin(**void(ASKED - 1))
    assert said.value.code == "void_takes_all"
    assert paid.journal.payment("v1") is None
    assert paid.begin(**void(ASKED)).parts.whole == usd(ASKED)


def test_a_void_of_all_that_is_left_is_the_whole(paid: Desk) -> None:
    reference = paid.journal.payment("p1").attempts[0].reference  # type: ignore[union-attr]
    paid.tell("refunded_elsewhere", reference, returned_minor=1_240, key="r-1")
    assert paid.begin(**void(20_000)).parts.whole == usd(20_000)


# ---- money that nothing was written down for -----------------------------------------------------------


def test_money_without_a_record_is_settled_by_the_person_who_entered_it(desk: Desk) -> None:
    """As after the repair of a damaged record."""
    desk.begin()
    reference = desk.journal.payment("p1").attempts[0].reference  # type: ignore[union-attr]
    desk.step(Send)
    before = desk.journal.payment("p1")
    assert before is not None
    lost = type(before)(**{name: getattr(before, name) for name in before.__slots__} | {"postings": ()})
    desk.journal._payments["p1"] = lost
    assert lost.posting_missing(lost.attempts[0])
    with pytest.raises(OperatorError):
        desk.engine.end_task("p1", "salvaged", "Dana")
    settled = desk.engine.end_task("p1", "posting_missing", "Dana")
    assert [(p.state, p.by, p.reference, p.amount) for p in settled.postings] == [
        (PostingState.POSTED, "Dana", reference, usd(ASKED))
    ]
    assert settled.finished
    with pytest.raises(OperatorError):
        desk.engine.end_task("p1", "posting_missing", "Dana")
    assert [due.command for due in desk.engine.due() if isinstance(due.command, Post)] == []
