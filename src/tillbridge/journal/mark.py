"""The mark: a small file outside of the journal that remembers how far the journal had come.

A journal put back from a backup is sound in itself; only something that was not put back with it can tell. The mark
is rewritten after each append without fsync, so it is a hint: it may be behind, it is never ahead. It proves nothing
if it was restored together with the journal, or is missing.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

SIZE = 256
"""Bytes, always the same, so that a shorter text leaves nothing of a longer one behind."""


class Reached(NamedTuple):
    """How far a journal had come: its id, its newest event and the chain there."""

    journal_id: str
    seq: int
    chain: str


class Mark:
    """`path`: best in another folder than the journal, one that no backup of the journal brings back."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)

    def read(self) -> Reached | None:
        """None if there is none, or it was torn by a power cut."""
        os.lseek(self._file, 0, os.SEEK_SET)
        try:
            found = json.loads(os.read(self._file, SIZE))
            return Reached(str(found["journal_id"]), int(found["seq"]), str(found["chain"]))
        except (ValueError, KeyError, TypeError):
            return None

    def write(self, reached: Reached) -> None:
        text = json.dumps(reached._asdict()).ljust(SIZE - 1) + "\n"
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, text.encode())

    def close(self) -> None:
        os.close(self._file)
