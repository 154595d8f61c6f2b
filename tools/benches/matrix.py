"""Every operation with every entry in every version, end to end on real windows, and three books compared.

A cell passes if each of its steps ended as it says; the books of a version must agree when all were played. The steps
are data (tools/tour/cells.py). The full sample leaves its cells in docs/matrix.json; docs/MATRIX.md is drawn from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from tools.benches import results
from tools.demo import parts
from tools.tour import books
from tools.tour.__main__ import open_stage
from tools.tour.cells import CANNOT, ENTRIES, OPERATIONS, VERSIONS, cells, steps
from tools.tour.play import Stage, StepFailed, play
from tools.tour.steps import Step

KEPT = parts.ROOT / "docs" / "matrix.json"
QUICK = ("terminal", "link")
Json = dict[str, object]


def run(quick: bool, seed: int) -> dict[str, object]:
    entries = QUICK if quick else ENTRIES
    versions = ("v6",) if quick else tuple(VERSIONS)
    played = {
        version: results.part(
            "matrix", version, quick=quick, seed=seed, make=_version(version, entries, seed)
        )
        for version in versions
    }
    if not quick:
        KEPT.write_text(json.dumps(played, indent=1, sort_keys=True) + "\n", "utf-8")
    passed = sum(cell["why"] == "" for one in played.values() for cell in one["cells"])
    return {
        "cells": len(versions) * len(cells(entries)),
        "passed": passed,
        "cannot": len(versions) * len(OPERATIONS) * len(entries) - len(versions) * len(cells(entries)),
        "books_differ": sum(len(one["differences"]) for one in played.values()),
        "reasons": {f"{operation}, {entry}": why for (operation, entry), why in CANNOT.items()},
    }


def _version(version: str, entries: Sequence[str], seed: int) -> Callable[[], dict[str, list[Json]]]:
    """`seed` chooses nothing yet: a day has one order."""

    def make() -> dict[str, list[Json]]:
        with ExitStack() as stack:
            stage = open_stage(parts.ROOT / "var" / f"matrix-{version}", version, stack)
            failed: dict[tuple[str, str], str] = {}
            for step in steps(entries):
                why = _played(stage, step)
                print(f"  {version} {step.title:<32} {why or 'ok'}", flush=True)
                if why:
                    failed.setdefault(step.cell, why)
            differ: list[Json] = [{"line": line} for line in books.differences(stage.books())]
        found: list[Json] = [
            {"operation": cell[0], "entry": cell[1], "why": failed.get(cell, "")} for cell in cells(entries)
        ]
        return {"cells": found, "differences": differ}

    return make


def _played(stage: Stage, step: Step) -> str:
    """Why it did not end as it says; "" if it did."""
    try:
        play(stage, step)
    except StepFailed as failure:
        return str(failure)[:200]
    except Exception as error:  # noqa: BLE001 - a step that breaks down is a cell that failed
        return f"{type(error).__name__}: {error}"[:200]
    return ""
