"""Judges one world of the bench `nextclient` from the two books alone, and from which client is in front at the end.

The clinic's acts are replayed in their order: what was owed, and whether the same payment stood there already, at the
moment at which ours came in. Imports nothing of the product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.benches.crash_judge import Verdict
from tools.benches.crash_judge_real import Line, Wanted, is_wanted, kept_captures, postings

BY_HAND = "typed_by_hand"
NO_FIT = "does_not_fit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the product says that it ended. `asked`: the reason of the question that a person was asked, else empty;
    `front`: the client whom the software shows, `next`: the one who must be in front then."""

    finished: bool
    asked: str
    front: str
    next: str


@dataclass(frozen=True, slots=True)
class Replay:
    """`owed_before`, `by_hand_before`: when our posting came in; at the end where it never did."""

    ours: list[list[Line]]
    owed_before: int
    by_hand_before: bool


def replay(wanted: Wanted, balance_minor: int, rows: Sequence[Line]) -> Replay:
    """All acts on the clinic's books since the payment began, in their order."""
    owed, by_hand = balance_minor, False
    for row in rows:
        if row["kind"] == "payment" and row["by"] == "skin":
            break
        if row.get("invoice") != wanted.invoice:
            continue
        if row["kind"] == "line_added":
            owed += row["amount_minor"]
        elif row["kind"] == "payment":
            owed -= row["amount_minor"]
            by_hand = by_hand or (row["amount_minor"] == wanted.minor and row["method"] != "Cash")
    by_skin = [row for row in rows if row["by"] == "skin"]
    return Replay(postings(by_skin), owed, by_hand)


def judge(
    wanted: Wanted, balance_minor: int, network: Sequence[Line], rows: Sequence[Line], ended: Ended
) -> Verdict:
    """Right is exactly one charge of the amount, and exactly one of three ends.

    One posting of ours, right in everything, which fitted what was owed and had no twin typed by hand before it. Or
    none, because the same payment had been typed by hand, and a person was asked whether it is the same. Or none,
    because less was owed by then than was taken, and a person was asked what to do. The next client is in front again.
    """
    kept = kept_captures(network)
    seen = replay(wanted, balance_minor, rows)
    missing = not seen.ours
    fits = seen.owed_before >= wanted.minor
    faults = {
        "double charge": len(kept) > 1,
        "not exactly one charge of the amount": kept != [wanted.minor] and len(kept) <= 1,
        "double posting": len(seen.ours) > 1,
        "the row is not the wanted one": any(not is_wanted(one, wanted) for one in seen.ours),
        "posted beside the same payment typed by hand": bool(seen.ours) and seen.by_hand_before,
        "posted more than was owed": bool(seen.ours) and not fits,
        "taken, not posted": missing and not seen.by_hand_before and fits,
        "nobody was asked whether it is the same": missing and seen.by_hand_before and ended.asked != BY_HAND,
        "nobody was asked what to do with the rest": (
            missing and not seen.by_hand_before and not fits and ended.asked != NO_FIT
        ),
        "it never came to its end": not ended.finished and not ended.asked,
        f"client {ended.front} is in front, and not {ended.next}": ended.front != ended.next,
    }
    return Verdict(
        wrong=any(faults.values()),
        double_charge=faults["double charge"],
        double_posting=faults["double posting"],
        lost=faults["taken, not posted"],
        why="; ".join(fault for fault, found in faults.items() if found),
    )


def question(wanted: Wanted, balance_minor: int, rows: Sequence[Line], asked: str) -> str:
    """`none`; `inherent`: only a person can know (the same by hand, or it does not fit any more); `needless`."""
    if not asked:
        return "none"
    seen = replay(wanted, balance_minor, rows)
    same = asked == BY_HAND and seen.by_hand_before
    rest = asked == NO_FIT and seen.owed_before < wanted.minor
    return "inherent" if not seen.ours and (same or rest) else "needless"
