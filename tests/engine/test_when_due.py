"""The janitor's patience, written out: when each command is due for the first, second, n-th time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.story import MARK, REF, at, in_money_state, in_posting_state, the_posting, with_posting
from tillbridge.domain.moment import Moment
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import (
    AskPerson,
    Capture,
    Command,
    GiveBack,
    Inquire,
    KeepPartial,
    Kill,
    Look,
    Post,
    Send,
)
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import Policy
from tillbridge.engine.schedule import Tried, doubt_of, due_in_ms, gap_ms

POLICY = Policy()
UNKNOWN = in_money_state(MoneyState.UNKNOWN)
WAITING = in_posting_state(PostingState.WAITING)
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000

GAPS_S: list[tuple[Command, list[int]]] = [
    (Inquire(REF, "unknown"), [2, 3, 5, 10, 20, *[60] * 15, *[600] * 45, 3_600, 3_600]),
    (Inquire(REF, "killing"), [2, 3, 5, 10, 20, 60]),
    (Inquire(REF, "running"), [*[1] * 120, 5, 5]),
    (Inquire(REF, "pending"), [300, 900, 3_600, 3_600]),
    (Inquire(REF, "sweep"), [60, 300, 900, 3_600, 3_600]),
    (Kill(REF), [0, 1, 2, 5, 10, 30, 60, 60]),
    (Look(MARK), [0, 1, 1, 2, 5, 10, 20, 22, 60, 60]),
    (Post(MARK), [0, 2, 5, 10, 20, 30, 60, 60]),
    (Send(REF), [0, 2, 10, 60, 60]),
    (Capture(REF), [0, 2, 10, 60]),
    (GiveBack(REF), [0, 2, 10, 60]),
]


@pytest.mark.parametrize(("command", "gaps_s"), GAPS_S, ids=lambda each: str(each)[:40])
def test_the_gaps_are_as_written(command: Command, gaps_s: list[int]) -> None:
    assert [gap_ms(command, times) for times in range(len(gaps_s))] == [gap * SECOND for gap in gaps_s]


def test_one_look_falls_just_after_the_usual_settling_time() -> None:
    ends = [sum(gap_ms(Look(MARK), turn) for turn in range(times)) for times in range(1, 9)]
    assert [end for end in ends if end > 60 * SECOND] == [61 * SECOND]


def test_the_first_inquiry_waits_from_the_doubt_on() -> None:
    since = UNKNOWN.attempts[0].since
    for passed, left in [(0, 2_000), (1_500, 500), (2_000, 0), (9_000, 0)]:
        assert due_in_ms(UNKNOWN, Inquire(REF, "unknown"), None, since.plus_ms(passed), POLICY) == left


def test_after_a_new_boot_only_the_time_since_it_counts() -> None:
    now = Moment(wall_ms=0, boot="b2", mono_ms=500)
    assert due_in_ms(UNKNOWN, Inquire(REF, "unknown"), None, now, POLICY) == 1_500


@pytest.mark.parametrize(
    "command", [Send(REF), Kill(REF), GiveBack(REF), Capture(REF), Inquire(REF, "killing")]
)
def test_what_was_never_tried_is_due_now(command: Command) -> None:
    assert due_in_ms(UNKNOWN, command, None, at(1), POLICY) == 0


def test_what_was_tried_waits_its_gap_from_the_last_time_on() -> None:
    tried = Tried(2, at(100))
    assert due_in_ms(UNKNOWN, Kill(REF), tried, at(100), POLICY) == 2_000
    assert due_in_ms(UNKNOWN, Kill(REF), tried, at(101), POLICY) == 1_000
    assert due_in_ms(UNKNOWN, Kill(REF), tried, at(200), POLICY) == 0


def test_only_a_person_can_answer_a_question() -> None:
    assert due_in_ms(UNKNOWN, AskPerson(MARK, "x"), None, at(1), POLICY) is None


def test_a_partial_approval_is_kept_when_the_time_to_think_is_over() -> None:
    since = UNKNOWN.attempts[0].since
    assert due_in_ms(UNKNOWN, KeepPartial(REF), None, since.plus_ms(10_000), POLICY) == 50_000
    assert due_in_ms(UNKNOWN, KeepPartial(REF), Tried(9, since), since.plus_ms(60_000), POLICY) == 0
    short = replace(POLICY, partial_decide_ms=5_000)
    assert due_in_ms(UNKNOWN, KeepPartial(REF), None, since, short) == 5_000


def test_a_posting_waits_as_long_as_the_trouble_said() -> None:
    waiting = with_posting(WAITING, not_before=at(100))
    assert due_in_ms(waiting, Post(MARK), None, at(90), POLICY) == 10_000
    assert due_in_ms(waiting, Post(MARK), None, at(100), POLICY) == 0
    assert due_in_ms(waiting, Post(MARK), None, at(120), POLICY) == 0
    assert due_in_ms(waiting, Post(MARK), Tried(1, at(99)), at(99), POLICY) == 2_000


def test_a_new_boot_ends_the_waiting_of_a_posting() -> None:
    waiting = with_posting(WAITING, not_before=at(100, boot="b0"))
    assert due_in_ms(waiting, Post(MARK), None, at(1), POLICY) == 0


def test_the_waiting_of_a_posting_keeps_nothing_else_waiting() -> None:
    waiting = with_posting(WAITING, not_before=at(100))
    assert due_in_ms(waiting, Look(MARK), None, at(1), POLICY) == 0


def test_looks_count_from_the_doubt_that_they_belong_to() -> None:
    assert doubt_of(WAITING, Look(MARK)) == the_posting(WAITING).since
    assert doubt_of(WAITING, Post(MARK)) is None
    assert doubt_of(WAITING, Look("none")) is None
