"""What the accessibility bus does not say about windows, asked of the X server; and keys for one window.

Which window is modal, who owns it, which lies on top, which is minimised. Keys go by XSendEvent to one
window of one program: they reach nobody else, wherever the keyboard focus is. Nothing here moves the pointer
or the real focus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from Xlib import XK, X, error
from Xlib.protocol import event
from Xlib.xobject.drawable import Window as XWindow

from tillbridge.screen.backend import Gone
from tillbridge.screen.backends.xserver import open_display

_ICONIC = 3
_DEPTH = 3  # the focus may lie on a small child of a window
_ATOMS = (
    "_NET_CLIENT_LIST_STACKING",
    "_NET_WM_NAME",
    "_NET_WM_PID",
    "_NET_WM_STATE",
    "_NET_WM_STATE_MODAL",
    "WM_STATE",
)


@dataclass(frozen=True, slots=True)
class XFacts:
    """One top-level window as the X server knows it."""

    xid: int
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
        self._atoms = {name: self._display.intern_atom(name) for name in _ATOMS}

    def windows_of(self, pid: int) -> Sequence[XFacts]:
        """All mapped or minimised top-level windows of one process, lowest first.

        Passing boxes that no window manager sees (tooltips, menus, what a list shows while one types) are no windows.
        """
        stack = self._stack()
        mine = [(level, xid) for level, xid in enumerate(stack) if self._pid(xid) == pid]
        found = [self._facts(xid, level) for level, xid in mine]
        return [facts for facts in found if facts is not None]

    def title(self, xid: int) -> str:
        """A window's title; empty if it has none, or is gone."""
        value = self._property(self._window(xid), "_NET_WM_NAME")
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""

    def box(self, xid: int) -> tuple[int, int, int, int]:
        """Left, top, width, height on the screen, in pixels. Raises Gone."""
        window = self._window(xid)
        try:
            size = window.get_geometry()
            corner = self._root.translate_coords(window, 0, 0)
        except error.XError as cause:
            raise Gone("the window") from cause
        return corner.x, corner.y, size.width, size.height

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

    def focus_of_others(self, pid: int) -> int:
        """The X window that has a person's keys now, if it is one of another program; else X.NONE."""
        holder = self._focus_holder()
        top = self._top_of(holder)
        return X.NONE if holder is None or top == X.NONE or self._pid(top) == pid else int(holder.id)

    def focus_is_in(self, pid: int) -> bool:
        """True if a person's keys go to a window of this program now."""
        top = self._top_of(self._focus_holder())
        return top != X.NONE and self._pid(top) == pid

    def give_focus_back(self, xid: int, pid: int) -> None:
        """Give the keys back to a window of another program, if the program of `pid` has them now. Raises nothing."""
        if self.focus_is_in(pid):
            self._window(xid).set_input_focus(X.RevertToParent, X.CurrentTime)
            self._display.sync()

    def send_keys(self, xid: int, keys: Sequence[str], shift: bool = False, control: bool = False) -> None:
        """Send key presses (names of XK: "Down", "Tab", "space") to one window, in order."""
        state = (X.ShiftMask if shift else 0) | (X.ControlMask if control else 0)
        window = self._window(xid)
        for key in keys:
            code = self._display.keysym_to_keycode(XK.string_to_keysym(key))
            for kind, mask in ((event.KeyPress, X.KeyPressMask), (event.KeyRelease, X.KeyReleaseMask)):
                window.send_event(self._key(kind, window, code, state), event_mask=mask)
        self._display.sync()

    def close(self) -> None:
        try:
            self._display.close()
        except (error.ConnectionClosedError, OSError):  # the server went first
            return

    # ---- inside ----------------------------------------------------------------------------------

    def _focus_holder(self) -> XWindow | None:
        holder = self._display.get_input_focus().focus
        return holder if isinstance(holder, XWindow) else None

    def _top_of(self, window: XWindow | None) -> int:
        """The top-level window that a window lies in; X.NONE for one that no window manager manages."""
        tops = set(self._stack())
        at = window
        for _ in range(_DEPTH):
            if at is None or at.id in tops:
                break
            try:
                at = at.query_tree().parent or None
            except error.XError:  # closed while we looked
                return int(X.NONE)
        return int(at.id) if at is not None and at.id in tops else int(X.NONE)

    def _window(self, xid: int) -> XWindow:
        return self._display.create_resource_object("window", xid)

    def _stack(self) -> list[int]:
        """Top-level windows, lowest first: as the window manager lists them, else as they lie on the root."""
        managed = self._property(self._root, "_NET_CLIENT_LIST_STACKING")
        if managed is not None and not isinstance(managed, bytes | str):
            return list(managed)
        return [child.id for child in self._root.query_tree().children]

    def _pid(self, xid: int) -> int:
        """The process that owns a window, 0 for one that does not tell. Asked anew each time: a program that is
        started again gets the window ids of the one before it."""
        value = self._property(self._window(xid), "_NET_WM_PID")
        return int(value[0]) if value else 0

    def _property(self, window: XWindow, name: str) -> Sequence[int] | bytes | str | None:
        try:
            value = window.get_full_property(self._atoms[name], X.AnyPropertyType)
        except error.XError:  # closed while we looked
            return None
        return None if value is None else value.value

    def _facts(self, xid: int, level: int) -> XFacts | None:
        """None for a window that is not mapped, is a passing box, or closed while we looked."""
        window = self._window(xid)
        state = self._property(window, "WM_STATE") or ()
        minimised = bool(state) and state[0] == _ICONIC
        try:
            attributes = window.get_attributes()
            owner = window.get_wm_transient_for()
        except error.XError:
            return None
        if attributes.override_redirect or (attributes.map_state != X.IsViewable and not minimised):
            return None
        flags = self._property(window, "_NET_WM_STATE") or ()
        return XFacts(
            xid=xid,
            modal=self._atoms["_NET_WM_STATE_MODAL"] in flags,
            owner=owner.id if owner is not None else 0,
            minimised=minimised,
            level=level,
        )

    def _send_focus(self, xid: int, kind: type[event.Focus]) -> None:
        window = self._window(xid)
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
