"""What can be asked, one row each; and how the payer's details arrive. Adding an operation is adding a row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Entry(StrEnum):
    TERMINAL = "terminal"
    KEYED_CARD = "keyed_card"
    KEYED_ACH = "keyed_ach"
    LINK = "link"
    STORED_CARD = "stored_card"
    STANDALONE = "standalone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`direction`: where the money goes, seen from the clinic. `limit`: what bounds the amount (rules 4 and 10).
    `posting`: the kind of posting record it owes, None for none. `feature`: what a gateway must offer, empty where
    the entry alone decides."""

    name: str
    direction: Literal["in", "out", "none"]
    of_payment: bool
    limit: Literal["chargeable", "left_to_give_back", "none"]
    entries: frozenset[Entry]
    posting: Literal["sale", "deposit", "refund", "void"] | None
    feature: str = ""


_TAKING = frozenset(Entry)

OPERATIONS: dict[str, Operation] = {
    row.name: row
    for row in (
        Operation(
            name="sale", direction="in", of_payment=False, limit="chargeable", entries=_TAKING, posting="sale"
        ),
        Operation(
            name="deposit", direction="in", of_payment=False, limit="none", entries=_TAKING, posting="deposit"
        ),
        Operation(
            name="void",
            direction="out",
            of_payment=True,
            limit="left_to_give_back",
            entries=frozenset(),
            posting="void",
            feature="void",
        ),
        Operation(
            name="refund",
            direction="out",
            of_payment=True,
            limit="left_to_give_back",
            entries=frozenset(),
            posting="refund",
            feature="refund",
        ),
        Operation(
            name="credit",
            direction="out",
            of_payment=False,
            limit="none",
            entries=frozenset({Entry.STANDALONE}),
            posting="refund",
        ),
        Operation(
            name="store_card",
            direction="none",
            of_payment=False,
            limit="none",
            entries=frozenset({Entry.TERMINAL, Entry.KEYED_CARD, Entry.LINK}),
            posting=None,
            feature="store_card",
        ),
    )
}

UNATTENDED = frozenset({Entry.LINK, Entry.STORED_CARD})
"""Nobody stands there to answer a question: a partial approval is kept without asking."""
