"""The accessibility bus, bare: just enough to act like the clerk in front of GnuCash.

For the launcher, tests and benches. It stands for a person, so it shares no code with the product's screen
library, and it must not be used by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

_SPI = "org.a11y.atspi."
_REGISTRY = "org.a11y.atspi.Registry"
_ROOT = "/org/a11y/atspi/accessible/root"
SENSITIVE, SHOWING = 24, 25
_T = TypeVar("_T")


class AccessError(RuntimeError):
    """The bus or the program refused a call, or something did not appear in time."""


class Thing(NamedTuple):
    """One object on the accessibility bus."""

    owner: str
    path: str


class Access:
    """A connection to the accessibility bus of one session. Use as a context manager."""

    def __init__(self, env: Mapping[str, str], call_limit_s: float = 20.0) -> None:
        self._limit = call_limit_s
        with open_dbus_connection(env["DBUS_SESSION_BUS_ADDRESS"]) as session:
            asked = new_method_call(
                DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus"), "GetAddress"
            )
            address = session.send_and_get_reply(asked, timeout=call_limit_s).body[0]
        self._bus: DBusConnection = open_dbus_connection(address)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bus.close()

    def call(self, thing: Thing, interface: str, member: str, signature: str = "", *body: Any) -> Any:
        """One method call; raises AccessError with what the other side said."""
        address = DBusAddress(thing.path, thing.owner, interface)
        message = new_method_call(address, member, signature or None, body)
        try:
            reply = self._bus.send_and_get_reply(message, timeout=self._limit)
        except (TimeoutError, OSError) as error:
            raise AccessError(f"{member}: {error!r}") from error
        if reply.header.message_type == MessageType.error:
            raise AccessError(f"{member}: {reply.body}")
        return reply.body[0] if reply.body else None

    def _property(self, thing: Thing, interface: str, name: str) -> Any:
        return self.call(thing, "org.freedesktop.DBus.Properties", "Get", "ss", _SPI + interface, name)[1]

    def children(self, thing: Thing) -> list[Thing]:
        return [Thing(*pair) for pair in self.call(thing, _SPI + "Accessible", "GetChildren")]

    def name(self, thing: Thing) -> str:
        return str(self._property(thing, "Accessible", "Name"))

    def role(self, thing: Thing) -> str:
        return str(self.call(thing, _SPI + "Accessible", "GetRoleName"))

    def has(self, thing: Thing, state: int) -> bool:
        """True if the object has that state, by its number."""
        low, high = self.call(thing, _SPI + "Accessible", "GetState")
        return bool((low | high << 32) >> state & 1)

    def text(self, thing: Thing) -> str:
        return str(self.call(thing, _SPI + "Text", "GetText", "ii", 0, -1))

    def act(self, thing: Thing) -> None:
        """The first action of an object: Click."""
        self.call(thing, _SPI + "Action", "DoAction", "i", 0)

    def set_text(self, thing: Thing, text: str) -> None:
        if not self.call(thing, _SPI + "EditableText", "SetTextContents", "s", text):
            raise AccessError("the field took no text")

    def select(self, thing: Thing, index: int) -> None:
        self.call(thing, _SPI + "Selection", "SelectChild", "i", index)

    def program(self, process_id: int) -> Thing | None:
        """The program on the bus that belongs to a process, or None while it is not there."""
        bus = Thing("org.freedesktop.DBus", "/org/freedesktop/DBus")
        for thing in self.children(Thing(_REGISTRY, _ROOT)):
            try:
                owner = self.call(bus, "org.freedesktop.DBus", "GetConnectionUnixProcessID", "s", thing.owner)
            except AccessError:  # it left the bus between the two calls
                continue
            if owner == process_id:
                return thing
        return None

    def windows(self, program: Thing) -> dict[str, Thing]:
        """Windows and dialogs by title."""
        return {self.name(window): window for window in self.children(program)}

    def walk(self, thing: Thing) -> Iterator[Thing]:
        yield thing
        for child in self.children(thing):
            yield from self.walk(child)

    def find(self, inside: Thing, role: str, name: str | None = None) -> Thing:
        """The first shown object of a role (and name). Raises AccessError if there is none."""
        for thing in self.walk(inside):
            if self.role(thing) == role and name in (None, self.name(thing)) and self.has(thing, SHOWING):
                return thing
        raise AccessError(f"no {role} {name or ''} is shown")

    def menu(self, window: Thing, *path: str) -> Thing:
        """A menu item by the words on the way to it; menus need not be open."""
        at = self.find(window, "menu bar")
        for word in path:
            below = [child for child in self.children(at) if self.name(child) == word]
            if not below:
                raise AccessError(f"the menu has no {word}")
            at = below[0]
        return at

    def column(self, table: Thing, column: int) -> list[str]:
        """The texts of one column of a table."""
        rows = int(self._property(table, "Table", "NRows"))
        cells = [
            self.call(table, _SPI + "Table", "GetAccessibleAt", "ii", row, column) for row in range(rows)
        ]
        return [self.name(Thing(*cell)) for cell in cells]


def wait_for(what: str, look: Callable[[], _T | None], limit_s: float = 30.0) -> _T:
    """Look until there is something. Raises AccessError after `limit_s` seconds."""
    deadline = time.monotonic() + limit_s
    while True:
        cause = ""
        try:
            seen = look()
            if seen:
                return seen
        except AccessError as error:
            cause = f": {error}"
        if time.monotonic() > deadline:
            raise AccessError(f"{what} did not come within {limit_s:.0f} s{cause}")
        time.sleep(0.02)
