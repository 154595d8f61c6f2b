"""The agent's loopback HTTP interface. It decides nothing: it checks who asks, reads the request, asks the runner.

Every request needs the exact Host (against DNS rebinding), no foreign Origin, and the bearer token. Bodies are JSON
of at most 64 KiB. Anything that looks like a card number in a request is refused and not kept (rule 14).
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tillbridge.apps.agent.desk import Desk
from tillbridge.apps.agent.forgetting import forget
from tillbridge.domain.errors import OperatorError, TillbridgeError
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.strings import sentence

Handler = Callable[[Request], Awaitable[Response]]
BODY_MAX = 64 * 1024
FORGET_AFTER_S = (0.05, 1.0)
"""The request's own buffers are let go when its answer has left; then what they held is overwritten. Twice: the next
request may have taken a block that it did not fill."""


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
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return _error("not_allowed", 401)
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            return _error("not_allowed", 401)
        return None


def application(desk: Desk, door: Door) -> Starlette:
    """The routes. Raises nothing: every error is a JSON answer with a code and a sentence."""
    made = _Routes(desk, door)

    async def lost(request: Request, error: Exception) -> Response:
        """An address or method that is not ours: told like every other refusal, and only to whom the door lets in."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        return door.refuses(request) or _error("no_such_page" if status in (404, 405) else "failed", status)

    return Starlette(
        exception_handlers={HTTPException: lost, Exception: lost},
        routes=[
            Route("/v1/health", made.of(made.health), methods=["GET"]),
            Route("/v1/invoice", made.of(made.invoice), methods=["POST"]),
            Route("/v1/software", made.of(made.software), methods=["POST"]),
            Route("/v1/rehearse", made.of(made.rehearse), methods=["POST"]),
            Route("/v1/pause", made.of(made.pause), methods=["POST"]),
            Route("/v1/pause/end", made.of(made.end_pause), methods=["POST"]),
            Route("/v1/recheck", made.of(made.recheck), methods=["POST"]),
            Route("/v1/terminals", made.of(made.terminals), methods=["GET"]),
            Route("/v1/payments", made.of(made.pay), methods=["POST"]),
            Route("/v1/payments", made.of(made.payments), methods=["GET"]),
            Route("/v1/payments/{payment_id}", made.of(made.show), methods=["GET"]),
            Route("/v1/payments/{payment_id}/support", made.of(made.support), methods=["POST"]),
            Route("/v1/payments/{payment_id}/{verb}", made.of(made.act), methods=["POST"]),
            Route("/v1/journal/check", made.of(made.check), methods=["POST"]),
            Route("/v1/journal/missing", made.of(made.missing), methods=["POST"]),
            Route("/v1/journal/accept", made.of(made.accept), methods=["POST"]),
            Route("/v1/stop", made.of(made.stop), methods=["POST"]),
        ],
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
                _refuse_card_numbers(str(request.url), dict(request.path_params))
                body = await _body(request)
                return JSONResponse(await run_in_threadpool(answer, request, body), headers=_HEADERS)
            except TillbridgeError as error:
                if error.code == "card_number_typed":
                    for seconds in FORGET_AFTER_S:
                        asyncio.get_running_loop().call_later(seconds, forget)
                return _error(error.code, _status(error), {"currency": self._desk.currency, **error.facts})
            except ClientDisconnect:
                return _error("body_unreadable", 400)

        return handle

    def health(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.health()

    def invoice(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.read_invoice()

    def software(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.software()

    def rehearse(self, _request: Request, body: dict[str, Any]) -> Any:
        return self._desk.rehearse(body)

    def pause(self, _request: Request, body: dict[str, Any]) -> Any:
        return self._desk.pause(body)

    def end_pause(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.end_pause()

    def recheck(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.recheck()

    def terminals(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.terminals()

    def pay(self, _request: Request, body: dict[str, Any]) -> Any:
        return self._desk.pay(body)

    def payments(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.payments()

    def show(self, request: Request, _body: dict[str, Any]) -> Any:
        wait_ms, after = _count(request, "wait_ms"), _count(request, "after")
        return self._desk.show(request.path_params["payment_id"], after, wait_ms)

    def support(self, request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.support(request.path_params["payment_id"])

    def act(self, request: Request, body: dict[str, Any]) -> Any:
        return self._desk.act(request.path_params["payment_id"], request.path_params["verb"], body)

    def check(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.check_journal()

    def missing(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.restored.missing()

    def accept(self, _request: Request, body: dict[str, Any]) -> Any:
        return self._desk.restored.settle(str(body.get("person") or ""))

    def stop(self, _request: Request, _body: dict[str, Any]) -> Any:
        return self._desk.ask_to_stop()


_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


async def _body(request: Request) -> dict[str, Any]:
    """Raises OperatorError `body_too_long` (without reading on), `body_unreadable` or `card_number_typed`."""
    if request.method != "POST":
        return {}
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > BODY_MAX:
            raise OperatorError("body_too_long")
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as error:
        raise OperatorError("body_unreadable") from error
    if not isinstance(body, dict):
        raise OperatorError("body_unreadable")
    _refuse_card_numbers(body)
    return body


def _refuse_card_numbers(*values: object) -> None:
    """Raises OperatorError `card_number_typed`: looked for in every name and value, however deep."""
    if any(looks_like_card_number(text) for value in values for text in _texts(value)):
        raise OperatorError("card_number_typed")


def _texts(value: object) -> Iterator[str]:
    match value:
        case dict():
            for name, inner in value.items():
                yield str(name)
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
        case _:
            yield str(value)


def _count(request: Request, name: str) -> int:
    """A whole number in the address, 0 if it is not there. Raises OperatorError `field_wrong`."""
    text = request.query_params.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise OperatorError("field_wrong", field=name)
    return int(text)


def _status(error: TillbridgeError) -> int:
    if error.code in ("unknown_payment", "unknown_posting", "not_found"):
        return 404
    return 422 if isinstance(error, OperatorError) else 503


def _error(code: str, status: int, facts: dict[str, str | int | bool | None] | None = None) -> JSONResponse:
    body = {"error": {"code": code, "text": sentence(code, facts), "facts": facts or {}}}
    return JSONResponse(body, status_code=status, headers=_HEADERS)
