"""What each way of sending offers: one message, one answer, within its own time limit."""

from __future__ import annotations

from typing import Protocol

from tillbridge.ports.messages import Message, Sent


class Way(Protocol):
    def send(self, message: Message) -> Sent: ...

    def close(self) -> None: ...


LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Where a line without encryption leads nowhere else."""
