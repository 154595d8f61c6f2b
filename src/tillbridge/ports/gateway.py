"""What the engine needs from a payment gateway. Synchronous and bounded: every call returns in its own time limit.

An adapter raises only SetupError (wrong key, wrong settings). Everything else is a value; what an adapter
cannot prove is `Unknown`. `DuplicateReference`, `IdempotencyMismatch`, "key in use" and a session lost after the
first byte all show that an earlier request arrived: they are `Unknown`, never `NotSent`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from tillbridge.domain.money import Money
from tillbridge.domain.outcome import Card, Inquiry, Outcome, SettleState

Feature = Literal[
    "terminal", "terminal_keyed", "entry_page", "entry_link", "token", "store_card", "auth_only", "capture", "void",
    "refund", "partial_refund", "refund_before_settlement", "kill", "ach", "settlement_report", "list_since", "notices",
    "disputes", "terminal_tip", "terminal_offline",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What this gateway can do for this merchant, with its times.

    `horizon_ms`: after this time from the send the gateway can no longer commit that request by its own rules.
    `idempotent`: the same reference never charges twice. `key_life_ms`: how long that holds (0 = no keys).
    `void_partial`: always False in this port: a void is whole.
    """

    gateway: str
    features: frozenset[Feature]
    currencies: frozenset[str]
    amount_minor_max: int
    horizon_ms: int
    idempotent: bool
    key_life_ms: int
    partial_approval: bool
    reference_length_max: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """`state`: `idle` (nothing runs, no card in the slot), `busy`, `offline`."""

    terminal_id: str
    name: str
    state: Literal["idle", "busy", "offline"]
    running_reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRequest:
    """One try. `reference` is ours: letters first, at most 20 characters, never reused, journalled before the call."""

    reference: str
    amount: Money
    tip: Money
    fee: Money
    terminal_id: str = ""
    kind: Literal["sale", "keyed", "auth_only", "store_card"] = "sale"
    show: tuple[str, ...] = ()
    """Lines for the client on the terminal: clinic name, surname initial."""
    invoice_number: str = ""
    ask_tip: bool = False
    """Let the client choose a tip at the terminal before the card is asked: it comes on top of `amount`, and the
    approval tells it apart (`Approved.tip`)."""
    keep_card: bool = False
    """Keep the card at the gateway with this payment: the approval carries a token (consent was recorded before)."""
    payer: str = ""
    """Who is asked to pay, as a link's page shows it; empty elsewhere."""
    read_at_wall_ms: int = 0
    """When the balance was last read: a link's page says so. 0 = not told."""
    expires_in_ms: int = 0
    """How long a page or link may be paid; 0 = as long as the gateway usually gives."""
    sec_code: Literal["", "PPD", "TEL", "WEB", "CCD"] = ""
    """How consent to a bank debit was given (Nacha: signed paper, telephone, web, company agreement)."""
    mandate: str = ""
    """Our id of the recorded consent that goes with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAck:
    """A cancel is a request: never a proof. `answer` tells what the device said, the outcome comes by inquiry."""

    answer: Literal["requested", "too_late", "nothing_running", "no_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KillAck:
    """`acknowledged`: the gateway promises that this reference is or will be void. `no_answer` proves nothing."""

    answer: Literal["acknowledged", "not_found", "too_late", "no_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySession:
    """A page of the gateway's own origin. `url` is opened top-level; the result is asked server to server."""

    session_id: str
    url: str
    expires_wall_ms: int = 0
    """From then on it takes nothing any more; 0 = the gateway does not tell."""


ItemKind = Literal[
    "sale", "refund", "void", "return", "rejected", "chargeback", "fee", "dispute_opened", "dispute_won",
    "re_presented", "change",
]  # fmt: skip
"""What a line of the settlement report says. `return`: the bank took it back (R-code, offline decline); `rejected`: it
did not go through with its batch; `chargeback`: a dispute was lost; `change`: a notice of change (C-code), the money
stays; `void` and `refund` name what they give back in `of_reference`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementItem:
    """One line of the settlement report. `cursor` is where to read on.

    `key` names what happened (one refund, one dispute, one return): the same in every report and notice that tells
    it. `round`: a bank debit may be presented again; which presentment a return or re-presentment is about, from 1.
    """

    cursor: str
    reference: str
    gateway_ref: str
    kind: ItemKind
    amount: Money
    batch: str
    settle: SettleState
    code: str = ""
    key: str = ""
    of_reference: str = ""
    round: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A gateway's own message. `authentic` False is only a hint: inquire before believing it.

    `item`: what it tells of the settlement, None where it only says that something moved (ask then). `cursor`: its
    place among the notices that are polled.
    """

    notice_id: str
    reference: str
    kind: str
    authentic: bool
    item: SettlementItem | None = None
    cursor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A notice as it came: not believed before `read_notice` checked it."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One attempt in the gateway's own list (after a restore from a backup)."""

    reference: str
    gateway_ref: str
    amount: Money
    kind: Literal["sale", "refund", "void"]
    at_wall_ms: int


class Gateway(Protocol):
    def capabilities(self) -> Capabilities: ...

    def terminals(self) -> list[Terminal]:
        """Raises SetupError. An unreachable gateway gives an empty list."""
        ...

    def start_terminal(self, request: AttemptRequest) -> Outcome:
        """Arm a terminal and return at once: Pending(kind="terminal"), NotSent, Unknown (or, rarely, final)."""
        ...

    def cancel_terminal(self, request: AttemptRequest) -> CancelAck: ...

    def open_entry(
        self, request: AttemptRequest, kind: Literal["card", "bank"], where: Literal["page", "link"]
    ) -> EntrySession | Outcome: ...

    def close_entry(self, session_id: str) -> CancelAck: ...

    def charge_token(
        self, request: AttemptRequest, token: str, initiator: Literal["client", "clinic"]
    ) -> Outcome: ...

    def capture(self, reference: str, gateway_ref: str, amount: Money) -> Outcome: ...

    def void(self, reference: str, gateway_ref: str, void_reference: str) -> Outcome:
        """Whole only. Approved = voided. NotSent(code="not_voidable") = too late, refund instead.
        Doing it twice for one attempt gives back once."""
        ...

    def refund(self, reference: str, gateway_ref: str, amount: Money, refund_reference: str) -> Outcome:
        """Full or part. `refund_reference` is ours, journalled before; the same one never refunds twice where
        the gateway is idempotent. NotSent codes: not_refundable_yet, not_refundable, over_refund."""
        ...

    def inquire(self, reference: str, gateway_ref: str = "") -> Inquiry:
        """What became of our reference (an attempt's, or a refund's). Can never move money."""
        ...

    def kill(self, reference: str, gateway_ref: str = "") -> KillAck:
        """Give up on a reference after a lost reply: void it if it is there, refuse it if it comes later."""
        ...

    def forget_token(self, token: str) -> Outcome: ...

    def settlement(self, cursor: str) -> Iterable[SettlementItem]: ...

    def list_since(self, since_wall_ms: int) -> Iterable[Listed] | None:
        """Everything the gateway did since then; None if it cannot be read now."""
        ...

    def notices(self, cursor: str) -> Iterable[Delivered]:
        """Notices kept for us since `cursor` (empty = all), as they came. Nothing where none could be read: a notice
        is only ever a hurry, the settlement report tells the same."""
        ...

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> list[Notice]:
        """Raises SetupError `bad_signature`."""
        ...

    def card_of(self, reference: str) -> Card | None:
        """Brand and last four of what paid a reference, if the gateway tells."""
        ...

    def close(self) -> None: ...
