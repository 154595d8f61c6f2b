"""Every fault with a crash at every boundary, one and two deep: which worlds there are and how they must end."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import product

from tillbridge.simulator.core.faults import FaultKind
from tools.benches.crash_judge import judge
from tools.benches.worlds import End, Plan, play

APPROVE, DECLINE, PARTIAL = 21_240, 21_161, 21_268 - 1
DELIVERED = (None, FaultKind.LOSE_REPLY, FaultKind.ERROR_AFTER, FaultKind.GARBLED, FaultKind.SLOW)
REFUSED = (FaultKind.LOSE_REQUEST, FaultKind.ERROR_BEFORE, FaultKind.UNREACHABLE)
TYPING = ("none", "blocked", "fails_before", "doubt_not_committed", "doubt_committed", "late")
BOUNDARIES_MAX = 44
"""Crashes deeper than this only hit the long watch, which is one state."""


@dataclass(slots=True)
class Count:
    worlds: int = 0
    wrong_ends: int = 0
    double_charges: int = 0
    double_postings: int = 0
    lost: int = 0
    stuck: int = 0
    attention: int = 0
    distinct: set[tuple[object, ...]] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def add(self, plan: Plan, end: End) -> None:
        verdict = judge(end.captures, end.given_back, end.rows, end.charged, expected_net(plan, end))
        stuck = not (end.finished or end.next)
        self.worlds += 1
        self.wrong_ends += verdict.wrong
        self.double_charges += verdict.double_charge
        self.double_postings += verdict.double_posting
        self.lost += verdict.lost
        self.stuck += stuck
        self.attention += end.attention
        self.distinct.add((replace(plan, crashes=()), tuple(end.trace[:BOUNDARIES_MAX]), end.crashed))
        if verdict.wrong or stuck:
            self.failures.append(f"{verdict.why or 'stuck'}: {plan}")


def expected_net(plan: Plan, end: End) -> Collection[int]:
    """What this world must end with, from its plan and from whether the request ever left."""
    calls = [i for i, where in enumerate(end.trace) if where == "gateway.start_terminal before"]
    left = any(i not in plan.crashes for i in calls)
    amount = {APPROVE: APPROVE, DECLINE: 0}.get(plan.minor, plan.minor // 2)
    if not left or plan.send in REFUSED:
        return {0}
    if plan.send is FaultKind.COMMIT_LATE:
        return {0, amount}
    return {amount}


def plans() -> Iterator[Plan]:
    """Plans without crashes. Duplicated requests only where keys make them harmless."""
    for minor, keys, send in product((APPROVE, DECLINE, PARTIAL), (True, False), (*DELIVERED, *REFUSED)):
        yield Plan(minor=minor, keys=keys, send=send, send_delay_ms=20_000)
    for typing, look in product(TYPING, ("none", "trouble", "incomplete")):
        yield Plan(typing=typing, look=look)  # type: ignore[arg-type]
        yield Plan(minor=PARTIAL, typing=typing, look=look, send=FaultKind.LOSE_REPLY)  # type: ignore[arg-type]
    for delay_s, blocks in product((5, 60, 200, 1_000, 40_000), (True, False)):
        late = Plan(send=FaultKind.COMMIT_LATE, send_delay_ms=delay_s * 1_000, kill_blocks=blocks)
        yield late
        yield replace(late, kill=FaultKind.LOSE_REPLY)
        yield replace(late, kill=FaultKind.LOSE_REQUEST)
    yield Plan(send=FaultKind.DUPLICATE)
    for inquire in (FaultKind.LOSE_REPLY, FaultKind.ERROR_BEFORE, FaultKind.GARBLED, FaultKind.HIDE):
        yield Plan(send=FaultKind.LOSE_REPLY, inquire=inquire, inquire_times=3, send_delay_ms=30_000)
        yield Plan(inquire=inquire, inquire_times=5, send_delay_ms=30_000)


def run_worlds(quick: bool, seed: int) -> Count:
    """Every plan alone, with every single crash, and with seeded pairs and triples of crashes."""
    count, chance = Count(), random.Random(seed)
    every = list(plans())
    chosen = chance.sample(every, 12) if quick else every
    for plan in chosen:
        base = play(plan)
        count.add(plan, base)
        depth = min(len(base.trace), BOUNDARIES_MAX)
        for at in range(depth):
            _crash(count, plan, (at,), chance)
        for _ in range(10 if quick else 3 * depth):
            points = sorted(chance.sample(range(depth + 12), chance.choice((2, 2, 3))))
            _crash(count, plan, tuple(points), chance)
    return count


def _crash(count: Count, plan: Plan, crashes: tuple[int, ...], chance: random.Random) -> None:
    doomed = replace(plan, crashes=crashes, reboots=chance.random() < 0.3)
    count.add(doomed, play(doomed))
