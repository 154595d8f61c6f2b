"""Judges the end of a world from its books alone. Imports nothing of the product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`wrong`: not the exact end that this world must have. The others say what kind of wrong it is."""

    wrong: bool
    double_charge: bool
    double_posting: bool
    lost: bool
    why: str = ""


def judge(
    captures: Sequence[int],
    given_back: Sequence[int],
    rows: Sequence[int],
    charged: str,
    expected_net: Collection[int],
) -> Verdict:
    """`captures`, `given_back`: the card network's books; `rows`: the practice software's; all integer minor units.

    `expected_net`: what the client may have paid in the end (usually one value). `charged`: what we tell people.
    """
    net = sum(captures) - sum(given_back)
    kept = (Counter(captures) - Counter(given_back)).total()
    faults = {
        "double charge": kept > 1,
        "double posting": len(rows) > 1,
        "taken, not posted": net > 0 and sum(rows) < net,
        "posted, not taken": sum(rows) > net,
        "another amount than this world must end with": net not in expected_net,
        "people are told something else": charged != ("yes" if net > 0 else "no"),
    }
    why = "; ".join(fault for fault, found in faults.items() if found)
    return Verdict(
        wrong=bool(why),
        double_charge=faults["double charge"],
        double_posting=faults["double posting"],
        lost=faults["taken, not posted"],
        why=why,
    )
