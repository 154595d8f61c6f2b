"""Connecting to an X server, for the backend that asks it about windows and the guard that watches input."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

from Xlib import error
from Xlib.display import Display

from tillbridge.screen.backend import Gone

_LOCAL = re.compile(r":(\d+)(\.\d+)?")


def open_display(name: str, authority: str = "") -> Display:
    """Connect to an X server. `authority` names its cookie file, empty for the usual one. Raises Gone."""
    local = _LOCAL.fullmatch(name)
    # The library leaks its socket when nobody listens, so knock first. A server that was killed leaves its door.
    if local and not _listens(Path(f"/tmp/.X11-unix/X{local[1]}")):
        raise Gone(f"display {name}")
    before = os.environ.get("XAUTHORITY")
    if authority:
        os.environ["XAUTHORITY"] = authority  # the library reads it from the process and from nowhere else
    try:
        return Display(name)
    except (error.DisplayError, error.XauthError, OSError) as cause:
        raise Gone(f"display {name}") from cause
    finally:
        if before is not None:
            os.environ["XAUTHORITY"] = before
        else:
            os.environ.pop("XAUTHORITY", None)


def _listens(door: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as knock:
        try:
            knock.connect(str(door))
        except OSError:
            return False
    return True


def cut(connection: socket.socket) -> None:
    """End a connection from another thread: the server forgets all that it held, without a word from us."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # already closed in the ordinary way
        return
