"""The practice software stutters and freezes while a payment is posted: is it posted, once and right?

Stutter: the program runs 5 ms of every 100 ms, from the first look to the last. Freeze: it stands still for 5 or
30 s, by the stand-in's own knob at a chosen stage (its window's thread sleeps), or stopped as a whole at a moment by
chance. Judged by the truth log; nobody helps.
"""

from __future__ import annotations

import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tillbridge.domain.posting_leg import PostingState
from tools.benches.posting_desk import Paid, PostingDesk, judged

RUN_S, STOP_S = 0.005, 0.095
"""One twentieth of the time is left to the program."""
PATIENCE_S = 300.0
STAGES = ("opening", "filling", "ok", "after_commit", "refresh")


class Slowness(NamedTuple):
    """`kind`: stutter, freeze (a knob, at `stage`), or stop (the whole process, `after_s` of the posting)."""

    kind: str
    seconds: float = 0.0
    stage: str = ""
    after_s: float = 0.0

    def __str__(self) -> str:
        where = self.stage or (f"after {self.after_s:.2f} s" if self.kind == "stop" else "all the time")
        return f"{self.kind} {self.seconds:g} s {where}" if self.seconds else f"{self.kind} {where}"


def run(quick: bool, seed: int) -> dict[str, object]:
    ends: Counter[str] = Counter()
    states: Counter[str] = Counter()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        desk = PostingDesk(stack, folder)
        plan = _plan(quick, random.Random(seed))
        for slowness in plan:
            end, state, seconds = _run(desk, slowness)
            ends[end] += 1
            states[state] += 1
            print(f"{slowness!s:<28} {end:<9} {state:<16} {seconds:.1f} s", flush=True)
    return {
        "runs": len(plan),
        "posted": min(ends["right"], states[PostingState.POSTED]),
        "wrong": ends["wrong"] + ends["duplicate"],
        "stutters": sum(one.kind == "stutter" for one in plan),
        "freezes_5_s": sum(one.seconds == 5 for one in plan),
        "freezes_30_s": sum(one.seconds == 30 for one in plan),
    }


def _plan(quick: bool, chance: random.Random) -> list[Slowness]:
    if quick:
        return [Slowness("stutter"), Slowness("freeze", 5, "ok"), Slowness("stop", 5, after_s=0.5)]
    plan = [Slowness("stutter")] * 8
    plan += [Slowness("freeze", 5, stage) for stage in STAGES]
    plan += [Slowness("freeze", 30, stage) for stage in ("opening", "ok", "after_commit")]
    plan += [Slowness("stop", 5, after_s=chance.uniform(0.1, 1.2)) for _ in range(4)]
    plan += [Slowness("stop", 30, after_s=chance.uniform(0.1, 1.2)) for _ in range(2)]
    return plan


def _run(desk: PostingDesk, slowness: Slowness) -> tuple[str, PostingState, float]:
    paid = desk.fresh()
    if slowness.kind == "freeze":
        desk.knobs(freeze_s=f"{slowness.seconds:g}*1", freeze_at=slowness.stage)
    assert desk.window is not None, "a fresh desk has a window"
    started = time.monotonic()
    with _disturbed(desk.window.pid, slowness):
        state = desk.settle(paid, _after(started + PATIENCE_S))
    end = judged(desk.rows(), paid.wanted)
    if end != "right" or state is not PostingState.POSTED:
        _tell(desk, paid)
    return end, state, time.monotonic() - started


def _after(end: float) -> Callable[[], bool]:
    return lambda: time.monotonic() > end


@contextmanager
def _disturbed(pid: int, slowness: Slowness) -> Iterator[None]:
    """The program slowed in the background; it runs freely again on leaving."""
    if slowness.kind == "freeze":
        yield
        return
    ended = threading.Event()
    beat = _stutter if slowness.kind == "stutter" else _stop_once
    thread = threading.Thread(target=beat, args=(pid, slowness, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        os.kill(pid, signal.SIGCONT)


def _stutter(pid: int, _slowness: Slowness, ended: threading.Event) -> None:
    while not ended.is_set():
        os.kill(pid, signal.SIGSTOP)
        ended.wait(STOP_S)
        os.kill(pid, signal.SIGCONT)
        time.sleep(RUN_S)


def _stop_once(pid: int, slowness: Slowness, ended: threading.Event) -> None:
    if not ended.wait(slowness.after_s):
        os.kill(pid, signal.SIGSTOP)
        ended.wait(slowness.seconds)
        os.kill(pid, signal.SIGCONT)


def _tell(desk: PostingDesk, paid: Paid) -> None:
    payment = desk.journal.payment(paid.payment_id)
    print(f"  {payment.postings[-1].reason if payment else ''}; books {desk.rows()}", flush=True)
    _lines([line for _, line in desk.notes[-12:]])


def _lines(lines: Sequence[str]) -> None:
    for line in lines:
        print(f"    {line}", flush=True)
