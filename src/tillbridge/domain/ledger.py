"""What a look into the practice software's own books shows, as plain values. Nothing is decided here (matching.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tillbridge.domain.money import Money

PostingKind = Literal["sale", "deposit", "refund", "void", "return"]
"""What a posting record records. `return` takes back one that is in the books."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftwareSeen:
    """`instance` changes when the program restarts; `build` when it is updated."""

    software: str
    version: str
    build: str
    instance: str
    name: str
    """As people call it: `ImproMed`, `GnuCash`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One row as the ledger shows it. `amount` is what the client paid: positive for a payment, negative for money
    given back, whatever sign the software's column has. `reference` may be cut by the software. A text that the
    ledger does not show is empty."""

    account_id: str
    invoice_number: str
    amount: Money
    reference: str
    method: str
    date: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSeen:
    """A look into the client's ledger.

    `marked`: rows that carry the marker. `today`: other rows of the same client, from the day of the payment until
    today, without a marker of ours.
    `complete`: every row of the list was seen, and the list lacks none: only this proves absence after a typing.
    `read_to_end`: every row of the list was seen, but it may lack some (reversed ones, closed periods): enough for
    a posting that was never typed. `quiet`: the payment window is gone and the program is idle.
    """

    software: SoftwareSeen
    marked: tuple[LedgerRow, ...]
    today: tuple[LedgerRow, ...]
    complete: bool
    quiet: bool
    settle_ms: int
    """The longest time between a commit and a visible row, from the pack."""
    balance: Money | None = None
    reference_length: int = 0
    """The software shows this many characters of a reference and drops the rest; 0 = it drops nothing."""
    read_to_end: bool = False
