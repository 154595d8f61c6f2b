"""The real world's clock and chance, for the engine's ports; and who is signed in."""

from __future__ import annotations

import getpass
import os
import secrets
import time
from datetime import UTC, date, datetime
from pathlib import Path

from tillbridge.domain.moment import Moment

BASE32 = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"
MARKER_ALPHABET = "ACDEFGHJKMNPQRTUVWXY3479"
"""No look-alikes: a person may have to read it aloud."""


def _boot_id() -> str:
    """The kernel's boot id; without one, an id of this process, which makes waiting times longer, never shorter."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return f"process-{secrets.token_hex(8)}"


class SystemClock:
    """Wall time for people; boot id and a monotonic clock that counts sleep for decisions."""

    def __init__(self) -> None:
        self._boot = _boot_id()
        self._clock_id = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

    def now(self) -> Moment:
        mono_ms = time.clock_gettime_ns(self._clock_id) // 1_000_000
        return Moment(wall_ms=time.time_ns() // 1_000_000, boot=self._boot, mono_ms=mono_ms)


def today() -> date:
    """The desk's own date: a new one begins at its midnight."""
    return datetime.now(UTC).astimezone().date()


def signed_in() -> str:
    """Who is signed in to this computer; the number where there is no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


class RandomIds:
    """References and marker tails from the system's secure randomness."""

    def reference(self) -> str:
        return "TB" + "".join(secrets.choice(BASE32) for _ in range(16))

    def marker_tail(self) -> str:
        return "".join(secrets.choice(MARKER_ALPHABET) for _ in range(4))
