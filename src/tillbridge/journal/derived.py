"""What is derived from a payment and stored beside its events: one row, its holds, its references and markers.

Derived means: thrown away and made again from the events, it must come out the same. `check` compares.
"""

from __future__ import annotations

from typing import NamedTuple

from tillbridge.domain.payment import Payment, holds

DERIVATION = 1
"""Raise it whenever the same events come to give another row, hold, reference or marker: older files are then derived
again when they are opened, instead of being taken for damaged."""

OF_ROW = "version, operation, scope, whole_minor, currency, charged, finished"


class Row(NamedTuple):
    """The derived row of one payment, in the order of OF_ROW. Amounts are minor units of `currency`."""

    version: int
    operation: str
    scope: str
    whole_minor: int
    currency: str
    charged: str
    finished: int


class Belongings(NamedTuple):
    """What is stored under a payment's id. `held`: scope -> minor units."""

    references: frozenset[str]
    markers: frozenset[str]
    held: dict[str, int]


NOTHING = Belongings(frozenset(), frozenset(), {})


def belongings_of(payment: Payment) -> Belongings:
    return Belongings(references_of(payment), markers_of(payment), holds(payment))


def row_of(payment: Payment) -> Row:
    whole = payment.parts.whole
    return Row(
        version=payment.version,
        operation=payment.operation,
        scope=payment.debt.scope,
        whole_minor=whole.minor,
        currency=whole.currency,
        charged=payment.charged,
        finished=int(payment.finished),
    )


def references_of(payment: Payment) -> frozenset[str]:
    """Every reference that the gateway may see from this payment: of its attempts and of giving back a late one."""
    ours = {attempt.reference for attempt in payment.attempts}
    ours |= {attempt.give_back_reference for attempt in payment.attempts}
    return frozenset(ours - {""})


def markers_of(payment: Payment) -> frozenset[str]:
    return frozenset(posting.marker for posting in payment.postings)
