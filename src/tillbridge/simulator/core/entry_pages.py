"""Entry sessions: the network's own page where a client types a card or bank account number.

The numbers stay in this call: the books get a brand and four digits. Only the published test numbers are
taken, so that nobody types a real card into a toy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tillbridge.simulator.core.books import Record, State
from tillbridge.simulator.core.entries import Kind
from tillbridge.simulator.core.magic import EXPIRY, REASONS, TEST_ACCOUNTS, TEST_CARDS, Deed, Magic
from tillbridge.simulator.core.scribe import Refusal, Scribe

_ENTRIES = {
    ("card", "page"): "keyed_card",
    ("bank", "page"): "keyed_ach",
    ("card", "link"): "link",
    ("bank", "link"): "link",
}


LINK_TRIES = 5
"""So many cards may be declined on a link before it is over; on the clinic's own page each is an attempt of its own."""


class Wish(Protocol):
    """What a page or link is opened for (a `Sale`)."""

    @property
    def reference(self) -> str: ...
    @property
    def amount(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def keep_card(self) -> bool: ...
    @property
    def payer(self) -> str: ...
    @property
    def invoice(self) -> str: ...
    @property
    def read_at_ms(self) -> int: ...
    @property
    def expires_in_ms(self) -> int: ...
    @property
    def sec_code(self) -> str: ...
    @property
    def mandate(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Session:
    """One open page. `session_id` is a secret word: who knows it may pay. `expires_ms` is absolute."""

    session_id: str
    provider_ref: str
    kind: str
    expires_ms: int


class EntryPages:
    """All open entry sessions. After a restart they are found again in the books."""

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe
        self._open: dict[str, Session] = {}
        self._all: dict[str, str] = {}
        for record in scribe.books.records.values():
            if not record.terminal and not record.of and record.entry in _ENTRIES.values():
                session = self._of(record, _kind_of(record))
                self._all[session.session_id] = record.provider_ref
                if record.state is State.RUNNING:
                    self._open[session.session_id] = session

    def open(self, wish: Wish, kind: str, where: str, now_ms: int) -> Session:
        """Raises Refusal: invalid_request, or those of a repeated reference."""
        if (kind, where) not in _ENTRIES:
            raise Refusal("invalid_request", 400, field="kind")
        if (wish.kind == "store_card" or wish.keep_card) and kind != "card":
            raise Refusal("unsupported", 400, field="kind")
        fingerprint = f"{kind}|{where}|{wish.amount}|{wish.currency}"
        record = self._scribe.repeat_of(wish.reference, fingerprint, now_ms)
        if record is not None:
            return self._of(record, kind)
        settings = self._scribe.settings
        life_ms = wish.expires_in_ms or (settings.link_life_ms if where == "link" else settings.entry_life_ms)
        entry = self._scribe.write(
            Kind.STARTED, now_ms, reference=wish.reference, provider_ref=self._scribe.new_ref(),
            operation=wish.kind, entry=_ENTRIES[kind, where], asked=wish.amount, currency=wish.currency,
            fingerprint=fingerprint, keep=int(wish.keep_card), payer=wish.payer, invoice=wish.invoice,
            read_at_ms=wish.read_at_ms, expires_ms=now_ms + life_ms, sec_code=wish.sec_code, mandate=wish.mandate,
        )  # fmt: skip
        session = self._of(self._scribe.books.records[entry.provider_ref], kind)
        self._open[session.session_id] = session
        self._all[session.session_id] = entry.provider_ref
        return session

    def record_of(self, session_id: str) -> Record:
        """What a page was for, also when it is over. Raises Refusal session_over for a word that was never one."""
        if session_id not in self._all:
            raise Refusal("session_over", 404)
        return self._scribe.books.records[self._all[session_id]]

    def session(self, session_id: str) -> tuple[Session, Record]:
        """Raises Refusal session_over."""
        if session_id not in self._open:
            raise Refusal("session_over", 404)
        session = self._open[session_id]
        return session, self._scribe.books.records[session.provider_ref]

    def submit(self, session_id: str, number: str, now_ms: int) -> Record:
        """The client pressed Pay. Raises Refusal: session_over, not_a_test_card."""
        session, record = self.session(session_id)
        if session.kind == "bank":
            brand, magic = "Bank", TEST_ACCOUNTS.get(number)
        else:
            brand, magic = TEST_CARDS.get(number, ("", None))
        if magic is None:
            raise Refusal("not_a_test_card")
        if magic.deed is Deed.DECLINE and record.entry == "link" and record.tries + 1 < LINK_TRIES:
            self._tried(record, magic, now_ms)
            raise Refusal("card_declined", text=REASONS[magic.reason].text)
        del self._open[session_id]
        self._decide(session, record, magic, brand, number[-4:], now_ms)
        return record

    def close(self, session_id: str, now_ms: int) -> str:
        """`requested` (and done), or `nothing_running`."""
        if session_id not in self._open:
            return "nothing_running"
        self._cancel(self._open[session_id], "cashier", now_ms)
        return "requested"

    def stop_killed(self, reference: str, now_ms: int) -> None:
        for session in list(self._open.values()):
            if self._scribe.books.records[session.provider_ref].reference == reference:
                self._cancel(session, "gateway", now_ms)

    def next_due(self) -> int | None:
        return min((session.expires_ms for session in self._open.values()), default=None)

    def advance(self, until_ms: int) -> None:
        for session in sorted(self._open.values(), key=lambda session: session.expires_ms):
            if session.expires_ms <= until_ms:
                self._cancel(session, "timeout", session.expires_ms)

    def _of(self, record: Record, kind: str) -> Session:
        session_id = self._scribe.word("session", record.provider_ref, 26)
        return Session(session_id, record.provider_ref, kind, record.expires_ms)

    def _tried(self, record: Record, magic: Magic, now_ms: int) -> None:
        """A declined card on a link: the client may take another one."""
        why = REASONS[magic.reason]
        self._scribe.write(
            Kind.TRIED, now_ms, provider_ref=record.provider_ref, reference=record.reference, code=why.code
        )

    def _cancel(self, session: Session, by: str, now_ms: int) -> None:
        del self._open[session.session_id]
        record = self._scribe.books.records[session.provider_ref]
        self._scribe.write(
            Kind.CANCELLED, now_ms, provider_ref=record.provider_ref, reference=record.reference, by=by
        )

    def _decide(
        self, session: Session, record: Record, magic: Magic, brand: str, last4: str, now_ms: int
    ) -> None:
        common = {"provider_ref": record.provider_ref, "reference": record.reference, "brand": brand,
                  "last4": last4, "entry_mode": "keyed" if record.entry != "link" else "link"}  # fmt: skip
        if magic.deed is Deed.DECLINE:
            why = REASONS[magic.reason]
            told = {"by": why.category, "code": why.code, "retry": why.retry, "text": why.text}
            self._scribe.write(Kind.DECLINED, now_ms, **common, **told)
            return
        kind = Kind.PENDING if session.kind == "bank" else Kind.CAPTURE
        self._scribe.write(
            Kind.STORED if record.operation == "store_card" else kind, now_ms, **common, amount=record.asked,
            currency=record.currency, auth_code=self._scribe.digits("auth", record.provider_ref),
            expiry="" if session.kind == "bank" else EXPIRY, later=magic.later,
        )  # fmt: skip
        if record.keep or record.operation == "store_card":
            self._scribe.keep_card(record, now_ms)


def _kind_of(record: Record) -> str:
    return "bank" if record.fingerprint.startswith("bank") else "card"
