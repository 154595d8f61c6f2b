"""A signed notice of the simulator: checked first, read second. Pure.

The form is that of Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature` (HMAC-SHA256 over
"id.timestamp.body"). How old a notice is does not matter here: the same one twice changes nothing, since whatever it
tells has a key of its own, and it never moves money.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

from tillbridge.domain.errors import SetupError
from tillbridge.gateways.simulator import wire
from tillbridge.ports.gateway import Delivered, Notice


def delivered_of(row: wire.Json) -> Delivered:
    """One notice as it was kept for us. Raises Unreadable."""
    headers, body = row.get("headers"), row.get("body")
    if not isinstance(headers, Mapping) or not isinstance(body, str):
        raise wire.Unreadable("headers")
    return Delivered(headers={str(k): str(v) for k, v in headers.items()}, body=body.encode())


def notice_of(headers: Mapping[str, str], body: bytes, key: str) -> Notice:
    """Raises SetupError `bad_signature` for anything that this key did not sign, or that says nothing readable."""
    low = {name.lower(): value for name, value in headers.items()}
    notice_id, at_s = low.get("webhook-id", ""), low.get("webhook-timestamp", "")
    digest = hmac.new(key.encode(), f"{notice_id}.{at_s}.".encode() + body, hashlib.sha256).digest()
    wanted = b"v1," + base64.b64encode(digest)
    given = low.get("webhook-signature", "").encode().split(b" ")
    if not key or not any(hmac.compare_digest(wanted, each) for each in given):
        raise SetupError("bad_signature", gateway="simulator")
    try:
        return _read(json.loads(body), notice_id)
    except (ValueError, RecursionError, wire.Unreadable) as error:
        raise SetupError("bad_signature", gateway="simulator", cause=type(error).__name__) from error


def _read(content: object, notice_id: str) -> Notice:
    """What it says inside must be what its signed envelope says."""
    if not isinstance(content, Mapping) or content.get("id") != notice_id:
        raise wire.Unreadable("id")
    item = content.get("item")
    if item is not None and not isinstance(item, Mapping):
        raise wire.Unreadable("item")
    return Notice(
        notice_id=notice_id, reference=str(content.get("reference", "")), kind=str(content.get("type", "")),
        authentic=True, item=wire.settlement_of(item) if item is not None else None,
        cursor=str(content.get("cursor", "")),
    )  # fmt: skip
