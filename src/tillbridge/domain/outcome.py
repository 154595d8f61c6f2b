"""What a gateway answered: one sum type, never a boolean. Every doubt is `Unknown`.

Declines are values. `NotSent` is a claim that only a proof allows: a refusal before the first byte left,
or the gateway's explicit refusal. `NotFound` (from an inquiry) is not `NotSent`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tillbridge.domain.errors import Fact
from tillbridge.domain.money import Money

RetryLaw = Literal["never", "later", "fix_data", "other_card", "call", "now"]
"""What the card networks allow after a decline (Visa decline categories, advice codes)."""

SettleState = Literal["none", "open", "queued", "settled", "rejected", "voided", "returned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What may be known of a card or account: never its number. `last4` is four digits, `brand` as printed."""

    brand: str
    last4: str
    entry_mode: str = ""
    """`chip`, `contactless`, `swipe`, `keyed`, `stored`, `link` or empty."""
    expiry: str = ""
    """`MM/YY`, where the gateway tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """Money was taken (`captured`) or only held (`captured=False`). `amount` is what was really approved."""

    amount: Money
    gateway_ref: str
    auth_code: str = ""
    card: Card | None = None
    captured: bool = True
    receipt: tuple[tuple[str, str], ...] = ()
    """EMV lines in the order to print them: (label, value)."""
    tip: Money | None = None
    """The part of `amount` that the client added at the terminal; None = nobody was asked there."""
    token: str = ""
    """The gateway's name for the card, where it was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartiallyApproved:
    """Less than `asked` was taken."""

    amount: Money
    asked: Money
    gateway_ref: str
    auth_code: str = ""
    card: Card | None = None
    receipt: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    category: str
    retry: RetryLaw
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Accepted and still running: on the terminal, on a page, or as a bank debit on its way.

    `kind` `terminal` or `entry` is the state `running`; `ach`, `refund`, `capture`, `offline` (the terminal approved
    without its bank, which has yet to hear of it) is the state `pending`.
    """

    kind: Literal["terminal", "entry", "ach", "refund", "capture", "offline"]
    check_in_ms: int = 1000
    """When to ask again, from now."""
    card: Card | None = None
    """What a bank debit on its way is taken from, where the gateway tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """Proved: nothing was taken and nothing will be."""

    by: Literal["client", "cashier", "timeout", "terminal", "gateway"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """Proved: the gateway never accepted it. `code` says why: `unreachable`, `terminal_busy`, `terminal_offline`,
    `rate_limited`, `invalid_request`, `not_voidable`, `not_refundable_yet`, `not_refundable`, `over_refund`,
    `amount_limit`, `unsupported`, `token_gone`."""

    code: str
    facts: dict[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It may have happened. `cause` is kept for support: `read_timeout`, `connection_lost`, `http_503`, `garbled`,
    `duplicate_reference`, `idempotency_mismatch`, `key_in_use`, ..."""

    cause: str


Outcome = Approved | PartiallyApproved | Declined | Pending | Cancelled | NotSent | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What became of a reference. `given_back`: voided or refunded so far, by anybody."""

    outcome: Outcome
    settle: SettleState = "none"
    voidable: bool = False
    refundable: bool = False
    given_back: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """The gateway does not know the reference now. Not a proof that it never will (see `horizon`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotTell:
    """The inquiry itself was not answered."""

    cause: str


Inquiry = Found | NotFound | CannotTell
