"""The bench `unknown` can fail: careless policies and an engine with a rule taken out are caught by the lines alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from tillbridge.engine import money_steps
from tillbridge.engine.policy import Policy
from tools.benches import unknown_worlds
from tools.benches.unknown import Sum, figures
from tools.benches.unknown_faults import END_MS, HIDDEN_MS, LATEST_MS, World, fault_of, world
from tools.benches.unknown_judge import Line, Said, Verdict, judge
from tools.benches.unknown_naive import POLICIES
from tools.benches.unknown_naive import play as play_naive
from tools.benches.unknown_worlds import HORIZON_MS, play

HOUR_MS = 3_600_000


def verdict_on(lived: World) -> Verdict:
    end = play(lived)
    return judge(end.lines, end.said, end.asked, end.end_ms)


def plain(**changes: Any) -> World:
    """A world without chance: the kinds of a request's faults say what happens."""
    usual: dict[str, Any] = {"deed": None, "crashes": (), "off": None, "dark": None, "amount": 21_240}
    usual |= {"ask_ppm": 0, "kill_ppm": 0, "back_ppm": 0, "kill_blocks": False, "tries_again": True}
    return replace(world(1, 1), **(usual | changes))


LATE = plain(sends=(("late_26h", 20 * HOUR_MS), ("none", 0), ("none", 0)), batch_every_ms=24 * HOUR_MS)


# ---------------------------------------------------------------- the engine


def test_the_real_engine_charges_once_and_forgets_nothing() -> None:
    for number in range(45):
        assert verdict_on(world(number, 7)).why == "", number


def test_what_is_taken_a_day_late_goes_back_though_the_batch_was_closed() -> None:
    verdict = verdict_on(LATE)
    assert (verdict.why, verdict.double) == ("", False)
    assert 0 < verdict.double_ms < 5 * HOUR_MS


def without_a_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(**changes: Any) -> Policy:
        return Policy(**changes, sweep_ms=0)

    monkeypatch.setattr(unknown_worlds, "Policy", careless)


def test_an_engine_that_does_not_watch_what_it_gave_up_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    without_a_watch(monkeypatch)
    assert verdict_on(LATE).why == "double charge; forgotten"


def test_an_engine_that_believes_the_first_not_found_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(money_steps, "surely_passed_ms", lambda _since, _now: 10**9)
    found = Counter(verdict_on(world(number, 7)).why for number in range(60))
    assert found["wrongly voided"] > 0


# ---------------------------------------------------------------- naive policies


def doubles(name: str, *, keys: bool) -> int:
    found = 0
    for number in range(150):
        lived = world(number, 3)
        if lived.keys is keys:
            end = play_naive(lived, POLICIES[name])
            found += judge(end.lines, end.said, end.asked, end.end_ms).double
    return found


@pytest.mark.parametrize("name", POLICIES)
def test_each_naive_policy_charges_twice_without_keys(name: str) -> None:
    assert doubles(name, keys=False) > 0


def test_only_the_same_reference_with_keys_is_safe_among_them() -> None:
    safe = [name for name in POLICIES if doubles(name, keys=True) == 0]
    assert safe == ["retry_same_reference"]


# ---------------------------------------------------------------- the judge

SAID = Said(
    told="yes", rows=(100,), looks_on=False, gave_up=False, sent_ms={"A": 0, "B": 0}, horizon_ms=HORIZON_MS
)
ONCE = Line(kind="capture", record="1", reference="A", amount=100, at_ms=1_000)
AGAIN = replace(ONCE, record="2", reference="B", at_ms=5_000)
BACK = Line(kind="void", record="2", reference="BGB", amount=100, at_ms=65_000)
HALF = replace(BACK, kind="refund", record="1", amount=50)
NOTHING = replace(SAID, told="no", rows=())


@pytest.mark.parametrize(
    ("lines", "said", "why", "double_ms"),
    [
        ([ONCE], SAID, "", 0),
        ([], NOTHING, "", 0),
        ([ONCE, AGAIN], SAID, "double charge; forgotten", 95_000),
        ([ONCE, AGAIN, BACK], SAID, "", 60_000),
        ([ONCE], replace(SAID, rows=()), "forgotten", 0),
        ([ONCE], NOTHING, "forgotten", 0),
        ([], replace(NOTHING, told="finding_out"), "forgotten", 0),
        ([], replace(NOTHING, told="finding_out", looks_on=True), "", 0),
        ([], SAID, "wrongly voided", 0),
        ([ONCE, HALF], SAID, "wrongly voided", 0),
        ([ONCE, replace(BACK, record="1")], NOTHING, "wrongly voided", 0),
        ([ONCE, replace(BACK, record="1")], replace(NOTHING, gave_up=True), "", 0),
        ([replace(ONCE, at_ms=HORIZON_MS), replace(BACK, record="1", at_ms=10**9)], NOTHING, "", 0),
    ],
)
def test_the_judge_reads_the_lines(lines: list[Line], said: Said, why: str, double_ms: int) -> None:
    verdict = judge(lines, said, 100, 100_000)
    assert (verdict.why, verdict.double_ms) == (why, double_ms)


def test_more_than_was_asked_is_a_double_charge() -> None:
    assert judge([replace(ONCE, amount=101)], replace(SAID, rows=(101,)), 100, 1_000).double


# ---------------------------------------------------------------- the worlds


def test_a_world_is_the_same_each_time_and_holds_what_the_design_asks_for() -> None:
    every = [world(number, 1) for number in range(2_000)]
    assert every == [world(number, 1) for number in range(2_000)]
    late = [delay for lived in every for kind, delay in lived.sends if kind == "late_26h"]
    hidden = [delay for lived in every for kind, delay in lived.sends if kind == "hidden_late"]
    assert 20 * HOUR_MS < max(late) <= LATEST_MS < END_MS
    assert max(hidden) + HIDDEN_MS < HORIZON_MS
    assert {lived.keys for lived in every} == {True, False}
    assert {bool(lived.batch_every_ms) for lived in every} == {True, False}
    assert sum(lived.dark is not None or lived.off is not None for lived in every) > 3
    assert all(fault_of(send) is not None for lived in every for send in lived.sends if send[0] != "none")


def test_the_network_tells_the_time_after_which_engines_may_give_up() -> None:
    counter = unknown_worlds._counter(plain())
    assert counter.engine().gateway.capabilities().horizon_ms == HORIZON_MS


def test_the_figures_are_counted_out_of_attempts() -> None:
    total = Sum()
    end = play(LATE)
    total.add(end, judge(end.lines, end.said, end.asked, end.end_ms), "late", keys=False)
    told = figures(total, {"naive_double_charges": {}})
    assert (told["attempts"], told["attempts_without_keys"], told["double_for_a_while"]) == (2, 2, 1)
    assert (told["double_charges"], told["forgotten"], told["wrongly_voided"], told["overrides"]) == (
        0,
        0,
        0,
        0,
    )
    assert told["attention"] == 1
