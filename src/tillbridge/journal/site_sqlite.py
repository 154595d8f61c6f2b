"""The site store in the journal's own file, over the journal's one connection.

So a lease moves in the very transaction of the events that it belongs to, and the same settings, lock, backup and
salvage hold for both (ADR 0052). It never opens a file of its own. Leases are looked at with every event of a payment,
so they are kept in memory, too: only what was committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import apsw

from tillbridge.domain.errors import JournalError
from tillbridge.domain.lease import Lease, LeaseStep, moved
from tillbridge.journal.connect import trouble
from tillbridge.journal.site_refusals import known, new_card, new_consent, refuse_card_numbers
from tillbridge.journal.site_rows import (
    card_of,
    consent_of,
    insert,
    lease_of,
    row_of_card,
    row_of_consent,
    row_of_lease,
    select,
)
from tillbridge.journal.site_salvage import Left, write_left
from tillbridge.ports.site_store import Consent, StoredCard

Rows = list[tuple[Any, ...]]

_MOVE = insert("lease")


class SqliteSiteStore:
    """Made by the journal. `refuse`: raises what the journal refuses everything with since its disk failed.
    `noticed`: tells the journal of a failure here."""

    def __init__(
        self,
        connection: apsw.Connection,
        path: str,
        refuse: Callable[[], None],
        noticed: Callable[[JournalError], JournalError],
    ) -> None:
        self._connection = connection
        self._path = path
        self._refuse = refuse
        self._noticed = noticed
        self._leases: dict[str, Lease | None] = {}
        self._moved: list[Lease] = []
        """In the transaction that is under way."""

    # ---- consents

    def add_consent(self, consent: Consent) -> None:
        with self._transaction():
            if new_consent(consent, self.consent(consent.consent_id)):
                self._run(insert("consent"), row_of_consent(consent))

    def consent(self, consent_id: str) -> Consent | None:
        rows = self._all(f"{select('consent')} WHERE consent_id = ?", consent_id)
        return consent_of(rows[0]) if rows else None

    def consents_of(self, software: str, account_id: str) -> Sequence[Consent]:
        mine = f"{select('consent')} WHERE software = ? AND account_id = ? ORDER BY number DESC"
        return tuple(consent_of(row) for row in self._all(mine, software, account_id))

    def revoke_consent(self, consent_id: str, by: str, at_wall_ms: int) -> None:
        refuse_card_numbers(by)
        with self._transaction():
            if known(self.consent(consent_id), consent_id).holds:
                end = "UPDATE consent SET revoked_wall_ms = ?, revoked_by = ? WHERE consent_id = ?"
                self._run(end, (at_wall_ms, by, consent_id))

    # ---- stored cards

    def add_card(self, card: StoredCard, replaces: str = "") -> None:
        with self._transaction():
            if not new_card(card, self.card(card.card_id)):
                return
            known(self.consent(card.consent_id), card.consent_id)
            if replaces:
                known(self.card(replaces), replaces)
            self._run(insert("stored_card"), row_of_card(card))
            replaced = "UPDATE stored_card SET replaced_by = ? WHERE card_id = ?"
            self._run(replaced, (card.card_id, replaces))

    def card(self, card_id: str) -> StoredCard | None:
        rows = self._all(f"{select('stored_card')} WHERE card_id = ?", card_id)
        return card_of(rows[0]) if rows else None

    def cards_of(self, software: str, account_id: str) -> Sequence[StoredCard]:
        mine = f"{select('stored_card')} WHERE software = ? AND account_id = ? ORDER BY number DESC"
        found = (card_of(row) for row in self._all(mine, software, account_id))
        return tuple(card for card in found if card.usable)

    def delete_card(self, card_id: str, at_wall_ms: int) -> None:
        with self._transaction():
            if known(self.card(card_id), card_id).deleted_wall_ms is None:
                gone = "UPDATE stored_card SET token = '', deleted_wall_ms = ? WHERE card_id = ?"
                self._run(gone, (at_wall_ms, card_id))

    # ---- settlement

    def cursor(self, account: str) -> str:
        rows = self._all("SELECT cursor FROM settlement_cursor WHERE account = ?", account)
        return str(rows[0][0]) if rows else ""

    def set_cursor(self, account: str, cursor: str) -> None:
        with self._transaction():
            self._run(insert("settlement_cursor"), (account, cursor))

    # ---- terminals

    def lease(self, terminal: str) -> Lease | None:
        if terminal not in self._leases:
            rows = self._all(f"{select('lease')} WHERE terminal = ?", terminal)
            self._leases[terminal] = lease_of(rows[0]) if rows else None
        return self._leases[terminal]

    def leases(self) -> Sequence[Lease]:
        return tuple(lease_of(row) for row in self._all(f"{select('lease')} ORDER BY terminal"))

    def move_lease(self, step: LeaseStep) -> Lease:
        with self._transaction():
            return self.move_within(step)

    def move_within(self, step: LeaseStep) -> Lease:
        """Inside a transaction that the journal has begun, and ends with `ended`."""
        after = moved(self.lease(step.terminal), step)
        self._run(_MOVE, row_of_lease(after))
        self._moved.append(after)
        return after

    def ended(self, *, committed: bool) -> None:
        """The transaction is over: what was moved in it counts, or never was."""
        if committed:
            self._leases.update({lease.terminal: lease for lease in self._moved})
        self._moved.clear()

    # ---- the file

    def close(self) -> None:
        """The journal let its file go: nothing is answered from memory any more."""
        self._leases.clear()

    def write_left(self, left: Left) -> None:
        """What a salvage saved, into a new journal."""
        with self._transaction():
            write_left(self._connection, left)
        self._leases.clear()

    def _run(self, statement: str, bindings: tuple[Any, ...]) -> None:
        self._connection.execute(statement, bindings)

    def _all(self, query: str, *bindings: str) -> Rows:
        try:
            return self._connection.execute(query, bindings).fetchall()
        except apsw.Error as error:
            raise self._noticed(trouble(error, self._path)) from error
        except UnicodeEncodeError:
            return []  # a text that no row can hold

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """One durable transaction. Nothing is left of one that failed."""
        self._refuse()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
                self.ended(committed=True)
            except BaseException:
                self.ended(committed=False)
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        except apsw.Error as error:
            raise self._noticed(trouble(error, self._path)) from error
        except UnicodeEncodeError as error:
            raise JournalError("text_unwritable", path=self._path) from error
