"""Judges money that was given back, or taken on account, from two books alone: the card network's and the clinic's.

Every line is plain data, as it stands in the file. Imports nothing of the product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tools.benches.crash_judge import Verdict

Line = Mapping[str, Any]
Kind = Literal["void", "refund", "deposit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedBack:
    """What must be in both books in the end. `taken`: the sale before, in minor units (the deposit itself). `minor`:
    what goes back of it; 0 for a deposit. `invoice`: what the sale paid; empty for a deposit."""

    kind: Kind
    client: str
    invoice: str
    taken: int
    minor: int
    method: str


def judge_back(wanted: WantedBack, network: Sequence[Line], rows: Sequence[Line]) -> Verdict:
    """Right is one end only: one capture, one giving back of exactly that much (none for a deposit), and for each of
    them one row in the clinic's books, of the right client and method, with a number of its own."""
    taken = [line["amount"] for line in network if line["kind"] == "capture"]
    back = [line["amount"] for line in network if line["kind"] in ("void", "refund")]
    money = [row for row in rows if row["kind"] in ("payment", "reversal", "deletion")]
    came = [row for row in money if row.get("amount_minor", 0) > 0]
    went = [row for row in money if row.get("amount_minor", 0) <= 0]
    gives_back = wanted.kind != "deposit"
    faults = {
        "double charge": len(taken) > 1,
        "given back twice": len(back) > 1,
        "another amount was taken": any(amount != wanted.taken for amount in taken),
        "another amount went back": any(amount != wanted.minor for amount in back),
        "nothing was taken": not taken,
        "nothing went back": gives_back and not back,
        "double posting": len(came) > 1 or len(went) > 1,
        "taken, not posted": bool(taken) and not came,
        "gone back, not posted": bool(back) and not went,
        "posted, not gone back": bool(went) and not back,
        "a row is not the wanted one": not _rows_fit(wanted, came, went),
    }
    return Verdict(
        wrong=any(faults.values()),
        double_charge=faults["double charge"] or faults["given back twice"],
        double_posting=faults["double posting"],
        lost=faults["taken, not posted"] or faults["gone back, not posted"],
        why="; ".join(fault for fault, found in faults.items() if found),
    )


def _rows_fit(wanted: WantedBack, came: Sequence[Line], went: Sequence[Line]) -> bool:
    right = all(
        (row.get("client"), row.get("method"), row.get("by")) == (wanted.client, wanted.method, "skin")
        for row in (*came, *went)
    )
    amounts = [row["amount_minor"] for row in came] == [wanted.taken] * len(came)
    amounts = amounts and [row["amount_minor"] for row in went] == [-wanted.minor] * len(went)
    invoices = all(row["invoice"] == wanted.invoice for row in came)
    numbers = [row["reference"] for row in (*came, *went)]
    if wanted.kind == "void" and any(row["kind"] != "reversal" for row in went):
        return False  # its day is open: the software's own reversal, nothing in its place
    return right and amounts and invoices and len(set(numbers)) == len(numbers) and all(numbers)
