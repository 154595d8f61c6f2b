"""Menu items that a program does not bear twice in quick succession, and when we last used each.

GnuCash names its backup by the second, so a second save within one second fails. Time is given; nothing waits here.
"""

from __future__ import annotations

from collections.abc import Callable


class Apart:
    """Kept for as long as this process drives the program. `clock`: seconds, monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = clock()
        self._used: dict[tuple[str, ...], float] = {}

    def wait_s(self, path: tuple[str, ...], apart_ms: int) -> float:
        """Seconds until the item may be used again; zero or less: now. What was before our start counts as just now."""
        return self._used.get(path, self._started) + apart_ms / 1000 - self._clock()

    def used(self, path: tuple[str, ...]) -> None:
        """The item was used this moment."""
        self._used[path] = self._clock()
