"""The pages for people: a terminal each, the entry page, the list of terminals and books."""

from __future__ import annotations

from importlib import resources

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tillbridge.simulator.core.books import Record
from tillbridge.simulator.core.calls import payment_json, terminal_json
from tillbridge.simulator.core.scribe import Refusal
from tillbridge.simulator.core.terminal import Terminal
from tillbridge.simulator.server import pay_pages
from tillbridge.simulator.server.doors import Turned, check_press, json_of
from tillbridge.simulator.server.house import House
from tillbridge.simulator.server.pay_pages import page
from tillbridge.simulator.server.routes_admin import press

LONG_POLL_S = 20.0
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_FILES = frozenset({"look.css", "terminal.css", "terminal.js", "index.js", "icon.svg", "pay.css", "pay.js"})


def routes(house: House) -> list[Route]:
    async def index(request: Request) -> Response:
        return page("index.html", token=house.press_token, clinic=house.network.settings.clinic)

    async def terminal_page(request: Request) -> Response:
        terminal = _terminal(house, request)
        return page("terminal.html", token=house.press_token, id=terminal.terminal_id, name=terminal.name)

    async def terminal_state(request: Request) -> Response:
        terminal = _terminal(house, request)
        await house.changed_since(_after(request), LONG_POLL_S)
        return JSONResponse({**_shown(house, terminal), "revision": house.revision})

    async def terminal_press(request: Request) -> Response:
        check_press(request, house.press_token)
        try:
            return JSONResponse(press(house, request.path_params["terminal"], await json_of(request)))
        except Refusal as refusal:
            return JSONResponse({"error": {"code": refusal.code}}, refusal.status)

    async def counter_state(request: Request) -> Response:
        await house.changed_since(_after(request), LONG_POLL_S)
        return JSONResponse(_overview(house))

    async def pay(request: Request) -> Response:
        return await pay_pages.pay(house, request)

    async def file(request: Request) -> Response:
        return _file(request.path_params["name"])

    return [
        Route("/", index),
        Route("/terminal/{terminal}", terminal_page),
        Route("/terminal/{terminal}/state", terminal_state),
        Route("/terminal/{terminal}/press", terminal_press, methods=["POST"]),
        Route("/counter/state", counter_state),
        Route("/pay/{session}", pay, methods=["GET", "POST"]),
        Route("/pages/{name}", file),
    ]


def _terminal(house: House, request: Request) -> Terminal:
    try:
        return house.network.counter.terminal(request.path_params["terminal"])
    except Refusal as refusal:
        raise Turned(404, refusal.code) from refusal


def _after(request: Request) -> int:
    after = request.query_params.get("after", "-1")
    return int(after) if after.isdecimal() else -1


def _file(name: str) -> Response:
    if name not in _FILES:
        raise Turned(404, "not_found")
    data = (resources.files("tillbridge.simulator.pages") / name).read_bytes()
    return Response(data, media_type=_TYPES[name.rpartition(".")[2]])


def _shown(house: House, terminal: Terminal) -> dict[str, object]:
    """What the terminal's own screen may know: never a reference, never a card number."""
    run = terminal.run
    return {
        "face": terminal.face.value,
        "card_in": terminal.card_in,
        "online": terminal.online,
        "auto": terminal.auto,
        "keyed": run is not None and run.kind == "keyed",
        "storing": run is not None and run.kind == "store_card",
        "stopping": run is not None and run.cancel_at_ms > 0 and run.cancel_by == "cashier",
        "bank_online": terminal.bank_online,
        "tip": run.tip if run else 0,
        "amount": run.amount + run.tip if run else terminal.shown_amount,
        "currency": run.currency if run else terminal.shown_currency or house.network.settings.currency,
        "show": list(run.show if run else terminal.shown_show),
        "text": terminal.shown_text,
        "clinic": house.network.settings.clinic,
    }


def _overview(house: House) -> dict[str, object]:
    books = house.network.books
    return {
        "revision": house.revision,
        "terminals": [terminal_json(terminal) for terminal in house.network.counter.terminals.values()],
        "records": [_row(record) for record in list(books.records.values())[-200:][::-1]],
        "count": len(books.records),
        "balance": books.balance(),
        "currency": house.network.settings.currency,
    }


def _row(record: Record) -> dict[str, object]:
    shown = ("reference", "operation", "state", "asked", "amount", "currency", "brand", "last4", "settle",
             "given_back", "voided", "batch", "by", "of")  # fmt: skip
    whole = payment_json(record)
    return {"started_ms": record.started_ms, **{name: whole[name] for name in shown}}
