"""The hand-written form of an expected table, and how to read it.

One line a pair: `event > state +effect +effect`. A guard: `event > state +effect ? guard : state +effect`, and so on.
`=` as state means "stays". A pair without a line is impossible, and so is an `otherwise` that says so.
"""

from __future__ import annotations

from typing import NamedTuple


class Expected(NamedTuple):
    to: str
    effects: tuple[str, ...]
    guard: str | None = None
    otherwise: Expected | None = None


Matrix = dict[tuple[str, str], Expected]


def read(tables: dict[str, str]) -> Matrix:
    found: Matrix = {}
    for state, lines in tables.items():
        for line in filter(None, map(str.strip, lines.splitlines())):
            events, _, cell = line.partition(" > ")
            for event in events.split():
                assert (state, event) not in found, f"{state} x {event} is written twice"
                found[state, event] = _cell(state, cell)
    return found


def _cell(state: str, text: str) -> Expected:
    first, asks, rest = text.partition(" ? ")
    to, *effects = first.split()
    guard, _, otherwise = rest.partition(" : ")
    return Expected(
        state if to == "=" else to,
        tuple(effect.removeprefix("+") for effect in effects),
        guard.strip() if asks else None,
        _cell(state, otherwise) if asks and otherwise != "impossible" else None,
    )
