"""One desk of its own for the real kills: display, card network, clinic's books, window, and an agent that can die.

Several lanes run side by side; nothing is shared. The agent is the product's own process, killed with SIGKILL and
started again over the same home. The books are read from their files; the journal only from a copy.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tillbridge.testing.desktop import Desktop
from tillbridge.testing.front_desks import FrontDesk
from tools.demo import parts

STARTED_S = 60.0
Json = dict[str, Any]


class Undone(RuntimeError):
    """A part of the bench itself did not do its work. Never a verdict on the product."""


def until(what: str, seen: Callable[[], Any], seconds: float, pause_s: float = 0.01) -> Any:
    """The first true answer. Raises Undone after `seconds`."""
    ends = time.monotonic() + seconds
    while not (found := seen()):
        if time.monotonic() > ends:
            raise Undone(f"waited {seconds:.0f} s for {what}")
        time.sleep(pause_s)
    return found


class Lines:
    """A file of JSON lines that another process adds to; `new` gives what came since the last `mark`."""

    def __init__(self, path: Path) -> None:
        self.path, self._from = path, 0

    def mark(self) -> None:
        self._from = self.path.stat().st_size if self.path.exists() else 0

    def new(self) -> list[Json]:
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._from)
            whole = file.read().rpartition(b"\n")[0]
        return [json.loads(line) for line in whole.splitlines() if line.strip()]


class Agent:
    """The product's process over one home. `kill` is a power cut for it alone."""

    def __init__(self, env: Mapping[str, str], home: Path) -> None:
        self.env = {**env, "TILLBRIDGE_HOME": str(home)}
        self.home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._http: httpx.Client | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "started before it is asked for"
        return self._process.pid

    def start(self) -> None:
        """Returns when it answers. Raises Undone with the end of its output."""
        (self.home / "agent.json").unlink(missing_ok=True)  # a killed one leaves its address behind
        with (self.home / "agent.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tillbridge.apps.cli.main", "agent"],
                env=self.env,
                cwd=parts.ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        told = until("the agent's address", self._address, STARTED_S)
        self._http = httpx.Client(
            base_url=told["url"],
            headers={"Authorization": f"Bearer {told['token']}"},
            timeout=60.0,
            trust_env=False,
        )
        until("the agent's first answer", self._answers, STARTED_S)

    def _address(self) -> Json | None:
        if self._process is not None and self._process.poll() is not None:
            raise Undone(f"the agent ended: {(self.home / 'agent.log').read_text()[-600:]}")
        try:
            told: Json = json.loads((self.home / "agent.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return told

    def _answers(self) -> bool:
        try:
            return bool(self.get("/v1/health")["ok"])
        except httpx.TransportError:
            return False

    def get(self, path: str, **params: str | int) -> Json:
        return self._ask("GET", path, params=params)

    def post(self, path: str, body: Json | None = None) -> Json:
        return self._ask("POST", path, json=body or {})

    def _ask(self, method: str, path: str, **more: Any) -> Json:
        assert self._http is not None, "started before it is asked"
        reply = self._http.request(method, path, **more)
        if not reply.is_success:
            raise Undone(f"{path}: {reply.status_code} {reply.text[:300]}")
        told: Json = reply.json()
        return told

    def kill(self) -> float:
        """SIGKILL. Returns the wall time in seconds just before it, when the process was surely alive."""
        assert self._process is not None, "started before it is killed"
        at = time.time()
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=30)
        self._forget()
        return at

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(timeout=30)
        self._forget()

    def _forget(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None


def events_of(home: Path, payment_id: str) -> list[str]:
    """The kinds of a payment's events in order, read from a copy of a dead agent's journal."""
    with tempfile.TemporaryDirectory(prefix="tb-journal-") as name:
        for file in home.glob("journal.db*"):
            shutil.copy(file, name)
        read = sqlite3.connect(Path(name) / "journal.db")
        try:
            rows = read.execute("SELECT kind FROM event WHERE payment_id = ? ORDER BY seq", (payment_id,))
            return [str(row[0]) for row in rows]
        finally:
            read.close()


@dataclass(slots=True)
class Network:
    """The card network's process: its books, and its side door for faults."""

    url: str
    admin_key: str
    told: Json
    books: Lines

    def faults(self, *faults: Json) -> None:
        reply = httpx.post(
            f"{self.url}/admin/faults",
            json={"faults": list(faults)},
            headers={"Authorization": f"Bearer {self.admin_key}"},
            trust_env=False,
        )
        reply.raise_for_status()

    def no_faults(self) -> None:
        reply = httpx.delete(
            f"{self.url}/admin/faults",
            headers={"Authorization": f"Bearer {self.admin_key}"},
            trust_env=False,
        )
        reply.raise_for_status()


NETWORK = ("--auto", "--no-magic", "--auto-ms", "500", "--processing-ms", "300", "--card-wait-ms", "8000")
"""A card that comes after half a second; no amount has a meaning of its own; a short horizon (40 s)."""


def start_network(env: Mapping[str, str], folder: Path, seed: int, stack: ExitStack) -> Network:
    command = ["-m", "tillbridge.simulator", "--data", str(folder / "network"), "--seed", str(seed), *NETWORK]
    told = parts.start_ready(command, env, folder / "simulator.log", stack)
    return Network(told["url"], told["admin_key"], told, Lines(folder / "network" / "books.jsonl"))


def rehearse(agent: Agent) -> None:
    """The payment window is tried once, as at the begin of a day: later it would come between, and take a fault that
    is meant for a payment. Raises Undone with what was told."""
    newest: Json = agent.post("/v1/rehearse", {"only_last": True})
    told: list[Json] = []

    def well() -> bool:
        told.append(agent.post("/v1/rehearse"))
        return bool(told[-1].get("found") == "as_expected")

    if (newest.get("last") or {}).get("found") != "as_expected":
        try:
            until("a rehearsal", well, STARTED_S, 0.5)
        except Undone as why:
            raise Undone(f"{why}; last: {told[-1]}") from why


@dataclass(slots=True)
class Lane:
    """A desk with the stand-in. `truth`: the clinic's books. `desk`: what the clinic has set up at this version."""

    number: int
    folder: Path
    network: Network
    ledger_url: str
    truth: Lines
    agent: Agent
    desk: FrontDesk
    screen: parts.Screen
    stack: ExitStack
    skin: subprocess.Popen[bytes]

    def ledger(self, path: str, body: Json) -> Json:
        reply = httpx.post(f"{self.ledger_url}{path}", json=body, trust_env=False)
        reply.raise_for_status()
        told: Json = reply.json()
        return told

    def asked(self, path: str) -> Json:
        told: Json = httpx.get(f"{self.ledger_url}{path}", trust_env=False).raise_for_status().json()
        return told

    def open_invoices(self) -> dict[str, Json]:
        """Number -> client and balance of every invoice that can be paid, from the books, not from the screen."""
        told = self.asked("/world")
        open_ones = {number: row for number, row in told["invoices"].items() if not row["concluded"]}
        return {number: row for number, row in open_ones.items() if row["balance_minor"] > 0}

    def reopen(self) -> None:
        """End the software as a person would who sees that it hangs, and start it anew."""
        self.skin.kill()
        self.skin.wait()
        profile = self.desk.profile
        self.skin = parts.show_skin(self.screen, self.ledger_url, profile, self.folder, self.stack)
        until("the software again", self._signed_in, STARTED_S, 0.05)  # an order given before is lost

    def _signed_in(self) -> bool:
        return any(skin["pid"] == self.skin.pid for skin in self.asked("/world")["skins"])


def open_lane(number: int, folder: Path, seed: int, stack: ExitStack, profile: str = "v6") -> Lane:
    """Start everything; ends with the stack. Raises NotReady, DesktopError, Undone."""
    folder.mkdir(parents=True)
    desktop = stack.enter_context(Desktop.start(size=(1280, 900)))
    screen = parts.Screen(desktop.env, desktop)
    network = start_network(desktop.env, folder, seed, stack)
    shown = parts.start_stand_in(screen, folder, stack, profile)
    assert shown.window is not None, "its window was just opened"
    home = folder / "home"
    parts.write_site(home, network.told, shown, rehearse="never")
    agent = Agent(desktop.env, home)
    stack.callback(agent.close)
    agent.start()
    rehearse(agent)
    truth = Lines(folder / "ledger" / "truth.jsonl")
    url = next(iter(shown.addresses.values())).removesuffix("/truth")
    return Lane(number, folder, network, url, truth, agent, shown.desk, screen, stack, shown.window)
