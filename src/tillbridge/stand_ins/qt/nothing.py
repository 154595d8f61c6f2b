"""Keeps the value None alive in a long session.

PySide6 6.12 loses one reference to it with every call that returns nothing (Python before 3.12 still counts them), and
after some thousand calls the interpreter aborts with "deallocating None".
"""

from __future__ import annotations

import ctypes
import sys

_PLENTY = 1 << 40


def keep() -> None:
    """Give None more references than any session can lose. Does nothing where they are not counted."""
    if sys.version_info < (3, 12):
        ctypes.c_ssize_t.from_address(id(None)).value += _PLENTY
