"""The books: every line ever written, and what the lines add up to. `add` is the only way to change them.

    captured - voided - refunded - returned  =  what the merchant keeps, and it is never negative for any record

This file must not decide whether an operation is allowed (`network.py` does); it refuses lines that
break the laws of money, so that a bug elsewhere stops loudly instead of inventing money.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from tillbridge.simulator.core.entries import Entry, Kind


class State(StrEnum):
    """Where one record stands. A void or refund is a record of its own."""

    RUNNING = "running"
    AUTHORIZED = "authorized"
    APPROVED = "approved"
    PENDING = "pending"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class BrokenLaw(Exception):
    """A line that would break a law of money. Never expected: it shows a bug in the simulator."""


@dataclass(slots=True)
class Record:
    """What the lines say about one attempt, void or refund. Amounts are minor units of `currency`."""

    provider_ref: str
    reference: str
    operation: str
    entry: str
    asked: int
    currency: str
    started_ms: int
    terminal: str = ""
    of: str = ""
    state: State = State.RUNNING
    amount: int = 0
    given_back: int = 0
    returned: int = 0
    voided: bool = False
    batch: str = ""
    decided_ms: int = 0
    unlisted_until_ms: int = 0
    silent_until_ms: int = 0
    void_ref: str = ""
    auth_code: str = ""
    brand: str = ""
    last4: str = ""
    entry_mode: str = ""
    token: str = ""
    by: str = ""
    code: str = ""
    retry: str = ""
    text: str = ""
    fingerprint: str = ""

    @property
    def took_money(self) -> bool:
        """True for a sale, deposit or token charge whose money was taken (also when given back since)."""
        return not self.of and self.state in {State.APPROVED, State.PENDING} and self.amount > 0

    @property
    def left(self) -> int:
        """What can still be given back, in minor units."""
        return self.amount - self.given_back - self.returned if self.took_money else 0

    @property
    def voidable(self) -> bool:
        """Whole and before settlement only: nothing given back yet. A held authorization can be let go."""
        if self.of or self.voided or self.batch:
            return False
        return self.state is State.AUTHORIZED or (self.took_money and self.left == self.amount)


class Books:
    """Append-only lines and the records, sums and tokens they add up to."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.records: dict[str, Record] = {}
        self.killed: set[str] = set()
        self.batches = 0
        self.tokens: dict[str, tuple[str, str]] = {}
        self._by_reference: defaultdict[str, list[Record]] = defaultdict(list)
        self._unsettled: dict[str, Record] = {}

    @classmethod
    def replay(cls, entries: Iterable[Entry]) -> Books:
        """Build the books again from their lines. Raises BrokenLaw if the lines are not a history."""
        books = cls()
        for entry in entries:
            books._append(entry)
        return books

    def add(self, entry: Entry) -> Entry:
        """Write one line (its `seq` is given here) and return it. Raises BrokenLaw."""
        numbered = replace(entry, seq=len(self.entries) + 1)
        self._append(numbered)
        return numbered

    def of_reference(self, reference: str) -> list[Record]:
        """All records that carry this reference, oldest first: one, unless repeats are charged again."""
        return self._by_reference.get(reference, [])

    def unsettled(self) -> list[Record]:
        """Records that the next batch will settle: captured or refunded, not voided."""
        return list(self._unsettled.values())

    def balance(self) -> int:
        """What the merchant keeps, in minor units, over all records."""
        return sum(record.left for record in self.records.values())

    def _append(self, entry: Entry) -> None:
        if entry.seq != len(self.entries) + 1:
            raise BrokenLaw(f"line {entry.seq} where {len(self.entries) + 1} was due")
        self._apply(entry)
        self.entries.append(entry)

    def _apply(self, entry: Entry) -> None:
        match entry.kind:
            case Kind.STARTED | Kind.REFUND | Kind.VOID:
                self._apply_new(entry)
            case Kind.KILL:
                self.killed.add(entry.reference)
            case Kind.TOKEN:
                self.tokens[entry.token] = (entry.brand, entry.last4)
                if entry.provider_ref:
                    self.records[entry.provider_ref].token = entry.token
            case Kind.TOKEN_GONE:
                self.tokens.pop(entry.token, None)
            case Kind.SETTLED:
                self._settle(entry)
            case Kind.RETURNED:
                self._return(entry)
            case Kind.BATCH:
                self.batches += 1
            case Kind.REFUSED:
                pass
            case _:
                self._decide(entry)

    def _apply_new(self, entry: Entry) -> None:
        if entry.provider_ref in self.records:
            raise BrokenLaw(f"{entry.provider_ref} already exists")
        if entry.kind is not Kind.STARTED:
            self._give_back(entry)
        record = Record(
            provider_ref=entry.provider_ref, reference=entry.reference, operation=entry.operation,
            entry=entry.entry, asked=entry.asked, currency=entry.currency, started_ms=entry.at_ms,
            terminal=entry.terminal, of=entry.of, fingerprint=entry.fingerprint,
            unlisted_until_ms=entry.hidden_until_ms,
        )  # fmt: skip
        self.records[entry.provider_ref] = record
        self._by_reference[entry.reference].append(record)
        if entry.kind is not Kind.STARTED:
            record.state, record.amount, record.decided_ms = State.APPROVED, entry.amount, entry.at_ms
            record.brand, record.last4 = entry.brand, entry.last4
        if entry.kind is Kind.REFUND:
            self._unsettled[record.provider_ref] = record

    def _give_back(self, entry: Entry) -> None:
        parent = self.records[entry.of]
        if entry.kind is Kind.VOID:
            if not parent.voidable:
                raise BrokenLaw(f"{entry.of} cannot be voided")
            parent.voided = True
            parent.void_ref = entry.provider_ref
            parent.given_back = parent.amount
            self._unsettled.pop(parent.provider_ref, None)
            return
        if not 0 < entry.amount <= parent.left:
            raise BrokenLaw(f"refund of {entry.amount} where {parent.left} is left")
        parent.given_back += entry.amount

    def _decide(self, entry: Entry) -> None:
        record = self.records[entry.provider_ref]
        if record.state not in {State.RUNNING, State.AUTHORIZED}:
            raise BrokenLaw(f"{entry.provider_ref} was already {record.state}")
        if entry.amount > record.asked or entry.amount < 0:
            raise BrokenLaw(f"{entry.amount} taken where {record.asked} was asked")
        record.state = {
            Kind.AUTHORIZED: State.AUTHORIZED, Kind.CAPTURE: State.APPROVED, Kind.PENDING: State.PENDING,
            Kind.STORED: State.APPROVED, Kind.DECLINED: State.DECLINED, Kind.CANCELLED: State.CANCELLED,
        }[entry.kind]  # fmt: skip
        record.decided_ms = entry.at_ms
        record.amount = entry.amount
        record.silent_until_ms = entry.hidden_until_ms
        record.by, record.code, record.retry, record.text = entry.by, entry.code, entry.retry, entry.text
        if entry.kind is not Kind.CANCELLED:
            record.auth_code = entry.auth_code or record.auth_code
            record.brand, record.last4 = entry.brand or record.brand, entry.last4 or record.last4
            record.entry_mode = entry.entry_mode or record.entry_mode
        if record.took_money:
            self._unsettled[record.provider_ref] = record

    def _settle(self, entry: Entry) -> None:
        record = self._unsettled.pop(entry.provider_ref, None)
        if record is None or entry.amount != record.amount:
            raise BrokenLaw(f"{entry.provider_ref} is not waiting for a batch")
        record.batch = entry.batch
        if record.state is State.PENDING:
            record.state = State.APPROVED

    def _return(self, entry: Entry) -> None:
        record = self.records[entry.provider_ref]
        if not record.batch or not 0 < entry.amount <= record.left:
            raise BrokenLaw(f"{entry.provider_ref} cannot be returned")
        record.returned += entry.amount
        record.code = entry.code
