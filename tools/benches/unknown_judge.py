"""Judges one client's payment after five days, from the card network's lines alone. Imports nothing of the product.

What a policy says of itself (`told`, `rows`) is only compared with the lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the network's books about money. `record`: the capture that was made or is given back."""

    kind: str
    """`capture`, `void` or `refund`."""
    record: str
    reference: str
    amount: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is known on our side at the end. `rows`: what stands in the practice software, minor units.

    `told`: `yes`, `no` or `finding_out`. `looks_on`: somebody goes on asking, or a person was called. `gave_up`: a
    person gave up on an attempt or allowed another one beside it. `sent_ms`: when each reference left; `horizon_ms`:
    after so long a policy may give up by itself.
    """

    told: str
    rows: Sequence[int]
    looks_on: bool
    gave_up: bool
    sent_ms: Mapping[str, int]
    horizon_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`double`: two captures stand, or more than was asked. `forgotten`: money was taken that nobody knows of, or that
    nobody wrote into the books. `wrongly_voided`: what was taken in time and wanted went back, or stands in the books
    though it went back. `double_ms`: for how long the client was out of pocket twice."""

    double: bool
    forgotten: bool
    wrongly_voided: bool
    double_ms: int
    why: str = ""


@dataclass(slots=True)
class _Taken:
    amount: int
    reference: str
    from_ms: int
    back: int = 0
    until_ms: int | None = None
    """When all of it was given back; None = it stands."""


def judge(lines: Iterable[Line], said: Said, asked: int, end_ms: int) -> Verdict:
    taken = _taken(lines)
    standing = [one for one in taken if one.until_ms is None]
    net = sum(one.amount - one.back for one in standing)
    faults = {
        "double charge": len(standing) > 1 or net > asked,
        "forgotten": _forgotten(net, said),
        "wrongly voided": sum(said.rows) > net or (net == 0 and _was_wanted(taken, said)),
    }
    return Verdict(
        double=faults["double charge"],
        forgotten=faults["forgotten"],
        wrongly_voided=faults["wrongly voided"],
        double_ms=_double_ms(taken, end_ms),
        why="; ".join(fault for fault, found in faults.items() if found),
    )


def _taken(lines: Iterable[Line]) -> list[_Taken]:
    found: dict[str, _Taken] = {}
    for line in lines:
        if line.kind == "capture":
            found[line.record] = _Taken(line.amount, line.reference, line.at_ms)
            continue
        one = found[line.record]
        one.back += line.amount
        if one.back >= one.amount:
            one.until_ms = line.at_ms
    return list(found.values())


def _forgotten(net: int, said: Said) -> bool:
    """Taken, and told as not charged, or not in the books, or nobody looks any more."""
    if net == 0:
        return said.told == "finding_out" and not said.looks_on
    return said.told == "no" or sum(said.rows) < net or (said.told != "yes" and not said.looks_on)


def _was_wanted(taken: Iterable[_Taken], said: Said) -> bool:
    """Something was taken within the time in which nobody may give up by himself, and no person had given up."""
    in_time = (one.from_ms - said.sent_ms[one.reference] < said.horizon_ms for one in taken)
    return not said.gave_up and any(in_time)


def _double_ms(taken: Iterable[_Taken], end_ms: int) -> int:
    """All times together at which more than one capture stood."""
    edges: list[tuple[int, int]] = []
    for one in taken:
        edges += [(one.from_ms, 1), (end_ms if one.until_ms is None else one.until_ms, -1)]
    standing, since, doubled = 0, 0, 0
    for at_ms, step in sorted(edges):
        doubled += at_ms - since if standing > 1 else 0
        standing, since = standing + step, at_ms
    return doubled
