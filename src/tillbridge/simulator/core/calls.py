"""The API as calls: an operation's name and a JSON-like body in, a status and a JSON-like body out.

The HTTP server and in-process callers use this same door, so both see the same answers.
It must not hold rules of money: it reads bodies, calls the network, and words the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tillbridge.simulator.core.books import Record, State
from tillbridge.simulator.core.entries import Entry, Kind
from tillbridge.simulator.core.network import CardNetwork, Sale
from tillbridge.simulator.core.report import deliveries, settlement
from tillbridge.simulator.core.scribe import Refusal
from tillbridge.simulator.core.terminal import Terminal

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `op` is a name of OPERATIONS."""

    op: str
    body: Json = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """The reference that this request would make, else the one that it asks about."""
        for name in ("refund_reference", "void_reference", "reference"):
            if value := self.body.get(name):
                return str(value)
        return ""


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is an HTTP status; `body` is ready for JSON."""

    status: int
    body: Json


def answer(network: CardNetwork, call: Call, now_ms: int) -> Answer:
    """Do what is asked, now. Refusals become answers; time up to `now_ms` happens first."""
    network.advance(now_ms)
    operation = OPERATIONS.get(call.op)
    if operation is None:
        return Answer(404, {"error": {"code": "unsupported", "op": call.op}})
    try:
        return Answer(200, operation(network, call.body, now_ms))
    except Refusal as refusal:
        return Answer(refusal.status, {"error": {"code": refusal.code, **refusal.facts}})


def payment_json(record: Record) -> Json:
    """One record as the API shows it. Amounts are minor units."""
    return {
        "reference": record.reference, "provider_ref": record.provider_ref, "operation": record.operation,
        "entry": record.entry, "state": record.state.value, "asked": record.asked, "amount": record.amount,
        "currency": record.currency, "of": record.of, "given_back": record.given_back,
        "returned": record.returned, "voided": record.voided, "voidable": record.voidable,
        "refundable": record.left > 0 and bool(record.batch) and not record.disputes, "settle": settle_state(record),
        "batch": record.batch, "auth_code": record.auth_code, "brand": record.brand, "last4": record.last4,
        "entry_mode": record.entry_mode, "token": record.token, "by": record.by, "code": record.code,
        "retry": record.retry, "text": record.text, "check_in_ms": 1000, "tip": record.tip,
        "expiry": record.expiry, "offline": record.offline, "lost": record.lost,
        "disputed": sum(record.disputes.values()), "sec_code": record.sec_code, "mandate": record.mandate,
        "receipt": [line.split("\t", 1) for line in record.receipt.splitlines()],
    }  # fmt: skip


def settle_state(record: Record) -> str:
    """`none open queued settled rejected voided returned`: where the money is on its way to the merchant."""
    if record.voided:
        return "voided"
    if record.rejected:
        return "rejected"
    if record.returned:
        return "returned"
    if record.batch:
        return "settled"
    if record.queued or record.state is State.PENDING:
        return "queued"
    return "open" if record.took_money or (record.of and record.operation == "refund") else "none"


def terminal_json(terminal: Terminal) -> Json:
    """How the API shows a terminal to the merchant."""
    state = "offline" if not terminal.online else "busy" if terminal.busy else "idle"
    running = terminal.run.reference if terminal.run else ""
    return {"id": terminal.terminal_id, "name": terminal.name, "state": state, "reference": running,
            "face": terminal.face.value}  # fmt: skip


def _payment(record: Record) -> Json:
    return {"payment": payment_json(record)}


def _start(network: CardNetwork, body: Json, now_ms: int) -> Json:
    return _payment(network.start(_text(body, "terminal"), _sale(body), now_ms))


def _cancel(network: CardNetwork, body: Json, now_ms: int) -> Json:
    return {"cancel": network.cancel(_text(body, "terminal"), _text(body, "reference"), now_ms)}


def _inquire(network: CardNetwork, body: Json, now_ms: int) -> Json:
    return _payment(network.inquire(_text(body, "reference"), _text(body, "provider_ref", ""), now_ms))


def _kill(network: CardNetwork, body: Json, now_ms: int) -> Json:
    return {"kill": network.kill(_text(body, "reference"), now_ms)}


def _void(network: CardNetwork, body: Json, now_ms: int) -> Json:
    reference, void_reference = _text(body, "reference"), _text(body, "void_reference")
    return _payment(network.void(reference, _text(body, "provider_ref", ""), void_reference, now_ms))


def _refund(network: CardNetwork, body: Json, now_ms: int) -> Json:
    reference, provider_ref = _text(body, "reference"), _text(body, "provider_ref", "")
    amount, refund_reference = _integer(body, "amount"), _text(body, "refund_reference")
    return _payment(network.refund(reference, provider_ref, amount, refund_reference, now_ms))


def _capture(network: CardNetwork, body: Json, now_ms: int) -> Json:
    reference, provider_ref = _text(body, "reference"), _text(body, "provider_ref", "")
    return _payment(network.capture(reference, provider_ref, _integer(body, "amount"), now_ms))


def _charge_token(network: CardNetwork, body: Json, now_ms: int) -> Json:
    return _payment(network.charge_token(_text(body, "token"), _sale(body), now_ms))


def _forget_token(network: CardNetwork, body: Json, now_ms: int) -> Json:
    return {"forgotten": network.forget_token(_text(body, "token"), now_ms)}


def _open_entry(network: CardNetwork, body: Json, now_ms: int) -> Json:
    session = network.open_entry(_sale(body), _text(body, "entry_kind"), _text(body, "where"), now_ms)
    return {"session": {"id": session.session_id, "path": f"/pay/{session.session_id}",
                        "expires_ms": session.expires_ms}}  # fmt: skip


def _close_entry(network: CardNetwork, body: Json, now_ms: int) -> Json:
    return {"cancel": network.pages.close(_text(body, "session"), now_ms)}


def _terminals(network: CardNetwork, body: Json, now_ms: int) -> Json:
    return {"terminals": [terminal_json(terminal) for terminal in network.counter.terminals.values()]}


def _capabilities(network: CardNetwork, body: Json, now_ms: int) -> Json:
    settings = network.settings
    return {
        "currency": settings.currency, "amount_limit": settings.amount_limit, "horizon_ms": settings.horizon_ms,
        "idempotent": settings.idempotent, "partial_approval": settings.allow_partial,
        "kill_blocks": settings.kill_blocks, "refund_before_settlement": settings.refund_before_settlement,
        "clinic": settings.clinic,
    }  # fmt: skip


def _settlement(network: CardNetwork, body: Json, now_ms: int) -> Json:
    return {"items": settlement(network.books, _cursor(body))}


def _notices(network: CardNetwork, body: Json, now_ms: int) -> Json:
    return {"deliveries": deliveries(network.books, _cursor(body), network.settings.notice_key)}


def _notice_key(network: CardNetwork, body: Json, now_ms: int) -> Json:
    return {"notice_key": network.settings.notice_key}


def _cursor(body: Json) -> int:
    text = _text(body, "cursor", "0") or "0"
    if not text.isdecimal():
        raise Refusal("invalid_request", 400, field="cursor")
    return int(text)


def _list_since(network: CardNetwork, body: Json, now_ms: int) -> Json:
    since_ms = _integer(body, "since_ms")
    return {"items": [_listed_json(line) for line in network.list_since(since_ms)]}


OPERATIONS: dict[str, Callable[[CardNetwork, Json, int], Json]] = {
    "start": _start, "cancel": _cancel, "inquire": _inquire, "kill": _kill, "void": _void,
    "refund": _refund, "capture": _capture, "charge_token": _charge_token, "forget_token": _forget_token,
    "open_entry": _open_entry, "close_entry": _close_entry, "terminals": _terminals,
    "capabilities": _capabilities, "settlement": _settlement, "list_since": _list_since,
    "notices": _notices, "notice_key": _notice_key,
}  # fmt: skip
"""Every operation of the API. A fault can be aimed at any of these names."""


def _sale(body: Json) -> Sale:
    show = body.get("show", ())
    return Sale(
        reference=_text(body, "reference"), amount=_integer(body, "amount"), currency=_text(body, "currency"),
        kind=_text(body, "kind", "sale"), partial_ok=bool(body.get("partial_ok", True)),
        show=tuple(str(line)[:40] for line in show) if isinstance(show, list | tuple) else (),
        hidden_ms=_integer(body, "hidden_ms", 0), ask_tip=bool(body.get("ask_tip")),
        keep_card=bool(body.get("keep_card")), payer=_text(body, "payer", "")[:80],
        invoice=_text(body, "invoice", "")[:40], read_at_ms=_integer(body, "read_at_ms", 0),
        expires_in_ms=max(0, _integer(body, "expires_in_ms", 0)), sec_code=_text(body, "sec_code", "")[:3],
        mandate=_text(body, "mandate", "")[:60],
    )  # fmt: skip


def _text(body: Json, name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if not isinstance(value, str):
        raise Refusal("invalid_request", 400, field=name)
    return value


def _integer(body: Json, name: str, default: int | None = None) -> int:
    value = body.get(name, default)
    if type(value) is not int:
        raise Refusal("invalid_request", 400, field=name)
    return value


def _listed_json(line: Entry) -> Json:
    kind = {Kind.VOID: "void", Kind.REFUND: "refund"}.get(line.kind, "sale")
    return {"reference": line.reference, "provider_ref": line.provider_ref, "amount": line.amount,
            "currency": line.currency, "kind": kind, "at_ms": line.at_ms}  # fmt: skip
