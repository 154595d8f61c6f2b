"""What banks do when nobody is looking: batches, rejections, returns, notices of change, disputes.

    cut -> queued -> settled or rejected;   a bank debit: settled -> returned -> presented again, twice at most
    dispute: opened -> won or lost;   a refund may bounce, too

Every word of it is a line of the books. Time is given; nothing here looks at a clock.
"""

from __future__ import annotations

from tillbridge.simulator.core.books import Record
from tillbridge.simulator.core.entries import Entry, Kind
from tillbridge.simulator.core.magic import RE_PRESENTABLE
from tillbridge.simulator.core.scribe import Refusal, Scribe

ROUNDS_MAX = 3
"""A debit is presented three times at most: once, and twice again (Nacha, reinitiation)."""


class SettlementDays:
    """The back office of one network."""

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe
        self._to_reject: dict[str, str] = {}
        self._next_cut_ms = 0
        self._seen = 0
        self._words: dict[str, int] = {}

    # ------------------------------------------------------------ batches
    def cut(self, now_ms: int) -> int:
        """Close the batch: what was captured or refunded and not voided waits for its bank. Returns how many."""
        open_ = [record for record in self._scribe.books.unsettled() if not record.queued]
        batch = f"B{len(self._scribe.books.batches) + 1:05d}"
        for record in open_:
            self._line(Kind.QUEUED, record, now_ms, amount=record.amount, batch=batch)
        return len(open_)

    def settle(self, now_ms: int) -> int:
        """Cut what is open and bring every batch to its end now. Returns how many records."""
        self.cut(now_ms)
        return self._finish(self._scribe.books.unsettled(), now_ms)

    def reject(self, provider_ref: str, code: str) -> None:
        """This one will not go through with its batch. Raises Refusal not_rejectable."""
        record = self._record(provider_ref)
        if record not in self._scribe.books.unsettled() or record.given_back:
            raise Refusal("not_rejectable")
        self._to_reject[provider_ref] = code

    def _finish(self, waiting: list[Record], now_ms: int) -> int:
        for batch in sorted({record.queued for record in waiting if record.queued}):
            mine = [record for record in waiting if record.queued == batch]
            total = sum(self._end(record, now_ms) for record in mine)
            fees = sum(self._fee(record) for record in mine if record.batch and not record.of)
            currency = self._scribe.settings.currency
            if fees:
                self._scribe.write(Kind.FEE, now_ms, batch=batch, amount=fees, currency=currency)
            self._scribe.write(Kind.BATCH, now_ms, batch=batch, amount=total, currency=currency)
        return len(waiting)

    def _end(self, record: Record, now_ms: int) -> int:
        code = self._to_reject.pop(record.provider_ref, "")
        if code and not record.given_back:
            undone = record.bounces if record.of else record.left
            self._line(Kind.REJECTED, record, now_ms, amount=undone, batch=record.queued, code=code)
            return 0
        self._line(Kind.SETTLED, record, now_ms, amount=record.amount, batch=record.queued)
        return -record.amount if record.of else record.amount

    def _fee(self, record: Record) -> int:
        settings = self._scribe.settings
        return record.amount * settings.fee_ppm // 1_000_000 + settings.fee_fixed if settings.fee_ppm else 0

    # ------------------------------------------------------------ what banks say later
    def bank_returns(self, provider_ref: str, code: str, now_ms: int) -> Record:
        """A settled payment comes back (R-code); of a refund: it bounced. Raises Refusal not_returnable."""
        record = self._record(provider_ref)
        amount = record.left or record.bounces
        if not record.batch or amount <= 0:
            raise Refusal("not_returnable")
        self._line(Kind.RETURNED, record, now_ms, amount=amount, code=code)
        return record

    def re_present(self, provider_ref: str, now_ms: int) -> Record:
        """Try the same debit again, and this time it is good. Raises Refusal not_re_presentable."""
        record = self._record(provider_ref)
        again = record.code in RE_PRESENTABLE and record.round < ROUNDS_MAX
        if not again or record.of or not record.batch or record.returned <= 0:
            raise Refusal("not_re_presentable", said=record.code)
        self._line(Kind.RE_PRESENTED, record, now_ms, amount=record.returned)
        return record

    def change(self, provider_ref: str, code: str, now_ms: int) -> Record:
        """A notice of change: the bank corrects what it was told of an account. No money moves."""
        record = self._record(provider_ref)
        if not record.batch or record.of:
            raise Refusal("not_changeable")
        self._line(Kind.CHANGE, record, now_ms, code=code)
        return record

    def dispute(self, provider_ref: str, case: str, deed: str, amount: int, code: str, now_ms: int) -> Record:
        """`deed`: `open` (`amount` 0 = all that is left), `win`, `lose`, as the merchant sees it. Raises Refusal."""
        record = self._record(provider_ref)
        kinds = {"open": Kind.DISPUTE_OPENED, "win": Kind.DISPUTE_WON, "lose": Kind.DISPUTE_LOST}
        if deed not in kinds:
            raise Refusal("invalid_request", 400, field="deed")
        free = record.left - sum(record.disputes.values())
        about = (amount or free) if deed == "open" else min(record.disputes.get(case, 0), record.left)
        fits = record.batch and 0 < about <= free if deed == "open" else case in record.disputes
        known = deed == "open" and any(line.case == case for line in self._scribe.books.entries)
        if not case or not fits or known:
            raise Refusal("not_disputable", left=free)
        self._line(kinds[deed], record, now_ms, amount=about, case=case, code=code)
        return record

    # ------------------------------------------------------------ time
    def next_due(self) -> int | None:
        """When something happens by itself, or None."""
        settings, times = self._scribe.settings, [self._next_cut_ms] if self._next_cut_ms else []
        if settings.settle_after_ms:
            times += [
                r.queued_ms + settings.settle_after_ms for r in self._scribe.books.unsettled() if r.queued
            ]
        self._learn()
        return min((*times, *self._words.values()), default=None)

    def advance(self, until_ms: int) -> None:
        settings = self._scribe.settings
        if settings.settle_after_ms:
            waiting = [record for record in self._scribe.books.unsettled() if record.queued]
            self._finish([r for r in waiting if r.queued_ms + settings.settle_after_ms <= until_ms], until_ms)
        if self._next_cut_ms and self._next_cut_ms <= until_ms:
            self._next_cut_ms += settings.batch_every_ms
            self.cut(until_ms)
            if not settings.settle_after_ms:
                self._finish(self._scribe.books.unsettled(), until_ms)
        self._learn()
        for provider_ref in [ref for ref, at_ms in self._words.items() if at_ms <= until_ms]:
            del self._words[provider_ref]
            self._say(self._record(provider_ref), until_ms)

    def keep_time(self, now_ms: int) -> None:
        """The first cut falls on the next full interval."""
        every_ms = self._scribe.settings.batch_every_ms
        if every_ms and not self._next_cut_ms:
            self._next_cut_ms = (now_ms // every_ms + 1) * every_ms

    def _learn(self) -> None:
        """Whose bank has something to say after the settlement: read from the lines, so that a restart forgets none."""
        entries = self._scribe.books.entries
        while self._seen < len(entries):
            self._note(entries[self._seen])
            self._seen += 1

    def _note(self, line: Entry) -> None:
        record = self._scribe.books.records.get(line.provider_ref)
        if record is None or not record.later or record.offline:
            return
        if line.kind is Kind.SETTLED:
            self._words[line.provider_ref] = line.at_ms + self._scribe.settings.return_after_ms
        elif line.kind in (Kind.RETURNED, Kind.CHANGE):
            self._words.pop(line.provider_ref, None)

    def _say(self, record: Record, now_ms: int) -> None:
        if record.later.startswith("C"):
            self.change(record.provider_ref, record.later, now_ms)
        elif record.left > 0:
            self.bank_returns(record.provider_ref, record.later, now_ms)

    # ------------------------------------------------------------ inside
    def _record(self, provider_ref: str) -> Record:
        record = self._scribe.books.records.get(provider_ref)
        if record is None:
            raise Refusal("not_found", 404)
        return record

    def _line(self, kind: Kind, record: Record, now_ms: int, **facts: str | int) -> None:
        of = self._scribe.books.records.get(record.of)
        self._scribe.write(
            kind, now_ms, provider_ref=record.provider_ref, reference=record.reference, of=record.of,
            of_reference=of.reference if of is not None else "", currency=record.currency, round=record.round, **facts,
        )  # fmt: skip
