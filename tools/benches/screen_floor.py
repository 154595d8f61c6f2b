"""What reading and posting cost at least: the same jobs in the bare bus library, with no proof and no patience.

Run as a process on a desktop with the stand-in open: `python -m tools.benches.screen_floor read|walk|post`. Prints
one JSON object. Imports nothing of the product. It finds controls by their ids alone, believes every reply, and
knows what the screen looks like; each wait counts as one look, however many it took.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any

from jeepney import DBusAddress, HeaderFields, MessageType, Parser, new_method_call
from jeepney.bus import get_connectable_addresses
from jeepney.io.blocking import prep_socket
from Xlib import XK, X
from Xlib.display import Display
from Xlib.protocol import event

Ref = tuple[str, str]
A, T = "org.a11y.atspi.Accessible", "org.a11y.atspi.Table"
PROPERTIES = "org.freedesktop.DBus.Properties"
ROOT = "/org/a11y/atspi/accessible/root"
LABEL, EDIT, BUTTON, CHECK, COMBO, TABLE, CELL, ITEM, TAB = 29, 61, 43, 7, 11, 55, 56, 32, 37
FOCUSED, CHECKED, SHOWING, SELECTED = 12, 4, 25, 23
MARKER, METHOD, EMPLOYEE = "F4242-FL00", "Tillbridge", "Dana Brooks"


class Bare:
    """A connection that sends many calls and then reads their replies."""

    def __init__(self, address: str) -> None:
        self.sock = prep_socket(next(iter(get_connectable_addresses(address))))
        self.parser, self.serials, self.calls, self.waited_s = Parser(), count(1), 0, 0.0
        self.ask(("org.freedesktop.DBus", "/org/freedesktop/DBus"), "org.freedesktop.DBus", "Hello")
        self.calls = 0

    def many(self, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        waiting: dict[int, int] = {}
        for at, (ref, interface, member, signature, *body) in enumerate(calls):
            serial = next(self.serials)
            address = DBusAddress(ref[1], bus_name=ref[0], interface=interface)
            message = new_method_call(address, member, signature, tuple(body))
            self.sock.sendall(message.serialise(serial=serial))
            waiting[serial] = at
        self.calls += len(calls)
        replies: list[Any] = [None] * len(calls)
        while waiting:
            while (message := self.parser.get_next_message()) is None:
                self.parser.add_data(self.sock.recv(1 << 18))
            serial = message.header.fields.get(HeaderFields.reply_serial, -1)
            if serial in waiting:
                if message.header.message_type is MessageType.error:
                    raise RuntimeError(message.body)
                replies[waiting.pop(serial)] = message.body[0] if len(message.body) == 1 else message.body
        return replies

    def ask(self, ref: Ref, interface: str, member: str, signature: str = "", *body: object) -> Any:
        return self.many([(ref, interface, member, signature, *body)])[0]

    def names(self, refs: Sequence[Ref]) -> list[str]:
        return [reply[1] for reply in self.many([(r, PROPERTIES, "Get", "ss", A, "Name") for r in refs])]

    def ids(self, refs: Sequence[Ref]) -> dict[str, Ref]:
        calls = [(ref, PROPERTIES, "Get", "ss", A, "AccessibleId") for ref in refs]
        return {reply[1].rpartition(".")[2]: ref for ref, reply in zip(refs, self.many(calls))}

    def children(self, ref: Ref) -> list[Ref]:
        return list(self.ask(ref, A, "GetChildren"))

    def states(self, refs: Sequence[Ref]) -> list[int]:
        return [low | high << 32 for low, high in self.many([(ref, A, "GetState", "") for ref in refs])]

    def find(self, scope: Ref, roles: Sequence[int], states: Sequence[int] = ()) -> list[Ref]:
        bits = sum(1 << role for role in roles)
        words = [bits >> 32 * at & 0xFFFFFFFF for at in range(4)]
        signed = [word - (1 << 32) if word >= 1 << 31 else word for word in words]
        rule: tuple[object, ...] = (
            [sum(1 << state for state in states), 0],
            1,
            {},
            1,
            signed,
            2,
            [],
            1,
            False,
        )
        collection = "org.a11y.atspi.Collection"
        return list(self.ask(scope, collection, "GetMatches", "(aiia{ss}iaiiasib)uib", rule, 1, 0, True))

    def press(self, ref: Ref) -> None:
        self.ask(ref, "org.a11y.atspi.Action", "DoAction", "i", 0)

    def until(self, look: Callable[[], Any]) -> Any:
        """Look every 10 ms; only the look that succeeds is counted, and the waiting is not timed."""
        started, before = time.monotonic(), self.calls
        while True:
            looked = time.monotonic()
            self.calls = before
            try:
                seen = look()
            except RuntimeError:  # a window that closes while one looks at it: look again
                seen = None
            if seen:
                self.waited_s += looked - started
                return seen
            time.sleep(0.01)


class Keys:
    """Key messages to one window, as the product sends them: there is no other way to set these lists."""

    def __init__(self) -> None:
        self.display = Display()
        self.root = self.display.screen().root

    def window(self, title: str) -> Any:
        """The X window of that title, below whatever a window manager puts around it."""
        level = [self.root]
        while level:
            level = [child for window in level for child in window.query_tree().children]
            for window in level:
                if window.get_wm_name() == title:
                    return window
        raise RuntimeError(title)

    def focus(self, window: Any) -> None:
        message = event.FocusIn(window=window, detail=X.NotifyNonlinear, mode=X.NotifyNormal)
        window.send_event(message, event_mask=X.FocusChangeMask)
        self.display.sync()

    def send(self, window: Any, *names: str) -> None:
        for name in names:
            code = self.display.keysym_to_keycode(XK.string_to_keysym(name))
            for kind, mask in ((event.KeyPress, X.KeyPressMask), (event.KeyRelease, X.KeyReleaseMask)):
                message = kind(
                    time=0, root=self.root, window=window, same_screen=1, child=0, root_x=0, root_y=0,
                    event_x=0, event_y=0, state=0, detail=code,
                )  # fmt: skip
                window.send_event(message, event_mask=mask)
        self.display.sync()


def connect() -> Bare:
    session = Bare(os.environ["DBUS_SESSION_BUS_ADDRESS"])
    return Bare(session.ask(("org.a11y.Bus", "/org/a11y/bus"), "org.a11y.Bus", "GetAddress"))


def program(bus: Bare) -> Ref:
    roots = bus.children(("org.a11y.atspi.Registry", ROOT))
    return roots[bus.names(roots).index("ImproMed")]


def window(bus: Bare, root: Ref, start: str) -> Ref | None:
    windows = bus.children(root)
    return next((ref for ref, name in zip(windows, bus.names(windows)) if name.startswith(start)), None)


def captions(bus: Bare, table: Ref) -> list[str]:
    width = bus.ask(table, PROPERTIES, "Get", "ss", T, "NColumns")[1]
    return bus.many([(table, T, "GetColumnDescription", "i", at) for at in range(width)])


def read(bus: Bare) -> dict[str, str]:
    """The open invoice: four facts and the selected row by its captions."""
    main = window(bus, program(bus), "ImproMed - ")
    assert main is not None
    ids = bus.ids(bus.find(main, [LABEL, TABLE]))
    facts = dict(zip(FACTS, bus.names([ids[name] for name in FACTS])))
    grid = ids["grdInvoices"]
    heads = captions(bus, grid)
    row = bus.ask(grid, T, "GetSelectedRows")[0]
    cells = bus.many([(grid, T, "GetAccessibleAt", "ii", row, at) for at in range(len(heads))])
    return facts | dict(zip(heads, bus.names(cells)))


FACTS = ("lblAccount", "lblClient", "lblBalance", "lblAlert")


def walk(bus: Bare) -> dict[str, str]:
    """The same facts by walking the whole tree, node after node, as a simple driver does."""
    found: dict[str, str] = {}
    nodes = 0
    waiting = [program(bus)]
    while waiting:
        ref = waiting.pop()
        nodes += 1
        (name,) = bus.names([ref])
        (path,) = bus.ids([ref])
        bus.ask(ref, A, "GetRole")
        bus.states([ref])
        found[path] = name
        waiting += [child for child in bus.children(ref) if child[1] != "/org/a11y/atspi/null"]
    return {name: found[name] for name in FACTS} | {"nodes": str(nodes)}


def post(bus: Bare) -> dict[str, str]:
    """One payment, step by step as the pack has it: note what is in front, look, select, open, fill, look, OK, answer
    the print prompt, and see that what was in front is there again."""
    root, keys = program(bus), Keys()
    main = window(bus, root, "ImproMed - ")
    assert main is not None
    title = bus.names([main])[0]
    ids = bus.ids(bus.find(main, [LABEL, TABLE, BUTTON, EDIT]))
    tabs = bus.find(main, [TAB])
    bus.names([ids["lblAccount"]])
    grid = ids["grdInvoices"]
    heads = captions(bus, grid)
    before = _in_front(bus, main, ids, heads)
    _row(bus, grid, heads)
    bus.press(dict(zip(bus.names(tabs), tabs))["Invoices"])
    row, cells = _row(bus, grid, heads)
    _select(bus, keys, keys.window(title), grid, row)
    bus.press(ids["btnPay"])
    pay = bus.until(lambda: window(bus, root, "Process Payment - "))
    fields = bus.ids(bus.find(pay, [LABEL, TABLE, BUTTON, EDIT, COMBO, CHECK]))
    x = keys.window(title.replace("ImproMed", "Process Payment", 1))
    keys.focus(x)
    _amount(bus, fields, "0.00")
    bus.until(lambda: _apply(bus, fields["lstApply"], cells["Invoice"]))
    _choose(bus, keys, x, fields["lstApply"], fields["cboMethod"], METHOD)
    bus.states([fields["txtReference"]])
    bus.ask(fields["txtReference"], "org.a11y.atspi.EditableText", "SetTextContents", "s", MARKER)
    bus.names([fields["cboCardType"], *bus.find(fields["cboCardType"], [ITEM])])
    _choose(bus, keys, x, fields["txtReference"], fields["cboEmployee"], EMPLOYEE)
    if bus.states([fields["chkConclude"]])[0] >> CHECKED & 1:
        bus.press(fields["chkConclude"])
    for _ in range(2):  # the list must have come to rest
        _apply(bus, fields["lstApply"], cells["Invoice"])
    bus.ask(fields["txtReference"], "org.a11y.atspi.EditableText", "SetTextContents", "s", MARKER)
    _amount(bus, fields, cells["Balance"])
    seen = _look(bus, fields)
    bus.press(fields["btnOK"])
    box = bus.until(lambda: _box(bus, root))
    buttons = bus.find(box, [BUTTON])
    bus.names(bus.find(box, [LABEL]))
    bus.press(dict(zip(bus.names(buttons), buttons))["No"])
    bus.until(lambda: window(bus, root, "Process Payment - ") is None)
    after = _in_front(bus, main, ids, heads)
    assert (after["find"], after["tab"]) == (before["find"], before["tab"])
    return seen


def _in_front(bus: Bare, main: Ref, ids: dict[str, Ref], heads: Sequence[str]) -> dict[str, str]:
    """What a person has in front beside the client: search text, tab, the selected rows, the focus."""
    text = bus.ask(ids["txtFind"], "org.a11y.atspi.Text", "GetText", "ii", 0, -1)
    (tab,) = bus.names(bus.find(main, [TAB], [SELECTED])[:1])
    bus.ask(ids["grdClients"], T, "GetSelectedRows")
    row = bus.ask(ids["grdInvoices"], T, "GetSelectedRows")[0]
    cells = bus.find(ids["grdInvoices"], [CELL])[row * len(heads) : (row + 1) * len(heads)]
    bus.find(main, [LABEL, TABLE, BUTTON, EDIT], [FOCUSED])
    return {"find": text, "tab": tab} | dict(zip(heads, bus.names(cells)))


def _box(bus: Bare, root: Ref) -> Ref | None:
    windows = bus.children(root)
    return next((ref for ref, name in zip(windows, bus.names(windows)) if name == "ImproMed"), None)


def _row(bus: Bare, grid: Ref, heads: Sequence[str]) -> tuple[int, dict[str, str]]:
    """The selected invoice, found again by its number, and its cells."""
    cells = bus.find(grid, [CELL])
    row = bus.ask(grid, T, "GetSelectedRows")[0]
    width, key = len(heads), heads.index("Invoice")
    numbers = bus.names(cells[key::width])
    assert numbers.count(numbers[row]) == 1
    others = [at for at in range(width) if at != key]
    texts = bus.names([cells[row * width + at] for at in others])
    return row, {heads[key]: numbers[row]} | {heads[at]: text for at, text in zip(others, texts)}


def _select(bus: Bare, keys: Keys, x: Any, grid: Ref, row: int) -> None:
    """Make the selected row the current one, too, by arrow keys, and see that it is."""
    keys.focus(x)
    bus.ask(grid, "org.a11y.atspi.Component", "GrabFocus")
    keys.send(x, *(("Up", "Down") if row else ("Down", "Up")))

    def arrived() -> bool:
        cell = bus.find(grid, [CELL], [FOCUSED])[0]
        return bool(
            bus.ask(cell, PROPERTIES, "Get", "ss", "org.a11y.atspi.TableCell", "Position")[1][0] == row
        )

    bus.until(arrived)


def _apply(bus: Bare, table: Ref, number: str) -> bool:
    """Read the rows, and see whether the invoice alone is ticked, as the software does by itself, a little later."""
    heads = captions(bus, table)
    cells = bus.find(table, [CELL])
    ticked = bus.find(table, [CELL], [CHECKED])
    rows = [cells[at : at + len(heads)] for at in range(0, len(cells), len(heads))]
    numbers = bus.names([row[heads.index("Invoice")] for row in rows])
    bus.names([row[heads.index("Balance")] for row in rows])
    return number in numbers and ticked == [rows[numbers.index(number)][0]]


def _choose(bus: Bare, keys: Keys, x: Any, before: Ref, combo: Ref, wanted: str) -> None:
    """Tab to a list from its neighbour, then step to the entry, reading each one back."""
    entries = bus.names(bus.find(combo, [ITEM]))
    bus.ask(before, "org.a11y.atspi.Component", "GrabFocus")
    keys.send(x, "Tab")
    bus.until(lambda: bus.states([combo])[0] >> FOCUSED & 1)
    while (shown := bus.names([combo])[0]) != wanted:
        keys.send(x, "Down" if entries.index(shown) < entries.index(wanted) else "Up")
        bus.until(partial(_differs, bus, combo, shown))


def _differs(bus: Bare, combo: Ref, shown: str) -> bool:
    return bus.names([combo])[0] != shown


def _amount(bus: Bare, fields: dict[str, Ref], text: str) -> None:
    """Go in, set, and go out, or the software keeps the amount that it had."""
    component = "org.a11y.atspi.Component"
    bus.many(
        [
            (fields["txtAmount"], component, "GrabFocus", ""),
            (fields["txtAmount"], "org.a11y.atspi.EditableText", "SetTextContents", "s", text),
            (fields["txtClient"], component, "GrabFocus", ""),
        ]
    )


def _look(bus: Bare, fields: dict[str, Ref]) -> dict[str, str]:
    """What the form says before OK."""
    texts = bus.many(
        [
            (fields[name], "org.a11y.atspi.Text", "GetText", "ii", 0, -1)
            for name in ("txtReference", "txtAmount")
        ]
    )
    named = ("cboMethod", "cboCardType", "cboEmployee", "lblTendered", "lblChange")
    seen = dict(zip(named, bus.names([fields[name] for name in named])))
    bus.find(fields["lstApply"], [CELL], [CHECKED])
    conclude = bus.states([fields["chkConclude"]])[0] >> CHECKED & 1
    return seen | {"reference": texts[0], "amount": texts[1], "conclude": str(conclude)}


def main() -> None:
    bus = connect()
    started = time.monotonic()
    told = {"read": read, "walk": walk, "post": post}[sys.argv[1]](bus)
    took_ms = 1000 * (time.monotonic() - started - bus.waited_s)
    print(json.dumps({"calls": bus.calls, "ms": round(took_ms, 1), "told": told}))


if __name__ == "__main__":
    main()
