"""The books on disk: `books.jsonl`, one line each, only ever appended, on the platter before anybody hears of it.

A judge may read the file with nothing but a JSON parser. It must not be edited while the simulator runs.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from tillbridge.simulator.core.entries import Entry, from_json, to_json


class BooksInUse(Exception):
    """Another simulator already writes these books."""


class BooksFile:
    """Owns `DIR/books.jsonl`. A torn last line (a crash while writing) is moved aside, never guessed at."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "books.jsonl"
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise BooksInUse(str(self._path)) from error
        self._written = 0

    def load(self) -> list[Entry]:
        """All lines. Raises ValueError where a whole line is not one of ours."""
        data = self._path.read_bytes()
        whole, newline, torn = data.rpartition(b"\n")
        if torn:
            self._path.with_suffix(".torn").write_bytes(torn)
            os.ftruncate(self._file, len(whole) + len(newline))
            os.fsync(self._file)
        entries = [from_json(json.loads(line)) for line in whole.splitlines() if line]
        self._written = len(entries)
        return entries

    def save(self, entries: Sequence[Entry]) -> None:
        """Append what is new and wait until it is on the disk."""
        new = entries[self._written :]
        if not new:
            return
        text = "".join(json.dumps(to_json(entry), separators=(",", ":")) + "\n" for entry in new)
        data = text.encode()
        while data:
            data = data[os.write(self._file, data) :]
        os.fsync(self._file)
        self._written = len(entries)

    def close(self) -> None:
        os.close(self._file)


def keys_of(folder: Path, seed: int | None) -> dict[str, str | int]:
    """API key, admin key and seed of this folder: made once, kept for the next start (mode 600)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "keys.json"
    if path.exists():
        kept: dict[str, str | int] = json.loads(path.read_text(encoding="utf-8"))
        return kept
    keys: dict[str, str | int] = {
        "api_key": "simkey_" + secrets.token_urlsafe(24),
        "admin_key": "simadmin_" + secrets.token_urlsafe(24),
        "seed": secrets.randbits(48) if seed is None else seed,
    }
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(keys, file)
    return keys
