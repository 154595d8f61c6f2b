"""The agent's loopback HTTP interface. It decides nothing: it checks who asks, reads the request, asks the runner.

Every request needs the exact Host (against DNS rebinding), no foreign Origin, and the bearer token. Bodies are JSON
of at most 64 KiB. Anything that looks like a card number in a request is refused and not kept (rule 14).
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tillbridge.apps.agent.desk import Asked, Desk
from tillbridge.apps.agent.forgetting import forget
from tillbridge.apps.agent.routes import ROUTES
from tillbridge.domain.errors import OperatorError, TillbridgeError
from tillbridge.domain.pan import refuse_card_numbers
from tillbridge.strings import number, sentence

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

    async def lost(request: Request, error: Exception) -> Response:
        """An address or method that is not ours: told like every other refusal, and only to whom the door lets in."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        return door.refuses(request) or _error("no_such_page" if status in (404, 405) else "failed", status)

    return Starlette(
        exception_handlers={HTTPException: lost, Exception: lost},
        routes=[Route(row.path, _handler(desk, door, row.name), methods=[row.method]) for row in ROUTES],
    )


def _handler(desk: Desk, door: Door, name: str) -> Handler:
    """Check the door, read the body, answer on a worker thread, turn errors into sentences."""

    async def handle(request: Request) -> Response:
        refused = door.refuses(request)
        if refused is not None:
            return refused
        try:
            refuse_card_numbers(str(request.url), dict(request.path_params))
            asked = Asked(named=request.path_params, body=await _body(request), query=request.query_params)
            return JSONResponse(await run_in_threadpool(desk.answer, name, asked), headers=_HEADERS)
        except TillbridgeError as error:
            if error.code == "card_number_typed":
                for seconds in FORGET_AFTER_S:
                    asyncio.get_running_loop().call_later(seconds, forget)
            return _error(error.code, _status(error), {"currency": desk.currency, **error.facts})
        except ClientDisconnect:
            return _error("body_unreadable", 400)

    return handle


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
    refuse_card_numbers(body)
    return body


def _status(error: TillbridgeError) -> int:
    if error.code in ("unknown_payment", "unknown_posting", "not_found"):
        return 404
    return 422 if isinstance(error, OperatorError) else 503


def _error(code: str, status: int, facts: dict[str, str | int | bool | None] | None = None) -> JSONResponse:
    told = {"code": code, "number": number(code, facts), "text": sentence(code, facts), "facts": facts or {}}
    body = {"error": told}
    return JSONResponse(body, status_code=status, headers=_HEADERS)
