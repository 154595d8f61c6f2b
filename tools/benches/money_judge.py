"""Judges the end of a world of the bench `money` from three books: the card network's lines, what our journal claims,
and the practice software's rows. Plain data in, complaints out; nothing of engine or domain is imported.

    what the network keeps of a payment  =  what we say we keep  =  what stands in the clinic's books
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Line = Mapping[str, object]

_CAME = ("capture", "pending", "re_presented")
_WENT = ("void", "refund", "returned", "rejected", "dispute_lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What our journal says of one payment that took money or tried to, with everything that gives it back.

    `references`: of its attempts and of giving late ones back. `markers`: of all its postings and those of its
    give-backs. `kept`: what we say is the clinic's now, in minor units.
    """

    payment_id: str
    references: frozenset[str]
    markers: frozenset[str]
    asked: int
    kept: int
    open: str
    """What still has to be done, empty if nothing."""


def judge(lines: Sequence[Line], claims: Iterable[Claim], rows: Sequence[Line]) -> list[str]:
    """Every way in which the three books do not fit, in words."""
    kept = kept_by_network(lines)
    captures = Counter(str(line["reference"]) for line in lines if line["kind"] in ("capture", "pending"))
    booked: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        booked[str(row["reference"])] += int(str(row["minor"]))
    wrong = [f"{text}: {count} rows" for text, count in _doubled(rows) if count > 1]
    known: set[str] = set()
    for claim in claims:
        known |= claim.references
        theirs = sum(kept.get(reference, 0) for reference in claim.references)
        inside = sum(booked[marker] for marker in claim.markers)
        wrong += _of_one(claim, theirs, inside)
    return wrong + [
        f"{reference}: taken, and unknown here" for reference in captures if reference not in known
    ]


def _of_one(claim: Claim, theirs: int, inside: int) -> list[str]:
    wrong = []
    if claim.open:
        wrong.append(f"{claim.payment_id}: still {claim.open}")
    if theirs != claim.kept:
        wrong.append(f"{claim.payment_id}: the network keeps {theirs}, we say {claim.kept}")
    if inside != claim.kept:
        wrong.append(f"{claim.payment_id}: the books show {inside}, we say {claim.kept}")
    if not 0 <= theirs <= claim.asked:
        wrong.append(f"{claim.payment_id}: {theirs} kept of {claim.asked} asked")
    return wrong


def _doubled(rows: Sequence[Line]) -> list[tuple[str, int]]:
    return list(Counter(str(row["reference"]) for row in rows if row["reference"]).items())


def kept_by_network(lines: Sequence[Line]) -> dict[str, int]:
    """Minor units that the merchant keeps of each of his references, added up from the lines alone."""
    kept: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        kind, minor = line["kind"], int(str(line.get("amount", 0)))
        about = str(line.get("of_reference") or line.get("reference", ""))
        if kind in _CAME:
            kept[about] += minor
        elif kind in _WENT:
            bounced = bool(line.get("of")) and kind in ("returned", "rejected")
            kept[about] += minor if bounced else -minor
    return dict(kept)
