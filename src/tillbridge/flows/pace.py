"""One flow's time: what it may wait for, in responsive seconds, with a program that falls silent told as an error.

A slow machine must not turn a good posting into a doubt, and a program that hangs must not be taken for one
that refused. Nothing here sleeps: it waits for the screen to change, and asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tillbridge.domain.errors import OperatorError
from tillbridge.screen.backend import Backend, Program
from tillbridge.screen.condition import Hung, Waiter
from tillbridge.screen.deadline import Deadline

T = TypeVar("T")


class Pace:
    """The deadline of one flow and the waits inside it. Waits are given in seconds of a normal machine."""

    def __init__(self, backend: Backend, program: Program, deadline: Deadline, slowness: float = 1.0) -> None:
        self.deadline = deadline
        self.slowness = slowness
        self.waiter = Waiter(backend, program, deadline)

    def left_s(self) -> float:
        return self.deadline.left_s()

    def until(self, look: Callable[[], T | None], for_s: float | None = None) -> T | None:
        """What `look` gives as soon as it gives something; None when the time is up.

        Raises OperatorError `not_answering` when the program is silent for longer than it may be.
        """
        limit = None if for_s is None else for_s * self.slowness
        return self._heard(lambda: self.waiter.until(self._bounded(look), limit))

    def patiently(self, ask: Callable[[], T]) -> T:
        """One question to the program, asked again when it had been silent. Raises OperatorError `not_answering`."""
        return self._heard(lambda: self.waiter.patiently(self._bounded(ask)))

    def pause(self, for_s: float) -> None:
        """Let responsive time pass, as between two tries at a locked client."""
        self.until(lambda: None, for_s)

    def rest(self, for_s: float) -> None:
        """Let a moment pass in which the program may go on, whatever changes meanwhile."""
        deadline = self.deadline
        end = deadline.now() + for_s * self.slowness
        while deadline.now() < end:
            self.waiter.backend.wait_change(end - deadline.now())

    def _bounded(self, ask: Callable[[], T]) -> Callable[[], T]:
        """A program may answer cheap calls and never this one: that is silence, too, and ends alike."""

        def asked() -> T:
            if self.deadline.hung:
                raise Hung("one question was never answered")
            return ask()

        return asked

    def _heard(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except Hung as cause:
            raise OperatorError("not_answering", seconds=int(self.deadline.silent_s)) from cause
