"""A clinic with several clients, one screen and people: what the engine's tests of the next client stand on.

The books are the model's own. A look or a typing visits the client that it is for, unless somebody is typing or the
program keeps it out; every visit is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast

from tests.engine.scripted_desk import Says, usd
from tillbridge.domain.invoice import Debt
from tillbridge.domain.ledger import LedgerRow, LedgerSeen, SoftwareSeen
from tillbridge.domain.money import only_base
from tillbridge.domain.next_command import Send
from tillbridge.domain.operation import Entry
from tillbridge.domain.outcome import Approved
from tillbridge.domain.payment import Payment, Posting
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import HOUR, SECOND, Policy
from tillbridge.engine.requests import PayRequest
from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.gateway import Gateway
from tillbridge.ports.practice import InvoiceSeen, PostingOrder, PostingReport, Practice, Trouble
from tillbridge.testing.world import CountedIds, VirtualClock, run

ROSA, MILO = ("01042", "Alvarez, Rosa"), ("00017", "Brandt, Milo")
SOFTWARE = SoftwareSeen(software="model", version="1", build="1", instance="1", name="Model")
READ_MS = 2_000
"""So long a look takes."""


@dataclass
class Books:
    """Practice software with one window. `open`: the client on the screen; `owed`: what each invoice was made for."""

    clock: VirtualClock
    owed: dict[tuple[str, str], int] = field(default_factory=dict)
    rows: list[LedgerRow] = field(default_factory=list)
    open: tuple[str, str] = ROSA
    open_invoice: str = "10482"
    busy_until_ms: int = 0
    trouble: Trouble | None = None
    of_client: dict[str, Trouble] = field(default_factory=dict)
    visits: list[tuple[str, str, int]] = field(default_factory=list)
    """What was done, for whom, when."""
    asked: int = 0
    """How often anybody asked whether the screen is free."""
    takes_credit: bool = False
    complete: bool = True
    cut_to: int = 0
    """The ledger shows so many characters of a number; 0 = all."""
    cut_off: bool = False
    """The list could not be read to its end, this time."""

    def identify(self) -> SoftwareSeen:
        return SOFTWARE

    def balance(self, account_id: str, number: str) -> int:
        paid = [r for r in self.rows if (r.account_id, r.invoice_number) == (account_id, number)]
        return self.owed.get((account_id, number), 0) - sum(row.amount.minor for row in paid)

    def read_invoice(self) -> InvoiceSeen | Trouble:
        account_id, client = self.open
        owed = usd(self.balance(account_id, self.open_invoice))
        return InvoiceSeen(
            software=SOFTWARE, account_id=account_id, client=client, invoice_number=self.open_invoice,
            total=owed, balance=owed,
        )  # fmt: skip

    def _kept_out(self, what: str, order: PostingOrder) -> Trouble | None:
        self.asked += 1
        left_ms = self.busy_until_ms - self.clock.now_ms
        if left_ms > -5 * SECOND:
            rest = min(5 * SECOND, left_ms + 5 * SECOND)
            return Trouble(who="operator", code="user_typing", retry_in_ms=rest)
        if self.trouble is None:
            self.visits.append((what, order.account_id, self.clock.now_ms))
        return self.trouble or self.of_client.get(order.account_id)

    def read_ledger(self, order: PostingOrder) -> LedgerSeen | Trouble:
        trouble = self._kept_out("look", order)
        if trouble is not None:
            return trouble
        length = self.cut_to or None
        mine = [
            replace(r, reference=r.reference[:length]) for r in self.rows if r.account_id == order.account_id
        ]
        return LedgerSeen(
            software=SOFTWARE,
            marked=tuple(row for row in mine if row.reference == order.marker[:length]),
            today=tuple(row for row in mine if row.reference != order.marker[:length]),
            reference_length=self.cut_to,
            complete=self.complete and not self.cut_off,
            read_to_end=not self.cut_off,
            quiet=True,
            settle_ms=60_000,
        )

    def post(self, order: PostingOrder) -> PostingReport:
        trouble = self._kept_out("type", order) or self._not_as_expected(order)
        if trouble is not None:
            return PostingReport(stage="not_committed", trouble=trouble)
        owed = self.balance(order.account_id, order.invoice_number)
        if order.amount.minor > owed and not (order.rest_as_credit and self.takes_credit):
            told = Trouble(who="operator", code="balance_changed")
            return PostingReport(stage="doubt", trouble=told, means="not_posted")
        self.put(order.account_id, order.invoice_number, order.amount.minor, order.marker, "Card")
        return PostingReport(stage="committed")

    def _not_as_expected(self, order: PostingOrder) -> Trouble | None:
        owed = self.balance(order.account_id, order.invoice_number)
        if order.balance is None or order.balance.minor == owed:
            return None
        facts = {"seen_minor": owed, "wanted_minor": order.balance.minor}
        return Trouble(who="operator", code="balance_changed", facts=dict(facts))

    def put(
        self, account_id: str, number: str, minor: int, reference: str = "", method: str = "Cash"
    ) -> None:
        """Somebody, or we, entered a payment."""
        row = LedgerRow(
            account_id=account_id, invoice_number=number, amount=usd(minor), reference=reference,
            method=method, date="",
        )  # fmt: skip
        self.rows.append(row)

    def idle_s(self) -> float:
        return max(0.0, (self.clock.now_ms - self.busy_until_ms) / 1000)


class Clinic:
    """An engine over it. Payments are approved at once."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.journal = MemoryJournal()
        self.gateway = Says(lambda: None)
        self.books = Books(self.clock)
        self.policy = Policy(payment_method="Card", employee="Kim")
        self.engine = self.restarted()

    def restarted(self) -> Engine:
        self.engine = Engine(
            journal=self.journal,
            gateway=cast("Gateway", self.gateway),
            practice=cast("Practice", self.books),
            clock=self.clock,
            ids=CountedIds(len(self.journal.since(0))),
            policy=self.policy,
        )
        self.engine.recover()
        return self.engine

    def pay(
        self,
        payment_id: str,
        minor: int,
        client: tuple[str, str] = ROSA,
        number: str = "10482",
        **changes: Any,
    ) -> Payment:
        """Take a card for this invoice; what is owed is what the books say."""
        self.books.owed.setdefault((client[0], number), minor)
        owed = usd(self.books.balance(client[0], number))
        debt = Debt(
            software="model", account_id=client[0], client=client[1], invoice_number=number, balance=owed
        )
        wanted: dict[str, Any] = {
            "operation": "sale",
            "entry": Entry.TERMINAL,
            "parts": only_base(usd(minor)),
        }
        self.gateway.started = Approved(amount=usd(minor), gateway_ref=f"g-{payment_id}")
        self.engine.begin(
            PayRequest(payment_id=payment_id, **(wanted | {"debt": debt, "terminal_id": "t1"} | changes))
        )
        sent = next(
            d for d in self.engine.due() if d.payment_id == payment_id and isinstance(d.command, Send)
        )
        return self.engine.step(payment_id, sent.command)

    def lets_pass(self, ms: int) -> None:
        """The loop goes round at least every hour, as it does every few seconds in the agent."""
        until_ms = self.clock.now_ms + ms
        while self.clock.now_ms < until_ms:
            run(self.engine, self.clock, min(until_ms, self.clock.now_ms + HOUR), steps_max=5_000)

    def payment(self, payment_id: str) -> Payment:
        found = self.journal.payment(payment_id)
        assert found is not None
        return found

    def posting(self, payment_id: str) -> Posting:
        return self.payment(payment_id).postings[0]

    def owe(self, minor: int, client: tuple[str, str] = ROSA, number: str = "10482") -> None:
        self.books.owed[(client[0], number)] = minor

    def with_policy(self, **changes: Any) -> None:
        self.policy = replace(self.policy, **changes)
        self.restarted()
