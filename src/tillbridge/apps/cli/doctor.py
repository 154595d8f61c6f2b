"""`tillbridge doctor`: everything that must be right before money moves, each with what to do about it.

Looks at the machine itself (display, accessibility, disk, clock, speed) and asks the agent about the card processor,
the practice software and the settings. Nothing is charged, and nothing is saved in the practice software.
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from rich.console import Console

from tillbridge.apps.cli.agent_for import last_tried
from tillbridge.apps.cli.client import AgentClient, any_agent
from tillbridge.apps.cli.lines import print_hanging
from tillbridge.domain.errors import TillbridgeError
from tillbridge.strings import sentence
from tillbridge.wiring import Site, home_folder, load_site

FREE_MIN_BYTES = 500 * 1024 * 1024
CLOCK_SLACK_MS = 60_000
SLOW = 3.0
"""A machine this many times slower than the one the packs' times were measured on deserves a word."""
SPEED_FLOOR_S = 0.020
"""What the speed probe took there."""
Mark = Literal["ok", "look", "bad"]
_STYLES: dict[Mark, str] = {"ok": "green", "look": "yellow", "bad": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is its sentence in the section `doctor`; `advice` a sentence that was made elsewhere."""

    mark: Mark
    code: str
    facts: dict[str, str | int | bool | None]
    advice: str = ""


def run(options: argparse.Namespace) -> int:
    """Print one line a check. Exit 1 if anything is bad."""
    console = Console(highlight=False)
    site = load_site(options.home or home_folder())
    marks: list[Mark] = []
    for finding in checks(site, console):
        marks.append(finding.mark)
        text = sentence(finding.code, finding.facts, section="doctor")
        print_hanging(console, f" {finding.mark:4}  ", text, style=_STYLES[finding.mark])
        if finding.advice:
            print_hanging(console, "       ", finding.advice)
    return _verdict(console, marks.count("bad"), marks.count("look"))


def _verdict(console: Console, bad: int, looks: int) -> int:
    code = "not_well" if bad else "well_but" if looks else "all_well"
    console.print(sentence(code, {"bad": bad, "looks": looks}, section="doctor"), markup=False)
    return 1 if bad else 0


def checks(site: Site, console: Console) -> Iterator[Finding]:
    yield display(os.environ.get("DISPLAY", ""), os.environ.get("DBUS_SESSION_BUS_ADDRESS", ""))
    yield disk(shutil.disk_usage(site.home).free, site.home)
    yield speed(_probe())
    try:
        with any_agent(site) as agent:
            for what, look in LOOKS.items():
                with console.status(sentence(f"looking_{what}", section="doctor")):
                    finding = look(agent)
                yield finding
    except TillbridgeError as error:
        yield Finding("bad", "agent_bad", {}, sentence(error.code, error.facts))


def display(display_name: str, session_bus: str) -> Finding:
    if not display_name:
        return Finding("bad", "display_bad", {})
    if not session_bus:
        return Finding("bad", "session_bad", {})
    return Finding("ok", "display_ok", {"display": display_name})


def disk(free: int, home: Path) -> Finding:
    """`free`: bytes."""
    facts: dict[str, str | int | bool | None] = {"free": free // 2**20, "path": str(home)}
    return Finding("ok", "disk_ok", facts) if free >= FREE_MIN_BYTES else Finding("bad", "disk_bad", facts)


def speed(took_s: float) -> Finding:
    """`took_s`: what the probe took, in seconds."""
    slowness = max(1.0, took_s / SPEED_FLOOR_S)
    facts: dict[str, str | int | bool | None] = {"slowness": f"{slowness:.1f}"}
    return Finding("look", "speed_slow", facts) if slowness >= SLOW else Finding("ok", "speed_ok", facts)


def _probe() -> float:
    """Best of three: a fixed piece of work, in seconds."""

    def once() -> float:
        began = time.perf_counter()
        sum(i * i % 7 for i in range(300_000))
        return time.perf_counter() - began

    return min(once() for _ in range(3))


def _journal(agent: AgentClient) -> Finding:
    health = agent.get("/v1/health")
    if not health["ok"]:
        return Finding("bad", "journal_bad", {}, health["fatal"]["text"])
    if health["found"]:
        return Finding(
            "look", "journal_look", {}, " ".join(sentence(c, section="doctor") for c in health["found"])
        )
    return Finding("ok", "journal_ok", {"open": health["open_payments"]})


def _clock(agent: AgentClient) -> Finding:
    return clock(agent.get("/v1/health")["newest_wall_ms"], time.time_ns() // 1_000_000)


def clock(newest_ms: int, now_ms: int) -> Finding:
    """`newest_ms`: when the newest payment was made, in wall time; nothing is older than its record."""
    told = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    wrong = newest_ms > now_ms + CLOCK_SLACK_MS
    return Finding("bad" if wrong else "ok", "clock_bad" if wrong else "clock_ok", {"time": told})


def _gateway(agent: AgentClient) -> Finding:
    try:
        terminals = agent.get("/v1/terminals")["terminals"]
    except TillbridgeError as error:
        return Finding("bad", "gateway_bad", {}, sentence(error.code, error.facts))
    if not terminals:
        return Finding("bad", "gateway_bad", {}, sentence("unreachable"))
    offline = [t["name"] for t in terminals if t["state"] == "offline"]
    if offline:
        return Finding("look", "terminal_offline", {"names": ", ".join(offline)})
    return Finding("ok", "gateway_ok", {"names": ", ".join(t["name"] for t in terminals)})


def _software(agent: AgentClient) -> Finding:
    seen = agent.post("/v1/software")
    if "trouble" in seen:
        return Finding("bad", "software_bad", {}, seen["trouble"]["text"])
    return Finding("ok", "software_ok", {"name": seen["name"], "version": seen["version"]})


_NOT_TRIED = (
    "paused_until",
    "no_invoice_open",
    "software_closed",
    "software_minimised",
    "no_display",
    "no_accessibility",
)


def _settings(agent: AgentClient) -> Finding:
    """The settings against the screen: a posting is tried up to its last step and taken back."""
    report = agent.post("/v1/rehearse")
    trouble, before = report.get("trouble"), last_tried(report.get("last"))
    if not trouble:
        return Finding("ok", "settings_ok", {}, before)
    untried = trouble["code"] in _NOT_TRIED or report.get("found") == "not_done"
    mark: Mark = "look" if untried else "bad"
    return Finding(mark, "settings_untried" if untried else "settings_bad", {}, f"{trouble['text']} {before}")


def _pause(agent: AgentClient) -> Finding:
    paused = agent.get("/v1/health")["paused"]
    return Finding("look", "pause_on", {}, paused["text"]) if paused else Finding("ok", "pause_off", {})


LOOKS: dict[str, Callable[[AgentClient], Finding]] = {
    "journal": _journal,
    "clock": _clock,
    "gateway": _gateway,
    "pause": _pause,
    "software": _software,
    "settings": _settings,
}
"""What is asked of the agent, in this order. Each has a line in strings that is shown meanwhile."""
