"""The card network: every operation of the API as a method. Nothing is ever taken or given back elsewhere.

    sale on a terminal   start -> running at once; what came of it, only inquiry tells
    inquiry              reads; no line is ever written by it
    kill                 gives up a reference: stops it, voids it, or refuses it when it comes later
    void                 whole, before the batch;  refund: in parts, never more than is left

Not allowed here: sockets, clocks, chance. Methods raise `Refusal` when the network says no; then nothing happened.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tillbridge.simulator.core.books import Books, Record, State
from tillbridge.simulator.core.counter import Counter
from tillbridge.simulator.core.entries import Entry, Kind
from tillbridge.simulator.core.entry_pages import EntryPages, Session
from tillbridge.simulator.core.magic import REASONS, TABLE, Deed, of_amount
from tillbridge.simulator.core.report import moved
from tillbridge.simulator.core.scribe import Refusal, Scribe
from tillbridge.simulator.core.settings import Settings
from tillbridge.simulator.core.settlement_days import SettlementDays
from tillbridge.simulator.core.terminal import Run, Terminal

REFERENCE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{3,19}")
"""What the network accepts as a merchant's reference: a letter first, 4 to 20 letters, digits, dashes."""

KINDS = frozenset({"sale", "keyed", "auth_only", "store_card"})


@dataclass(frozen=True, slots=True)
class Sale:
    """What to take. `amount` is the whole sum in minor units of `currency` (zero only for `store_card`)."""

    reference: str
    amount: int
    currency: str
    kind: str = "sale"
    partial_ok: bool = True
    show: tuple[str, ...] = field(default=())
    hidden_ms: int = 0
    ask_tip: bool = False
    keep_card: bool = False
    payer: str = ""
    invoice: str = ""
    read_at_ms: int = 0
    expires_in_ms: int = 0
    sec_code: str = ""
    mandate: str = ""


class CardNetwork:
    """One merchant's account. All times are absolute milliseconds given by the caller."""

    def __init__(
        self, settings: Settings, terminals: Iterable[Terminal], entries: Iterable[Entry] = ()
    ) -> None:
        self.settings = settings
        self._scribe = Scribe(settings, entries)
        self.counter = Counter(self._scribe, terminals)
        self.pages = EntryPages(self._scribe)
        self.days = SettlementDays(self._scribe)

    @property
    def books(self) -> Books:
        return self._scribe.books

    def word(self, purpose: str, of: str | int, length: int = 16) -> str:
        return self._scribe.word(purpose, of, length)

    def chance(self, purpose: str, of: str | int, ppm: int) -> bool:
        return self._scribe.chance(purpose, of, ppm)

    # ------------------------------------------------------------ taking money
    def start(self, terminal_id: str, sale: Sale, now_ms: int) -> Record:
        """Arm a terminal. Returns at once with a running record, or with the record of an earlier request."""
        self._check(sale)
        fingerprint = f"{sale.kind}|{sale.amount}|{sale.currency}|{terminal_id}" + "|tip" * sale.ask_tip
        self.counter.terminal(terminal_id)
        earlier = self._scribe.repeat_of(sale.reference, fingerprint, now_ms)
        if earlier is not None:
            return earlier
        terminal = self.counter.ready(terminal_id)
        record = self._started(sale, "terminal", terminal_id, fingerprint, now_ms)
        run = Run(
            provider_ref=record.provider_ref, reference=sale.reference, kind=sale.kind, amount=sale.amount,
            currency=sale.currency, partial_ok=sale.partial_ok, show=sale.show,
            deadline_ms=now_ms + self.settings.card_wait_ms, ask_tip=sale.ask_tip and sale.kind in _TIPPED,
            keep=sale.keep_card,
        )  # fmt: skip
        self.counter.arm(terminal, run, now_ms)
        return record

    def charge_token(self, token: str, sale: Sale, now_ms: int) -> Record:
        """Charge a stored card without anybody present; magic amounts choose the answer."""
        self._check(sale)
        fingerprint = f"token|{token}|{sale.amount}|{sale.currency}"
        earlier = self._scribe.repeat_of(sale.reference, fingerprint, now_ms)
        if earlier is not None:
            return earlier
        if token not in self.books.tokens:
            raise Refusal("token_gone")
        brand, last4, expiry = self.books.tokens[token]
        record = self._started(sale, "stored_card", "", fingerprint, now_ms)
        magic = TABLE[63] if expired(expiry, now_ms) else of_amount(sale.amount, self.settings.magic)
        card = {
            "provider_ref": record.provider_ref,
            "reference": record.reference,
            "brand": brand,
            "last4": last4,
        }
        if magic.deed is Deed.DECLINE:
            why = REASONS[magic.reason]
            self._scribe.write(
                Kind.DECLINED, now_ms, **card, by=why.category, code=why.code, retry=why.retry, text=why.text
            )
        else:
            self._scribe.write(
                Kind.CAPTURE, now_ms, **card, amount=sale.amount, currency=sale.currency, entry_mode="stored",
                auth_code=self._scribe.digits("auth", record.provider_ref),
            )  # fmt: skip
        return record

    def open_entry(self, sale: Sale, kind: str, where: str, now_ms: int) -> Session:
        self._check(sale)
        return self.pages.open(sale, kind, where, now_ms)

    def capture(self, reference: str, provider_ref: str, amount: int, now_ms: int) -> Record:
        """Take what was only held, whole or less. Twice with one amount gives one capture."""
        record = self.find(reference, provider_ref)
        if record.took_money and record.operation == "auth_only" and record.amount == amount:
            return record
        if record.state is not State.AUTHORIZED or record.voided:
            raise Refusal("not_capturable", state=record.state.value)
        if not 0 < amount <= record.amount:
            raise Refusal("amount_limit", limit=record.amount)
        self._scribe.write(
            Kind.CAPTURE, now_ms, provider_ref=record.provider_ref, reference=record.reference, amount=amount,
            currency=record.currency,
        )  # fmt: skip
        return record

    # ------------------------------------------------------------ stopping and giving back
    def cancel(self, terminal_id: str, reference: str, now_ms: int) -> str:
        return self.counter.cancel(self.counter.terminal(terminal_id), reference, now_ms)

    def kill(self, reference: str, now_ms: int) -> str:
        """Give up on a reference: `acknowledged`, `not_found` (proof mode only) or `too_late` (settled)."""
        self._check_reference(reference)
        records = self.books.of_reference(reference)
        if not records and not self.settings.kill_blocks:
            return "not_found"
        if reference not in self.books.killed:
            self._scribe.write(Kind.KILL, now_ms, reference=reference)
        self.counter.stop_killed(reference, now_ms)
        self.pages.stop_killed(reference, now_ms)
        for record in records:
            if record.voidable:
                self._void(record, "", now_ms)
        return "too_late" if any(record.left for record in records) else "acknowledged"

    def void(self, reference: str, provider_ref: str, void_reference: str, now_ms: int) -> Record:
        """Give it all back before the batch. A second void of the same record gives back once."""
        self._check_reference(void_reference)
        parent = self.find(reference, provider_ref)
        voids = [
            record
            for record in self.books.of_reference(void_reference)
            if record.of == parent.provider_ref and record.operation == "void"
        ]
        if voids:
            return voids[0]
        if parent.voided:
            return self.books.records[parent.void_ref]
        if not parent.voidable:
            raise Refusal("not_voidable", use="refund" if parent.left else "nothing")
        if self.books.of_reference(void_reference):
            raise Refusal("duplicate_reference")
        return self._void(parent, void_reference, now_ms)

    def refund(
        self, reference: str, provider_ref: str, amount: int, refund_reference: str, now_ms: int
    ) -> Record:
        """Give back a part or all. Raises Refusal: over_refund, not_refundable, not_refundable_yet and repeats."""
        self._check_reference(refund_reference)
        if amount <= 0:
            raise Refusal("invalid_request", 400, field="amount")
        parent = self.find(reference, provider_ref)
        fingerprint = f"refund|{parent.provider_ref}|{amount}"
        earlier = self._scribe.repeat_of(refund_reference, fingerprint, now_ms)
        if earlier is not None:
            return earlier
        return self._refund(parent, amount, refund_reference, now_ms, fingerprint=fingerprint)

    def portal(self, provider_ref: str, deed: str, amount: int, now_ms: int) -> Record:
        """Somebody gives back in the merchant's portal: no reference of the merchant's system. Raises Refusal."""
        parent = self.find("", provider_ref)
        if deed == "void" and parent.voidable:
            return self._void(parent, "", now_ms, by="portal")
        if deed != "refund":
            raise Refusal("not_voidable" if deed == "void" else "unsupported")
        return self._refund(parent, amount or parent.left, "", now_ms, by="portal")

    def forget_token(self, token: str, now_ms: int) -> bool:
        if token not in self.books.tokens:
            return False
        self._scribe.write(Kind.TOKEN_GONE, now_ms, token=token)
        return True

    # ------------------------------------------------------------ looking
    def find(self, reference: str, provider_ref: str = "") -> Record:
        """The record as the network knows it. Raises Refusal not_found."""
        if provider_ref:
            record = self.books.records.get(provider_ref)
            if record is None or (reference and record.reference != reference):
                raise Refusal("not_found", 404)
            return record
        records = self.books.of_reference(reference)
        if not records:
            raise Refusal("not_found", 404)
        return next((record for record in reversed(records) if record.took_money), records[-1])

    def inquire(self, reference: str, provider_ref: str, now_ms: int) -> Record:
        """Like find, but slow to see what was hidden. Writes nothing, ever. Raises Refusal not_found, killed."""
        if not self.books.of_reference(reference) and not provider_ref:
            known = reference in self.books.killed and self.settings.kill_blocks
            raise Refusal("killed" if known else "not_found", 404)
        record = self.find(reference, provider_ref)
        if record.unlisted_until_ms > now_ms:
            raise Refusal("not_found", 404)
        if record.silent_until_ms > now_ms:
            raise Refusal("cannot_tell", 409)
        return record

    def list_since(self, since_ms: int) -> list[Entry]:
        """Every line that moved money at or after `since_ms`."""
        entries = self.books.entries
        first = bisect_left(entries, since_ms, key=lambda entry: entry.at_ms)
        return moved(entries[first:])

    # ------------------------------------------------------------ time
    def next_due(self) -> int | None:
        """When something will happen by itself (absolute milliseconds), or None."""
        times = [self.counter.next_due(), self.pages.next_due(), self.days.next_due()]
        return min((at for at in times if at is not None), default=None)

    def advance(self, now_ms: int) -> None:
        """Let everything happen that is due up to now, in the order of time."""
        self.days.keep_time(now_ms)
        while (due := self.next_due()) is not None and due <= now_ms:
            self.counter.advance(due)
            self.pages.advance(due)
            self.days.advance(due)

    def settle(self, now_ms: int) -> int:
        """Cut the batch and settle everything that waits, now. Returns how many records."""
        return self.days.settle(now_ms)

    def resume(self, now_ms: int) -> None:
        """After a restart: terminals forgot what they were doing, so what waited for a card is cancelled."""
        for record in list(self.books.records.values()):
            if record.state is State.RUNNING and record.terminal:
                self._scribe.write(
                    Kind.CANCELLED, now_ms, provider_ref=record.provider_ref, reference=record.reference,
                    by="gateway",
                )  # fmt: skip

    # ------------------------------------------------------------ inside
    def _check(self, sale: Sale) -> None:
        self._check_reference(sale.reference)
        if sale.kind not in KINDS:
            raise Refusal("unsupported", 400, field="kind")
        if sale.currency != self.settings.currency:
            raise Refusal("unsupported", 400, field="currency")
        if sale.amount < 0 or (sale.amount == 0) != (sale.kind == "store_card"):
            raise Refusal("invalid_request", 400, field="amount")
        if sale.amount > self.settings.amount_limit:
            raise Refusal("amount_limit", limit=self.settings.amount_limit)

    def _check_reference(self, reference: str) -> None:
        if not REFERENCE.fullmatch(reference):
            raise Refusal("invalid_request", 400, field="reference")

    def _check_refundable(self, parent: Record, amount: int) -> None:
        if parent.left <= 0:
            raise Refusal("over_refund" if parent.took_money else "not_refundable", left=0)
        if amount > parent.left:
            raise Refusal("over_refund", left=parent.left)
        if parent.disputes:
            raise Refusal("not_refundable_yet", use="wait", why="disputed")
        early = self.settings.refund_before_settlement and not parent.offline
        if not parent.batch and not early:
            raise Refusal("not_refundable_yet", use="wait" if parent.queued else "void")

    def _started(self, sale: Sale, entry: str, terminal_id: str, fingerprint: str, now_ms: int) -> Record:
        line = self._scribe.write(
            Kind.STARTED, now_ms, reference=sale.reference, provider_ref=self._scribe.new_ref(),
            operation=sale.kind, entry=entry, terminal=terminal_id, asked=sale.amount,
            currency=sale.currency, fingerprint=fingerprint,
            hidden_until_ms=now_ms + sale.hidden_ms if sale.hidden_ms else 0, keep=int(sale.keep_card),
            invoice=sale.invoice,
        )  # fmt: skip
        return self.books.records[line.provider_ref]

    def _void(self, parent: Record, void_reference: str, now_ms: int, by: str = "") -> Record:
        """A held authorization that is let go gives back no money: its line says zero."""
        amount = parent.amount if parent.took_money else 0
        return self._back(Kind.VOID, parent, amount, void_reference, now_ms, by=by)

    def _refund(
        self, parent: Record, amount: int, refund_reference: str, now_ms: int, **facts: str | int
    ) -> Record:
        self._check_refundable(parent, amount)
        return self._back(Kind.REFUND, parent, amount, refund_reference, now_ms, asked=amount, **facts)

    def _back(
        self, kind: Kind, parent: Record, amount: int, reference: str, now_ms: int, **facts: str | int
    ) -> Record:
        line = self._scribe.write(
            kind, now_ms, reference=reference, provider_ref=self._scribe.new_ref(), of=parent.provider_ref,
            of_reference=parent.reference, operation=kind.value, amount=amount, currency=parent.currency,
            brand=parent.brand, last4=parent.last4, **facts,
        )  # fmt: skip
        return self.books.records[line.provider_ref]


_TIPPED = frozenset({"sale", "keyed"})


def expired(expiry: str, now_ms: int) -> bool:
    """`MM/YY`: a card is good to the end of that month (UTC). No expiry = good."""
    month, _, year = expiry.partition("/")
    if not (month.isdecimal() and year.isdecimal()):
        return False
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    return (2000 + int(year), int(month)) < (now.year, now.month)
