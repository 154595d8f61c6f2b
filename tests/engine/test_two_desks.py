"""Two desks, one terminal, in any order of payments, faults, silences, crashes and take-overs: rule 12 holds."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.engine.counters import FRONT, payment, sent
from tests.engine.scripted_desk import usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.outcome import Outcome
from tillbridge.engine.cashier import Engine
from tillbridge.engine.leasing import LEASE_MS
from tillbridge.engine.policy import HOUR, MINUTE, Policy
from tillbridge.journal.memory import MemoryJournal
from tillbridge.journal.site_memory import MemorySiteStore
from tillbridge.ports.gateway import AttemptRequest, Gateway
from tillbridge.ports.practice import Practice
from tillbridge.simulator.core.faults import Fault, FaultKind
from tillbridge.simulator.core.scribe import Refusal
from tillbridge.simulator.core.settings import Settings
from tillbridge.testing.world import CountedIds, ModelPractice, VirtualClock, run
from tools.benches.in_process_gateway import gateway_over, line_of

HORIZON_MS = 3 * MINUTE


class Guarded:
    """The gateway, which looks at the lease at the moment it is asked to arm a terminal."""

    def __init__(self, gateway: Gateway, site: MemorySiteStore) -> None:
        self.gateway, self.site = gateway, site
        self.started = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gateway, name)

    def start_terminal(self, request: AttemptRequest) -> Outcome:
        held = self.site.lease(f"/{request.terminal_id}")
        assert held is not None
        assert held.reference == request.reference, "rule 12: armed without its lease"
        self.started += 1
        return self.gateway.start_terminal(request)


class Crash(Exception):
    """A desk dies here."""


class TwoDesks(RuleBasedStateMachine):
    """Two desks, one terminal: payments, faults, silences, crashes and take-overs in any order."""

    @initialize(auto=st.booleans())
    def open(self, auto: bool) -> None:
        self.clock = VirtualClock()
        self.line = line_of(Settings(seed=1, auto=auto, magic=False))
        self.site = MemorySiteStore()
        self.gateway = Guarded(gateway_over(self.line, lambda: self.clock.now_ms), self.site)
        self.count = 0
        self.fence = 0
        self.doom = 0
        self.refusals: list[tuple[str, object, object]] = []
        self.journals = {name: MemoryJournal(name, self.site) for name in ("Desk 1", "Desk 2")}
        self.desks: dict[str, Engine] = {}
        for name, journal in self.journals.items():
            journal.before_append = journal.after_append = self._boundary
            self._live(name)

    def _boundary(self, _append: object) -> None:
        self.doom -= 1
        if self.doom == 0:
            raise Crash

    def _live(self, name: str) -> None:
        self.doom = 0
        self.count += 1_000
        self.desks[name] = Engine(
            journal=self.journals[name],
            gateway=cast("Gateway", self.gateway),
            practice=cast("Practice", ModelPractice(self.clock, usd(10_000_000))),
            clock=self.clock,
            ids=CountedIds(self.count),
            policy=Policy(payment_method="Card", desk=name),
        )
        self.desks[name].recover()

    names = st.sampled_from(("Desk 1", "Desk 2"))

    @rule(name=names, doom=st.integers(0, 4))
    def somebody_pays(self, name: str, doom: int) -> None:
        self.count += 1
        self.doom = doom
        engine = self.desks[name]
        try:
            begun = engine.begin(payment(f"pay-{self.count}"))
            sent(engine, begun)
        except OperatorError as refused:
            held = engine.lease_of(FRONT)
            self.refusals.append((refused.code, refused.facts.get("desk"), held.desk if held else None))
        except Crash:
            self._live(name)
        self.doom = 0

    @rule(name=names, ms=st.sampled_from((1_000, 40_000, 200_000)), doom=st.integers(0, 6))
    def one_desk_goes_on(self, name: str, ms: int, doom: int) -> None:
        """The other one sleeps meanwhile."""
        self.doom = doom
        try:
            run(self.desks[name], self.clock, self.clock.now_ms + ms, steps_max=20_000)
        except Crash:
            self._live(name)
        self.doom = 0

    @rule(ms=st.sampled_from((1_000, 120_000, LEASE_MS, HOUR)))
    def nobody_does_anything(self, ms: int) -> None:
        self.clock.now_ms += ms

    @rule(kind=st.sampled_from((FaultKind.LOSE_REQUEST, FaultKind.LOSE_REPLY, FaultKind.COMMIT_LATE)))
    def sending_will_fail(self, kind: FaultKind) -> None:
        self.line.plan.faults.append(Fault(kind, op="start", delay_ms=60_000))

    @rule(button=st.sampled_from(("tap", "insert", "remove", "decline", "cancel", "pull", "plug")))
    def somebody_presses_the_terminal(self, button: str) -> None:
        try:
            self.line.network.counter.press(FRONT, button, self.clock.now_ms)
        except Refusal:
            return

    @rule(name=names)
    def a_desk_tries_to_take_over(self, name: str) -> None:
        engine, held = self.desks[name], self.site.lease(f"/{FRONT}")
        if held is None or held.free or held.desk == name:
            return
        looked_at = self.clock.now()
        shown, told = self.gateway.terminals(), self.gateway.inquire(held.reference)
        try:
            engine.take_over(held, shown, told, looked_at, HORIZON_MS)
        except OperatorError:
            assert self.site.lease(f"/{FRONT}") == held
            return
        assert self.clock.now_ms - held.since.mono_ms >= LEASE_MS
        assert [t.state for t in shown if t.terminal_id == FRONT] == ["idle"]

    @invariant()
    def who_is_refused_is_told_whose_it_is(self) -> None:
        for code, told, held in getattr(self, "refusals", ()):
            assert (code, told) == ("terminal_in_use", held)

    @invariant()
    def a_fencing_number_never_falls(self) -> None:
        held = self.site.lease(f"/{FRONT}") if hasattr(self, "site") else None
        if held is not None:
            assert held.fence >= self.fence
            self.fence = held.fence

    @invariant()
    def who_has_a_lease_knows_why(self) -> None:
        """A terminal is held only for an attempt that may use it: it is never locked for nothing."""
        held = self.site.lease(f"/{FRONT}") if hasattr(self, "site") else None
        if held is None or held.free:
            return
        journal = self.journals[held.desk]
        known = journal.payment(journal.payment_of_reference(held.reference) or "")
        assert known is not None
        attempt = known.attempt(held.reference)
        assert attempt is not None
        assert attempt.state in (MoneyState.CREATED, MoneyState.SENDING, MoneyState.RUNNING)

    @invariant()
    def nothing_is_armed_before_it_is_written_down(self) -> None:
        if not hasattr(self, "journals"):
            return
        started = {
            stored.event.subject
            for journal in self.journals.values()
            for stored in journal.since(0, 100_000)
            if stored.event.kind == MoneyEvent.SEND_STARTED
        }
        armed = {entry.reference for entry in self.line.network.books.entries if entry.kind == "started"}
        assert armed <= started


TestTwoDesks = TwoDesks.TestCase
TestTwoDesks.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
