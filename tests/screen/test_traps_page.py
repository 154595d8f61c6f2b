"""The page of traps names places and tests that exist, and each counter-measure can still be taken out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tools.benches.traps import Trap, every

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "tillbridge"
PAGE = (ROOT / "docs/TRAPS.md").read_text()
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if re.match(r"\| [A-Z]?\d", line)]
TRAPS = every()
PLACES = sorted(
    {place for row in ROWS for place in re.findall(r"`([\w/]+\.(?:py|toml))(?::(\w+))?`", row[2])}
)
TESTS = sorted({test for row in ROWS for test in re.findall(r"`([\w/]+\.py)::(\w+)`", row[3])})


def _names_of(file: Path) -> set[str]:
    kinds = ast.FunctionDef | ast.ClassDef
    return {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, kinds)}


def test_every_trap_of_the_list_is_on_the_page_with_a_test_or_the_reason_why_not() -> None:
    names = [row[0] for row in ROWS]
    assert names[-24:] == [str(number) for number in range(1, 25)]
    assert len(names) == len(set(names))
    for row in ROWS:
        assert len(row) == 4, row
        assert "::" in row[3] or "ater" in row[2], row


@pytest.mark.parametrize(("file", "name"), PLACES)
def test_a_counter_measure_is_where_the_page_says(file: str, name: str) -> None:
    assert (SOURCE / file).exists()
    assert not name or name in _names_of(SOURCE / file)


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_a_test_that_turns_red_exists(file: str, name: str) -> None:
    assert name in _names_of(ROOT / file)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: f"{trap.name}-{trap.test.rpartition('::')[2]}")
def test_a_counter_measure_can_still_be_taken_out(trap: Trap) -> None:
    text = (SOURCE / trap.file).read_text()
    assert text.count(trap.old) == 1, f"{trap.file}: {trap.old!r}"
    assert trap.old != trap.new
    row = next(row for row in ROWS if row[0] == trap.name)
    assert f"::{trap.test.rpartition('::')[2]}`" in row[3]
