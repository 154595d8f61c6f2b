"""The rows of docs/BAD-INPUT.md and the cases that act them out.

A row shows one sentence as a person reads it; `<...>` stands for what differs from desk to desk (a folder, a number).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.apps.counter import Shown

TABLE = Path(__file__).resolve().parents[2] / "docs" / "BAD-INPUT.md"
Case = Callable[[pytest.FixtureRequest], Shown]
CASES: dict[str, Case] = {}
ON_SCREEN: set[str] = set()


@dataclass(frozen=True)
class Row:
    id: str
    what: str
    code: str
    sentence: str

    def is_said_in(self, text: str) -> bool:
        """Is this row's sentence in what was shown?"""
        parts = re.split(r"<[^<>]+>", " ".join(self.sentence.split()))
        return re.search(r"\S.{0,400}?".join(map(re.escape, parts)), " ".join(text.split())) is not None


def rows() -> list[Row]:
    found = []
    for line in TABLE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 4 and re.fullmatch(r"`[a-z0-9-]+`", cells[0]):
            found.append(
                Row(cells[0].strip("`"), cells[1], cells[2].strip("`"), cells[3].replace("\\|", "|"))
            )
    return found


def case(row: str, screen: bool = False) -> Callable[[Case], Case]:
    """Names the row that a function acts out. `screen`: it needs real windows."""

    def keep(act: Case) -> Case:
        assert row not in CASES, f"two cases for {row}"
        CASES[row] = act
        if screen:
            ON_SCREEN.add(row)
        return act

    return keep
