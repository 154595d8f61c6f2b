"""docs/decisions/README.md: the list of decision records, made from their titles; and the next number."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "decisions"
TITLE = """# Decisions

One page for each decision that shapes the code: what stood to choose from, what was chosen and the measurement or
reason behind it, and what follows. A decision is changed by a new record that names the old one. The figures were
measured on two busy cores under Debian 12, before the code was written: trust their ratios and counts, not single
milliseconds. A new one: `just new-adr "short title"`; this list: `just docs`.
"""
SHAPE = """# {number:04}: {title}

Accepted, {date}.

## Context

## Options

## Decision

## Consequences
"""


def records() -> list[Path]:
    return sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]-*.md"))


def page() -> str:
    return "\n".join([TITLE, *(f"* [{heading(record)}]({record.name})" for record in records()), ""])


def heading(record: Path) -> str:
    return record.read_text().split("\n", 1)[0].removeprefix("# ")


def new(title: str, date: str) -> Path:
    """An empty record with the next number. `date`: as it should stand in it, e.g. 2026-11-22."""
    number = max((int(record.name[:4]) for record in records()), default=0) + 1
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    target = FOLDER / f"{number:04}-{slug}.md"
    target.write_text(SHAPE.format(number=number, title=title, date=date))
    return target
