"""Sending messages to clients: which way each kind goes at this site, and what is true of every way.

Settings, from `[messages]` of site.toml:

    email = "smtp" | "outbox"            no line: no e-mail here
    text = "text_http" | "outbox"        no line: no text messages here
    email_settings.host ...              see smtp.py
    text_settings.url ...                see text_http.py
    printer = "Front Desk"               no line: the one that the computer uses first

The ways know nothing of each other. What holds for all of them is here: an address that can be one, no card number
(rule 14), and a key that is used once (kept_keys.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tillbridge.domain.address import parse_email, parse_phone
from tillbridge.domain.errors import OperatorError, SetupError
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.messages.kept_keys import KeptKeys
from tillbridge.messages.lp import Lp
from tillbridge.messages.outbox import Outbox
from tillbridge.messages.smtp import Smtp
from tillbridge.messages.text_http import TextHttp
from tillbridge.messages.way import Way
from tillbridge.ports.messages import Message, MessageKind, NotDelivered, Printer, Sent
from tillbridge.ports.secrets import Secrets

EMAIL_WAYS = ("smtp", "outbox")
TEXT_WAYS = ("text_http", "outbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSettings:
    """`email`, `text`: the way of each kind, empty where the site has none. `printer`: its name, empty = the first."""

    email: str = ""
    text: str = ""
    email_settings: Mapping[str, str] = field(default_factory=dict)
    text_settings: Mapping[str, str] = field(default_factory=dict)
    printer: str = ""


def open_printer(settings: MessageSettings) -> Printer:
    """Nothing is looked at yet: a printer may be switched on later."""
    return Lp(settings.printer)


def open_messenger(settings: MessageSettings, secrets: Secrets, folder: Path) -> Routed:
    """`folder`: the agent's own, for the outbox and the keys that were used. Raises SetupError `message_way`,
    `message_settings`, `secret_missing`. Nothing is connected to yet."""
    ways: dict[MessageKind, Way] = {}
    match settings.email:
        case "smtp":
            ways["email"] = Smtp(settings.email_settings, secrets)
        case "outbox":
            ways["email"] = Outbox(folder / "outbox")
        case other if other:
            raise SetupError("message_way", kind="email", way=other, known=", ".join(EMAIL_WAYS))
    match settings.text:
        case "text_http":
            ways["text"] = TextHttp(settings.text_settings, secrets)
        case "outbox":
            ways["text"] = Outbox(folder / "outbox")
        case other if other:
            raise SetupError("message_way", kind="text", way=other, known=", ".join(TEXT_WAYS))
    keys = KeptKeys(folder / "sent_keys")
    keys.forget_old()
    return Routed(ways, keys)


class Routed:
    """The port `Messenger`: refuses what must not go out, then hands it to the way of its kind, once."""

    def __init__(self, ways: Mapping[MessageKind, Way], keys: KeptKeys) -> None:
        self._ways, self._keys = dict(ways), keys

    def kinds(self) -> frozenset[MessageKind]:
        return frozenset(self._ways)

    def send(self, message: Message) -> Sent:
        way = self._ways.get(message.kind)
        if way is None:
            return NotDelivered(code="email_not_set_up" if message.kind == "email" else "text_not_set_up")
        refused = why_not(message)
        return refused or self._keys.once(message.key, lambda: way.send(message))

    def close(self) -> None:
        for way in self._ways.values():
            way.close()


def why_not(message: Message) -> NotDelivered | None:
    """Why this message must not go out, or None. Pictures and PDFs are ours, made from texts that were looked at."""
    texts = [message.to.removeprefix("+"), message.subject, message.text, message.html]
    texts += [
        a.content.decode("utf-8", "replace") for a in message.attachments if a.media_type.startswith("text/")
    ]
    texts += [a.name for a in message.attachments]
    if message.kind == "text":
        texts = texts[1:]  # a number with its + is a telephone's, whatever its digits add up to
    if any(map(looks_like_card_number, texts)):
        return NotDelivered(code="message_card_number")
    try:
        parse_email(message.to) if message.kind == "email" else parse_phone(message.to)
    except OperatorError as error:
        return NotDelivered(code=error.code)
    return None
