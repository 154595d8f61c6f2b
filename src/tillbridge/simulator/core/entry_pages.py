"""Entry sessions: the network's own page where a client types a card or bank account number.

The numbers stay in this call: the books get a brand and four digits. Only the published test numbers are
taken, so that nobody types a real card into a toy.
"""

from __future__ import annotations

from dataclasses import dataclass

from tillbridge.simulator.core.books import Record, State
from tillbridge.simulator.core.entries import Kind
from tillbridge.simulator.core.magic import REASONS, TEST_ACCOUNTS, TEST_CARDS, Deed, Magic
from tillbridge.simulator.core.scribe import Refusal, Scribe

_ENTRIES = {
    ("card", "page"): "keyed_card",
    ("bank", "page"): "keyed_ach",
    ("card", "link"): "link",
    ("bank", "link"): "link",
}


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
        for record in scribe.books.records.values():
            if record.state is State.RUNNING and not record.terminal and record.entry in _ENTRIES.values():
                kind = "bank" if record.fingerprint.startswith("bank") else "card"
                self._remember(record, kind)

    def open(self, reference: str, kind: str, where: str, amount: int, currency: str, now_ms: int) -> Session:
        """Raises Refusal: invalid_request, or those of a repeated reference."""
        if (kind, where) not in _ENTRIES:
            raise Refusal("invalid_request", 400, field="kind")
        fingerprint = f"{kind}|{where}|{amount}|{currency}"
        record = self._scribe.repeat_of(reference, fingerprint, now_ms)
        if record is None:
            entry = self._scribe.write(
                Kind.STARTED, now_ms, reference=reference, provider_ref=self._scribe.new_ref(), operation="sale",
                entry=_ENTRIES[kind, where], asked=amount, currency=currency, fingerprint=fingerprint,
            )  # fmt: skip
            record = self._scribe.books.records[entry.provider_ref]
            return self._remember(record, kind)
        return self._of(record, kind)

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

    def _remember(self, record: Record, kind: str) -> Session:
        session = self._of(record, kind)
        self._open[session.session_id] = session
        return session

    def _of(self, record: Record, kind: str) -> Session:
        settings = self._scribe.settings
        life_ms = settings.link_life_ms if record.entry == "link" else settings.entry_life_ms
        session_id = self._scribe.word("session", record.provider_ref, 26)
        return Session(session_id, record.provider_ref, kind, record.started_ms + life_ms)

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
            self._scribe.write(
                Kind.DECLINED,
                now_ms,
                **common,
                by=why.category,
                code=why.code,
                retry=why.retry,
                text=why.text,
            )
            return
        self._scribe.write(
            Kind.PENDING if session.kind == "bank" else Kind.CAPTURE, now_ms, **common, amount=record.asked,
            currency=record.currency, auth_code=self._scribe.digits("auth", record.provider_ref),
        )  # fmt: skip
