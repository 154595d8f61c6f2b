"""The crash worlds can fail: an engine with one rule taken out is caught by the books alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tillbridge.domain.posting_leg import TABLE, Cell, PostingEvent, PostingState
from tillbridge.engine import posting_steps
from tools.benches.crash_judge import judge
from tools.benches.crash_worlds import Count, plans
from tools.benches.worlds import Plan, play


def every_single_crash(plan: Plan) -> Count:
    count = Count()
    base = play(plan)
    for at in range(len(base.trace)):
        doomed = replace(plan, crashes=(at,))
        count.add(doomed, play(doomed))
    return count


def types_without_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart in the middle of typing starts over, and nobody searches the ledger before typing."""
    looked = posting_steps._searched

    def searched(payment: Any, posting: Any, seen: Any, pending: Any, now: Any, policy: Any) -> Any:
        if posting.state in (PostingState.WAITING, PostingState.CHECKING):
            return posting_steps._clear(payment, posting, now, policy)
        return looked(payment, posting, seen, pending, now, policy)

    monkeypatch.setattr(posting_steps, "_searched", searched)
    monkeypatch.setitem(TABLE[PostingState.TYPING], PostingEvent.RESTARTED, Cell(PostingState.WAITING))


def test_the_real_engine_survives_a_crash_at_every_boundary_of_a_plain_sale() -> None:
    count = every_single_crash(Plan())
    assert count.worlds > 20
    assert (count.wrong_ends, count.double_charges, count.double_postings, count.lost, count.stuck) == (
        0,
        0,
        0,
        0,
        0,
    )


def test_an_engine_that_types_again_without_looking_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    types_without_looking(monkeypatch)
    count = every_single_crash(Plan())
    assert count.double_postings > 0
    assert count.wrong_ends >= count.double_postings
    assert "double posting" in count.failures[0]


def test_an_engine_that_forgets_the_posting_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLE[PostingState.TYPING], PostingEvent.RESTARTED, Cell(PostingState.NOT_NEEDED))
    assert every_single_crash(Plan()).lost > 0


def test_the_full_sample_holds_more_plans_than_the_quick_one_takes() -> None:
    every = list(plans())
    assert len(every) > 100
    assert len(set(every)) == len(every)


@pytest.mark.parametrize(
    ("captures", "given_back", "rows", "charged", "why"),
    [
        ([500], [], [500], "yes", ""),
        ([], [], [], "no", ""),
        ([500, 500], [500], [500], "yes", ""),
        ([500, 500, 500], [500], [500], "yes", "double charge"),
        ([500, 500], [], [500], "yes", "double charge"),
        ([500], [], [500, 500], "yes", "double posting"),
        ([500], [], [], "yes", "taken, not posted"),
        ([], [], [500], "no", "posted, not taken"),
        ([500], [], [500], "no", "people are told something else"),
        ([500], [], [500], "finding_out", "people are told something else"),
        ([400], [], [400], "yes", "another amount than this world must end with"),
    ],
)
def test_the_judge_names_every_wrong_end(
    captures: list[int], given_back: list[int], rows: list[int], charged: str, why: str
) -> None:
    verdict = judge(captures, given_back, rows, charged, {500 if captures else 0})
    assert why in verdict.why
    assert verdict.wrong == bool(why)
