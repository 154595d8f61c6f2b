"""Which messages were sent: a file for each key, made before the sending, so that a repeat is seen after a power cut.

It knows nothing of the message: the file's name is a hash of the key, its content one word.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from tillbridge.ports.messages import Delivered, MaybeDelivered, NotDelivered, Sent

KEPT_DAYS = 400
"""A link and its reminders live for weeks; after a year nobody repeats a key."""

_DELIVERED = "delivered"
_STARTED = "started"


class KeptKeys:
    """`folder` is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def once(self, key: str, send: Callable[[], Sent]) -> Sent:
        """Send under this key, or say what came of it before. What may have gone out is not sent again."""
        file = self._folder / hashlib.sha256(key.encode()).hexdigest()[:32]
        try:
            if not self._began(file):
                return _came_before(file)
        except OSError:
            return NotDelivered(code="message_folder", later=True)
        sent = send()
        self._end(file, sent)
        return sent

    def _began(self, file: Path) -> bool:
        """False for a key that was used. Raises OSError where nothing can be written."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return False
        try:
            os.write(handle, _STARTED.encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        return True

    def _end(self, file: Path, sent: Sent) -> None:
        """What cannot be written here leaves `started`: the repeat is then a doubt, never a second message."""
        try:
            match sent:
                case Delivered():
                    file.write_text(_DELIVERED)
                case NotDelivered():
                    file.unlink()
        except OSError:
            return

    def forget_old(self) -> int:
        """Remove keys of more than a year ago; how many."""
        oldest = time.time() - KEPT_DAYS * 86_400
        old = [file for file in self._files() if file.stat().st_mtime < oldest]
        for file in old:
            file.unlink(missing_ok=True)
        return len(old)

    def _files(self) -> list[Path]:
        return list(self._folder.iterdir()) if self._folder.is_dir() else []


def _came_before(file: Path) -> Sent:
    try:
        word = file.read_text()
    except OSError:
        word = _STARTED
    return Delivered(repeated=True) if word == _DELIVERED else MaybeDelivered(cause="sent_before")
