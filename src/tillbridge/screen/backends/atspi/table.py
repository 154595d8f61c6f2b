"""Lists: rows by column caption, selection and ticks, read with few calls however long the list is.

One call returns all cells; only the columns asked for are then read. Changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tillbridge.screen import backend as b
from tillbridge.screen.backends.atspi import words as w
from tillbridge.screen.backends.atspi.bus import Bus, Call, Failed, Ref
from tillbridge.screen.backends.atspi.find import matching
from tillbridge.screen.backends.atspi.tops import PROPERTIES, name_of, refs, text_reply
from tillbridge.screen.locator import caption

TABLE = "org.a11y.atspi.Table"
TABLE_CELL = "org.a11y.atspi.TableCell"
_MOMENT_S = 3.0
"""Nobody moves a column of a list and the list is read again within this time."""
_KEPT = 100
TICK = "#check"
SELECTED = "#selected"


@dataclass(frozen=True, slots=True)
class Grid:
    """The shape of a list at one moment: captions of all columns and every cell, row by row."""

    captions: tuple[str, ...]
    cells: tuple[Ref, ...]
    height: int

    @property
    def width(self) -> int:
        return len(self.captions)

    def cell(self, row: int, column: int) -> Ref:
        return self.cells[row * self.width + column]

    def row(self, row: int) -> tuple[Ref, ...]:
        return self.cells[row * self.width : (row + 1) * self.width]

    def column(self, name: str) -> int:
        """The one column of that caption. Raises Refused when there is none, or more than one."""
        places = [at for at, text in enumerate(self.captions) if caption(text) == caption(name)]
        if len(places) != 1:
            raise b.Refused("unsupported", f"{len(places)} columns are called {name!r}")
        return places[0]


def shape_calls(table: Ref) -> list[Call]:
    return [Call(table, PROPERTIES, "Get", "ss", (TABLE, name)) for name in ("NRows", "NColumns")]


def tick_column(grid: Grid, row: int, boxes: frozenset[Ref]) -> int | None:
    """The first column in which a row carries a tick."""
    return next((column for column, ref in enumerate(grid.row(row)) if ref in boxes), None)


class Tables:
    """Reads lists of Qt and GTK. Raises Refused("unsupported") where a list shows no cells."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._ordered: set[tuple[Ref, int]] = set()
        """Lists, with their number of columns, whose cells were seen to come row by row."""
        self._heads: dict[Ref, tuple[float, tuple[str, ...]]] = {}
        """Captions as they were a moment ago; a check before a commit reads them anew."""

    def grid(self, table: Ref, named: bool = True, anew: bool = False) -> Grid:
        """All cells by one call, checked against the list's own count of rows and columns.

        `named` False leaves the captions empty, for whoever counts rows only; `anew` takes none of a moment ago.
        """
        known = () if anew else self._just_read(table)
        if known:
            rows, found = self._bus.ask([shape_calls(table)[0], matching(table, w.CELLS)])
            cells = refs(found)
            if not isinstance(rows, Failed) and self._in_order(table, cells, int(rows[1]), len(known)):
                return Grid(known, tuple(cells), int(rows[1]))
        rows, columns, found = self._bus.ask([*shape_calls(table), matching(table, w.CELLS)])
        if isinstance(rows, Failed) or isinstance(columns, Failed):
            raise b.Refused("unsupported", "this list does not show its rows")
        height, width = int(rows[1]), int(columns[1])
        cells = refs(found)
        captions = self._captions(table, width) if named else ("",) * width
        if not self._in_order(table, cells, height, width):
            cells = self._one_by_one(table, height, width)
        return Grid(captions, tuple(cells), height)

    def rows(self, table: Ref, captions: Sequence[str], where: tuple[str, str] | None) -> b.Rows:
        """With `where`, the key column is read whole and then only the rows that match: also a second one.

        `where` = ("#selected", "true") gives the selected rows, without a look at the others.
        """
        wanted = [name for name in captions if name != TICK]
        selected = self._selected_rows(table)
        if where == (SELECTED, "true") and selected == set():
            return b.Rows(tuple(wanted), (), complete=False)
        grid = self.grid(table)
        columns = [grid.column(name) for name in wanted]
        selected = selected or set()
        chosen, keys = self._chosen(grid, selected, where)
        key = grid.column(where[0]) if where is not None and keys else -1
        asked = [(row, column) for row in chosen for column in columns if column != key]
        texts = dict(zip(asked, self._texts([grid.cell(*place) for place in asked])))
        texts |= {(row, key): text for row, text in keys.items()}
        ticked = self._ticks(table, grid, chosen) if TICK in captions else {}
        rows = tuple(
            b.Row(row, tuple(texts[row, column] for column in columns), ticked.get(row), row in selected)
            for row in chosen
        )
        return b.Rows(tuple(wanted), rows, complete=where is None or where[0] != SELECTED)

    def boxes(self, table: Ref) -> frozenset[Ref]:
        """All cells of a list that carry a tick."""
        return frozenset(refs(self._bus.ask_one(matching(table, w.CELLS, [w.CHECKABLE]))))

    def current(self, table: Ref, grid: Grid) -> tuple[int, int] | None:
        """Row and column of the cell on which a key would act."""
        focused = refs(self._bus.ask_one(matching(table, w.CELLS, [w.FOCUSED], 1)))
        if not focused or focused[0] not in grid.cells:
            return None
        return divmod(grid.cells.index(focused[0]), grid.width)

    # ---- inside ----------------------------------------------------------------------------------

    def _just_read(self, table: Ref) -> tuple[str, ...]:
        """The captions as they were a moment ago; empty if they were not read then."""
        read_at, captions = self._heads.get(table, (0.0, ()))
        return captions if time.monotonic() - read_at < _MOMENT_S else ()

    def _captions(self, table: Ref, width: int) -> tuple[str, ...]:
        asked = [Call(table, TABLE, "GetColumnDescription", "i", (at,)) for at in range(width)]
        captions = tuple("" if isinstance(head, Failed) else str(head) for head in self._bus.ask(asked))
        if len(self._heads) > _KEPT:
            self._heads.clear()
        self._heads[table] = (time.monotonic(), captions)
        return captions

    def _texts(self, cells: Sequence[Ref]) -> list[str]:
        return [text_reply(reply) for reply in self._bus.ask([name_of(ref) for ref in cells])]

    def _chosen(
        self, grid: Grid, selected: set[int], where: tuple[str, str] | None
    ) -> tuple[list[int], dict[int, str]]:
        """The rows to read, and what is known of them already: the cells by which they were chosen."""
        if where is None:
            return list(range(grid.height)), {}
        if where == (SELECTED, "true"):
            return sorted(row for row in selected if row < grid.height), {}
        column = grid.column(where[0])
        texts = self._texts([grid.cell(row, column) for row in range(grid.height)])
        keys = {row: text for row, text in enumerate(texts) if text == where[1]}
        return list(keys), keys

    def _selected_rows(self, table: Ref) -> set[int] | None:
        """None where the list cannot tell."""
        reply = self._bus.ask_one(Call(table, TABLE, "GetSelectedRows"))
        return None if isinstance(reply, Failed) else {int(row) for row in reply}

    def _ticks(self, table: Ref, grid: Grid, rows: Sequence[int]) -> dict[int, bool]:
        """Per row: whether it is ticked. Rows that cannot be ticked are left out."""
        can, does = (
            set(refs(reply))
            for reply in self._bus.ask(
                [
                    matching(table, w.CELLS, [w.CHECKABLE]),
                    matching(table, w.CELLS, [w.CHECKABLE, w.CHECKED]),
                ]
            )
        )
        ticks = {}
        for row in rows:
            box = next((ref for ref in grid.row(row) if ref in can), None)
            if box is not None:
                ticks[row] = box in does
        return ticks

    def _in_order(self, table: Ref, cells: Sequence[Ref], height: int, width: int) -> bool:
        """True if the cells are exactly height x width, row by row, judged once at three places."""
        if len(cells) != height * width:
            return False
        if (table, width) in self._ordered or not cells:
            return True
        places = sorted({0, len(cells) // 2, len(cells) - 1})
        replies = self._bus.ask(
            [Call(cells[at], PROPERTIES, "Get", "ss", (TABLE_CELL, "Position")) for at in places]
        )
        if not all(
            not isinstance(reply, Failed) and tuple(reply[1]) == divmod(at, width)
            for at, reply in zip(places, replies)
        ):
            return False
        if height > 1:
            self._ordered.add((table, width))
        return True

    def _one_by_one(self, table: Ref, height: int, width: int) -> list[Ref]:
        replies = self._bus.ask(
            [
                Call(table, TABLE, "GetAccessibleAt", "ii", (row, column))
                for row in range(height)
                for column in range(width)
            ]
        )
        if any(isinstance(reply, Failed) or reply[1] == w.NULL for reply in replies):
            raise b.Refused("unsupported", "this list does not show its cells")
        return [Ref(*reply) for reply in replies]
