"""One random world of the bench `money`: the real engine over the simulator's core, virtual time, everybody in it.

Clients pay, walk away, type wrong numbers and dispute; the cashier presses what she may; the line loses what it can;
banks return, reject and present again; somebody refunds in the portal; notices come twice and backwards; the process
dies. Then a calm week, in which a person does what people are asked, and the books are read.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tillbridge.domain.errors import OperatorError
from tillbridge.domain.invoice import Debt
from tillbridge.domain.money import only_base
from tillbridge.domain.next_command import AskPerson, commands
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Payment
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.cashier import Engine
from tillbridge.engine.giving_back import GiveBackRequest
from tillbridge.engine.policy import DAY, HOUR, MINUTE, SECOND, Policy
from tillbridge.engine.requests import PayRequest
from tillbridge.engine.settling import SettlementAsked, SettlementTold, read_settlement
from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.site_store import Consent, ConsentKind
from tillbridge.simulator.core.books import Record
from tillbridge.simulator.core.entries import to_json
from tillbridge.simulator.core.faults import Fault, FaultKind, Line
from tillbridge.simulator.core.magic import TEST_ACCOUNTS, TEST_CARDS
from tillbridge.simulator.core.scribe import Refusal
from tillbridge.simulator.core.settings import OnRepeat, Settings
from tillbridge.testing.world import CountedIds, VirtualClock
from tools.benches.in_process_gateway import gateway_over, line_of
from tools.benches.money_cells import Cells
from tools.benches.money_judge import Claim, judge
from tools.benches.money_ledger import Ledger, usd

TERMINALS = ("front-desk-1", "front-desk-2")
ENTRIES = (
    Entry.TERMINAL, Entry.TERMINAL, Entry.TERMINAL, Entry.KEYED_CARD, Entry.KEYED_ACH, Entry.KEYED_ACH, Entry.LINK,
    Entry.STORED_CARD,
)  # fmt: skip
PERSON = "Kim Tran"
FAULTS = tuple(kind for kind in FaultKind if kind is not FaultKind.HIDE)
STEPS_MAX = 6_000


class Stuck(Exception):
    """The world does not come to rest."""


@dataclass(slots=True)
class World:
    """`steps`: what was done, by people, banks and the engine."""

    seed: int
    cells: Cells
    chance: random.Random = field(init=False)
    clock: VirtualClock = field(init=False)
    line: Line = field(init=False)
    ledger: Ledger = field(init=False)
    journal: MemoryJournal = field(init=False)
    engine: Engine = field(init=False)
    steps: int = 0
    refused: int = 0
    asked_people: int = 0
    lives: int = 0
    ids: CountedIds = field(default_factory=CountedIds)
    made: int = 0
    agreed: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.clock = VirtualClock(now_ms=1_700_000_000_000)
        pick = self.chance.choice
        settings = Settings(
            seed=self.seed, auto=True, settle_after_ms=pick((0, 6 * HOUR)), batch_every_ms=pick((0, DAY)),
            on_repeat=pick((OnRepeat.SAME_ANSWER, OnRepeat.REFUSED)), kill_blocks=pick((True, True, False)),
            refund_before_settlement=pick((False, False, True)), offline_limit=pick((0, 1_000_000)),
        )  # fmt: skip
        self.line = line_of(settings)
        self.ledger = Ledger(self.clock, self.chance)
        self.journal = MemoryJournal()
        self.cells.forget()
        self.journal.after_append = self.cells
        self.born()

    # ------------------------------------------------------------ the process
    def born(self) -> None:
        """A life of the process over the same journal."""
        self.lives += 1
        self.engine = Engine(
            journal=self.journal,
            gateway=gateway_over(self.line, lambda: self.clock.now_ms),
            practice=self.ledger,
            clock=self.clock,
            ids=self.ids,
            policy=Policy(payment_method="Card", employee="Kim", settlement_every_ms=0),
        )
        self.engine.recover()

    def runs(self, ms: int) -> None:
        """So much time passes, with everything that is due in it. Raises Stuck."""
        until_ms = self.clock.now_ms + ms
        for _ in range(STEPS_MAX):
            due = next(iter(self.engine.due()), None)
            if due is None or self.clock.now_ms + due.in_ms > until_ms:
                self.clock.now_ms = until_ms
                self.line.advance(until_ms)
                return
            self.clock.now_ms += due.in_ms
            self.engine.step(due.payment_id, due.command)
            self.steps += 1
        raise Stuck(str(next(iter(self.engine.due()), None)))

    # ------------------------------------------------------------ people and banks
    def act(self) -> None:
        """One random thing happens."""
        deeds, weights = zip(*DEEDS, strict=True)
        deed: Callable[[World], None] = self.chance.choices(deeds, weights)[0]
        self.steps += 1
        try:
            deed(self)
        except (OperatorError, Refusal):
            self.refused += 1

    def sells(self) -> None:
        """A new invoice is paid, or a card is stored; whoever has a stored card may pay with it."""
        self.made += 1
        account = f"{1000 + self.chance.choice((self.made, 1)):05d}"
        tail = self.chance.choice(range(61, 75)) if self.chance.random() < 0.4 else 0
        minor = self.chance.choice((100, 250, 999)) * 100 + tail
        cards = self.engine.stored_cards("model", account)
        entry = self.chance.choice(ENTRIES)
        stores = entry is Entry.STORED_CARD and not cards
        if stores:
            entry, minor = Entry.TERMINAL, 0
        self.engine.begin(self._request(account, entry, minor, cards[0].card_id if cards else ""))
        self.runs(self.chance.choice((0, 2 * SECOND, 2 * SECOND, MINUTE)))

    def _request(self, account: str, entry: Entry, minor: int, card_id: str) -> PayRequest:
        number = f"INV{self.made}"
        self.ledger.owed[account, number] = minor
        self.ledger.open = account, number
        debt = Debt(
            software="model", account_id=account, client=f"Client {account}", invoice_number=number,
            balance=self.ledger.balance(account, number),
        )  # fmt: skip
        page = entry is Entry.KEYED_CARD and self.chance.random() < 0.7
        nowhere = page or entry in (Entry.KEYED_ACH, Entry.LINK, Entry.STORED_CARD)
        taking = self.chance.choice(("sale", "sale", "sale", "deposit"))
        return PayRequest(
            payment_id=f"p{self.made}", operation=taking if minor else "store_card", entry=entry, debt=debt,
            parts=only_base(usd(minor)), page=page, person=PERSON, valid_ms=HOUR if entry is Entry.LINK else 0,
            terminal_id="" if nowhere else self.chance.choice(TERMINALS),
            consent_id=self._consent(account, entry), card_id=card_id if entry is Entry.STORED_CARD else "",
        )  # fmt: skip

    def _consent(self, account: str, entry: Entry) -> str:
        """What the client agreed to, written down before."""
        self.agreed += 1
        kind: ConsentKind = "WEB" if entry is Entry.KEYED_ACH else "card_on_file"
        consent = Consent(
            consent_id=f"c{self.agreed}", kind=kind, software="model", account_id=account, text="I agree.", version="1",
            how="on paper", given_by="the client", recorded_by=PERSON, given_wall_ms=self.clock.now_ms,
        )  # fmt: skip
        self.journal.site.add_consent(consent)
        return consent.consent_id

    def client_types(self) -> None:
        """On an open page: a good number, a bad one."""
        pages = self.line.network.pages
        open_ = [
            (a.session.session_id, p.entry)
            for p in self.all()
            for a in p.attempts
            if a.session and not a.taken
        ]
        for session_id, entry in open_[:3]:
            numbers = [*(TEST_ACCOUNTS if entry is Entry.KEYED_ACH else TEST_CARDS)]
            number = numbers[0] if self.chance.random() < 0.5 else self.chance.choice(numbers)
            with contextlib.suppress(Refusal):
                pages.submit(session_id, number, self.clock.now_ms)

    def gives_back(self) -> None:
        parents = [p for p in self.all() if p.taken.minor and not p.of]
        if not parents:
            return
        self.made += 1
        parent = self.chance.choice(parents)
        share = self.chance.choice((None, None, 2, 3, 5))
        amount = None if share is None else usd(max(1, parent.parts.base.minor // share))
        attempt = next(a for a in parent.attempts if a.taken)
        known = self.chance.random() < 0.7
        found = self.engine.gateway.inquire(attempt.reference, attempt.gateway_ref) if known else None
        request = GiveBackRequest(
            payment_id=f"b{self.made}", of=parent.payment_id, amount=amount, person=PERSON
        )
        self.engine.give_back(request, found)

    def cashier_presses(self) -> None:
        open_ = [p for p in self.all() if not p.finished]
        if not open_:
            return
        payment = self.chance.choice(open_)
        deeds: tuple[Callable[[], object], ...] = (
            lambda: self.engine.cancel(payment.payment_id, PERSON),
            lambda: self.engine.stop(payment.payment_id, PERSON),
            lambda: self.engine.keep_partial(payment.payment_id, self.chance.random() < 0.5, PERSON),
            lambda: self.engine.try_again(payment.payment_id),
        )
        self.chance.choice(deeds)()

    def line_fails(self) -> None:
        op = self.chance.choice(("start", "inquire", "kill", "void", "refund", "open_entry", "*"))
        kind = self.chance.choice(FAULTS)
        delay_ms = self.chance.choice((2 * SECOND, 20 * SECOND, 5 * MINUTE))
        self.line.plan.faults.append(
            Fault(kind, op=op, delay_ms=delay_ms, times=self.chance.choice((1, 1, 3)))
        )

    def terminal_suffers(self) -> None:
        button = self.chance.choice(
            ("pull", "plug", "lose_bank", "find_bank", "cancel", "decline", "find_bank")
        )
        self.line.network.counter.press(self.chance.choice(TERMINALS), button, self.clock.now_ms)

    def banks(self) -> None:
        ours = [
            r for r in self.records() if r.reference
        ]  # a bounced refund of the portal is put right by hand
        records = [r for r in ours if r.left or r.bounces or r.returned or r.disputes]
        if not records:
            return
        record, days, now_ms = self.chance.choice(records), self.line.network.days, self.clock.now_ms
        ref, case = record.provider_ref, self.chance.choice((*record.disputes, f"CASE{self.steps}"))
        deeds: tuple[Callable[[], object], ...] = (
            lambda: days.bank_returns(ref, self.chance.choice(("R01", "R10")), now_ms),
            lambda: days.re_present(ref, now_ms),
            lambda: days.re_present(ref, now_ms),
            lambda: days.change(ref, "C01", now_ms),
            lambda: days.reject(ref, "no_such_account"),
            lambda: days.dispute(
                ref, case, "open", self.chance.choice((0, record.left // 2)), "10.4", now_ms
            ),
            lambda: days.dispute(ref, case, self.chance.choice(("win", "lose")), 0, "10.4", now_ms),
        )
        self.chance.choice(deeds)()

    def portal(self) -> None:
        records = [r for r in self.records() if r.left]
        if records:
            record, deed = self.chance.choice(records), self.chance.choice(("void", "refund", "refund"))
            amount = self.chance.choice((0, record.left // 3))
            self.line.network.portal(record.provider_ref, deed, amount, self.clock.now_ms)

    def batch(self) -> None:
        days = self.line.network.days
        self.chance.choice((days.cut, days.settle, days.settle))(self.clock.now_ms)

    def report(self) -> None:
        """The janitor reads the settlement, as it should be."""
        self.engine.finish_settlement(self.engine.perform_settlement(self.engine.start_settlement()))

    def notices(self) -> None:
        """All notices that ever were, in any order and some of them twice; sometimes the whole report so, too."""
        told = read_settlement(self.engine.gateway, SettlementAsked(cursor="", noticed=""))
        notices = [*told.notices, *self.chance.choices(told.notices, k=5)] if told.notices else []
        self.chance.shuffle(notices)
        self.engine.finish_settlement(SettlementTold(notices=tuple(notices[:40])))

    def dies(self) -> None:
        if self.chance.random() < 0.3:
            self.clock.reboot()
        self.clock.now_ms += self.chance.choice((SECOND, MINUTE, HOUR))
        self.born()

    def time_passes(self) -> None:
        self.runs(self.chance.choice((5 * SECOND, MINUTE, MINUTE, 20 * MINUTE, 5 * HOUR, DAY)))

    # ------------------------------------------------------------ the end
    def comes_to_rest(self) -> None:
        """A calm week: nothing fails any more, the batches settle, and a person does what people are asked."""
        self.line.plan.faults.clear()
        self.ledger.calm = True
        counter = self.line.network.counter
        for terminal in counter.terminals:
            for button in ("plug", "find_bank"):
                counter.press(terminal, button, self.clock.now_ms)
        for record in self.records():
            for case in list(record.disputes):
                self.line.network.days.dispute(record.provider_ref, case, "win", 0, "10.4", self.clock.now_ms)
        for _ in range(9):
            self.runs(12 * HOUR)
            self.line.network.settle(self.clock.now_ms)
            self.report()
            self.person()
            self.runs(12 * HOUR)

    def person(self) -> None:
        """Whoever is asked looks into the clinic's own books and says what is there; other tasks are seen and ended."""
        for payment in self.all():
            for command in commands(payment):
                if isinstance(command, AskPerson):
                    self.asked_people += 1
                    self.answers(payment, command)

    def answers(self, payment: Payment, asked: AskPerson) -> None:
        posting = payment.posting(asked.subject)
        try:
            if posting is None:
                self.engine.end_task(payment.payment_id, asked.subject, PERSON)
            elif posting.reason == "does_not_fit":
                self.engine.decide_rest(payment.payment_id, posting.marker, True, PERSON)
            else:
                there = any(row.reference == posting.marker for row in self.ledger.rows)
                self.engine.person_says(payment.payment_id, posting.marker, there, PERSON)
        except OperatorError:
            self.refused += 1

    # ------------------------------------------------------------ what is seen
    def all(self) -> list[Payment]:
        return list(self.journal.recent(10_000))

    def records(self) -> list[Record]:
        return list(self.line.network.books.records.values())

    def complaints(self) -> list[str]:
        """What the three books say against each other."""
        lines = [to_json(entry) for entry in self.line.network.books.entries]
        rows = [{"reference": row.reference, "minor": row.minor} for row in self.ledger.rows]
        return judge(lines, [self._claim(p) for p in self.all() if not p.of], rows)

    def _claim(self, payment: Payment) -> Claim:
        family = [payment, *(p for p in self.all() if p.of == payment.payment_id)]
        references = {r for a in payment.attempts for r in (a.reference, a.give_back_reference) if r}
        return Claim(
            payment_id=payment.payment_id,
            references=frozenset(references),
            markers=frozenset(posting.marker for each in family for posting in each.postings),
            asked=payment.parts.whole.minor,
            kept=max(0, payment.taken.minor - payment.given_back.minor),
            open="; ".join(f"{each.payment_id} {_open(each)}" for each in family if _open(each)),
        )


def _open(payment: Payment) -> str:
    """What is left to do of a payment, by whomever."""
    states = [posting.state for posting in payment.postings if posting.state is not PostingState.POSTED]
    left = [type(command).__name__ for command in commands(payment)]
    return " ".join([*left, *map(str, states)]) if left else ""


DEEDS: tuple[tuple[Callable[[World], None], int], ...] = (
    (World.sells, 20), (World.client_types, 12), (World.gives_back, 10), (World.cashier_presses, 8),
    (World.line_fails, 6), (World.terminal_suffers, 3), (World.banks, 10), (World.portal, 3), (World.batch, 5),
    (World.report, 6), (World.notices, 4), (World.dies, 3), (World.time_passes, 22),
)  # fmt: skip


def play(seed: int, cells: Cells, deeds: int) -> World:
    """A world of so many random deeds, brought to rest. Raises Stuck."""
    world = World(seed, cells)
    for _ in range(deeds):
        world.act()
    world.comes_to_rest()
    return world
