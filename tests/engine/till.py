"""A till for tests of giving back: the real engine and adapter, the simulator's card network, a model of the books."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tillbridge.domain.errors import Fact
from tillbridge.domain.event import Event
from tillbridge.domain.invoice import Debt
from tillbridge.domain.moment import Moment
from tillbridge.domain.money import Money, Parts, only_base
from tillbridge.domain.next_command import Look, Post
from tillbridge.domain.operation import Entry
from tillbridge.domain.outcome import Inquiry
from tillbridge.domain.payment import Payment, Posting
from tillbridge.engine.cashier import Engine
from tillbridge.engine.giving_back import GiveBackRequest, Offer
from tillbridge.engine.policy import DAY, MINUTE, Policy
from tillbridge.engine.requests import PayRequest
from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.practice import PostingOrder, PostingReport, Trouble
from tillbridge.simulator.core.faults import Fault, FaultKind
from tillbridge.simulator.core.settings import Settings
from tillbridge.testing.world import Booked, CountedIds, ModelPractice, VirtualClock, run
from tools.benches.in_process_gateway import gateway_over, line_of

OWED = 10_000
ROSA = ("01042", "Alvarez, Rosa")


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


class OnInvoices(ModelPractice):
    """The model program; every invoice of the client was made for the same sum."""

    def owed_on(self, account_id: str, number: str) -> int:
        mine = [r for r in self.books if (r.account_id, r.invoice_number) == (account_id, number)]
        return self.balance.minor - sum(row.amount.minor for row in mine)

    def post(self, order: PostingOrder) -> PostingReport:
        """A sale on an invoice whose balance is not the expected one is not typed."""
        owed = self.owed_on(order.account_id, order.invoice_number)
        if order.balance is not None and order.balance.minor != owed:
            facts: dict[str, Fact] = {"seen_minor": owed, "wanted_minor": order.balance.minor}
            trouble = Trouble(who="operator", code="balance_changed", facts=facts)
            return PostingReport(stage="not_committed", trouble=trouble)
        return super().post(order)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAs(PayRequest):
    """Taken on the terminal, and known as a payment by another entry."""

    known_as: str

    def created(self, now: Moment) -> Event:
        event = PayRequest.created(self, now)
        return replace(event, facts={**event.facts, "entry": self.known_as})


class Till:
    def __init__(self, *, settled: bool = False, **settings: Any) -> None:
        self.clock = VirtualClock()
        usual: dict[str, Any] = {"seed": 1, "auto": True, "magic": False}
        self.line = line_of(Settings(**(usual | settings)))
        self.practice = OnInvoices(self.clock, usd(OWED))
        self.journal = MemoryJournal()
        self.lives = 0
        self.engine = self.restarted()

    def restarted(self) -> Engine:
        self.lives += 1
        self.engine = Engine(
            journal=self.journal,
            gateway=gateway_over(self.line, lambda: self.clock.now_ms),
            practice=self.practice,
            clock=self.clock,
            ids=CountedIds(self.lives * 1_000),
            policy=Policy(payment_method="Card", employee="Kim"),
        )
        self.engine.recover()
        return self.engine

    # ---- what happens ----

    def runs(self, ms: int = MINUTE) -> None:
        until_ms = self.clock.now_ms + ms
        while self.clock.now_ms < until_ms:
            run(self.engine, self.clock, min(until_ms, self.clock.now_ms + DAY // 3), steps_max=5_000)

    def pays(self, minor: int = OWED, payment_id: str = "p1", **changes: Any) -> Payment:
        """A sale on the terminal, taken and in the books."""
        return self.takes(minor, payment_id, **changes, posted=True)

    def takes(
        self, minor: int = OWED, payment_id: str = "p1", *, posted: bool = False, **changes: Any
    ) -> Payment:
        """A sale on the terminal, taken; nothing is typed unless `posted`."""
        wanted: dict[str, Any] = {"parts": only_base(usd(minor)), "number": "10482"} | changes
        number = wanted.pop("number")
        debt = Debt(
            software="model",
            account_id=ROSA[0],
            client=ROSA[1],
            invoice_number=number,
            balance=usd(self.practice.owed_on(ROSA[0], number)),
        )
        usual: dict[str, Any] = {"operation": "sale", "entry": Entry.TERMINAL, "debt": debt}
        kind = KnownAs if "known_as" in wanted else PayRequest
        self.engine.begin(kind(payment_id=payment_id, **(usual | {"terminal_id": "front-desk-1"} | wanted)))
        if posted:
            self.runs()
        else:
            self.money_only()
        return self.payment(payment_id)

    def money_only(self, ms: int = MINUTE) -> None:
        """Time passes and the screen is not to be had."""
        until_ms = self.clock.now_ms + ms
        for _ in range(500):
            due = [d for d in self.engine.due() if not isinstance(d.command, Post | Look)]
            if not due or self.clock.now_ms + due[0].in_ms > until_ms:
                break
            self.clock.now_ms += due[0].in_ms
            self.engine.step(due[0].payment_id, due[0].command)
        self.clock.now_ms = max(until_ms, self.clock.now_ms)

    def asks(self, payment_id: str = "p1") -> Inquiry:
        attempt = self.payment(payment_id).attempts[-1]
        return self.engine.gateway.inquire(attempt.reference, attempt.gateway_ref)

    def offers(self, minor: int | None = None, payment_id: str = "p1") -> Offer:
        amount = None if minor is None else usd(minor)
        return self.engine.offer_give_back(payment_id, self.asks(payment_id), amount)

    def gives(
        self,
        minor: int | None = None,
        name: str = "b1",
        of: str = "p1",
        *,
        asked: bool = True,
        **changes: Any,
    ) -> Payment:
        """A person presses "give it back". `asked`: the gateway was asked before."""
        amount = None if minor is None else usd(minor)
        request = GiveBackRequest(payment_id=name, of=of, amount=amount, person="Dana")
        return self.engine.give_back(replace(request, **changes), self.asks(of) if asked else None)

    def somebody_pays(self, minor: int, number: str = "10482") -> None:
        """Cash at the desk, entered by hand."""
        row = Booked(
            account_id=ROSA[0], invoice_number=number, amount=usd(minor), reference="", method="Cash",
            at_ms=self.clock.now_ms, shown_from_ms=self.clock.now_ms,
        )  # fmt: skip
        self.practice.books.append(row)

    def settles(self) -> None:
        self.line.network.settle(self.clock.now_ms)

    def fails(self, op: str, kind: FaultKind, times: int = 1) -> None:
        self.line.plan.faults.append(Fault(kind, op=op, times=times, delay_ms=5_000))

    def tells(self, payment_id: str, kind: str, reference: str = "", **facts: Fact) -> Payment:
        """Something that came from outside, through the engine's own way into the journal."""
        payment = self.journal.payment(payment_id)
        event = Event(kind=kind, at=self.clock.now(), subject=reference, facts=facts)
        return self.engine._append(payment_id, payment, (event,))

    # ---- what is seen ----

    def payment(self, payment_id: str = "p1") -> Payment:
        found = self.journal.payment(payment_id)
        assert found is not None
        return found

    def postings(self, payment_id: str) -> list[Posting]:
        return list(self.payment(payment_id).postings)

    def rows(self, number: str = "10482") -> list[int]:
        return [row.amount.minor for row in self.practice.books if row.invoice_number == number]

    def booked(self) -> list[Booked]:
        return list(self.practice.books)

    def went_back(self) -> int:
        """Minor units, by the card network's own books."""
        entries = self.line.network.books.entries
        return sum(e.amount for e in entries if e.kind in ("void", "refund"))

    def kinds_back(self) -> list[str]:
        return [str(e.kind) for e in self.line.network.books.entries if e.kind in ("void", "refund")]


def with_fee(base: int, fee: int, tip: int = 0) -> Parts:
    return Parts(base=usd(base), fee=usd(fee), tip=usd(tip))
