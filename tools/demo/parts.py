"""Starts what the demo needs: a display, the simulator, a practice software, the agent. Ends all of it again.

The simulator, the stand-in and the agent are processes of their own, joined only by their addresses.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tillbridge.apps.cli.client import AgentClient, running_agent
from tillbridge.testing.desktop import Desktop
from tillbridge.testing.front_desks import DESKS, FrontDesk
from tillbridge.wiring import load_site

ROOT = Path(__file__).resolve().parents[2]
READY_S = 60.0


class NotReady(RuntimeError):
    """A part did not start. The message says which, and where its output is."""


def start_ready(command: list[str], env: Mapping[str, str], log: Path, stack: ExitStack) -> dict[str, Any]:
    """Start a process that says one JSON line when it is ready; it ends with the stack."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *command],
            env=dict(env),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=out,
            text=True,
        )
    stack.callback(_end, process)
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], READY_S)
    line = process.stdout.readline() if ready else ""
    if not line:
        raise NotReady(f"{' '.join(command[:2])} did not start; its output is in {log}")
    told: dict[str, Any] = json.loads(line)
    return told


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


@dataclass(slots=True)
class Screen:
    """Where windows go: the person's own desktop if there is one, else a virtual display."""

    env: Mapping[str, str]
    virtual: Desktop | None
    shots: list[Path] = field(default_factory=list)

    def shot(self, path: Path) -> None:
        """Take a picture of the whole display (only of a virtual one: a person's desktop is private)."""
        if self.virtual is not None:
            self.shots.append(self.virtual.screenshot(path))

    def fullest_shot(self, path: Path, tries: int = 6) -> None:
        """A window that is open for a moment only: of a few pictures in a row, the fullest is kept."""
        if self.virtual is None:
            return
        taken = []
        for number in range(tries):
            time.sleep(0.08)  # pictures, not proofs
            taken.append(self.virtual.screenshot(path.with_suffix(f".{number}.png")))
        max(taken, key=lambda one: one.stat().st_size).replace(path)
        for one in taken:
            one.unlink(missing_ok=True)
        self.shots.append(path)


def open_screen(stack: ExitStack) -> Screen:
    if os.environ.get("DISPLAY") and os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return Screen({**os.environ, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}, None)
    desktop = stack.enter_context(Desktop.start(size=(1280, 860), window_manager=True))
    return Screen(desktop.env, desktop)


@dataclass(slots=True)
class StandIn:
    """The pretend practice software: its ledger server and its window."""

    addresses: Mapping[str, str]
    name: str = "ImproMed (stand-in)"
    pack: str = "impromed"
    desk: FrontDesk = DESKS["v6"]
    window: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Mapping[str, str]:
        return self.desk.settings

    @property
    def posting(self) -> Mapping[str, str]:
        return self.desk.posting

    @property
    def secrets(self) -> Mapping[str, str]:
        return self.desk.secrets


def start_stand_in(screen: Screen, folder: Path, stack: ExitStack, profile: str = "v6") -> StandIn:
    """`profile`: which version; what the clinic has set up there is in testing/front_desks.py."""
    which = ["--profile", profile]
    serve = ["-m", "tillbridge.stand_ins.ledger_server", *which, "--data", str(folder / "ledger")]
    server = start_ready(serve, screen.env, folder / "ledger_server.log", stack)
    window = show_skin(screen, server["url"], profile, folder, stack)
    books = {"the clinic's books (truth log)": f"{server['url']}/truth"}
    return StandIn(books, desk=DESKS[profile], window=window)


def show_skin(
    screen: Screen, url: str, profile: str, folder: Path, stack: ExitStack
) -> subprocess.Popen[bytes]:
    """The window of the stand-in whose ledger server is at `url`; it ends with the stack."""
    show = ["-m", "tillbridge.stand_ins.qt", "--profile", profile, "--server", url]
    with (folder / "stand_in.log").open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *show],
            env=dict(screen.env),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    stack.callback(_end_window, process)
    return process


def _end_window(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@dataclass(slots=True)
class RealGnuCash:
    """The real GnuCash with a book that was made for it."""

    running: Any
    name: str = "GnuCash"
    pack: str = "gnucash"
    settings: Mapping[str, str] = field(default_factory=dict)
    posting: Mapping[str, str] = field(default_factory=lambda: {"payment_method": "Card"})
    secrets: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)


def start_gnucash(screen: Screen, folder: Path, stack: ExitStack) -> RealGnuCash:
    from tools.gnucash import launch

    directory = folder / "gnucash"
    directory.mkdir()
    running = launch.start(screen.env, directory, seed=7)
    stack.callback(running.close)
    invoice = running.invoices[2]
    running.open_invoice(invoice.number)
    settings = {"transfer_account": launch.CLEARING, "receivable_account": launch.RECEIVABLE}
    return RealGnuCash(running, settings=settings, addresses={"the book": str(running.book)})


SOFTWARE = ("gnucash", "impromed")


def start_software(name: str, screen: Screen, folder: Path, stack: ExitStack) -> StandIn | RealGnuCash:
    start = start_gnucash if name == "gnucash" else start_stand_in
    return start(screen, folder, stack)


def write_site(
    home: Path, simulator: Mapping[str, Any], shown: StandIn | RealGnuCash, rehearse: str = "auto"
) -> None:
    """The settings of a desk, as a partner would write them. Values go in as JSON texts, which TOML reads alike.

    `rehearse`: "never" in a lab, where nothing but the payment under test may touch the screen.
    """
    home.mkdir(parents=True)
    tables = {
        "site": {"clinic_name": "Pine Street Vet", "contact": "Telephone 555 0100"},
        "gateway": {"name": "simulator"},
        "gateway.settings": {"url": simulator["url"]},
        "software": {"pack": shown.pack, "name": shown.name},
        "posting": shown.posting,
        "screen": {"rehearse": rehearse},
        "settings": shown.settings,
    }
    text = ""
    for name, table in tables.items():
        text += f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
    (home / "site.toml").write_text(text, "utf-8")
    secrets = {"api_key": simulator["api_key"], **shown.secrets}
    file = home / "secrets.toml"
    file.touch(mode=0o600)
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in secrets.items()), "utf-8")


def start_agent(screen: Screen, home: Path, folder: Path, stack: ExitStack) -> AgentClient:
    env = {**screen.env, "TILLBRIDGE_HOME": str(home), "TILLBRIDGE_STATE": str(folder / "state")}
    start_ready(["-m", "tillbridge.apps.cli.main", "agent"], env, folder / "agent.log", stack)
    client = stack.enter_context(running_agent(load_site(home)))
    if client is None:
        raise NotReady(f"the agent does not answer; its output is in {folder / 'agent.log'}")
    return client


def until_seen(agent: AgentClient, seconds: float = READY_S) -> dict[str, Any]:
    """The open invoice, as soon as the software shows one. Raises NotReady with what the agent saw instead."""
    ends = time.monotonic() + seconds
    while True:
        seen = agent.post("/v1/invoice")
        if "trouble" not in seen:
            return seen
        if time.monotonic() > ends:
            raise NotReady(f"no invoice could be read: {seen['trouble']['text']}")
        time.sleep(0.2)  # between two looks at a program that is still starting
