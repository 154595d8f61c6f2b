"""Is a person using mouse or keyboard, and keep them away for a moment: on X11.

Presses since a moment are heard (ears.py); idle time comes from the server's screen saver extension. Real input counts
in both, accessibility calls and key messages to one window do not. The shield grabs keyboard and pointer on a
connection of its own; a watchdog cuts that connection, and the server gives the input back at once, also when this
process dies. A server that ends is told as DesktopGone, but never by the end of a shield: a commit may lie behind it.
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
from tillbridge.screen.backends.atspi.x11 import Screen
from tillbridge.screen.backends.xserver import cut, open_display
from tillbridge.screen.guards.ears import Ears

LONGEST_S = 1.5
"""No shield is ever held longer, whatever is asked for."""
_TRIES = 5
_TRY_EVERY_S = 0.02
_PRESSES = (X.KeyPress, X.ButtonPress)
_EVENT_BYTES = 32
_SENT_BY_A_CLIENT = 0x80


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
        try:
            self._ears = Ears(open_display(self._name, self._authority))
            self._screen = Screen(self._name, self._authority)
        except Gone:
            self._display.close()
            raise
        self._pairs = 1
        self._held_until = 0.0
        self.swallowed = 0

    def watch(self) -> Mark:
        """Raises DesktopGone."""
        heard = self._ears.heard() if self._ears.is_fresh else None
        if heard is None:
            self._ears.close()
            self._ears = Ears(self._connect())
            self._pairs += 1
            heard = 0
        return Mark(_now_ms(), f"{self._pairs}:{heard}")

    def disturbed(self, since: Mark) -> bool:
        """True if a key or a button of the mouse was pressed since the mark. Raises DesktopGone.

        For a mark of minutes ago nobody heard to the end: then any input counts, also a mouse that moved.
        """
        pair, _, before = since.detail.partition(":")
        heard = self._ears.heard() if pair == str(self._pairs) else None
        if heard is not None:
            return heard > int(before)
        idle_ms = (
            self._idle_ms()
        )  # counted back from a moment before now: the doubtful millisecond counts as input
        return idle_ms <= _now_ms() - since.at_ms

    def idle_s(self) -> float:
        """Since the last key, click or movement. Raises DesktopGone."""
        return self._idle_ms() / 1000

    @contextmanager
    def shield(self, max_s: float, pid: int = 0) -> Iterator[ShieldReport]:
        """Grab keyboard and pointer. Where somebody else holds them, the report says `held=False`.

        While the person types into another program than that of `pid`, the server keeps the keys and hands them out
        afterwards; clicks are swallowed wherever they go. Raises DesktopGone at its beginning, never at its end.
        """
        if (
            time.monotonic() < self._held_until
        ):  # inside another shield of ours: that one counts what it swallows
            yield ShieldReport(held=True)
            return
        report = ShieldReport(held=False)
        keys = X.GrabModeSync if pid and self._types_elsewhere(pid) else X.GrabModeAsync
        grabber = self._connect()
        connection = grabber.display.socket
        twin = connection.dup()  # can still be read when the watchdog has ended the connection
        watchdog = threading.Timer(min(max_s, LONGEST_S), cut, [connection])
        watchdog.daemon = True
        watchdog.start()
        try:
            ends = time.monotonic() + min(max_s, LONGEST_S)
            report.held = _try_grab(grabber, keys)
            self._held_until = ends if report.held else 0.0
            yield report
        finally:
            self._held_until = 0.0
            watchdog.cancel()
            report.swallowed = _release(grabber, twin)
            self.swallowed += report.swallowed
            connection.close()
            twin.close()

    def close(self) -> None:
        self._ears.close()
        self._screen.close()
        try:
            self._display.close()
        except (error.ConnectionClosedError, OSError):  # the server went first
            return

    def _types_elsewhere(self, pid: int) -> bool:
        try:
            return bool(self._screen.focus_of_others(pid) != X.NONE)
        except (error.ConnectionClosedError, OSError) as cause:
            raise DesktopGone(f"display {self._name}") from cause

    def _connect(self) -> Display:
        try:
            return open_display(self._name, self._authority)
        except Gone as cause:
            raise DesktopGone(str(cause)) from cause

    def _idle_ms(self) -> int:
        try:
            return int(self._root.screensaver_query_info().idle)
        except (error.ConnectionClosedError, OSError) as cause:
            raise DesktopGone(f"display {self._name}") from cause


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _try_grab(display: Display, keys: int) -> bool:
    """Like `_grab`; False if the watchdog ended the connection first, as on a machine that crawls."""
    try:
        return _grab(display, keys)
    except (error.ConnectionClosedError, OSError):
        return False


def _grab(display: Display, keys: int) -> bool:
    """Take keyboard and pointer, or neither. A menu that the person has open holds them: try a few times.

    `keys`: GrabModeSync keeps the keys in the server until the end, GrabModeAsync swallows them.
    """
    root = display.screen().root
    mask = X.ButtonPressMask | X.ButtonReleaseMask
    for _ in range(_TRIES):
        keyboard = root.grab_keyboard(False, X.GrabModeAsync, keys, X.CurrentTime)
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


def _release(display: Display, twin: socket.socket) -> int:
    """Give the input back, and count what it swallowed, also where the watchdog has been here before."""
    try:
        display.ungrab_keyboard(X.CurrentTime)
        display.ungrab_pointer(X.CurrentTime)
        display.sync()
        events = [display.next_event() for _ in range(display.pending_events())]
        display.close()
    except (error.ConnectionClosedError, OSError):
        return _presses_left_in(twin)
    return sum(each.type in _PRESSES for each in events)


def _presses_left_in(connection: socket.socket) -> int:
    """What had arrived on a connection when it was cut: events of 32 bytes, the first byte says which."""
    data = b""
    try:
        while more := connection.recv(1 << 16, socket.MSG_DONTWAIT):
            data += more
    except OSError:  # nothing more; or the server itself is gone
        pass
    return sum(data[at] & ~_SENT_BY_A_CLIENT in _PRESSES for at in range(0, len(data), _EVENT_BYTES))
