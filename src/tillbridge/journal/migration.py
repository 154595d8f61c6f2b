"""Numbered SQL files that lead a journal from one shape to the next, and the copy that is made first.

The number of the last one is the file's `user_version`. Each runs in a transaction of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple

import apsw

from tillbridge.domain.errors import JournalError
from tillbridge.journal.disk import Disk

_NAME = re.compile(r"(?P<number>\d{4})_\w+\.sql")


class Migration(NamedTuple):
    number: int
    sql: str


def shipped() -> tuple[Migration, ...]:
    """The migrations of this program, in order from 1 without gaps."""
    found = []
    for file in files("tillbridge.journal").joinpath("schema").iterdir():
        match = _NAME.fullmatch(file.name)
        if match:
            found.append(Migration(int(match["number"]), file.read_text(encoding="utf-8")))
    return tuple(sorted(found))


def shape_of(connection: apsw.Connection) -> int:
    return int(connection.pragma("user_version"))


def migrate(connection: apsw.Connection, path: str, migrations: Sequence[Migration], disk: Disk) -> str:
    """Bring an older journal to the newest shape. Returns the path of the copy made first, or empty.

    Raises JournalError `newer` (with nothing touched) for a file made by a later program.
    """
    shape, newest = shape_of(connection), migrations[-1].number
    if shape > newest:
        raise JournalError("newer", path=path, file_version=shape, program_version=newest)
    if shape == newest:
        return ""
    copy = free_name(disk, f"{path}.before-{newest}")
    back_up(connection, copy, disk)
    run(connection, [each for each in migrations if each.number > shape])
    return copy


def run(connection: apsw.Connection, migrations: Sequence[Migration]) -> None:
    for migration in migrations:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(migration.sql)
            connection.pragma("user_version", migration.number)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def back_up(connection: apsw.Connection, target: str, disk: Disk) -> None:
    """A complete and durable copy of a journal that is in use, as one file. Raises FileExistsError."""
    if disk.exists(target):
        raise FileExistsError(target)
    copy = apsw.Connection(target)
    try:
        with copy.backup("main", connection, "main") as backup:
            backup.step()
    finally:
        copy.close()
    disk.sync(target)


def free_name(disk: Disk, wanted: str) -> str:
    """`wanted`, or with the first number behind it that is not taken."""
    name, number = wanted, 1
    while disk.exists(name):
        number += 1
        name = f"{wanted}-{number}"
    return name
