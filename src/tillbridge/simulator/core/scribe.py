"""The one hand that writes the books, with the ids it gives out. Shared by the counter, the pages and the network.

It must not decide anything: it numbers, dates and writes what it is told.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

from tillbridge.simulator.core.books import Books, Record
from tillbridge.simulator.core.entries import Entry, Kind
from tillbridge.simulator.core.settings import OnRepeat, Settings


class Refusal(Exception):
    """The network says no and nothing happened. `status` is the HTTP status, `facts` what the caller may need."""

    def __init__(self, code: str, status: int = 409, **facts: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.facts = facts


class Scribe:
    """Books, settings and the ids that come out of the seed."""

    def __init__(self, settings: Settings, entries: Iterable[Entry] = ()) -> None:
        self.settings = settings
        self.books = Books.replay(entries)

    def word(self, purpose: str, of: str | int, length: int = 16) -> str:
        """A capital-letter word that only this seed gives: ids, codes, tokens."""
        digest = hashlib.sha256(f"{self.settings.seed}/{purpose}/{of}".encode()).digest()
        return base64.b32encode(digest).decode()[:length]

    def digits(self, purpose: str, of: str) -> str:
        """Six digits that only this seed gives: an approval code as banks print it."""
        digest = hashlib.sha256(f"{self.settings.seed}/{purpose}/{of}".encode()).digest()
        return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"

    def chance(self, purpose: str, of: str | int, ppm: int) -> bool:
        """True for `ppm` of a million draws; the same draw always falls the same way."""
        digest = hashlib.sha256(f"{self.settings.seed}/{purpose}/{of}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % 1_000_000 < ppm

    def new_ref(self) -> str:
        return "SIM" + self.word("record", len(self.books.records), 13)

    def write(self, kind: Kind, now_ms: int, **fields: str | int) -> Entry:
        """Add one line. Time never runs backwards in the books."""
        last = self.books.entries[-1].at_ms if self.books.entries else 0
        return self.books.add(Entry(seq=0, at_ms=max(now_ms, last), kind=kind, **fields))  # type: ignore[arg-type]

    def keep_card(self, record: Record, now_ms: int) -> None:
        """The card of this record may be charged again by the word that is given out here."""
        self.write(
            Kind.TOKEN, now_ms, provider_ref=record.provider_ref, reference=record.reference,
            token="TOK" + self.word("token", record.provider_ref, 13), brand=record.brand, last4=record.last4,
            expiry=record.expiry,
        )  # fmt: skip

    def repeat_of(self, reference: str, fingerprint: str, now_ms: int) -> Record | None:
        """The record that an earlier request with this reference made, or None when this one is new.

        Raises Refusal: reference_killed, duplicate_reference, idempotency_mismatch.
        """
        habit = self.settings.on_repeat
        earlier = self.books.of_reference(reference)
        if reference in self.books.killed and self.settings.kill_blocks:
            if earlier and habit is OnRepeat.SAME_ANSWER and earlier[-1].fingerprint == fingerprint:
                return earlier[-1]
            self.write(Kind.REFUSED, now_ms, reference=reference, code="reference_killed")
            raise Refusal("reference_killed")
        if not earlier or habit is OnRepeat.CHARGED_AGAIN:
            return None
        if habit is OnRepeat.REFUSED:
            raise Refusal("duplicate_reference")
        if earlier[-1].fingerprint != fingerprint:
            raise Refusal("idempotency_mismatch")
        return earlier[-1]
