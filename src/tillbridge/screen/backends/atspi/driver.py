"""The AT-SPI backend: real desktop programs on Linux (Qt 6, GTK 3), in pure Python on the accessibility bus.

Joins the parts of this folder to one `Backend`. No pointer, no real keyboard, no position, no walk of a tree.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

from tillbridge.screen import backend as b
from tillbridge.screen.backends.atspi import words as w
from tillbridge.screen.backends.atspi.acts import Hands, Home
from tillbridge.screen.backends.atspi.bursts import Bursts
from tillbridge.screen.backends.atspi.bus import Bus, Call, Ref, find_address
from tillbridge.screen.backends.atspi.find import Finder
from tillbridge.screen.backends.atspi.focus import Focus
from tillbridge.screen.backends.atspi.kept_focus import KeptFocus
from tillbridge.screen.backends.atspi.reading import Reader
from tillbridge.screen.backends.atspi.table import Tables
from tillbridge.screen.backends.atspi.tops import Tops, node, ref_of
from tillbridge.screen.backends.atspi.x11 import Screen

_KEPT = 5000
"""Controls that are kept before those of closed windows are forgotten."""
_EVENTS = (
    "object:state-changed",
    "object:children-changed",
    "object:property-change",
    "object:text-caret-moved",
)
_MORE_EVENTS = ("object:selection-changed", "object:visible-data-changed", "object:model-changed", "window:")
_CHANGES = ("StateChanged", "ChildrenChanged", "PropertyChange", "TextCaretMoved", "SelectionChanged")
_MORE_CHANGES = ("VisibleDataChanged", "ModelChanged")
"""Never TextChanged: it brings what was typed or pasted, and that may be a card number in the wrong box (rule 14). That
the caret moved says as well that a text changed."""
_OBJECT, _WINDOW = "org.a11y.atspi.Event.Object", "org.a11y.atspi.Event.Window"


def connect(env: Mapping[str, str] | None = None, limit_s: float = 3.0) -> AtspiBackend:
    """Connect to the desktop that `env` names (default: this process's own). Raises Gone with what is missing."""
    env = os.environ if env is None else env
    session = env.get("DBUS_SESSION_BUS_ADDRESS", "")
    if not session:
        raise b.Gone("the session bus: DBUS_SESSION_BUS_ADDRESS is not set")
    bus = Bus(find_address(session), limit_s)
    where = (env.get("DISPLAY", ""), env.get("XAUTHORITY", ""))
    screen = Screen(*where) if where[0] else None
    return AtspiBackend(bus, screen, KeptFocus(screen, *where) if screen else None)


class AtspiBackend:
    """See `tillbridge.screen.backend.Backend`. One thread owns it."""

    def __init__(self, bus: Bus, screen: Screen | None, keys: KeptFocus | None = None) -> None:
        ways: frozenset[b.Way] = frozenset({"text", "pick", "keys"} if screen else {"text", "pick"})
        self.facts = b.BackendFacts("atspi", frozenset({"id", "name", "label", "only"}), ways)
        self._bus = bus
        self._screen = screen
        self._keys = keys
        self._tops = Tops(bus, screen)
        self._finder = Finder(bus)
        self._reader = Reader(bus, self._finder.roles)
        self._tables = Tables(bus)
        self._homes: dict[Ref, Home] = {}
        self._focus = Focus(bus, self._tops, screen)
        hands = Hands(bus, self._reader, self._tables, self._focus)
        self._bursts = Bursts(bus, self._tops, self._reader, self._tables, hands, self._homes)
        self._listening = False
        self.waited_s = 0.0
        """Seconds spent in `wait_change` so far, for the benchmark."""

    @property
    def calls(self) -> int:
        """Calls sent on the bus so far; a benchmark counts them."""
        return self._bus.calls

    # ---- looking ---------------------------------------------------------------------------------

    def programs(self) -> Sequence[b.Program]:
        return self._tops.programs()

    def windows(self, program: b.Program) -> Sequence[b.Window]:
        if self._keys is not None:
            self._keys.mend()
        windows = self._tops.windows(program)
        if len(self._homes) > _KEPT:
            there = {ref_of(window.handle) for window in windows}
            for ref in [
                ref
                for ref, home in self._homes.items()
                if ref.bus == program.key and home.window not in there
            ]:
                del self._homes[ref]
        return windows

    def ping(self, program: b.Program, timeout_s: float) -> float | None:
        return self._tops.ping(program, timeout_s)

    def resolve(self, window: b.Handle, targets: Sequence[b.Target]) -> Sequence[b.Resolution]:
        ref = ref_of(window)
        home = Home(ref, self._tops.toolkit(ref.bus))
        verdicts = self._finder.resolve(ref, home.toolkit, targets)
        for verdict in verdicts:
            if isinstance(verdict, b.Found):
                self._homes[ref_of(verdict.node)] = home
        return verdicts

    def read(self, nodes: Sequence[b.Node]) -> Sequence[b.Reading]:
        return self._reader.read([ref_of(node) for node in nodes])

    def rows(self, node: b.Node, captions: Sequence[str], where: tuple[str, str] | None = None) -> b.Rows:
        return self._tables.rows(ref_of(node), captions, where)

    def choices(self, node: b.Node) -> Sequence[str]:
        return self._reader.choices(ref_of(node))

    def focused(self, window: b.Handle) -> b.Node | None:
        ref = ref_of(window)
        held = self._focus.holder(ref)
        if held is None:
            return None
        self._homes.setdefault(held, Home(ref, self._tops.toolkit(ref.bus)))
        return node(held)

    def dialog(self, window: b.Handle) -> b.DialogText:
        ref = ref_of(window)
        text = self._reader.dialog(ref)
        home = Home(ref, self._tops.toolkit(ref.bus))
        self._homes |= {ref_of(button.node): home for button in text.buttons}
        return text

    def burst(self, burst: b.Burst) -> b.BurstReport:
        """Where a window may open, the keys that a person types elsewhere meanwhile go on to where they typed them."""
        opening = burst.commit or next(
            (act for act in burst.acts if isinstance(act, b.Press) and act.opens), None
        )
        if opening is None or self._keys is None:
            return self._bursts.run(burst)
        with self._keys.kept(self._tops.pid(ref_of(opening.node).bus)):
            return self._bursts.run(burst)

    def wait_change(self, timeout_s: float) -> bool:
        """The first call only begins to listen, and says that something changed: look again."""
        if not self._listening:
            self._listen()
            return True
        started = time.monotonic()
        changed = self._bus.wait_signal(timeout_s)
        self.waited_s += time.monotonic() - started
        self._bus.drain()
        self._bus.signals = 0
        return changed

    def close(self) -> None:
        self._bus.close()
        if self._screen is not None:
            self._screen.close()

    def _listen(self) -> None:
        registry = Ref(w.REGISTRY, "/org/a11y/atspi/registry")
        calls = [
            Call(registry, w.REGISTRY, "RegisterEvent", "sass", (event, [], ""))
            for event in _EVENTS + _MORE_EVENTS
        ]
        rules = [
            f"type='signal',interface='{_OBJECT}',member='{member}'" for member in _CHANGES + _MORE_CHANGES
        ]
        rules.append(f"type='signal',interface='{_WINDOW}'")
        calls += [self._bus.driver("AddMatch", "s", rule) for rule in rules]
        self._bus.ask(calls)
        self._listening = True
