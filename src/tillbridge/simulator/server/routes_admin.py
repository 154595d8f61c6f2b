"""The admin's API, for tests and demos: books, faults, the clock, and a hand at the terminals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tillbridge.simulator.core.calls import payment_json, terminal_json
from tillbridge.simulator.core.entries import to_json
from tillbridge.simulator.core.faults import Fault, FaultKind
from tillbridge.simulator.core.report import deliveries
from tillbridge.simulator.core.scribe import Refusal
from tillbridge.simulator.server.doors import Turned, check_bearer, json_of
from tillbridge.simulator.server.house import House

Deed = Callable[[House, dict[str, object]], object]


def routes(house: House) -> list[Route]:
    return [
        Route(f"/admin/{name}", _endpoint(house, deed), methods=[method])
        for (method, name), deed in _DEEDS.items()
    ]


def _endpoint(house: House, deed: Deed) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        check_bearer(request, house.admin_key)
        body = await json_of(request)
        try:
            return JSONResponse(deed(house, body))
        except Refusal as refusal:
            return JSONResponse({"error": {"code": refusal.code, **refusal.facts}}, refusal.status)
        except (TypeError, ValueError) as error:
            raise Turned(400, f"invalid_request: {error}") from error

    return endpoint


def _books(house: House, body: dict[str, object]) -> object:
    house.change(lambda now_ms: None)
    books = house.network.books
    return {
        "entries": [to_json(entry) for entry in books.entries],
        "records": [payment_json(record) for record in books.records.values()],
        "balance": books.balance(),
        "now_ms": house.now_ms(),
    }


def fault_of(body: dict[str, object]) -> Fault:
    """A fault from JSON. Raises ValueError or TypeError for an unknown kind or field."""
    kind = FaultKind(str(body.get("kind", "")))
    if kind is FaultKind.UNREACHABLE:
        raise ValueError("a server that runs cannot be unreachable: stop the process instead")
    return Fault(**{**body, "kind": kind})  # type: ignore[arg-type]  # unknown names raise TypeError


def _set_faults(house: House, body: dict[str, object]) -> object:
    faults = body.get("faults", [])
    if not isinstance(faults, list):
        raise Turned(400, "invalid_request")
    house.line.plan.faults.extend(fault_of(fault) for fault in faults)
    return _faults(house, body)


def _faults(house: House, body: dict[str, object]) -> object:
    return {"faults": [asdict(fault) for fault in house.line.plan.faults]}


def _clear_faults(house: House, body: dict[str, object]) -> object:
    house.line.plan.faults.clear()
    return _faults(house, body)


def _clock(house: House, body: dict[str, object]) -> object:
    house.advance_clock(int(str(body["advance_ms"])) if "advance_ms" in body else 0)
    return {"now_ms": house.now_ms()}


def _settle(house: House, body: dict[str, object]) -> object:
    counts: list[int] = []
    house.change(lambda now_ms: counts.append(house.network.settle(now_ms)))
    return {"settled": counts[0]}


def press(house: House, terminal_id: str, body: dict[str, object]) -> object:
    """A hand presses something at a terminal; its new face is told. Raises Refusal."""
    button, reason, number = (str(body.get(name, "")) for name in ("button", "reason", "number"))
    counter, amount = house.network.counter, _amount(body)
    house.change(
        lambda now_ms: counter.press(terminal_id, button, now_ms, reason=reason, number=number, amount=amount)
    )
    return terminal_json(counter.terminal(terminal_id))


def _press(house: House, body: dict[str, object]) -> object:
    return press(house, str(body.get("terminal", "")), body)


def _amount(body: dict[str, object]) -> int:
    """Minor units; 0 where none is told. Raises ValueError for anything but a whole number."""
    amount = body.get("amount", 0)
    if type(amount) is not int or amount < 0:
        raise ValueError("amount: whole minor units")
    return amount


def _aim(house: House, body: dict[str, object]) -> str:
    """What an admin's deed is about: by `provider_ref`, or the money of a merchant's `reference`. Raises Refusal."""
    provider_ref, reference = str(body.get("provider_ref", "")), str(body.get("reference", ""))
    return provider_ref or house.network.find(reference).provider_ref


def _cut(house: House, body: dict[str, object]) -> object:
    counts: list[int] = []
    house.change(lambda now_ms: counts.append(house.network.days.cut(now_ms)))
    return {"queued": counts[0]}


def _reject(house: House, body: dict[str, object]) -> object:
    aim, code = _aim(house, body), str(body.get("code", "rejected"))
    house.network.days.reject(aim, code)
    return {"rejects": aim}


def _returns(house: House, body: dict[str, object]) -> object:
    aim, code = _aim(house, body), str(body.get("code", "R01"))
    house.change(lambda now_ms: house.network.days.bank_returns(aim, code, now_ms))
    return {"returned": aim}


def _re_present(house: House, body: dict[str, object]) -> object:
    aim = _aim(house, body)
    house.change(lambda now_ms: house.network.days.re_present(aim, now_ms))
    return {"re_presented": aim}


def _change(house: House, body: dict[str, object]) -> object:
    aim, code = _aim(house, body), str(body.get("code", "C01"))
    house.change(lambda now_ms: house.network.days.change(aim, code, now_ms))
    return {"changed": aim}


def _dispute(house: House, body: dict[str, object]) -> object:
    aim, amount = _aim(house, body), _amount(body)
    case, deed, code = (str(body.get(name, "")) for name in ("case", "deed", "code"))
    house.change(lambda now_ms: house.network.days.dispute(aim, case, deed, amount, code, now_ms))
    return {"case": case}


def _portal(house: House, body: dict[str, object]) -> object:
    """Somebody gives money back in the merchant's portal, without the merchant's own software."""
    aim, deed, amount = _aim(house, body), str(body.get("deed", "")), _amount(body)
    made: list[str] = []
    house.change(lambda now_ms: made.append(house.network.portal(aim, deed, amount, now_ms).provider_ref))
    return {"provider_ref": made[0]}


def _notices(house: House, body: dict[str, object]) -> object:
    """All notices as they would be sent: for those who deliver them twice, late or forged."""
    return {"deliveries": deliveries(house.network.books, 0, house.network.settings.notice_key)}


def _submit(house: House, body: dict[str, object]) -> object:
    session, number = str(body.get("session", "")), str(body.get("number", ""))
    house.change(lambda now_ms: house.network.pages.submit(session, number, now_ms))
    return {"submitted": session}


def _requests(house: House, body: dict[str, object]) -> object:
    return {"requests": list(house.requests)}


_DEEDS: dict[tuple[str, str], Deed] = {
    ("GET", "books"): _books,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _set_faults,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "clock"): _clock,
    ("POST", "settle"): _settle,
    ("POST", "press"): _press,
    ("POST", "cut"): _cut,
    ("POST", "reject"): _reject,
    ("POST", "returns"): _returns,
    ("POST", "re_present"): _re_present,
    ("POST", "change"): _change,
    ("POST", "dispute"): _dispute,
    ("POST", "portal"): _portal,
    ("GET", "notices"): _notices,
    ("POST", "submit"): _submit,
    ("GET", "requests"): _requests,
}
