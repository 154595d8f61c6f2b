"""One payment in a world where answers never come, run for five virtual days: by the real engine, with a cashier.

The engine, the adapter's mapping and the network's core are the real ones; the practice software is a model. What it
became is handed to the judge as plain lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tillbridge.domain.errors import OperatorError
from tillbridge.domain.money import Money
from tillbridge.domain.next_command import AskPerson, commands
from tillbridge.domain.payment import Payment
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import Policy
from tillbridge.gateways.simulator.adapter import Adapter
from tillbridge.gateways.simulator.wire import Heard, Json, NoReply
from tillbridge.journal.memory import MemoryJournal
from tillbridge.simulator.core.faults import Line
from tillbridge.testing.world import CountedIds, ModelPractice, VirtualClock
from tools.benches.in_process_gateway import CoreExchange, NoSecrets
from tools.benches.unknown_faults import END_MS, World, fault_of, hidden_ms, line_for
from tools.benches.unknown_judge import Line as Told
from tools.benches.unknown_judge import Said
from tools.benches.worlds import PAYMENT_ID, Boundaries, Crash, Doomed, request

HORIZON_MS = 152_000
"""So long after a request the network may still take money by its own rules (checked against what it tells)."""
TRIES_MAX = 3
STEPS_MAX = 40_000
"""An outage of twenty hours is asked about every five seconds."""
_GATEWAY = frozenset({"start_terminal", "inquire", "kill", "void", "refund"})
_PRACTICE = frozenset({"read_ledger", "post"})
_MONEY = ("capture", "void", "refund")


@dataclass(slots=True)
class Troubled:
    """The way to the network: each request that takes money meets the next of the world's faults, and for a while
    nothing gets through at all."""

    world: World
    line: Line
    clock: VirtualClock
    first_ms: int = 0
    sent_ms: dict[str, int] = field(default_factory=dict)
    """When each reference left, whatever became of it."""

    def __call__(self, op: str, fields: Json) -> Heard:
        now_ms = self.clock.now_ms
        if self._dark(now_ms):
            return NoReply("unreachable", sent=False)
        if op == "start":
            fields = self._meets_its_fault(fields, now_ms)
        return CoreExchange(self.line, lambda: now_ms)(op, fields)

    def _meets_its_fault(self, fields: Json, now_ms: int) -> Json:
        sends, number = self.world.sends, len(self.sent_ms)
        self.first_ms = self.first_ms or now_ms
        if str(fields["reference"]) in self.sent_ms:
            return fields
        self.sent_ms[str(fields["reference"])] = now_ms
        send = sends[number] if number < len(sends) else ("none", 0)
        fault = fault_of(send)
        if fault is not None:
            self.line.plan.faults.append(fault)
        hidden = hidden_ms(send)
        return {**fields, "hidden_ms": hidden} if hidden else fields

    def _dark(self, now_ms: int) -> bool:
        if self.world.dark is None or not self.first_ms:
            return False
        begins = self.first_ms + self.world.dark[0]
        return begins <= now_ms < begins + self.world.dark[1]

    def close(self) -> None:
        """Nothing to close."""


@dataclass(slots=True, kw_only=True)
class End:
    """What the judge is given, and what happened on the way. `waits_ms`: from each request until it was decided."""

    lines: list[Told]
    said: Said
    asked: int
    end_ms: int
    attempts: int
    waits_ms: list[int]
    allowed: int
    attention: bool


@dataclass(slots=True)
class Counter:
    """The front desk: an engine that may die, a cashier, a clock."""

    world: World
    clock: VirtualClock
    line: Line
    way: Troubled
    journal: MemoryJournal
    practice: ModelPractice
    boundary: Boundaries
    lives: int = 0
    tries: int = 1
    allowed: int = 0
    gave_up_ms: int | None = None
    deed_done: bool = False
    was_off: bool = False
    waits_ms: list[int] = field(default_factory=list)
    waiting: dict[str, int] = field(default_factory=dict)

    def engine(self) -> Engine:
        self.lives += 1
        gateway: Any = Doomed(
            Adapter({"url": "http://in-process"}, NoSecrets(), self.way), "gateway", self.boundary, _GATEWAY
        )
        practice: Any = Doomed(self.practice, "practice", self.boundary, _PRACTICE)
        return Engine(
            journal=self.journal,
            gateway=gateway,
            practice=practice,
            clock=self.clock,
            ids=CountedIds(self.lives * 1_000),
            policy=Policy(payment_method="Card", employee="Kim"),
        )

    def live(self, end_ms: int) -> None:
        """One life of the process: recover, ask for the payment (the face repeats its id), go on to the end."""
        engine = self.engine()
        engine.recover()
        engine.begin(request(self.world.amount))
        for _ in range(STEPS_MAX):
            due = next(iter(engine.due()), None)
            at_ms = self.clock.now_ms + due.in_ms if due is not None else end_ms
            if self._interrupted(engine, at_ms):
                continue
            if due is None or at_ms >= end_ms:
                self.clock.now_ms = max(self.clock.now_ms, end_ms)
                return
            self.clock.now_ms = at_ms
            engine.step(due.payment_id, due.command)
            self._look(engine)
        raise RuntimeError("the engine does not come to rest")

    def _interrupted(self, engine: Engine, next_ms: int) -> bool:
        """Something that people do comes first: the cashier acts, or the computer is switched off (and is a Crash)."""
        world, first_ms = self.world, self.way.first_ms
        if not first_ms:
            return False
        if world.off is not None and not self.was_off and first_ms + world.off[0] <= next_ms:
            self.was_off = True
            self.clock.now_ms = max(self.clock.now_ms, first_ms + world.off[0]) + world.off[1]
            self.clock.reboot()
            raise Crash("switched off")
        if world.deed is None or self.deed_done or first_ms + world.deed.at_ms > next_ms:
            return False
        self.deed_done = True
        self.clock.now_ms = max(self.clock.now_ms, first_ms + world.deed.at_ms)
        self._acts(engine, world.deed.what)
        return True

    def _acts(self, engine: Engine, what: str) -> None:
        """A named person gives up on the doubt, or allows another try beside it; where nothing is in doubt, nothing."""
        try:
            if what == "stop":
                engine.stop(PAYMENT_ID, "Dana")
            else:
                engine.allow_another(PAYMENT_ID, "Dana")
                self._again(engine)
                self.allowed += 1
        except OperatorError:
            return
        self.gave_up_ms = self.clock.now_ms

    def _look(self, engine: Engine) -> None:
        """The cashier sees what is told. "Not charged" means for most: try once more."""
        payment = _payment(self.journal)
        now_ms = self.clock.now_ms
        for attempt in payment.attempts:
            if attempt.sent_at is not None:
                self.waiting.setdefault(attempt.reference, now_ms)
            decided = attempt.taken or attempt.over
            if decided and attempt.reference in self.waiting and self.waiting[attempt.reference] >= 0:
                self.waits_ms.append(now_ms - self.waiting[attempt.reference])
                self.waiting[attempt.reference] = -1
        if payment.charged == "no" and payment.may_try_again() and self.world.tries_again:
            self._again(engine)

    def _again(self, engine: Engine) -> None:
        if self.tries >= TRIES_MAX:
            return
        try:
            engine.try_again(PAYMENT_ID)
        except OperatorError as refused:
            if refused.code != "terminal_in_use":
                raise
            return
        self.tries += 1


def play(world: World) -> End:
    """Raises RuntimeError if the engine does not come to rest."""
    counter = _counter(world)
    end_ms = counter.clock.now_ms + END_MS
    while True:
        try:
            counter.live(end_ms)
            break
        except Crash:
            counter.clock.now_ms += 1_500
            if world.reboots:
                counter.clock.reboot()
    counter.line.advance(end_ms)
    return _end(counter, end_ms)


def _counter(world: World) -> Counter:
    clock = VirtualClock()
    line = line_for(world)
    boundary = Boundaries(frozenset(world.crashes))
    practice = ModelPractice(clock, Money(minor=world.amount, currency="USD"))
    practice.hook = lambda where: boundary(f"software {where}")
    journal = MemoryJournal()
    journal.before_append = lambda _append: boundary("journal before")
    journal.after_append = lambda _append: boundary("journal after")
    return Counter(world, clock, line, Troubled(world, line, clock), journal, practice, boundary)


def _end(counter: Counter, end_ms: int) -> End:
    payment = _payment(counter.journal)
    open_ = commands(payment)
    said = Said(
        told=payment.charged,
        rows=[row.amount.minor for row in counter.practice.books],
        looks_on=bool(open_),
        sent_ms=counter.way.sent_ms,
        gave_up=counter.gave_up_ms is not None,
        horizon_ms=HORIZON_MS,
    )
    return End(
        lines=lines_of(counter.line),
        said=said,
        asked=counter.world.amount,
        end_ms=end_ms,
        attempts=sum(attempt.sent_at is not None for attempt in payment.attempts),
        waits_ms=counter.waits_ms + [end_ms - since for since in counter.waiting.values() if since >= 0],
        allowed=counter.allowed,
        attention=any(isinstance(command, AskPerson) for command in open_),
    )


def lines_of(line: Line) -> list[Told]:
    """The network's lines about money. A void or refund is told under the capture that it gives back."""
    return [
        Told(
            kind=entry.kind.value,
            record=entry.of or entry.provider_ref,
            reference=entry.reference,
            amount=entry.amount,
            at_ms=entry.at_ms,
        )
        for entry in line.network.books.entries
        if entry.kind.value in _MONEY
    ]


def _payment(journal: MemoryJournal) -> Payment:
    payment = journal.payment(PAYMENT_ID)
    if payment is None:
        raise RuntimeError("the payment is lost")
    return payment
