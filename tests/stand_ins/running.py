"""The ledger server as a process of its own, spoken to over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

SOURCE = Path(__file__).parents[2] / "src"
Some = TypeVar("Some")


def until(look: Callable[[], Some | None], what: str, limit_s: float = 15.0) -> Some:
    """Look again and again until there is something; fails with `what` after the limit."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.03)
    raise AssertionError(f"not seen within {limit_s} s: {what}")


class Server:
    """One running ledger server. Use as a context manager."""

    def __init__(self, data: Path, *options: str) -> None:
        command = [sys.executable, "-m", "tillbridge.stand_ins.ledger_server", "--data", str(data), *options]
        env = {**os.environ, "PYTHONPATH": str(SOURCE)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=env)
        assert self.process.stdout is not None
        self.first_line = json.loads(self.process.stdout.readline())
        self.url: str = self.first_line["url"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def get(self, path: str) -> Any:
        answer = httpx.get(self.url + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, path: str, **words: Any) -> httpx.Response:
        return httpx.post(self.url + path, json=words)

    def world(self, act: str, **words: Any) -> list[dict[str, Any]]:
        answer = self.send("/world", act=act, **words)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["acts"])

    def knobs(self, **knobs: str) -> None:
        assert self.send("/faults", **knobs).status_code == 200

    def payments(self) -> list[dict[str, Any]]:
        return [act for act in self.get("/truth")["acts"] if act["kind"] == "payment"]
