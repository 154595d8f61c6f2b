"""The books on disk: `books.jsonl`, one line each, only ever appended, on the platter before anybody hears of it.

A judge may read the file with nothing but a JSON parser. It must not be edited while the simulator runs.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from tillbridge.simulator.core.entries import Entry, from_json, to_json

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


_BINARY = getattr(os, "O_BINARY", 0)


class BooksInUse(Exception):
    """Another simulator already writes these books."""


class BooksFile:
    """Owns `DIR/books.jsonl`. A torn last line (a crash while writing) is moved aside, never guessed at."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "books.jsonl"
        self._lock = os.open(folder / "books.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._lock)
        except OSError as error:
            os.close(self._lock)
            raise BooksInUse(str(self._path)) from error
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY, 0o600)
        _sync_folder(folder)
        self._written = 0
        self._size = os.fstat(self._file).st_size

    def load(self) -> list[Entry]:
        """All lines. Raises ValueError where a whole line is not one of ours."""
        data = self._path.read_bytes()
        whole, newline, torn = data.rpartition(b"\n")
        if torn:
            self._path.with_suffix(".torn").write_bytes(torn)
            self._size = len(whole) + len(newline)
            os.ftruncate(self._file, self._size)
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
        try:
            self._append(text.encode())
        except OSError:
            os.ftruncate(self._file, self._size)  # half a line must not stay before the next one
            raise
        self._written = len(entries)

    def close(self) -> None:
        os.close(self._file)
        os.close(self._lock)

    def _append(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]
        os.fsync(self._file)
        self._size += len(data)


def _sync_folder(folder: Path) -> None:
    """A new file's name must survive a power cut, too. Windows keeps names by itself."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def keys_of(folder: Path, seed: int | None) -> dict[str, str | int]:
    """API key, admin key and seed of this folder: made once, kept for the next start (mode 600)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "keys.json"
    if path.exists():
        kept: dict[str, str | int] = json.loads(path.read_text(encoding="utf-8"))
        return {
            "notice_key": f"simnotice_{kept['admin_key']}",
            **kept,
        }  # a folder of an older version has none
    keys: dict[str, str | int] = {
        "api_key": "simkey_" + secrets.token_urlsafe(24),
        "admin_key": "simadmin_" + secrets.token_urlsafe(24),
        "notice_key": "simnotice_" + secrets.token_urlsafe(24),
        "seed": secrets.randbits(48) if seed is None else seed,
    }
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(keys, file)
    return keys
