"""One thing that happened to a payment. Events are appended, never changed; the payment is folded from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tillbridge.domain.errors import Fact
from tillbridge.domain.moment import Moment


class PaymentEvent(StrEnum):
    """Events of the payment itself. Those of its legs are in money_leg.py and posting_leg.py."""

    PAYMENT_CREATED = "payment_created"
    ATTEMPT_CREATED = "attempt_created"
    POSTING_CREATED = "posting_created"
    KEEP_DECIDED = "keep_decided"
    """A partial approval is kept (by the cashier, or because nobody answered)."""
    GIVE_BACK_RECORDED = "give_back_recorded"
    """Money of this payment went back by a payment of its own, or elsewhere. Facts: amount_minor, by, payment_id."""
    GIVE_BACK_FAILED = "give_back_failed"
    """A recorded give-back bounced: the amount is ours again."""
    GIVE_BACK_STARTED = "give_back_started"
    """A late approval is about to be given back. Facts: give_back_reference."""
    ATTEMPT_OVERRIDDEN = "attempt_overridden"
    """A named person allows a new attempt although an older one is not proved over. Facts: person."""
    ATTACHED = "attached"
    """A named person says whose a typed amount is. Facts: software, account_id, client, invoice_number,
    balance_minor, person."""
    GIVE_BACK_ASKED = "give_back_asked"
    """A payment of our own is to give this one back. Facts: payment_id, operation."""
    GIVE_BACK_OVER = "give_back_over"
    """It gave nothing back and will not. Facts: payment_id."""
    GIVE_BACK_TOLD = "give_back_told"
    """A give-back: its payment knows how it stands. Facts: given_minor, over, settled."""
    GIVE_BACK_RELEASED = "give_back_released"
    """The gateway told what it lets us do now. Facts: operation, queued (why it still waits; empty: it is sent)."""
    GIVE_BACK_BECAME_REFUND = "give_back_became_refund"
    """It was too late to take the charge back: the same payment goes back as a refund."""
    RECEIPT_MADE = "receipt_made"
    """A receipt was made, before it went anywhere. Facts: key (the same one again is the same receipt), how, number
    (2 is the first copy), person."""
    MESSAGE_WANTED = "message_wanted"
    """The client is to be told of a link, for the first time or once more. Facts: by, to, remind_in_ms, person."""
    MESSAGE_STARTED = "message_started"
    """A message is about to be sent. Facts: what (`link`, `reminder`), by, key."""
    MESSAGE_FAILED = "message_failed"
    """It surely did not go out. Facts: reason, later (it is tried again by itself)."""
    LINK_SENT = "link_sent"
    """Facts: by, and `cause` where it only may have gone out."""
    REMINDED = "reminded"
    """Facts: as of a link that was sent."""
    SHARE_ADDED = "share_added"
    """A part of the payment belongs to an invoice of its own. Facts: share_minor, and whose as for `attached`."""
    CARD_KEPT = "card_kept"
    """A card that the gateway keeps is in the site store. Facts: card_id."""
    CARD_NOT_KEPT = "card_not_kept"
    """It was approved, and there is nothing to keep it by. Facts: reason, task."""
    SLIP_CHECKED = "slip_checked"
    """A person held it against the other terminal's own report. Facts: person."""
    MOVED = "moved"
    """A named person says that a posting belongs elsewhere. Facts: person, to_client, to_invoice."""
    RESTORED_CHECKED = "restored_checked"
    NOTED = "noted"
    """Something worth telling that changes no state. Facts: code, ..."""
    IMPOSSIBLE = "impossible"
    """A fact that the tables do not allow: kept, shown, state unchanged. Facts: kind, subject, state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`kind`: a value of PaymentEvent, MoneyEvent or PostingEvent. `subject`: the attempt's reference, the posting's
    marker, or empty. `facts`: flat, integers for money with the unit in the name, never a card number."""

    kind: str
    at: Moment
    subject: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain data with a fixed order of keys: the journal hashes it."""
        at = {"boot": self.at.boot, "mono_ms": self.at.mono_ms, "wall_ms": self.at.wall_ms}
        return {
            "at": at,
            "facts": dict(sorted(self.facts.items())),
            "kind": self.kind,
            "subject": self.subject,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Event:
        return cls(kind=data["kind"], at=Moment(**data["at"]), subject=data["subject"], facts=data["facts"])

    def text(self, name: str, default: str = "") -> str:
        value = self.facts.get(name)
        return default if value is None else str(value)

    def number(self, name: str) -> int:
        """An integer fact. Raises ValueError if it is not there or is something else."""
        value = self.facts.get(name)
        if type(value) is not int:
            raise ValueError(f"{self.kind} lacks the number {name!r}")
        return value

    def number_or(self, name: str, default: int) -> int:
        value = self.facts.get(name)
        return value if type(value) is int else default
