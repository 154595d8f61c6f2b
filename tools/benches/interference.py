"""Somebody types and clicks while a payment is posted: what stands in the books afterwards?

Ours: the engine's loop over the pack on the v6 stand-in, each run in a world of its own, charged before the person
begins; the person works on until the posting is done, at most `WORKS_S`, and then leaves everything as it lies. Beside
it a keystroke robot posts the same payment into the same window under the same person. Judged by the truth log alone.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tillbridge.domain.posting_leg import PostingState
from tillbridge.screen import backend as b
from tools.benches.keystroke_robot import Robot
from tools.benches.person import LEVELS, Level, Person
from tools.benches.posting_desk import AMOUNT_MINOR, Paid, PostingDesk, Undone, judged

WORKS_S = 8.0
"""A person keeps at it so long at most; then the desk is left alone."""
ALONE_S = 75.0
"""So long the agent may take afterwards by itself."""
MARKER = "V4242-K7Q9"


@dataclass(slots=True)
class Tally:
    """What became of the runs of one level."""

    ends: Counter[str] = field(default_factory=Counter)
    unattended: int = 0
    while_working: int = 0
    by_hand: int = 0
    swallowed: int = 0
    lost: int = 0
    typed: int = 0
    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        ends = " ".join(f"{name} {count}" for name, count in sorted(self.ends.items()))
        took = f"{statistics.median(self.seconds):.1f} s" if self.seconds else "-"
        return (
            f"{ends}; by itself {self.unattended}, of these while the person worked {self.while_working}; "
            f"made by the person's own clicks and Enter {self.by_hand}; keys swallowed "
            f"{self.swallowed}; lost elsewhere {self.lost} of {self.typed}; median {took}"
        )


def run(quick: bool, seed: int) -> dict[str, object]:
    times, robots = (2, 2) if quick else (32, 10)
    ours: dict[Level, Tally] = {}
    theirs: dict[str, Counter[str]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        desk = PostingDesk(stack, folder)
        robot = _taught(desk)
        theirs["quiet"] = Counter(_robot_run(desk, robot, None) for _ in range(2))
        for level in LEVELS:
            ours[level] = Tally()
            for number in range(times):
                _our_run(desk, _person(desk, level, seed, number), ours[level])
            print(f"level {level}: {ours[level]}", flush=True)
            persons = (_person(desk, level, seed + 1, number) for number in range(robots))
            theirs[level] = Counter(_robot_run(desk, robot, person) for person in persons)
            print(f"level {level}, keystroke robot: {dict(theirs[level])}", flush=True)
    if theirs["quiet"] != Counter(right=2):
        raise Undone(f"the robot was not right on an undisturbed screen: {theirs['quiet']}")
    return _figures(ours, {level: ends for level, ends in theirs.items() if level != "quiet"})


def _figures(ours: dict[Level, Tally], theirs: dict[str, Counter[str]]) -> dict[str, object]:
    runs = sum(sum(tally.ends.values()) for tally in ours.values())
    return {
        "runs": runs,
        "wrong": sum(tally.ends["wrong"] for tally in ours.values()),
        "duplicate": sum(tally.ends["duplicate"] for tally in ours.values()),
        "posted_unattended_share": round(sum(tally.unattended for tally in ours.values()) / runs, 3),
        "posted_while_working": sum(tally.while_working for tally in ours.values()),
        "made_by_the_person": sum(tally.by_hand for tally in ours.values()),
        "keys_swallowed": sum(tally.swallowed for tally in ours.values()),
        "lost_elsewhere": ours["W"].lost,
        "typed_elsewhere": ours["W"].typed,
        "robot_runs": sum(sum(ends.values()) for ends in theirs.values()),
        "robot_wrong": sum(ends["wrong"] + ends["duplicate"] for ends in theirs.values()),
        "robot_none": sum(ends["none"] for ends in theirs.values()),
    }


def _person(desk: PostingDesk, level: Level, seed: int, number: int) -> Person:
    return Person(desk.desktop, level, 1000 * seed + number, desk.site.title.strip(), desk.folder)


# ---- ours ----


def _our_run(desk: PostingDesk, person: Person, tally: Tally) -> None:
    paid = desk.fresh()
    person.begin()
    started = time.monotonic()
    try:
        state = desk.settle(paid, _after(started + WORKS_S))
        worked = state is PostingState.POSTED
        tally.seconds.append(time.monotonic() - started)
        person.end()
        if person.level == "W":
            tally.lost += person.lost()
            tally.typed += len(person.typed)
        state = desk.settle(paid, _after(time.monotonic() + ALONE_S))
    finally:
        person.close()
    rows = desk.rows()
    theirs = [row for row in rows if _by_hand(desk, paid, row)]
    end = judged([row for row in rows if row not in theirs], paid.wanted)
    tally.ends[end] += 1
    tally.by_hand += len(theirs)
    tally.swallowed += desk.swallowed()
    tally.unattended += state is PostingState.POSTED and end == "right"
    tally.while_working += worked and end == "right"
    if end != "right" or state is not PostingState.POSTED:
        _tell(desk, paid, person, state, end)


def _after(end: float) -> Callable[[], bool]:
    return lambda: time.monotonic() > end


def _tell(desk: PostingDesk, paid: Paid, person: Person, state: PostingState, end: str) -> None:
    """A run that did not end well, with what its last look and typing said."""
    payment = desk.journal.payment(paid.payment_id)
    reason = payment.postings[-1].reason if payment else ""
    print(f"  {person.level}: {end}, posting {state} {reason}; books {desk.rows()}", flush=True)
    for when, line in desk.notes[-60:]:
        print(f"    {when:.2f} {line}", flush=True)


def _by_hand(desk: PostingDesk, paid: Paid, row: dict[str, Any]) -> bool:
    """A payment that the person made: without our marker, and not in a window that we had opened."""
    at = datetime.fromisoformat(row["at"])
    return row["reference"] != paid.wanted["reference"] and not desk.our_window_was_open(at)


# ---- the robot ----


def _targets() -> tuple[dict[str, b.Target], dict[str, b.Target]]:
    """What the robot must have been shown: in the main window, and in the payment window."""

    def one(name: str, role: b.Role, id_: str) -> b.Target:
        return b.Target(name, role, (b.Evidence("id", id_),))

    main = {"pay": one("pay", "button", "btnPay")}
    payment = {
        "method": one("method", "choice", "cboMethod"),
        "amount": one("amount", "edit", "txtAmount"),
        "reference": one("reference", "edit", "txtReference"),
        "ok": one("ok", "button", "btnOK"),
    }
    return main, payment


def _taught(desk: PostingDesk) -> Robot:
    """Show a new robot the places, with the method chosen once so that the reference is there."""
    desk.fresh()
    robot = Robot(desk.desktop.env)
    main, payment = _targets()
    (program,) = [one for one in desk.backend.programs() if desk.backend.windows(one)]
    robot.learn(desk.backend, desk.backend.windows(program)[0].handle, main)
    robot.open()
    window = desk.backend.windows(program)[0]
    if not window.title.startswith(desk.site.payment_title):
        raise Undone(f"the robot did not open the payment window: {window.title}")
    (method,) = desk.backend.resolve(window.handle, [payment["method"]])
    if not isinstance(method, b.Found):
        raise Undone(f"the robot cannot be shown the method: {method}")
    chosen = b.Choose(method.node, desk.site.payment_method)
    desk.backend.burst(b.Burst(time.time_ns(), (chosen,)))  # the reference is shown only then
    robot.learn(desk.backend, window.handle, payment)
    return robot


def _robot_run(desk: PostingDesk, robot: Robot, person: Person | None) -> str:
    paid = desk.fresh()
    if person is not None:
        person.begin()
    try:
        robot.post(desk.site.payment_method, f"{AMOUNT_MINOR / 100:.2f}", MARKER)
    finally:
        if person is not None:
            person.close()
    wanted = {**paid.wanted, "reference": MARKER}
    del wanted["employee"]  # nobody told it to set one
    return judged(desk.rows(), wanted)
