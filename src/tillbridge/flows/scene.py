"""What stands on the screen now, in the pack's words: windows by name, controls found, texts and rows read.

It only looks. Controls are found once per window instance (all that a flow names, in one go) and kept until the
window goes or somebody says `forget`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tillbridge.domain.errors import OperatorError, PackError
from tillbridge.flows.formats import FormatWord, Unreadable
from tillbridge.flows.order_facts import Value, same
from tillbridge.flows.pace import Pace
from tillbridge.flows.pack import SELECTED, ControlSpec, FieldSpec, ListSpec, Pack, WindowSpec
from tillbridge.screen.backend import (
    Backend,
    Evidence,
    Found,
    Gone,
    Handle,
    Missing,
    Node,
    Program,
    Reading,
    Resolution,
    Target,
    Window,
)
from tillbridge.screen.locator import explain

Spec = ControlSpec | FieldSpec | ListSpec


@dataclass(frozen=True, slots=True)
class SeenWindow:
    """A window of the pack on the screen, with what its title says."""

    spec: WindowSpec
    window: Window
    holes: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Glance:
    """One look at all windows. `strangers`: shown dialogs that the pack does not know as windows, topmost first."""

    known: tuple[SeenWindow, ...]
    strangers: tuple[Window, ...]

    def named(self, name: str) -> SeenWindow | None:
        return next((seen for seen in self.known if seen.spec.name == name), None)


@dataclass(frozen=True, slots=True)
class RowSeen:
    """One row by the pack's column names. A cell that its format refuses is kept as `Unreadable`."""

    index: int
    cells: Mapping[str, Value | Unreadable]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ListSeen:
    spec: ListSpec
    rows: tuple[RowSeen, ...]
    complete: bool
    to_end: bool = False
    """Every row that the list has was read, whatever the pack promises about the list."""

    def matching(self, where: Mapping[str, Value]) -> tuple[RowSeen, ...]:
        return tuple(row for row in self.rows if self.fits(row, where))

    def value(self, row: RowSeen, column: str) -> Value:
        """A cell as its format reads it. Raises PackError `money_unreadable`, `text_unreadable`."""
        value = row.cells[column]
        if isinstance(value, Unreadable):
            raise unreadable(f"{self.spec.name}.{column}", value)
        return value

    def fits(self, row: RowSeen, where: Mapping[str, Value]) -> bool:
        return all(self.cell_is(row, column, wanted) for column, wanted in where.items())

    def cell_is(self, row: RowSeen, column: str, wanted: Value) -> bool:
        seen = row.cells[column]
        if isinstance(seen, Unreadable):
            return False
        cut = self.spec.cut.get(column)
        if cut is not None and isinstance(wanted, str):
            wanted = wanted[:cut]
        return same(seen, wanted, self.spec.format_of(column))


def target_of(pack: Pack, spec: Spec) -> Target:
    """The recipe of a control, its containers included."""
    holders: list[Target] = []
    within = spec.within
    while within:
        holder = pack.controls[within]
        holders.insert(0, Target(holder.name, holder.role, holder.find))
        within = holder.within
    return Target(spec.name, spec.role, spec.find, tuple(holders))


class Scene:
    """The screen of one program seen through one pack."""

    def __init__(self, backend: Backend, pack: Pack, program: Program, pace: Pace) -> None:
        self.backend = backend
        self.pack = pack
        self.program = program
        self.pace = pace
        self.wanted: frozenset[str] = frozenset()
        """Names that this flow will need: found together."""
        self._found: dict[tuple[Handle, str], Resolution] = {}
        self._handles: dict[str, Handle] = {}
        self._rows: dict[tuple[str, tuple[str, str] | None, frozenset[str]], ListSeen] = {}

    # ---- windows ----

    def glance(self) -> Glance:
        """Look at all windows once. Raises OperatorError `software_closed`, `several_instances`."""
        windows = self.pace.patiently(self._windows)
        known: list[SeenWindow] = []
        strangers: list[Window] = []
        for window in windows:
            seen = self._known(window)
            if seen:
                known += seen
            elif window.shown and not window.minimised and (window.kind == "dialog" or window.modal):
                strangers.append(window)
        for spec in self.pack.windows.values():
            count = sum(seen.spec is spec for seen in known)
            if count > spec.instances:
                raise OperatorError("several_instances", window=spec.name, count=count)
        self._handles = {seen.spec.name: seen.window.handle for seen in known if not seen.window.minimised}
        return Glance(tuple(known), tuple(strangers))

    def _windows(self) -> Sequence[Window]:
        try:
            windows = self.backend.windows(self.program)
        except Gone:
            windows = []
        if not windows and all(one.key != self.program.key for one in self.backend.programs()):
            raise OperatorError("software_closed", software=self.pack.title)
        return windows

    def _known(self, window: Window) -> list[SeenWindow]:
        """The pack's names for one window; a title may say two things (a frame that is also unsaved)."""
        seen: list[SeenWindow] = []
        for spec in self.pack.windows.values():
            if not spec.comes_and_goes and window.kind == "dialog":
                continue  # a dialog is never a window that is there all the time, whatever its title
            matches = (title.match(window.title, self.pack.formats) for title in spec.titles)
            holes = next((match for match in matches if match is not None), None)
            if holes is not None and (window.shown or window.minimised):
                seen.append(SeenWindow(spec, window, holes))
        return seen

    def window(self, name: str) -> SeenWindow:
        """A window of the pack. Raises OperatorError `no_invoice_open`, `software_minimised`, `window_closed`."""
        glance = self.glance()
        seen = glance.named(name)
        if seen is None:
            spec = self.pack.windows[name]
            raise OperatorError("window_closed" if spec.comes_and_goes else "no_invoice_open", window=name)
        if seen.window.minimised:
            raise OperatorError("software_minimised", software=self.pack.title)
        return seen

    # ---- controls ----

    def forget(self) -> None:
        """Find every window and control anew from now on."""
        self._found.clear()
        self._handles.clear()
        self._rows.clear()

    def found(self) -> Mapping[tuple[Handle, str], Resolution]:
        """All controls found so far, to be remembered beyond a `forget` by whoever knows that their window stays."""
        return dict(self._found)

    def recall(self, found: Mapping[tuple[Handle, str], Resolution]) -> None:
        """Use these again. One that has gone makes the backend say so."""
        self._found = {**found, **self._found}

    def touched(self) -> None:
        """Something was done or waited for: rows that were read may have changed."""
        self._rows.clear()

    def node(self, name: str) -> Node:
        """The one control of that name. Raises PackError `control_missing`, `control_ambiguous`."""
        found = self.find([name])[name]
        if isinstance(found, Found):
            return found.node
        raise self.not_found(name, found)

    def find(self, names: Iterable[str]) -> Mapping[str, Resolution]:
        """Every named control, whether found or not; one question per window."""
        found: dict[str, Resolution] = {}
        by_window: dict[str, dict[str, str]] = {}
        for name in names:
            spec = self.spec(name)
            by_window.setdefault(spec.window, {})[spec.name] = name
        for window, inside in by_window.items():
            for bare, resolution in self._find_in(window, list(inside)).items():
                found[inside[bare]] = resolution
        return found

    def _find_in(self, window: str, names: Sequence[str]) -> Mapping[str, Resolution]:
        handle = self.handle(window)
        ask = [name for name in names if not isinstance(self._found.get((handle, name)), Found)]
        if ask:
            more = [
                name
                for name in sorted(self.wanted)
                if self.spec(name).window == window and (handle, name) not in self._found
            ]
            ask = list(dict.fromkeys([*ask, *more]))
            targets = [target_of(self.pack, self.spec(name)) for name in ask]
            for name, found in zip(ask, self.resolve(handle, targets), strict=True):
                self._found[handle, name] = found
        return {name: self._found[handle, name] for name in names}

    def resolve(self, handle: Handle, targets: Sequence[Target]) -> Sequence[Resolution]:
        return self.pace.patiently(lambda: self.backend.resolve(handle, targets))

    def handle(self, window: str) -> Handle:
        """The window as last seen; one that has gone since makes the backend say so."""
        return self._handles.get(window) or self.window(window).window.handle

    def focused(self, window: Handle) -> Node | None:
        """The control of a window that has the focus, where that can be told."""
        return self.pace.patiently(lambda: self.backend.focused(window))

    def spec(self, name: str) -> Spec:
        spec = self.pack.place(name)
        if spec is None:
            raise PackError("control_missing", control=name, how="no such name in the pack")
        return spec

    def not_found(self, name: str, found: Resolution) -> PackError:
        code = "control_missing" if isinstance(found, Missing) else "control_ambiguous"
        return PackError(code, control=name, how=explain(found))

    def menu_item(self, window: str, path: Sequence[str]) -> Node:
        """A menu item by the words of its path. Raises PackError `control_missing`, `control_ambiguous`."""
        holders = tuple(Target(word, "menu", (Evidence("name", word),)) for word in path[:-1])
        target = Target(path[-1], "menu_item", (Evidence("name", path[-1]),), holders)
        found = self.resolve(self.handle(window), [target])[0]
        if isinstance(found, Found):
            return found.node
        raise self.not_found(" > ".join(path), found)

    # ---- texts ----

    def readings(self, names: Sequence[str]) -> Mapping[str, Reading | None]:
        """Raw readings in one go. None: not on the screen (hidden counts as not there)."""
        found = self.find(names)
        there = [name for name in names if isinstance(found[name], Found)]
        nodes = [one.node for name in there if isinstance(one := found[name], Found)]
        seen = self.pace.patiently(lambda: self.backend.read(nodes)) if nodes else []
        readings: dict[str, Reading | None] = dict.fromkeys(names)
        readings.update({name: one if one.shown else None for name, one in zip(there, seen, strict=True)})
        return readings

    def values(self, names: Sequence[str]) -> Mapping[str, Value]:
        """Read and understand. Raises PackError `control_missing`, `money_unreadable`, `text_unreadable`."""
        return {name: self._value(name, reading) for name, reading in self.readings(names).items()}

    def _value(self, name: str, reading: Reading | None) -> Value:
        spec = self.spec(name)
        if reading is None:
            if not isinstance(spec, ListSpec) and spec.optional:
                return ""
            found = self.find([name])[name]
            if isinstance(found, Found):
                raise PackError("control_hidden", control=name)
            raise self.not_found(name, found)
        if isinstance(spec, ControlSpec) and spec.role == "check":
            return bool(reading.checked)
        form: FormatWord = "text" if isinstance(spec, ListSpec) else spec.format
        private = not isinstance(spec, ListSpec) and spec.private
        value = self.pack.formats.read(reading.text, form)
        if isinstance(value, Unreadable):
            raise unreadable(name, value, private=private)
        return value

    # ---- lists ----

    def rows(
        self, name: str, where: Mapping[str, Value] | None = None, columns: frozenset[str] = frozenset()
    ) -> ListSeen:
        """All rows that the list shows, by the pack's column names.

        With `where`, only rows that may fit need to be read: a backend then reads one column and those rows.
        Where none is found that way (a cell with blanks around it), the whole list is read. `columns`: no others are
        read; empty: all.
        """
        spec = self.pack.lists[name]
        only = _by_one_text(spec, where or {})
        key = (name, only, columns)
        if key not in self._rows and (name, None, columns) in self._rows:
            key = (name, None, columns)
        if key not in self._rows:
            self._rows[key] = self._read_rows(_narrowed(spec, columns), only)
        if only is not None and only[0] != SELECTED and not self._rows[key].rows:
            return self.rows(name, columns=columns)
        return self._rows[key]

    def _read_rows(self, spec: ListSpec, only: tuple[str, str] | None) -> ListSeen:
        node = self.node(spec.name)
        rows = self.pace.patiently(lambda: self.backend.rows(node, spec.captions, only))
        seen = []
        for row in rows.rows:
            texts = dict(zip(spec.cell_columns, row.cells, strict=True))
            cells: dict[str, Value | Unreadable] = {
                column: self.pack.formats.read(text, spec.format_of(column)) for column, text in texts.items()
            }
            for column in spec.columns.keys() - texts.keys():
                cells[column] = row.selected if spec.columns[column] == SELECTED else bool(row.ticked)
            cells[SELECTED] = row.selected
            seen.append(RowSeen(row.index, cells, texts))
        return ListSeen(spec, tuple(seen), rows.complete and spec.complete, rows.complete)


def _narrowed(spec: ListSpec, columns: frozenset[str]) -> ListSpec:
    """The list with these columns alone; the whole one where none is named, or none of these is a column."""
    kept = {name: caption for name, caption in spec.columns.items() if name in columns}
    return replace(spec, columns=kept) if kept else spec


def _by_one_text(spec: ListSpec, where: Mapping[str, Value]) -> tuple[str, str] | None:
    """The column and text by which a backend can pick rows: the selection, or a text that stands there uncut."""
    for column, wanted in where.items():
        caption = SELECTED if column == SELECTED else spec.columns[column]
        if caption == SELECTED and wanted is True:
            return (SELECTED, "true")
        plain = spec.format_of(column) in ("text", "code") and column not in spec.cut
        if plain and caption != SELECTED and isinstance(wanted, str) and wanted:
            return (caption, wanted)
    return None


def unreadable(name: str, value: Unreadable, *, private: bool = False) -> PackError:
    """A text that its format refuses, as an error."""
    code = "money_unreadable" if value.format == "money" else "text_unreadable"
    return PackError(code, control=name, text="" if private else value.text, why=value.reason)
