"""Random operations against three books: does every cent stay where all of them say it is?

Honest worlds (money_world.py): the engine over the simulator's card network and a model of the practice software. At
the end the network's lines, what our journal claims and the clinic's rows must tell the same of each payment
(money_judge.py). Hostile worlds (money_hostile.py): a gateway that says anything at any time; they are judged by what
can be said without its books, and meet the rest of the tables' cells (money_cells.py).
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from tools.benches import money_hostile, money_world, results
from tools.benches.money_cells import ALL, Cells, short, unmet

HONEST = {True: 24, False: 240}
HOSTILE = {True: 300, False: 20_000}
PARTS = 8
"""A full run is made in so many parts, each kept: one that was cut off goes on behind them."""
HONEST_DEEDS, HOSTILE_DEEDS = 60, 120
TIMES = {True: 1, False: 20}
"""So often each cell that can be met must be met."""
SEEDS_APART = 1_000_000


class Played(Protocol):
    """A world that was brought to its end."""

    steps: int

    def complaints(self) -> list[str]: ...


@dataclass(slots=True)
class Tally:
    cells: Cells = field(default_factory=Cells)
    steps: int = 0
    honest_steps: int = 0
    worlds: int = 0
    asked_people: int = 0
    violations: list[str] = field(default_factory=list)

    def add(self, name: str, play: Callable[[], Played]) -> None:
        """One world. Whatever breaks in it is a violation, too."""
        self.worlds += 1
        try:
            world = play()
        except Exception as error:  # noqa: BLE001 - a world that breaks is what this bench looks for
            self.violations.append(f"{name}: {type(error).__name__}: {error}")
            print(traceback.format_exc(limit=-3), flush=True)
            return
        self.steps += world.steps
        if isinstance(world, money_world.World):
            self.honest_steps += world.steps
            self.asked_people += world.asked_people
        self.violations += [f"{name}: {complaint}" for complaint in world.complaints()]

    def plain(self) -> dict[str, object]:
        """As plain data: a part that is kept."""
        return {
            "steps": self.steps, "honest_steps": self.honest_steps, "worlds": self.worlds,
            "asked_people": self.asked_people, "violations": self.violations,
            "hits": [[*cell, times] for cell, times in self.cells.hits.items()],
            "impossible": sum(self.cells.impossible.values()),
        }  # fmt: skip


def play(quick: bool, seed: int, part: int, parts: int) -> dict[str, object]:
    """One part of the worlds."""
    tally, first = Tally(), seed * SEEDS_APART
    for number in range(part, HONEST[quick], parts):
        tally.add(f"honest {first + number}", partial(_honest, first + number, tally.cells))
    for number in range(part, HOSTILE[quick], parts):
        tally.add(f"hostile {first + number}", partial(_hostile, first + number, tally.cells))
    print(f"part {part + 1} of {parts}: {tally.worlds} worlds, {tally.steps} steps, {len(tally.violations)} violations",
          flush=True)  # fmt: skip
    return tally.plain()


def _honest(seed: int, cells: Cells) -> Played:
    return money_world.play(seed, cells, HONEST_DEEDS)


def _hostile(seed: int, cells: Cells) -> Played:
    return money_hostile.play(seed, cells, HOSTILE_DEEDS)


def run(quick: bool, seed: int) -> dict[str, object]:
    """The figures of `money` in targets.toml."""
    parts = 1 if quick else PARTS
    made = [
        results.part(
            "money", f"part-{part}", quick=quick, seed=seed, make=partial(play, quick, seed, part, parts)
        )
        for part in range(parts)
    ]
    return figures(made, TIMES[quick])


def figures(parts: list[dict[str, object]], times: int) -> dict[str, object]:
    """All parts together. `cells`: those that can be met; `cells_hit`: met often enough."""
    hits = Cells().hits
    violations: list[str] = []
    for part in parts:
        for leg, state, event, count in _rows(part["hits"]):
            hits[str(leg), str(state), str(event)] += int(str(count))
        violations += [str(each) for each in _rows(part["violations"])]
    wanted = ALL - unmet()
    missing = short(hits, wanted, times)
    for violation in violations[:40]:
        print(f"  {violation}")
    for leg, state, event in missing:
        print(f"  met {hits[leg, state, event]} times: {leg} {state} {event}")
    sums = {name: sum(int(str(part[name])) for part in parts) for name in ("steps", "honest_steps", "worlds")}
    return {
        **sums,
        "violations": len(violations),
        "cells": len(wanted),
        "cells_hit": len(wanted) - len(missing),
        "cells_share": (len(wanted) - len(missing)) / len(wanted),
        "cells_of_both_tables": len(ALL),
        "met_beyond": sum(1 for cell in unmet() if hits[cell]),
        "asked_people": sum(int(str(part["asked_people"])) for part in parts),
        "refused_by_the_tables": sum(int(str(part["impossible"])) for part in parts),
    }


def _rows(value: object) -> list[list[object]]:
    assert isinstance(value, list)
    return value
