"""Programs and their top-level windows on the accessibility bus. Opens, presses and moves nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tillbridge.screen import backend as b
from tillbridge.screen.backends.atspi import words as w
from tillbridge.screen.backends.atspi.bus import Bus, Call, Failed, Ref, Reply
from tillbridge.screen.backends.atspi.x11 import Screen, XFacts, blocked

ACCESSIBLE = "org.a11y.atspi.Accessible"
APPLICATION = "org.a11y.atspi.Application"
COMPONENT = "org.a11y.atspi.Component"
PROPERTIES = "org.freedesktop.DBus.Properties"
_SCREEN_COORDS = 0
_UNSEEN = dict.fromkeys([0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


@dataclass(frozen=True, slots=True)
class Top:
    """A top-level window: what the bus says, joined with what the X server says."""

    ref: Ref
    title: str
    role: int
    states: int
    x: XFacts | None


def name_of(ref: Ref) -> Call:
    return Call(ref, PROPERTIES, "Get", "ss", (ACCESSIBLE, "Name"))


def state_of(ref: Ref) -> Call:
    return Call(ref, ACCESSIBLE, "GetState")


def children_of(ref: Ref) -> Call:
    return Call(ref, ACCESSIBLE, "GetChildren")


def seen_text(text: str) -> str:
    """A text as a person sees it: without the invisible marks of writing direction (GTK wraps amounts in them)."""
    return text.translate(_UNSEEN)


def text_reply(reply: Reply) -> str:
    """The text of a property reply; empty when the object has no such property."""
    return "" if isinstance(reply, Failed) or reply is None else seen_text(str(reply[1]))


def bits(reply: Reply) -> int:
    """A state set as one number. Raises Gone if the object is no more."""
    if isinstance(reply, Failed) or len(reply) != 2:
        raise b.Gone("the control")
    return int(reply[0]) | int(reply[1]) << 32


def refs(reply: Reply) -> list[Ref]:
    """Object references of a reply, without the empty ones."""
    if isinstance(reply, Failed):
        raise b.Gone(reply.text)
    return [Ref(*pair) for pair in reply if pair[1] != w.NULL]


class Tops:
    """Finds programs and windows. Remembers which X window belongs to which window of the bus."""

    def __init__(self, bus: Bus, screen: Screen | None) -> None:
        self._bus = bus
        self._screen = screen
        self._programs: dict[str, b.Program] = {}
        self._xids: dict[Ref, int] = {}
        self._roles: dict[Ref, int] = {}
        self._pids: dict[str, int] = {}

    def programs(self) -> Sequence[b.Program]:
        reply = self._bus.ask_one(children_of(Ref(w.REGISTRY, w.ROOT)))
        if isinstance(reply, Failed):
            raise b.DesktopGone(reply.text)
        roots = {root.bus: root for root in refs(reply)}
        self._programs = {bus: program for bus, program in self._programs.items() if bus in roots}
        # The server gives the numbers of a closed program's windows to the next one: they must not stay taken.
        self._xids = {ref: xid for ref, xid in self._xids.items() if ref.bus in roots}
        for bus, root in roots.items():
            if bus not in self._programs:
                program = self._meet(root)
                if program is not None:
                    self._programs[bus] = program
        return list(self._programs.values())

    def _meet(self, root: Ref) -> b.Program | None:
        """Facts of a program seen for the first time; None while it does not answer."""
        about = [
            Call(root, PROPERTIES, "Get", "ss", (APPLICATION, name)) for name in ("ToolkitName", "Version")
        ]
        who = self._bus.driver("GetConnectionUnixProcessID", "s", root.bus)
        name, toolkit, _version, pid = self._bus.try_ask([name_of(root), *about, who], 1.0)
        if name is None or isinstance(pid, Failed) or pid is None:
            return None
        self._pids[root.bus] = int(pid)
        return b.Program(root.bus, text_reply(name), int(pid), text_reply(toolkit))

    def toolkit(self, bus: str) -> str:
        """The toolkit of a program met before; else empty."""
        program = self._programs.get(bus)
        return program.toolkit if program else ""

    def pid(self, bus: str) -> int:
        """The process of a program met before; else 0."""
        return self._pids.get(bus, 0)

    def root(self, program: b.Program) -> Ref:
        return Ref(program.key, w.ROOT)

    def ping(self, program: b.Program, timeout_s: float) -> float | None:
        """Answered by the thread that draws the windows, so a frozen program is not taken for a live one."""
        started = time.monotonic()
        (reply,) = self._bus.try_ask([Call(self.root(program), ACCESSIBLE, "GetRole")], timeout_s)
        if reply is None or isinstance(reply, Failed):
            return None
        return time.monotonic() - started

    def windows(self, program: b.Program) -> Sequence[b.Window]:
        tops = self.tops(program)
        seen = [top.x for top in tops if top.x is not None]
        by_xid = {top.x.xid: top for top in tops if top.x is not None}
        ordered = sorted(tops, key=lambda top: top.x.level if top.x else -1, reverse=True)
        return [self._window(top, seen, by_xid, tops) for top in ordered]

    def tops(self, program: b.Program) -> list[Top]:
        """All shown or minimised windows of a program, in the order in which it lists them."""
        children = refs(self._bus.ask_one(children_of(self.root(program))))
        self._roles = {ref: r for ref, r in self._roles.items() if ref.bus != program.key or ref in children}
        self._xids = {ref: x for ref, x in self._xids.items() if ref.bus != program.key or ref in children}
        drawn = {each.xid: each for each in self._screen.windows_of(program.pid)} if self._screen else {}
        replies = self._bus.ask([name_of(ref) for ref in children])
        found = []
        strangers = []
        for ref, name in zip(children, replies):
            facts = drawn.get(self._xids.get(ref, 0))
            if facts is not None and ref in self._roles:
                found.append(Top(ref, text_reply(name), self._roles[ref], w.SHOWN, facts))
            else:
                strangers.append((ref, text_reply(name)))
        return found + self._met(strangers, list(drawn.values()))

    def _met(self, strangers: Sequence[tuple[Ref, str]], drawn: Sequence[XFacts]) -> list[Top]:
        """Windows of which the X window is not known yet, or that have none: these are asked whether they show."""
        asked = [call for ref, _ in strangers for call in (Call(ref, ACCESSIBLE, "GetRole"), state_of(ref))]
        replies = self._bus.ask(asked)
        found = []
        for at, (ref, name) in enumerate(strangers):
            role, states = replies[2 * at : 2 * at + 2]
            if isinstance(role, Failed) or isinstance(states, Failed):  # closed while we looked
                continue
            self._roles[ref] = int(role)
            top = Top(ref, name, int(role), bits(states), None)
            if top.role in w.TOPS and (w.has(top.states, w.SHOWING) or w.has(top.states, w.VISIBLE)):
                joined = self._joined(top, drawn)
                if joined.x is not None or not self._is_passing(joined):
                    found.append(joined)
        return found

    def _is_passing(self, top: Top) -> bool:
        """A bare box that the X server does not count as a window: a tooltip, or what a list shows while one types."""
        return self._screen is not None and top.role == w.WINDOW

    def blocked(self, window: Ref) -> bool:
        """True if this window must not be acted on now: another one stands before it."""
        pid = self._pids.get(window.bus, 0)
        if self._screen is not None and window in self._xids:
            return self._screen.is_blocked(pid, self._xids[window])
        program = b.Program(window.bus, "", pid)
        mine = next((each for each in self.windows(program) if each.handle == handle(window)), None)
        if mine is None:
            raise b.Gone("the window")
        return not mine.enabled

    def xid(self, window: Ref) -> int | None:
        """The X window that belongs to this window, if it is known."""
        return self._xids.get(window)

    def _joined(self, top: Top, drawn: Sequence[XFacts]) -> Top:
        """Find the X window of `top`: the one known before, else the only one of that title, else of that place."""
        known = self._xids.get(top.ref)
        fits = [facts for facts in drawn if facts.xid == known]
        if not fits and self._screen is not None:
            fits = self._unclaimed(top, drawn, self._screen)
        if len(fits) != 1:
            return top
        self._xids[top.ref] = fits[0].xid
        return Top(top.ref, top.title, top.role, top.states, fits[0])

    def _unclaimed(self, top: Top, drawn: Sequence[XFacts], screen: Screen) -> list[XFacts]:
        taken = {xid for ref, xid in self._xids.items() if ref != top.ref}
        fits = [facts for facts in drawn if facts.xid not in taken and screen.title(facts.xid) == top.title]
        if len(fits) > 1:
            reply = self._bus.ask_one(Call(top.ref, COMPONENT, "GetExtents", "u", (_SCREEN_COORDS,)))
            box = tuple(reply) if not isinstance(reply, Failed) else ()
            fits = [facts for facts in fits if screen.box(facts.xid) == box]
        return fits

    def _window(
        self, top: Top, drawn: Sequence[XFacts], by_xid: dict[int, Top], tops: Sequence[Top]
    ) -> b.Window:
        is_dialog = top.role in w.DIALOGS
        owner = by_xid.get(top.x.owner) if top.x else None
        modal = top.x.modal if top.x else is_dialog or w.has(top.states, w.MODAL)
        return b.Window(
            handle=handle(top.ref),
            title=top.title,
            kind="dialog" if is_dialog or owner is not None else "window",
            modal=modal,
            enabled=not blocked(top.x, drawn) if top.x else top.ref == tops[-1].ref,
            shown=not top.x.minimised if top.x else w.has(top.states, w.SHOWING),
            owner=handle(owner.ref) if owner else None,
            minimised=top.x.minimised if top.x else w.has(top.states, w.ICONIFIED),
            level=top.x.level if top.x else -1,
        )


def handle(ref: Ref) -> b.Handle:
    return b.Handle(ref.bus + ref.path)


def node(ref: Ref) -> b.Node:
    return b.Node(ref.bus + ref.path)


def ref_of(opaque: str) -> Ref:
    """The object behind a handle or node of this backend."""
    bus, slash, path = opaque.partition("/")
    return Ref(bus, slash + path)
