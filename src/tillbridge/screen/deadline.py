"""How long something on a screen may take, counted in the time in which the program answers.

A program that hangs is no program that refused, and an old PC is no broken one: silence is counted apart, and both
limits stretch with the measured speed of the machine. The clock is given; nothing here waits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

PING_S = 1.0
"""A cheap call answered within this time means that the program is responsive."""

_USUAL_S = 0.008
"""What `_work` takes on an ordinary office PC."""
_SLOWEST = 20.0


class Deadline:
    """`budget_s` of responsive time and `hang_s` of silence, both in seconds at slowness 1.0."""

    def __init__(
        self, clock: Callable[[], float], *, budget_s: float, hang_s: float, slowness: float = 1.0
    ) -> None:
        self._clock = clock
        self._started = clock()
        self.budget_s = budget_s * slowness
        self.hang_s = hang_s * slowness
        self.silent_s = 0.0
        """Seconds in which the program answered nothing."""

    def now(self) -> float:
        return self._clock()

    def used_s(self) -> float:
        """Responsive seconds spent so far."""
        return self._clock() - self._started - self.silent_s

    def left_s(self) -> float:
        """Responsive seconds left; never below zero."""
        return max(0.0, self.budget_s - self.used_s())

    def was_silent(self, seconds: float) -> None:
        """The program answered nothing for that long."""
        self.silent_s += seconds

    @property
    def over(self) -> bool:
        return self.left_s() <= 0.0

    @property
    def hung(self) -> bool:
        """Silent for longer than it may be."""
        return self.silent_s > self.hang_s


def measure_slowness(clock: Callable[[], float]) -> float:
    """How much slower than an ordinary PC this machine is now: 1.0 or more, at most 20. Takes some 30 ms."""
    best = min(_timed(clock) for _ in range(3))
    return min(_SLOWEST, max(1.0, best / _USUAL_S))


def _timed(clock: Callable[[], float]) -> float:
    started = clock()
    _work()
    return clock() - started


def _work() -> None:
    """The kind of work that driving a screen is: many small steps in Python, some over bytes."""
    text = b"x" * 4096
    for number in range(600):
        text = hashlib.sha256(text + str(number).encode()).digest() * 8
