"""What the product needs to reach a client: one e-mail or one text message, sent at most once under its key.

Synchronous and bounded. Nothing is raised but SetupError when a messenger is made: what came of a message is a value,
and a lost reply is `MaybeDelivered`, never "not delivered". "Delivered" means that the mail server or the text service
took it over; what happens behind them nobody tells us.

A card number never leaves in a message (rule 14): such a message is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

MessageKind = Literal["email", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """`media_type` as `application/pdf`; `name` is what the client sees."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`to`: one address: `rosa@example.org`, or a telephone number as `+15550100147` (domain/address.py reads typed
    ones). `key`: made and journalled before the sending; the same key is not sent twice knowingly, so a wish to send
    once more has a key of its own. `subject`, `html`, `attachments` belong to an e-mail.

    Raises ValueError for a text message that has what only an e-mail can hold, and for a missing key.
    """

    kind: MessageKind
    to: str
    text: str
    key: str
    subject: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        if not self.key:
            raise ValueError("a message has a key")
        if self.kind == "text" and (self.html or self.attachments):
            raise ValueError("a text message is text alone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Taken over. `ref`: the service's own name of it, for support. `repeated`: it had been sent under this key
    before, and was not sent again."""

    ref: str = ""
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDelivered:
    """Proved: it was not taken. `code` has its sentence in strings. `later`: the same message may be sent again by
    itself after a while; otherwise somebody has to change something first."""

    code: str
    later: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MaybeDelivered:
    """It may have gone out. `cause` is kept for support: `connection_lost`, `read_timeout`, `http_503`,
    `sent_before` (the same key was on its way when the computer stopped)."""

    cause: str


Sent = Delivered | NotDelivered | MaybeDelivered


class Messenger(Protocol):
    def kinds(self) -> frozenset[MessageKind]:
        """What is set up at this site."""
        ...

    def send(self, message: Message) -> Sent: ...

    def close(self) -> None: ...


class Printer(Protocol):
    """`Delivered`: the computer's printing took it over."""

    def print_file(self, file: Path, title: str) -> Sent:
        """`title`: what stands in the list of jobs, where others read it: no client's name."""
        ...
