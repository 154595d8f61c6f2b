"""How much a read and a posting cost, beside a bare script that does the same and proves nothing.

On the v6 stand-in with a long ledger. Ours: the pack's flows as the agent runs them; a read is the first one after
the software was recognised. Theirs: tools/benches/screen_floor.py. Times leave out the waits for the program.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tillbridge.flows.practice import Desk, PackPractice
from tillbridge.flows.shelf import installed
from tillbridge.ports.practice import InvoiceSeen, PostingOrder, SoftwareSeen
from tillbridge.screen.backends.atspi.driver import connect
from tillbridge.screen.guards.x11 import X11Guard
from tillbridge.testing.desktop import Desktop

ROOT = Path(__file__).parents[2]
_START_S = 20.0


class Silent:
    """A transcript that nobody reads."""

    def note(self, what: str, **facts: object) -> None:
        """Kept nowhere: the figures are about the screen."""

    def close(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Cost:
    calls: int
    ms: float


class Stage:
    """The stand-in on a desktop of its own, and our practice on it."""

    def __init__(self, desktop: Desktop, data: Path) -> None:
        self.desktop = desktop
        command = [
            sys.executable,
            "-m",
            "tillbridge.stand_ins.ledger_server",
            "--profile",
            "v6",
            "--scene",
            "busy",
        ]
        options = ["--port", "0", "--data", str(data), "--fault", "ledger_delay_ms=300"]
        self.server = subprocess.Popen([*command, *options], env=desktop.env, stdout=subprocess.PIPE)
        assert self.server.stdout is not None
        url = json.loads(self.server.stdout.readline())["url"]
        desktop.spawn([sys.executable, "-m", "tillbridge.stand_ins.qt", "--profile", "v6", "--server", url])
        self.backend = connect(desktop.env)
        self.guard = X11Guard(desktop.env)
        self.practice = self.fresh()

    def fresh(self) -> PackPractice:
        """Our side with nothing remembered, on the software once it is recognised."""
        self.backend.close()
        self.backend = connect(self.desktop.env)
        desk = Desk(
            backend=self.backend,
            guard=self.guard,
            clock=time.monotonic,
            today=date.today,
            log=lambda name: Silent(),
            secrets=lambda name: name,
            settings={},
        )
        self.practice = PackPractice(desk, installed("impromed"), first_burst=time.time_ns())
        end = time.monotonic() + _START_S
        while not isinstance(seen := self.practice.identify(), SoftwareSeen):
            if time.monotonic() > end:
                raise RuntimeError(f"the stand-in was not recognised: {seen}")
            self.backend.wait_change(0.2)
        return self.practice

    def cost(self, job: Callable[[], Any]) -> tuple[Any, Cost]:
        """What a job gave, how many calls it made, and its time without waits."""
        calls, waited_s, started = self.backend.calls, self.backend.waited_s, time.monotonic()
        told = job()
        took_s = time.monotonic() - started - (self.backend.waited_s - waited_s)
        return told, Cost(self.backend.calls - calls, 1000 * took_s)

    def floor(self, job: str) -> tuple[dict[str, str], Cost]:
        """The same by the bare script, as a process of its own."""
        command = [sys.executable, "-m", "tools.benches.screen_floor", job]
        ran = subprocess.run(
            command, env=self.desktop.env, cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        if ran.returncode:
            raise RuntimeError(ran.stderr)
        told = json.loads(ran.stdout)
        return told["told"], Cost(told["calls"], told["ms"])

    def close(self) -> None:
        self.practice.close()
        self.server.kill()
        self.server.wait()
        assert self.server.stdout is not None
        self.server.stdout.close()


@contextmanager
def _stage() -> Iterator[Stage]:
    with Desktop.start(window_manager=True) as desktop, tempfile.TemporaryDirectory() as data:
        stage = Stage(desktop, Path(data))
        try:
            yield stage
        finally:
            stage.close()


def run(quick: bool, seed: int) -> dict[str, object]:
    """`seed` chooses nothing here: the scene is always the same."""
    reads, posts = (3, 2) if quick else (9, 5)
    with _stage() as stage:
        print(f"reading: {reads} times each", flush=True)
        read, read_floor = _reads(stage, reads)
        facts, walked = stage.floor("walk")
        print(
            f"walking the tree once: {facts['nodes']} nodes, {walked.calls} calls, {walked.ms:.0f} ms",
            flush=True,
        )
    post: list[Cost] = []
    post_floor: list[Cost] = []
    for number in range(posts):
        print(f"posting: {number + 1} of {posts}", flush=True)
        post.append(_post())
        post_floor.append(_post_floor())
    figures = _figures("read", read, read_floor) | _figures("post", post, post_floor)
    speedup = walked.ms / statistics.median(cost.ms for cost in read)
    return figures | {
        "nodes": int(facts["nodes"]),
        "treewalk_read_ms": round(walked.ms, 1),
        "speedup": round(speedup, 1),
    }


def _reads(stage: Stage, times: int) -> tuple[list[Cost], list[Cost]]:
    ours, theirs = [], []
    for _ in range(times):
        seen, cost = stage.cost(stage.fresh().read_invoice)
        told, floor = stage.floor("read")
        assert isinstance(seen, InvoiceSeen), seen
        assert (told["lblAccount"], told["Invoice"]) == (seen.account_id, seen.invoice_number), (told, seen)
        ours.append(cost)
        theirs.append(floor)
    return ours, theirs


def _post() -> Cost:
    """One payment by the pack's flow, in a world of its own."""
    with _stage() as stage:
        practice = stage.fresh()
        seen = practice.read_invoice()
        assert isinstance(seen, InvoiceSeen), seen
        stage.backend.wait_change(0.0)  # an agent listens from its first wait on, once for all payments
        report, cost = stage.cost(lambda: practice.post(_order(seen)))
        assert report.stage == "committed", report
        return cost


def _post_floor() -> Cost:
    with _stage() as stage:
        _, cost = stage.floor("post")
        return cost


def _order(seen: InvoiceSeen) -> PostingOrder:
    return PostingOrder(
        payment_id="bench",
        kind="sale",
        account_id=seen.account_id,
        client=seen.client,
        invoice_number=seen.invoice_number,
        amount=seen.balance,
        marker="V4242-K7Q9",
        balance=seen.balance,
        payment_method="Tillbridge",
        employee="Dana Brooks",
    )


def _figures(name: str, ours: list[Cost], theirs: list[Cost]) -> dict[str, object]:
    """Medians of calls and milliseconds."""
    return {
        f"{name}_calls": int(statistics.median(cost.calls for cost in ours)),
        f"{name}_floor_calls": int(statistics.median(cost.calls for cost in theirs)),
        f"{name}_ms": round(statistics.median(cost.ms for cost in ours), 1),
        f"{name}_floor_ms": round(statistics.median(cost.ms for cost in theirs), 1),
    }
