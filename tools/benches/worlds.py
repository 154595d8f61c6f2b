"""One small world with a plan of faults and crashes, run to its end, and what its books say then.

The engine, the adapter's mapping and the simulator's core are the real ones; the practice software is a model; time
is virtual. A crash is an exception at a numbered boundary (before or after a port call or an append): everything in
memory is thrown away and a new engine starts over the same journal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tillbridge.domain.invoice import Debt
from tillbridge.domain.money import Money, only_base
from tillbridge.domain.next_command import AskPerson, commands
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Payment
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import Policy
from tillbridge.engine.requests import PayRequest
from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.journal import Journal
from tillbridge.simulator.core.faults import Fault, FaultKind, Line
from tillbridge.simulator.core.settings import OnRepeat, Settings
from tillbridge.testing.world import CountedIds, LookFault, ModelPractice, TypingFault, VirtualClock, run
from tools.benches.in_process_gateway import gateway_over, line_of

HOUR_MS = 3_600_000
REST_MS = 200 * HOUR_MS
"""Long enough for a give-up to be swept and for every retry to have happened."""
PAYMENT_ID = "payment-0001"


class Crash(Exception):
    """The process dies here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that will go wrong. `minor` chooses what the card does (the simulator's magic amounts)."""

    minor: int = 21_240
    send: FaultKind | None = None
    send_delay_ms: int = 0
    inquire: FaultKind | None = None
    inquire_times: int = 1
    kill: FaultKind | None = None
    keys: bool = True
    kill_blocks: bool = True
    typing: TypingFault = "none"
    look: LookFault = "none"
    crashes: tuple[int, ...] = ()
    reboots: bool = False


@dataclass(slots=True)
class Boundaries:
    """Counts the boundaries of a run and dies at the planned ones. `seen` names them in order."""

    crashes: frozenset[int]
    seen: list[str] = field(default_factory=list)

    def __call__(self, where: str) -> None:
        self.seen.append(where)
        if len(self.seen) - 1 in self.crashes:
            raise Crash(where)


class Doomed:
    """A port whose calls are boundaries: dies before or after a call when the plan says so."""

    def __init__(self, port: Any, name: str, boundary: Boundaries, methods: frozenset[str]) -> None:
        self._port, self._name, self._boundary, self._methods = port, name, boundary, methods

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name not in self._methods:
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            self._boundary(f"{self._name}.{name} before")
            answer = found(*arguments, **named)
            self._boundary(f"{self._name}.{name} after")
            return answer

        return call


_GATEWAY = frozenset({"start_terminal", "inquire", "kill", "void", "refund", "cancel_terminal"})
_PRACTICE = frozenset({"read_ledger", "post"})


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """What is left: the books of both worlds as plain values, and where the engine stands."""

    captures: tuple[int, ...]
    given_back: tuple[int, ...]
    rows: tuple[int, ...]
    charged: str
    finished: bool
    next: tuple[str, ...]
    attention: bool
    trace: tuple[str, ...]
    crashed: int


def request(minor: int) -> PayRequest:
    balance = Money(minor=minor, currency="USD")
    debt = Debt(
        software="model",
        account_id="01042",
        client="Alvarez, Rosa",
        invoice_number="10482",
        balance=balance,
    )
    return PayRequest(
        payment_id=PAYMENT_ID,
        operation="sale",
        entry=Entry.TERMINAL,
        parts=only_base(balance),
        debt=debt,
        terminal_id="front-desk-1",
    )


@dataclass(slots=True)
class World:
    """One run. The journal, the card network and the practice software survive every crash."""

    plan: Plan
    journal: MemoryJournal
    line: Line
    clock: VirtualClock
    practice: ModelPractice
    boundary: Boundaries
    lives: int = 0

    def engine(self) -> Engine:
        self.lives += 1
        gateway = gateway_over(self.line, lambda: self.clock.now_ms)
        return Engine(
            journal=self.journal,
            gateway=Doomed(gateway, "gateway", self.boundary, _GATEWAY),
            practice=Doomed(self.practice, "practice", self.boundary, _PRACTICE),
            clock=self.clock,
            ids=CountedIds(self.lives * 1_000),
            policy=Policy(payment_method="Card", employee="Kim"),
        )

    def live(self) -> None:
        """One life of the process: recover, ask for the payment (the face repeats its id), run to rest."""
        engine = self.engine()
        engine.recover()
        engine.begin(request(self.plan.minor))
        run(engine, self.clock, self.clock.now_ms + REST_MS)


def make_world(plan: Plan) -> World:
    clock = VirtualClock()
    settings = Settings(
        seed=1,
        auto=True,
        on_repeat=OnRepeat.SAME_ANSWER if plan.keys else OnRepeat.CHARGED_AGAIN,
        kill_blocks=plan.kill_blocks,
    )
    line = line_of(settings)
    for kind, op, times in (
        (plan.send, "start", 1),
        (plan.inquire, "inquire", plan.inquire_times),
        (plan.kill, "kill", 2),
    ):
        if kind is not None:
            line.plan.faults.append(Fault(kind, op=op, times=times, delay_ms=plan.send_delay_ms))
    practice = ModelPractice(clock, Money(minor=plan.minor, currency="USD"))
    practice.typing_plan.append(plan.typing)
    practice.look_plan.extend(("none", plan.look))
    boundary = Boundaries(frozenset(plan.crashes))
    practice.hook = lambda where: boundary(f"software {where}")
    journal = MemoryJournal()
    journal.before_append = lambda _append: boundary("journal before")
    journal.after_append = lambda _append: boundary("journal after")
    return World(plan, journal, line, clock, practice, boundary)


def play(plan: Plan) -> End:
    """Run a plan to its end. Raises RuntimeError if the world does not come to rest."""
    world = make_world(plan)
    crashed = 0
    while True:
        try:
            world.live()
            break
        except Crash:
            crashed += 1
            world.clock.now_ms += 1_500
            if plan.reboots:
                world.clock.reboot()
    return _end(world, crashed)


def _end(world: World, crashed: int) -> End:
    entries = world.line.network.books.entries
    payment = _payment(world.journal)
    return End(
        captures=tuple(e.amount for e in entries if e.kind == "capture"),
        given_back=tuple(e.amount for e in entries if e.kind in ("void", "refund")),
        rows=tuple(row.amount.minor for row in world.practice.books),
        charged=payment.charged,
        finished=payment.finished,
        next=tuple(type(command).__name__ for command in commands(payment)),
        attention=any(isinstance(command, AskPerson) for command in commands(payment)),
        trace=tuple(world.boundary.seen),
        crashed=crashed,
    )


def _payment(journal: Journal) -> Payment:
    payment = journal.payment(PAYMENT_ID)
    if payment is None:
        raise RuntimeError("the payment is lost")
    return payment
