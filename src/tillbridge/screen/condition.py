"""Waiting for the screen: a look is repeated whenever something changed, until it gives what is hoped for.

Never a fixed pause. A program that stops answering is waited for, too, within its own limit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from tillbridge.screen.backend import Backend, Gone, Handle, Node, NotAnswering, Program, Reading
from tillbridge.screen.deadline import PING_S, Deadline

T = TypeVar("T")

_LOOK_EVERY_S = 0.25
"""Look again after this time even if nothing was reported: some controls change without a word."""
_PING_EVERY_S = 1.0


class Hung(Exception):
    """The program answered nothing for longer than it may."""


class Waiter:
    """Waits for conditions of one program within one deadline."""

    def __init__(self, backend: Backend, program: Program, deadline: Deadline) -> None:
        self.backend = backend
        self.program = program
        self.deadline = deadline

    def until(self, look: Callable[[], T | None], for_s: float | None = None) -> T | None:
        """What `look` gives as soon as it gives something; None when the time is up. Raises Hung.

        `for_s` is responsive time and never more than the deadline has left.
        """
        left = self.deadline.left_s()
        end = self.deadline.used_s() + (left if for_s is None else min(for_s, left))
        asked = self.deadline.now()
        while True:
            seen = self.patiently(look)
            if seen is not None or self.deadline.used_s() >= end:
                return seen
            self.backend.wait_change(min(_LOOK_EVERY_S, max(0.01, end - self.deadline.used_s())))
            if self.deadline.now() - asked >= _PING_EVERY_S:
                self.listen()
                asked = self.deadline.now()

    def patiently(self, ask: Callable[[], T]) -> T:
        """One question, asked again when the program had been silent. Raises Hung."""
        while True:
            before = self.deadline.now()
            try:
                return ask()
            except NotAnswering:
                self.deadline.was_silent(self.deadline.now() - before)
                self.listen()

    def listen(self) -> None:
        """Return when the program answers a cheap call in time; count its silence. Raises Hung."""
        while True:
            before = self.deadline.now()
            if self.backend.ping(self.program, PING_S) is not None:
                return
            self.deadline.was_silent(self.deadline.now() - before)
            if self.deadline.hung:
                raise Hung(f"{self.program.name} was silent for {self.deadline.silent_s:.0f} s")

    # ---- the usual conditions --------------------------------------------------------------------

    def shown(self, node: Node, for_s: float | None = None) -> bool:
        """Wait until a control can be seen."""
        return self.until(lambda: self._reads(node, lambda now: now.shown), for_s) is not None

    def value(self, node: Node, accepted: Collection[str], for_s: float | None = None) -> bool:
        """Wait until a control shows one of the accepted texts."""
        return self.until(lambda: self._reads(node, lambda now: now.text in accepted), for_s) is not None

    def gone(self, window: Handle, for_s: float | None = None) -> bool:
        """Wait until a window is closed or hidden."""
        return self.until(lambda: None if self._is_open(window) else True, for_s) is not None

    def settled(self, probe: Callable[[], T], for_s: float, quiet_s: float = 0.3) -> T | None:
        """Wait until `probe` gives the same for `quiet_s` seconds; None if it never comes to rest."""
        last: list[tuple[T, float]] = []

        def look() -> T | None:
            seen, now = probe(), self.deadline.now()
            if not last or last[0][0] != seen:
                last[:] = [(seen, now)]
            return seen if now - last[0][1] >= quiet_s else None

        return self.until(look, for_s)

    # ---- inside ----------------------------------------------------------------------------------

    def _reads(self, node: Node, holds: Callable[[Reading], bool]) -> bool | None:
        try:
            (reading,) = self.backend.read([node])
        except Gone:  # closed, or not there yet: both are "not now"
            return None
        return True if holds(reading) else None

    def _is_open(self, window: Handle) -> bool:
        try:
            windows = self.backend.windows(self.program)
        except Gone:
            return False
        return any(each.handle == window and each.shown for each in windows)
