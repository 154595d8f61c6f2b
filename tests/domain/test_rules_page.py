"""The page of the rules names places and tests that exist, and every rule is broken at the places it names."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tools.benches.mutants_broken import TESTS, every

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/machines/RULES.md").read_text()
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if re.match(r"\| \d", line)]
PLACES = [(int(row[0]), *place) for row in ROWS for place in re.findall(r"`([\w/]+\.py):(\w+)`", row[2])]
NOTICED_BY = sorted({name for row in ROWS for name in re.findall(r"`([\w/]+\.py)`", row[3])})
BROKEN = every()


def names_of(file: str) -> set[str]:
    """Functions, classes, methods and constants of a module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / "src/tillbridge" / file).read_text())):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                found.add(name)
    return found


def test_every_rule_has_places_and_tests() -> None:
    assert {int(row[0]) for row in ROWS} == set(range(1, 15))
    assert all(len(row) == 4 and row[3] for row in ROWS)


@pytest.mark.parametrize(("rule", "file", "name"), PLACES)
def test_a_place_that_keeps_a_rule_exists(rule: int, file: str, name: str) -> None:
    assert name in names_of(file), f"rule {rule}"


@pytest.mark.parametrize("file", NOTICED_BY)
def test_a_test_that_notices_exists(file: str) -> None:
    assert (ROOT / file).exists() or (ROOT / "src/tillbridge" / file).exists()


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_a_broken_version_still_fits_the_code(number: int) -> None:
    entry = BROKEN[number]
    text = (ROOT / "src/tillbridge" / entry.file).read_text()
    assert text.count(entry.old) == 1, f"{entry.file}: {entry.old!r}"
    assert entry.old != entry.new
    assert all((ROOT / test).exists() for test in TESTS[entry.tests])


@pytest.mark.parametrize("rule", range(1, 15))
def test_every_rule_is_broken_at_least_three_times(rule: int) -> None:
    assert len([entry for entry in BROKEN if entry.rule == rule]) >= 3
