"""One whole desk for tests: display, simulator, stand-in, agent, each a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tillbridge.apps.cli.client import AgentClient
from tools.demo import parts


@dataclass
class Desk:
    """`world(act, ...)` acts in the clinic (another user); `knob` turns a fault of the stand-in; `press` a terminal."""

    screen: parts.Screen
    folder: Path
    home: Path
    simulator: dict[str, Any]
    ledger_url: str
    agent: AgentClient
    stack: ExitStack

    def world(self, act: str, **facts: Any) -> None:
        httpx.post(f"{self.ledger_url}/world", json={"act": act, **facts}, timeout=30).raise_for_status()

    def knob(self, **values: str) -> None:
        httpx.post(f"{self.ledger_url}/faults", json=values, timeout=10).raise_for_status()

    def reset(self, scene: str = "default") -> None:
        httpx.post(
            f"{self.ledger_url}/reset", json={"scene": scene, "seed": 1}, timeout=30
        ).raise_for_status()

    def open_software(self, profile: str = "v6") -> None:
        """Start the practice software's window (again)."""
        show = ["-m", "tillbridge.stand_ins.qt", "--profile", profile, "--server", self.ledger_url]
        with (self.folder / "stand_in.log").open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, *show],
                env=dict(self.screen.env),
                cwd=parts.ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        self.stack.callback(_end, process)

    def press(self, button: str, terminal: str = "front-desk-1") -> None:
        """A hand at the card terminal."""
        self.admin("press", {"terminal": terminal, "button": button})

    def captures(self) -> list[dict[str, Any]]:
        """Every charge in the card network's books."""
        lines = (self.folder / "simulator" / "books.jsonl").read_text("utf-8").splitlines()
        return [entry for entry in map(json.loads, lines) if entry["kind"] == "capture"]

    def truth(self) -> list[dict[str, Any]]:
        acts: list[dict[str, Any]] = httpx.get(f"{self.ledger_url}/truth", timeout=10).json()["acts"]
        return [act for act in acts if act["kind"] == "payment"]

    def admin(self, path: str, body: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {self.simulator['admin_key']}"}
        httpx.post(
            f"{self.simulator['url']}/admin/{path}", json=body, headers=headers, timeout=10
        ).raise_for_status()

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The command line as a person types it."""
        env = {
            **self.screen.env,
            "TILLBRIDGE_HOME": str(self.home),
            "TILLBRIDGE_STATE": str(self.folder / "state"),
            "COLUMNS": "200",
        }
        return subprocess.run(
            [sys.executable, "-m", "tillbridge.apps.cli.main", *words],
            env=env,
            cwd=parts.ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def until(self, what: str, true: Callable[[], bool], seconds: float = 60) -> None:
        ends = time.monotonic() + seconds
        while not true():
            if time.monotonic() > ends:
                raise AssertionError(f"did not happen in {seconds} s: {what}")
            time.sleep(0.1)

    def rested(self, payment_id: str, seconds: float = 60) -> dict[str, Any]:
        """The payment when nothing goes on by itself."""
        ends = time.monotonic() + seconds
        while True:
            told = self.agent.get(f"/v1/payments/{payment_id}", after=10_000, wait_ms=500)
            payment: dict[str, Any] = told["payment"]
            if payment["finished"] or set(payment["next"]) <= {"AskPerson"}:
                return payment
            if time.monotonic() > ends:
                raise AssertionError(f"does not come to rest: {payment['next']} {told['story'][-3:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _settle_within(home: Path, packs: Path, seconds: int) -> None:
    """The shipped packs with another time, on a shelf of their own."""
    shutil.copytree(parts.ROOT / "src/tillbridge/packs", packs)
    file = packs / "impromed" / "6" / "pack.toml"
    told = file.read_text("utf-8")
    assert told.count("settle_s = 60 ") == 1
    file.write_text(told.replace("settle_s = 60 ", f"settle_s = {seconds} "), "utf-8")
    site = home / "site.toml"
    site.write_text(
        site.read_text("utf-8").replace("[software]\n", f"[software]\nshelf = {json.dumps(str(packs))}\n"),
        "utf-8",
    )


@contextmanager
def running_desk(
    folder: Path, auto: bool = True, rehearse: str = "never", settle_s: int = 60
) -> Iterator[Desk]:
    """`rehearse`: "auto" lets the agent touch the screen by itself at a quiet moment. `settle_s`: how long the pack
    says that a row may take to be seen; a test that waits for its absence need not wait a minute."""
    with ExitStack() as stack:
        os.environ.pop("DISPLAY", None)
        screen = parts.open_screen(stack)
        flags = ["--no-magic", "--processing-ms", "200", *(["--auto"] if auto else [])]
        command = ["-m", "tillbridge.simulator", "--data", str(folder / "simulator"), *flags]
        simulator = parts.start_ready(command, screen.env, folder / "simulator.log", stack)
        shown = parts.start_stand_in(screen, folder, stack)
        home = folder / "home"
        parts.write_site(home, simulator, shown, rehearse)
        if settle_s != 60:
            _settle_within(home, folder / "packs", settle_s)
        agent = parts.start_agent(screen, home, folder, stack)
        parts.until_seen(agent)
        ledger_url = next(iter(shown.addresses.values())).removesuffix("/truth")
        yield Desk(screen, folder, home, simulator, ledger_url, agent, stack)
