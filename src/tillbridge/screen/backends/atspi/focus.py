"""The keyboard focus inside one window of the program, without touching the person's own focus.

A program tells which control holds the focus only while it believes that its window is active; so it is told
so, and told the contrary afterwards. The real focus never moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from tillbridge.screen.backends.atspi import words as w
from tillbridge.screen.backends.atspi.bus import Bus, Call, Failed, Ref
from tillbridge.screen.backends.atspi.find import matching
from tillbridge.screen.backends.atspi.tops import COMPONENT, Tops, bits, refs, state_of
from tillbridge.screen.backends.atspi.x11 import Screen

_EFFECT_S = 2.0
_GLANCE_S = 0.5
"""How long a mere look at the focus may take."""
_STEPS = 6
_STOPS = frozenset().union(*(w.ROLES[role] for role in ("edit", "choice", "check", "button", "list")))
"""What Tab stops at, as far as it helps to reach a choice."""

_HOLDERS = _STOPS | w.TAB_LISTS
"""What can have the focus. Not the cells of a list: each list marks its current one, wherever the focus is."""


class Focus:
    """Lends, moves and reads the focus of one window at a time."""

    def __init__(self, bus: Bus, tops: Tops, screen: Screen | None) -> None:
        self._bus = bus
        self._tops = tops
        self._screen = screen
        self._lent: set[Ref] = set()

    @contextmanager
    def lent(self, window: Ref, within_s: float = _EFFECT_S) -> Iterator[bool]:
        """While inside, the program takes `window` for active. Gives False where that cannot be had in that time."""
        if window in self._lent:
            yield True
            return
        xid = self._tops.xid(window)
        if self._screen is None or xid is None:
            yield False
            return
        # Asked of the server, not of the program: it takes its window for active a while longer than it is told.
        borrowed = not self._screen.has_focus(xid)
        if borrowed:
            self._screen.lend_focus(xid)
        self._lent.add(window)
        try:
            yield self._bus.until(lambda: self._is_active(window), within_s)
        finally:
            self._lent.discard(window)
            if borrowed:
                self._screen.take_focus_back(xid)

    def holder(self, window: Ref) -> Ref | None:
        """The control that has the focus inside a window, whether or not that window has the desktop's."""
        with self.lent(window, _GLANCE_S) as known:
            if not known:  # another window of the same program has it
                return None
            held = refs(self._bus.ask_one(matching(window, _HOLDERS, [w.FOCUSED], 1)))
        return held[0] if held else None

    def key(self, window: Ref, name: str, shift: bool = False, control: bool = False) -> None:
        self._send(window, [name], shift, control)

    def keys(self, window: Ref, names: Sequence[str]) -> None:
        self._send(window, names, False, False)

    def reach(self, window: Ref, target: Ref) -> bool:
        """Bring the focus to a control that cannot be given it directly: Tab to it from a neighbour."""
        stops = refs(self._bus.ask_one(matching(window, _STOPS, [w.SHOWING, w.ENABLED])))
        if target not in stops:
            return False
        at = stops.index(target)
        before = [(ref, False) for ref in reversed(stops[:at])]
        after = [(ref, True) for ref in stops[at + 1 :]]
        starts = [pair for both in zip(before, after) for pair in both]
        starts += before[len(after) :] + after[len(before) :]
        return any(self._walk(window, start, target, back) for start, back in starts[:_STEPS])

    def leave(self, window: Ref, control: Ref) -> None:
        """Move the focus off a control, as Tab does."""
        self.key(window, "Tab")
        self._bus.until(partial(self._lost, control), _EFFECT_S)

    # ---- inside ----------------------------------------------------------------------------------

    def _walk(self, window: Ref, start: Ref, target: Ref, back: bool) -> bool:
        if self._bus.ask_one(Call(start, COMPONENT, "GrabFocus")) is not True:
            return False
        holder = start
        for _ in range(_STEPS):
            self.key(window, "Tab", shift=back)
            if not self._bus.until(partial(self._lost, holder), 0.3):
                return False
            held = refs(self._bus.ask_one(matching(window, _STOPS, [w.FOCUSED], 1)))
            if held[:1] == [target]:
                return True
            if not held:
                return False
            holder = held[0]
        return False

    def _has(self, ref: Ref, state: int) -> bool:
        reply = self._bus.ask_one(state_of(ref))
        return not isinstance(reply, Failed) and w.has(bits(reply), state)

    def _lost(self, control: Ref) -> bool:
        return not self._has(control, w.FOCUSED)

    def _is_active(self, window: Ref) -> bool:
        return self._has(window, w.ACTIVE)

    def _send(self, window: Ref, names: Sequence[str], shift: bool, control: bool) -> None:
        xid = self._tops.xid(window)
        if self._screen is not None and xid is not None and names:
            self._screen.send_keys(xid, names, shift, control)
