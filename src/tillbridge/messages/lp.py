"""Paper: a file handed to the computer's own printing (CUPS, `lp`). What the printer does with it, it does not tell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tillbridge.ports.messages import Delivered, MaybeDelivered, NotDelivered, Sent

LIMIT_S = 10


class Lp:
    """`printer`: its name there, empty = the one that the computer uses first. `command`: another program that takes
    the same options."""

    def __init__(self, printer: str = "", command: str = "lp", limit_s: float = LIMIT_S) -> None:
        self._printer, self._command, self._limit_s = printer, command, limit_s

    def print_file(self, file: Path, title: str) -> Sent:
        program = shutil.which(self._command)
        if program is None:
            return NotDelivered(code="printer_missing")
        named = ["-d", self._printer] if self._printer else []
        asked = [program, *named, "-t", title, "--", str(file)]
        try:
            done = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=self._limit_s)
        except subprocess.TimeoutExpired:
            return MaybeDelivered(cause="read_timeout")
        except OSError:
            return NotDelivered(code="printer_missing")
        told = done.stdout.decode("utf-8", "replace").strip()
        return Delivered(ref=told[:80]) if done.returncode == 0 else NotDelivered(code="printer_refused")
