"""Looking: what is on the screen, what became of payments, how the agent is. Takes nothing and types nothing; a balance
that was read closes links that are not needed any more."""

from __future__ import annotations

import time
from typing import Any

from tillbridge.apps.agent.ground import OnGround
from tillbridge.apps.agent.reading import debt_of
from tillbridge.apps.agent.telling import story
from tillbridge.apps.agent.views import View, invoice_view, money, payment_view, trouble_view
from tillbridge.domain.errors import OperatorError, SetupError
from tillbridge.domain.invoice import Debt, chargeable
from tillbridge.domain.lease import Lease
from tillbridge.domain.payment import Payment
from tillbridge.engine.cashier import Engine
from tillbridge.engine.returned_books import OVERPAID
from tillbridge.ports.gateway import Terminal
from tillbridge.ports.practice import InvoiceSeen, Trouble
from tillbridge.strings import sentence

WAIT_MS_MAX = 25_000


class Looking(OnGround):
    """Every view carries `paused`, so that a face can say why nothing goes on."""

    def health(self) -> View:
        """`fatal`: why no further payment is taken. `found`: what the journal found at its opening."""
        opened, newest = self._runner.ask(_state_of_journal)
        fatal = self._runner.fatal
        return {
            "ok": fatal is None,
            "fatal": {"code": fatal.code, "text": sentence(fatal.code, fatal.facts)} if fatal else None,
            "open_payments": opened,
            "newest_wall_ms": newest,
            "found": list(self._ground.found),
            "rehearsed": self._last_rehearsed(),
            **self._ground.pause.told(),
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
            held = self._runner.ask(lambda engine: _heard_of(engine, debt))
            view["chargeable"] = money(chargeable(seen.balance, held))
        return view

    def terminals(self) -> View:
        found = self._runner.on_gateway(lambda engine: engine.gateway.terminals())
        leases = self._runner.ask(lambda e: {t.terminal_id: e.lease_of(t.terminal_id) for t in found})
        return {"terminals": [terminal_view(each, leases[each.terminal_id]) for each in found]}

    def payments(self) -> View:
        """The newest payments; those that are not finished with why they wait."""
        found = self._runner.ask(_recent)
        rows = [payment_view(p, events, self._runner.policy.method_for) for p, events in found]
        return {"payments": rows, **self._ground.pause.told()}

    def show(self, payment_id: str, after: int = 0, wait_ms: int = 0) -> View:
        """The payment and its story; waits up to `wait_ms` until there are more than `after` events."""
        ends, news = time.monotonic() + min(wait_ms, WAIT_MS_MAX) / 1000, self._ground.news
        while True:
            turn = news.turn
            payment, events = self._runner.ask(lambda engine: known(engine, payment_id))
            if len(events) > after or not news.after(turn, ends - time.monotonic()):
                break
        ground = self._ground
        told = story(events, ground.support.runs.told, time.time_ns() // 1_000_000, ground.name)
        shown = payment_view(payment, events, self._runner.policy.method_for)
        if OVERPAID in payment.tasks:
            shown["rest"] = money(self._runner.ask(lambda engine: engine.rest_of(payment_id)))
        return {"payment": shown, "story": told, **ground.pause.told()}

    def support(self, payment_id: str) -> View:
        """One file for support about a payment. Raises OperatorError `unknown_payment`, SetupError `disk_full`."""
        shown = self.show(payment_id)
        names = self._runner.ask(lambda e: {p.debt.client for p in e.journal.recent(200)})
        try:
            path = self._ground.support.packed(
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


def _state_of_journal(engine: Engine) -> tuple[int, int]:
    newest = engine.journal.recent(1)
    wall_ms = newest[0].created_at.wall_ms if newest else 0
    return len(engine.journal.unfinished()), wall_ms


def terminal_view(terminal: Terminal, lease: Lease | None) -> View:
    """`desk`: which desk uses it just now, "" = none of this site's."""
    return {
        "terminal_id": terminal.terminal_id,
        "name": terminal.name,
        "state": terminal.state,
        "desk": lease.desk if lease is not None and not lease.free else "",
    }


def _heard_of(engine: Engine, debt: Debt) -> int:
    """What is held of a debt; links that ask for more than is owed now are closed by that."""
    engine.balance_read(debt)
    return engine.held(debt)


def _recent(engine: Engine) -> list[tuple[Payment, Any]]:
    return [(p, () if p.finished else engine.journal.events(p.payment_id)) for p in engine.journal.recent(50)]


def known(engine: Engine, payment_id: str) -> tuple[Payment, Any]:
    """A payment and its events. Raises OperatorError `unknown_payment`."""
    payment = engine.journal.payment(payment_id)
    if payment is None:
        raise OperatorError("unknown_payment", payment_id=payment_id)
    return payment, engine.journal.events(payment_id)
