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

The arrows show what changes the state; a star stands where a guard decides. Events that leave the state as it is, the
guards, and what each step asks for besides are in the tables. Which rule of money stands where:
[machines/RULES.md](machines/RULES.md). Why the tables are as they are:
[decisions/0020](decisions/0020-the-two-machines.md).
"""


class Cell(Protocol):
    """What both legs' cells have in common."""

    @property
    def to(self) -> StrEnum: ...
    @property
    def effects(self) -> tuple[StrEnum, ...]: ...
    @property
    def guard(self) -> StrEnum | None: ...
    @property
    def otherwise(self) -> Cell | None: ...


Table = Mapping[StrEnum, Mapping[StrEnum, Cell]]


def page() -> str:
    money: Table = money_leg.TABLE  # type: ignore[assignment]  # enum keys: read only, so the wider type is safe
    posting: Table = posting_leg.TABLE  # type: ignore[assignment]
    parts = [
        TITLE,
        "## Money leg: one attempt at the gateway\n",
        diagram(money, "created"),
        table(money),
        guards(money_leg.Guard, "money_leg.py"),
        "## Posting leg: one record in the practice software\n",
        diagram(posting, "not_needed"),
        table(posting),
        guards(posting_leg.Guard, "posting_leg.py"),
        "## What can be asked\n",
        operations(),
    ]
    return "\n".join(parts)


def diagram(rows: Table, first: str) -> str:
    """Mermaid: one arrow for each pair of states, with all events that lead there; `*` where a guard stands before."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    for state, row in rows.items():
        targets: dict[str, list[str]] = {}
        for event, cell in row.items():
            for each in chain(cell):
                words_to = targets.setdefault(each.to, [])
                name = word(event) + ("*" if cell.guard else "")
                if each.to != state and name not in words_to:
                    words_to.append(name)
        lines += [f"    {state} --> {to}: {', '.join(events)}" for to, events in targets.items() if events]
    return "\n".join([*lines, "```", ""])


def chain(cell: Cell | None) -> list[Cell]:
    """A cell and everything that may stand instead of it."""
    return [cell, *chain(cell.otherwise)] if cell is not None else []


def table(rows: Table) -> str:
    lines = ["| state | event | goes to | asks for | or else |", "|---|---|---|---|---|"]
    for state, row in rows.items():
        for event, cell in row.items():
            else_ = f"if not {word(cell.guard)}: {instead(state, cell.otherwise)}" if cell.guard else ""
            lines.append(
                f"| {state} | {word(event)} | {target(state, cell)} | {words(cell.effects)} | {else_} |"
            )
    return "\n".join([*lines, ""])


def target(state: StrEnum, cell: Cell) -> str:
    return "stays" if cell.to == state else cell.to


def instead(state: StrEnum, cell: Cell | None) -> str:
    if cell is None:
        return "impossible"
    asks = f" ({words(cell.effects)})" if cell.effects else ""
    more = f"; if not {word(cell.guard)}: {instead(state, cell.otherwise)}" if cell.guard else ""
    return f"{target(state, cell)}{asks}{more}"


def guards(names: Iterable[StrEnum], module: str) -> str:
    listed = ", ".join(f"`{name}`" for name in names)
    return f"Guards (told in `{module}`, decided in `guards.py`): {listed}.\n"


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
