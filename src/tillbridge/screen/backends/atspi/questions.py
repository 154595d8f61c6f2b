"""Checks as questions: what one call each will settle, found out before the acts begin. Judges, never acts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tillbridge.screen import backend as b
from tillbridge.screen.backends.atspi import words as w
from tillbridge.screen.backends.atspi.bus import Call, Ref, Reply
from tillbridge.screen.backends.atspi.find import matching
from tillbridge.screen.backends.atspi.reading import Reader, value_of, value_reply
from tillbridge.screen.backends.atspi.table import TABLE, Grid, Tables, tick_column
from tillbridge.screen.backends.atspi.tops import bits, name_of, ref_of, refs, state_of, text_reply


@dataclass(frozen=True, slots=True)
class Question:
    """The one call that settles a check, and how its reply becomes the text to compare."""

    check: b.Check
    call: Call
    seen: Callable[[Reply], str]


@dataclass(slots=True)
class _Lists:
    """What was found out about lists for one burst, so that each is asked only once."""

    grids: dict[Ref, Grid]
    boxes: dict[Ref, frozenset[Ref]]
    named: frozenset[Ref]
    """Lists of which a check names a column."""


class Questions:
    """Makes questions of checks. Raises Refused for a row or column that is not there."""

    def __init__(self, reader: Reader, tables: Tables) -> None:
        self._reader = reader
        self._tables = tables

    def of(self, checks: Sequence[b.Check]) -> list[Question]:
        controls = [ref_of(check.node) for check in checks]
        roles = self._reader.roles(controls)
        named = {ref for check, ref in zip(checks, controls) if check.facet == "row_text"}
        lists = _Lists({}, {}, frozenset(named))
        return [self._question(*each, lists) for each in zip(checks, controls, roles)]

    def _question(self, check: b.Check, ref: Ref, role: int, lists: _Lists) -> Question:
        match check.facet:
            case "text" if role in w.BRANCHED:
                return Question(check, *self._reader.trees.question(ref, role, check.accepted))
            case "text":
                return Question(
                    check, value_of(ref, role, check.accepted), lambda reply: value_reply(role, reply)
                )
            case "checked":
                return Question(check, state_of(ref), lambda reply: _word(reply, w.CHECKED))
            case "enabled":
                return Question(check, state_of(ref), lambda reply: _word(reply, w.ENABLED, w.SENSITIVE))
            case "read_only":
                return Question(check, state_of(ref), lambda reply: _word(reply, w.READ_ONLY))
            case "row_selected":
                call = Call(ref, TABLE, "IsRowSelected", "i", (check.row,))
                return Question(check, call, lambda reply: "true" if reply is True else "false")
            case "row_text" | "row_ticked":
                return self._row_question(check, ref, lists)

    def _row_question(self, check: b.Check, table: Ref, lists: _Lists) -> Question:
        if table not in lists.grids:
            lists.grids[table] = self._tables.grid(table, named=table in lists.named, anew=True)
        grid = lists.grids[table]
        if not 0 <= check.row < grid.height:
            raise b.Refused("no_such_row", f"{check.row} of {grid.height}")
        if check.facet == "row_text":
            return Question(check, name_of(grid.cell(check.row, grid.column(check.column))), text_reply)
        if table not in lists.boxes:
            lists.boxes[table] = self._tables.boxes(table)
        column = tick_column(grid, check.row, lists.boxes[table])
        if column is None:
            raise b.Refused("no_tick")
        box = grid.cell(check.row, column)
        # The same call for all rows of a list: it is sent once.
        ticked = matching(table, w.CELLS, [w.CHECKED])
        return Question(check, ticked, lambda reply: "true" if box in refs(reply) else "false")


def calls_of(questions: Sequence[Question]) -> list[Call]:
    """The calls to send, each once."""
    return list({repr(question.call): question.call for question in questions}.values())


def differences(questions: Sequence[Question], replies: Sequence[Reply]) -> tuple[b.Difference, ...]:
    """The checks whose replies (to `calls_of`, in that order) are none of their accepted spellings."""
    by_call = {repr(call): reply for call, reply in zip(calls_of(questions), replies)}
    found = []
    for question in questions:
        seen = question.seen(by_call[repr(question.call)])
        if seen not in question.check.accepted:
            found.append(b.Difference(question.check, seen))
    return tuple(found)


def _word(reply: Reply, *wanted: int) -> str:
    return "true" if w.has(bits(reply), *wanted) else "false"
