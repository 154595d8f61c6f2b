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
    """What one payment must leave behind. `minor`: what was on the screen when it began; `method` as the site says.

    `spread`: invoices and amounts that the one posting becomes where the software pays the oldest balances; empty
    where all of it goes to `invoice`.
    """

    client: str
    invoice: str
    minor: int
    currency: str
    method: str
    spread: tuple[tuple[str, int], ...] = ()


def judge_books(wanted: Wanted, network: Sequence[Line], rows: Sequence[Line]) -> Verdict:
    """`network`: all lines of the card network since the payment began; `rows`: all acts on the clinic's books.

    Right is exactly one of two ends: one capture of the right amount that is kept, with one posting of the right
    client, invoice, amount and method that carries a reference; or no money kept and no row, if no request ever
    arrived.
    """
    kept, arrived = kept_captures(network), any(line["kind"] == "started" for line in network)
    posted = postings(rows)
    faults = {
        "double charge": len(kept) > 1,
        "double posting": len(posted) > 1,
        "taken, not posted": bool(kept) and not posted,
        "posted, not taken": bool(posted) and not kept,
        "another amount was taken": any(amount != wanted.minor for amount in kept),
        "the request arrived, no money was taken": arrived and not kept,
        "the row is not the wanted one": any(not is_wanted(one, wanted) for one in posted),
    }
    return _verdict(faults)


def judge_waiting(wanted: Wanted, network: Sequence[Line], rows: Sequence[Line]) -> Verdict:
    """For a world in which the payment must be taken and must not be in the books, and people are told so."""
    kept = kept_captures(network)
    faults = {
        "double charge": len(kept) > 1,
        "no money was taken": not kept,
        "another amount was taken": any(amount != wanted.minor for amount in kept),
        "posted, though the software refused it": bool(postings(rows)),
    }
    return _verdict(faults)


def _verdict(faults: Mapping[str, bool]) -> Verdict:
    return Verdict(
        wrong=any(faults.values()),
        double_charge=faults["double charge"],
        double_posting=faults.get("double posting", False),
        lost=faults.get("taken, not posted", False),
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


def postings(rows: Sequence[Line]) -> list[list[Line]]:
    """The acts on money, those of one posting together: one payment window may write several rows."""
    found: dict[str, list[Line]] = {}
    for at, row in enumerate(rows):
        if row["kind"] in ("payment", "reversal", "deletion"):
            found.setdefault(row.get("posting") or f"act {at}", []).append(row)
    return list(found.values())


def is_wanted(posting: Sequence[Line], wanted: Wanted) -> bool:
    """Plain payments of the right client on the right invoices, with one reference (our marker) on all of them."""
    spread = wanted.spread or ((wanted.invoice, wanted.minor),)
    parts = sorted((row["invoice"], row["amount_minor"]) for row in posting if row["kind"] == "payment")
    names = ("kind", "client", "currency", "method", "by")
    said = {tuple(row.get(name) for name in names) for row in posting}
    references = {row.get("reference", "") for row in posting}
    right = {("payment", wanted.client, wanted.currency, wanted.method, "skin")}
    return parts == sorted(spread) and said == right and len(references) == 1 and len(min(references)) >= 5


def oldest_first(invoices: Mapping[str, Line], client: str, minor: int) -> tuple[tuple[str, int], ...]:
    """Where `minor` of a client goes when it pays the oldest balances: `invoices` as the clinic's books tell them
    (client, balance_minor, concluded, at). What is left over is unapplied (no invoice)."""
    own = [(row["at"], number, row) for number, row in invoices.items() if row["client"] == client]
    parts, left = [], minor
    for _, number, row in sorted(own, key=lambda one: one[:2]):
        part = min(left, max(0, row["balance_minor"])) if not row["concluded"] else 0
        if part:
            parts.append((number, part))
            left -= part
    return tuple([*parts, ("", left)] if left else parts)
