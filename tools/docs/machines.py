"""docs/MACHINES.md: both machines and the table of operations, drawn from the domain's tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Protocol

from tillbridge.domain import money_leg, operation, posting_leg

TITLE = """# The two machines

Drawn by `just docs` from the tables in `src/tillbridge/domain/`: do not edit by hand, change the table. A payment has
a money leg for each attempt at the gateway, and a posting leg for each record in the practice software. They are never
one status. An event that a state does not list is impossible: it is journalled and shown, and the state is kept.

The arrows show what changes the state. Events that leave it as it is, and what each step asks for besides, are in the
tables.
"""


class Cell(Protocol):
    """What both legs' cells have in common."""

    @property
    def to(self) -> StrEnum: ...
    @property
    def effects(self) -> tuple[StrEnum, ...]: ...


Table = Mapping[StrEnum, Mapping[StrEnum, Cell]]


def page() -> str:
    money: Table = money_leg.TABLE  # type: ignore[assignment]  # enum keys: read only, so the wider type is safe
    posting: Table = posting_leg.TABLE  # type: ignore[assignment]
    parts = [
        TITLE,
        "## Money leg: one attempt at the gateway\n",
        diagram(money, "created"),
        table(money),
        "## Posting leg: one record in the practice software\n",
        diagram(posting, "not_needed"),
        table(posting),
        "## What can be asked\n",
        operations(),
    ]
    return "\n".join(parts)


def diagram(rows: Table, first: str) -> str:
    """Mermaid: one arrow for each pair of states, with all events that lead there."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    for state, row in rows.items():
        targets: dict[str, list[str]] = {}
        for event, cell in row.items():
            if cell.to != state:
                targets.setdefault(cell.to, []).append(word(event))
        lines += [f"    {state} --> {to}: {', '.join(events)}" for to, events in targets.items()]
    return "\n".join([*lines, "```", ""])


def table(rows: Table) -> str:
    lines = ["| state | event | goes to | asks for |", "|---|---|---|---|"]
    for state, row in rows.items():
        for event, cell in row.items():
            to = "stays" if cell.to == state else cell.to
            lines.append(f"| {state} | {word(event)} | {to} | {words(cell.effects)} |")
    return "\n".join([*lines, ""])


def operations() -> str:
    lines = [
        "| operation | money goes | of another payment | bounded by | entries | owes a posting |",
        "|---|---|---|---|---|---|",
    ]
    for row in operation.OPERATIONS.values():
        entries = words(entry for entry in operation.Entry if entry in row.entries)
        of_payment = "yes" if row.of_payment else "no"
        lines.append(
            f"| {row.name} | {row.direction} | {of_payment} | {row.limit} | {entries} | {row.posting or ''} |"
        )
    return "\n".join([*lines, ""])


def word(name: StrEnum) -> str:
    return name.value.removeprefix("posting_").replace("_", " ")


def words(names: Iterable[StrEnum]) -> str:
    return ", ".join(word(name) for name in names)
