"""Keys go on to the window of somebody else's program that has them, also when our program opens a window of its own.

A window manager gives the focus to a new window, and a letter that a person types elsewhere at that moment would land
in a payment. So while a press of ours may open a window, the keyboard is frozen: the server keeps the keys and hands
them out, in order, once the focus is back where it was. Nothing is swallowed, nothing is typed. A watchdog thaws.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from Xlib import X, error
from Xlib.display import Display

from tillbridge.screen.backend import Gone
from tillbridge.screen.backends.atspi.x11 import Screen
from tillbridge.screen.backends.xserver import cut, open_display

T = TypeVar("T")

FROZEN_S = 1.5
"""No keyboard is frozen longer, whatever the program does."""
_OPENS_S = 1.2
"""A press shows its window within this time, or the person's keys are not kept waiting for it any longer."""
_OWED_S = 10.0
"""A window that comes later than that takes the keys all the same: they are given back once, within this time."""
_TAKES_S = 0.3
"""A window manager that gives a new window the focus does so within this time."""
_TICK_S = 0.004


class KeptFocus:
    """For one desktop. `display`, `authority`: as for `open_display`."""

    def __init__(self, screen: Screen, display: str, authority: str) -> None:
        self._screen = screen
        self._where = (display, authority)
        self._owed: tuple[int, int, float] | None = None
        """Whose keys may still be taken, by the window of which program, and until when."""

    @contextmanager
    def kept(self, pid: int) -> Iterator[None]:
        """Inside, a press is sent to the program of `pid`; left when its window has come or gone, or none is to come.

        Does nothing while the person works in that program itself: a new window there is what they expect. Raises
        nothing of its own: a commit may lie inside.
        """
        holder = self._or(X.NONE, lambda: self._screen.focus_of_others(pid))
        if holder == X.NONE:
            yield
            return
        before = self._windows(pid)
        with _frozen(*self._where):
            try:
                yield
            finally:
                came = _soon(lambda: self._windows(pid) != before, _OPENS_S)
                self._owed = (holder, pid, time.monotonic() + _OWED_S)
                if came and (not self._windows(pid) - before or _soon(lambda: self._is_in(pid), _TAKES_S)):
                    self._give_back()

    def mend(self) -> None:
        """Give the keys back that a late window took, once."""
        if self._owed is None:
            return
        _, pid, until = self._owed
        if time.monotonic() > until:
            self._owed = None
        elif self._is_in(pid):
            self._give_back()

    def _give_back(self) -> None:
        """Pay what is owed. Does nothing to a person who has the keys in a third window by now."""
        if self._owed is not None:
            holder, pid, _ = self._owed
            self._owed = None
            self._or(None, lambda: self._screen.give_focus_back(holder, pid))

    def _is_in(self, pid: int) -> bool:
        return self._or(True, lambda: self._screen.focus_is_in(pid))

    def _windows(self, pid: int) -> frozenset[int]:
        return self._or(frozenset(), lambda: frozenset(window.xid for window in self._screen.windows_of(pid)))

    def _or(self, else_: T, ask: Callable[[], T]) -> T:
        """The server's answer; `else_` once it is gone, which whoever asks next is told in its own words."""
        try:
            return ask()
        except (error.ConnectionClosedError, OSError):
            return else_


@contextmanager
def _frozen(display: str, authority: str) -> Iterator[None]:
    """The keyboard of the whole desktop, frozen. Where somebody else holds it, it stays as it is."""
    try:
        holder = open_display(display, authority)
    except Gone:  # with all its keys
        yield
        return
    connection = holder.display.socket
    watchdog = threading.Timer(FROZEN_S, cut, [connection])
    watchdog.daemon = True
    watchdog.start()
    try:
        _grab(holder)
        yield
    finally:
        watchdog.cancel()
        _thaw(holder)
        connection.close()


def _grab(display: Display) -> None:
    try:
        display.screen().root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeSync, X.CurrentTime)
    except (error.ConnectionClosedError, OSError):  # the watchdog was faster, as on a machine that crawls
        return


def _thaw(display: Display) -> None:
    """The server hands out what it kept as soon as the grab ends. Never raises: a commit may lie behind us."""
    try:
        display.ungrab_keyboard(X.CurrentTime)
        display.sync()
        display.close()
    except (error.ConnectionClosedError, OSError):  # the watchdog or the server was here first: thawed
        return


def _soon(holds: Callable[[], object], limit_s: float) -> bool:
    """True as soon as it holds; False when the time is up."""
    end = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(_TICK_S)
    return True
