"""Who may come in: only callers on this machine's loopback names, with the right key, with small bodies."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

BODY_MAX = 65_536
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
}


class Turned(Exception):
    """The caller is turned away with this status and code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


def turned_away(_: Request, error: Exception) -> Response:
    """The answer to a Turned."""
    if not isinstance(error, Turned):
        raise error
    return JSONResponse({"error": {"code": error.code}}, error.status)


def check_bearer(request: Request, key: str) -> None:
    """Raises Turned 401 unless the request carries this key."""
    given = request.headers.get("authorization", "")
    if not secrets.compare_digest(given.encode(), f"Bearer {key}".encode()):
        raise Turned(401, "unauthorized")


def check_press(request: Request, token: str) -> None:
    """Raises Turned 403 unless the press comes from a page that this process served."""
    given = request.headers.get("x-press-token", "")
    if not secrets.compare_digest(given.encode(), token.encode()):
        raise Turned(403, "unauthorized")


async def body_of(request: Request) -> bytes:
    """The whole body. Raises Turned 413 where it is too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            raise Turned(413, "invalid_request")
    return body


async def json_of(request: Request) -> dict[str, object]:
    """The JSON object in the body (empty body = empty object). Raises Turned 400 or 413."""
    body = await body_of(request)
    if not body:
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Turned(400, "invalid_request") from error
    if not isinstance(value, dict):
        raise Turned(400, "invalid_request")
    return value


class LoopbackOnly:
    """Refuses other host names (a web page may resolve its own name to 127.0.0.1) and adds the headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _host(scope) not in {"127.0.0.1", "localhost"}:
            await JSONResponse({"error": {"code": "wrong_host"}}, 421)(scope, receive, send)
            return

        async def send_with_headers(message: Mapping[str, object]) -> None:
            if message["type"] == "http.response.start":
                extra = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *extra]}  # type: ignore[misc]
            await send(dict(message))

        await self._app(scope, receive, send_with_headers)


def _host(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"host":
            return str(value.decode("latin-1")).rpartition(":")[0] or str(value.decode("latin-1"))
    return ""
