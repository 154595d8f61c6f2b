"""The agent's loopback HTTP interface. It decides nothing: it checks who asks, reads the request, asks the runner.

Every request needs the exact Host (against DNS rebinding), no foreign Origin, and the bearer token. Bodies are JSON
of at most 64 KiB. Anything that looks like a card number in a request is refused and not kept (rule 14).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tillbridge.apps.agent.desk import Desk
from tillbridge.domain.errors import OperatorError, TillbridgeError
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.strings import sentence

Handler = Callable[[Request], Awaitable[Response]]
BODY_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class Door:
    """Who may come in: the exact Host, the allowed Origins (our own page; paired extensions), the token."""

    host: str
    origins: frozenset[str]
    token: str

    def refuses(self, request: Request) -> JSONResponse | None:
        if request.headers.get("host") != self.host:
            return _error("wrong_host", 421)
        origin = request.headers.get("origin")
        if origin is not None and origin not in self.origins:
            return _error("not_allowed", 403)
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            return _error("not_allowed", 401)
        return None


def application(desk: Desk, door: Door) -> Starlette:
    """The routes. Raises nothing: every error is a JSON answer with a code and a sentence."""
    made = _Routes(desk, door)
    return Starlette(
        routes=[
            Route("/v1/health", made.of(made.health), methods=["GET"]),
            Route("/v1/invoice", made.of(made.invoice), methods=["POST"]),
            Route("/v1/software", made.of(made.software), methods=["POST"]),
            Route("/v1/rehearse", made.of(made.rehearse), methods=["POST"]),
            Route("/v1/terminals", made.of(made.terminals), methods=["GET"]),
            Route("/v1/payments", made.of(made.pay), methods=["POST"]),
            Route("/v1/payments", made.of(made.payments), methods=["GET"]),
            Route("/v1/payments/{payment_id}", made.of(made.show), methods=["GET"]),
            Route("/v1/payments/{payment_id}/{verb}", made.of(made.act), methods=["POST"]),
            Route("/v1/journal/check", made.of(made.check), methods=["POST"]),
            Route("/v1/stop", made.of(made.stop), methods=["POST"]),
        ]
    )


class _Routes:
    def __init__(self, desk: Desk, door: Door) -> None:
        self._desk, self._door = desk, door

    def of(self, answer: Callable[[Request, dict[str, Any]], Any]) -> Handler:
        """Check the door, read the body, answer on a worker thread, turn errors into sentences."""

        async def handle(request: Request) -> Response:
            refused = self._door.refuses(request)
            if refused is not None:
                return refused
            try:
                body = await _body(request)
                return JSONResponse(await run_in_threadpool(answer, request, body), headers=_HEADERS)
            except TillbridgeError as error:
                return _error(error.code, _status(error), error.facts)

        return handle

    def health(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.health()

    def invoice(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.read_invoice()

    def software(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.software()

    def rehearse(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.rehearse()

    def terminals(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.terminals()

    def pay(self, _request: Request, body: dict[str, Any]) -> Any:
        return self._desk.pay(body)

    def payments(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.payments()

    def show(self, request: Request, _body: dict[str, Any]) -> Any:
        wait_ms = int(request.query_params.get("wait_ms", "0"))
        after = int(request.query_params.get("after", "0"))
        return self._desk.show(request.path_params["payment_id"], after, wait_ms)

    def act(self, request: Request, body: dict[str, Any]) -> Any:
        return self._desk.act(request.path_params["payment_id"], request.path_params["verb"], body)

    def check(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.check_journal()

    def stop(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.ask_to_stop()


_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


async def _body(request: Request) -> dict[str, Any]:
    """Raises OperatorError `bad_request` or `card_number_typed`."""
    if request.method != "POST":
        return {}
    raw = await request.body()
    if len(raw) > BODY_MAX:
        raise OperatorError("bad_request", why="it is too long")
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise OperatorError("bad_request", why="it is not JSON") from error
    if not isinstance(body, dict):
        raise OperatorError("bad_request", why="it is not a JSON object")
    if any(looks_like_card_number(str(value)) for value in body.values()):
        raise OperatorError("card_number_typed")
    return body


def _status(error: TillbridgeError) -> int:
    if error.code in ("unknown_payment", "unknown_posting", "not_found"):
        return 404
    return 422 if isinstance(error, OperatorError) else 503


def _error(code: str, status: int, facts: dict[str, str | int | bool | None] | None = None) -> JSONResponse:
    body = {"error": {"code": code, "text": sentence(code, facts), "facts": facts or {}}}
    return JSONResponse(body, status_code=status, headers=_HEADERS)
