"""One payment over several invoices: its allocation, and how much of a smaller approval each of them gets.

Rules of money that live here:
 4. Each invoice's share is held on that invoice.
11. The shares sum to the base, to the cent; a fee that is booked goes with the first of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tillbridge.domain.invoice import Debt


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`minor`: what of the payment's base belongs to this invoice, in minor units."""

    debt: Debt
    minor: int


def spread(shares: Sequence[Share], minor: int) -> list[Share]:
    """An amount over the invoices in their order, each up to its share; what is beyond all shares goes with the first.
    An invoice that gets nothing is left out."""
    left, found = minor, []
    for share in shares:
        part = min(left, share.minor)
        left -= part
        found.append(Share(debt=share.debt, minor=part))
    if found and left > 0:
        found[0] = Share(debt=found[0].debt, minor=found[0].minor + left)
    return [share for share in found if share.minor > 0]


def held(shares: Sequence[Share], minor: int) -> dict[str, int]:
    """How much of an amount is held on which scope."""
    return {share.debt.scope: share.minor for share in spread(shares, minor)}
