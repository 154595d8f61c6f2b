"""Trees and rows of tabs: choices that are no combo boxes. One entry is selected, or none.

A tree's entry is named by its path, from the outermost branch inwards, joined by ":". Every act is read back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tillbridge.screen import backend as b
from tillbridge.screen.backends.atspi import words as w
from tillbridge.screen.backends.atspi.bus import Bus, Call, Failed, Ref, Reply
from tillbridge.screen.backends.atspi.find import matching
from tillbridge.screen.backends.atspi.tops import (
    ACCESSIBLE,
    PROPERTIES,
    bits,
    children_of,
    name_of,
    refs,
    state_of,
    text_reply,
)

TABLE: Final = "org.a11y.atspi.Table"
_ACTION: Final = "org.a11y.atspi.Action"
_SELECTION: Final = "org.a11y.atspi.Selection"
_EFFECT_S: Final = 2.0
SEPARATOR: Final = ":"
NOTHING: Final = ""
"""The entry that stands for: nothing is selected."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a tree that can be seen now: its place, its first cell and its path."""

    row: int
    cell: Ref
    path: str
    closed: bool


class Trees:
    """Reads and chooses in trees and rows of tabs. Raises Refused where the toolkit offers no way."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def value(self, control: Ref, role: int) -> str:
        """The path of the selected entry or the name of the shown tab; empty if none, or more than one."""
        if role in w.TAB_LISTS:
            shown = refs(self._bus.ask_one(matching(control, {w.PAGE_TAB}, [w.SELECTED])))
            names = [text_reply(reply) for reply in self._bus.ask([name_of(tab) for tab in shown])]
        else:
            rows = self._selected(control)
            names = [entry.path for entry in self._entries(control) if entry.row in rows] if rows else []
        return names[0] if len(names) == 1 else NOTHING

    def choices(self, control: Ref, role: int) -> list[str]:
        """All entries. A tree opens its branches first, because a closed one hides what is in it."""
        if role in w.TAB_LISTS:
            return [name for _, name, _ in self._tabs(control)]
        while self._open(control, lambda entry: entry.closed):
            pass
        return [NOTHING, *(entry.path for entry in self._entries(control))]

    def choose(self, control: Ref, role: int, text: str) -> None:
        """Select exactly that entry. Raises Refused `no_such_choice` or `value_not_taken`."""
        if role in w.TAB_LISTS:
            self._choose_tab(control, text)
            return
        for row in self._selected(control):
            self._bus.ask_one(Call(control, TABLE, "RemoveRowSelection", "i", (row,)))
        if text == NOTHING:
            self._shows([], control)
            return
        while self._open(control, lambda entry: entry.closed and text.startswith(entry.path + SEPARATOR)):
            pass
        rows = [entry.row for entry in self._entries(control) if entry.path == text]
        if len(rows) != 1:
            raise b.Refused("no_such_choice", f"{len(rows)} entries say so")
        # Always unselected first: a program that hears only of changes hears of this one, too.
        self._bus.ask_one(Call(control, TABLE, "AddRowSelection", "i", (rows[0],)))
        self._shows(rows, control)

    def question(
        self, control: Ref, role: int, accepted: frozenset[str]
    ) -> tuple[Call, Callable[[Reply], str]]:
        """The one call that tells whether an accepted entry is selected, and how to read its reply."""
        if role in w.TAB_LISTS:
            tabs = [(ref, name) for ref, name, _ in self._tabs(control) if name in accepted]
            if len(tabs) != 1:
                raise b.Refused("no_such_choice", f"{len(tabs)} tabs say so")
            ref, name = tabs[0]
            return state_of(ref), lambda reply: name if w.has(bits(reply), w.SELECTED) else NOTHING
        wanted = {entry.row: entry.path for entry in self._entries(control) if entry.path in accepted}

        def seen(reply: Reply) -> str:
            rows = [] if isinstance(reply, Failed) else list(reply)
            return wanted.get(rows[0], "another entry") if len(rows) == 1 else NOTHING

        return Call(control, TABLE, "GetSelectedRows"), seen

    # ---- trees -----------------------------------------------------------------------------------

    def _entries(self, tree: Ref) -> list[Entry]:
        height = self._bus.ask_one(Call(tree, PROPERTIES, "Get", "ss", (TABLE, "NRows")))
        if isinstance(height, Failed):
            raise b.Refused("unsupported", "this tree does not show its rows")
        asked = [Call(tree, TABLE, "GetAccessibleAt", "ii", (row, 0)) for row in range(int(height[1]))]
        cells = [Ref(*reply) for reply in self._bus.ask(asked) if not isinstance(reply, Failed)]
        texts = self._texts(cells)
        states = [bits(reply) for reply in self._bus.ask([state_of(cell) for cell in cells])]
        related = self._bus.ask([Call(cell, ACCESSIBLE, "GetRelationSet") for cell in cells])
        paths: dict[Ref, str] = {}
        entries = []
        for row, (cell, text, state, relations) in enumerate(zip(cells, texts, states, related)):
            above = next((paths[ref] for ref in _parents(relations) if ref in paths), "")
            paths[cell] = f"{above}{SEPARATOR}{text}" if above else text
            closed = w.has(state, w.EXPANDABLE) and not w.has(state, w.EXPANDED)
            entries.append(Entry(row, cell, paths[cell], closed))
        return entries

    def _texts(self, cells: Sequence[Ref]) -> list[str]:
        """A cell's own name, or, where it is made of a picture and a text, the names of its parts."""
        names = [text_reply(reply) for reply in self._bus.ask([name_of(cell) for cell in cells])]
        bare = [at for at, name in enumerate(names) if not name]
        for at, reply in zip(bare, self._bus.ask([children_of(cells[at]) for at in bare])):
            parts = self._bus.ask([name_of(ref) for ref in refs(reply)])
            names[at] = " ".join(filter(None, map(text_reply, parts)))
        return names

    def _open(self, tree: Ref, wanted: Callable[[Entry], bool]) -> bool:
        """Open the first closed branch that is wanted. False if there is none."""
        branch = next((entry for entry in self._entries(tree) if wanted(entry)), None)
        if branch is None:
            return False
        self._bus.ask_one(Call(branch.cell, _ACTION, "DoAction", "i", (0,)))
        if not self._bus.until(lambda: w.has(self._states(branch.cell), w.EXPANDED), _EFFECT_S):
            raise b.Refused("value_not_taken", "a branch did not open")
        return True

    def _states(self, ref: Ref) -> int:
        return bits(self._bus.ask_one(state_of(ref)))

    def _selected(self, tree: Ref) -> list[int]:
        reply = self._bus.ask_one(Call(tree, TABLE, "GetSelectedRows"))
        return [] if isinstance(reply, Failed) else [int(row) for row in reply]

    def _shows(self, rows: Sequence[int], tree: Ref) -> None:
        if not self._bus.until(lambda: self._selected(tree) == list(rows), _EFFECT_S):
            raise b.Refused("value_not_taken")

    # ---- tabs ------------------------------------------------------------------------------------

    def _tabs(self, control: Ref) -> list[tuple[Ref, str, bool]]:
        tabs = refs(self._bus.ask_one(children_of(control)))
        replies = self._bus.ask([call for tab in tabs for call in (name_of(tab), state_of(tab))])
        return [
            (tab, text_reply(replies[2 * at]), w.has(bits(replies[2 * at + 1]), w.SELECTED))
            for at, tab in enumerate(tabs)
        ]

    def _choose_tab(self, control: Ref, text: str) -> None:
        places = [at for at, (_, name, _) in enumerate(self._tabs(control)) if name == text]
        if len(places) != 1:
            raise b.Refused("no_such_choice", f"{len(places)} tabs say so")
        self._bus.ask_one(Call(control, _SELECTION, "SelectChild", "i", (places[0],)))
        if not self._bus.until(lambda: self.value(control, w.PAGE_TAB_LIST) == text, _EFFECT_S):
            raise b.Refused("value_not_taken")


def _parents(relations: Reply) -> Iterator[Ref]:
    """What a row hangs below, as its relations tell."""
    if not isinstance(relations, Failed):
        for kind, targets in relations:
            if kind == w.NODE_CHILD_OF:
                yield from (Ref(*target) for target in targets)
