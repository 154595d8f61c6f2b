"""docs/MATRIX.md: every operation with every entry and version, drawn from what the bench `matrix` found."""

from __future__ import annotations

import json
from pathlib import Path

from tools.tour.cells import CANNOT, ENTRIES, OPERATIONS, VERSIONS, Cell

KEPT = Path(__file__).resolve().parents[2] / "docs" / "matrix.json"
TITLE = """# Every operation with every entry

Drawn by `just docs` from docs/matrix.json, which `./run bench matrix` writes: each cell is played end to end at one
desk, on real windows of the stand-in, with the simulator as the gateway; at the end the card network's books, the
clinic's truth log and our record are compared to the cent. GnuCash has a sale, a part and a refund of its own
(`tests/packs/test_gnucash.py`, `./run demo --software gnucash`).
"""
Why = dict[Cell, str]


def page() -> str:
    found = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    parts = [TITLE]
    for version, name in VERSIONS.items():
        parts.append(f"## {name}\n")
        if version not in found:
            parts.append("Not played yet.\n")
            continue
        why = {
            (str(cell["operation"]), str(cell["entry"])): str(cell["why"]) for cell in found[version]["cells"]
        }
        parts.append(table(why))
        parts += _failed(why)
        parts.append(_books([str(each["line"]) for each in found[version]["differences"]]))
    parts += ["## What there cannot be\n", *(f"* {_words(cell)}: {why}" for cell, why in CANNOT.items()), ""]
    return "\n".join(parts)


def table(why: Why) -> str:
    lines = [f"| | {' | '.join(_word(entry) for entry in ENTRIES)} |", "|---|" + "---|" * len(ENTRIES)]
    for operation in OPERATIONS:
        marks = [_mark((operation, entry), why) for entry in ENTRIES]
        lines.append(f"| {_word(operation)} | {' | '.join(marks)} |")
    return "\n".join([*lines, ""])


def _mark(cell: Cell, why: Why) -> str:
    if cell in CANNOT:
        return "cannot be"
    if cell not in why:
        return "not played"
    return "failed" if why[cell] else "yes"


def _books(lines: list[str]) -> str:
    """A payment that still asks a person is told; sums that differ are something else."""
    differ = [line for line in lines if "is not finished" not in line]
    told = f"The books differ: {'; '.join(differ)}.\n" if differ else "The three books agree to the cent.\n"
    left = [line.removeprefix("our record: ") for line in lines if line not in differ]
    return told + (f"Left open: {'; '.join(left)}.\n" if left else "")


def _failed(why: Why) -> list[str]:
    lines = [f"* {_words(cell)}: {text}" for cell, text in why.items() if text]
    return ["Failed:\n", *lines, ""] if lines else []


def _words(cell: Cell) -> str:
    return f"{_word(cell[0])}, {_word(cell[1])}"


def _word(name: str) -> str:
    return name.replace("_", " ")
