"""Whatever happens to a page, a link, a kept card or a slip: one debt is paid once, and what was taken is in the books.

Random days: lost replies, restarts, power cuts, clients who pay late or never, cashiers who change their mind. The
judge is the simulator's books and the practice software's books, never what the engine believes.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.scripted_desk import agree, debt
from tests.engine.test_one_payment import HOUR, MINUTE, World, restarted, usd
from tests.engine.test_ways_on_the_simulator import ASKED, BANK, VISA, _Agreeing, begin
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.money import only_base
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Payment
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import DAY, Policy
from tillbridge.engine.slip import Slip
from tillbridge.journal.memory import MemoryJournal
from tillbridge.simulator.core.faults import FaultKind
from tillbridge.simulator.core.scribe import Refusal
from tillbridge.simulator.core.settings import OnRepeat, Settings
from tillbridge.testing.world import CountedIds, ModelPractice, VirtualClock, run
from tools.benches.in_process_gateway import gateway_over, line_of

FIRST, OTHER = "payment-0001", "payment-0002"
WAYS: dict[str, dict[str, Any]] = {
    "page": {"entry": Entry.KEYED_CARD, "page": True},
    "keypad": {"entry": Entry.KEYED_CARD},
    "link": {"entry": Entry.LINK, "valid_ms": DAY},
    "bank": {"entry": Entry.KEYED_ACH, "consent_id": "c-TEL"},
    "stored": {"entry": Entry.STORED_CARD},
    "slip": {"entry": Entry.STANDALONE, "slip": Slip(last4="4242", auth_code="0A91F3")},
}
CALLS = ("open_entry", "close_entry", "inquire", "charge_token", "start", "cancel", "kill")
FAULTS = (FaultKind.LOSE_REPLY, FaultKind.LOSE_REPLY_BEFORE, FaultKind.COMMIT_LATE, FaultKind.GARBLED)
WATCHED = {"pending", "running", "unknown", "killing", "killed"}
STEPS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([1_000, 10_000, 5 * MINUTE, HOUR, 13 * HOUR])),
    st.tuples(st.just("fault"), st.tuples(st.sampled_from(FAULTS), st.sampled_from(CALLS))),
    st.tuples(
        st.sampled_from(["types", "cancel", "instead", "beside", "again", "restart", "reboot"]), st.just(0)
    ),
)


class Days:
    """A desk over the simulator, some days long."""

    def __init__(self, habit: OnRepeat) -> None:
        clock = VirtualClock()
        line = line_of(Settings(seed=1, auto=True, on_repeat=habit))
        practice, journal = ModelPractice(clock, usd(ASKED)), MemoryJournal()
        gateway = gateway_over(line, lambda: clock.now_ms)
        policy = Policy(payment_method="Card", employee="Kim")
        engine = Engine(
            journal=journal, gateway=gateway, practice=practice, clock=clock, ids=CountedIds(), policy=policy
        )
        self.world = World(clock, line, practice, journal, engine)
        for kind in ("TEL", "card_on_file"):
            agree(_Agreeing(engine), kind)  # type: ignore[arg-type]
        self.card_id = self._kept_card()

    def _kept_card(self) -> str:
        nothing: dict[str, Any] = {"parts": only_base(usd(0)), "debt": debt(balance=None)}
        nothing |= {"operation": "store_card", "consent_id": "c-card_on_file"}
        begin(self.world, Entry.TERMINAL, "payment-0000", **nothing)
        self.wait(MINUTE)
        [card] = self.world.engine.stored_cards("model", "01042")
        return card.card_id

    def begin(self, way: str) -> None:
        changes = dict(WAYS[way]) | ({"card_id": self.card_id} if way == "stored" else {})
        begin(self.world, changes.pop("entry"), FIRST, **changes)

    def wait(self, ms: int) -> None:
        clock = self.world.clock
        for _ in range(max(1, ms // HOUR)):
            run(self.world.engine, clock, clock.now_ms + min(ms, HOUR), steps_max=3_000)

    def fault(self, what: tuple[FaultKind, str]) -> None:
        self.world.fault(what[0], what[1], delay_ms=30_000)

    def types(self) -> None:
        """The client pays on the page, if somebody could tell them where it is."""
        session = self.payment(FIRST).attempts[-1].session
        number = BANK if self.payment(FIRST).entry is Entry.KEYED_ACH else VISA
        try:
            if session is not None:
                self.world.line.network.advance(self.world.clock.now_ms)
                self.world.line.network.pages.submit(session.session_id, number, self.world.clock.now_ms)
        except Refusal:
            return  # it is over

    def asks(self, what: str) -> None:
        engine = self.world.engine
        try:
            if what == "cancel":
                engine.cancel(FIRST, "Kim")
            elif what in ("instead", "beside"):
                first = FIRST if what == "instead" else ""
                owed = debt(balance=self.world.practice.owed())
                begin(self.world, Entry.TERMINAL, OTHER, instead_of=first, debt=owed)
            else:
                engine.try_again(FIRST)
        except OperatorError:
            return  # not now

    def restart(self, reboot: bool) -> None:
        if reboot:
            self.world.clock.reboot()
        self.world = restarted(self.world)

    def payment(self, payment_id: str) -> Payment:
        found = self.world.journal.payment(payment_id)
        assert found is not None
        return found

    def live(self, step: tuple[str, Any]) -> None:
        match step:
            case "wait", int(ms):
                self.wait(ms)
            case "fault", tuple(what):
                self.fault(what)
            case "types", _:
                self.types()
            case "restart" | "reboot" as how, _:
                self.restart(how == "reboot")
            case str(what), _:
                self.asks(what)


def taken_by(days: Days) -> int:
    """What clients really paid, by the simulator's books: a debit on its way is theirs to lose already."""
    books = days.world.line.network.books
    paid = sum(e.amount for e in books.entries if e.kind in ("capture", "pending"))
    return paid - sum(e.amount for e in books.entries if e.kind in ("void", "refund"))


@settings(max_examples=40, deadline=None)
@given(
    way=st.sampled_from(sorted(WAYS)),
    habit=st.sampled_from([OnRepeat.SAME_ANSWER, OnRepeat.CHARGED_AGAIN, OnRepeat.REFUSED]),
    steps=st.lists(STEPS, max_size=12),
)
def test_one_debt_is_paid_once_and_what_was_taken_is_in_the_books(
    way: str, habit: OnRepeat, steps: list[tuple[str, Any]]
) -> None:
    days = Days(habit)
    days.begin(way)
    for step in steps:
        days.live(step)
        slip = ASKED if way == "slip" else 0
        assert taken_by(days) + slip <= ASKED, "nobody pays twice, not even for a moment"
        held = days.world.journal.held_minor(debt().scope)
        assert held + sum(row.amount.minor for row in days.world.practice.books) <= ASKED
    days.world.line.plan.faults.clear()
    days.wait(3 * DAY)
    slip = ASKED if way == "slip" else 0
    assert sum(row.amount.minor for row in days.world.practice.books) == taken_by(days) + slip
    for payment_id in days.world.journal.unfinished():
        states = {str(attempt.state) for attempt in days.payment(payment_id).attempts if not attempt.swept}
        assert states & WATCHED, "only what a bank, a lost page or the watch behind the door keeps open"
