"""A small accessibility client of the tests' own: the judge of the skin shares no code with the product."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection
from Xlib import XK, X
from Xlib.protocol import event

from tests.stand_ins.running import until
from tillbridge.testing.desktop import Desktop

SPI = "org.a11y.atspi."
ACCESSIBLE = SPI + "Accessible"
CHECKED, ENABLED, SENSITIVE, SHOWING = 4, 8, 24, 25
Node = tuple[str, str]


class Gone(Exception):
    """The object, or what was asked of it, is not there (any more)."""


class Eyes:
    """Looks at the windows of one desktop."""

    def __init__(self, desktop: Desktop) -> None:
        session = open_dbus_connection(desktop.env["DBUS_SESSION_BUS_ADDRESS"])
        where = DBusAddress("/org/a11y/bus", bus_name="org.a11y.Bus", interface="org.a11y.Bus")
        address = session.send_and_get_reply(new_method_call(where, "GetAddress")).body[0]
        session.close()
        self._bus = open_dbus_connection(address)
        self._display = desktop.open_display()

    def close(self) -> None:
        self._bus.close()
        self._display.close()

    def _call(
        self, node: Node, interface: str, method: str, signature: str = "", body: tuple[Any, ...] = ()
    ) -> Any:
        where = DBusAddress(node[1], bus_name=node[0], interface=interface)
        message = new_method_call(where, method, signature or None, body)
        reply = self._bus.send_and_get_reply(message, timeout=20)
        if reply.header.message_type is MessageType.error:
            raise Gone(f"{method}: {reply.body}")
        return reply.body

    def _children(self, node: Node) -> list[Node]:
        return [tuple(child) for child in self._call(node, ACCESSIBLE, "GetChildren")[0]]

    def _property(self, node: Node, name: str) -> str:
        body = self._call(node, "org.freedesktop.DBus.Properties", "Get", "ss", (ACCESSIBLE, name))
        return str(body[0][1])

    # ---- finding ----

    def windows(self) -> list[Node]:
        root = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
        try:
            return [window for app in self._children(root) for window in self._children(app)]
        except Gone:
            return []

    def titles(self) -> list[str]:
        found = []
        for window in self.windows():
            try:
                found.append(self.name(window))
            except Gone:
                continue
        return found

    def all(self, node: Node) -> Iterator[Node]:
        yield node
        for child in self._children(node):
            yield from self.all(child)

    def window(self, title: str) -> Node:
        """The window with exactly this title, waited for."""

        def look() -> Node | None:
            for window in self.windows():
                try:
                    if self.name(window) == title:
                        return window
                except Gone:
                    continue
            return None

        return until(look, f"window {title!r}; there: {self.titles()}")

    def find(self, window: Node, key: str) -> Node:
        """The control with this object name in a window, waited for."""

        def look() -> Node | None:
            parts = ("cell", "panel", "column header", "row header", "page tab")
            try:
                for node in self.all(window):
                    if (
                        self._property(node, "AccessibleId").endswith("." + key)
                        and self.role(node) not in parts
                    ):
                        return node
            except Gone:
                return None
            return None

        return until(look, f"control {key}")

    def by_name(self, window: Node, role: str, name: str) -> Node:
        """The control of this role and name in a window, waited for."""

        def look() -> Node | None:
            found = [node for node in self.all(window) if self.role(node) == role and self.name(node) == name]
            return found[0] if found else None

        return until(look, f"{role} {name!r}")

    # ---- reading ----

    def name(self, node: Node) -> str:
        return self._property(node, "Name")

    def role(self, node: Node) -> str:
        return str(self._call(node, ACCESSIBLE, "GetRoleName")[0])

    def text(self, node: Node) -> str:
        return str(self._call(node, SPI + "Text", "GetText", "ii", (0, -1))[0])

    def has(self, node: Node, state: int) -> bool:
        low, high = self._call(node, ACCESSIBLE, "GetState")[0]
        return bool((low | high << 32) >> state & 1)

    def rows(self, table: Node) -> list[list[str]]:
        """Texts of all cells, row by row."""
        cells = [node for node in self._children(table) if self.role(node) == "cell"]
        heads = [node for node in self._children(table) if self.role(node) == "column header"]
        names = [self.name(cell) for cell in cells]
        return [names[at : at + len(heads)] for at in range(0, len(names), len(heads))]

    def cell(self, table: Node, row: int, column: int) -> Node:
        return tuple(self._call(table, SPI + "Table", "GetAccessibleAt", "ii", (row, column))[0])

    def labelled_by(self, node: Node) -> list[str]:
        relations = self._call(node, ACCESSIBLE, "GetRelationSet")[0]
        return [self.name(tuple(target)) for kind, targets in relations if kind == 2 for target in targets]

    # ---- acting ----

    def press(self, node: Node) -> None:
        self._call(node, SPI + "Action", "DoAction", "i", (0,))

    def write(self, node: Node, text: str) -> bool:
        return bool(self._call(node, SPI + "EditableText", "SetTextContents", "s", (text,))[0])

    def focus(self, node: Node) -> None:
        self._call(node, SPI + "Component", "GrabFocus")

    def select_row(self, table: Node, row: int) -> None:
        self._call(table, SPI + "Table", "AddRowSelection", "i", (row,))

    def keys(self, title: str, *names: str) -> None:
        """Key messages addressed to one window, which need not have the keyboard."""
        root = self._display.screen().root
        inside = [w for top in root.query_tree().children for w in (top, *top.query_tree().children)]
        target = next(w for w in inside if w.get_wm_name() == title)
        for name in names:
            code = self._display.keysym_to_keycode(XK.string_to_keysym(name))
            for kind in (event.KeyPress, event.KeyRelease):
                target.send_event(
                    kind(
                        time=X.CurrentTime, root=root, window=target, child=X.NONE, same_screen=1, detail=code,
                        root_x=0, root_y=0, event_x=0, event_y=0, state=0,
                    )
                )  # fmt: skip
            self._display.sync()
