"""Is a person using mouse or keyboard, and keep them away for a moment: on X11.

Idle time comes from the server's screen saver extension: real input resets it, accessibility calls and key
messages to one window do not. The shield grabs keyboard and pointer on a connection of its own; a watchdog cuts
that connection, and the server gives the input back at once, also when this process dies.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from Xlib import X, error
from Xlib.display import Display
from Xlib.ext import screensaver

from tillbridge.screen.backend import DesktopGone, Gone, Mark, ShieldReport
from tillbridge.screen.backends.xserver import open_display

LONGEST_S = 1.5
"""No shield is ever held longer, whatever is asked for."""
_TRIES = 5
_TRY_EVERY_S = 0.02


class X11Guard:
    """Watches one X display. `env` names it (default: this process's own). Raises Gone where it cannot watch."""

    name = "x11"

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        env = os.environ if env is None else env
        self._name = env.get("DISPLAY", "")
        self._authority = env.get("XAUTHORITY", "")
        self._display = open_display(self._name, self._authority)
        if not self._display.has_extension(screensaver.extname):
            self._display.close()
            raise Gone("the X server's MIT-SCREEN-SAVER extension")
        self._root = self._display.screen().root

    def watch(self) -> Mark:
        return Mark(_now_ms())

    def disturbed(self, since: Mark) -> bool:
        """True if the last real input is younger than the mark."""
        asked_ms = _now_ms()
        return self._idle_ms() < asked_ms - since.at_ms

    def idle_s(self) -> float:
        return self._idle_ms() / 1000

    @contextmanager
    def shield(self, max_s: float) -> Iterator[ShieldReport]:
        """Grab keyboard and pointer. Where somebody else holds them, the report says `held=False`."""
        report = ShieldReport(held=False)
        grabber = open_display(self._name, self._authority)
        connection = grabber.display.socket
        watchdog = threading.Timer(min(max_s, LONGEST_S), _cut, [connection])
        watchdog.daemon = True
        watchdog.start()
        try:
            report.held = _try_grab(grabber)
            yield report
        finally:
            watchdog.cancel()
            report.swallowed = _release(grabber)
            connection.close()

    def close(self) -> None:
        self._display.close()

    def _idle_ms(self) -> int:
        try:
            return int(self._root.screensaver_query_info().idle)
        except (error.ConnectionClosedError, OSError) as cause:
            raise DesktopGone(f"display {self._name}") from cause


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _try_grab(display: Display) -> bool:
    """Like `_grab`; False if the watchdog ended the connection first, as on a machine that crawls."""
    try:
        return _grab(display)
    except (error.ConnectionClosedError, OSError):
        return False


def _grab(display: Display) -> bool:
    """Take keyboard and pointer, or neither. A menu that the person has open holds them: try a few times."""
    root = display.screen().root
    mask = X.ButtonPressMask | X.ButtonReleaseMask
    for _ in range(_TRIES):
        keyboard = root.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
        pointer = root.grab_pointer(
            False, mask, X.GrabModeAsync, X.GrabModeAsync, X.NONE, X.NONE, X.CurrentTime
        )
        if keyboard == pointer == X.GrabSuccess:
            return True
        display.ungrab_keyboard(X.CurrentTime)
        display.ungrab_pointer(X.CurrentTime)
        display.sync()
        time.sleep(_TRY_EVERY_S)
    return False


def _release(display: Display) -> int:
    """Give the input back, and count what it swallowed. The watchdog may have been here before."""
    try:
        display.ungrab_keyboard(X.CurrentTime)
        display.ungrab_pointer(X.CurrentTime)
        display.sync()
        events = [display.next_event() for _ in range(display.pending_events())]
        display.close()
    except (error.ConnectionClosedError, OSError):
        return 0
    return sum(each.type in (X.KeyPress, X.ButtonPress) for each in events)


def _cut(connection: socket.socket) -> None:
    """End the grabbing connection: the server frees the input without a word from us."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # already closed in the ordinary way
        return
