"""What a desk can ask for, in the words of the API. Between the HTTP door and the runner; no money rule lives here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from tillbridge.apps.agent.asking import (
    entry_of,
    flag_of,
    minutes_of,
    named,
    operation_of,
    refuse_newcomer,
    text_of,
)
from tillbridge.apps.agent.pausing import Pause
from tillbridge.apps.agent.rehearsed import Rehearsed
from tillbridge.apps.agent.rehearsing import SLOW, Rehearsals
from tillbridge.apps.agent.restored import Restored
from tillbridge.apps.agent.runner import Runner
from tillbridge.apps.agent.support import Support
from tillbridge.apps.agent.telling import story
from tillbridge.apps.agent.views import (
    View,
    invoice_view,
    money,
    payment_view,
    rehearsed_view,
    trouble_view,
)
from tillbridge.domain.errors import OperatorError, SetupError, TillbridgeError
from tillbridge.domain.invoice import Debt, chargeable
from tillbridge.domain.money import Money, only_base, parse_typed
from tillbridge.domain.payment import Payment
from tillbridge.engine.cashier import Engine
from tillbridge.engine.requests import PayRequest
from tillbridge.ports.practice import InvoiceSeen, Trouble
from tillbridge.strings import sentence

WAIT_MS_MAX = 25_000
AGAIN_READ_S = 15.0
"""So long another card waits for the screen to tell what is owed now."""


class Desk:
    """One desk's agent as its faces see it."""

    def __init__(
        self,
        runner: Runner,
        currency: str,
        on_stop: Callable[[], None],
        restored: Restored,
        rehearsals: Rehearsals,
        pause: Pause,
        support: Support,
        found: tuple[str, ...] = (),
        terminal: str = "",
        name: str = "",
    ) -> None:
        """`name`: what the site calls its practice software."""
        self._runner = runner
        self._found = found
        self.currency = currency
        self._on_stop = on_stop
        self.restored = restored
        self._rehearsals = rehearsals
        self._pause = pause
        self._support = support
        self._terminal = terminal
        self._name = name
        self._news = threading.Condition()
        self._turn = 0
        self._closing = False

    def changed(self) -> None:
        """Called by the runner after every change: wakes those who wait for news."""
        with self._news:
            self._turn += 1
            self._news.notify_all()

    def close(self) -> None:
        """Nobody waits for news any longer: the door is closing."""
        self._closing = True
        self.changed()

    # ---- reading ----

    def health(self) -> View:
        """`fatal`: why no further payment is taken. `found`: what the journal found at its opening."""
        opened, newest = self._runner.ask(_state_of_journal)
        fatal = self._runner.fatal
        return {
            "ok": fatal is None,
            "fatal": {"code": fatal.code, "text": sentence(fatal.code, fatal.facts)} if fatal else None,
            "open_payments": opened,
            "newest_wall_ms": newest,
            "found": list(self._found),
            "rehearsed": self._last_rehearsed(),
            **self._pause.told(),
        }

    def software(self) -> View:
        paused = self._paused()
        if paused is not None:
            return paused
        seen = self._runner.on_screen(lambda practice: practice.identify())
        if isinstance(seen, Trouble):
            return {"trouble": trouble_view(seen)}
        return {"software": seen.software, "version": seen.version, "build": seen.build, "name": seen.name}

    def read_invoice(self) -> View:
        """The invoice on screen, with what is chargeable on it now (rule 4)."""
        paused = self._paused()
        if paused is not None:
            return paused
        seen = self._runner.on_screen(lambda practice: practice.read_invoice())
        view = invoice_view(seen)
        if isinstance(seen, InvoiceSeen):
            debt = debt_of(seen)
            held = self._runner.ask(lambda engine: engine.held(debt))
            view["chargeable"] = money(chargeable(seen.balance, held))
        return view

    def terminals(self) -> View:
        found = self._runner.on_gateway(lambda engine: engine.gateway.terminals())
        return {
            "terminals": [{"terminal_id": t.terminal_id, "name": t.name, "state": t.state} for t in found]
        }

    def payments(self) -> View:
        """The newest payments; those that are not finished with why they wait."""
        found = self._runner.ask(_recent)
        rows = [payment_view(p, events, self._runner.policy.method_for) for p, events in found]
        return {"payments": rows, **self._pause.told()}

    def show(self, payment_id: str, after: int = 0, wait_ms: int = 0) -> View:
        """The payment and its story; waits up to `wait_ms` until there are more than `after` events."""
        ends = time.monotonic() + min(wait_ms, WAIT_MS_MAX) / 1000
        while True:
            turn = self._turn
            payment, events = self._runner.ask(lambda engine: _read(engine, payment_id))
            if len(events) > after or not self._news_after(turn, ends - time.monotonic()):
                break
        told = story(events, self._support.runs.told, time.time_ns() // 1_000_000, self._name)
        shown = payment_view(payment, events, self._runner.policy.method_for)
        return {"payment": shown, "story": told, **self._pause.told()}

    def support(self, payment_id: str) -> View:
        """One file for support about a payment. Raises OperatorError `unknown_payment`, SetupError `disk_full`."""
        shown = self.show(payment_id)
        names = self._runner.ask(lambda e: {p.debt.client for p in e.journal.recent(200)})
        try:
            path = self._support.packed(
                shown["payment"], shown["story"], names | {shown["payment"]["client"]}
            )
        except OSError as error:
            raise SetupError("disk_full", cause=type(error).__name__) from error
        return {"file": str(path)}

    def check_journal(self) -> View:
        found = self._runner.ask(lambda engine: engine.journal.check())
        return {
            "sound": found.sound,
            "events": found.events,
            "payments": found.payments,
            "bad_seq": found.bad_seq,
            "reason": found.reason,
        }

    # ---- asking ----

    def pay(self, body: dict[str, Any]) -> View:
        """Begin a payment of the invoice on screen, or of typed client and amount (rule 13).

        `payment_id` is the face's. `expected_minor`, `client`, `account_id`, `invoice_number`: what the face showed;
        another amount, client or invoice on screen is refused.
        """
        payment_id = text_of(body, "payment_id")
        self._refuse_fatal()
        known, read_at = self._runner.ask(lambda e: (e.journal.payment(payment_id), e.clock.now()))
        if known is not None:
            return self._same(known, body)
        self.restored.refuse()
        typed, anyway, wanted = flag_of(body, "typed"), flag_of(body, "anyway"), self._wanted(body)
        if typed:
            debt, owed = self._typed_debt(body, wanted)
            seen, notice = None, None
        else:
            seen, notice = self._screen(body, wanted)
            debt, owed = self._owed(seen)
        known = self._runner.ask(lambda e: e.journal.payment(payment_id))
        if known is not None:
            return self._same(known, body)  # another face sent the same press while we read the screen
        request = PayRequest(
            payment_id=payment_id,
            operation=operation_of(body),
            entry=entry_of(body),
            parts=only_base(wanted or self._all_owed(body, owed)),
            debt=debt,
            terminal_id=self._named_terminal(body),
            person=text_of(body, "person", ""),
            read_at=read_at,
            entering=seen.entering if seen else None,
            anyway=anyway,
        )
        capabilities = self._runner.on_gateway(lambda engine: engine.gateway.capabilities())
        begun = self._runner.ask(lambda engine: engine.begin(request, capabilities))
        self.changed()
        return {"payment": payment_view(begun), "notice": self._notice(notice)}

    def act(self, payment_id: str, verb: str, body: dict[str, Any]) -> View:
        """`cancel`, `stop`, `again`, `keep`, `give_back`, `resume`; by a named person: `posted`, `not_posted`, `drop`,
        `keep_rest`, `give_rest_back` (what was taken does not fit any more), `attach` (a typed amount belongs to the
        invoice that is open on the screen), `end_task`."""
        person = text_of(body, "person", "")
        decisions: dict[str, bool | None] = {"posted": True, "not_posted": False, "drop": None}
        if verb in decisions:
            return self._done(
                lambda e: e.person_says(payment_id, text_of(body, "marker"), decisions[verb], named(person))
            )
        if verb == "again":
            return self._again(payment_id, body)
        if verb == "attach":
            return self._attach(payment_id, named(person), body)
        verbs: dict[str, Callable[[Engine], Payment]] = {
            "cancel": lambda e: e.cancel(payment_id, person),
            "stop": lambda e: e.stop(payment_id, named(person)),
            "keep": lambda e: e.keep_partial(payment_id, True, person),
            "give_back": lambda e: e.keep_partial(payment_id, False, named(person)),
            "resume": lambda e: e.resume(payment_id),
            "keep_rest": lambda e: e.decide_rest(payment_id, text_of(body, "marker"), True, named(person)),
            "give_rest_back": lambda e: e.decide_rest(
                payment_id, text_of(body, "marker"), False, named(person)
            ),
            "end_task": lambda e: e.end_task(payment_id, text_of(body, "task"), named(person)),
        }
        if verb not in verbs:
            raise OperatorError("no_such_page", verb=verb)
        return self._done(verbs[verb])

    def rehearse(self, body: dict[str, Any]) -> View:
        """Type a posting for the open invoice up to its commit point and leave without a trace.

        `last`: the one before this, and nothing is tried if the body says `only_last`.
        """
        last = self._last_rehearsed()
        if flag_of(body, "only_last"):
            return {"last": last}
        paused = self._paused()
        if paused is not None:
            return {"last": last, **paused}
        seen = self._runner.on_screen(lambda practice: practice.read_invoice())
        if isinstance(seen, Trouble):
            return {"trouble": trouble_view(seen), "last": last}
        by = text_of(body, "person", "") or "person"
        rehearsed = self._rehearsals.now(seen, debt_of(seen), by=by, within_s=180)
        return {"last": last, **rehearsed_view(rehearsed, self._name)}

    def pause(self, body: dict[str, Any]) -> View:
        """Leave the screen alone for `minutes` (30 if it does not say). Typed amounts go on."""
        told = self._pause.begin(minutes_of(body))
        self.changed()
        return told

    def end_pause(self) -> View:
        told = self._pause.end()
        self.changed()
        return told

    def recheck(self) -> View:
        """The day is ended: look once more whether what was entered today is still there. How many these are."""
        count = self._runner.ask(lambda engine: engine.recheck())
        return {"count": count, **self._pause.told()}

    def ask_to_stop(self) -> View:
        self._on_stop()
        return {"stopping": True}

    # ---- inside ----

    def _news_after(self, turn: int, seconds: float) -> bool:
        """Wait until something changed since `turn`; False when the time is up or the door is closing."""
        with self._news:
            self._news.wait_for(lambda: self._turn != turn or self._closing, timeout=max(0.0, seconds))
            return self._turn != turn and not self._closing

    def _named_terminal(self, body: dict[str, Any]) -> str:
        """The terminal asked for, else the desk's own, else the only one there is.

        Raises OperatorError `unreachable`, `terminal_missing`.
        """
        asked = text_of(body, "terminal_id", "") or self._terminal
        if asked:
            return asked
        found = [t.terminal_id for t in self._runner.on_gateway(lambda engine: engine.gateway.terminals())]
        if not found:
            raise OperatorError("unreachable")
        if len(found) > 1:
            raise OperatorError("terminal_missing", terminals=", ".join(found))
        return found[0]

    def _done(self, act: Callable[[Engine], Payment]) -> View:
        payment = self._runner.ask(act)
        self.changed()
        return {"payment": payment_view(payment)}

    def _screen(self, body: dict[str, Any], wanted: Money | None) -> tuple[InvoiceSeen, Rehearsed | None]:
        """The invoice on the screen, after its window was rehearsed if that was due; what kept it from that."""
        self._pause.refuse()
        seen = self._read_shown(body)
        debt, owed = self._owed(seen)
        expected = body.get("expected_minor", owed.minor)
        if wanted is None and (owed.minor <= 0 or expected != owed.minor):
            return seen, None  # refused below, or the same press again: no rehearsal
        if seen.entering is not None and not flag_of(body, "anyway"):
            return seen, None  # the engine refuses it
        tried, notice = self._tried_first(seen, debt)
        return self._read_shown(body) if tried else seen, notice

    def _tried_first(self, seen: InvoiceSeen, debt: Debt) -> tuple[bool, Rehearsed | None]:
        """Was the window touched for a rehearsal that is over (then the screen is read once more), and what kept it
        from one. Raises OperatorError `rehearsal_drift`.
        """
        before = self._rehearsals.memory.newest()
        notice = self._rehearsals.before_charge(seen, debt)
        is_over = notice is None or notice.code != SLOW
        return is_over and self._rehearsals.memory.newest() != before, notice

    def _read_shown(self, body: dict[str, Any]) -> InvoiceSeen:
        """Raises OperatorError: whatever keeps it from being read, or it is not what the face showed."""
        seen = self._runner.on_screen(lambda practice: practice.read_invoice())
        if isinstance(seen, Trouble):
            raise OperatorError(seen.code, **seen.facts)
        refuse_newcomer(debt_of(seen), body)
        return seen

    def _owed(self, seen: InvoiceSeen) -> tuple[Debt, Money]:
        debt = debt_of(seen)
        held = self._runner.ask(lambda engine: engine.held(debt))
        return debt, chargeable(seen.balance, held)

    def _paused(self) -> View | None:
        """While the screen is paused: what a view says instead of looking at it."""
        told = self._pause.told()
        paused = told["paused"]
        if paused is None:
            return None
        trouble = {"code": "paused_until", "who": "operator", "text": paused["text"]}
        return {"trouble": trouble, **told}

    def _last_rehearsed(self) -> View | None:
        newest = self._rehearsals.memory.newest()
        return rehearsed_view(newest, self._name) if newest else None

    def _notice(self, rehearsed: Rehearsed | None) -> View | None:
        """The card goes on although the window was not tried."""
        if rehearsed is None:
            return None
        why = rehearsed_view(rehearsed, self._name)["text"]
        text = sentence("rehearsal_not_done", {"name": self._name, "why": why})
        return {"code": "rehearsal_not_done", "text": text}

    def _attach(self, payment_id: str, person: str, body: dict[str, Any]) -> View:
        """From now on it is entered there by itself. Raises OperatorError: the screen cannot be read, or shows another
        client or invoice than the face did."""
        self._pause.refuse()
        seen = self._read_shown(body)
        return self._done(lambda engine: engine.attach(payment_id, debt_of(seen), person))

    def _again(self, payment_id: str, body: dict[str, Any]) -> View:
        """Another card: a new sale like any other, bound by what is owed now (rules 4 and 9)."""
        self._refuse_fatal()
        self.restored.refuse()
        anyway, terminal_id = flag_of(body, "anyway"), text_of(body, "terminal_id", "")
        payment, read_at = self._runner.ask(lambda e: (_read(e, payment_id)[0], e.clock.now()))
        seen = self._shown_now(payment)
        notice = None
        if seen is not None and seen.entering is None:
            tried, notice = self._tried_first(seen, payment.debt)
            seen = self._shown_now(payment) if tried else seen
        balance, entering = (seen.balance, seen.entering) if seen else (None, None)
        typed = None if anyway else entering
        told = self._done(lambda e: e.try_again(payment_id, terminal_id, balance, read_at, typed))
        return {**told, "notice": self._notice(notice)}

    def _shown_now(self, payment: Payment) -> InvoiceSeen | None:
        """The payment's own invoice as the screen shows it; None if it shows another one, or cannot be read (rule
        13)."""
        if payment.debt.balance is None or self._paused() is not None:
            return None
        try:
            seen = self._runner.on_screen(lambda practice: practice.read_invoice(), AGAIN_READ_S)
        except TillbridgeError:
            return None
        same = isinstance(seen, InvoiceSeen) and debt_of(seen).scope == payment.debt.scope
        return seen if same and isinstance(seen, InvoiceSeen) else None

    def _refuse_fatal(self) -> None:
        if self._runner.fatal is not None:
            raise self._runner.fatal

    def _same(self, known: Payment, body: dict[str, Any]) -> View:
        self._refuse_other(known, body)
        return {"payment": payment_view(known)}

    def _refuse_other(self, known: Payment, body: dict[str, Any]) -> None:
        """Rule 1: a repeated id asks for the same payment. Raises OperatorError `payment_id_used`."""
        wanted, client = self._wanted(body), text_of(body, "client", "").strip()
        if (wanted and wanted != known.parts.whole) or (client and client != known.debt.client):
            raise OperatorError("payment_id_used", payment_id=known.payment_id)

    def _typed_debt(self, body: dict[str, Any], amount: Money | None) -> tuple[Debt, Money]:
        """Rule 13. Raises OperatorError `amount_missing`, `client_missing`."""
        if amount is None:
            raise OperatorError("amount_missing")
        client = text_of(body, "client", "").strip()
        if not client:
            raise OperatorError("client_missing")
        debt = Debt(
            software="typed",
            account_id=text_of(body, "account_id", ""),
            client=client,
            invoice_number=text_of(body, "invoice_number", ""),
            balance=None,
        )
        return debt, amount

    def _wanted(self, body: dict[str, Any]) -> Money | None:
        """The amount asked for, None = all that is owed. Looked at first: a misread amount needs no screen."""
        amount = body.get("amount")
        return None if amount is None else parse_typed(text_of(body, "amount"), self.currency)

    def _all_owed(self, body: dict[str, Any], owed: Money) -> Money:
        """Raises OperatorError `amount_changed` (the screen shows another one than the face did), `nothing_owed`."""
        expected = body.get("expected_minor")
        if expected is not None and type(expected) is not int:
            raise OperatorError("field_wrong", field="expected_minor")
        if expected is not None and expected != owed.minor:
            raise OperatorError("amount_changed", expected_minor=expected, now_minor=owed.minor)
        if owed.minor <= 0:
            raise OperatorError("nothing_owed")
        return owed


def debt_of(seen: InvoiceSeen) -> Debt:
    return Debt(
        software=seen.software.software,
        account_id=seen.account_id,
        client=seen.client,
        invoice_number=seen.invoice_number,
        balance=seen.balance,
        balance_of=seen.balance_of,
    )


def _state_of_journal(engine: Engine) -> tuple[int, int]:
    newest = engine.journal.recent(1)
    wall_ms = newest[0].created_at.wall_ms if newest else 0
    return len(engine.journal.unfinished()), wall_ms


def _recent(engine: Engine) -> list[tuple[Payment, Any]]:
    return [(p, () if p.finished else engine.journal.events(p.payment_id)) for p in engine.journal.recent(50)]


def _read(engine: Engine, payment_id: str) -> tuple[Payment, Any]:
    payment = engine.journal.payment(payment_id)
    if payment is None:
        raise OperatorError("unknown_payment", payment_id=payment_id)
    return payment, engine.journal.events(payment_id)
