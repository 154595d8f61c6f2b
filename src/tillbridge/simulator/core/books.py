"""The books: every line ever written, and what the lines add up to. `add` is the only way to change them.

    captured - voided - refunded - returned - lost in disputes  =  what the merchant keeps

It is never negative for any record. A refund that bounced is the merchant's again.

This file must not decide whether an operation is allowed (`network.py` does); it refuses lines that
break the laws of money, so that a bug elsewhere stops loudly instead of inventing money.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
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
    tip: int = 0
    receipt: str = ""
    expiry: str = ""
    queued: str = ""
    queued_ms: int = 0
    settled_ms: int = 0
    rejected: bool = False
    offline: bool = False
    lost: int = 0
    round: int = 1
    later: str = ""
    keep: bool = False
    tries: int = 0
    payer: str = ""
    invoice: str = ""
    read_at_ms: int = 0
    expires_ms: int = 0
    sec_code: str = ""
    mandate: str = ""
    disputes: dict[str, int] = field(default_factory=dict)
    """Open cases and what each is about."""

    @property
    def took_money(self) -> bool:
        """True for a sale, deposit or token charge whose money was taken (also when given back since)."""
        return not self.of and self.state in {State.APPROVED, State.PENDING} and self.amount > 0

    @property
    def left(self) -> int:
        """What can still be given back, in minor units."""
        return self.amount - self.given_back - self.returned - self.lost if self.took_money else 0

    @property
    def bounces(self) -> int:
        """What of a refund can still come back to the merchant, in minor units."""
        return self.amount - self.returned if self.of and self.operation == "refund" else 0

    @property
    def voidable(self) -> bool:
        """Whole and before settlement only: nothing given back yet. A held authorization can be let go."""
        if self.of or self.voided or self.batch or self.queued or self.disputes:
            return False
        return self.state is State.AUTHORIZED or (self.took_money and self.left == self.amount)


class Books:
    """Append-only lines and the records, sums and tokens they add up to."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.records: dict[str, Record] = {}
        self.killed: set[str] = set()
        self.batches: set[str] = set()
        self.tokens: dict[str, tuple[str, str, str]] = {}
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
        """Records that are to be settled, in a batch already or not: captured or refunded, not voided."""
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
                self.tokens[entry.token] = (entry.brand, entry.last4, entry.expiry)
                if entry.provider_ref:
                    self.records[entry.provider_ref].token = entry.token
            case Kind.TOKEN_GONE:
                self.tokens.pop(entry.token, None)
            case Kind.QUEUED | Kind.SETTLED | Kind.REJECTED:
                self._batched(entry)
            case Kind.REFUSED | Kind.CHANGE | Kind.FEE | Kind.BATCH:
                pass
            case Kind.TRIED:
                self.records[entry.provider_ref].tries += 1
            case kind if kind in _LATER:
                self._apply_later(entry)
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
            unlisted_until_ms=entry.hidden_until_ms, keep=bool(entry.keep), payer=entry.payer,
            invoice=entry.invoice, read_at_ms=entry.read_at_ms, expires_ms=entry.expires_ms,
            sec_code=entry.sec_code, mandate=entry.mandate,
        )  # fmt: skip
        self.records[entry.provider_ref] = record
        self._by_reference[entry.reference].append(record)
        if entry.kind is not Kind.STARTED:
            record.state, record.amount, record.decided_ms = State.APPROVED, entry.amount, entry.at_ms
            record.brand, record.last4, record.by = entry.brand, entry.last4, entry.by
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
        if entry.amount - entry.tip > record.asked or not 0 <= entry.tip <= max(entry.amount, 0):
            raise BrokenLaw(f"{entry.amount} taken where {record.asked} was asked")
        record.state = {
            Kind.AUTHORIZED: State.AUTHORIZED, Kind.CAPTURE: State.APPROVED, Kind.PENDING: State.PENDING,
            Kind.STORED: State.APPROVED, Kind.DECLINED: State.DECLINED, Kind.CANCELLED: State.CANCELLED,
        }[entry.kind]  # fmt: skip
        record.decided_ms = entry.at_ms
        record.amount, record.tip, record.later = entry.amount, entry.tip, entry.later
        record.silent_until_ms = entry.hidden_until_ms
        record.by, record.code, record.retry, record.text = entry.by, entry.code, entry.retry, entry.text
        if entry.kind is not Kind.CANCELLED:
            for name in ("auth_code", "brand", "last4", "entry_mode", "receipt", "expiry"):
                setattr(record, name, getattr(entry, name) or getattr(record, name))
        record.offline = entry.kind is Kind.PENDING and entry.by == "terminal"
        if record.took_money and not record.offline:
            self._unsettled[record.provider_ref] = record

    def _batched(self, entry: Entry) -> None:
        """Into a batch, and through it or not."""
        record = self._unsettled.get(entry.provider_ref)
        if (
            record is None
            or entry.amount != record.amount
            or (record.queued and record.queued != entry.batch)
        ):
            raise BrokenLaw(f"{entry.provider_ref} is not waiting for batch {entry.batch}")
        self.batches.add(entry.batch)
        if entry.kind is Kind.QUEUED:
            if record.queued:
                raise BrokenLaw(f"{entry.provider_ref} is in a batch already")
            record.queued, record.queued_ms = entry.batch, entry.at_ms
            return
        del self._unsettled[entry.provider_ref]
        if entry.kind is Kind.SETTLED:
            record.batch, record.settled_ms = entry.batch, entry.at_ms
            record.state = State.APPROVED
        else:
            record.rejected, record.code = True, entry.code
            self._back(record, entry.amount)

    def _back(self, record: Record, amount: int) -> None:
        """The banks undo it: a sale's money is not the merchant's any more, a refund's is his again."""
        record.returned += amount
        if record.of:
            self.records[record.of].given_back -= amount

    def _apply_later(self, entry: Entry) -> None:
        """What banks do days after. Raises BrokenLaw."""
        record = self.records[entry.provider_ref]
        match entry.kind:
            case Kind.CLEARED if record.offline and record.state is State.PENDING and record.left > 0:
                record.state = State.APPROVED
                self._unsettled[record.provider_ref] = record
            case Kind.RETURNED if self._may_return(record) and 0 < entry.amount <= (
                record.left or record.bounces
            ):
                record.code = entry.code
                self._back(record, entry.amount)
            case Kind.RE_PRESENTED if not record.of and record.batch and 0 < entry.amount == record.returned:
                record.returned, record.round = 0, record.round + 1
            case Kind.DISPUTE_OPENED if entry.case not in record.disputes and self._disputable(
                record, entry.amount
            ):
                record.disputes[entry.case] = entry.amount
            case Kind.DISPUTE_WON if entry.case in record.disputes:
                del record.disputes[entry.case]
            case Kind.DISPUTE_LOST if entry.case in record.disputes and 0 <= entry.amount <= record.left:
                del record.disputes[entry.case]
                record.lost += entry.amount
            case _:
                raise BrokenLaw(f"{entry.kind} of {entry.provider_ref} cannot be")

    def _may_return(self, record: Record) -> bool:
        return bool(record.batch) or (record.offline and record.state is State.PENDING)

    def _disputable(self, record: Record, amount: int) -> bool:
        return bool(record.batch) and 0 < amount <= record.left - sum(record.disputes.values())


def _due(record: Record, kind: Kind) -> int:
    """What a batch carries of a record; rejected is what was still the merchant's (of a refund: what was gone)."""
    if kind is not Kind.REJECTED:
        return record.amount
    return record.bounces if record.of else record.left


_LATER = frozenset(
    {Kind.CLEARED, Kind.RETURNED, Kind.RE_PRESENTED, Kind.DISPUTE_OPENED, Kind.DISPUTE_WON, Kind.DISPUTE_LOST}
)
