"""The gateway port spoken to the simulator over HTTP. It keeps nothing: what happened is in the simulator's books.

It must not retry, must not guess, and lets only SetupError out. Whether a request may have arrived is decided
in one place (`HttpExchange`): a connection that was never made proves not sent; everything later does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Literal
from urllib.parse import quote

import httpx

from tillbridge.domain.errors import SetupError
from tillbridge.domain.money import EXPONENTS, Money
from tillbridge.domain.outcome import Approved, Card, Inquiry, Outcome
from tillbridge.gateways.simulator import notice, wire
from tillbridge.ports.gateway import (
    AttemptRequest,
    CancelAck,
    Capabilities,
    Delivered,
    EntrySession,
    Feature,
    KillAck,
    Listed,
    Notice,
    SettlementItem,
    Terminal,
)
from tillbridge.ports.secrets import Secrets

FEATURES: frozenset[Feature] = frozenset(
    (
        "terminal", "terminal_keyed", "entry_page", "entry_link", "token", "store_card", "auth_only", "capture",
        "void", "refund", "partial_refund", "kill", "ach", "settlement_report", "list_since",
        "notices", "disputes", "terminal_tip", "terminal_offline",
    )
)  # fmt: skip
_KEY_LIFE_MS = 365 * 86_400_000
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_WRONG_SETTINGS = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class HttpExchange:
    """One request, one reply, with time limits of its own (milliseconds). Raises SetupError for an unusable address.

    Every request gets a new connection: a kept one that the other side has just closed looks exactly like a lost
    reply, while a new one can only fail before the first byte.
    """

    def __init__(self, url: str, api_key: str, read_timeout_ms: int) -> None:
        try:
            self._client = httpx.Client(
                base_url=url,
                timeout=httpx.Timeout(connect=3.0, write=5.0, pool=2.0, read=read_timeout_ms / 1000),
                headers={"authorization": f"Bearer {api_key}", "accept": "application/json"},
                limits=httpx.Limits(max_connections=8, max_keepalive_connections=0),
                verify=url.startswith("https"),  # plain http has nothing to verify; loading roots takes 40 ms
                follow_redirects=False,
                trust_env=False,
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise SetupError("gateway_settings", gateway="simulator", cause=type(error).__name__) from error

    def __call__(self, op: str, fields: wire.Json) -> wire.Heard:
        """Raises SetupError where the address or key cannot even be used."""
        method, path, query = wire.PATHS[op]
        rest = {name: value for name, value in fields.items() if f"{{{name}}}" not in path}
        path = path.format_map({name: quote(str(value), safe="") for name, value in fields.items()})
        params = {name: str(rest.pop(name)) for name in query if rest.get(name) not in (None, "")}
        content = json.dumps(rest).encode() if method == "POST" else None
        try:
            reply = self._client.request(method, path, params=params or None, content=content)
        except _NOT_SENT:
            return wire.NoReply("unreachable", sent=False)
        except _WRONG_SETTINGS as error:
            raise SetupError("gateway_settings", gateway="simulator", cause=type(error).__name__) from error
        except httpx.TimeoutException as error:
            return wire.NoReply(_cause(error), sent=True)
        except Exception as error:  # noqa: BLE001  # whatever broke after the first byte: the request may have arrived
            return wire.NoReply(f"connection_lost:{type(error).__name__}", sent=True)
        return wire.Reply(reply.status_code, _json_object(reply.content))

    def close(self) -> None:
        self._client.close()


class Adapter:
    """The port `Gateway`. Settings: `url`, `read_timeout_ms`; secret: `api_key`. Raises SetupError when unusable."""

    def __init__(
        self, settings: Mapping[str, str], secrets: Secrets, exchange: wire.Exchange | None = None
    ) -> None:
        self._url = _setting(settings, "url").rstrip("/")
        read_timeout = settings.get("read_timeout_ms", "8000")
        if not read_timeout.isdecimal() or int(read_timeout) == 0:
            raise SetupError("gateway_settings", gateway="simulator", cause="read_timeout_ms")
        self._ask = exchange or HttpExchange(self._url, secrets.get("api_key"), int(read_timeout))
        self._told: Capabilities | None = None
        self._notice_key = ""

    def capabilities(self) -> Capabilities:
        """As the simulator tells; while it cannot be asked, the most careful answer."""
        if self._told is None:
            heard = self._ask("capabilities", {})
            if not isinstance(heard, wire.Reply) or wire.error_code(heard) or heard.body is None:
                return _capabilities({})
            self._told = _capabilities(heard.body)
        return self._told

    def terminals(self) -> list[Terminal]:
        rows = wire.items_of(self._ask("terminals", {}), "terminals") or []
        try:
            return [wire.terminal_of(row) for row in rows]
        except wire.Unreadable:
            return []

    def start_terminal(self, request: AttemptRequest) -> Outcome:
        fields = {**wire.fields_of(request), "terminal": request.terminal_id}
        return wire.outcome_of(self._ask("start", fields), request.reference)

    def cancel_terminal(self, request: AttemptRequest) -> CancelAck:
        fields = {"terminal": request.terminal_id, "reference": request.reference}
        return _cancel_ack(self._ask("cancel", fields))

    def open_entry(
        self, request: AttemptRequest, kind: Literal["card", "bank"], where: Literal["page", "link"]
    ) -> EntrySession | Outcome:
        heard = self._ask("open_entry", {**wire.fields_of(request), "entry_kind": kind, "where": where})
        session = heard.body.get("session") if isinstance(heard, wire.Reply) and heard.body else None
        if isinstance(session, Mapping) and isinstance(session.get("id"), str):
            expires = session.get("expires_ms")
            return EntrySession(
                session_id=str(session["id"]),
                url=self._url + str(session.get("path", "")),
                expires_wall_ms=expires if type(expires) is int else 0,
            )
        return wire.outcome_of(heard, request.reference)

    def close_entry(self, session_id: str) -> CancelAck:
        return _cancel_ack(self._ask("close_entry", {"session": session_id}))

    def charge_token(
        self, request: AttemptRequest, token: str, initiator: Literal["client", "clinic"]
    ) -> Outcome:
        fields = {**wire.fields_of(request), "token": token, "initiator": initiator}
        return wire.outcome_of(self._ask("charge_token", fields), request.reference)

    def capture(self, reference: str, gateway_ref: str, amount: Money) -> Outcome:
        fields = {"reference": reference, "provider_ref": gateway_ref, "amount": amount.minor}
        return wire.outcome_of(self._ask("capture", fields), reference)

    def void(self, reference: str, gateway_ref: str, void_reference: str) -> Outcome:
        fields = {"reference": reference, "provider_ref": gateway_ref, "void_reference": void_reference}
        return wire.void_of(self._ask("void", fields))

    def refund(self, reference: str, gateway_ref: str, amount: Money, refund_reference: str) -> Outcome:
        fields = {"reference": reference, "provider_ref": gateway_ref, "amount": amount.minor,
                  "refund_reference": refund_reference}  # fmt: skip
        return wire.outcome_of(self._ask("refund", fields), refund_reference)

    def inquire(self, reference: str, gateway_ref: str = "") -> Inquiry:
        heard = self._ask("inquire", {"reference": reference, "provider_ref": gateway_ref})
        return wire.inquiry_of(heard, reference)

    def kill(self, reference: str, gateway_ref: str = "") -> KillAck:
        heard = self._ask("kill", {"reference": reference})
        match wire.word_of(heard, "kill", frozenset({"acknowledged", "not_found", "too_late"})):
            case "acknowledged":
                return KillAck(answer="acknowledged")
            case "not_found":
                return KillAck(answer="not_found")
            case "too_late":
                return KillAck(answer="too_late")
        return KillAck(answer="no_answer")

    def forget_token(self, token: str) -> Outcome:
        """Approved with nothing: the token is gone, also when it was gone before."""
        heard = self._ask("forget_token", {"token": token})
        if isinstance(heard, wire.Reply) and heard.status == 200 and heard.body is not None:
            nothing = Money(minor=0, currency=_currency(self.capabilities()))
            return Approved(amount=nothing, gateway_ref=token)
        return wire.outcome_of(heard, "")

    def settlement(self, cursor: str) -> Iterable[SettlementItem]:
        """Raises SetupError `settlement_unreadable`: a report that was not read must never look like an empty one."""
        rows = wire.items_of(self._ask("settlement", {"cursor": cursor}), "items")
        try:
            if rows is not None:
                return [wire.settlement_of(row) for row in rows]
        except wire.Unreadable as error:
            raise SetupError("settlement_unreadable", gateway="simulator", field=str(error)) from error
        raise SetupError("settlement_unreadable", gateway="simulator")

    def list_since(self, since_wall_ms: int) -> Iterable[Listed] | None:
        rows = wire.items_of(self._ask("list_since", {"since_ms": since_wall_ms}), "items")
        try:
            return None if rows is None else [wire.listed_of(row) for row in rows]
        except wire.Unreadable:
            return None

    def notices(self, cursor: str) -> Iterable[Delivered]:
        rows = wire.items_of(self._ask("notices", {"cursor": cursor}), "deliveries")
        try:
            return [notice.delivered_of(row) for row in rows or ()]
        except wire.Unreadable:
            return []

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> list[Notice]:
        """Raises SetupError `bad_signature`, also while the key that it must be signed with cannot be asked."""
        if not self._notice_key:
            heard = self._ask("notice_key", {})
            told = heard.body if isinstance(heard, wire.Reply) and not wire.error_code(heard) else None
            self._notice_key = str((told or {}).get("notice_key", ""))
        return [notice.notice_of(headers, body, self._notice_key)]

    def card_of(self, reference: str) -> Card | None:
        return wire.card_in(self._ask("inquire", {"reference": reference}), reference)

    def close(self) -> None:
        self._ask.close()


def _setting(settings: Mapping[str, str], name: str) -> str:
    value = settings.get(name, "")
    if not value:
        raise SetupError("setting_missing", gateway="simulator", name=name)
    return value


def _cause(error: httpx.TimeoutException) -> str:
    return "read_timeout" if isinstance(error, httpx.ReadTimeout) else "write_timeout"


def _json_object(content: bytes) -> wire.Json | None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _cancel_ack(heard: wire.Heard) -> CancelAck:
    match wire.word_of(heard, "cancel", frozenset({"requested", "too_late", "nothing_running"})):
        case "requested":
            return CancelAck(answer="requested")
        case "too_late":
            return CancelAck(answer="too_late")
        case "nothing_running":
            return CancelAck(answer="nothing_running")
    return CancelAck(answer="no_answer")


def _capabilities(told: wire.Json) -> Capabilities:
    """From the simulator's own words; what it did not say counts as the worse case."""
    currency, limit, horizon = told.get("currency"), told.get("amount_limit"), told.get("horizon_ms")
    idempotent = told.get("idempotent") is True
    early: frozenset[Feature] = frozenset({"refund_before_settlement"})
    return Capabilities(
        gateway="simulator",
        features=FEATURES | early if told.get("refund_before_settlement") is True else FEATURES,
        currencies=frozenset({currency} if isinstance(currency, str) and currency in EXPONENTS else {"USD"}),
        amount_minor_max=limit if type(limit) is int else 5_000_000,
        horizon_ms=horizon if type(horizon) is int else 180_000,
        idempotent=idempotent,
        key_life_ms=_KEY_LIFE_MS if idempotent else 0,
        partial_approval=told.get("partial_approval") is not False,
    )


def _currency(capabilities: Capabilities) -> str:
    return min(capabilities.currencies)
