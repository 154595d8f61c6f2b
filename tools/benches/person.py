"""A person at the same screen: real keys and clicks by xdotool, at a clerk's pace, from a seed.

Levels: A moves the mouse and types letters and digits into the practice software; B also clicks anywhere and presses
Enter, Escape, Tab, Backspace and the space bar; W types in another program's window, where every letter is counted.
"""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Literal

from tillbridge.testing.desktop import Desktop
from tools.benches.note_window import TITLE

Level = Literal["A", "B", "W"]
LEVELS: tuple[Level, ...] = ("A", "B", "W")
ROOT = Path(__file__).resolve().parents[2]
_LETTERS = "abcdehlmnoprstv0123456789"
_EDITING = ("Return", "Escape", "Tab", "BackSpace", "space")
_PAUSE_S = 0.09
_BATCH = 6
_READY_S = 20.0


class Person:
    """Works from `begin` to `end`. `typed`: the letters sent so far (level W)."""

    def __init__(self, desktop: Desktop, level: Level, seed: int, software: str, folder: Path) -> None:
        self.desktop, self.level = desktop, level
        self.typed: list[str] = []
        self._chance = random.Random(seed)
        self._software = software
        self._written = folder / "notes.txt"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._notes: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        if self.level == "W":
            self._open_notes()
            self._focus(f"^{TITLE}$")
        else:
            self._focus(f"^{self._software}")
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def close(self) -> None:
        self.end()
        if self._notes is not None:
            self._notes.kill()
            self._notes.wait()

    def lost(self) -> int:
        """How many of the letters typed in the other window did not reach it."""
        end = time.monotonic() + 2.0
        while (missing := len(self.typed) - len(self._arrived())) > 0 and time.monotonic() < end:
            time.sleep(0.05)
        return max(0, missing)

    # ---- inside ----

    def _arrived(self) -> list[str]:
        return self._written.read_text().split()[1:] if self._written.exists() else []

    def _open_notes(self) -> None:
        self._written.unlink(missing_ok=True)
        self._written.touch()
        command: list[str | Path] = [sys.executable, "-m", "tools.benches.note_window", self._written]
        self._notes = self.desktop.spawn(command, {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"})
        end = time.monotonic() + _READY_S
        while "ready" not in self._written.read_text():
            if time.monotonic() > end:
                raise RuntimeError("the window for notes did not open")
            time.sleep(0.02)

    def _focus(self, title: str) -> None:
        words = ["xdotool", "search", "--sync", "--onlyvisible", "--name", title, "windowfocus", "--sync"]
        subprocess.run(words, env=self.desktop.env, timeout=_READY_S, check=True, capture_output=True)

    def _work(self) -> None:
        while not self._stop.is_set():
            keys = [self._chance.choice(_LETTERS) for _ in range(_BATCH)]
            words = [word for key in keys for word in (*self._more(), "key", key, "sleep", str(_PAUSE_S))]
            run = subprocess.run(
                ["xdotool", *words], env=self.desktop.env, timeout=30, capture_output=True, check=False
            )
            if run.returncode == 0:
                self.typed += keys

    def _more(self) -> list[str]:
        """What the person does beside the letter."""
        if self.level == "W":
            return []
        width, height = self.desktop.size
        at = [str(self._chance.randrange(width)), str(self._chance.randrange(height))]
        if self.level == "A" or self._chance.random() < 0.6:
            return ["mousemove", *at]
        if self._chance.random() < 0.5:
            return ["mousemove", *at, "click", "1"]
        return ["key", self._chance.choice(_EDITING)]
