"""What the accessibility bus does not say about windows, asked of the X server; and keys for one window.

Which window is modal, who owns it, which lies on top, which is minimised. Keys go by XSendEvent to one
window of one program: they reach nobody else, wherever the keyboard focus is. Nothing here moves the pointer
or the real focus.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from Xlib import XK, X, error
from Xlib.protocol import event
from Xlib.xobject.drawable import Window as XWindow

from tillbridge.screen.backend import Gone
from tillbridge.screen.backends.xserver import open_display

_ICONIC = 3
_DEPTH = 3  # a window manager may put up to two frames around a program's own window


@dataclass(frozen=True, slots=True)
class XFacts:
    """One top-level window as the X server knows it."""

    xid: int
    title: str
    box: tuple[int, int, int, int]
    """Left, top, width, height on the screen, in pixels."""
    modal: bool
    owner: int
    """X id of the window that it belongs to, or 0."""
    minimised: bool
    level: int
    """Higher lies further up."""


class Screen:
    """One connection to the X server. Raises Gone if there is no server at that name."""

    def __init__(self, display: str, authority: str = "") -> None:
        self._display = open_display(display, authority)
        # A window may close between looking and sending; what follows reads back, so the error says nothing new.
        self._display.set_error_handler(lambda *_: None)
        self._root = self._display.screen().root
        names = ("_NET_WM_PID", "_NET_WM_NAME", "_NET_WM_STATE", "_NET_WM_STATE_MODAL", "WM_STATE")
        self._atoms = {name: self._display.intern_atom(name) for name in names}

    def windows_of(self, pid: int) -> Sequence[XFacts]:
        """All mapped or minimised top-level windows of one process, lowest first."""
        found = []
        for level, window in enumerate(self._walk(self._root, _DEPTH)):
            facts = self._facts(window, pid, level)
            if facts is not None:
                found.append(facts)
        return found

    def is_blocked(self, pid: int, xid: int) -> bool:
        """True if a modal window of the same process must be answered before this one. Raises Gone."""
        windows = self.windows_of(pid)
        mine = next((window for window in windows if window.xid == xid), None)
        if mine is None:
            raise Gone("the window")
        return blocked(mine, windows)

    def lend_focus(self, xid: int) -> None:
        """Let a program believe that its window has the focus, so that it tells which control holds it.

        The real focus stays where the person has it.
        """
        self._send_focus(xid, event.FocusIn)

    def take_focus_back(self, xid: int) -> None:
        """Undo `lend_focus`, unless the window really has the focus."""
        if not self.has_focus(xid):
            self._send_focus(xid, event.FocusOut)

    def has_focus(self, xid: int) -> bool:
        """True if the person's keys go to this window now."""
        holder = self._display.get_input_focus().focus
        for _ in range(_DEPTH):  # GTK keeps the focus on a small child of its window
            if not isinstance(holder, XWindow):
                return False
            if holder.id == xid:
                return True
            holder = holder.query_tree().parent
        return False

    def send_keys(self, xid: int, keys: Sequence[str], shift: bool = False, control: bool = False) -> None:
        """Send key presses (names of XK: "Down", "Tab", "space") to one window, in order."""
        state = (X.ShiftMask if shift else 0) | (X.ControlMask if control else 0)
        window = self._display.create_resource_object("window", xid)
        for key in keys:
            code = self._display.keysym_to_keycode(XK.string_to_keysym(key))
            for kind, mask in ((event.KeyPress, X.KeyPressMask), (event.KeyRelease, X.KeyReleaseMask)):
                window.send_event(self._key(kind, window, code, state), event_mask=mask)
        self._display.sync()

    def close(self) -> None:
        self._display.close()

    # ---- inside ----------------------------------------------------------------------------------

    def _walk(self, window: XWindow, depth: int) -> Iterator[XWindow]:
        try:
            children = window.query_tree().children
        except error.BadWindow:  # closed while we looked
            return
        for child in children:
            yield child
            if depth > 1:
                yield from self._walk(child, depth - 1)

    def _property(self, window: XWindow, name: str) -> Sequence[int] | bytes | str | None:
        value = window.get_full_property(self._atoms[name], X.AnyPropertyType)
        return None if value is None else value.value

    def _facts(self, window: XWindow, pid: int, level: int) -> XFacts | None:
        try:
            owner_pid = self._property(window, "_NET_WM_PID")
            if not owner_pid or owner_pid[0] != pid:
                return None
            state = self._property(window, "WM_STATE")
            minimised = bool(state) and state is not None and state[0] == _ICONIC
            if window.get_attributes().map_state != X.IsViewable and not minimised:
                return None
            flags = self._property(window, "_NET_WM_STATE") or ()
            owner = window.get_wm_transient_for()
            size = window.get_geometry()
            corner = self._root.translate_coords(window, 0, 0)
            title = self._property(window, "_NET_WM_NAME") or b""
        except error.BadWindow:
            return None
        return XFacts(
            xid=window.id,
            title=title.decode("utf-8", "replace") if isinstance(title, bytes) else str(title),
            box=(corner.x, corner.y, size.width, size.height),
            modal=self._atoms["_NET_WM_STATE_MODAL"] in flags,
            owner=owner.id if owner is not None else 0,
            minimised=minimised,
            level=level,
        )

    def _send_focus(self, xid: int, kind: type[event.Focus]) -> None:
        window = self._display.create_resource_object("window", xid)
        message = kind(window=window, detail=X.NotifyNonlinear, mode=X.NotifyNormal)
        window.send_event(message, event_mask=X.FocusChangeMask)
        self._display.sync()

    def _key(
        self, kind: type[event.KeyButtonPointer], window: XWindow, code: int, state: int
    ) -> event.KeyButtonPointer:
        return kind(
            time=X.CurrentTime,
            root=self._root,
            window=window,
            same_screen=1,
            child=X.NONE,
            root_x=0,
            root_y=0,
            event_x=0,
            event_y=0,
            state=state,
            detail=code,
        )


def blocked(mine: XFacts, windows: Sequence[XFacts]) -> bool:
    """True if some modal window that does not carry `mine` on its own back lies before it."""
    return any(_stands_before(other, mine, windows) for other in windows if other.modal)


def _stands_before(modal: XFacts, mine: XFacts, windows: Sequence[XFacts]) -> bool:
    if modal.xid in _owners(mine, windows):  # mine is the modal window itself, or was opened from it
        return False
    if mine.modal and mine.xid not in _owners(modal, windows):
        return modal.level > mine.level  # two strangers: the upper one
    return True


def _owners(window: XFacts, windows: Sequence[XFacts]) -> set[int]:
    """The window's own id and those of all windows that it belongs to."""
    by_id = {each.xid: each for each in windows}
    chain: set[int] = set()
    at: XFacts | None = window
    while at is not None and at.xid not in chain:
        chain.add(at.xid)
        at = by_id.get(at.owner)
    return chain
