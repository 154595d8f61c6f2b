"""The truth log: one JSON line for each act that was really committed, on disk before anybody is told.

It is appended to and never rewritten, except that a last line torn by a power cut is cut off at start.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any


class TruthLog:
    """The file DIR/truth.jsonl. Not for several threads."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / "truth.jsonl"
        self.acts = self._read()
        self._file = self.path.open("ab")

    def _read(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        raw = self.path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        if len(whole) != len(raw):
            os.truncate(self.path, len(whole))
        return [json.loads(line) for line in whole.splitlines()]

    def append(self, acts: Sequence[Mapping[str, Any]], at: datetime) -> list[dict[str, Any]]:
        """Number, stamp and write acts in one piece, fsynced; returns them as they were written."""
        start = len(self.acts) + 1
        stamp = at.isoformat(timespec="milliseconds")
        written = [{"act": start + i, "at": stamp, **act} for i, act in enumerate(acts)]
        data = "".join(json.dumps(act, ensure_ascii=False) + "\n" for act in written)
        self._file.write(data.encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        self.acts.extend(written)
        return written

    def of_this_scene(self) -> list[dict[str, Any]]:
        """Acts since the last `scene` act, that one first; empty for a new log."""
        starts = [i for i, act in enumerate(self.acts) if act["kind"] == "scene"]
        return self.acts[starts[-1] :] if starts else []

    def close(self) -> None:
        """Close the file."""
        self._file.close()
