"""The simulator's messages and our words, both ways. Pure: no sockets, no clock.

The first question of every answer is "could money have moved?". `NotSent` needs the gateway's explicit refusal
or a connection that was never made; all else that is not understood is `Unknown`.
The table of fields is MAPPING.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, cast, get_args

from tillbridge.domain.errors import Fact, SetupError
from tillbridge.domain.money import Money
from tillbridge.domain.outcome import (
    Approved,
    Cancelled,
    CannotTell,
    Card,
    Declined,
    Found,
    Inquiry,
    NotFound,
    NotSent,
    Outcome,
    PartiallyApproved,
    Pending,
    RetryLaw,
    SettleState,
    Unknown,
)
from tillbridge.ports.gateway import AttemptRequest, ItemKind, Listed, SettlementItem, Terminal

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Reply:
    """Something came back. `body` is None where it could not be read as a JSON object."""

    status: int
    body: Json | None


@dataclass(frozen=True, slots=True)
class NoReply:
    """Nothing came back. `sent` False is a proof: not one byte of the request left."""

    cause: str
    sent: bool


Heard = Reply | NoReply


class Exchange(Protocol):
    """Carries one request and never raises: over HTTP here, in process in benches."""

    def __call__(self, op: str, fields: Json) -> Heard: ...

    def close(self) -> None: ...


PATHS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "capabilities": ("GET", "/v1/capabilities", ()),
    "terminals": ("GET", "/v1/terminals", ()),
    "start": ("POST", "/v1/terminals/{terminal}/start", ()),
    "cancel": ("POST", "/v1/terminals/{terminal}/cancel", ()),
    "inquire": ("GET", "/v1/payments/{reference}", ("provider_ref",)),
    "kill": ("POST", "/v1/payments/{reference}/kill", ()),
    "capture": ("POST", "/v1/payments/{reference}/capture", ()),
    "void": ("POST", "/v1/payments/{reference}/void", ()),
    "refund": ("POST", "/v1/payments/{reference}/refund", ()),
    "charge_token": ("POST", "/v1/tokens/{token}/charge", ()),
    "forget_token": ("DELETE", "/v1/tokens/{token}", ()),
    "open_entry": ("POST", "/v1/entries", ()),
    "close_entry": ("DELETE", "/v1/entries/{session}", ()),
    "settlement": ("GET", "/v1/settlement", ("cursor",)),
    "list_since": ("GET", "/v1/payments", ("since_ms",)),
    "notices": ("GET", "/v1/notices", ("cursor",)),
    "notice_key": ("GET", "/v1/notice-key", ()),
}
"""Operation -> method, path, and the fields that go into the query."""

_REFUSED_AS_IS = frozenset(
    {
        "terminal_busy",
        "terminal_offline",
        "not_voidable",
        "not_refundable_yet",
        "not_refundable",
        "over_refund",
    }
    | {"amount_limit", "unsupported", "token_gone", "rate_limited"}
)
_REFUSED_REQUEST = frozenset({"invalid_request", "not_found", "not_capturable", "session_over"})
_EARLIER_ARRIVED = frozenset({"duplicate_reference", "idempotency_mismatch", "key_in_use"})
_KILLED = frozenset({"reference_killed", "killed"})


class Unreadable(Exception):
    """A reply that does not say what a reply must say. Becomes Unknown or CannotTell, never leaves the adapter."""


# ------------------------------------------------------------ asking
def fields_of(request: AttemptRequest) -> dict[str, object]:
    """`amount` is the whole sum; fee and tip are told beside it. What does not apply is not sent."""
    extra: dict[str, object] = {
        "ask_tip": request.ask_tip, "keep_card": request.keep_card, "payer": request.payer,
        "read_at_ms": request.read_at_wall_ms, "expires_in_ms": request.expires_in_ms,
        "sec_code": request.sec_code, "mandate": request.mandate,
    }  # fmt: skip
    return {
        "reference": request.reference, "amount": request.amount.minor, "currency": request.amount.currency,
        "kind": request.kind, "fee": request.fee.minor, "tip": request.tip.minor,
        "show": list(request.show), "invoice": request.invoice_number,
        **{name: value for name, value in extra.items() if value},
    }  # fmt: skip


# ------------------------------------------------------------ understanding
def outcome_of(heard: Heard, reference: str) -> Outcome:
    """What a request for money came to. Raises only SetupError (wrong key or terminal name)."""
    if isinstance(heard, NoReply):
        return Unknown(cause=heard.cause) if heard.sent else NotSent(code=heard.cause)
    try:
        payment = _payment(heard, reference)
        return _outcome(payment) if payment is not None else _refusal(heard)
    except Unreadable:
        return Unknown(cause=_status_cause(heard))


def inquiry_of(heard: Heard, reference: str) -> Inquiry:
    """What became of a reference. Raises only SetupError."""
    if isinstance(heard, NoReply):
        return CannotTell(cause=heard.cause)
    try:
        payment = _payment(heard, reference)
        if payment is not None:
            return _found(payment)
        code = error_code(heard)
    except Unreadable:
        return CannotTell(cause=_status_cause(heard))
    if code in _KILLED:
        return Found(outcome=Cancelled(by="gateway"))
    if code == "not_found" and heard.status == 404:
        return NotFound()
    return CannotTell(cause=code or _status_cause(heard))


def card_in(heard: Heard, reference: str) -> Card | None:
    """The card of an inquiry's reply, if it tells. Raises only SetupError."""
    if isinstance(heard, NoReply):
        return None
    error_code(heard)
    try:
        payment = _payment(heard, reference)
        return _card(payment) if payment is not None else None
    except Unreadable:
        return None


def void_of(heard: Heard) -> Outcome:
    """A void that was done before under another reference of ours is still the same void."""
    reference = ""
    if isinstance(heard, Reply) and heard.body is not None and isinstance(heard.body.get("payment"), Mapping):
        payment = cast(Json, heard.body["payment"])
        reference = str(payment.get("reference", "")) if payment.get("operation") == "void" else ""
    return outcome_of(heard, reference)


def word_of(heard: Heard, name: str, allowed: frozenset[str]) -> str:
    """One word of a reply (`cancel`, `kill`), or "" where there is none. Raises only SetupError."""
    if isinstance(heard, NoReply):
        return ""
    error_code(heard)
    word = heard.body.get(name) if heard.body is not None and heard.status == 200 else None
    return word if isinstance(word, str) and word in allowed else ""


def error_code(heard: Reply) -> str:
    """The code of an error reply, "" if there is none. Raises SetupError where keys or names are wrong."""
    error = heard.body.get("error") if heard.body is not None else None
    code = str(error.get("code", "")) if isinstance(error, Mapping) else ""
    if heard.status in (401, 403):
        raise SetupError("wrong_key", gateway="simulator", status=heard.status)
    if code == "terminal_not_known" and isinstance(error, Mapping):
        named, known = str(error.get("terminal", "")), str(error.get("known", ""))
        raise SetupError("terminal_unknown", terminal_id=named, terminals=known)
    return code


def items_of(heard: Heard, name: str) -> list[Json] | None:
    """The rows of a list, or None where the list could not be read whole. Raises only SetupError."""
    if isinstance(heard, NoReply) or error_code(heard) or heard.status != 200 or heard.body is None:
        return None
    rows = heard.body.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        return None
    return cast(list[Json], rows)


def terminal_of(row: Json) -> Terminal:
    """Raises Unreadable."""
    state = _word(row, "state", ("idle", "busy", "offline"))
    return Terminal(
        terminal_id=_text(row, "id"),
        name=_text(row, "name"),
        state=cast(Literal["idle", "busy", "offline"], state),
        running_reference=_text(row, "reference"),
    )


def settlement_of(row: Json) -> SettlementItem:
    """Raises Unreadable."""
    return SettlementItem(
        cursor=_text(row, "cursor"), reference=_text(row, "reference"), gateway_ref=_text(row, "provider_ref"),
        kind=cast(ItemKind, _word(row, "kind", get_args(ItemKind))),
        amount=_money(row, "amount"), batch=_text(row, "batch"), code=_text(row, "code"),
        settle=cast(SettleState, _word(row, "settle", get_args(SettleState))), key=_text(row, "key"),
        of_reference=_text(row, "of_reference"), round=_integer(row, "round"),
    )  # fmt: skip


def listed_of(row: Json) -> Listed:
    """Raises Unreadable."""
    return Listed(
        reference=_text(row, "reference"), gateway_ref=_text(row, "provider_ref"), amount=_money(row, "amount"),
        kind=cast(Literal["sale", "refund", "void"], _word(row, "kind", ("sale", "refund", "void"))),
        at_wall_ms=_integer(row, "at_ms"),
    )  # fmt: skip


# ------------------------------------------------------------ one payment
def _payment(heard: Reply, reference: str) -> Json | None:
    """The payment in a reply, also inside an error reply. Raises Unreadable, also for somebody else's payment."""
    if heard.body is None:
        raise Unreadable
    payment = heard.body.get("payment")
    if payment is None:
        return None
    if not isinstance(payment, Mapping) or payment.get("reference") != reference:
        raise Unreadable
    return payment


def _outcome(payment: Json) -> Outcome:
    state = _text(payment, "state")
    if state == "declined":
        return Declined(
            category=_text(payment, "by"), code=_text(payment, "code"), text=_text(payment, "text"),
            retry=cast(RetryLaw, _word(payment, "retry", get_args(RetryLaw))),
        )  # fmt: skip
    if state == "cancelled":
        by = _word(payment, "by", ("client", "cashier", "timeout", "terminal", "gateway"))
        return Cancelled(by=cast(Literal["client", "cashier", "timeout", "terminal", "gateway"], by))
    if state in ("running", "pending"):
        return _pending(payment, state)
    if state in ("approved", "authorized"):
        return _approved(payment, captured=state == "approved")
    raise Unreadable


def _pending(payment: Json, state: str) -> Pending:
    check_in_ms = _integer(payment, "check_in_ms")
    if state == "pending":
        offline = payment.get("offline") is True
        return Pending(kind="offline" if offline else "ach", check_in_ms=check_in_ms, card=_card(payment))
    return Pending(
        kind="terminal" if _text(payment, "entry") == "terminal" else "entry", check_in_ms=check_in_ms
    )


def _approved(payment: Json, captured: bool) -> Approved | PartiallyApproved:
    """A tip from the terminal stands on top of what was asked."""
    amount, asked, tip = (
        _money(payment, "amount"),
        _money(payment, "asked"),
        _money_or_nothing(payment, "tip"),
    )
    gateway_ref, auth_code = _text(payment, "provider_ref"), _text(payment, "auth_code")
    card, receipt = _card(payment), _receipt(payment)
    operation = _text(payment, "operation")
    if not gateway_ref or (asked.minor + tip.minor < amount.minor and operation != "void"):
        raise Unreadable
    if operation in ("void", "auth_only") or amount >= asked:
        return Approved(
            amount=amount, gateway_ref=gateway_ref, auth_code=auth_code, card=card, captured=captured,
            receipt=receipt, tip=tip if tip.minor else None, token=str(payment.get("token") or ""),
        )  # fmt: skip
    return PartiallyApproved(
        amount=amount, asked=asked, gateway_ref=gateway_ref, auth_code=auth_code, card=card, receipt=receipt
    )


def _receipt(payment: Json) -> tuple[tuple[str, str], ...]:
    """Lines that are not a pair of texts are left out: a receipt proves nothing."""
    lines = payment.get("receipt")
    pairs = [tuple(line) for line in lines if isinstance(line, list)] if isinstance(lines, list) else []
    return tuple((str(pair[0]), str(pair[1])) for pair in pairs if len(pair) == 2)


def _found(payment: Json) -> Found:
    back = _money(payment, "given_back") + _money_or_nothing(payment, "lost")
    return Found(
        outcome=_outcome(payment),
        settle=cast(SettleState, _word(payment, "settle", get_args(SettleState))),
        voidable=payment.get("voidable") is True,
        refundable=payment.get("refundable") is True,
        given_back=back if back.minor else None,
    )


def _card(payment: Json) -> Card | None:
    last4 = _text(payment, "last4")
    if not last4:
        return None
    return Card(
        brand=_text(payment, "brand"),
        last4=last4,
        entry_mode=_text(payment, "entry_mode"),
        expiry=str(payment.get("expiry") or ""),
    )


def _refusal(heard: Reply) -> Outcome:
    """An error without a payment in it. Only a refusal that the gateway spells out proves that nothing happened."""
    code = error_code(heard)
    if heard.status == 429:
        return NotSent(code="rate_limited")
    if heard.status in (408, 425) or heard.status >= 500 or heard.status < 400:
        return Unknown(cause=_status_cause(heard))
    if code in _KILLED:
        return Cancelled(by="gateway")
    if code in _EARLIER_ARRIVED:
        return Unknown(cause=code)
    if code in _REFUSED_AS_IS:
        return NotSent(code=code, facts=_facts(heard))
    if code in _REFUSED_REQUEST:
        return NotSent(code="invalid_request", facts={"said": code, **_facts(heard)})
    return Unknown(cause=code or _status_cause(heard))


def _facts(heard: Reply) -> dict[str, Fact]:
    error = heard.body.get("error") if heard.body is not None else None
    if not isinstance(error, Mapping):
        return {}
    return {
        str(name): value for name, value in error.items() if name != "code" and isinstance(value, str | int)
    }


def _status_cause(heard: Reply) -> str:
    return f"http_{heard.status}" if heard.status >= 300 else "garbled"


# ------------------------------------------------------------ reading fields
def _text(row: Json, name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise Unreadable(name)
    return value


def _word(row: Json, name: str, allowed: tuple[str, ...]) -> str:
    value = _text(row, name)
    if value not in allowed:
        raise Unreadable(name)
    return value


def _integer(row: Json, name: str) -> int:
    value = row.get(name)
    if type(value) is not int or value < 0:
        raise Unreadable(name)
    return value


def _money(row: Json, name: str) -> Money:
    """The one conversion from the gateway's amounts: integer minor units beside an ISO code."""
    try:
        return Money(minor=_integer(row, name), currency=_text(row, "currency"))
    except ValueError as error:
        raise Unreadable(name) from error


def _money_or_nothing(row: Json, name: str) -> Money:
    """As `_money`; a field that an older simulator does not send is nothing."""
    return _money(row, name) if name in row else Money(minor=0, currency=_text(row, "currency"))
