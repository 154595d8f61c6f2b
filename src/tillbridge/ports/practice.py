"""What the engine needs from the practice software: identify, read invoice, account and ledger, post, rehearse.

An adapter (flows/) reports what it saw and how far it came. It decides nothing about money and raises nothing
but SetupError: trouble on the screen is a `Trouble` value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from tillbridge.domain.errors import Fact
from tillbridge.domain.invoice import BalanceOf
from tillbridge.domain.ledger import LedgerRow, LedgerSeen, PostingKind, SoftwareSeen
from tillbridge.domain.money import Money

__all__ = [
    "AccountSeen", "Entering", "InvoiceSeen", "LedgerRow", "LedgerSeen", "OpenInvoice", "PostingOrder", "PostingReport",
    "Practice", "SoftwareSeen", "Trouble",
]  # fmt: skip

Stage = Literal["not_committed", "committed", "doubt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why the screen could not be read or written. `who` can mend it: the operator, the pack's author, the set-up.

    Codes (sentences in strings): `software_closed`, `software_minimised`, `software_busy`, `not_answering`,
    `unknown_version`, `several_instances`, `no_invoice_open`, `other_client`, `other_invoice`, `balance_changed`,
    `dialog_in_the_way`, `window_open`, `user_typing`, `reference_hidden`, `method_missing`, `screen_changed`,
    `client_locked`, `period_closed`, `money_unreadable`, ...
    """

    who: Literal["operator", "pack", "setup"]
    code: str
    facts: dict[str, Fact] = field(default_factory=dict)
    retry_in_ms: int | None = None
    """When trying again makes sense by itself; None = a person has to do something first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """What a person has typed so far into a payment window that is open. `amount`: None if none can be read yet."""

    amount: Money | None
    method: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSeen:
    """The open invoice as the practice software shows it. `client` is private: never in a transcript.

    `entering`: somebody has a payment window open and may be typing the same payment; None = no such window.
    """

    software: SoftwareSeen
    account_id: str
    client: str
    invoice_number: str
    total: Money
    balance: Money
    alert: str = ""
    patient: str = ""
    balance_of: BalanceOf = "invoice"
    """`account` where the software puts money on the oldest balance: then `balance` is what the whole account owes."""
    entering: Entering | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInvoice:
    """One open invoice of a client's account. `balance`: what is still owed on it."""

    number: str
    balance: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSeen:
    """A client's account as the practice software shows it. `client` is private: never in a transcript.

    `balance`: what the client owes altogether, negative where they have more with us than they owe. `credit`: what
    they have with us and no invoice uses yet, never negative; None where the software does not show it.
    """

    software: SoftwareSeen
    account_id: str
    client: str
    balance: Money
    credit: Money | None
    invoices: tuple[OpenInvoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingOrder:
    """One posting record to make. `amount` is positive; a refund or reversal is told by `kind`.

    `balance`: the invoice balance that must be seen before typing (rule 6), None if it is not known.
    `since_wall_ms`: when the money was taken; staff may have typed it on any day since then. 0 = today.
    `rest_as_credit`: more was taken than `balance`, and a person decided that the client keeps the rest as credit.
    `of_marker`: the marker of the row that is reversed or given back; empty for a sale and a deposit, and for what
    was taken without us.
    """

    payment_id: str
    kind: PostingKind
    account_id: str
    client: str
    invoice_number: str
    amount: Money
    marker: str
    balance: Money | None
    payment_method: str
    employee: str
    since_wall_ms: int = 0
    rest_as_credit: bool = False
    of_marker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingReport:
    """How far a posting came. `not_committed` is a proof; anything not proved is `doubt`.

    `means`: what a dialog said about this posting, or `not_posted` where typing it again would change nothing; it may
    skip a wait, never the look.
    """

    stage: Stage
    trouble: Trouble | None = None
    means: Literal["nothing", "not_posted", "posted", "doubt"] = "nothing"
    transcript: str = ""
    """Name of the run's transcript."""
    swallowed: int = 0
    """Keys and clicks of a person that were kept away at the last moment, and reached nobody."""


class Practice(Protocol):
    """Owned by one thread (the screen's)."""

    def identify(self) -> SoftwareSeen | Trouble: ...

    def read_invoice(self) -> InvoiceSeen | Trouble:
        """Touches nothing: allowed while a person works."""
        ...

    def read_ledger(self, order: PostingOrder) -> LedgerSeen | Trouble:
        """Look for the order's marker in its client's ledger; leaves the screen as it was."""
        ...

    def read_account(self, order: PostingOrder) -> AccountSeen | Trouble:
        """What the order's client owes and has with us; leaves the screen as it was. `flow_missing`: not learnt."""
        ...

    def list_payment_methods(self) -> tuple[str, ...] | Trouble:
        """The payment methods that the software offers now, as it writes them; leaves the screen as it was."""
        ...

    def post(self, order: PostingOrder) -> PostingReport:
        """Type the posting once: identity, prepare, burst, check, commit, after. Never twice in one call.

        A kind that was not learnt for this software is Trouble `flow_missing`, and nothing is touched."""
        ...

    def rehearse(self, order: PostingOrder) -> PostingReport:
        """The same up to the commit point, then abandon. `stage` is always `not_committed` or `doubt`."""
        ...

    def idle_s(self) -> float:
        """Seconds since a person touched mouse or keyboard."""
        ...

    def close(self) -> None: ...
