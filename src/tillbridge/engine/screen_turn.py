"""Whose turn the screen is: nobody's while a person asked for a pause.

In memory only and owned by the journal's thread; `perform` reads it from the screen's thread. A restart ends a pause:
whoever keeps it beyond that says it again (apps/agent).
"""

from __future__ import annotations

from dataclasses import dataclass

from tillbridge.domain.errors import OperatorError
from tillbridge.domain.moment import Moment, surely_passed_ms
from tillbridge.engine.policy import HOUR, MINUTE

PAUSE_MS_MAX = 8 * HOUR
"""A pause that somebody forgets ends within the day."""


@dataclass(slots=True)
class ScreenTurn:
    """The screen as all payments share it."""

    paused_at: Moment | None = None
    paused_ms: int = 0

    def pause(self, for_ms: int, now: Moment) -> Moment:
        """Nothing is typed, looked up or rehearsed for so long; the moment when it ends.

        Raises OperatorError `pause_too_long`: less than a minute, or more than PAUSE_MS_MAX.
        """
        if not MINUTE <= for_ms <= PAUSE_MS_MAX:
            raise OperatorError("pause_too_long", hours=PAUSE_MS_MAX // HOUR)
        self.paused_at, self.paused_ms = now, for_ms
        return now.plus_ms(for_ms)

    def end_pause(self) -> None:
        self.paused_at = None

    def pause_left_ms(self, now: Moment) -> int:
        """0 when there is no pause, or when it is over."""
        at = self.paused_at
        return max(0, self.paused_ms - surely_passed_ms(at, now)) if at is not None else 0
