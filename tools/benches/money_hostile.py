"""Worlds of the bench `money` in which the gateway says anything at any time, for the cells of the two tables.

There is no card network to compare with here. What is judged: that no attempt is sent twice, that no marker stands
twice in the books, that no sum falls below zero, that what was journalled folds again, and that nothing breaks.
"""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast, get_args

from tillbridge.domain.errors import OperatorError
from tillbridge.domain.fold import fold
from tillbridge.domain.invoice import Debt
from tillbridge.domain.money import only_base
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import Inquire
from tillbridge.domain.operation import Entry
from tillbridge.domain.outcome import (
    Approved,
    Cancelled,
    CannotTell,
    Card,
    Declined,
    Found,
    Inquiry,
    NotFound,
    NotSent,
    Outcome,
    PartiallyApproved,
    Pending,
    SettleState,
    Unknown,
)
from tillbridge.domain.payment import Payment
from tillbridge.engine.cashier import Engine
from tillbridge.engine.giving_back import GiveBackRequest
from tillbridge.engine.policy import DAY, HOUR, MINUTE, SECOND, Policy
from tillbridge.engine.requests import PayRequest
from tillbridge.engine.settling import SettlementTold
from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.gateway import (
    AttemptRequest,
    CancelAck,
    Capabilities,
    EntrySession,
    Feature,
    Gateway,
    ItemKind,
    KillAck,
    Notice,
    SettlementItem,
    Terminal,
)
from tillbridge.testing.world import CountedIds, VirtualClock
from tools.benches.money_cells import Cells
from tools.benches.money_ledger import Ledger, usd

PERSON = "Kim Tran"
CARD = Card(brand="Visa", last4="4242")
SETTLES: tuple[SettleState, ...] = (
    "none",
    "none",
    "open",
    "open",
    "queued",
    "settled",
    "rejected",
    "voided",
    "returned",
)


@dataclass(slots=True)
class Anything:
    """A gateway without books: each answer is drawn. `sent`: what was asked of it that moves money."""

    chance: random.Random
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)

    def capabilities(self) -> Capabilities:
        return Capabilities(
            gateway="anything", features=frozenset(get_args(Feature)), currencies=frozenset({"USD"}),
            amount_minor_max=5_000_000, horizon_ms=3 * MINUTE, idempotent=True, key_life_ms=DAY, partial_approval=True,
        )  # fmt: skip

    def terminals(self) -> list[Terminal]:
        return [Terminal(terminal_id=name, name=name, state="idle") for name in ("t1", "t2")]

    def start_terminal(self, request: AttemptRequest) -> Outcome:
        self.sent["start", request.reference] += 1
        return self._outcome(request.amount.minor)

    def open_entry(self, request: AttemptRequest, kind: str, where: str) -> EntrySession | Outcome:
        self.sent["start", request.reference] += 1
        session = EntrySession(session_id=f"s{request.reference}", url="https://pay.example/x")
        return session if self.chance.random() < 0.7 else self._outcome(request.amount.minor)

    def cancel_terminal(self, request: AttemptRequest) -> CancelAck:
        return CancelAck(answer="requested")

    def close_entry(self, session_id: str) -> CancelAck:
        return CancelAck(answer="requested")

    def capture(self, reference: str, gateway_ref: str, amount: Any) -> Outcome:
        return self._outcome(amount.minor)

    def void(self, reference: str, gateway_ref: str, void_reference: str) -> Outcome:
        if self.chance.random() < 0.3:
            return NotSent(code="not_voidable")
        return self._outcome(10_000)

    def refund(self, reference: str, gateway_ref: str, amount: Any, refund_reference: str) -> Outcome:
        self.sent["refund", refund_reference] += 1
        return self._outcome(amount.minor)

    def inquire(self, reference: str, gateway_ref: str = "") -> Inquiry:
        roll = self.chance.random()
        if roll < 0.2:
            return NotFound()
        if roll < 0.3:
            return CannotTell(cause="read_timeout")
        back = usd(self.chance.choice((3_000, 10_000))) if self.chance.random() < 0.15 else None
        voidable, refundable = self.chance.random() < 0.5, self.chance.random() < 0.7
        settle = self.chance.choice(SETTLES)
        return Found(
            outcome=self._outcome(10_000),
            settle=settle,
            voidable=voidable,
            refundable=refundable,
            given_back=back,
        )

    def kill(self, reference: str, gateway_ref: str = "") -> KillAck:
        return KillAck(
            answer=self.chance.choice(("acknowledged", "acknowledged", "not_found", "too_late", "no_answer"))
        )

    def settlement(self, cursor: str) -> Iterable[SettlementItem]:
        return ()

    def notices(self, cursor: str) -> Iterable[Any]:
        return ()

    def close(self) -> None:
        """Nothing to close."""

    def _outcome(self, minor: int) -> Outcome:
        outcomes: tuple[Outcome, ...] = (
            Approved(amount=usd(minor), gateway_ref="g1", card=CARD),
            Approved(amount=usd(minor), gateway_ref="g1", card=CARD),
            Approved(amount=usd(minor), gateway_ref="g1", card=CARD, captured=False),
            PartiallyApproved(amount=usd(max(1, minor // 2)), asked=usd(minor), gateway_ref="g1", card=CARD),
            Declined(category="generic", retry="later"), Cancelled(by="client"), NotSent(code="terminal_busy"),
            Pending(kind="terminal"), Pending(kind="ach"), Unknown(cause="read_timeout"),
        )  # fmt: skip
        return self.chance.choice(outcomes)


@dataclass(slots=True)
class HostileWorld:
    seed: int
    cells: Cells
    chance: random.Random = field(init=False)
    clock: VirtualClock = field(init=False)
    gateway: Anything = field(init=False)
    ledger: Ledger = field(init=False)
    journal: MemoryJournal = field(init=False)
    engine: Engine = field(init=False)
    ids: CountedIds = field(default_factory=CountedIds)
    steps: int = 0
    made: int = 0
    broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.clock = VirtualClock(now_ms=1_700_000_000_000)
        self.gateway = Anything(self.chance)
        self.ledger = Ledger(self.clock, self.chance)
        self.journal = MemoryJournal()
        self.cells.forget()
        self.journal.after_append = self.cells
        self.born()

    def born(self) -> None:
        self.engine = Engine(
            journal=self.journal, gateway=cast(Gateway, self.gateway), practice=self.ledger, clock=self.clock,
            ids=self.ids, policy=Policy(payment_method="Card", employee="Kim", settlement_every_ms=0),
        )  # fmt: skip
        self.engine.recover()

    def act(self) -> None:
        deeds: tuple[Callable[[], None], ...] = (
            self.begins, self.steps_on, self.steps_on, self.steps_on, self.steps_on, self.is_told, self.is_told,
            self.is_told, self.presses, self.presses, self.speaks, self.speaks, self.dies, self.waits, self.gives_back,
            self.rows_change,
        )  # fmt: skip
        self.steps += 1
        with contextlib.suppress(OperatorError):
            self.chance.choice(deeds)()

    def begins(self) -> None:
        if len(self.all()) >= 6:
            return
        self.made += 1
        account, number = f"{1000 + self.made:05d}", f"INV{self.made}"
        self.ledger.owed[account, number] = 10_000
        entry = self.chance.choice((Entry.TERMINAL, Entry.TERMINAL, Entry.LINK, Entry.KEYED_ACH))
        debt = Debt(
            software="model", account_id=account, client=f"Client {account}", invoice_number=number, balance=usd(10_000)
        )  # fmt: skip
        terminal = self.chance.choice(("t1", "t2")) if entry is Entry.TERMINAL else ""
        self.engine.begin(
            PayRequest(
                payment_id=f"p{self.made}", operation="sale", entry=entry, parts=only_base(usd(10_000)), debt=debt,
                terminal_id=terminal, valid_ms=HOUR if entry is Entry.LINK else 0,
            )
        )  # fmt: skip

    def steps_on(self) -> None:
        """Some command of somebody, due or not; sometimes something else happens, or the process dies, in between."""
        for _ in range(self.chance.choice((1, 3, 6))):
            due = self.engine.due()
            if not due:
                return
            watched = [
                each for each in due if isinstance(each.command, Inquire) and each.command.why == "sweep"
            ]
            chosen = self.chance.choice(watched if watched and self.chance.random() < 0.4 else due)
            self.clock.now_ms += min(chosen.in_ms, self.chance.choice((0, MINUTE, HOUR)))
            task = self.engine.start(chosen.payment_id, chosen.command)
            while task is not None:
                self.steps += 1
                if self._in_between():
                    return
                result = self.engine.perform(task)
                if self._in_between():
                    return
                task = self.engine.finish(task, result)

    def _in_between(self) -> bool:
        """True: the process died."""
        roll = self.chance.random()
        if roll < 0.05:
            self.dies()
            return True
        if roll < 0.2:
            with contextlib.suppress(OperatorError):
                self.chance.choice((self.is_told, self.presses, self.speaks))()
        return False

    def is_told(self) -> None:
        """A line of a report or notice about any attempt there is, true or not."""
        attempts = [a for p in self.all() for a in p.attempts]
        if not attempts:
            return
        pending = [a for a in attempts if a.state is MoneyState.PENDING]
        attempt = self.chance.choice(pending if pending and self.chance.random() < 0.4 else attempts)
        kind = self.chance.choice(get_args(ItemKind))
        elsewhere = kind in ("void", "refund")
        item = SettlementItem(
            cursor=str(self.steps), reference="" if elsewhere else attempt.reference, gateway_ref=f"g{self.steps}",
            kind=kind, amount=usd(self.chance.choice((3_000, 10_000))), batch="B1", settle="settled",
            key=f"k{self.chance.randrange(60)}", of_reference=attempt.reference if elsewhere else "",
            round=self.chance.choice((1, 1, 2)),
        )  # fmt: skip
        notice = Notice(notice_id="n", reference=attempt.reference, kind="x", authentic=True)
        self.engine.finish_settlement(SettlementTold(items=(item,), notices=(notice,)))

    def presses(self) -> None:
        payment = self._any()
        deeds: tuple[Callable[[], object], ...] = (
            lambda: self.engine.cancel(payment.payment_id, PERSON),
            lambda: self.engine.stop(payment.payment_id, PERSON),
            lambda: self.engine.keep_partial(payment.payment_id, self.chance.random() < 0.4, PERSON),
            self._decide_partials,
            self._decide_partials,
            lambda: self.engine.try_again(payment.payment_id),
            lambda: self.engine.resume(payment.payment_id),
        )
        self.chance.choice(deeds)()

    def _decide_partials(self) -> None:
        for payment in self.all():
            with contextlib.suppress(OperatorError):
                self.engine.keep_partial(payment.payment_id, self.chance.random() < 0.3, PERSON)

    def speaks(self) -> None:
        """A person says what is in the books, and keeps or drops what may be kept."""
        payment = self._any()
        for posting in payment.postings:
            said = self.chance.choice((True, False, False, None))
            with contextlib.suppress(OperatorError):
                if posting.reason == "does_not_fit" or self.chance.random() < 0.2:
                    keep = self.chance.random() < 0.5
                    self.engine.decide_rest(payment.payment_id, posting.marker, keep, PERSON)
                else:
                    self.engine.person_says(payment.payment_id, posting.marker, said, PERSON)

    def gives_back(self) -> None:
        self.made += 1
        payment = self._any()
        amount = None if self.chance.random() < 0.5 else usd(3_000)
        self.engine.give_back(
            GiveBackRequest(payment_id=f"b{self.made}", of=payment.payment_id, amount=amount)
        )

    def rows_change(self) -> None:
        """Staff type a row by hand, change the amount of one of ours, or delete it; then the day is ended."""
        roll = self.chance.random()
        if roll < 0.4 and self.ledger.rows:
            self.ledger.rows.remove(self.chance.choice(self.ledger.rows))
        elif roll < 0.6 and self.ledger.rows:
            self.chance.choice(self.ledger.rows).minor -= 1
        elif self.made:
            number = self.chance.randrange(self.made) + 1
            self.ledger.enter(f"{1000 + number:05d}", f"INV{number}", self.chance.choice((10_000, 4_000)), "")
        self.engine.recheck()

    def dies(self) -> None:
        if self.chance.random() < 0.4:
            self.clock.reboot()
        self.born()

    def waits(self) -> None:
        self.clock.now_ms += self.chance.choice((5 * SECOND, MINUTE, 20 * MINUTE, 5 * HOUR, 5 * DAY))

    def all(self) -> list[Payment]:
        return list(self.journal.recent(1_000))

    def _any(self) -> Payment:
        payments = self.all()
        if not payments:
            raise OperatorError("unknown_payment")
        return self.chance.choice(payments)

    def complaints(self) -> list[str]:
        sent = [f"{what} of {reference}: {times} times" for (what, reference), times in self.gateway.sent.items()
                if what == "start" and times > 1]  # fmt: skip
        typed = Counter(row.reference for row in self.ledger.rows if row.reference)
        twice = [f"{marker}: {times} rows" for marker, times in typed.items() if times > 1]
        below = [
            f"{p.payment_id}: below zero" for p in self.all() if min(p.given_back.minor, p.taken.minor) < 0
        ]
        return [*sent, *twice, *below, *filter(None, map(self._folds, self.all()))]

    def _folds(self, payment: Payment) -> str:
        again = fold(payment.payment_id, (stored.event for stored in self.journal.events(payment.payment_id)))
        return "" if again == payment else f"{payment.payment_id}: folds into something else"


def play(seed: int, cells: Cells, deeds: int) -> HostileWorld:
    world = HostileWorld(seed, cells)
    for _ in range(deeds):
        world.act()
    return world
