"""Text messages over a small HTTP service: one JSON POST with a bearer key. It never repeats anything by itself.

Settings: `url` (https; plain http only to this computer), `sender` (the number or name that the service knows),
`timeout_ms`. Secret: `text_key`. What is posted: {"to": "+15552340147", "from": "...", "text": "...", "key": "..."},
with the key as `Idempotency-Key`, too. A reply of 2xx is a promise; {"id": "..."} in it is kept for support.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from tillbridge.domain.errors import SetupError
from tillbridge.messages.way import LOOPBACK
from tillbridge.ports.messages import Delivered, MaybeDelivered, Message, NotDelivered, Sent
from tillbridge.ports.secrets import Secrets

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_KNOWN = frozenset({"url", "sender", "timeout_ms"})


class TextHttp:
    """Raises SetupError `message_settings`, `secret_missing`."""

    def __init__(self, settings: Mapping[str, str], secrets: Secrets) -> None:
        wait = settings.get("timeout_ms", "8000")
        if set(settings) - _KNOWN or not wait.isdecimal() or int(wait) == 0:
            raise SetupError("message_settings", kind="text", key=_wrong(settings))
        self._url, self._sender = _address(settings.get("url", "")), settings.get("sender", "")
        self._client = httpx.Client(
            timeout=httpx.Timeout(connect=3.0, write=5.0, pool=2.0, read=int(wait) / 1000),
            headers={"authorization": f"Bearer {secrets.get('text_key')}", "accept": "application/json"},
            # A kept connection that the other side has just closed looks like a lost reply.
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=0),
            verify=self._url.startswith("https"),
            follow_redirects=False,
            trust_env=False,
        )

    def send(self, message: Message) -> Sent:
        body = {"to": message.to, "from": self._sender, "text": message.text, "key": message.key}
        try:
            reply = self._client.post(self._url, json=body, headers={"idempotency-key": message.key})
        except _NEVER_LEFT:
            return NotDelivered(code="text_unreachable", later=True)
        except httpx.TimeoutException:
            return MaybeDelivered(cause="read_timeout")
        except Exception as error:  # noqa: BLE001  # whatever broke after the first byte: it may have gone out
            return MaybeDelivered(cause=f"connection_lost:{type(error).__name__}")
        return heard(reply.status_code, reply.content)

    def close(self) -> None:
        self._client.close()


def heard(status: int, content: bytes) -> Sent:
    """What a reply means. Only a plain refusal proves that nothing went out."""
    match status:
        case 200 | 201 | 202:
            return Delivered(ref=_ref(content))
        case 401 | 403:
            return NotDelivered(code="text_key_refused")
        case 429:
            return NotDelivered(code="text_later", later=True)
        case 400 | 404 | 405 | 413 | 415 | 422:
            return NotDelivered(code="text_refused")
    return MaybeDelivered(cause=f"http_{status}")


def _ref(content: bytes) -> str:
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    ref = told.get("id") if isinstance(told, dict) else None
    return ref[:64] if isinstance(ref, str) else ""


def _address(url: str) -> str:
    """Raises SetupError `message_settings` for an address that is none, or that would send in the clear."""
    try:
        parts = urlsplit(url)
        open_line = parts.scheme == "http" and parts.hostname not in LOOPBACK
    except ValueError as error:
        raise SetupError("message_settings", kind="text", key="url") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or open_line:
        raise SetupError("message_settings", kind="text", key="url")
    return url


def _wrong(settings: Mapping[str, str]) -> str:
    return ", ".join(sorted(set(settings) - _KNOWN)) or "timeout_ms"
