"""A bench is judged by its figures alone; no sample forgives a zero that is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.benches import __main__ as runner
from tools.benches import judge, results
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


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(results, "FOLDER", tmp_path / "bench")
    monkeypatch.setattr(results, "PAGE", tmp_path / "RESULTS.md")
    monkeypatch.setattr(results, "commit", lambda: "abc")
    most = {"start_ms": 1500, "pss_mb": 80, "cpu_idle_percent": 0.5}
    targets = {"slow": {"what": "slow"}, "agent": {"what": "agent", "most": most}}
    monkeypatch.setattr(judge, "targets", lambda: targets)
    return tmp_path / "RESULTS.md"


AGENT: dict[str, object] = {"bench": "agent", "sample": "full", "seed": 1, "ok": True}


def test_a_new_result_replaces_its_block_and_leaves_the_others(kept: Path) -> None:
    kept.write_text("# Results\n\n## slow\n\nold words\n\n## agent\n\nold figures\n")
    results.save({**AGENT, "start_ms": 900, "pss_mb": 50, "cpu_idle_percent": 0.1})
    assert results.merge() == ["agent"]
    page = kept.read_text()
    assert "old words" in page
    assert "old figures" not in page
    assert "| start_ms | 900 | <= 1500 |  |" in page
    assert page.index("## slow") < page.index("## agent"), "in the order of the targets"


def test_a_quick_result_never_reaches_the_page(kept: Path) -> None:
    results.save({**AGENT, "sample": "quick"})
    assert results.merge() == []
    assert "agent" not in kept.read_text().partition("\n## ")[2]


@pytest.mark.parametrize(
    ("change", "current"),
    [({}, True), ({"ok": False}, False), ({"seed": 2}, False), ({"sample": "quick"}, False)],
)
def test_all_resumes_only_after_what_ran_well_on_this_commit(
    kept: Path, change: dict[str, object], current: bool
) -> None:
    results.save({**AGENT, **change})
    assert results.is_current("agent", "full", 1) is current
    assert not kept.exists()


def test_a_tree_that_differs_from_its_commit_is_never_current(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "commit", lambda: "abc+")
    results.save(AGENT)
    assert not results.is_current("agent", "full", 1)
    assert not kept.exists()


@pytest.mark.parametrize(
    ("figures", "ok"),
    [({"start_ms": 900, "pss_mb": 50, "cpu_idle_percent": 0.1}, True), ({"start_ms": 1600}, False)],
)
def test_the_last_line_is_one_json_object_with_a_verdict_that_was_computed(
    kept: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    figures: dict[str, object],
    ok: bool,
) -> None:
    monkeypatch.setattr(runner, "there", lambda: ["agent"])
    monkeypatch.setattr(runner, "measure", lambda name, quick, seed: {**figures, "ok": True})
    code = runner.main(["agent", "--seed", "7"])
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["bench"], told["sample"], told["seed"], told["ok"]) == ("agent", "full", 7, ok)
    assert code == (0 if ok else 1)


def test_a_bench_that_breaks_is_not_reached(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "there", lambda: ["agent"])
    good = {"start_ms": 900, "pss_mb": 50, "cpu_idle_percent": 0.1}
    monkeypatch.setattr(runner, "measure", lambda name, quick, seed: {**good, "error": "OSError: no display"})
    assert runner.main(["agent"]) == 1
    assert not kept.exists()


def test_a_part_is_made_once_on_a_commit_and_again_on_the_next(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def make() -> list[int]:
        made.append(1)
        return [len(made)]

    def part() -> list[int]:
        return results.part("agent", "v5", quick=True, seed=1, make=make)

    assert (part(), part()) == ([1], [1])
    monkeypatch.setattr(results, "commit", lambda: "abd")
    assert part() == [2]
    monkeypatch.setattr(results, "commit", lambda: "abd+")
    assert part() == [3], "a tree that differs from its commit keeps nothing"
    assert not kept.exists()
