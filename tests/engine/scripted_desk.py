"""A desk around the real engine; its gateway and its practice software say what a test tells them to say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast, get_args

from tillbridge.domain.errors import Fact
from tillbridge.domain.event import Event
from tillbridge.domain.invoice import Debt
from tillbridge.domain.ledger import LedgerRow, LedgerSeen
from tillbridge.domain.money import Money, only_base
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import Command
from tillbridge.domain.operation import Entry
from tillbridge.domain.outcome import (
    Approved,
    Inquiry,
    NotFound,
    Outcome,
)
from tillbridge.domain.payment import Payment
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.cashier import Engine
from tillbridge.engine.keeping import Wording
from tillbridge.engine.policy import HOUR, MINUTE, Policy
from tillbridge.engine.requests import PayRequest
from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.gateway import (
    AttemptRequest,
    CancelAck,
    Capabilities,
    EntrySession,
    Feature,
    Gateway,
    KillAck,
    Terminal,
)
from tillbridge.ports.practice import PostingOrder, PostingReport, Practice, Trouble
from tillbridge.ports.site_store import Consent
from tillbridge.testing.world import CountedIds, ModelPractice, VirtualClock

ASKED = 21_240
SESSION = EntrySession(session_id="s1", url="https://gateway.example/pay/s1")
PAID = Approved(amount=Money(minor=ASKED, currency="USD"), gateway_ref="g1")
CARD = "4242 4242 4242 4242"


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


class Says:
    """A gateway that answers as it was told, and looks at the journal at the moment it is called."""

    def __init__(self, look: Callable[[], Payment | None]) -> None:
        self.look = look
        self.started: Outcome | Exception = PAID
        self.told: Inquiry | Exception = NotFound()
        self.voided: Outcome = PAID
        self.refunded: Outcome = PAID
        self.captured: Outcome = PAID
        self.killing = KillAck(answer="acknowledged")
        self.calls: list[str] = []
        self.seen: dict[str, Payment | None] = {}
        self.horizon_ms = 3 * MINUTE
        self.idempotent = True
        self.features: frozenset[Feature] = frozenset(get_args(Feature))
        self.opened: EntrySession | Outcome | Exception = SESSION
        self.tokens: list[tuple[str, str]] = []
        self.forgotten: Outcome = PAID
        self.amounts: list[int] = []
        self.asked: list[AttemptRequest] = []
        self.states: dict[str, Literal["idle", "busy", "offline"]] = {
            "front-desk-1": "idle",
            "front-desk-2": "idle",
        }

    def _called(self, name: str, answer: object = None) -> None:
        self.calls.append(name)
        self.seen[name] = self.look()
        if isinstance(answer, Exception):
            raise answer

    def capabilities(self) -> Capabilities:
        return Capabilities(
            gateway="says", features=self.features, currencies=frozenset({"USD"}), amount_minor_max=5_000_000,
            horizon_ms=self.horizon_ms, idempotent=self.idempotent, key_life_ms=HOUR, partial_approval=True,
        )  # fmt: skip

    def terminals(self) -> list[Terminal]:
        return [Terminal(terminal_id=name, name=name, state=state) for name, state in self.states.items()]

    def start_terminal(self, request: AttemptRequest) -> Outcome:
        self.asked.append(request)
        self._called("start", self.started)
        return cast("Outcome", self.started)

    def open_entry(self, request: AttemptRequest, kind: str, where: str) -> EntrySession | Outcome:
        self.asked.append(request)
        self._called(f"open {kind} {where}", self.opened)
        return cast("EntrySession | Outcome", self.opened)

    def close_entry(self, session_id: str) -> CancelAck:
        self._called(f"close {session_id}")
        return CancelAck(answer="requested")

    def charge_token(self, request: AttemptRequest, token: str, initiator: str) -> Outcome:
        self.asked.append(request)
        self.tokens.append((token, initiator))
        self._called("charge_token", self.started)
        return cast("Outcome", self.started)

    def forget_token(self, token: str) -> Outcome:
        self._called(f"forget {token}", self.forgotten)
        return self.forgotten

    def cancel_terminal(self, request: AttemptRequest) -> CancelAck:
        self._called("cancel")
        return CancelAck(answer="requested")

    def inquire(self, reference: str, gateway_ref: str = "") -> Inquiry:
        self._called("inquire", self.told)
        return cast("Inquiry", self.told)

    def void(self, reference: str, gateway_ref: str, void_reference: str) -> Outcome:
        self._called("void")
        return self.voided

    def refund(self, reference: str, gateway_ref: str, amount: Money, refund_reference: str) -> Outcome:
        self.amounts.append(amount.minor)
        self._called("refund")
        return self.refunded

    def kill(self, reference: str, gateway_ref: str = "") -> KillAck:
        self._called("kill")
        return self.killing

    def capture(self, reference: str, gateway_ref: str, amount: Money) -> Outcome:
        self._called("capture")
        return self.captured


@dataclass
class Shows(ModelPractice):
    """The model program; what it shows and says can be set, and the journal is looked at when it is typed into."""

    look: Callable[[], Payment | None] = lambda: None
    trouble: Trouble | Exception | None = None
    fails: Exception | None = None
    says: PostingReport | None = None
    """What every typing ends with, instead of being booked."""
    by_hand: tuple[LedgerRow, ...] = ()
    lacks_rows: bool = False
    cut_to: int = 0
    at_typing: list[Payment | None] = field(default_factory=list)
    orders: list[PostingOrder] = field(default_factory=list)

    def read_ledger(self, order: PostingOrder) -> LedgerSeen | Trouble:
        if isinstance(self.trouble, Exception):
            raise self.trouble
        if self.trouble is not None:
            return self.trouble
        seen = super().read_ledger(order)
        if not isinstance(seen, LedgerSeen):
            return seen
        if self.cut_to:
            seen = _cut(seen, self.cut_to, order.marker)
        if self.lacks_rows:
            seen = replace(seen, complete=False, read_to_end=True)
        return replace(seen, today=(*seen.today, *self.by_hand))

    def post(self, order: PostingOrder) -> PostingReport:
        self.at_typing.append(self.look())
        self.orders.append(order)
        if self.fails is not None:
            raise self.fails
        return self.says or super().post(order)


def _cut(seen: LedgerSeen, length: int, marker: str) -> LedgerSeen:
    """The program shows the first characters of each number."""
    rows = [replace(row, reference=row.reference[:length]) for row in (*seen.marked, *seen.today)]
    ours = tuple(row for row in rows if row.reference == marker[:length])
    others = tuple(row for row in rows if row.reference != marker[:length])
    return replace(seen, marked=ours, today=others, reference_length=length)


class Desk:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.journal = MemoryJournal()
        self.gateway = Says(lambda: self.journal.payment("p1"))
        self.practice = Shows(self.clock, usd(ASKED), look=lambda: self.journal.payment("p1"))
        self.engine = self.restarted()

    def restarted(self) -> Engine:
        self.engine = Engine(
            journal=self.journal,
            gateway=cast("Gateway", self.gateway),
            practice=cast("Practice", self.practice),
            clock=self.clock,
            ids=CountedIds(len(self.journal.since(0))),
            policy=Policy(payment_method="Card", employee="Kim"),
        )
        return self.engine

    def begin(self, **changes: Any) -> Payment:
        return self.engine.begin(request(**changes))

    def step(self, kind: type[Command], payment_id: str = "p1") -> Payment:
        """Do the one open command of a kind now."""
        found = [
            due.command
            for due in self.engine.due()
            if type(due.command) is kind and due.payment_id == payment_id
        ]
        assert found, [due.command for due in self.engine.due()]
        return self.engine.step(payment_id, found[0])

    def tell(self, kind: str, reference: str, **facts: Fact) -> Payment:
        """Something that came from outside (a report, a notice), through the engine's own way into the journal."""
        return self.tell_of("p1", kind, reference, **facts)

    def tell_of(self, payment_id: str, kind: str, reference: str, **facts: Fact) -> Payment:
        payment = self.journal.payment(payment_id)
        event = Event(kind=kind, at=self.clock.now(), subject=reference, facts=facts)
        return self.engine._append(payment_id, payment, (event,))

    def wait(self, ms: int) -> None:
        self.clock.now_ms += ms

    def state(self) -> MoneyState:
        payment = self.journal.payment("p1")
        assert payment is not None
        return payment.attempts[-1].state

    def known(self) -> Payment:
        payment = self.journal.payment("p1")
        assert payment is not None
        return payment

    def posting(self) -> PostingState:
        return self.known().postings[0].state

    def reason(self) -> str:
        return self.known().postings[0].reason


def debt(**changes: Any) -> Debt:
    usual: dict[str, Any] = {"software": "model", "account_id": "01042", "client": "Alvarez, Rosa"}
    return Debt(**(usual | {"invoice_number": "10482", "balance": usd(ASKED)} | changes))


def request(minor: int = ASKED, **changes: Any) -> PayRequest:
    usual: dict[str, Any] = {"payment_id": "p1", "operation": "sale", "entry": Entry.TERMINAL}
    usual |= {"parts": only_base(usd(minor)), "debt": debt(), "terminal_id": "front-desk-1"}
    return PayRequest(**(usual | changes))


def agree(desk: Desk, kind: str, consent_id: str = "", **changes: Any) -> Consent:
    """A client's agreement, written down."""
    wording = Wording(
        text="I agree.", version="2026-1", how="signed, in the file", given_by="Rosa Alvarez", given_wall_ms=1
    )
    whose = debt(**changes)
    return desk.engine.record_consent(consent_id or f"c-{kind}", kind, whose, wording, "Kim")
