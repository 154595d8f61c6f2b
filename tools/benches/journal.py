"""What one payment costs in the journal: time, CPU and syncs, beside a bare apsw loop of the very same SQL.

The appends are those that the real engine makes for a sale at the terminal. Journal, bare loop and the floor (so many
overwrites of 4 KB, each made durable) take turns, so that the machine's moods hit all three. Refuses a RAM disk: there
a sync costs nothing and every ratio would lie.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import apsw

from tillbridge.domain.event import Event
from tillbridge.domain.fold import apply
from tillbridge.domain.lease import LeaseStep, Take
from tillbridge.domain.money import Money
from tillbridge.domain.payment import Payment
from tillbridge.journal.connect import Settings, connect, create, trust
from tillbridge.journal.disk import RAM_DISKS, Disk, file_system
from tillbridge.journal.memory import MemoryJournal
from tillbridge.journal.migration import shipped
from tillbridge.journal.sqlite import SqliteJournal, open_journal
from tillbridge.ports.journal import Append
from tillbridge.simulator.core.settings import Settings as NetworkSettings
from tillbridge.testing.world import ModelPractice, VirtualClock
from tools.benches.in_process_gateway import line_of
from tools.benches.powercut import AMOUNTS, Clinic
from tools.benches.results import ROOT

PAIRS, PAIRS_QUICK, WARM_UP = 200, 60, 20
PAGE = 4096
Statement = tuple[str, tuple[Any, ...]]


def run(quick: bool, seed: int) -> dict[str, object]:
    pairs = PAIRS_QUICK if quick else PAIRS
    with folder() as here:
        sale = one_sale()
        print(f"  one sale: {len(sale)} appends, {sum(len(each.events) for each in sale)} events", flush=True)
        syncs = syncs_per_payment(here, sale, 400)
        measured = measure(here, sale, pairs, random.Random(seed))
    payment_ms, cpu_ms = measured["payment_ms"], measured["cpu_ms"]
    floor_ms = measured["floor_ms"]
    return {
        **{name: round(value, 4) for name, value in measured.items()},
        "cpu_ratio": round(cpu_ms / measured["bare_cpu_ms"], 3),
        "bare_ratio": round(payment_ms / measured["bare_ms"], 3),
        "floor_sync_ms": round(floor_ms / durable(sale), 4),
        "disk_ratio": round(payment_ms / floor_ms, 3),
        "appends_per_payment": len(sale),
        "syncs_per_payment": syncs,
        "pairs": pairs,
    }


@contextmanager
def folder() -> Iterator[Path]:
    """A new folder on a real disk. Raises RuntimeError on a RAM disk."""
    where = ROOT / "var"
    where.mkdir(exist_ok=True)
    here = Path(tempfile.mkdtemp(prefix="bench-journal-", dir=where))
    try:
        refuse_ram_disk(file_system(str(here)))
        yield here
    finally:
        shutil.rmtree(here)


def refuse_ram_disk(kind: str) -> None:
    if kind in RAM_DISKS:
        raise RuntimeError(f"this is a RAM disk ({kind}): what a sync costs cannot be measured here")


# ---------------------------------------------------------------- what is written


def one_sale() -> list[Append]:
    """The appends of one sale, as the real engine makes them."""
    clock = VirtualClock()
    practice = ModelPractice(clock, Money(minor=sum(AMOUNTS), currency="USD"))
    clinic = Clinic(clock, line_of(NetworkSettings(seed=1, auto=True)), practice)
    journal: Any = MemoryJournal()
    made: list[Append] = []
    journal.before_append = made.append
    clinic.life(journal, _Running())  # type: ignore[arg-type]
    return [each for each in made if each.payment_id == "payment-0"]


class _Running:
    """A machine whose power is never cut."""

    disk = SimpleNamespace(off=False)


def durable(sale: list[Append]) -> int:
    """How often a payment has to wait for the disk at the very least."""
    return sum(append.durable for append in sale)


def renamed(sale: list[Append], number: int) -> list[Append]:
    """The same sale of another invoice, with a reference and a marker of its own."""
    names = {each.reference: f"{each.reference[:12]}{number:06d}" for each in sale[-1].payment.attempts}
    names |= {each.marker: f"V{number:06d}" for each in sale[-1].payment.postings}
    payment: Payment | None = None
    made = []
    for old in sale:
        events = tuple(_renamed(event, names, number) for event in old.events)
        version = payment.version if payment else 0
        for event in events:
            payment = apply(f"payment-{number}", payment, event)
        assert payment is not None
        limit = replace(old.limit, scope=payment.debt.scope) if old.limit else None
        new = replace(old, payment_id=payment.payment_id, version=version, events=events, payment=payment)
        made.append(replace(new, limit=limit, lease=_leased(old.lease, names, number)))
    return made


def _leased(step: LeaseStep | None, names: dict[str, str], number: int) -> LeaseStep | None:
    """The same step at a terminal of its own, where the fencing number is the first again."""
    if step is None:
        return None
    moved = replace(step, terminal=f"{step.terminal}-{number}")
    return replace(moved, reference=names[moved.reference]) if isinstance(moved, Take) else moved


def _renamed(event: Event, names: dict[str, str], number: int) -> Event:
    facts = {key: names.get(str(value), value) for key, value in event.facts.items()}
    if "invoice_number" in facts:
        facts["invoice_number"] = f"{number}"
    return replace(event, subject=names.get(event.subject, event.subject), facts=facts)


# ---------------------------------------------------------------- syncs


class Counting(apsw.VFS):
    """The machine's own file system, counting what SQLite asks to be made durable."""

    def __init__(self) -> None:
        self.syncs = 0
        super().__init__("counting", "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return CountingFile(self, name, flags)


class CountingFile(apsw.VFSFile):
    def __init__(self, disk: Counting, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self.disk = disk
        super().__init__("", name, flags)

    def xSync(self, flags: int) -> None:
        self.disk.syncs += 1
        super().xSync(flags)


class CountingDisk(Disk):
    vfs = "counting"


def syncs_per_payment(here: Path, sale: list[Append], payments: int) -> float:
    """Over many payments, so that the syncs of writing back the log are in it."""
    counting = Counting()
    journal = open_journal(here / "counted.db", disk=CountingDisk())
    before = counting.syncs
    for number in range(payments):
        for append in renamed(sale, number):
            journal.append(append)
    syncs = counting.syncs - before
    journal.close()
    counting.unregister()
    return round(syncs / payments, 3)


# ---------------------------------------------------------------- time


@dataclass(slots=True)
class Rivals:
    """Two files with the same content: one written by the journal, one by a bare loop of the same SQL."""

    journal: SqliteJournal
    traced: SqliteJournal
    bare: apsw.Connection
    floor: int

    def statements(self, appends: list[Append]) -> list[Statement]:
        """The SQL of these appends, taken from a third journal that is not timed."""
        seen: list[Statement] = []

        def note(_cursor: object, sql: str, bindings: Any) -> bool:
            seen.append((sql, tuple(bindings or ())))
            return True

        self.traced._connection.exec_trace = note
        for append in appends:
            self.traced.append(append)
        self.traced._connection.exec_trace = None
        return seen

    def write_bare(self, statements: list[Statement]) -> None:
        execute = self.bare.execute
        for sql, bindings in statements:
            execute(sql, bindings).fetchall()

    def write_floor(self, times: int) -> None:
        page = os.urandom(PAGE)
        for _ in range(times):
            os.pwrite(self.floor, page, 0)
            os.fdatasync(self.floor)


@contextmanager
def rivals(here: Path) -> Iterator[Rivals]:
    journal = open_journal(here / "ours.db", journal_id="same")
    traced = open_journal(here / "traced.db", journal_id="same")
    disk, settings = Disk(), Settings()
    disk.publish(create(str(here / "bare.db"), disk, settings, shipped(), "same", {}), str(here / "bare.db"))
    bare = connect(str(here / "bare.db"), disk, settings)
    trust(bare, settings)
    floor = os.open(here / "floor", os.O_RDWR | os.O_CREAT)
    os.pwrite(floor, bytes(PAGE), 0)
    os.fsync(floor)
    try:
        yield Rivals(journal, traced, bare, floor)
    finally:
        os.close(floor)
        bare.close()
        traced.close()
        journal.close()


@dataclass(frozen=True, slots=True)
class Turn:
    """One rival's payment: milliseconds by the clock and of CPU."""

    wall: float
    cpu: float


Pair = dict[str, Turn]


def measure(here: Path, sale: list[Append], pairs: int, chance: random.Random) -> dict[str, float]:
    """Medians per payment over so many pairs, in milliseconds."""
    with rivals(here) as rival:
        for number in range(WARM_UP):
            take_turns(rival, renamed(sale, number), chance)
        taken = [take_turns(rival, renamed(sale, WARM_UP + number), chance) for number in range(pairs)]
        if rival.journal.check().events != rival.bare.execute("SELECT count(*) FROM event").get:
            raise RuntimeError("the bare loop did not write what the journal wrote")

    def middle(name: str, of: Callable[[Turn], float]) -> float:
        return median(of(pair[name]) for pair in taken)

    return {
        "payment_ms": middle("journal", lambda turn: turn.wall),
        "bare_ms": middle("bare", lambda turn: turn.wall),
        "floor_ms": middle("floor", lambda turn: turn.wall),
        "cpu_ms": middle("journal", lambda turn: turn.cpu),
        "bare_cpu_ms": middle("bare", lambda turn: turn.cpu),
    }


def take_turns(rival: Rivals, appends: list[Append], chance: random.Random) -> Pair:
    statements = rival.statements(appends)
    turns: list[tuple[str, Callable[[], object]]] = [
        ("journal", lambda: [rival.journal.append(each) for each in appends]),
        ("bare", lambda: rival.write_bare(statements)),
        ("floor", lambda: rival.write_floor(durable(appends))),
    ]
    chance.shuffle(turns)
    return {name: timed(act) for name, act in turns}


def timed(act: Callable[[], object]) -> Turn:
    wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
    act()
    return Turn((time.perf_counter_ns() - wall) / 1e6, (time.thread_time_ns() - cpu) / 1e6)
