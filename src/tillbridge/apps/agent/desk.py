"""What a desk can ask for, in the words of the API. Between the HTTP door and the runner; no money rule lives here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from tillbridge.apps.agent.restored import Restored
from tillbridge.apps.agent.runner import Runner
from tillbridge.apps.agent.views import View, invoice_view, money, payment_view, story, trouble_view
from tillbridge.domain.errors import OperatorError, TillbridgeError
from tillbridge.domain.invoice import Debt, chargeable
from tillbridge.domain.money import Money, only_base, parse_typed
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Payment
from tillbridge.engine.cashier import Engine
from tillbridge.engine.requests import PayRequest
from tillbridge.ports.practice import InvoiceSeen, PostingOrder, Trouble
from tillbridge.strings import sentence

WAIT_MS_MAX = 25_000
PAYMENT_ID_MAX = 64
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
        found: tuple[str, ...] = (),
        terminal: str = "",
    ) -> None:
        self._runner = runner
        self._found = found
        self.currency = currency
        self._on_stop = on_stop
        self.restored = restored
        self._terminal = terminal
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
        }

    def software(self) -> View:
        seen = self._runner.on_screen(lambda practice: practice.identify())
        if isinstance(seen, Trouble):
            return {"trouble": trouble_view(seen)}
        return {"software": seen.software, "version": seen.version, "build": seen.build, "name": seen.name}

    def read_invoice(self) -> View:
        """The invoice on screen, with what is chargeable on it now (rule 4)."""
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
        return {
            "payments": [payment_view(p) for p in self._runner.ask(lambda engine: engine.journal.recent(50))]
        }

    def show(self, payment_id: str, after: int = 0, wait_ms: int = 0) -> View:
        """The payment and its story; waits up to `wait_ms` until there are more than `after` events."""
        ends = time.monotonic() + min(wait_ms, WAIT_MS_MAX) / 1000
        while True:
            turn = self._turn
            payment, events = self._runner.ask(lambda engine: _read(engine, payment_id))
            if len(events) > after or not self._news_after(turn, ends - time.monotonic()):
                break
        return {"payment": payment_view(payment, events), "story": story(events)}

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
        payment_id = _text(body, "payment_id")
        self._refuse_fatal()
        known, read_at = self._runner.ask(lambda e: (e.journal.payment(payment_id), e.clock.now()))
        if known is not None:
            return self._same(known, body)
        self.restored.refuse()
        typed, wanted = bool(body.get("typed")), self._wanted(body)
        debt, owed = self._typed_debt(body, wanted) if typed else self._screen_debt(body)
        known = self._runner.ask(lambda e: e.journal.payment(payment_id))
        if known is not None:
            return self._same(known, body)  # another face sent the same press while we read the screen
        request = PayRequest(
            payment_id=payment_id,
            operation=_operation(body),
            entry=_entry(body),
            parts=only_base(wanted or self._all_owed(body, owed)),
            debt=debt,
            terminal_id=self._named_terminal(body),
            person=_text(body, "person", ""),
            read_at=read_at,
        )
        capabilities = self._runner.on_gateway(lambda engine: engine.gateway.capabilities())
        begun = self._runner.ask(lambda engine: engine.begin(request, capabilities))
        self.changed()
        return {"payment": payment_view(begun)}

    def act(self, payment_id: str, verb: str, body: dict[str, Any]) -> View:
        """`cancel`, `stop`, `again`, `keep`, `posted`, `not_posted`, `drop`, `resume`."""
        person = _text(body, "person", "")
        decisions: dict[str, bool | None] = {"posted": True, "not_posted": False, "drop": None}
        if verb in decisions:
            return self._done(
                lambda e: e.person_says(payment_id, _text(body, "marker"), decisions[verb], _named(person))
            )
        if verb == "again":
            return self._again(payment_id, _text(body, "terminal_id", ""))
        verbs: dict[str, Callable[[Engine], Payment]] = {
            "cancel": lambda e: e.cancel(payment_id, person),
            "stop": lambda e: e.stop(payment_id, _named(person)),
            "keep": lambda e: e.keep_partial(payment_id, True, person),
            "give_back": lambda e: e.keep_partial(payment_id, False, _named(person)),
            "resume": lambda e: e.resume(payment_id),
        }
        if verb not in verbs:
            raise OperatorError("no_such_page", verb=verb)
        return self._done(verbs[verb])

    def rehearse(self) -> View:
        """Type a posting for the open invoice up to its commit point and leave without a trace."""
        seen = self._runner.on_screen(lambda practice: practice.read_invoice())
        if isinstance(seen, Trouble):
            return {"trouble": trouble_view(seen)}
        order = self._runner.ask(lambda engine: rehearsal_order(engine, seen))
        report = self._runner.on_screen(lambda practice: practice.rehearse(order))
        trouble = trouble_view(report.trouble) if report.trouble else None
        return {"stage": report.stage, "trouble": trouble, "transcript": report.transcript}

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
        named = _text(body, "terminal_id", "") or self._terminal
        if named:
            return named
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

    def _screen_debt(self, body: dict[str, Any]) -> tuple[Debt, Money]:
        seen = self._runner.on_screen(lambda practice: practice.read_invoice())
        if isinstance(seen, Trouble):
            raise OperatorError(seen.code, **seen.facts)
        debt = debt_of(seen)
        _refuse_newcomer(debt, body)
        held = self._runner.ask(lambda engine: engine.held(debt))
        return debt, chargeable(seen.balance, held)

    def _again(self, payment_id: str, terminal_id: str) -> View:
        """Another card: a new sale like any other, bound by what is owed now (rules 4 and 9)."""
        self._refuse_fatal()
        self.restored.refuse()
        payment, read_at = self._runner.ask(lambda e: (_read(e, payment_id)[0], e.clock.now()))
        balance = self._owed_now(payment)
        return self._done(lambda e: e.try_again(payment_id, terminal_id, balance, read_at))

    def _owed_now(self, payment: Payment) -> Money | None:
        """None if the screen cannot tell: it shows another invoice, or cannot be read (rule 13)."""
        if payment.debt.balance is None:
            return None
        try:
            seen = self._runner.on_screen(lambda practice: practice.read_invoice(), AGAIN_READ_S)
        except TillbridgeError:
            return None
        shown = isinstance(seen, InvoiceSeen) and debt_of(seen).scope == payment.debt.scope
        return seen.balance if shown and isinstance(seen, InvoiceSeen) else None

    def _refuse_fatal(self) -> None:
        if self._runner.fatal is not None:
            raise self._runner.fatal

    def _same(self, known: Payment, body: dict[str, Any]) -> View:
        self._refuse_other(known, body)
        return {"payment": payment_view(known)}

    def _refuse_other(self, known: Payment, body: dict[str, Any]) -> None:
        """Rule 1: a repeated id asks for the same payment. Raises OperatorError `payment_id_used`."""
        wanted, client = self._wanted(body), _text(body, "client", "").strip()
        if (wanted and wanted != known.parts.whole) or (client and client != known.debt.client):
            raise OperatorError("payment_id_used", payment_id=known.payment_id)

    def _typed_debt(self, body: dict[str, Any], amount: Money | None) -> tuple[Debt, Money]:
        """Rule 13. Raises OperatorError `amount_missing`, `client_missing`."""
        if amount is None:
            raise OperatorError("amount_missing")
        client = _text(body, "client", "").strip()
        if not client:
            raise OperatorError("client_missing")
        debt = Debt(
            software="typed",
            account_id=_text(body, "account_id", ""),
            client=client,
            invoice_number=_text(body, "invoice_number", ""),
            balance=None,
        )
        return debt, amount

    def _wanted(self, body: dict[str, Any]) -> Money | None:
        """The amount asked for, None = all that is owed. Looked at first: a misread amount needs no screen."""
        amount = body.get("amount")
        return None if amount is None else parse_typed(_text(body, "amount"), self.currency)

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
    )


def rehearsal_order(engine: Engine, seen: InvoiceSeen) -> PostingOrder:
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


def _state_of_journal(engine: Engine) -> tuple[int, int]:
    newest = engine.journal.recent(1)
    wall_ms = newest[0].created_at.wall_ms if newest else 0
    return len(engine.journal.unfinished()), wall_ms


def _read(engine: Engine, payment_id: str) -> tuple[Payment, Any]:
    payment = engine.journal.payment(payment_id)
    if payment is None:
        raise OperatorError("unknown_payment", payment_id=payment_id)
    return payment, engine.journal.events(payment_id)


def _text(body: dict[str, Any], name: str, default: str | None = None) -> str:
    """A text of a request. Raises OperatorError `field_wrong`: missing, too long, or not a text."""
    value = body.get(name, default)
    if not isinstance(value, str) or len(value) > 200:
        raise OperatorError("field_wrong", field=name)
    if name == "payment_id" and not (8 <= len(value) <= PAYMENT_ID_MAX and value.replace("-", "").isalnum()):
        raise OperatorError("field_wrong", field=name)
    return value


OFFERED = frozenset({"sale"})
"""What is carried through to its end today. Giving money back has its table, states and reservations; its posting is
not carried through yet, so it is refused here."""


def _operation(body: dict[str, Any]) -> str:
    name = _text(body, "operation", "sale")
    if name not in OFFERED:
        raise OperatorError("operation_unknown", operation=name)
    return name


def _entry(body: dict[str, Any]) -> Entry:
    name = _text(body, "entry", "terminal")
    if name not in {str(entry) for entry in Entry}:
        raise OperatorError("entry_not_offered", entry=name)
    return Entry(name)


def _refuse_newcomer(debt: Debt, body: dict[str, Any]) -> None:
    """It charges what the face showed. Raises OperatorError `other_client`, `other_invoice`."""
    shown = {name: _text(body, name, "").strip() for name in ("client", "account_id", "invoice_number")}
    if shown["client"] not in ("", debt.client) or shown["account_id"] not in ("", debt.account_id):
        raise OperatorError("other_client")
    if shown["invoice_number"] not in ("", debt.invoice_number):
        raise OperatorError("other_invoice")


def _named(person: str) -> str:
    if not person.strip():
        raise OperatorError("person_missing")
    return person
