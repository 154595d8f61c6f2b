"""A robot as they are usually built: it clicks where things were when it was made, types, and waits fixed times.

For comparison only, on the very same window. It is shown the places once on an undisturbed screen (`learn`), and is
right there. It reads nothing back and always claims success.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tillbridge.screen import backend as b
from tillbridge.screen.backends.atspi.bus import Bus, Call, find_address
from tillbridge.screen.backends.atspi.tops import COMPONENT, ref_of

_SCREEN_COORDS = 0
_OPENS_S, _SAVES_S, _SETTLES_S = 1.0, 1.0, 0.15
Place = tuple[int, int]


@dataclass(slots=True)
class Robot:
    """`places`: where to click, by name, in pixels of the screen."""

    env: Mapping[str, str]
    places: dict[str, Place] = field(default_factory=dict)

    def learn(self, backend: b.Backend, window: b.Handle, names: Mapping[str, b.Target]) -> None:
        """Note the middle of each control on the screen."""
        bus = Bus(find_address(self.env["DBUS_SESSION_BUS_ADDRESS"]))
        for name, target in names.items():
            (found,) = backend.resolve(window, [target])
            if not isinstance(found, b.Found):
                raise RuntimeError(f"the robot cannot be shown {name}: {found}")
            call = Call(ref_of(found.node), COMPONENT, "GetExtents", "u", (_SCREEN_COORDS,))
            left, top, width, height = bus.ask_one(call)
            self.places[name] = (left + width // 2, top + height // 2)
        bus.close()

    def open(self) -> None:
        self._do([*self._click("pay"), *_wait(_OPENS_S)])

    def post(self, method: str, amount: str, reference: str) -> None:
        """The whole payment. Nothing is looked at; it never says that it failed."""
        self.open()
        self._do(
            [*self._click("method"), *_wait(_SETTLES_S), *_type(method), "key", "Return", *_wait(_SETTLES_S)]
        )
        self._do([*self._click("amount"), "key", "ctrl+a", *_type(amount), "key", "Tab", *_wait(_SETTLES_S)])
        self._do([*self._click("reference"), "key", "ctrl+a", *_type(reference), *_wait(_SETTLES_S)])
        self._do([*self._click("ok"), *_wait(_SAVES_S), "key", "n", *_wait(_SAVES_S)])

    def _click(self, name: str) -> list[str]:
        left, top = self.places[name]
        return ["mousemove", str(left), str(top), "click", "1"]

    def _do(self, words: Sequence[str]) -> None:
        subprocess.run(["xdotool", *words], env=dict(self.env), timeout=60, capture_output=True, check=False)


def _wait(seconds: float) -> list[str]:
    return ["sleep", str(seconds)]


def _type(text: str) -> list[str]:
    """One key after the other, as fast as such robots type."""
    names = {".": "period", "-": "minus", " ": "space"}
    return [word for letter in text for word in ("key", "--delay", "10", names.get(letter, letter))]
