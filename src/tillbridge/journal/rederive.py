"""Making everything derived again from the events, when a new version of the program derives it in another way.

The events themselves are not touched. A copy of the file is made first, as for a migration.
"""

from __future__ import annotations

import itertools

import apsw

from tillbridge.domain.errors import ImpossibleEvent, JournalError
from tillbridge.domain.fold import fold
from tillbridge.domain.payment import Payment, holds
from tillbridge.journal import chain, statements
from tillbridge.journal.derived import DERIVATION, markers_of, references_of, row_of
from tillbridge.journal.disk import Disk
from tillbridge.journal.migration import back_up, free_name


def rederive(connection: apsw.Connection, path: str, disk: Disk) -> str:
    """Returns the path of the copy made first, or empty if there was nothing to do.

    Raises JournalError `newer` for a file derived by a later program, `damaged` if the events do not fold.
    """
    found = int(str(connection.execute("SELECT value FROM meta WHERE name = 'derivation'").get or 0))
    if found > DERIVATION:
        raise JournalError("newer", path=path, file_version=found, program_version=DERIVATION)
    if found == DERIVATION:
        return ""
    copy = free_name(disk, f"{path}.before-derivation-{DERIVATION}")
    back_up(connection, copy, disk)
    connection.execute("BEGIN IMMEDIATE")
    try:
        _all_again(connection, path)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return copy


def _all_again(connection: apsw.Connection, path: str) -> None:
    for table in ("hold", "reference", "marker", "payment"):
        connection.execute(f"DELETE FROM {table}")
    query = f"SELECT {chain.COLUMNS} FROM event ORDER BY payment_id, seq"
    for payment_id, group in itertools.groupby(connection.execute(query), key=lambda row: str(row[1])):
        rows: list[chain.EventRow] = list(group)
        try:
            payment = fold(payment_id, (chain.event_of(row) for row in rows))
        except (ImpossibleEvent, ValueError, KeyError, TypeError) as error:
            raise JournalError("damaged", path=path, reason="fold", seq=rows[-1][0]) from error
        assert payment is not None
        _write(connection, payment, rows[0][0], rows[-1][0])
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('derivation', ?)", (str(DERIVATION),))


def _write(connection: apsw.Connection, payment: Payment, first: int, last: int) -> None:
    name = payment.payment_id
    connection.execute(statements.NEW_PAYMENT, (name, first, last, *row_of(payment)))
    for reference in references_of(payment):
        connection.execute(statements.REFERENCE, (reference, name))
    for marker in markers_of(payment):
        connection.execute(statements.MARKER, (marker, name))
    for scope, minor in holds(payment).items():
        connection.execute(statements.HOLD, (scope, name, minor))
