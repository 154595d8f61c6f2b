"""What desks share, saved from a damaged journal: each row that can still be read, and nothing made up.

No event says these rows, so there is no chain to verify them by; SQLite's own structure and the tables' rules are all.
A card whose consent is lost is left out: it may not be charged. After a salvage each terminal is seen idle before it is
armed, since nobody knows what was lost.
"""

from __future__ import annotations

import contextlib
from typing import Any

import apsw

from tillbridge.journal.site_rows import COLUMNS, insert, select

Left = dict[str, list[tuple[Any, ...]]]
"""Rows by table, in the order in which they were written."""


def read_left(connection: apsw.Connection) -> Left:
    """Row by row, so that a broken page takes only its own with it; nothing from a file of an older shape."""
    return {table: _rows(connection, table) for table in COLUMNS}


def _rows(connection: apsw.Connection, table: str) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    with contextlib.suppress(apsw.Error, UnicodeDecodeError):  # what comes behind a broken page is lost
        rows.extend(connection.execute(select(table)))
    return rows


def write_left(connection: apsw.Connection, left: Left) -> None:
    """Into a new journal. A row that its table refuses is left out."""
    for table in COLUMNS:
        for row in left.get(table, ()):
            with contextlib.suppress(apsw.ConstraintError, apsw.MismatchError):
                connection.execute(insert(table), row)
    connection.execute("UPDATE lease SET needs_idle = 1")
