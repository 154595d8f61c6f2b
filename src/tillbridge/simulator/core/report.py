"""What the merchant reads: the settlement report and notices. Both are the lines of the books in other words.

The same happening has the same `key` in both, so that a reader counts it once. A notice is signed over its id, its time
and its body (HMAC-SHA256, the form of Standard Webhooks); nothing unsigned leaves here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping

from tillbridge.simulator.core.books import Books
from tillbridge.simulator.core.entries import Entry, Kind

Json = Mapping[str, object]

NOTICES_AT_ONCE = 200

_ITEMS = {
    Kind.SETTLED: "sale", Kind.VOID: "void", Kind.REFUND: "refund", Kind.RETURNED: "return", Kind.REJECTED: "rejected",
    Kind.FEE: "fee", Kind.RE_PRESENTED: "re_presented", Kind.CHANGE: "change", Kind.DISPUTE_OPENED: "dispute_opened",
    Kind.DISPUTE_WON: "dispute_won", Kind.DISPUTE_LOST: "chargeback",
}  # fmt: skip
_MOVED = frozenset({Kind.CAPTURE, Kind.PENDING, Kind.DECLINED, Kind.CANCELLED, Kind.CLEARED, Kind.STORED})
_SETTLES = {Kind.RETURNED: "returned", Kind.REJECTED: "rejected", Kind.VOID: "voided", Kind.REFUND: "open"}


def settlement(books: Books, cursor: int) -> list[Json]:
    """Everything that happened to money after it was taken, after line number `cursor`, in order."""
    return [item_of(books, line) for line in books.entries[cursor:] if line.kind in _ITEMS]


def item_of(books: Books, line: Entry) -> Json:
    kind = "refund" if line.kind is Kind.SETTLED and line.of else _ITEMS[line.kind]
    record = books.records.get(line.provider_ref)
    batch = line.batch or (record.batch if record is not None else "")
    return {
        "cursor": str(line.seq), "reference": line.reference, "provider_ref": line.provider_ref, "kind": kind,
        "amount": line.amount, "currency": line.currency, "batch": batch, "code": line.code,
        "settle": _SETTLES.get(line.kind, "settled"), "key": key_of(line), "of_reference": line.of_reference,
        "round": line.round or 1,
    }  # fmt: skip


def key_of(line: Entry) -> str:
    """One name for one happening."""
    match line.kind:
        case Kind.VOID | Kind.REFUND:
            return line.provider_ref
        case Kind.DISPUTE_OPENED | Kind.DISPUTE_WON | Kind.DISPUTE_LOST:
            return line.case
        case Kind.FEE:
            return f"{line.batch}:fee"
        case Kind.RETURNED | Kind.RE_PRESENTED:
            return f"{line.provider_ref}:{line.kind}:{line.round}"
        case Kind.SETTLED if line.of:
            return line.provider_ref
        case Kind.CHANGE:
            return f"{line.provider_ref}:{line.kind}:{line.seq}"
    return f"{line.provider_ref}:{line.kind}"


def deliveries(books: Books, cursor: int, key: str) -> list[Json]:
    """Signed notices after line number `cursor`, as they would be sent."""
    told = [line for line in books.entries[cursor:] if line.kind in _MOVED or line.kind in _ITEMS]
    return [
        signed(_notice(books, line), f"ntc_{line.seq}", line.at_ms, key) for line in told[:NOTICES_AT_ONCE]
    ]


def _notice(books: Books, line: Entry) -> Json:
    item = item_of(books, line) if line.kind in _ITEMS else None
    return {
        "type": f"payment.{line.kind}",
        "reference": line.reference,
        "cursor": str(line.seq),
        "item": item,
    }


def signed(content: Json, notice_id: str, at_ms: int, key: str) -> Json:
    """Headers and body as they go over the wire."""
    body = json.dumps({"id": notice_id, **content}, separators=(",", ":"))
    at_s = str(at_ms // 1000)
    digest = hmac.new(key.encode(), f"{notice_id}.{at_s}.{body}".encode(), hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {
        "headers": {"webhook-id": notice_id, "webhook-timestamp": at_s, "webhook-signature": signature},
        "body": body,
    }


def moved(lines: Iterable[Entry]) -> list[Entry]:
    """Those that moved money as the merchant asked for it."""
    return [line for line in lines if line.kind in (Kind.CAPTURE, Kind.PENDING, Kind.VOID, Kind.REFUND)]
