"""Acting on controls: setting, choosing, ticking, pressing, and the burst that joins them with checks and commit.

Everything is read back. Nothing is done to a disabled or hidden control, or to a window that another one
stands before. Key messages go to one window only and are the last resort.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tillbridge.screen import backend as b
from tillbridge.screen.backends.atspi import words as w
from tillbridge.screen.backends.atspi.bus import Bus, Call, Failed, Ref, Reply
from tillbridge.screen.backends.atspi.find import matching
from tillbridge.screen.backends.atspi.focus import Focus
from tillbridge.screen.backends.atspi.reading import Reader
from tillbridge.screen.backends.atspi.table import TABLE, Grid, Tables, tick_column
from tillbridge.screen.backends.atspi.tops import (
    COMPONENT,
    bits,
    refs,
    state_of,
)

ACTION = "org.a11y.atspi.Action"
EDITABLE_TEXT = "org.a11y.atspi.EditableText"
SELECTION = "org.a11y.atspi.Selection"
_EFFECT_S = 2.0
"""How long an act may take to show."""
_OPENS_S = 0.3
"""How long to wait for the answer to a press whose program may be inside the new window by then."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where a control lives."""

    window: Ref
    toolkit: str

    @property
    def is_qt(self) -> bool:
        return self.toolkit.lower() == "qt"


def press_call(ref: Ref) -> Call:
    """The first action of buttons, tabs, ticks and menu items is the one that a mouse click does."""
    return Call(ref, ACTION, "DoAction", "i", (0,))


def set_text_call(ref: Ref, text: str) -> Call:
    return Call(ref, EDITABLE_TEXT, "SetTextContents", "s", (text,))


def focus_call(ref: Ref) -> Call:
    return Call(ref, COMPONENT, "GrabFocus")


class Hands:
    """Carries out single acts; each is proved before the next begins."""

    def __init__(self, bus: Bus, reader: Reader, tables: Tables, focus: Focus) -> None:
        self._bus = bus
        self._reader = reader
        self._tables = tables
        self._focus = focus

    def do(self, act: b.Act, ref: Ref, home: Home) -> None:
        """Do one act. Raises Refused when it was not done or not taken."""
        match act:
            case b.Press(opens=opens):
                self.press(ref, opens)
            case b.SetText(text=text):
                self.leave_after(ref, home, text)
            case b.Choose(text=text, ways=ways):
                self.choose(ref, home, text, ways)
            case b.Tick(on=on):
                self._tick(ref, on)
            case b.SelectRow(row=row):
                self._select_row(ref, home, row)
            case b.TickRow(row=row, on=on):
                self._tick_row(ref, home, row, on)
            case b.Park():
                self._bus.ask_one(focus_call(ref))

    def press(self, ref: Ref, opens: bool) -> None:
        """Press and return at once; a slot that opens a window may answer only when that window is closed."""
        serial = self._bus.send(press_call(ref))
        reply = self._bus.reply_to(serial, _OPENS_S if opens else self._bus.limit_s)
        if reply is None and not opens:
            raise b.NotAnswering("a press was not answered")
        if isinstance(reply, Failed):
            raise b.Gone(reply.text)
        if reply is False:
            raise b.Refused("disabled", "the program did not take the press")

    def leave_after(self, ref: Ref, home: Home, text: str) -> None:
        """Set a text as a person does: go into the field, set, and go out, so that it is validated."""
        with self._focus.lent(home.window):
            self._bus.ask_one(focus_call(ref))
            taken(self._bus.ask_one(set_text_call(ref, text)))
            self._focus.leave(home.window, ref)

    # ---- choices ---------------------------------------------------------------------------------

    def choose(self, ref: Ref, home: Home, text: str, ways: Sequence[b.Way]) -> None:
        (role,) = self._reader.roles([ref])
        if role in w.BRANCHED:
            self._reader.trees.choose(ref, role, text)
            return
        if self._reader.text(ref) == text:
            return
        options = self._reader.just_read(ref)
        if options.count(text) != 1:
            raise b.Refused("no_such_choice", f"{options.count(text)} entries say so")
        for way in ways:
            if self._try_way(way, ref, home, text, options) and self._shows(ref, text):
                return
        raise b.Refused("value_not_taken")

    def _try_way(self, way: b.Way, ref: Ref, home: Home, text: str, options: Sequence[str]) -> bool:
        """Try one way; False when this toolkit has none. Whether it worked is read back by the caller."""
        match way:
            case "text":
                edits = refs(self._bus.ask_one(matching(ref, w.EDITS, limit=1)))
                return bool(edits) and self._bus.ask_one(set_text_call(edits[0], text)) is True
            case "pick" if not home.is_qt:  # in Qt, selecting in the list behind a choice changes nothing
                entries = refs(self._bus.ask_one(matching(ref, w.OPTIONS)))
                return self._bus.ask_one(press_call(entries[options.index(text)])) is True
            case "keys":
                return self._choose_by_keys(ref, home, text, options)
            case _:
                return False

    def _choose_by_keys(self, ref: Ref, home: Home, text: str, options: Sequence[str]) -> bool:
        """Step from entry to entry, reading each one back: the shortest way, and no letters that could stray."""
        with self._focus.lent(home.window) as can_send:
            if not can_send or not self._focus.reach(home.window, ref):
                return False
            shown = self._reader.text(ref)
            for _ in range(2 * len(options)):
                if shown == text:
                    return True
                here = options.index(shown) if shown in options else -1
                self._focus.key(home.window, "Down" if here < options.index(text) else "Up")
                if (moved := self._moved_on(ref, shown)) is None:
                    return False
                shown = moved
        return shown == text

    # ---- ticks and rows --------------------------------------------------------------------------

    def _tick(self, ref: Ref, on: bool) -> None:
        if self._is_on(ref) is on:
            return
        taken(self._bus.ask_one(press_call(ref)))
        if not self._until(lambda: self._is_on(ref) is on):
            raise b.Refused("value_not_taken")

    def _select_row(self, table: Ref, home: Home, row: int) -> None:
        """Select one row so that the program sees it as its current one, too."""
        grid = self._grid_with(table, row)
        if home.is_qt and self._go_to(table, home, grid, row, 0) and self._only_selected(table, row):
            return
        for call in (
            Call(table, SELECTION, "ClearSelection"),
            Call(table, TABLE, "AddRowSelection", "i", (row,)),
        ):
            self._bus.ask_one(call)
        if not self._until(lambda: self._only_selected(table, row)):
            raise b.Refused("value_not_taken")

    def _only_selected(self, table: Ref, row: int) -> bool:
        reply = self._bus.ask_one(Call(table, TABLE, "GetSelectedRows"))
        return not isinstance(reply, Failed) and list(reply) == [row]

    def _tick_row(self, table: Ref, home: Home, row: int, on: bool) -> None:
        grid = self._grid_with(table, row)
        column = tick_column(grid, row, self._tables.boxes(table))
        if column is None:
            raise b.Refused("no_tick")
        cell = grid.cell(row, column)
        if self._is_on(cell) is on:
            return
        # In Qt the cell's own action may select instead of ticking, so the space bar comes first.
        if home.is_qt and self._go_to(table, home, grid, row, column):
            with self._focus.lent(home.window):
                self._focus.key(home.window, "space")
            if self._until(lambda: self._is_on(cell) is on):
                return
        self._bus.ask_one(press_call(cell))
        if not self._until(lambda: self._is_on(cell) is on):
            raise b.Refused("value_not_taken")

    def _grid_with(self, table: Ref, row: int) -> Grid:
        grid = self._tables.grid(table, named=False)
        if not 0 <= row < grid.height:
            raise b.Refused("no_such_row", f"{row} of {grid.height}")
        return grid

    def _go_to(self, table: Ref, home: Home, grid: Grid, row: int, column: int) -> bool:
        """Move the list's current cell by arrow keys, and prove that it arrived."""
        with self._focus.lent(home.window) as can_send:
            if not can_send or self._bus.ask_one(focus_call(table)) is not True:
                return False
            if self._tables.current(table, grid) is None:
                self._focus.key(home.window, "Home", control=True)
                if not self._until(lambda: self._tables.current(table, grid) is not None):
                    return False
            here = self._tables.current(table, grid) or (0, 0)
            moves = ["Down" if row > here[0] else "Up"] * abs(row - here[0])
            moves += ["Right" if column > here[1] else "Left"] * abs(column - here[1])
            self._focus.keys(home.window, moves)
            return self._until(lambda: self._tables.current(table, grid) == (row, column))

    # ---- reading back ----------------------------------------------------------------------------

    def _moved_on(self, ref: Ref, before: str) -> str | None:
        """What a control shows as soon as it is something else; None if it stays."""
        seen = [before]

        def differs() -> bool:
            seen.append(self._reader.text(ref))
            return seen[-1] != before

        return seen[-1] if self._until(differs) else None

    def _shows(self, ref: Ref, text: str) -> bool:
        return self._until(lambda: self._reader.text(ref) == text)

    def _is_on(self, ref: Ref) -> bool:
        return w.has(bits(self._bus.ask_one(state_of(ref))), w.CHECKED)

    def _until(self, holds: Callable[[], bool]) -> bool:
        return self._bus.until(holds, _EFFECT_S)


def taken(reply: Reply) -> None:
    """Raise Refused unless the program said that it took the act.

    An error is what a control answers that was disabled a moment ago, as when a dialog comes up: worth another try.
    """
    if isinstance(reply, Failed):
        raise b.Refused("disabled", reply.text)
    if reply is not True:
        raise b.Refused("read_only")
