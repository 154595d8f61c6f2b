"""Row by row: what docs/BAD-INPUT.md promises is what is shown."""

from __future__ import annotations

import pytest

from tests.apps import bad_door, bad_files, bad_screen, bad_typed, bad_ways  # noqa: F401 - each brings its cases
from tests.apps.bad_input import CASES, ON_SCREEN, Row, rows
from tests.apps.counter import Counter, until
from tests.apps.nothing_kept import in_files, in_memory

ROWS = rows()


def test_every_row_has_a_case_and_every_case_a_row() -> None:
    assert {row.id for row in ROWS} == set(CASES)
    assert len(ROWS) == len(CASES)


def _param(row: Row) -> object:
    marks = [pytest.mark.screen] if row.id in ON_SCREEN else []
    return pytest.param(row, id=row.id, marks=marks)


@pytest.mark.parametrize("row", [_param(row) for row in ROWS])
def test_what_is_shown_is_what_the_table_says(
    row: Row, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    shown = CASES[row.id](request)
    assert row.is_said_in(shown.text), shown.text
    assert shown.code in ("", row.code)
    assert shown.exit_code == 1


def test_a_card_number_is_kept_nowhere_wherever_it_was_typed(
    counter: Counter, request: pytest.FixtureRequest
) -> None:
    """Every row with a card number once more, then ordinary work, then a look into files and memory."""
    typed = [row for row in CASES if row.startswith("card-")]
    assert len(typed) > 10
    for row in typed:
        assert CASES[row](request).code == "card_number_typed"
    assert counter.agent.post("/v1/journal/check")["sound"]
    until(lambda: in_memory(counter.process.pid) == [], "the memory has forgotten it", seconds=5)
    assert in_files(counter.folder) == []


def test_the_look_into_memory_finds_what_is_there(counter: Counter) -> None:
    """The judge is judged: a number that the process does hold is found."""
    token = str(counter.address["token"])
    assert in_memory(counter.process.pid, (token.encode(),)) != []
