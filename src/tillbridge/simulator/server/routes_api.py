"""The merchant's API: every route is one operation of `core/calls.py`; only keys and paths are decided here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from tillbridge.simulator.core.calls import Call
from tillbridge.simulator.server.delivery import Acted
from tillbridge.simulator.server.doors import Turned, check_bearer, json_of
from tillbridge.simulator.server.house import House

ROUTES = (
    ("GET", "/v1/capabilities", "capabilities"),
    ("GET", "/v1/terminals", "terminals"),
    ("POST", "/v1/terminals/{terminal}/start", "start"),
    ("POST", "/v1/terminals/{terminal}/cancel", "cancel"),
    ("GET", "/v1/payments", "list_since"),
    ("GET", "/v1/payments/{reference}", "inquire"),
    ("POST", "/v1/payments/{reference}/kill", "kill"),
    ("POST", "/v1/payments/{reference}/capture", "capture"),
    ("POST", "/v1/payments/{reference}/void", "void"),
    ("POST", "/v1/payments/{reference}/refund", "refund"),
    ("POST", "/v1/tokens/{token}/charge", "charge_token"),
    ("DELETE", "/v1/tokens/{token}", "forget_token"),
    ("POST", "/v1/entries", "open_entry"),
    ("DELETE", "/v1/entries/{session}", "close_entry"),
    ("GET", "/v1/settlement", "settlement"),
    ("GET", "/v1/notices", "notices"),
    ("GET", "/v1/notice-key", "notice_key"),
)
_NUMBERS = frozenset({"since_ms"})


def routes(house: House) -> list[Route]:
    return [Route(path, _endpoint(house, op), methods=[method]) for method, path, op in ROUTES]


def _endpoint(house: House, op: str) -> Callable[[Request], Awaitable[Any]]:
    async def endpoint(request: Request) -> Acted:
        check_bearer(request, house.api_key)
        body = {**await json_of(request), **_query(request), **request.path_params}
        body.pop("hidden_ms", None)  # only a fault hides a payment
        return Acted(house.deliver(Call(op, body)), house)

    return endpoint


def _query(request: Request) -> dict[str, object]:
    query: dict[str, object] = {}
    for name, value in request.query_params.items():
        if name in _NUMBERS and not value.isdecimal():
            raise Turned(400, "invalid_request")
        query[name] = int(value) if name in _NUMBERS else value
    return query
