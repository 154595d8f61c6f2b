"""Whose turn the screen is, and when it may be looked at again.

There is one screen for all payments that wait for the books. Search, typing and look of one payment belong together:
nobody else has the screen in between. What keeps everybody out (a person who types, a message, a program that is
closed) is found by one payment and waited for by all; then the one that has waited longest goes first, so that none
starves. A person who asks for a pause has the screen alone.

In memory only and owned by the journal's thread; `perform` reads the pause from the screen's thread. A restart
forgets it: the first look is due at once, and whoever wants a pause beyond that says it again (apps/agent).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tillbridge.domain.errors import OperatorError
from tillbridge.domain.moment import Moment, surely_passed_ms
from tillbridge.engine.policy import HOUR, MINUTE, SECOND
from tillbridge.ports.practice import Trouble

PAUSE_MS_MAX = 8 * HOUR
"""A pause that somebody forgets ends within the day."""

QUIET_MS = 5 * SECOND
"""A quiet moment: nobody touched mouse or keyboard for so long. Also the usual distance between two looks."""

KEEPS_ALL_OUT = frozenset({
    "user_typing", "software_busy", "not_answering", "software_closed", "software_minimised", "dialog_in_the_way",
    "window_open", "paused", "unknown_version", "several_instances", "desktop_gone", "no_display", "no_accessibility",
})  # fmt: skip
"""Troubles of the screen itself. Every other one belongs to one client or one invoice."""

MENDED_BY_THE_NEXT = frozenset({"balance_changed"})
"""What was learned makes the next try another one."""

NOTHING_TOUCHED = frozenset({"user_typing", "paused"})
"""Found out without touching the screen: asking again disturbs nobody, however long it lasts."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Why something waits: since when, when it was last found out, and how long to leave it."""

    code: str
    since: Moment
    last: Moment
    wait_ms: int

    def left_ms(self, now: Moment) -> int:
        return max(0, self.wait_ms - surely_passed_ms(self.last, now))


@dataclass(slots=True)
class ScreenTurn:
    """The screen as all payments share it. `kept`: by marker, why that posting waits."""

    paused_at: Moment | None = None
    paused_ms: int = 0
    holder: str = ""
    shut: Kept | None = None
    kept: dict[str, Kept] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    at_once: set[str] = field(default_factory=set)
    """Payments that a person wants in the books now."""

    # ---- a pause ----

    def pause(self, for_ms: int, now: Moment) -> Moment:
        """Nothing is typed, looked up or rehearsed for so long; the moment when it ends.

        Raises OperatorError `pause_too_long`: less than a minute, or more than PAUSE_MS_MAX.
        """
        if not MINUTE <= for_ms <= PAUSE_MS_MAX:
            raise OperatorError("pause_too_long", hours=PAUSE_MS_MAX // HOUR)
        self.paused_at, self.paused_ms = now, for_ms
        return now.plus_ms(for_ms)

    def end_pause(self, now: Moment) -> None:
        if self.paused_at is not None:
            self.paused_ms = min(self.paused_ms, surely_passed_ms(self.paused_at, now))
        self.shut = None
        self.kept = {marker: kept for marker, kept in self.kept.items() if kept.code != "paused"}

    def pause_left_ms(self, now: Moment) -> int:
        """0 when there is no pause, or when it is over."""
        at = self.paused_at
        return max(0, self.paused_ms - surely_passed_ms(at, now)) if at is not None else 0

    def paused_since(self, since: Moment) -> int:
        """How much of the time since then nobody looked because of a pause (the last one), in milliseconds."""
        at = self.paused_at
        counts = at is not None and at.boot == since.boot and at.mono_ms >= since.mono_ms
        return self.paused_ms if counts else 0

    # ---- turns ----

    def take(self, payment_id: str) -> None:
        """From now until `let_go` the screen is this payment's."""
        self.holder = payment_id
        self.at_once.discard(payment_id)
        self.turns[payment_id] = max(self.turns.values(), default=0) + 1

    def let_go(self) -> None:
        self.holder = ""

    def turn_of(self, payment_id: str) -> int:
        """Who had it longer ago has the lower number."""
        return self.turns.get(payment_id, 0)

    # ---- waiting ----

    def heard(self, marker: str, trouble: Trouble | None, now: Moment) -> None:
        """A look or a typing of this posting ended with this trouble, or without any."""
        if trouble is None:
            self.shut = None
            self.kept.pop(marker, None)
            return
        self.kept[marker] = _kept(self.kept.get(marker), trouble, now)
        self.shut = _kept(self.shut, trouble, now) if trouble.code in KEEPS_ALL_OUT else None

    def gap_ms(self, marker: str) -> int | None:
        """How long a posting that was kept out leaves the screen alone; None where nothing said that it ends by
        itself."""
        kept = self.kept.get(marker)
        return kept.wait_ms if kept is not None and kept.wait_ms else None

    def in_ms(self, payment_id: str, own_ms: int, now: Moment) -> int:
        """When a payment that may look in `own_ms` may look at a screen that is shared."""
        if payment_id in self.at_once:
            return self.pause_left_ms(now)
        shut = self.shut.left_ms(now) if self.shut is not None else 0
        return max(own_ms, self.pause_left_ms(now), shut)


def _kept(before: Kept | None, trouble: Trouble, now: Moment) -> Kept:
    since = before.since if before is not None and before.code == trouble.code else now
    ends_by_itself = trouble.retry_in_ms is not None or trouble.code in KEEPS_ALL_OUT | MENDED_BY_THE_NEXT
    wait_ms = _patience(trouble, surely_passed_ms(since, now)) if ends_by_itself else 0
    return Kept(trouble.code, since, now, wait_ms)


def _patience(trouble: Trouble, lasts_ms: int) -> int:
    """As soon as it may be over, and more rarely the longer it lasts: a look may show another client for a moment."""
    told = trouble.retry_in_ms or QUIET_MS
    if trouble.code in NOTHING_TOUCHED:
        return max(SECOND, told)
    if lasts_ms < 2 * MINUTE:
        return max(QUIET_MS, told)
    return max(15 * SECOND if lasts_ms < 15 * MINUTE else MINUTE, told)
