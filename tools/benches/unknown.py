"""Answers that never come: the real engine for five virtual days in each of many worlds, and naive policies beside it.

Requests, replies, inquiries and kills are lost; money is taken up to 26 hours late, batches close in between, inquiries
say "not found" for a minute of what is there; the process dies, the computer is off, a cashier loses patience. Judged
from the card network's lines by code that imports nothing of the product.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from typing import Any

from tools.benches import results
from tools.benches.unknown_faults import world
from tools.benches.unknown_judge import Verdict, judge
from tools.benches.unknown_naive import POLICIES
from tools.benches.unknown_naive import play as play_naive
from tools.benches.unknown_worlds import End, play

WORLDS, QUICK_WORLDS = 150_000, 500
NAIVE_WORLDS, QUICK_NAIVE_WORLDS = 30_000, 250
"""So many of the same worlds are lived through with each naive policy."""
PARTS = 10
CHUNK = 250
Kept = dict[str, Any]


@dataclass(slots=True)
class Sum:
    worlds: int = 0
    attempts: int = 0
    without_keys: int = 0
    double_charges: int = 0
    double_for_a_while: int = 0
    longest_double_ms: int = 0
    forgotten: int = 0
    wrongly_voided: int = 0
    overrides: int = 0
    attention: int = 0
    waits_ms: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, end: End, verdict: Verdict, told: str, *, keys: bool) -> None:
        self.worlds += 1
        self.attempts += end.attempts
        self.without_keys += 0 if keys else end.attempts
        self.double_charges += verdict.double
        self.double_for_a_while += verdict.double_ms > 0
        self.longest_double_ms = max(self.longest_double_ms, verdict.double_ms)
        self.forgotten += verdict.forgotten
        self.wrongly_voided += verdict.wrongly_voided
        self.overrides += end.allowed
        self.attention += end.attention
        self.waits_ms += end.waits_ms
        if verdict.why:
            self.failures.append(f"{verdict.why}: {told}")

    def join(self, other: Sum) -> None:
        self.longest_double_ms = max(self.longest_double_ms, other.longest_double_ms)
        for name in _COUNTED:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_COUNTED = (
    "worlds", "attempts", "without_keys", "double_charges", "double_for_a_while", "forgotten", "wrongly_voided",
    "overrides", "attention", "waits_ms", "failures",
)  # fmt: skip


def run(quick: bool, seed: int) -> dict[str, object]:
    worlds, naive = (QUICK_WORLDS, QUICK_NAIVE_WORLDS) if quick else (WORLDS, NAIVE_WORLDS)
    total, parts = Sum(), 1 if quick else PARTS
    for part in range(parts):
        first, last = worlds * part // parts, worlds * (part + 1) // parts
        print(f"the real engine in worlds {first} to {last}", flush=True)
        make = partial(_live, first, last, seed)
        total.join(Sum(**results.part("unknown", f"engine-{part}", quick=quick, seed=seed, make=make)))
    for failure in total.failures[:20]:
        print(f"  {failure}", flush=True)
    print(f"naive policies in {naive} of them", flush=True)
    beside = results.part("unknown", "naive", quick=quick, seed=seed, make=lambda: _naive(naive, seed))
    return figures(total, beside)


def figures(total: Sum, beside: Kept) -> dict[str, object]:
    waits = sorted(total.waits_ms)
    return {
        "worlds": total.worlds,
        "attempts": total.attempts,
        "attempts_without_keys": total.without_keys,
        "double_charges": total.double_charges,
        "double_for_a_while": total.double_for_a_while,
        "longest_double_s": total.longest_double_ms // 1000,
        "forgotten": total.forgotten,
        "wrongly_voided": total.wrongly_voided,
        "overrides": total.overrides,
        "attention": total.attention,
        "p50_wait_s": waits[len(waits) // 2] / 1000,
        "p99_wait_s": waits[len(waits) * 99 // 100] / 1000,
        **beside,
    }


# ---- spread over processes


def _live(first: int, last: int, seed: int) -> Kept:
    total = Sum()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for part in pool.map(_chunk, _chunks(first, last), repeat(seed)):
            total.join(part)
    return {name: getattr(total, name) for name in (*_COUNTED, "longest_double_ms")}


def _chunk(numbers: tuple[int, int], seed: int) -> Sum:
    total = Sum()
    for number in range(*numbers):
        lived = world(number, seed)
        end = play(lived)
        total.add(end, judge(end.lines, end.said, end.asked, end.end_ms), repr(lived), keys=lived.keys)
    return total


def _naive(worlds: int, seed: int) -> Kept:
    """Each figure by policy: with keys, and without."""
    doubles: dict[str, dict[str, int]] = {name: {"keys": 0, "no_keys": 0} for name in POLICIES}
    forgotten = {name: {"keys": 0, "no_keys": 0} for name in POLICIES}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(_naive_chunk, _chunks(0, worlds), repeat(seed)):
            for name, keys, double, lost in found:
                kind = "keys" if keys else "no_keys"
                doubles[name][kind] += double
                forgotten[name][kind] += lost
    return {"naive_worlds": worlds, "naive_double_charges": doubles, "naive_forgotten": forgotten}


def _naive_chunk(numbers: tuple[int, int], seed: int) -> list[tuple[str, bool, int, int]]:
    found = []
    for number in range(*numbers):
        lived = world(number, seed)
        for name, policy in POLICIES.items():
            end = play_naive(lived, policy)
            verdict = judge(end.lines, end.said, end.asked, end.end_ms)
            found.append((name, lived.keys, int(verdict.double), int(verdict.forgotten)))
    return found


def _chunks(first: int, last: int) -> list[tuple[int, int]]:
    return [(start, min(start + CHUNK, last)) for start in range(first, last, CHUNK)]
