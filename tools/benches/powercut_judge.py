"""Judges what is left after power cuts, from plain values alone. Imports nothing of the product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

Row = tuple[int, str]
"""Number and chain of a stored event."""


@dataclass(slots=True)
class Tally:
    cuts: int = 0
    corrupt: int = 0
    lost_acknowledged: int = 0
    phantom: int = 0
    double_charges: int = 0
    charges_without_intent: int = 0
    double_postings: int = 0
    wrong_ends: int = 0
    attention: int = 0
    charges: int = 0
    postings: int = 0
    failures: list[str] = field(default_factory=list)

    def fault(self, name: str, where: str) -> None:
        setattr(self, name, getattr(self, name) + 1)
        self.failures.append(f"{name}: {where}")


def judge_rows(
    tally: Tally, where: str, acknowledged: Mapping[int, str], stored: Sequence[Row], in_flight: Sequence[int]
) -> None:
    """`acknowledged`: what the journal said is safe. `in_flight`: numbers of events of the appends after that, the

    last of which the cut interrupted: the first ones of them may be there, each whole or not at all.
    """
    there = dict(stored)
    allowed = set(accumulate(in_flight, initial=0))
    if any(there.get(seq) != chain for seq, chain in acknowledged.items()):
        tally.fault("lost_acknowledged", where)
    elif len(stored) - len(acknowledged) not in allowed:
        tally.fault("phantom", where)


def judge_intents(tally: Tally, where: str, charged: Iterable[str], intents: frozenset[str]) -> None:
    """`charged`: every reference in the card network's books; `intents`: those that the journal kept."""
    for reference in sorted(set(charged) - intents):
        tally.fault("charges_without_intent", f"{where} {reference}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What the surviving worlds wrote themselves, in integer minor units.

    `captures`: (reference, amount). `returned`: (reference of what was given back, amount). `rows`: amounts in the
    practice software. `payment_of`: reference -> payment, as the journal's intents say.
    """

    captures: Sequence[tuple[str, int]]
    returned: Sequence[tuple[str, int]]
    rows: Sequence[int]
    payment_of: Mapping[str, str]


def judge_end(tally: Tally, where: str, books: Books, *, attention: bool) -> None:
    """At most one charge that was not given back for a payment, and a row for each, and no other rows."""
    back = Counter[str]()
    for reference, amount in books.returned:
        back[reference] += amount
    kept = [(reference, amount) for reference, amount in books.captures if amount > back[reference]]
    per_payment = Counter(books.payment_of.get(reference, reference) for reference, _ in kept)
    tally.charges += len(kept)
    tally.postings += len(books.rows)
    tally.attention += attention
    for payment, count in per_payment.items():
        if count > 1:
            tally.fault("double_charges", f"{where} {payment}")
    for amount, count in Counter(books.rows).items():
        if count > 1:
            tally.fault("double_postings", f"{where} {amount}")
    if not attention and sorted(books.rows) != sorted(amount for _, amount in kept):
        tally.fault("wrong_ends", f"{where} charged {kept}, posted {list(books.rows)}")
