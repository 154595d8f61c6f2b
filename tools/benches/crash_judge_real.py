"""Judges a real payment from two books alone: the card network's and the practice software's.

Every line is plain data, as it stands in the file. Imports nothing of the product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.benches.crash_judge import Verdict

Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one payment must leave behind. `minor`: what was on the screen when it began; `method` as the site says."""

    client: str
    invoice: str
    minor: int
    currency: str
    method: str


def judge_books(wanted: Wanted, network: Sequence[Line], rows: Sequence[Line]) -> Verdict:
    """`network`: all lines of the card network since the payment began; `rows`: all acts on the clinic's books.

    Right is exactly one of two ends: one capture of the right amount that is kept, with one row of the right client,
    invoice, amount and method that carries a reference; or no money kept and no row, if no request ever arrived.
    """
    kept, arrived = kept_captures(network), any(line["kind"] == "started" for line in network)
    posted = [row for row in rows if row["kind"] in ("payment", "reversal", "deletion")]
    faults = {
        "double charge": len(kept) > 1,
        "double posting": len(posted) > 1,
        "taken, not posted": bool(kept) and not posted,
        "posted, not taken": bool(posted) and not kept,
        "another amount was taken": any(amount != wanted.minor for amount in kept),
        "the request arrived, no money was taken": arrived and not kept,
        "the row is not the wanted one": any(not is_wanted(row, wanted) for row in posted),
    }
    return Verdict(
        wrong=any(faults.values()),
        double_charge=faults["double charge"],
        double_posting=faults["double posting"],
        lost=faults["taken, not posted"],
        why="; ".join(fault for fault, found in faults.items() if found),
    )


def kept_captures(network: Sequence[Line]) -> list[int]:
    """What the network keeps of each capture, in minor units; captures that were given back whole are left out."""
    back = [line for line in network if line["kind"] in ("void", "refund")]
    left = [
        line["amount"] - sum(gone["amount"] for gone in back if gone["of"] == line["provider_ref"])
        for line in network
        if line["kind"] == "capture"
    ]
    return [amount for amount in left if amount != 0]


def is_wanted(row: Line, wanted: Wanted) -> bool:
    """One plain payment on the right invoice, with a reference (our marker) on it."""
    said = (row["kind"], row["client"], row["invoice"], row["amount_minor"], row["currency"], row["method"])
    right = ("payment", wanted.client, wanted.invoice, wanted.minor, wanted.currency, wanted.method)
    return said == right and len(row["reference"]) >= 5 and row["by"] == "skin"
