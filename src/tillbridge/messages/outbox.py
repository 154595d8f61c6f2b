"""A folder instead of a mail server or text service: for the demo, and for trying out. Nothing leaves the house."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import datetime
from pathlib import Path

from tillbridge.messages.mail import as_mail
from tillbridge.ports.messages import Delivered, Message, NotDelivered, Sent


class Outbox:
    """One file for each message: `.eml` for an e-mail, `.txt` for a text message."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Message) -> Sent:
        file = self._folder / file_name(message)
        part = file.with_suffix(".part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            part.touch(mode=0o600)
            part.write_bytes(_content(message))
            os.replace(part, file)  # noqa: PTH105  # whole, or not there
        except OSError:
            return NotDelivered(code="message_folder", later=True)
        return Delivered(ref=file.name)

    def close(self) -> None:
        """Nothing is held open."""


def file_name(message: Message) -> str:
    """Readable, and another one for every key."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "_", message.key)[:40]
    ending = "eml" if message.kind == "email" else "txt"
    return f"{plain}.{hashlib.sha256(message.key.encode()).hexdigest()[:8]}.{ending}"


def _content(message: Message) -> bytes:
    if message.kind == "text":
        return f"To: {message.to}\n\n{message.text}\n".encode()
    return as_mail(message, "clinic@example.org", "", datetime.now().astimezone()).as_bytes()
