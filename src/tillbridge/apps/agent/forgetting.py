"""Overwrite the memory that was let go a moment ago, so that a refused card number does not lie in it (rule 14).

A number that somebody sends is refused, but it was in this process for a moment: in what the socket gave, in the
parsed text. Python frees such memory and leaves its content there. Memory is given out again latest first, by size:
so a few blocks of each size, filled and freed, reach what one request used. The thread that read the request must
call this (each thread has its own free memory). It finds nothing and proves nothing: it only fills.
"""

from __future__ import annotations

import ctypes
import gc
import os

_SMALL_MAX = 512
"""Up to this size Python keeps its own free blocks; larger ones, and shrunk ones of any size, are the C library's."""
_LARGE_MAX = 160 * 1024


def forget() -> None:
    """Takes some 20 ms."""
    gc.collect()
    held = [b"\0" * size for size in range(1, _SMALL_MAX, 16) for _ in range(200)]
    held.clear()
    if os.name == "posix":
        _fill_freed()


def _fill_freed() -> None:
    """The C library's free blocks of this thread."""
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    library.malloc.argtypes, library.free.argtypes = (ctypes.c_size_t,), (ctypes.c_void_p,)
    sizes = [*(size for size in range(24, 2048, 16) for _ in range(32)), *range(2048, _LARGE_MAX, 2048)]
    blocks = [(library.malloc(size), size) for size in sizes]
    for block, size in blocks:
        if block:
            ctypes.memset(block, 0, size)
    for block, _size in blocks:
        library.free(block)
