"""The page of faults has a row for each knob and each message, and each row names a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tillbridge.stand_ins.ledger_server.faults import DIALOGS, KNOBS, MOMENTS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/FAULTS.md").read_text()
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]
KNOB_ROWS = {row[0].strip("`"): row for row in ROWS if len(row) == 4}
MESSAGES = [name for row in ROWS if len(row) == 3 for name in re.findall(r"`(\w+)`", row[0])]


def test_every_knob_has_one_row() -> None:
    plain = [name for name in KNOBS if not name.startswith("dialog_")]
    assert sorted(KNOB_ROWS) == sorted(plain)
    assert len(KNOB_ROWS) == sum(len(row) == 4 for row in ROWS)


def test_every_message_has_one_row() -> None:
    assert sorted(MESSAGES) == sorted(DIALOGS)


def test_every_moment_is_on_the_page() -> None:
    assert [moment for moment in MOMENTS if f"`{moment}`" not in PAGE] == []


@pytest.mark.parametrize("knob", sorted(KNOB_ROWS))
def test_a_test_shows_the_counter_measure(knob: str) -> None:
    shown = re.findall(r"`([\w/]+\.py)::(\w+)`", KNOB_ROWS[knob][3])
    assert shown, KNOB_ROWS[knob]
    for file, name in shown:
        tree = ast.parse((ROOT / file).read_text())
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in names, f"{file}::{name}"
