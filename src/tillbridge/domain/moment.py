"""A moment as it can be trusted, and how much time has surely passed between two of them.

A changed clock or a new boot must never shorten a waiting time, nor lengthen a key's life. So a moment
holds wall time for people, and boot id with monotonic milliseconds for decisions.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """`wall_ms`: UTC milliseconds since 1970, for people. `mono_ms`: milliseconds since that boot began."""

    wall_ms: int
    boot: str
    mono_ms: int

    def plus_ms(self, ms: int) -> Moment:
        return Moment(self.wall_ms + ms, self.boot, self.mono_ms + ms)


def surely_passed_ms(since: Moment, now: Moment) -> int:
    """The least time that can have passed. After a new boot only the time since that boot is certain."""
    if since.boot == now.boot:
        return max(0, now.mono_ms - since.mono_ms)
    return max(0, now.mono_ms)


def perhaps_passed_ms(since: Moment, now: Moment) -> int | None:
    """The most time that can have passed, or None when nobody can say (the machine was restarted)."""
    if since.boot == now.boot:
        return max(0, now.mono_ms - since.mono_ms)
    return None
