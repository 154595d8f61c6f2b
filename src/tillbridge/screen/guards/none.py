"""The guard where nothing can be known about the person: nobody is ever seen, nothing can be kept away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tillbridge.screen.backend import Mark, ShieldReport


class NoGuard:
    """For programs in memory, and for desktops that do not tell about input."""

    name = "none"
    swallowed = 0

    def watch(self) -> Mark:
        return Mark(int(time.monotonic() * 1000))

    def disturbed(self, since: Mark) -> bool:
        return False

    def idle_s(self) -> float:
        return 0.0

    @contextmanager
    def shield(self, max_s: float, pid: int = 0) -> Iterator[ShieldReport]:
        yield ShieldReport(held=False)

    def close(self) -> None:
        """Nothing is held."""
