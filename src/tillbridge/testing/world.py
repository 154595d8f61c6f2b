"""A small world around the real engine: virtual time, a model of practice software with its own books, one loop.

For simulations, crash worlds and power cuts. The model's `books` are written by the model alone, so that a judge can
read them without the engine. Faults are said beforehand (`plan`), so that every run can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tillbridge.domain.ledger import LedgerRow, LedgerSeen, SoftwareSeen
from tillbridge.domain.moment import Moment
from tillbridge.domain.money import Money
from tillbridge.engine.cashier import Due, Engine
from tillbridge.ports.practice import (
    AccountSeen,
    InvoiceSeen,
    OpenInvoice,
    PostingOrder,
    PostingReport,
    Trouble,
)

SETTLE_MS = 60_000


@dataclass(slots=True)
class VirtualClock:
    """`now_ms` moves only when somebody moves it. `boot` changes when the world's machine is restarted."""

    now_ms: int = 1_000_000
    boot: str = "boot-1"
    booted_ms: int = 0

    def now(self) -> Moment:
        return Moment(wall_ms=self.now_ms, boot=self.boot, mono_ms=self.now_ms - self.booted_ms)

    def reboot(self) -> None:
        self.boot = f"{self.boot}+"
        self.booted_ms = self.now_ms


@dataclass(slots=True)
class CountedIds:
    """References and tails in order: TBTEST..., AAAA, AAAB ..."""

    count: int = 0

    def reference(self) -> str:
        self.count += 1
        return f"TBTEST{self.count:012d}"

    def marker_tail(self) -> str:
        self.count += 1
        letters, number = "ACDEFGHJKM", self.count
        return "".join(letters[number // 10**power % 10] for power in (3, 2, 1, 0))


TypingFault = Literal[
    "none", "blocked", "closed_before", "fails_before", "doubt_not_committed", "doubt_committed", "late"
]
"""`late`: committed, but the row shows only after the model's `row_delay_ms`."""
LookFault = Literal["none", "trouble", "incomplete"]


@dataclass(slots=True, kw_only=True)
class Booked:
    """One row of the model's own books."""

    account_id: str
    invoice_number: str
    amount: Money
    reference: str
    method: str
    at_ms: int
    shown_from_ms: int


@dataclass(slots=True)
class ModelPractice:
    """Practice software as a model: it posts what is typed, without any idempotency of its own."""

    clock: VirtualClock
    balance: Money
    account_id: str = "01042"
    client: str = "Alvarez, Rosa"
    invoice_number: str = "10482"
    row_delay_ms: int = 4_000
    typing_plan: list[TypingFault] = field(default_factory=list)
    look_plan: list[LookFault] = field(default_factory=list)
    books: list[Booked] = field(default_factory=list)
    methods: tuple[str, ...] = ("Cash", "Card")
    hook: Callable[[str], None] = lambda _where: None
    """Called at `before_commit` and `after_commit`: may raise, to crash exactly there."""

    software = SoftwareSeen(software="model", version="1", build="1", instance="1", name="Model")

    def identify(self) -> SoftwareSeen | Trouble:
        return self.software

    def read_invoice(self) -> InvoiceSeen | Trouble:
        return InvoiceSeen(
            software=self.software,
            account_id=self.account_id,
            client=self.client,
            invoice_number=self.invoice_number,
            total=self.balance,
            balance=self.owed(),
        )

    def owed(self) -> Money:
        paid = sum(row.amount.minor for row in self.books)
        return Money(minor=self.balance.minor - paid, currency=self.balance.currency)

    def read_ledger(self, order: PostingOrder) -> LedgerSeen | Trouble:
        fault = self.look_plan.pop(0) if self.look_plan else "none"
        if fault == "trouble":
            return Trouble(who="operator", code="software_closed", facts={"name": "Model"}, retry_in_ms=5_000)
        now_ms = self.clock.now_ms
        shown = [row for row in self.books if row.shown_from_ms <= now_ms]
        rows = [_as_row(row) for row in shown if row.account_id == order.account_id]
        return LedgerSeen(
            software=self.software,
            marked=tuple(row for row in rows if row.reference == order.marker),
            today=tuple(row for row in rows if row.reference != order.marker),
            complete=fault != "incomplete",
            quiet=True,
            settle_ms=SETTLE_MS,
            balance=self.owed(),
        )

    def read_account(self, order: PostingOrder) -> AccountSeen | Trouble:
        """One open invoice; what was paid beyond it is the client's credit."""
        owed, nothing = self.owed(), Money(minor=0, currency=self.balance.currency)
        return AccountSeen(
            software=self.software,
            account_id=self.account_id,
            client=self.client,
            balance=owed,
            credit=-owed if owed.minor < 0 else nothing,
            invoices=(OpenInvoice(number=self.invoice_number, balance=owed),) if owed.minor > 0 else (),
        )

    def list_payment_methods(self) -> tuple[str, ...] | Trouble:
        return self.methods

    def post(self, order: PostingOrder) -> PostingReport:
        fault = self.typing_plan.pop(0) if self.typing_plan else "none"
        if fault in ("blocked", "closed_before", "fails_before"):
            trouble = Trouble(who="operator", code="user_typing", retry_in_ms=2_000)
            return PostingReport(stage="not_committed", trouble=trouble)
        self.hook("before_commit")
        if fault == "doubt_not_committed":
            return PostingReport(stage="doubt")
        self._book(order, self.row_delay_ms if fault == "late" else 0)
        self.hook("after_commit")
        return PostingReport(stage="doubt" if fault == "doubt_committed" else "committed")

    def _book(self, order: PostingOrder, delay_ms: int) -> None:
        sign = 1 if order.kind in ("sale", "deposit") else -1
        self.books.append(
            Booked(
                account_id=order.account_id,
                invoice_number=order.invoice_number,
                amount=Money(minor=sign * order.amount.minor, currency=order.amount.currency),
                reference=order.marker,
                method=order.payment_method,
                at_ms=self.clock.now_ms,
                shown_from_ms=self.clock.now_ms + delay_ms,
            )
        )

    def rehearse(self, order: PostingOrder) -> PostingReport:
        return PostingReport(stage="not_committed")

    def idle_s(self) -> float:
        return 60.0

    def close(self) -> None:
        """Nothing to close."""


def _as_row(row: Booked) -> LedgerRow:
    return LedgerRow(
        account_id=row.account_id,
        invoice_number=row.invoice_number,
        amount=row.amount,
        reference=row.reference,
        method=row.method,
        date="",
    )


def run(engine: Engine, clock: VirtualClock, until_ms: int, steps_max: int = 2_000) -> int:
    """Do everything that becomes due until `until_ms` of virtual time; the number of steps done.

    Raises RuntimeError if the engine still has work after `steps_max` steps: it would spin for ever.
    """
    for done in range(steps_max):
        due = _next(engine, clock, until_ms)
        if due is None:
            clock.now_ms = max(clock.now_ms, until_ms)
            return done
        clock.now_ms += due.in_ms
        engine.step(due.payment_id, due.command)
    raise RuntimeError("the engine does not come to rest")


def _next(engine: Engine, clock: VirtualClock, until_ms: int) -> Due | None:
    due = next(iter(engine.due()), None)
    return due if due is not None and clock.now_ms + due.in_ms <= until_ms else None
