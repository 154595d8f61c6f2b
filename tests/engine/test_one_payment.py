"""One payment through the real engine, the real adapter and the simulator's core, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tillbridge.domain.errors import OperatorError
from tillbridge.domain.invoice import Debt
from tillbridge.domain.money import Money, only_base
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Payment
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import Policy
from tillbridge.engine.requests import PayRequest
from tillbridge.journal.memory import MemoryJournal
from tillbridge.simulator.core.faults import Fault, FaultKind, Line
from tillbridge.simulator.core.settings import Settings
from tillbridge.testing.world import CountedIds, ModelPractice, VirtualClock, run
from tools.benches.in_process_gateway import gateway_over, line_of

MINUTE, HOUR = 60_000, 3_600_000


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


@dataclass
class World:
    clock: VirtualClock
    line: Line
    practice: ModelPractice
    journal: MemoryJournal
    engine: Engine

    def pay(self, minor: int = 21_240, payment_id: str = "payment-0001", balance: int = 21_240) -> Payment:
        debt = Debt(
            software="model",
            account_id="01042",
            client="Alvarez, Rosa",
            invoice_number="10482",
            balance=usd(balance),
        )
        request = PayRequest(
            payment_id=payment_id,
            operation="sale",
            entry=Entry.TERMINAL,
            parts=only_base(usd(minor)),
            debt=debt,
            terminal_id="front-desk-1",
        )
        return self.engine.begin(request)

    def run(self, ms: int) -> Payment:
        run(self.engine, self.clock, self.clock.now_ms + ms)
        found = self.journal.payment("payment-0001")
        assert found is not None
        return found

    def fault(self, kind: FaultKind, op: str, times: int = 1, delay_ms: int = 0) -> None:
        self.line.plan.faults.append(Fault(kind, op=op, times=times, delay_ms=delay_ms))

    def charged(self) -> int:
        """Net charged by the simulator's own books, over everything."""
        total = 0
        for entry in self.line.network.books.entries:
            if entry.kind == "capture":
                total += entry.amount
            elif entry.kind in ("void", "refund"):
                total -= entry.amount
        return total


def restarted(world: World) -> World:
    """A new process over the same journal, gateway and software."""
    engine = Engine(
        journal=world.journal,
        gateway=gateway_over(world.line, lambda: world.clock.now_ms),
        practice=world.practice,
        clock=world.clock,
        ids=CountedIds(world.engine.ids.count + 100),  # type: ignore[attr-defined]
        policy=world.engine.policy,
    )
    engine.recover()
    return World(world.clock, world.line, world.practice, world.journal, engine)


@pytest.fixture
def world() -> World:
    clock = VirtualClock()
    line = line_of(Settings(seed=1, auto=True))
    practice = ModelPractice(clock, usd(21_240))
    journal = MemoryJournal()
    gateway = gateway_over(line, lambda: clock.now_ms)
    engine = Engine(
        journal=journal,
        gateway=gateway,
        practice=practice,
        clock=clock,
        ids=CountedIds(),
        policy=Policy(payment_method="Card", employee="Kim"),
    )
    return World(clock, line, practice, journal, engine)


def test_a_sale_is_charged_once_and_posted_once(world: World) -> None:
    world.pay()
    payment = world.run(MINUTE)
    assert payment.finished
    assert payment.charged == "yes"
    assert world.charged() == 21_240
    assert [row.amount.minor for row in world.practice.books] == [21_240]
    assert payment.postings[0].marker == world.practice.books[0].reference


def test_a_lost_reply_is_settled_by_asking_and_never_by_sending_again(world: World) -> None:
    world.fault(FaultKind.LOSE_REPLY, "start")
    world.pay()
    payment = world.run(5 * MINUTE)
    assert payment.finished
    assert world.charged() == 21_240
    assert len(payment.attempts) == 1


def test_a_lost_request_ends_killed_and_uncharged_after_the_horizon(world: World) -> None:
    world.fault(FaultKind.LOSE_REQUEST, "start")
    world.pay()
    payment = world.run(10 * MINUTE)
    assert payment.charged == "no"
    assert payment.attempts[0].state == "killed"
    assert world.charged() == 0
    assert world.practice.books == []
    assert not payment.finished, "the sweep goes on"
    assert world.run(120 * HOUR).finished


def test_a_commit_after_the_door_of_killing_is_given_back(world: World) -> None:
    world.fault(FaultKind.COMMIT_LATE, "start", delay_ms=30 * MINUTE)
    for _ in range(60):
        world.fault(FaultKind.LOSE_REQUEST, "kill")
    world.pay()
    payment = world.run(120 * HOUR)
    assert world.charged() == 0
    assert payment.charged == "no"
    assert payment.finished
    assert world.practice.books == []


@pytest.mark.parametrize(
    "fault", ["blocked", "fails_before", "doubt_not_committed", "doubt_committed", "late"]
)
def test_every_typing_fault_ends_in_one_posting(world: World, fault: str) -> None:
    world.practice.typing_plan.append(fault)  # type: ignore[arg-type]
    world.pay()
    payment = world.run(HOUR)
    assert payment.finished, payment
    assert [row.amount.minor for row in world.practice.books] == [21_240]


def test_more_than_is_left_is_refused_with_the_sums(world: World) -> None:
    world.pay(15_000)
    with pytest.raises(OperatorError) as refused:
        world.pay(15_000, payment_id="payment-0002")
    assert refused.value.code == "not_chargeable"
    assert refused.value.facts["held_minor"] == 15_000


def test_the_same_id_is_the_same_payment(world: World) -> None:
    first = world.pay()
    assert world.pay() == first
    with pytest.raises(OperatorError) as refused:
        world.pay(100)
    assert refused.value.code == "payment_id_used"


def test_a_restart_while_it_runs_asks_and_goes_on(world: World) -> None:
    world.pay()
    world.run(900)
    again = restarted(world)
    payment = again.run(5 * MINUTE)
    assert payment.finished
    assert again.charged() == 21_240
    assert len(again.practice.books) == 1


def test_a_decline_leaves_the_debt_and_allows_another_card(world: World) -> None:
    world.pay(21_161, balance=21_161)
    payment = world.run(MINUTE)
    assert payment.charged == "no"
    assert payment.attempts[0].state == "declined"
    assert payment.finished
    world.engine.try_again("payment-0001")
    assert len(world.run(MINUTE).attempts) == 2
    assert world.charged() == 0


def test_a_cancel_is_a_request_and_the_outcome_comes_by_inquiry(world: World) -> None:
    world.pay(21_169, balance=21_169)
    world.run(3_000)
    world.engine.cancel("payment-0001")
    payment = world.run(MINUTE)
    assert payment.attempts[0].state == "cancelled"
    assert world.charged() == 0


def test_a_partial_approval_is_kept_and_posted_when_nobody_answers(world: World) -> None:
    world.pay(21_167, balance=21_167)
    payment = world.run(30_000)
    assert payment.attempts[0].partial
    assert world.practice.books == []
    payment = world.run(5 * MINUTE)
    assert payment.finished
    assert [row.amount.minor for row in world.practice.books] == [world.charged()]
    assert world.charged() < 21_167


def test_a_partial_approval_may_be_given_back_and_is_then_never_posted(world: World) -> None:
    world.pay(21_167, balance=21_167)
    payment = world.run(30_000)
    assert payment.attempts[0].partial
    world.engine.keep_partial("payment-0001", False, "Dana")
    payment = world.run(5 * MINUTE)
    assert payment.charged == "no"
    assert world.charged() == 0
    assert world.practice.books == []
    with pytest.raises(OperatorError, match="nothing_to_decide"):
        world.engine.keep_partial("payment-0001", True, "Dana")
    assert world.run(120 * HOUR).finished
