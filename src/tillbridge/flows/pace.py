"""How long a flow may take: responsive time counts, a program that does not answer at all is counted apart.

A slow machine must not turn a good posting into a doubt, and a program that hangs must not be taken for one
that refused. Nothing here sleeps: it waits for the screen to change, and asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tillbridge.domain.errors import OperatorError
from tillbridge.screen.backend import Backend, NotAnswering, Program

T = TypeVar("T")

PING_S = 1.0
"""An answer within this time means that the program is responsive."""
_TICK_S = 0.25
_ASK_EVERY_S = 1.0


class Pace:
    """One flow's time. `budget_s` of responsive time; `hang_s` of silence. Both are scaled by `slowness`."""

    def __init__(
        self,
        backend: Backend,
        program: Program,
        *,
        budget_s: float,
        hang_s: float,
        clock: Callable[[], float],
        slowness: float = 1.0,
    ) -> None:
        self.backend = backend
        self.program = program
        self.budget_s = budget_s * slowness
        self.hang_s = hang_s * slowness
        self.slowness = slowness
        self.clock = clock
        self.started = clock()
        self.silent_s = 0.0
        """Time in which the program answered nothing."""

    def used_s(self) -> float:
        """Responsive seconds spent so far."""
        return self.clock() - self.started - self.silent_s

    def left_s(self) -> float:
        return self.budget_s - self.used_s()

    def until(self, look: Callable[[], T | None], for_s: float | None = None) -> T | None:
        """What `look` gives as soon as it gives something; None when the time is up.

        `for_s`: responsive seconds, scaled; never more than the flow has left. Raises OperatorError
        `not_answering` when the program is silent for longer than it may be.
        """
        limit = self.left_s() if for_s is None else min(for_s * self.slowness, self.left_s())
        end = self.used_s() + limit
        asked = self.clock()
        while True:
            seen = self.patiently(look)
            if seen is not None or self.used_s() >= end:
                return seen
            self.backend.wait_change(min(_TICK_S, max(0.01, end - self.used_s())))
            if self.clock() - asked >= _ASK_EVERY_S:
                self.listen()
                asked = self.clock()

    def patiently(self, ask: Callable[[], T]) -> T:
        """One question to the program, asked again when it had been silent."""
        while True:
            before = self.clock()
            try:
                return ask()
            except NotAnswering:
                self.silent_s += self.clock() - before
                self.listen()

    def listen(self) -> None:
        """Wait for the program to answer at all. Raises OperatorError `not_answering`."""
        while True:
            before = self.clock()
            if self.backend.ping(self.program, PING_S) is not None:
                return
            self.silent_s += self.clock() - before
            if self.silent_s > self.hang_s:
                raise OperatorError("not_answering", seconds=int(self.silent_s))

    def pause(self, for_s: float) -> None:
        """Let responsive time pass, as between two tries at a locked client."""
        self.until(lambda: None, for_s)
