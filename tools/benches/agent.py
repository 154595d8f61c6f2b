"""The agent as a process: how soon it answers, how much memory is its own, what it costs while nothing happens.

A fresh process over a fresh home for each measurement; the stand-in is open on a display of its own. Memory is PSS
(pages shared with others count in part), idle and after use: the larger one counts.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tillbridge.testing.desktop import Desktop
from tools.benches.crash_campaign import fresh_folder
from tools.benches.crash_lane import Agent, Network, start_network, until
from tools.demo import parts

TICKS = os.sysconf("SC_CLK_TCK")
IDLE_S = 12.0
SETTLED_S = 1.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One fresh process."""

    start_ms: float
    start_cpu_ms: float
    """Processor time until then: what the start would cost on a machine that does nothing else."""
    pss_idle_mb: float
    pss_used_mb: float
    cpu_idle_percent: float


def pss_mb(pid: int) -> float:
    """Proportional set size in MB (2**20 bytes), as the kernel counts it."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None, "every Linux since 4.14 tells Pss"
    return int(found[1]) / 1024


def cpu_s(pid: int) -> float:
    """Processor time of the whole process so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def idle_percent(pid: int, seconds: float) -> float:
    """Percent of one processor while nobody asks for anything."""
    before, since = cpu_s(pid), time.monotonic()
    time.sleep(seconds)
    return 100 * (cpu_s(pid) - before) / (time.monotonic() - since)


def measure(env: Mapping[str, str], home: Path, network: Network, shown: parts.StandIn) -> Measured:
    """One life: start, memory, an invoice read and shown, memory again, and a while of doing nothing."""
    shutil.rmtree(home, ignore_errors=True)
    parts.write_site(home, network.told, shown, rehearse="never")
    agent = Agent(env, home)
    since = time.monotonic()
    try:
        agent.start()
        start_ms = 1000 * (time.monotonic() - since)
        start_cpu_ms = 1000 * cpu_s(agent.pid)
        idle_mb = pss_mb(agent.pid)
        until("the invoice", lambda: "trouble" not in agent.post("/v1/invoice"), 60, 0.1)
        for path in ("/v1/payments", "/v1/terminals"):
            agent.get(path)
        used_mb = pss_mb(agent.pid)
        time.sleep(SETTLED_S)  # what reading left to do is done by then
        return Measured(start_ms, start_cpu_ms, idle_mb, used_mb, idle_percent(agent.pid, IDLE_S))
    finally:
        agent.close()


def run(quick: bool, seed: int) -> dict[str, object]:
    folder = fresh_folder("agent")
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        desktop = stack.enter_context(Desktop.start(size=(1280, 900)))
        network = start_network(desktop.env, folder, seed, stack)
        shown = parts.start_stand_in(parts.Screen(desktop.env, desktop), folder, stack)
        lives: list[Measured] = []
        for number in range(3 if quick else 5):
            lives.append(measure(desktop.env, folder / "home", network, shown))
            print(f"  life {number + 1}: {_told(lives[-1])}", flush=True)
    return {
        "start_ms": round(statistics.median(life.start_ms for life in lives), 1),
        "start_cpu_ms": round(statistics.median(life.start_cpu_ms for life in lives)),
        "pss_mb": round(statistics.median(max(life.pss_idle_mb, life.pss_used_mb) for life in lives), 1),
        "cpu_idle_percent": round(statistics.median(life.cpu_idle_percent for life in lives), 3),
    }


def _told(life: Measured) -> str:
    return (
        f"answers after {life.start_ms:.0f} ms ({life.start_cpu_ms:.0f} ms of work), "
        f"{life.pss_idle_mb:.1f} MB idle, {life.pss_used_mb:.1f} MB after use, "
        f"{life.cpu_idle_percent:.2f} % of a processor while idle"
    )
