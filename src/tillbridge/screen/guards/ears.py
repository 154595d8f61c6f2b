"""Hears that a person pressed a key or a button of the mouse, on X11. Hears neither what, nor where, nor our own acts.

The server reports raw presses to whoever asks, also while somebody else holds the input; accessibility calls and key
messages to one window make none. Moving the mouse is not heard: it changes nothing in any program.
"""

from __future__ import annotations

import threading
import time

from Xlib import error
from Xlib.display import Display
from Xlib.ext import ge, xinput

from tillbridge.screen.backend import Gone
from tillbridge.screen.backends.xserver import cut

LISTEN_S = 60.0
"""Nobody reads what is heard between two postings, so no pair of ears stays open longer than twice this."""
_RAW = (xinput.RawKeyPress, xinput.RawButtonPress)
_MASK = xinput.RawKeyPressMask | xinput.RawButtonPressMask


class Ears:
    """One connection that counts presses from now on. Raises Gone where the server cannot tell."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._count = 0
        self._opened = time.monotonic()
        self._is_open = True
        if not _tells_while_held(display):
            display.close()
            raise Gone("the X server's XInput extension, version 2.1")
        display.screen().root.xinput_select_events([(xinput.AllMasterDevices, _MASK)])
        display.sync()
        self._end = threading.Timer(2 * LISTEN_S, cut, [display.display.socket])
        self._end.daemon = True
        self._end.start()

    @property
    def is_fresh(self) -> bool:
        """True if a mark made now will still be answered in a while."""
        return self._is_open and time.monotonic() - self._opened < LISTEN_S

    def heard(self) -> int | None:
        """Presses since the beginning, up to this very moment. None once these ears are closed."""
        if not self._is_open:
            return None
        try:
            self._display.sync()  # whatever was pressed before this is answered is in the queue now
            events = [self._display.next_event() for _ in range(self._display.pending_events())]
        except (error.ConnectionClosedError, OSError):
            self.close()
            return None
        self._count += sum(_is_press(event) for event in events)
        return self._count

    def close(self) -> None:
        self._is_open = False
        self._end.cancel()
        try:
            self._display.close()
        except (error.ConnectionClosedError, OSError):  # the server went first
            return


def _tells_while_held(display: Display) -> bool:
    """Raw presses reach everybody only for clients that say that they know version 2.1."""
    if not display.has_extension(xinput.extname):
        return False
    major = display.display.get_extension_major(xinput.extname)
    told = xinput.XIQueryVersion(display=display.display, opcode=major, major_version=2, minor_version=1)
    return (told.major_version, told.minor_version) >= (2, 1)


def _is_press(event: object) -> bool:
    return getattr(event, "type", None) == ge.GenericEventCode and getattr(event, "evtype", None) in _RAW
