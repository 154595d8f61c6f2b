"""What goes wrong in one world of the bench `unknown`: a plan made of chance, the same for whoever is tried.

The rates are far above what gateways do (design: gateways.md, 7): what counts is that nothing of it costs money.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tillbridge.simulator.core.faults import Fault, FaultKind, Line
from tillbridge.simulator.core.settings import OnRepeat, Settings
from tools.benches.in_process_gateway import line_of

SECOND_MS, MINUTE_MS, HOUR_MS = 1_000, 60_000, 3_600_000
END_MS = 120 * HOUR_MS
"""Five days."""
HIDDEN_MS = 60 * SECOND_MS
"""So long an inquiry says "not found" of what is there."""
LATEST_MS = 26 * HOUR_MS
APPROVED, DECLINED, PARTIAL = 21_240, 21_161, 21_267
"""The simulator's magic amounts, in cents."""
TERMINAL = "front-desk-1"

SENDS: tuple[tuple[str, int], ...] = (
    ("none", 34), ("lose_reply", 14), ("lose_request", 10), ("late_90s", 10), ("late_26h", 8), ("hidden", 6),
    ("hidden_late", 5), ("garbled", 3), ("error_after", 3), ("error_before", 2), ("slow", 3), ("unreachable", 2),
)  # fmt: skip
"""What happens to a request that takes money, and in how many of a hundred worlds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What the cashier does while nobody knows: `stop`, `allow` (another try beside it), or nothing."""

    what: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`sends`: one for each try, in order. `ask_ppm`, `kill_ppm`, `back_ppm`: so many of a million inquiries, kills,
    voids and refunds lose their reply or never arrive. `dark`: from when, and for how long, nothing is answered at all.
    `crashes`: boundaries at which the process dies; `off`: from when, and for how long, the computer is off."""

    number: int
    keys: bool
    kill_blocks: bool
    amount: int
    sends: tuple[tuple[str, int], ...]
    ask_ppm: int
    kill_ppm: int
    back_ppm: int
    batch_every_ms: int
    settle_after_ms: int
    dark: tuple[int, int] | None
    crashes: tuple[int, ...]
    reboots: bool
    off: tuple[int, int] | None
    deed: Deed | None
    tries_again: bool


def world(number: int, seed: int) -> World:
    """The same number and seed give the same world, on every machine."""
    chance = random.Random(f"{seed}/{number}")
    return World(
        number=number,
        keys=number % 2 == 0,
        kill_blocks=chance.random() < 0.5,
        amount=chance.choices((APPROVED, DECLINED, PARTIAL), (88, 8, 4))[0],
        sends=tuple(_send(chance) for _ in range(3)),
        ask_ppm=chance.choice((0, 100_000, 400_000)),
        kill_ppm=chance.choice((0, 200_000, 500_000)),
        back_ppm=chance.choice((0, 200_000, 500_000)),
        batch_every_ms=chance.choice((0, HOUR_MS, 8 * HOUR_MS, 24 * HOUR_MS)),
        settle_after_ms=chance.choice((0, 12 * HOUR_MS)),
        dark=_window(chance, 0.003, 20 * HOUR_MS),
        crashes=tuple(sorted(chance.sample(range(40), chance.choice((1, 1, 2)))))
        if chance.random() < 0.2
        else (),
        reboots=chance.random() < 0.3,
        off=_window(chance, 0.003, 14 * HOUR_MS),
        deed=_deed(chance),
        tries_again=chance.random() < 0.8,
    )


def _send(chance: random.Random) -> tuple[str, int]:
    """A kind of SENDS and its delay. What is hidden is there and seen again within the gateway's own time."""
    kind = chance.choices([name for name, _ in SENDS], [share for _, share in SENDS])[0]
    if kind == "late_26h":
        return kind, int(90 * SECOND_MS * (LATEST_MS / (90 * SECOND_MS)) ** chance.random())
    most = {"late_90s": 90, "hidden_late": 80, "slow": 30}.get(kind, 0)
    return kind, chance.randint(SECOND_MS, most * SECOND_MS) if most else 0


def _window(chance: random.Random, share: float, most_ms: int) -> tuple[int, int] | None:
    if chance.random() >= share:
        return None
    return chance.choice((3, 30, 600, 7_200)) * SECOND_MS, chance.randint(MINUTE_MS, most_ms)


def _deed(chance: random.Random) -> Deed | None:
    what = chance.choices(("", "stop", "allow"), (80, 12, 8))[0]
    return Deed(what=what, at_ms=chance.randint(5, 400) * SECOND_MS) if what else None


def line_for(world: World) -> Line:
    """An empty card network whose line has this world's faults."""
    settings = Settings(
        seed=world.number + 1,
        auto=True,
        on_repeat=OnRepeat.SAME_ANSWER if world.keys else OnRepeat.CHARGED_AGAIN,
        kill_blocks=world.kill_blocks,
        batch_every_ms=world.batch_every_ms,
        settle_after_ms=world.settle_after_ms,
    )
    line = line_of(settings, terminals=1)
    for op, ppm in (
        ("inquire", world.ask_ppm),
        ("kill", world.kill_ppm),
        ("void", world.back_ppm),
        ("refund", world.back_ppm),
    ):
        for kind in (FaultKind.LOSE_REPLY, FaultKind.LOSE_REQUEST):
            line.plan.faults.append(Fault(kind, op=op, times=0, chance_ppm=ppm // 2))
    return line


_PLAIN = {
    "lose_reply": FaultKind.LOSE_REPLY,
    "lose_request": FaultKind.LOSE_REQUEST,
    "late_90s": FaultKind.COMMIT_LATE,
    "late_26h": FaultKind.COMMIT_LATE,
    "hidden_late": FaultKind.COMMIT_LATE,
    "hidden": FaultKind.LOSE_REPLY,
    "garbled": FaultKind.GARBLED,
    "error_after": FaultKind.ERROR_AFTER,
    "error_before": FaultKind.ERROR_BEFORE,
    "slow": FaultKind.SLOW,
    "unreachable": FaultKind.UNREACHABLE,
}


def fault_of(send: tuple[str, int]) -> Fault | None:
    """For the next request that takes money."""
    kind, delay_ms = send
    return Fault(_PLAIN[kind], op="start", delay_ms=delay_ms) if kind in _PLAIN else None


def hidden_ms(send: tuple[str, int]) -> int:
    return HIDDEN_MS if send[0].startswith("hidden") else 0
