"""The HTTP surface of the ledger server: JSON in, JSON out, loopback only. No rules here.

For skins, all POST (every answer of pay, method, ok and answer is a turn, see turns.py):
    /skin/hello {pid, workstation}            -> {skin, workstation, today, client, invoice, keyboard}
    /skin/clients {skin}                      -> {clients}
    /skin/client {skin, client, invoice}      -> the main window's texts
    /skin/reversible {skin, client}           -> {rows, reversals}: payments that may still be reversed, and what was
                                                 reversed today
    /skin/pay {skin, client, invoice, kind}   -> turn: Process Payment was pressed
                                                 (kind: payment, which is the default, deposit, refund)
    /skin/reversing {skin, client, payment}   -> turn: a payment is to be reversed, its window is about to open
    /skin/reverse {skin, client, payment, reason, reference, employee}  -> turn: that window was confirmed
    /skin/method {skin, client, invoice, method}  -> turn: a payment method was chosen
    /skin/cashier {skin, password}            -> {employee}: whom a cashier's password names, or ""
    /skin/leave {skin, client, invoice, unsaved}  -> turn: Cancel was pressed
    /skin/reading {skin, client, invoice}     -> turn: the client's lists are about to be read anew
    /skin/ok {skin, form}                     -> turn: OK was pressed (form: see posting.form_from)
    /skin/answer {skin, conversation, press}  -> turn: a message was answered
    /skin/closed {skin, client}               -> {}: the payment window is gone, its lock is freed
    /skin/orders {skin, after}                -> {orders}: waits for orders after that number
For judges and tests:
    GET /truth[?all=1]   GET and POST /faults   POST /reset {scene, seed}   GET and POST /world (admin.py)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tillbridge.stand_ins.ledger_server import admin
from tillbridge.stand_ins.ledger_server.desks import Desk
from tillbridge.stand_ins.ledger_server.faults import KNOBS, BadKnob
from tillbridge.stand_ins.ledger_server.giving_back import Reversal
from tillbridge.stand_ins.ledger_server.habits import day_text
from tillbridge.stand_ins.ledger_server.ledger import Ledger
from tillbridge.stand_ins.ledger_server.marring import marred_view
from tillbridge.stand_ins.ledger_server.scenes import NoSuchScene

ORDER_WAIT_S = 20.0
Words = dict[str, Any]
Answer = Callable[[Request], Awaitable[Response]]


class NotSignedIn(LookupError):
    """A skin that this server does not know: it was restarted since the skin said hello."""


class Web:
    """Answers requests from one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def app(self) -> Starlette:
        """The ASGI application."""
        skin = [
            Route("/skin/hello", self._skin(self._hello), methods=["POST"]),
            Route("/skin/clients", self._skin(self._clients), methods=["POST"]),
            Route("/skin/client", self._skin(self._client), methods=["POST"]),
            Route("/skin/reversible", self._skin(self._reversible), methods=["POST"]),
            Route("/skin/pay", self._skin(self._pay), methods=["POST"]),
            Route("/skin/reversing", self._skin(self._reversing), methods=["POST"]),
            Route("/skin/reverse", self._skin(self._reverse), methods=["POST"]),
            Route("/skin/method", self._skin(self._method), methods=["POST"]),
            Route("/skin/cashier", self._skin(self._cashier), methods=["POST"]),
            Route("/skin/leave", self._skin(self._leave), methods=["POST"]),
            Route("/skin/reading", self._skin(self._reading), methods=["POST"]),
            Route("/skin/ok", self._skin(self._ok), methods=["POST"]),
            Route("/skin/answer", self._skin(self._answer), methods=["POST"]),
            Route("/skin/closed", self._skin(self._closed), methods=["POST"]),
            Route("/skin/orders", self._orders, methods=["POST"]),
        ]
        judge = [
            Route("/truth", self._truth, methods=["GET"]),
            Route("/faults", self._faults, methods=["GET"]),
            Route("/faults", self._turn_faults, methods=["POST"]),
            Route("/reset", self._reset, methods=["POST"]),
            Route("/world", self._state, methods=["GET"]),
            Route("/world", self._world, methods=["POST"]),
        ]
        return Starlette(routes=[*skin, *judge])

    def _skin(self, act: Callable[[Words], Any]) -> Answer:
        """Wrap what a skin may ask: wait as the knobs say, answer; 401 not signed in, 404 unknown."""

        async def answer(request: Request) -> Response:
            words: Words = await request.json()
            latency_s = self._ledger.faults.number("latency_ms") / 1000
            if latency_s > 0:
                await asyncio.sleep(latency_s)
            try:
                return JSONResponse(act(words))
            except NotSignedIn as error:
                return JSONResponse({"error": str(error)}, status_code=401)
            except (KeyError, TypeError) as error:
                return JSONResponse({"error": f"{type(error).__name__}: {error}"}, status_code=404)

        return answer

    def _desk(self, words: Words) -> Desk:
        desk = self._ledger.desks.by_id.get(words["skin"])
        if desk is None:
            raise NotSignedIn(f"no skin {words['skin']}; say hello again")
        return desk

    def _hello(self, words: Words) -> Words:
        desk = self._ledger.desks.sign_in(words["pid"], words.get("workstation", ""))
        books = self._ledger.books
        return {
            "skin": desk.id,
            "workstation": desk.workstation,
            "today": day_text(self._ledger.world.today(), self._ledger.faults, self._ledger.profile),
            "client": books.first_client,
            "invoice": books.first_invoice,
            "keyboard": self._ledger.keyboard(),
        }

    def _clients(self, words: Words) -> Words:
        return {"clients": self._ledger.views.clients()}

    def _client(self, words: Words) -> Words:
        view = marred_view(
            self._ledger.views.client(words["client"], words.get("invoice", "")), self._ledger.faults
        )
        self._desk(words).account = view["account"]
        return view

    def _reversible(self, words: Words) -> Words:
        views, account = self._ledger.views, words["client"]
        return {"rows": views.reversible(account), "reversals": views.reversals_today(account)}

    def _pay(self, words: Words) -> Words:
        kind = words.get("kind", "payment")
        return self._ledger.process_payment(self._desk(words), words["client"], words["invoice"], kind)

    def _reversing(self, words: Words) -> Words:
        return self._ledger.reverse_pressed(self._desk(words), words["client"], words["payment"])

    def _reverse(self, words: Words) -> Words:
        said = {name: words.get(name, "") for name in ("reason", "reference", "employee")}
        place = self._desk(words).workstation
        act = Reversal(account=words["client"], payment=words["payment"], workstation=place, **said)
        return self._ledger.reversal_confirmed(act)

    def _method(self, words: Words) -> Words:
        desk = self._desk(words)
        return self._ledger.method_chosen(desk, words["client"], words["invoice"], words["method"])

    def _cashier(self, words: Words) -> Words:
        named = self._ledger.profile.cashiers.get(words["password"], "")
        return {"employee": named if named in self._ledger.rules.employees() else ""}

    def _leave(self, words: Words) -> Words:
        self._desk(words)
        return self._ledger.leave_pressed(words["client"], words["invoice"], words["unsaved"])

    def _reading(self, words: Words) -> Words:
        self._desk(words)
        return self._ledger.reading(words["client"], words["invoice"])

    def _ok(self, words: Words) -> Words:
        return self._ledger.ok_pressed(self._desk(words), words["form"])

    def _answer(self, words: Words) -> Words:
        return self._ledger.answer(words["conversation"], words["press"])

    def _closed(self, words: Words) -> Words:
        self._ledger.desks.release(words["client"], self._desk(words))
        return {}

    async def _orders(self, request: Request) -> Response:
        """Wait for orders after number `after`; an empty list when none came in time."""
        words: Words = await request.json()
        try:
            desk = self._desk(words)
        except NotSignedIn as error:
            return JSONResponse({"error": str(error)}, status_code=401)
        if len(desk.orders) <= words["after"]:
            desk.told.clear()
            try:
                await asyncio.wait_for(desk.told.wait(), ORDER_WAIT_S)
            except TimeoutError:
                return JSONResponse({"orders": []})
        return JSONResponse({"orders": desk.orders[words["after"] :]})

    async def _truth(self, request: Request) -> Response:
        whole = request.query_params.get("all") == "1"
        truth = self._ledger.truth
        return JSONResponse({"acts": truth.acts if whole else truth.of_this_scene()})

    async def _faults(self, request: Request) -> Response:
        about = {
            name: {"kind": k.kind, "default": k.default, "choices": k.choices} for name, k in KNOBS.items()
        }
        return JSONResponse({"faults": self._ledger.faults.shown(), "knobs": about})

    async def _turn_faults(self, request: Request) -> Response:
        words: Words = await request.json()
        try:
            for name, value in words.items():
                self._ledger.turn_knob(name, str(value))
        except BadKnob as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"faults": self._ledger.faults.shown()})

    async def _reset(self, request: Request) -> Response:
        words: Words = await request.json()
        try:
            self._ledger.reset(
                words.get("scene", self._ledger.scene), int(words.get("seed", self._ledger.seed))
            )
        except NoSuchScene as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"scene": self._ledger.scene, "seed": self._ledger.seed})

    async def _state(self, request: Request) -> Response:
        """The true balances, now, whatever the screens show."""
        books = self._ledger.books
        return JSONResponse(
            {
                "invoices": {
                    n: {
                        "client": i.client,
                        "total_minor": i.total,
                        "balance_minor": books.balance(n),
                        "concluded": i.concluded,
                        "at": i.at.isoformat(),
                    }
                    for n, i in books.invoices.items()
                    if not i.concluded or books.balance(n) != 0
                },
                "credit_minor": {a: books.credit(a) for a in books.clients if books.credit(a) != 0},
                "locks": self._ledger.desks.locks(),
                "skins": [
                    {"skin": d.id, "pid": d.pid, "client": d.account}
                    for d in self._ledger.desks.by_id.values()
                ],
            }
        )

    async def _world(self, request: Request) -> Response:
        words: Words = await request.json()
        try:
            return JSONResponse({"acts": admin.do(self._ledger, words)})
        except admin.BadAct as error:
            return JSONResponse({"error": str(error)}, status_code=400)
