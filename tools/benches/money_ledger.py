"""The practice software of the bench `money`: a model with many clients, one invoice each, and books of its own.

It books what is typed, without any idempotency. While it is not `calm` its screen fails at random, before and after the
commit. The books are written here alone; the judge reads them without the engine.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tillbridge.domain.errors import Fact
from tillbridge.domain.ledger import LedgerRow, LedgerSeen, SoftwareSeen
from tillbridge.domain.money import Money
from tillbridge.ports.practice import (
    AccountSeen,
    InvoiceSeen,
    OpenInvoice,
    PostingOrder,
    PostingReport,
    Trouble,
)
from tillbridge.testing.world import VirtualClock

SOFTWARE = SoftwareSeen(software="model", version="1", build="1", instance="1", name="Model")
TAKES = ("sale", "deposit")


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


@dataclass(slots=True, kw_only=True)
class Row:
    """One line of the books. `shown_from_ms`: a save may run on for a while."""

    account_id: str
    invoice_number: str
    minor: int
    reference: str
    shown_from_ms: int = 0

    def seen(self) -> LedgerRow:
        return LedgerRow(
            account_id=self.account_id, invoice_number=self.invoice_number, amount=usd(self.minor),
            reference=self.reference, method="Card", date="",
        )  # fmt: skip


@dataclass(slots=True)
class Ledger:
    """`owed`: what each invoice was made for, by (account, number)."""

    clock: VirtualClock
    chance: random.Random
    owed: dict[tuple[str, str], int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    open: tuple[str, str] = ("", "")
    calm: bool = False

    def balance(self, account_id: str, number: str) -> Money:
        paid = sum(r.minor for r in self.rows if (r.account_id, r.invoice_number) == (account_id, number))
        return usd(self.owed.get((account_id, number), 0) - paid)

    def identify(self) -> SoftwareSeen:
        return SOFTWARE

    def read_invoice(self) -> InvoiceSeen | Trouble:
        account_id, number = self.open
        owed = self.balance(account_id, number)
        return InvoiceSeen(
            software=SOFTWARE, account_id=account_id, client=f"Client {account_id}", invoice_number=number,
            total=owed, balance=owed,
        )  # fmt: skip

    def read_ledger(self, order: PostingOrder) -> LedgerSeen | Trouble:
        if self._bad_luck(0.12):
            return Trouble(who="operator", code="software_closed", facts={"name": "Model"}, retry_in_ms=5_000)
        mine = [row for row in self.rows if row.account_id == order.account_id]
        rows = [row.seen() for row in mine if row.shown_from_ms <= self.clock.now_ms]
        return LedgerSeen(
            software=SOFTWARE,
            marked=tuple(row for row in rows if row.reference == order.marker),
            today=tuple(row for row in rows if row.reference != order.marker),
            complete=not self._bad_luck(0.1),
            quiet=True,
            settle_ms=60_000,
            balance=self.balance(order.account_id, order.invoice_number),
        )

    def read_account(self, order: PostingOrder) -> AccountSeen | Trouble:
        owed = self.balance(order.account_id, order.invoice_number)
        open_ = (OpenInvoice(number=order.invoice_number, balance=owed),) if owed.minor > 0 else ()
        credit = usd(max(0, -owed.minor))
        return AccountSeen(
            software=SOFTWARE, account_id=order.account_id, client=order.client, balance=owed, credit=credit,
            invoices=open_,
        )  # fmt: skip

    def list_payment_methods(self) -> tuple[str, ...]:
        return ("Cash", "Card")

    def post(self, order: PostingOrder) -> PostingReport:
        if self._bad_luck(0.12):
            trouble = Trouble(who="operator", code="user_typing", retry_in_ms=2_000)
            return PostingReport(stage="not_committed", trouble=trouble)
        seen = self.balance(order.account_id, order.invoice_number)
        if order.kind == "sale" and order.balance not in (None, seen) and not order.rest_as_credit:
            facts: dict[str, Fact] = {"seen_minor": seen.minor}
            changed = Trouble(who="operator", code="balance_changed", facts=facts, retry_in_ms=2_000)
            return PostingReport(stage="not_committed", trouble=changed)
        if self._bad_luck(0.08):
            return PostingReport(stage="doubt")
        self.enter(
            order.account_id, order.invoice_number, self._signed(order), order.marker, self._delay_ms()
        )
        return PostingReport(stage="doubt" if self._bad_luck(0.1) else "committed")

    def enter(self, account_id: str, number: str, minor: int, reference: str, delay_ms: int = 0) -> None:
        self.rows.append(
            Row(
                account_id=account_id, invoice_number=number, minor=minor, reference=reference,
                shown_from_ms=self.clock.now_ms + delay_ms,
            )
        )  # fmt: skip

    def rehearse(self, order: PostingOrder) -> PostingReport:
        return PostingReport(stage="not_committed")

    def idle_s(self) -> float:
        return 60.0

    def close(self) -> None:
        """Nothing to close."""

    def _signed(self, order: PostingOrder) -> int:
        return order.amount.minor if order.kind in TAKES else -order.amount.minor

    def _delay_ms(self) -> int:
        return 8_000 if self._bad_luck(0.1) else 0

    def _bad_luck(self, share: float) -> bool:
        return not self.calm and self.chance.random() < share
