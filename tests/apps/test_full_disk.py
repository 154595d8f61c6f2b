"""A full disk stops the loop, loses nothing, and the loop goes on by itself once there is space again."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.engine.test_one_payment import usd
from tillbridge.apps.agent.runner import Runner
from tillbridge.apps.agent.system import RandomIds, SystemClock
from tillbridge.domain.errors import JournalError
from tillbridge.domain.payment import Payment
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import Policy
from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.journal import Append
from tillbridge.simulator.core.settings import Settings
from tillbridge.testing.world import ModelPractice, VirtualClock
from tools.benches.in_process_gateway import gateway_over, line_of
from tools.benches.worlds import PAYMENT_ID, request


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "did not happen"
        time.sleep(0.02)


def test_a_full_disk_is_waited_out_and_the_payment_ends_once() -> None:
    clock = SystemClock()
    settings = Settings(seed=1, auto=True, magic=False, auto_present_ms=50, processing_ms=50)
    line = line_of(settings)
    journal, books = MemoryJournal(), ModelPractice(VirtualClock(), usd(21_240))
    full = [False]

    def full_disk(_append: Append) -> None:
        if full[0]:
            raise JournalError("disk_full")

    journal.before_append = full_disk
    engine = Engine(
        journal=journal,
        gateway=gateway_over(line, lambda: clock.now().mono_ms),
        practice=books,
        clock=clock,
        ids=RandomIds(),
        policy=Policy(),
    )
    runner = Runner(engine)
    runner.start()
    runner.ask(lambda e: e.begin(request(21_240)))

    def payment() -> Payment:
        found = runner.ask(lambda e: e.journal.payment(PAYMENT_ID))
        assert found is not None
        return found

    def fatal() -> str:
        return runner.fatal.code if runner.fatal is not None else ""

    until(lambda: payment().attempts[0].state in ("running", "approved"))
    full[0] = True
    until(lambda: fatal() == "disk_full")
    full[0] = False
    until(lambda: payment().finished, seconds=40)
    runner.stop()
    assert fatal() == ""
    assert [row.amount.minor for row in books.books] == [21_240]
    assert sum(e.amount for e in line.network.books.entries if e.kind == "capture") == 21_240
