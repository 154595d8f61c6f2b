"""The power goes while the journal is being written: the real engine on a disk that loses what was not synced.

The card network and the practice software are elsewhere and survive the cut. A life of the process ends at a random
change of the disk; the next one starts from what is left and may be cut, too. First many cuts of the journal alone,
then the engine. Judged from the books of the survivors (powercut_judge.py).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any, cast

from tillbridge.domain.errors import JournalError
from tillbridge.domain.invoice import Debt
from tillbridge.domain.money import Money, only_base
from tillbridge.domain.next_command import AskPerson, commands
from tillbridge.domain.operation import Entry
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import Policy
from tillbridge.engine.requests import PayRequest
from tillbridge.journal.connect import Settings
from tillbridge.journal.sqlite import SqliteJournal, open_journal
from tillbridge.ports.journal import Append, Stored
from tillbridge.simulator.core.faults import Fault, FaultKind, Line
from tillbridge.simulator.core.settings import Settings as NetworkSettings
from tillbridge.testing.journal_suite import Writer, a_sale
from tillbridge.testing.world import CountedIds, ModelPractice, VirtualClock
from tillbridge.testing.world import run as run_until
from tools.benches.in_process_gateway import gateway_over, line_of
from tools.benches.lossy_disk import LossyDisk, PowerCut
from tools.benches.powercut_judge import Books, Tally, judge_end, judge_intents, judge_rows

PATH = PurePosixPath("/journal.db")
CHECKPOINTS = (4, 12, 60, 1000)
"""Pages after which the log is written back: small ones too, so that short lives are cut there."""
LIVES_MAX = 4
SHORT_AND_LONG = (40, 160, 500)
"""Changes of the disk after which the power goes at the latest: a life takes a few hundred."""
HOUR_MS = 3_600_000
AMOUNTS = (21_240, 10_120, 5_515)
LINE_FAULTS = (
    None,
    None,
    FaultKind.LOSE_REPLY,
    FaultKind.LOSE_REQUEST,
    FaultKind.ERROR_AFTER,
    FaultKind.SLOW,
    FaultKind.GARBLED,
)


@dataclass(frozen=True, slots=True)
class Setup:
    """How journals are opened here. Weaker ones show that the proof can fail."""

    settings: Settings = field(default_factory=Settings)
    in_place: bool = False
    """Build a new journal under its own name, not beside it."""


def run(quick: bool, seed: int) -> dict[str, object]:
    alone, engine = Tally(), Tally()
    cut_journal(alone, random.Random(f"journal {seed}"), 150 if quick else 1500, Setup())
    print(f"  the journal alone: {alone.cuts} cuts, {len(alone.failures)} faults", flush=True)
    cut_engine(engine, random.Random(f"engine {seed}"), 150 if quick else 1500, Setup())
    for failure in [*alone.failures, *engine.failures][:20]:
        print(f"  FAULT {failure}")
    summed = ("corrupt", "lost_acknowledged", "phantom")
    return {
        "cuts": engine.cuts,
        **{name: getattr(alone, name) + getattr(engine, name) for name in summed},
        "double_charges": engine.double_charges,
        "charges_without_intent": engine.charges_without_intent,
        "double_postings": engine.double_postings,
        "wrong_ends": engine.wrong_ends,
        "attention": engine.attention,
        "charges": engine.charges,
        "postings": engine.postings,
        "journal_cuts": alone.cuts,
    }


# ---------------------------------------------------------------- one life of a journal


class Watched:
    """A journal whose acknowledgements are noted by somebody who survives the cut."""

    def __init__(self, journal: SqliteJournal, acknowledged: dict[int, str]) -> None:
        self._journal, self._acknowledged = journal, acknowledged
        self._not_yet_durable: dict[int, str] = {}
        self.in_flight: list[int] = []

    def append(self, append: Append) -> Sequence[Stored]:
        self.in_flight.append(len(append.events))
        stored = self._journal.append(append)
        self._not_yet_durable.update({each.seq: each.chain for each in stored})
        if append.durable:
            self._acknowledged.update(self._not_yet_durable)
            self._not_yet_durable.clear()
            self.in_flight.clear()
        return stored

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


@dataclass(slots=True)
class Machine:
    """One disk through all its cuts, and what its journal acknowledged."""

    chance: random.Random
    setup: Setup
    tally: Tally
    name: str
    disk: LossyDisk = field(init=False)
    acknowledged: dict[int, str] = field(default_factory=dict)
    in_flight: list[int] = field(default_factory=list)
    payment_of: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.disk = LossyDisk(self.chance, in_place=self.setup.in_place)

    def live(self, cut_at: int | None, act: Callable[[Watched], None]) -> bool:
        """Start the process, let it `act`, and cut the power at a change of the disk. False if nothing was cut."""
        self.disk.cut_at = cut_at
        journal: SqliteJournal | None = None
        try:
            journal = self._opened()
            watched = Watched(journal, self.acknowledged)
            try:
                act(watched)
            finally:
                self.in_flight = watched.in_flight
            journal.close()
            return False
        except PowerCut:
            self.tally.cuts += 1
            return True
        finally:
            self._restart(journal)

    def _opened(self) -> SqliteJournal:
        journal = open_journal(cast("Any", PATH), disk=self.disk, settings=self.setup.settings)
        journal._connection.wal_autocheckpoint(self.chance.choice(CHECKPOINTS))
        stored = [(each.seq, each.chain) for each in journal.since(0, 100_000)]
        judge_rows(self.tally, self.name, self.acknowledged, stored, self.in_flight)
        self.acknowledged.clear()
        self.acknowledged.update(stored)
        self.in_flight = []
        if not journal.check().sound:
            self.tally.fault("corrupt", self.name)
        self.payment_of = intents(journal)
        return journal

    def _restart(self, journal: SqliteJournal | None) -> None:
        """The old process is gone, whatever it was doing; the disk is what the cut left."""
        self.disk.bury()
        if journal is not None:
            journal.close()
        self.disk.leave()
        self.disk = LossyDisk(
            self.chance, self.disk.survived or self.disk.folder, in_place=self.setup.in_place
        )


def intents(journal: SqliteJournal) -> dict[str, str]:
    """Reference -> payment, read from the table itself."""
    query = "SELECT subject, payment_id FROM event WHERE kind = 'attempt_created'"
    rows: list[Any] = journal._connection.execute(query).fetchall()
    return dict(rows)


# ---------------------------------------------------------------- the journal alone


def cut_journal(tally: Tally, chance: random.Random, cuts: int, setup: Setup) -> None:
    world = 0
    while tally.cuts < cuts:
        world += 1
        machine = Machine(chance, setup, tally, f"journal world {world}")
        try:
            for life in range(LIVES_MAX):
                machine.live(chance.randrange(1, 700), partial(_sales, chance, life))
            machine.live(None, partial(_sales, chance, LIVES_MAX))
        except JournalError as error:
            tally.fault("corrupt", f"{machine.name}: {error}")
        machine.disk.leave()


def _sales(chance: random.Random, life: int, journal: Watched) -> None:
    """Some sales, their appends in any order between them."""
    writer = Writer(cast("Any", journal))
    open_sales = {f"pay-{life}-{n}": a_sale(f"R{life}X{n}", f"V{life}X{n}") for n in range(6)}
    while open_sales:
        name = chance.choice(sorted(open_sales))
        steps = open_sales[name]
        append = writer.prepared(name, *steps.pop(0))
        journal.append(replace(append, durable=chance.random() < 0.8))
        if not steps:
            del open_sales[name]


# ---------------------------------------------------------------- the engine


class Powered:
    """A port of the process: once the power is off, nothing leaves it any more."""

    def __init__(self, port: Any, machine: Machine) -> None:
        self._port, self._machine = port, machine

    def __getattr__(self, name: str) -> Any:
        if self._machine.disk.off:
            raise PowerCut
        return getattr(self._port, name)


@dataclass(slots=True)
class Clinic:
    """What survives every cut: the card network, the practice software, the time."""

    clock: VirtualClock
    line: Line
    practice: ModelPractice
    lives: int = 0

    def life(self, journal: Watched, machine: Machine) -> None:
        self.lives += 1
        engine = Engine(
            journal=cast("Any", journal),
            gateway=cast("Any", Powered(gateway_over(self.line, lambda: self.clock.now_ms), machine)),
            practice=cast("Any", Powered(self.practice, machine)),
            clock=self.clock,
            ids=CountedIds(self.lives * 1_000),
            policy=Policy(payment_method="Card", employee="Kim"),
        )
        engine.recover()
        for number, minor in enumerate(AMOUNTS):
            payment_id = f"payment-{number}"
            if journal.payment(payment_id) is None and self.practice.owed().minor >= minor:
                engine.begin(self._request(payment_id, minor))
            run_until(engine, self.clock, self.clock.now_ms + 3 * 60_000)
        run_until(engine, self.clock, self.clock.now_ms + 200 * HOUR_MS)

    def _request(self, payment_id: str, minor: int) -> PayRequest:
        practice = self.practice
        debt = Debt(
            software="model",
            account_id=practice.account_id,
            client=practice.client,
            invoice_number=practice.invoice_number,
            balance=practice.owed(),
        )
        return PayRequest(
            payment_id=payment_id,
            operation="sale",
            entry=Entry.TERMINAL,
            parts=only_base(Money(minor=minor, currency="USD")),
            debt=debt,
            terminal_id="front-desk-1",
        )

    def charged(self) -> list[str]:
        wanted = ("started", "capture", "authorized", "pending")
        return [entry.reference for entry in self.line.network.books.entries if str(entry.kind) in wanted]

    def books(self, payment_of: dict[str, str]) -> Books:
        entries = self.line.network.books.entries
        return Books(
            captures=[(e.reference, e.amount) for e in entries if str(e.kind) == "capture"],
            returned=[(e.of_reference, e.amount) for e in entries if str(e.kind) in ("void", "refund")],
            rows=[row.amount.minor for row in self.practice.books],
            payment_of=payment_of,
        )


def new_clinic(chance: random.Random) -> Clinic:
    clock = VirtualClock()
    line = line_of(NetworkSettings(seed=chance.randrange(1 << 30), auto=True))
    fault = chance.choice(LINE_FAULTS)
    if fault is not None:
        line.plan.faults.append(Fault(fault, op="start", times=1, delay_ms=20_000))
    practice = ModelPractice(clock, Money(minor=sum(AMOUNTS), currency="USD"))
    practice.typing_plan.append(chance.choice(("none", "none", "doubt_committed", "late", "blocked")))
    return Clinic(clock, line, practice)


def cut_engine(tally: Tally, chance: random.Random, cuts: int, setup: Setup) -> None:
    world = 0
    while tally.cuts < cuts:
        world += 1
        machine = Machine(chance, setup, tally, f"engine world {world}")
        try:
            _engine_world(machine, new_clinic(chance))
        except JournalError as error:
            tally.fault("corrupt", f"{machine.name}: {error}")
        machine.disk.leave()
        if world % 100 == 0:
            print(f"  the engine: {tally.cuts} cuts, {len(tally.failures)} faults", flush=True)


def _engine_world(machine: Machine, clinic: Clinic) -> None:
    chance, waiting = machine.chance, [False]

    def act(journal: Watched) -> None:
        judge_intents(machine.tally, machine.name, clinic.charged(), frozenset(machine.payment_of))
        clinic.life(journal, machine)
        machine.payment_of = intents(journal)  # type: ignore[arg-type]
        waiting[0] = _asks_person(journal)

    for _ in range(LIVES_MAX):
        if not machine.live(chance.randrange(1, chance.choice(SHORT_AND_LONG)), act):
            break
        clinic.clock.now_ms += chance.choice((1_500, 40_000))
        clinic.clock.reboot()
    else:
        machine.live(None, act)
    judge_intents(machine.tally, machine.name, clinic.charged(), frozenset(machine.payment_of))
    judge_end(machine.tally, machine.name, clinic.books(machine.payment_of), attention=waiting[0])


def _asks_person(journal: Watched) -> bool:
    found = [journal.payment(f"payment-{number}") for number in range(len(AMOUNTS))]
    return any(
        isinstance(command, AskPerson) for payment in found if payment for command in commands(payment)
    )
