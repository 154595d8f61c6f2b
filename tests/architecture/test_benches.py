"""A bench is judged by its figures alone; no sample forgives a zero that is none."""

from __future__ import annotations

import pytest

from tools.benches import judge
from tools.benches.judge import Figures

TARGET = {
    "what": "a bench",
    "of": "runs",
    "zero": ["wrong"],
    "equal": {"posted": "runs"},
    "most": {"ratio": 2.0, "disk": 2.2},
    "unless": {"disk": {"figure": "floor", "least": 0.15}},
    "ratio": {"calls": {"to": "floor_calls", "most": 1.5}},
    "least": {"runs": 90, "kills.typing": 10},
    "figures": ["told"],
}
GOOD = {
    "wrong": 0,
    "posted": 90,
    "runs": 90,
    "ratio": 2.0,
    "disk": 2.1,
    "floor": 0.2,
    "calls": 15,
    "floor_calls": 10,
    "kills": {"typing": 10},
    "told": 3,
}


def missed(figures: Figures, *, quick: bool = False) -> list[str]:
    return [verdict.key for verdict in judge.judge(figures, TARGET, quick=quick) if verdict.missed]


def test_figures_on_the_target_are_reached() -> None:
    assert missed(GOOD) == []


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"wrong": 1}, "wrong"),
        ({"wrong": None}, "wrong"),
        ({"wrong": False}, "wrong"),
        ({"posted": 89}, "posted"),
        ({"ratio": 2.01}, "ratio"),
        ({"ratio": "fast"}, "ratio"),
        ({"disk": 2.3}, "disk"),
        ({"calls": 16}, "calls"),
        ({"told": None}, "told"),
    ],
)
@pytest.mark.parametrize("quick", [True, False])
def test_these_are_judged_in_every_sample(change: dict[str, object], key: str, quick: bool) -> None:
    assert missed({**GOOD, **change}, quick=quick) == [key]


@pytest.mark.parametrize("change", [{"runs": 80, "posted": 80}, {"kills": {"typing": 9}}])
def test_counts_are_judged_in_the_full_sample_only(change: dict[str, object]) -> None:
    assert missed({**GOOD, **change}, quick=True) == []
    assert missed({**GOOD, **change}, quick=False) != []


def test_a_missing_count_is_missed_in_a_quick_sample_too() -> None:
    assert missed({**GOOD, "kills": {}}, quick=True) == ["kills.typing"]


def test_a_target_may_hold_only_where_another_figure_is_large_enough() -> None:
    assert missed({**GOOD, "disk": 9.9, "floor": 0.1}) == []


def test_a_zero_is_told_with_the_rate_that_it_excludes() -> None:
    (verdict,) = [each for each in judge.judge(GOOD, TARGET, quick=False) if each.key == "wrong"]
    assert verdict.target == "0 of 90: excludes more than 3.33 %"


def test_every_bench_of_the_table_has_something_to_reach() -> None:
    judging = {"zero", "true", "equal", "ratio", "most", "least"}
    assert all(judging & set(target) and target["what"] for target in judge.targets().values())
