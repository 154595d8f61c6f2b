"""How a client is told of a link: what was sent where, what is to be sent, and what may have gone out.

It must not decide when: that is the engine's. A message that may have gone out is never sent again by itself; a person
may wish for it once more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.moment import Moment

By = Literal["email", "text"]
What = Literal["link", "reminder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """`to`: one address or telephone number. `remind_in_ms`: so long after the sending the client is reminded once, 0 =
    never."""

    by: By
    to: str
    remind_in_ms: int = 0
    wanted: bool = True
    """The link is to be sent, for the first time or once more."""
    sending: What | None = None
    """Its sending was begun, and nobody knows yet what came of it."""
    key: str = ""
    """The key of the last message: each has its own."""
    count: int = 0
    """How many messages were begun."""
    sent_at: Moment | None = None
    """When the link went out last, or may have."""
    sure: bool = True
    """The last message was taken over by the mail server or text service."""
    reminded_at: Moment | None = None
    failed: str = ""
    """Why the last message surely did not go out; empty when it did, or may have."""

    @property
    def next(self) -> What | None:
        """What is to be sent, sooner or later; None = nothing by itself."""
        if self.sending is not None:
            return None
        if self.wanted:
            return "link"
        waits = self.remind_in_ms > 0 and self.reminded_at is None and self.sent_at is not None
        return "reminder" if waits else None


def reach_after(before: Reach | None, event: Event) -> Reach:
    """What an event of a message changes. Raises ValueError where there is nothing that it could belong to."""
    if event.kind == PaymentEvent.MESSAGE_WANTED:
        return _wished(before, event)
    if before is None:
        raise ValueError("nobody was to be told")
    if event.kind == PaymentEvent.MESSAGE_STARTED:
        count = before.count + 1
        return replace(before, sending=_what(event), key=event.text("key"), count=count, failed="")
    if before.sending is None:
        raise ValueError("no message is on its way")
    if event.kind == PaymentEvent.MESSAGE_FAILED:
        return _not_sent(before, event)
    sure = not event.text("cause")
    if event.kind == PaymentEvent.REMINDED:
        return replace(before, sending=None, reminded_at=event.at, sure=sure)
    return replace(before, sending=None, wanted=False, sent_at=event.at, sure=sure)


def _wished(before: Reach | None, event: Event) -> Reach:
    by: By = "text" if event.text("by") == "text" else "email"
    to, remind_in_ms = event.text("to"), event.number_or("remind_in_ms", 0)
    if not to:
        raise ValueError("a message goes somewhere")
    if before is None:
        return Reach(by=by, to=to, remind_in_ms=remind_in_ms)
    if before.sending is not None:
        raise ValueError("a message is on its way")
    return replace(before, by=by, to=to, wanted=True, failed="")


def _not_sent(before: Reach, event: Event) -> Reach:
    """`later`: the same may be tried again by itself. Otherwise a person changes something and wishes it once more; a
    reminder is let go."""
    gone = replace(before, sending=None, failed=event.text("reason"))
    if event.facts.get("later") is True:
        return gone
    if before.sending == "reminder":
        return replace(gone, reminded_at=event.at)
    return replace(gone, wanted=False)


def _what(event: Event) -> What:
    return "reminder" if event.text("what") == "reminder" else "link"
