"""The judge of the bench `money` notices what must be noticed, and its worlds come to rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tools.benches import money
from tools.benches.money_cells import ALL, UNMET, Cells, short, unmet
from tools.benches.money_hostile import play as play_hostile
from tools.benches.money_judge import Claim, Line, judge, kept_by_network
from tools.benches.money_world import play as play_honest

SALE: Line = {"kind": "capture", "reference": "TBONE", "amount": 1000}
BACK: Line = {"kind": "refund", "reference": "TBTWO", "of": "S1", "of_reference": "TBONE", "amount": 400}
ROWS: list[Line] = [{"reference": "M1", "minor": 1000}, {"reference": "M2", "minor": -400}]
CLAIM = Claim(
    payment_id="p1", references=frozenset({"TBONE"}), markers=frozenset({"M1", "M2"}), asked=1000, kept=600, open=""
)  # fmt: skip


def test_three_books_that_agree_have_no_complaint() -> None:
    assert judge([SALE, BACK], [CLAIM], ROWS) == []


@pytest.mark.parametrize(
    ("lines", "claim", "rows"),
    [
        ([SALE, SALE, BACK], CLAIM, ROWS),
        ([SALE], CLAIM, ROWS),
        ([SALE, BACK], replace(CLAIM, kept=1000), ROWS),
        ([SALE, BACK], CLAIM, [*ROWS, ROWS[0]]),
        ([SALE, BACK], CLAIM, ROWS[:1]),
        ([SALE, BACK], replace(CLAIM, open="Inquire"), ROWS),
        ([SALE, BACK, {**SALE, "reference": "TBLOST"}], CLAIM, ROWS),
    ],
    ids=[
        "charged twice",
        "not given back",
        "claimed more",
        "typed twice",
        "not typed",
        "still open",
        "taken unknown",
    ],
)
def test_books_that_do_not_fit_are_noticed(lines: list[Line], claim: Claim, rows: list[Line]) -> None:
    assert judge(lines, [claim], rows) != []


def test_what_banks_do_counts_as_the_lines_say() -> None:
    lines: list[Line] = [
        SALE, BACK, {"kind": "returned", "reference": "TBTWO", "of": "S1", "of_reference": "TBONE", "amount": 400},
        {"kind": "returned", "reference": "TBONE", "amount": 1000},
        {"kind": "re_presented", "reference": "TBONE", "amount": 1000},
        {"kind": "dispute_lost", "reference": "TBONE", "amount": 100},
    ]  # fmt: skip
    assert kept_by_network(lines)["TBONE"] == 900


def test_cells_that_cannot_be_met_are_cells_of_the_tables_and_few_have_no_reason() -> None:
    assert all(why for *_, why in UNMET)
    assert unmet() < ALL
    for leg, states, _events, why in UNMET:
        assert [state for state in states if not any(cell[:2] == (leg, state) for cell in unmet())] == [], why


def test_an_honest_world_comes_to_rest_with_three_books_that_agree() -> None:
    cells = Cells()
    world = play_honest(4, cells, 25)
    assert world.complaints() == []
    assert world.steps > 25
    assert len(short(cells.hits, ALL, 1)) < len(ALL)


def test_a_hostile_gateway_breaks_nothing() -> None:
    world = play_hostile(2, Cells(), 120)
    assert world.complaints() == []
    assert len(world.all()) > 1


def test_figures_count_a_cell_only_when_it_was_met_often_enough() -> None:
    cell = min(ALL - unmet())
    part: dict[str, object] = {
        "steps": 1, "honest_steps": 1, "worlds": 1, "asked_people": 0, "violations": [], "impossible": 0,
        "hits": [[*cell, 19]],
    }  # fmt: skip
    assert money.figures([part], 20)["cells_hit"] == 0
    assert money.figures([part, part], 20)["cells_hit"] == 1
