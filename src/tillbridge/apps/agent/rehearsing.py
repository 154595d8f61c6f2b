"""When the payment window is rehearsed: typed up to its last step and left without a trace, before money moves.

Once for each day, build of the software, pack and set-up, and user: by itself at a quiet moment, and if that did not
come, when the first charge is asked for. What does not fit (the pack, the set-up) is found before the card is charged.
A window that merely could not be tried now never stops the card (rule 13). Nothing is tried while the screen is
paused, while a person has a payment window open, or while money for this screen is under way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import date

from tillbridge.apps.agent.rehearsed import Occasion, RehearsalMemory, Rehearsed, facts_of, kept_facts
from tillbridge.apps.agent.runner import Runner
from tillbridge.domain.errors import OperatorError, TillbridgeError
from tillbridge.domain.invoice import Debt
from tillbridge.domain.money_leg import IN_DOUBT, MoneyState
from tillbridge.domain.payment import Payment
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.cashier import Engine
from tillbridge.engine.work import cause_of
from tillbridge.ports.practice import (
    InvoiceSeen,
    PostingOrder,
    PostingReport,
    Practice,
    SoftwareSeen,
    Trouble,
)
from tillbridge.strings import sentence

STILL_S = 3.0
"""So long nobody has touched mouse or keyboard before the window is tried by itself."""
BEFORE_CHARGE_S = 20.0
"""So long a charge waits for it; then the card goes on, and the rehearsal ends by itself."""
SOON_S, LATER_S, DRIFTED_S = 5.0, 60.0, 600.0
"""How long until the next look for a quiet moment: nothing was tried yet; it is done, or there is no invoice; it did
not fit, and a person has to mend something."""

SLOW = "rehearsal_slow"
"""It is still under way: the screen is not free."""
ELSEWHERE = frozenset({"screen_failed", "desktop_gone", "no_display", "no_accessibility", "not_answering"})
"""Troubles of the desktop, not of the pack or the set-up, whoever can mend them."""
ACTIVE = frozenset({PostingState.CHECKING, PostingState.TYPING, PostingState.COMMITTING, PostingState.UNSURE})
MOVING = IN_DOUBT | {MoneyState.CREATED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a rehearsal hangs on beside the screen. `name`: what the site calls its practice software.
    `by_itself`: False where the site wants none (a lab)."""

    set_up: str
    user: str
    name: str
    today: Callable[[], date]
    by_itself: bool = True


class Rehearsals:
    """Decides when, and tells what was found. `before_charge` and `now` are called by the door's threads, `quiet` by
    the journal's."""

    def __init__(self, runner: Runner, memory: RehearsalMemory, circumstances: Circumstances) -> None:
        self._runner = runner
        self.memory = memory
        self._told = circumstances
        self._turn = threading.Lock()
        self._next_look = time.monotonic() + SOON_S
        self._under_way: Future[float] | None = None

    # ---- before the first charge ----

    def before_charge(self, seen: InvoiceSeen, debt: Debt) -> Rehearsed | None:
        """Try the window if that was not done for this occasion. None: nothing had to be done, or all is well.

        Gives what kept it from being tried: the charge goes on and says so. Raises OperatorError `rehearsal_drift`.
        """
        if not self._told.by_itself or self._is_done(seen.software):
            return None
        rehearsed = self.now(seen, debt, by="charge", within_s=BEFORE_CHARGE_S)
        if rehearsed.found == "drift" and rehearsed.who == "pack":
            # A slow moment of the program looks like drift once, and hardly twice.
            rehearsed = self.now(seen, debt, by="charge", within_s=BEFORE_CHARGE_S)
        if rehearsed.found == "drift":
            facts = {"name": self._told.name, **facts_of(rehearsed)}
            why = sentence(rehearsed.code, facts)
            raise OperatorError("rehearsal_drift", name=self._told.name, drift=rehearsed.code, why=why)
        return rehearsed if rehearsed.found == "not_done" else None

    def now(self, seen: InvoiceSeen, debt: Debt, by: str, within_s: float) -> Rehearsed:
        """Try it now, if that is allowed. Never raises: what could not be tried is `not_done`."""
        occasion = self._occasion(seen.software)
        refused = self._runner.ask(lambda engine: _not_now(engine, debt))
        if refused is not None or seen.entering is not None:
            return self._not_done(occasion, refused or "window_open", by)
        order = self._runner.ask(lambda engine: rehearsal_order(engine, seen))
        try:
            return self._runner.on_screen(lambda practice: self._try(practice, order, occasion, by), within_s)
        except TillbridgeError:
            return self._not_done(occasion, SLOW, by)  # it ends by itself, and is remembered then

    # ---- by itself ----

    def quiet(self, engine: Engine) -> None:
        """Nothing is due just now: look whether this is the moment. Called by the journal's thread; never waits."""
        if not self._told.by_itself or time.monotonic() < self._next_look:
            return
        if self._under_way is not None and not self._under_way.done():
            return
        self._next_look = time.monotonic() + SOON_S
        if _not_now(engine, None) is None:
            self._under_way = self._runner.aside(lambda practice: self._look(practice, engine))
            self._under_way.add_done_callback(self._looked)

    def _looked(self, done: Future[float]) -> None:
        wait_s = LATER_S if done.cancelled() or done.exception() is not None else done.result()
        self._next_look = time.monotonic() + wait_s

    def _look(self, practice: Practice, engine: Engine) -> float:
        """On the screen's thread. Seconds until the next look."""
        if practice.idle_s() < STILL_S:
            return SOON_S
        software = practice.identify()
        if isinstance(software, Trouble):
            return LATER_S
        known = self.memory.of(self._occasion(software))
        if known is not None:
            return LATER_S if known.found == "as_expected" else DRIFTED_S
        seen = practice.read_invoice()
        if isinstance(seen, Trouble) or seen.entering is not None or seen.balance.minor <= 0:
            return LATER_S
        order = rehearsal_order(engine, seen)
        rehearsed = self._try(practice, order, self._occasion(seen.software), "")
        return {"as_expected": LATER_S, "drift": DRIFTED_S, "not_done": LATER_S}[rehearsed.found]

    # ---- trying ----

    def _try(self, practice: Practice, order: PostingOrder, occasion: Occasion, by: str) -> Rehearsed:
        """On the screen's thread, which does one thing at a time."""
        try:
            report = practice.rehearse(order)
        except Exception as error:  # noqa: BLE001 - a surprise of the screen, kept with its cause
            trouble = Trouble(who="pack", code="screen_failed", facts={"cause": cause_of(error)})
            report = PostingReport(stage="not_committed", trouble=trouble)
        rehearsed = judged(report, occasion, self._now_ms(), by)
        self.memory.note(rehearsed)
        return rehearsed

    def _is_done(self, software: SoftwareSeen) -> bool:
        known = self.memory.of(self._occasion(software))
        return known is not None and known.found == "as_expected"

    def _not_done(self, occasion: Occasion, code: str, by: str) -> Rehearsed:
        rehearsed = Rehearsed(
            occasion=occasion, at_wall_ms=self._now_ms(), found="not_done", code=code, by=by
        )
        self.memory.note(rehearsed)
        return rehearsed

    def _occasion(self, software: SoftwareSeen) -> Occasion:
        return Occasion(
            day=self._told.today().isoformat(),
            software=software.software,
            version=software.version,
            build=software.build,
            set_up=self._told.set_up,
            user=self._told.user,
        )

    def _now_ms(self) -> int:
        return time.time_ns() // 1_000_000


def judged(report: PostingReport, occasion: Occasion, at_wall_ms: int, by: str) -> Rehearsed:
    """Drift is what the pack's author or whoever sets up has to mend; anything else is of the moment."""
    rehearsed = Rehearsed(occasion=occasion, at_wall_ms=at_wall_ms, found="as_expected", by=by)
    trouble = report.trouble
    if trouble is None:
        return rehearsed if report.stage == "not_committed" else replace(rehearsed, found="not_done")
    drift = trouble.who in ("pack", "setup") and trouble.code not in ELSEWHERE
    return replace(
        rehearsed,
        found="drift" if drift else "not_done",
        who=trouble.who,
        code=trouble.code,
        facts=kept_facts(trouble.facts),
    )


def rehearsal_order(engine: Engine, seen: InvoiceSeen) -> PostingOrder:
    """A posting of all that is owed on the invoice that is open."""
    policy = engine.policy
    return PostingOrder(
        payment_id="rehearsal",
        kind="sale",
        account_id=seen.account_id,
        client=seen.client,
        invoice_number=seen.invoice_number,
        amount=seen.balance,
        marker="REHEARSAL"[: policy.marker_length_max],
        balance=seen.balance,
        payment_method=policy.payment_method,
        employee=policy.employee,
    )


def _not_now(engine: Engine, debt: Debt | None) -> str | None:
    """Why nothing may be tried now, as a code. `debt`: the invoice on the screen; None: whatever is on it."""
    if engine.paused_until is not None:
        return "paused"
    opened = [engine.journal.payment(payment_id) for payment_id in engine.journal.unfinished()]
    busy = any(payment is not None and _under_way(payment, debt) for payment in opened)
    return "money_under_way" if busy else None


def _under_way(payment: Payment, debt: Debt | None) -> bool:
    """A payment that waits for its own client does not keep another client's window from being tried; one that a
    person enters (typed, without an account) has nothing to do with the screen."""
    if any(attempt.state in MOVING for attempt in payment.attempts):
        return True
    if not payment.debt.account_id:
        return False
    states = {posting.state for posting in payment.postings}
    mine = debt is None or payment.debt.scope == debt.scope
    return bool(states & ACTIVE) or (mine and PostingState.WAITING in states)
