"""The threads around the engine: one task a payment, lanes apart, a fatal error stops charging, an end is soon."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.apps.counter import until
from tests.engine.test_one_payment import usd
from tillbridge.apps.agent.runner import END_S, Lane, Runner
from tillbridge.apps.agent.system import RandomIds, SystemClock
from tillbridge.domain.errors import JournalError, OperatorError, TillbridgeError
from tillbridge.domain.payment import Payment
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import Policy
from tillbridge.engine.work import Result, Task
from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.journal import Append
from tillbridge.ports.practice import LedgerSeen, PostingOrder, Trouble
from tillbridge.simulator.core.settings import Settings
from tillbridge.testing.world import ModelPractice, VirtualClock
from tools.benches.in_process_gateway import gateway_over, line_of
from tools.benches.worlds import PAYMENT_ID, request


class Counted(Engine):
    """Notes which payments have a task under way, and whether ever two of one payment."""

    under_way: list[str] = []  # noqa: RUF012 - one world at a time
    twice: list[str] = []  # noqa: RUF012

    def perform(self, task: Task) -> Result:
        if task.payment_id in self.under_way:
            self.twice.append(task.payment_id)
        self.under_way.append(task.payment_id)
        try:
            return super().perform(task)
        finally:
            self.under_way.remove(task.payment_id)


@dataclass
class World:
    runner: Runner
    journal: MemoryJournal
    books: ModelPractice

    def payment(self) -> Payment:
        found = self.runner.ask(lambda engine: engine.journal.payment(PAYMENT_ID))
        assert found is not None
        return found


class Slow(ModelPractice):
    """A ledger that is being read for as long as the gate is shut."""

    gate: threading.Event | None = None
    reading = False

    def read_ledger(self, order: PostingOrder) -> LedgerSeen | Trouble:
        if self.gate is not None:
            Slow.reading = True
            self.gate.wait(60)
        return super().read_ledger(order)


@pytest.fixture
def world() -> Iterator[World]:
    clock = SystemClock()
    line = line_of(Settings(seed=1, auto=True, magic=False, auto_present_ms=50, processing_ms=50))
    journal, books = MemoryJournal(), Slow(VirtualClock(), usd(21_240))
    Slow.reading, Slow.gate = False, None
    Counted.under_way, Counted.twice = [], []
    engine = Counted(
        journal=journal,
        gateway=gateway_over(line, lambda: clock.now().mono_ms),
        practice=books,
        clock=clock,
        ids=RandomIds(),
        policy=Policy(),
    )
    made = World(Runner(engine), journal, books)
    yield made
    gate = books.gate
    if gate is not None:
        gate.set()
    made.runner.stop()


def test_a_payment_runs_to_its_end_with_one_task_at_a_time(world: World) -> None:
    world.runner.start()
    world.runner.ask(lambda engine: engine.begin(request(21_240)))
    until(lambda: world.payment().finished, "it is finished")
    assert [row.amount.minor for row in world.books.books] == [21_240]
    assert Counted.twice == []


def test_the_card_is_asked_while_the_screen_hangs(world: World) -> None:
    """Rule 13: the lanes are apart."""
    Slow.gate = threading.Event()
    world.runner.start()
    world.runner.ask(lambda engine: engine.begin(request(21_240)))
    until(lambda: Slow.reading, "the screen is being read")
    assert world.runner.on_gateway(lambda engine: engine.gateway.terminals()) != []
    assert world.payment().charged == "yes"


def test_an_end_does_not_wait_for_a_screen_that_hangs(world: World) -> None:
    Slow.gate = threading.Event()
    world.runner.start()
    world.runner.ask(lambda engine: engine.begin(request(21_240)))
    until(lambda: Slow.reading, "the screen is being read")
    before = len(world.journal.events(PAYMENT_ID))
    began = time.monotonic()
    world.runner.stop()
    assert time.monotonic() - began < END_S + 3
    assert len(world.journal.events(PAYMENT_ID)) == before, "a look that was cut off is not journalled"
    assert world.books.books == []


def test_what_went_wrong_goes_to_the_one_who_asked(world: World) -> None:
    world.runner.start()
    with pytest.raises(OperatorError) as refused:
        world.runner.ask(lambda engine: engine.cancel("nobody-knows-it"))
    assert refused.value.code == "unknown_payment"
    assert world.runner.fatal is None, "a wrong question is no fault of the loop"


@pytest.mark.parametrize("fault", [JournalError("disk_failed", path="p"), ZeroDivisionError("ours")])
def test_a_fault_of_the_loop_stops_charging_and_is_kept(world: World, fault: Exception) -> None:
    broken = [False]

    def fail(_append: Append) -> None:
        if broken[0]:
            raise fault

    world.journal.before_append = fail
    world.runner.start()
    world.runner.ask(lambda engine: engine.begin(request(21_240)))
    broken[0] = True
    until(lambda: world.runner.fatal is not None, "it is noticed")
    broken[0] = False
    kept = world.runner.fatal
    assert isinstance(kept, TillbridgeError)
    assert kept.code == ("disk_failed" if isinstance(fault, JournalError) else "engine_failed")
    seen = len(world.journal.events(PAYMENT_ID))
    ends = time.monotonic() + 0.5  # long enough for the next step, had it gone on
    while time.monotonic() < ends:
        assert len(world.journal.events(PAYMENT_ID)) == seen
        time.sleep(0.05)


def test_a_lane_keeps_its_order_and_hands_errors_back() -> None:
    lane, done = Lane("test", 1), list[int]()
    futures = [lane.submit(lambda number=number: done.append(number)) for number in range(5)]  # type: ignore[misc]
    failing = lane.submit(lambda: 1 // 0)
    assert lane.end(5)
    assert done == [0, 1, 2, 3, 4]
    assert all(future.done() for future in futures)
    with pytest.raises(ZeroDivisionError):
        failing.result()


def test_a_lane_that_hangs_says_that_it_did_not_end() -> None:
    gate, lane = threading.Event(), Lane("test", 1)
    lane.submit(lambda: gate.wait(30))
    assert not lane.end(0.1)
    gate.set()
