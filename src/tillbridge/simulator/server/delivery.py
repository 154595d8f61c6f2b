"""Acting a Delivery out on a real socket: reply, stall, close without a word, cut in half, send junk."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from tillbridge.simulator.core.faults import Delivery
from tillbridge.simulator.server.house import House

_CUT = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 400\r\n\r\n{"payment":{"refe'
_NOISE = b"\x00\xff{]proxy\x81\n"
_JUNK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
    len(_NOISE),
    _NOISE,
)


def protocol_for(house: House) -> type[asyncio.Protocol]:
    """A HTTP protocol that lets the house reach the socket behind a request."""

    class _Watched(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            house.transports[_peer(transport)] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            house.transports.pop(_peer(self.transport), None)
            super().connection_lost(exc)

    return _Watched


class Acted:
    """An ASGI response that does what the delivery says."""

    def __init__(self, delivery: Delivery, house: House) -> None:
        self._delivery = delivery
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if await _left_within(receive, self._delivery.after_ms / 1000):
            return
        answer = self._delivery.answer
        if self._delivery.how == "reply" and answer is not None:
            await JSONResponse(answer.body, answer.status)(scope, receive, send)
            return
        transport = self._house.transports.get(tuple(scope["client"]))
        if transport is not None:
            transport.write({"cut": _CUT, "garbled": _JUNK}.get(self._delivery.how, b""))
            transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


async def _left_within(receive: Receive, seconds: float) -> bool:
    """Wait; True if the caller hung up meanwhile."""
    if seconds <= 0:
        return False
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


def _peer(transport: Any) -> tuple[str, int]:
    name = transport.get_extra_info("peername") or ("", 0)
    return str(name[0]), int(name[1])
