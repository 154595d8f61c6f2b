"""Many payments of two clients, in any order of presses, faults, crashes, restarts, reboots, pauses and rows that
somebody deletes later: the rules hold.

The engine and the adapter's mapping are the real ones, the card network is the simulator's core, the ledger is a
model with its own books. What is asserted is read from the books of those two and from the journal's order.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tillbridge.domain.errors import OperatorError
from tillbridge.domain.invoice import Debt
from tillbridge.domain.ledger import LedgerSeen
from tillbridge.domain.money import Money, only_base
from tillbridge.domain.money_leg import MoneyEvent
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Payment, Posting
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import Policy, utc_day
from tillbridge.engine.requests import PayRequest
from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.practice import PostingOrder, PostingReport, Trouble
from tillbridge.simulator.core.faults import Fault, FaultKind, Line
from tillbridge.simulator.core.scribe import Refusal
from tillbridge.simulator.core.settings import OnRepeat, Settings
from tillbridge.testing.world import (
    Booked,
    CountedIds,
    LookFault,
    ModelPractice,
    TypingFault,
    VirtualClock,
    run,
)
from tools.benches.in_process_gateway import gateway_over, line_of

BALANCE = 21_240
HOUR_MS = 3_600_000
CLIENTS = {"10482": ("01042", "Alvarez, Rosa"), "20001": ("00017", "Brandt, Milo")}
"""Invoice number -> account and name."""
TERMINALS = ("front-desk-1", "front-desk-2")
SEND_FAULTS = (
    FaultKind.LOSE_REQUEST,
    FaultKind.LOSE_REPLY_BEFORE,
    FaultKind.LOSE_REPLY,
    FaultKind.COMMIT_LATE,
    FaultKind.SLOW,
    FaultKind.ERROR_BEFORE,
    FaultKind.ERROR_AFTER,
    FaultKind.GARBLED,
    FaultKind.UNREACHABLE,
)
ASK_FAULTS = (FaultKind.LOSE_REPLY, FaultKind.ERROR_BEFORE, FaultKind.GARBLED, FaultKind.HIDE)


class Crash(Exception):
    """The process dies here."""


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


class TwoInvoices(ModelPractice):
    """The model program with two clients, whose invoices are owed the same. `touched` while paused is a fault."""

    touched_ms: int = 0

    def owed_of(self, number: str) -> Money:
        paid = sum(row.amount.minor for row in self.books if row.invoice_number == number)
        return usd(BALANCE - paid)

    def read_ledger(self, order: PostingOrder) -> LedgerSeen | Trouble:
        self.touched_ms = self.clock.now_ms
        return super().read_ledger(order)

    def post(self, order: PostingOrder) -> PostingReport:
        self.touched_ms = self.clock.now_ms
        return super().post(order)


class TwoClients(RuleBasedStateMachine):
    clock: VirtualClock
    line: Line
    practice: TwoInvoices
    journal: MemoryJournal
    engine: Engine

    @initialize(keys=st.booleans(), kill_blocks=st.booleans(), auto=st.booleans())
    def open_the_clinic(self, keys: bool, kill_blocks: bool, auto: bool) -> None:
        self.clock = VirtualClock()
        repeat = OnRepeat.SAME_ANSWER if keys else OnRepeat.CHARGED_AGAIN
        self.line = line_of(
            Settings(seed=1, auto=auto, magic=False, on_repeat=repeat, kill_blocks=kill_blocks)
        )
        self.practice = TwoInvoices(self.clock, usd(BALANCE))
        self.deleted: set[str] = set()
        self.too_late: set[str] = set()
        """Deleted when nobody looks for it by itself any more: after the day on which it was posted."""
        self.ever_deleted = False
        self.journal = MemoryJournal()
        self.doom = 0
        self.lives = 0
        self.count = 0
        self.overrun = 0
        self.practice.hook = self._boundary
        self.journal.before_append = lambda _append: self._boundary("before append")
        self.journal.after_append = lambda _append: self._boundary("after append")
        self._live()

    def _boundary(self, _where: str) -> None:
        if self.doom > 0:
            self.doom -= 1
            if self.doom == 0:
                raise Crash

    def _live(self) -> None:
        """A new process over what is durable."""
        self.lives += 1
        self.doom = 0
        self.engine = Engine(
            journal=self.journal,
            gateway=gateway_over(self.line, lambda: self.clock.now_ms),
            practice=self.practice,
            clock=self.clock,
            ids=CountedIds(self.lives * 1_000),
            policy=Policy(payment_method="Card", employee="Kim"),
        )
        self.engine.recover()

    # ---- what people, the world and chance do ----

    @rule(
        minor=st.integers(1, BALANCE + 500),
        number=st.sampled_from(sorted(CLIENTS)),
        terminal=st.sampled_from(TERMINALS),
    )
    def press_the_button(self, minor: int, number: str, terminal: str) -> None:
        """A new payment, asked for twice by an impatient face: rules 1, 4 and 12."""
        self.count += 1
        request = self._request(f"payment-{self.count:04d}", minor, number, terminal)
        held = self.journal.held_minor(request.debt.scope)
        balance = self.practice.owed_of(number).minor
        if held + minor > balance:
            with pytest.raises(OperatorError, match="not_chargeable"):
                self.engine.begin(request)
            return
        lease = self.engine.lease_of(terminal)
        if lease is not None and not lease.free:
            with pytest.raises(OperatorError, match="terminal_in_use"):
                self.engine.begin(request)
            return
        begun = self.engine.begin(request)
        assert self.engine.begin(request) == begun, "rule 1: the same id is the same payment"

    def _request(self, payment_id: str, minor: int, number: str, terminal: str) -> PayRequest:
        account_id, client = CLIENTS[number]
        debt = Debt(
            software="model",
            account_id=account_id,
            client=client,
            invoice_number=number,
            balance=self.practice.owed_of(number),
        )
        return PayRequest(
            payment_id=payment_id,
            operation="sale",
            entry=Entry.TERMINAL,
            parts=only_base(usd(minor)),
            debt=debt,
            terminal_id=terminal,
        )

    @rule(ms=st.sampled_from((100, 1_000, 5_000, 40_000, 200_000, HOUR_MS)))
    def time_passes(self, ms: int) -> None:
        self._run(ms)

    @rule(ms=st.sampled_from((1_000, 5_000, 60_000)), doom=st.integers(1, 12), reboot=st.booleans())
    def time_passes_and_the_process_dies(self, ms: int, doom: int, reboot: bool) -> None:
        self.doom = doom
        try:
            self._run(ms)
        except Crash:
            self.clock.now_ms += 1_500
            if reboot:
                self.clock.reboot()
            self._live()
        self.doom = 0

    def _run(self, ms: int) -> None:
        """The loop goes round some times a day at least, as it does every few seconds in the agent."""
        until_ms = self.clock.now_ms + ms
        while self.clock.now_ms < until_ms:
            run(self.engine, self.clock, min(until_ms, self.clock.now_ms + 8 * HOUR_MS), steps_max=20_000)

    @rule(minutes=st.sampled_from((1, 30, 300)), ended_early=st.booleans())
    def somebody_asks_for_a_pause(self, minutes: int, ended_early: bool) -> None:
        """The screen is left alone for just so long, and money goes on."""
        began_ms = self.clock.now_ms
        self.engine.pause(minutes * 60_000)
        self._run(minutes * 60_000 - 1)
        assert self.practice.touched_ms <= began_ms
        if ended_early:
            self.engine.end_pause()

    @precondition(lambda self: hasattr(self, "practice") and bool(self.practice.books))
    @rule(data=st.data())
    def somebody_deletes_a_row(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self.practice.books))
        self.practice.books.remove(row)
        self.ever_deleted = True
        posting = self._posting(row.reference)
        if posting is None or posting.state != "posted":
            return
        same_day = utc_day(posting.since.wall_ms) == utc_day(self.clock.now_ms)
        (self.deleted if same_day else self.too_late).add(row.reference)

    def _posting(self, marker: str) -> Posting | None:
        payment = self.journal.payment(self.journal.payment_of_marker(marker) or "")
        return payment.posting(marker) if payment is not None else None

    @rule()
    def the_day_is_ended(self) -> None:
        self.engine.recheck()

    @rule(kind=st.sampled_from(SEND_FAULTS), delay_s=st.sampled_from((5, 60, 300, 4_000)))
    def sending_will_fail(self, kind: FaultKind, delay_s: int) -> None:
        self.line.plan.faults.append(Fault(kind, op="start", delay_ms=delay_s * 1_000))

    @rule(kind=st.sampled_from(ASK_FAULTS), op=st.sampled_from(("inquire", "kill", "void")))
    def asking_will_fail(self, kind: FaultKind, op: str) -> None:
        self.line.plan.faults.append(Fault(kind, op=op, times=2, delay_ms=20_000))

    @rule(fault=st.sampled_from(get_args(TypingFault)))
    def typing_will_fail(self, fault: TypingFault) -> None:
        self.practice.typing_plan.append(fault)

    @rule(fault=st.sampled_from(get_args(LookFault)))
    def looking_will_fail(self, fault: LookFault) -> None:
        self.practice.look_plan.append(fault)

    @rule(
        button=st.sampled_from(("tap", "insert", "remove", "decline", "cancel", "partial", "pull", "plug")),
        terminal=st.sampled_from(TERMINALS),
    )
    def somebody_presses_the_terminal(self, button: str, terminal: str) -> None:
        with suppress(Refusal):
            self.line.network.counter.press(terminal, button, self.clock.now_ms)

    @rule()
    def the_batch_closes(self) -> None:
        self.line.network.settle(self.clock.now_ms)

    @precondition(lambda self: getattr(self, "count", 0) > 0)
    @rule(data=st.data(), what=st.sampled_from(("cancel", "stop", "again", "keep", "posted", "not_posted")))
    def the_cashier_decides(self, data: st.DataObject, what: str) -> None:
        payments = self._payments()
        if not payments:
            return
        payment = data.draw(st.sampled_from(payments))
        marker = payment.postings[-1].marker if payment.postings else ""
        in_books = any(row.reference == marker for row in self.practice.books)
        try:
            match what:
                case "cancel":
                    self.engine.cancel(payment.payment_id)
                case "stop":
                    self.engine.stop(payment.payment_id, "Dana")
                case "again":
                    self.engine.try_again(payment.payment_id)
                case "keep":
                    self.engine.keep_partial(payment.payment_id, True, "Dana")
                case _ if self._asks_a_person(payment):
                    self.deleted.discard(marker)
                    self.engine.person_says(payment.payment_id, marker, in_books, "Dana")
        except OperatorError:
            return

    def _asks_a_person(self, payment: Payment) -> bool:
        return bool(payment.postings) and payment.postings[-1].state == "needs_attention"

    # ---- what must hold ----

    def _payments(self) -> list[Payment]:
        ids = (f"payment-{number:04d}" for number in range(1, self.count + 1))
        return [payment for payment_id in ids if (payment := self.journal.payment(payment_id))]

    @invariant()
    def nothing_was_sent_before_it_was_written_down(self) -> None:
        """Rule 2, from the network's own books."""
        if not hasattr(self, "journal"):
            return
        sent = {
            stored.event.subject
            for stored in self.journal.since(0, 1_000_000)
            if stored.event.kind == MoneyEvent.SEND_STARTED
        }
        started = Counter(e.reference for e in self.line.network.books.entries if e.kind == "started")
        assert set(started) <= sent
        assert all(times == 1 for times in started.values()), "rule 3: an attempt was sent twice"

    @invariant()
    def no_posting_is_typed_twice(self) -> None:
        """Rule 7: a marker stands in the books once."""
        if not hasattr(self, "practice"):
            return
        assert all(times == 1 for times in Counter(row.reference for row in self.practice.books).values())

    @invariant()
    def what_somebody_deleted_is_not_typed_again_by_itself(self) -> None:
        if not hasattr(self, "practice"):
            return
        assert not self.deleted & {row.reference for row in self.practice.books}

    @invariant()
    def every_row_is_on_the_invoice_of_its_payment(self) -> None:
        """Rule 5."""
        if not hasattr(self, "practice"):
            return
        for row in self.practice.books:
            payment = self.journal.payment(self.journal.payment_of_marker(row.reference) or "")
            assert payment is not None
            assert (payment.debt.account_id, payment.debt.invoice_number) == (
                row.account_id,
                row.invoice_number,
            )

    @invariant()
    def nothing_impossible_happened(self) -> None:
        if not hasattr(self, "journal"):
            return
        odd = [s.event for s in self.journal.since(0, 1_000_000) if s.event.kind == "impossible"]
        assert odd == []

    def teardown(self) -> None:
        """Rules 5, 8, 9, 10: left alone for a week, everything comes to rest and the three books agree."""
        if not hasattr(self, "engine"):
            return
        with suppress(Refusal):
            self.line.network.counter.press("front-desk-1", "plug", self.clock.now_ms)
        self._run(170 * HOUR_MS)
        for payment in self._payments():
            for posting in payment.postings:
                if posting.state == "needs_attention":
                    self.deleted.discard(posting.marker)
                    in_books = any(row.reference == posting.marker for row in self.practice.books)
                    self.engine.person_says(payment.payment_id, posting.marker, in_books, "Dana")
        self._run(170 * HOUR_MS)
        for payment in self._payments():
            self._judge(payment)
        assert not self.deleted, "what was deleted was noticed"
        if not self.ever_deleted:
            assert all(self.practice.owed_of(number).minor >= 0 for number in CLIENTS), "rule 4"

    def _judge(self, payment: Payment) -> None:
        references = {attempt.reference for attempt in payment.attempts}
        entries = self.line.network.books.entries
        taken = sum(e.amount for e in entries if e.kind == "capture" and e.reference in references)
        back = sum(e.amount for e in entries if e.kind in ("void", "refund") and e.of_reference in references)
        markers = {posting.marker for posting in payment.postings}
        if markers & self.too_late:
            return
        rows: list[Booked] = [row for row in self.practice.books if row.reference in markers]
        assert sum(row.amount.minor for row in rows) == taken - back, (payment, taken, back, rows)
        assert payment.charged == ("yes" if taken > back else "no")
        assert all(attempt.over or attempt.taken for attempt in payment.attempts)


TestTwoClients = TwoClients.TestCase
TestTwoClients.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
