"""Tells a waiting person what is being done, for how long, and at the end how long it took.

On a terminal one line is kept up to date; elsewhere (a log, CI) a line is written every ten seconds.
Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

LOG_LINES_SHOWN = 15
QUIET_S_MAX = 10


class Trouble(Exception):
    """Something a person has to mend. `what` happened, and `todo`: what to do now."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo


def tell(text: str) -> None:
    print(text, flush=True)


def step(
    text: str,
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    todo: str,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a command with its output in `log`, showing `text` and the seconds. Trouble if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _watch(child, text, started)
        except BaseException:
            child.terminate()
            child.wait()
            raise
    seconds = time.monotonic() - started
    if child.returncode != 0:
        raise Trouble(f"{text} failed after {seconds:.0f} s.\n{_tail(log)}", todo)
    tell(f"{_line_start()}  {text}: {seconds:.1f} s")


def _watch(child: subprocess.Popen[bytes], text: str, started: float) -> None:
    told = started
    while child.poll() is None:
        try:
            child.wait(0.2)
        except subprocess.TimeoutExpired:
            now = time.monotonic()
            if sys.stdout.isatty():
                print(f"{_line_start()}  {text} ... {now - started:.0f} s", end="", flush=True)
            elif now - told >= QUIET_S_MAX:
                told = now
                tell(f"  {text} ... {now - started:.0f} s")


def _line_start() -> str:
    return "\r\x1b[K" if sys.stdout.isatty() else ""


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
    return "\n".join([*(f"    {line}" for line in lines), f"  (all of it: {log})"])
