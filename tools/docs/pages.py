"""The list of pages that are made from the code. Adding one is adding a line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tools.docs import api, decisions, machines, matrix, numbers

ROOT = Path(__file__).resolve().parents[2]
PAGES: dict[str, Callable[[], str]] = {
    "docs/API.md": api.page,
    "src/tillbridge/strings/numbers.toml": numbers.table,
    "docs/operate/NUMBERS.md": numbers.page,
    "docs/MACHINES.md": machines.page,
    "docs/MATRIX.md": matrix.page,
    "docs/decisions/README.md": decisions.page,
}


def stale() -> list[str]:
    """Pages that are missing or differ from what the code says now."""
    return [
        name
        for name, make in PAGES.items()
        if not (ROOT / name).exists() or (ROOT / name).read_text() != make()
    ]
