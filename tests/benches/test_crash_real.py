"""The real kills: where a kill fell is said by journal and books, what misses is tried again, and one kill for real."""

from __future__ import annotations

import random
from collections import deque
from contextlib import ExitStack
from pathlib import Path

import pytest

from tools.benches.crash import figures
from tools.benches.crash_campaign import Campaign, Play, Round
from tools.benches.crash_judge import Verdict
from tools.benches.crash_judge_real import Wanted
from tools.benches.crash_lane import Lines, Undone, open_lane, until
from tools.benches.crash_real import KILLS, STAGES, aims_for, judge_round, kill_once, stage_of

BEGUN = ["payment_created", "attempt_created"]
SENT = [*BEGUN, "send_started"]
RUNS = [*SENT, "acknowledged"]
TAKEN = [*RUNS, "approved", "posting_created", "posting_owed"]
TYPES = [*TAKEN, "posting_safe_moment", "posting_clear"]
CAPTURE = [{"kind": "capture", "at_ms": 1_000}]
ROW = [{"kind": "payment", "at": "1970-01-01T00:00:01.500+00:00"}]
WORLDS = dict.fromkeys(
    (
        "worlds",
        "distinct_worlds",
        "wrong_ends",
        "double_charges",
        "double_postings",
        "lost",
        "stuck",
        "attention",
    ),
    0,
)
WANTED = Wanted(client="01042", invoice="10482", minor=21_240, currency="USD", method="Tillbridge")


@pytest.mark.parametrize(
    ("kinds", "network", "rows", "at", "stage"),
    [
        (BEGUN, [], [], 2.0, "before_sending"),
        (SENT, [], [], 2.0, "sending"),
        (RUNS, [], [], 2.0, "running"),
        (RUNS, CAPTURE, [], 2.0, "result_before_journal"),
        (SENT, CAPTURE, [], 2.0, "result_before_journal"),
        (RUNS, CAPTURE, [], 0.9, "running"),
        (TAKEN, CAPTURE, [], 2.0, "before_typing"),
        (TYPES, CAPTURE, [], 2.0, "typing"),
        (TYPES, CAPTURE, ROW, 1.4, "typing"),
        (TYPES, CAPTURE, ROW, 1.6, "commit_to_read_back"),
        ([*TYPES, "posting_found"], CAPTURE, ROW, 2.0, "over"),
    ],
)
def test_the_stage_of_a_kill_is_what_journal_and_books_say(
    kinds: list[str], network: list[dict[str, object]], rows: list[dict[str, object]], at: float, stage: str
) -> None:
    assert stage_of(kinds, network, rows, at) == stage


def test_only_whole_lines_after_the_mark_are_read(tmp_path: Path) -> None:
    lines = Lines(tmp_path / "books.jsonl")
    assert lines.new() == []
    lines.path.write_text('{"kind": "started"}\n', "utf-8")
    lines.mark()
    with lines.path.open("a", encoding="utf-8") as file:
        file.write('{"kind": "capture"}\n{"kind": "vo')
    assert lines.new() == [{"kind": "capture"}]


def played(fell: str, *, stuck: bool = False, attention: bool = False, why: str = "") -> Round:
    verdict = Verdict(wrong=bool(why), double_charge=False, double_posting=bool(why), lost=False, why=why)
    return Round(
        aim="typing",
        lane=0,
        payment_id="payment-0001",
        wanted=WANTED,
        fell=fell,
        stuck=stuck,
        attention=attention,
        verdict=verdict,
    )


def test_a_stage_that_was_missed_is_tried_again_until_it_was_hit_often_enough(tmp_path: Path) -> None:
    falls = iter(["before_typing", "running", "typing", "typing"])
    campaign: Campaign[Round] = Campaign(deque(["typing", "typing"]), 2, tmp_path, 1)
    rounds = campaign.run(1, Play(lambda *_: None, lambda *_: played(next(falls)), lambda *_: None))
    assert [one.fell for one in rounds] == ["before_typing", "running", "typing", "typing"]


def test_a_lane_in_which_something_went_wrong_is_not_used_again(tmp_path: Path) -> None:
    opened: list[int] = []
    rounds = Campaign[Round](deque(["typing", "typing"]), 0, tmp_path, 1).run(
        1,
        Play(
            lambda number, *_: opened.append(number), lambda *_: played("typing", stuck=True), lambda *_: None
        ),
    )
    assert len(rounds) == len(opened) == 2


def test_a_bench_that_cannot_do_its_part_gives_no_verdict(tmp_path: Path) -> None:
    def fail(*_: object) -> Round:
        raise Undone("no window")

    with pytest.raises(Undone, match="no window"):
        Campaign[Round](deque(["typing"]), 0, tmp_path, 1).run(
            1, Play(lambda *_: None, fail, lambda *_: None)
        )


def test_the_figures_count_what_went_wrong_and_where_the_kills_fell() -> None:
    rounds = [
        played("typing"),
        played("sending", stuck=True),
        played("running", attention=True),
        played("commit_under_way", why="double posting"),
    ]
    rounds[3].profile = "v7"
    gnucash = [played("before_typing").summary()]
    told = figures(WORLDS | {"worlds": 5, "attention": 3}, [one.summary() for one in rounds], gnucash)
    assert told["real_kills"] == 4
    assert told["gnucash_kills"] == 1
    assert told["kills_by_stage"] == dict.fromkeys(STAGES, 0) | {"typing": 1, "sending": 1, "running": 1}
    assert told["kills_elsewhere"] == 1
    assert told["kills_by_profile"] == {"v6": 3, "v5": 0, "v7": 1}
    assert (told["wrong_ends"], told["double_postings"], told["stuck"]) == (1, 1, 1)
    assert (told["attention"], told["attention_in_real_kills"]) == (3, 1)


def test_a_round_without_a_verdict_is_a_wrong_end() -> None:
    unjudged = played("typing")
    unjudged.verdict = None
    assert figures(WORLDS, [unjudged.summary()], [])["wrong_ends"] == 1


def test_a_person_who_had_to_be_asked_and_answered_is_no_fault_but_a_figure() -> None:
    asked, needless = played("typing", attention=True), played("typing", attention=True)
    asked.answered = "a person said posted"
    told = figures(WORLDS, [asked.summary(), needless.summary()], [])
    assert (told["attention_in_real_kills"], told["asked_where_absence_cannot_be_proved"]) == (1, 1)
    assert not asked.bad
    assert needless.bad


def test_the_full_sample_aims_at_a_hundred_kills_and_the_quick_one_at_every_stage() -> None:
    aims = {profile: aims_for(quick=False, profile=profile)[0] for profile in KILLS}
    assert sum(map(len, aims.values())) >= 100
    assert all(sum(one.count(stage) for one in aims.values()) >= 10 for stage in STAGES)
    assert all(len(one) >= 30 for one in aims.values())
    quick = [aims_for(quick=True, profile=profile)[0] for profile in KILLS]
    assert all(set(one) == set(STAGES) for one in quick)


@pytest.mark.screen
def test_an_agent_killed_before_it_wrote_the_approval_down_ends_the_payment_by_itself(tmp_path: Path) -> None:
    with ExitStack() as stack:
        lane = open_lane(0, tmp_path / "lane", 1, stack)
        done = kill_once(lane, "result_before_journal", random.Random(1))
        until("the row", lambda: any(act["kind"] == "payment" for act in lane.truth.new()), 10)
        judge_round(lane, done)
    assert done.fell in ("result_before_journal", "running", "before_typing")
    assert not done.bad, done.told()
    assert done.ended == "approved/posted"
