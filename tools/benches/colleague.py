"""A colleague at the desk, for benches: sees what stands over the practice software and presses its buttons.

Looks through accessibility like anybody; knows nothing of what the agent wants or has done.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from tillbridge.screen.backend import Backend, Burst, Gone, NotAnswering, Press, Program, Window
from tillbridge.screen.backends.atspi.driver import connect
from tillbridge.stand_ins.profile import Profile, load
from tillbridge.testing.front_desks import FrontDesk

PRESSED_S = 10.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A message on the screen. `buttons`: their captions."""

    handle: str
    text: str
    buttons: tuple[str, ...]


@dataclass(slots=True)
class Colleague:
    """Sits at one display. Belongs to one thread."""

    backend: Backend
    desk: FrontDesk
    profile: Profile
    numbers: count[int] = field(default_factory=lambda: count(time.time_ns()))

    def message(self) -> Seen | None:
        """The topmost message, if one stands there."""
        try:
            for program in self.backend.programs():
                for window in self.backend.windows(program):
                    if window.enabled and window.shown and self._is_message(window):
                        return self._read(window)
        except (Gone, NotAnswering):
            return None
        return None

    def payment_window(self) -> bool:
        """Is a payment window open?"""
        return any(self._begins(window.title, self.desk.payment_title) for window in self._windows())

    def close_payment(self) -> None:
        """Press Cancel in a payment window that is open."""
        caption = self.profile.controls["cancel"].caption
        for window in self._windows():
            if self._begins(window.title, self.desk.payment_title):
                self._press(Seen(window.handle, "", ()), caption)

    def windows(self) -> int:
        return len(self._windows())

    def press(self, seen: Seen, caption: str) -> bool:
        """Press a button of a message; True as soon as the message is gone."""
        ends = time.monotonic() + PRESSED_S
        while time.monotonic() < ends:
            now = self.message()
            if now is None or now.handle != seen.handle:
                return True
            self._press(now, caption)
            self.backend.wait_change(0.3)
        return False

    def way_out(self, seen: Seen) -> str:
        """The button that a careful person presses: what Esc stands for, by the software's own description."""
        for message in self.profile.messages.values():
            if tuple(message.buttons) == seen.buttons and _alike(message.text, seen.text):
                return message.escape
        return seen.buttons[-1]

    def close(self) -> None:
        self.backend.close()

    def _windows(self) -> list[Window]:
        try:
            return [
                window
                for program in self.backend.programs()
                for window in self.backend.windows(program)
                if window.shown
            ]
        except (Gone, NotAnswering):
            return []

    def _is_message(self, window: Window) -> bool:
        return window.kind == "dialog" and not self._begins(window.title, self.desk.payment_title)

    def _begins(self, shown: str, title: str) -> bool:
        """Titles that end in a dash go on with the client; the others stand alone."""
        return shown.startswith(title) if title.endswith(" ") else shown == title

    def _read(self, window: Window) -> Seen:
        said = self.backend.dialog(window.handle)
        return Seen(window.handle, " ".join(said.texts), tuple(button.name for button in said.buttons))

    def _press(self, seen: Seen, caption: str) -> None:
        """A window that goes under the finger was pressed by nobody."""
        try:
            for program in self.backend.programs():
                self._press_in(program, seen, caption)
        except (Gone, NotAnswering):
            return

    def _press_in(self, program: Program, seen: Seen, caption: str) -> None:
        for window in self.backend.windows(program):
            if window.handle != seen.handle:
                continue
            for button in self.backend.dialog(window.handle).buttons:
                if button.name == caption:
                    self.backend.burst(Burst(next(self.numbers), (), commit=Press(button.node, opens=True)))


def _alike(template: str, text: str) -> bool:
    """Does a text begin like a template, up to its first hole?"""
    return text.startswith(template.partition("{")[0])


def sit_down(env: Mapping[str, str], desk: FrontDesk) -> Colleague:
    """A person at the display of `env`, who knows the version that stands there."""
    return Colleague(connect(env), desk, load(desk.profile))
