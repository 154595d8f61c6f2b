"""A desk without a screen: the simulator and the agent as processes, the command line in this one.

Its terminals wait for a hand (`press`). Nothing is shown anywhere, so payments are typed amounts.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tillbridge.apps.cli.client import AgentClient, running_agent
from tillbridge.apps.cli.main import main
from tillbridge.wiring import load_site
from tools.demo import parts

TYPED = ("pay", "--typed", "--client", "Alvarez", "--terminal", "front-desk-1")


@dataclass(frozen=True)
class Shown:
    """What a person reads: the texts of both outputs on one line, and the code that stands in brackets behind it."""

    text: str
    code: str
    exit_code: int


@dataclass
class Simulator:
    told: dict[str, Any]
    folder: Path

    def admin(self, path: str, body: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {self.told['admin_key']}"}
        url = f"{self.told['url']}/admin/{path}"
        httpx.post(url, json=body, headers=headers, timeout=10).raise_for_status()

    def press(self, button: str, terminal: str = "front-desk-1", **more: str) -> None:
        self.admin("press", {"terminal": terminal, "button": button, **more})

    def merchant(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The gateway's own interface, as another desk uses it."""
        headers = {"Authorization": f"Bearer {self.told['api_key']}"}
        reply = httpx.request(method, self.told["url"] + path, json=body, headers=headers, timeout=10)
        answer: dict[str, Any] = reply.raise_for_status().json()
        return answer

    def captures(self) -> list[dict[str, Any]]:
        """Every charge in the books, read without our code."""
        lines = (self.folder / "books.jsonl").read_text("utf-8").splitlines()
        return [entry for entry in map(json.loads, lines) if entry["kind"] == "capture"]


@dataclass
class Counter:
    home: Path
    folder: Path
    simulator: Simulator
    agent: AgentClient
    process: subprocess.Popen[str]

    @property
    def address(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.home / "agent.json").read_text("utf-8"))
        return told

    def command(self, *words: str) -> Shown:
        return command(self.home, *words)

    def rested(self, payment_id: str) -> dict[str, Any]:
        """The payment when its money is decided."""
        found: list[dict[str, Any]] = []

        def decided() -> bool:
            payment = self.agent.get(f"/v1/payments/{payment_id}")["payment"]
            found[:] = [payment]
            return payment["money_state"] not in ("created", "sending", "running", "unknown")

        until(decided, f"{payment_id} is decided")
        return found[0]


def command(home: Path, *words: str) -> Shown:
    """The command line as a person types it, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        exit_code = main(["--home", str(home), *words])
    text = " ".join(f"{out.getvalue()} {err.getvalue()}".split())
    code = re.findall(r"\[([a-z0-9_]+)\]$", text)
    return Shown(text, code[0] if code else "", exit_code)


def until(true: Callable[[], bool], what: str, seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            raise AssertionError(f"did not happen in {seconds} s: {what}")
        time.sleep(0.05)


def no_screen() -> dict[str, str]:
    bare = {"DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"}
    return {**{name: value for name, value in os.environ.items() if name not in bare}, "PYTHONPATH": "src:."}


def start_simulator(folder: Path, stack: ExitStack, *flags: str) -> Simulator:
    words = ["-m", "tillbridge.simulator", "--data", str(folder / "simulator"), "--no-magic", *flags]
    told = parts.start_ready(words, no_screen(), folder / "simulator.log", stack)
    return Simulator(told, folder / "simulator")


def start_process(home: Path, log: Path, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """`tillbridge agent`; returns when it is ready or has ended."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tillbridge.apps.cli.main", "--home", str(home), "agent"],
            env=env or no_screen(),
            cwd=parts.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=out,
            text=True,
        )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def ended(process: subprocess.Popen[str], seconds: float = 15) -> int:
    """Ask it to end; its exit code."""
    process.terminate()
    try:
        return process.wait(timeout=seconds)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def write_site(home: Path, simulator: dict[str, Any]) -> None:
    parts.write_site(home, simulator, parts.StandIn({}))


@contextmanager
def running_counter(folder: Path) -> Iterator[Counter]:
    with ExitStack() as stack:
        simulator = start_simulator(folder, stack)
        home = folder / "home"
        write_site(home, simulator.told)
        process = start_process(home, folder / "agent.log")
        stack.callback(ended, process)
        client = stack.enter_context(running_agent(load_site(home)))
        assert client is not None, (folder / "agent.log").read_text("utf-8")
        yield Counter(home, folder, simulator, client, process)
