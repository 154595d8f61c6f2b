"""One desk where a payment is posted for real: the stand-in's window, our pack on it, and the engine's own loop.

The card is answered in process, at once; the posting is searched, typed and read back as the agent does it. The books
are the ledger server's truth log, which nothing of ours writes.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx

from tillbridge.apps.agent.reading import debt_of
from tillbridge.apps.agent.system import RandomIds, SystemClock
from tillbridge.domain.money import Money, only_base
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Payment
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import Policy
from tillbridge.engine.requests import PayRequest
from tillbridge.flows.practice import Desk, PackPractice
from tillbridge.flows.shelf import installed
from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.practice import InvoiceSeen
from tillbridge.screen.backends.atspi.driver import connect
from tillbridge.screen.guards.x11 import X11Guard
from tillbridge.simulator.core.settings import Settings
from tillbridge.testing.desktop import Desktop
from tillbridge.testing.front_desks import DESKS
from tools.benches.in_process_gateway import gateway_over, line_of
from tools.demo import parts

READY_S = 40.0
AMOUNT_MINOR = 10_000
"""What is paid of the invoice: a part, so that the amount that the window opens with would be wrong."""


class Undone(RuntimeError):
    """A part of the bench itself did not do its work. Never a verdict on the product."""


class Notes:
    """The transcripts of all runs of one payment, with the time of each line, kept for a run that ends badly."""

    def __init__(self, lines: list[tuple[float, str]], name: str) -> None:
        self.lines = lines
        self.lines.append((time.time(), name))

    def note(self, what: str, **facts: object) -> None:
        self.lines.append((time.time(), f"{what} {facts}"))

    def close(self) -> str:
        return "kept by the bench"


@dataclass(slots=True)
class Paid:
    """One payment whose card was charged; its posting is still to come."""

    payment_id: str
    marker: str
    wanted: Mapping[str, Any]
    """What must stand in the books, once."""


class PostingDesk:
    """Server and window of one version, and our engine over them. Everything ends with `stack`."""

    def __init__(self, stack: ExitStack, folder: Path, profile: str = "v6") -> None:
        self.stack, self.folder, self.site = stack, folder, DESKS[profile]
        self.desktop = stack.enter_context(Desktop.start(size=(1280, 900), window_manager=True))
        self.screen = parts.Screen(self.desktop.env, self.desktop)
        ledger = ["-m", "tillbridge.stand_ins.ledger_server", "--profile", profile, "--data", str(folder)]
        log = folder / "ledger_server.log"
        self.url: str = parts.start_ready(ledger, self.desktop.env, log, stack)["url"]
        self.window: subprocess.Popen[bytes] | None = None
        self.notes: list[tuple[float, str]] = []
        self.count = 0
        self._open_ours()
        stack.callback(self._close_ours)

    # ---- the world ----

    def fresh(self) -> Paid:
        """New books, a new window, our side with nothing remembered, and a payment whose card was just charged."""
        self._end_window()
        self.send("/reset", scene="default", seed=1)
        self.knobs(ledger_delay_ms="300")
        self.window = parts.show_skin(self.screen, self.url, self.site.profile, self.folder, self.stack)
        self._close_ours()
        self._open_ours()
        return self._charged(self._seen())

    def knobs(self, **knobs: str) -> None:
        self.send("/faults", **knobs)

    def send(self, path: str, **words: Any) -> None:
        httpx.post(self.url + path, json=words, timeout=30).raise_for_status()

    def rows(self) -> list[dict[str, Any]]:
        """Every payment of the books, whoever made it."""
        acts = httpx.get(f"{self.url}/truth", timeout=30).raise_for_status().json()["acts"]
        return [act for act in acts if act["kind"] == "payment"]

    def shown(self) -> int:
        """How many windows the software shows."""
        return sum(len(self.backend.windows(program)) for program in self.backend.programs())

    # ---- our side ----

    def settle(self, paid: Paid, ended: Callable[[], bool]) -> PostingState:
        """Do whatever is due until the posting is posted or waits for a person, or until `ended` says so."""
        while not ended():
            state = self.state(paid)
            if state in (PostingState.POSTED, PostingState.NEEDS_ATTENTION):
                return state
            self.go_on()
        return self.state(paid)

    def state(self, paid: Paid) -> PostingState:
        payment = self.journal.payment(paid.payment_id)
        assert payment is not None, "it was begun here"
        return payment.postings[-1].state

    def our_window_was_open(self, at: datetime) -> bool:
        """Had a run of ours opened the payment window at that moment? Else a row of then is somebody's own."""
        is_open = False
        for when, line in self.notes:
            if when > at.timestamp():
                break
            is_open = (line.startswith("step ") and "'about': 'pay'" in line) or (
                is_open and not line.startswith("end ")
            )
        return is_open

    def swallowed(self) -> int:
        return self.guard.swallowed

    def go_on(self) -> None:
        due = next(iter(self.engine.due()), None)
        if due is not None and due.in_ms <= 0:
            self.engine.step(due.payment_id, due.command)
            return
        wait_s = 0.2 if due is None else min(0.2, due.in_ms / 1000)
        self.backend.wait_change(wait_s)
        time.sleep(0.01)  # a screen that changes all the time must not make this a busy loop

    def _open_ours(self) -> None:
        self.notes.clear()
        self.backend = connect(self.desktop.env)
        self.guard = X11Guard(self.desktop.env)
        desk = Desk(
            backend=self.backend,
            guard=self.guard,
            clock=time.monotonic,
            today=date.today,
            log=lambda name: Notes(self.notes, name),
            secrets=lambda name: self.site.secrets[name],
            settings=self.site.settings,
        )
        self.practice = PackPractice(desk, installed("impromed"), first_burst=time.time_ns())
        self.journal = MemoryJournal()
        quick = Settings(seed=1, auto=True, auto_present_ms=0, processing_ms=0, shown_ms=0)
        clock = SystemClock()
        self.engine = Engine(
            journal=self.journal,
            gateway=gateway_over(line_of(quick), lambda: clock.now().mono_ms),
            practice=self.practice,
            clock=clock,
            ids=RandomIds(),
            policy=Policy(payment_method=self.site.payment_method, employee=self.site.employee),
        )

    def _close_ours(self) -> None:
        self.practice.close()

    def _end_window(self) -> None:
        if self.window is not None:
            self.window.kill()
            self.window.wait()

    def _seen(self) -> InvoiceSeen:
        end = time.monotonic() + READY_S
        while not isinstance(seen := self.practice.read_invoice(), InvoiceSeen):
            if time.monotonic() > end:
                raise Undone(f"no invoice could be read: {seen}")
            self.backend.wait_change(0.1)
        return seen

    def _charged(self, seen: InvoiceSeen) -> Paid:
        self.count += 1
        payment_id = f"bench-{self.count}"
        amount = Money(minor=AMOUNT_MINOR, currency="USD")
        debt = debt_of(seen)
        request = PayRequest(
            payment_id=payment_id,
            operation="sale",
            entry=Entry.TERMINAL,
            parts=only_base(amount),
            debt=debt,
            terminal_id="front-desk-1",
        )
        payment = self.engine.begin(request)
        end = time.monotonic() + READY_S
        while not payment.postings:
            if time.monotonic() > end:
                raise Undone(f"the card was not charged: {payment}")
            payment = self._money_step(payment)
        marker = payment.postings[-1].marker
        wanted = {
            "client": debt.account_id,
            "invoice": debt.invoice_number,
            "amount_minor": AMOUNT_MINOR,
            "method": self.site.payment_method,
            "reference": marker[: self.site.cut],
            "employee": self.site.employee_in_books,
        }
        return Paid(payment_id, marker, wanted)

    def _money_step(self, payment: Payment) -> Payment:
        due = next(iter(self.engine.due()), None)
        if due is not None and due.in_ms <= 0:
            return self.engine.step(due.payment_id, due.command)
        time.sleep(0.05)
        return payment


def judged(rows: list[dict[str, Any]], wanted: Mapping[str, Any]) -> str:
    """`right`: exactly the wanted row and no other. `duplicate`: it is there more than once. `none`, or `wrong`."""
    if not rows:
        return "none"
    fits = [all(row.get(key) == value for key, value in wanted.items()) for row in rows]
    if all(fits):
        return "right" if len(rows) == 1 else "duplicate"
    return "wrong"
