"""The agent's desk without processes, sockets or windows: its real threads around a screen that a test sets.

`captures` reads the card network's own books.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from tests.apps.counter import until
from tests.engine.test_one_payment import usd
from tillbridge.apps.agent.desk import Asked, Desk
from tillbridge.apps.agent.ground import Ground
from tillbridge.apps.agent.pausing import Pause
from tillbridge.apps.agent.rehearsed import RehearsalMemory
from tillbridge.apps.agent.rehearsing import Circumstances, Rehearsals
from tillbridge.apps.agent.restored import Restored
from tillbridge.apps.agent.runner import Runner
from tillbridge.apps.agent.runs import Runs
from tillbridge.apps.agent.support import Support
from tillbridge.apps.agent.system import RandomIds, SystemClock
from tillbridge.domain.errors import Fact
from tillbridge.domain.money import Money
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import Policy
from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.practice import (
    AccountSeen,
    Entering,
    InvoiceSeen,
    LedgerSeen,
    OpenInvoice,
    PostingOrder,
    PostingReport,
    SoftwareSeen,
    Trouble,
)
from tillbridge.simulator.core.settings import Settings
from tillbridge.testing.world import ModelPractice, VirtualClock
from tools.benches.in_process_gateway import gateway_over, line_of

OWED = 21_240


class Screen(ModelPractice):
    """Practice software whose payment window is as a test says. `acts`: what was done to it, in order."""

    drift: Trouble | Exception | None = None
    drifts = 1_000
    """So many times at most."""
    build = "1"
    still_s = 60.0
    entering: Entering | None = None
    closed = False
    busy = False
    """The ledger cannot be read just now."""
    gate: threading.Event | None = None
    acts: list[str]
    others: Mapping[str, int] = {}
    """What is owed on other invoices of the same client, in minor units."""

    def identify(self) -> SoftwareSeen | Trouble:
        if self.closed:
            return Trouble(who="operator", code="software_closed", facts={"name": "Model"})
        return replace(self.software, build=self.build)

    def read_invoice(self) -> InvoiceSeen | Trouble:
        self.acts.append("read")
        seen, software = super().read_invoice(), self.identify()
        if isinstance(software, Trouble) or isinstance(seen, Trouble):
            return software if isinstance(software, Trouble) else seen
        return replace(seen, software=software, entering=self.entering)

    def read_ledger(self, order: PostingOrder) -> LedgerSeen | Trouble:
        if self.busy:
            return Trouble(who="operator", code="client_locked", facts={"text": "in use"}, retry_in_ms=200)
        seen = super().read_ledger(order)
        if isinstance(seen, Trouble) or order.invoice_number not in self.others:
            return seen
        return replace(seen, balance=self.owed_on(order.invoice_number))

    def read_account(self, order: PostingOrder) -> AccountSeen | Trouble:
        seen = super().read_account(order)
        if isinstance(seen, Trouble):
            return seen
        more = tuple(OpenInvoice(number=each, balance=self.owed_on(each)) for each in self.others)
        return replace(seen, invoices=(*seen.invoices, *more))

    def owed(self) -> Money:
        paid = sum(row.amount.minor for row in self.books if row.invoice_number not in self.others)
        return usd(self.balance.minor - paid)

    def owed_on(self, number: str) -> Money:
        paid = sum(row.amount.minor for row in self.books if row.invoice_number == number)
        return usd(self.others[number] - paid)

    def rehearse(self, order: PostingOrder) -> PostingReport:
        self.acts.append("rehearse")
        if self.gate is not None:
            self.gate.wait(30)
        if isinstance(self.drift, Exception):
            raise self.drift
        self.drifts -= 1
        return PostingReport(stage="not_committed", trouble=self.drift if self.drifts >= 0 else None)

    def post(self, order: PostingOrder) -> PostingReport:
        self.acts.append("post")
        other = order.invoice_number in self.others
        owed = self.owed_on(order.invoice_number) if other else self.owed()
        if order.balance is not None and order.balance != owed:
            facts: dict[str, Fact] = {"seen_minor": owed.minor, "wanted_minor": order.balance.minor}
            return PostingReport(
                stage="not_committed", trouble=Trouble(who="operator", code="balance_changed", facts=facts)
            )
        return super().post(order)

    def idle_s(self) -> float:
        return self.still_s


@dataclass
class InMemory:
    desk: Desk
    runner: Runner
    rehearsals: Rehearsals
    screen: Screen
    line: Any
    circumstances: Circumstances
    home: Path
    restored: Restored
    today: list[date] = field(default_factory=lambda: [date(2026, 3, 4)])

    def captures(self) -> list[int]:
        """Amounts of every charge, in minor units."""
        return [entry.amount for entry in self.line.network.books.entries if entry.kind == "capture"]

    def pay(self, payment_id: str = "payment-0001", **more: Any) -> dict[str, Any]:
        return self.ask("pay", body={"payment_id": payment_id, "terminal_id": "front-desk-1", **more})

    def ask(self, name: str, payment_id: str = "", body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request by its name in the table of routes."""
        return self.desk.answer(name, Asked(named={"payment_id": payment_id}, body=body or {}))

    def now_ms(self) -> int:
        """The card network's time."""
        return self.runner.ask(lambda engine: engine.clock.now().wall_ms)

    def listed(self, client: str) -> list[dict[str, Any]]:
        """Links that can be paid."""
        rows: list[dict[str, Any]] = self.desk.answer("links", Asked(query={"client": client}))["links"]
        return rows

    def finished(self, payment_id: str = "payment-0001") -> dict[str, Any]:
        until(lambda: bool(self.told(payment_id)["finished"]), f"{payment_id} is finished")
        return self.told(payment_id)

    def told(self, payment_id: str) -> dict[str, Any]:
        payment: dict[str, Any] = self.ask("show", payment_id)["payment"]
        return payment

    def rehearsed(self) -> int:
        return self.screen.acts.count("rehearse")


@contextmanager
def desk_in_memory(
    home: Path, auto: bool = True, still_s: float = 60.0, **circumstances: Any
) -> Iterator[InMemory]:
    """`home`: where the small files lie; a second one on the same home is the agent after a restart. `auto`: the
    terminal needs no hand. `still_s`: so long the person has been still."""
    clock = SystemClock()
    line = line_of(Settings(seed=1, auto=auto, magic=False, auto_present_ms=20, processing_ms=20))
    screen = Screen(VirtualClock(), usd(OWED), row_delay_ms=0)
    screen.acts, screen.still_s = [], still_s
    engine = Engine(
        journal=MemoryJournal(),
        gateway=gateway_over(line, lambda: clock.now().wall_ms),
        practice=screen,
        clock=clock,
        ids=RandomIds(),
        policy=Policy(),
    )
    runner = Runner(engine)
    day = [date(2026, 3, 4)]
    told = {"set_up": "pack-1", "user": "kim", "name": "Model", **circumstances}
    made = Circumstances(today=lambda: day[0], **told)
    pause, rehearsals = Pause(runner, home), Rehearsals(runner, RehearsalMemory(home), made)
    pause.restore(engine)
    restored = Restored(runner, closed=False, accept=lambda: None)
    desk = Desk(
        Ground(
            runner=runner,
            currency="USD",
            on_stop=lambda: None,
            restored=restored,
            rehearsals=rehearsals,
            pause=pause,
            support=Support(home, Runs(home), home),
            terminal="front-desk-1",
            name="Model",
        )
    )
    runner.changed, runner.quiet = desk.changed, rehearsals.quiet
    runner.start()
    try:
        yield InMemory(desk, runner, rehearsals, screen, line, made, home, restored, day)
    finally:
        if screen.gate is not None:
            screen.gate.set()
        runner.stop()
