"""Typed amounts (rule 13): nobody read the debt from a screen, so only the client's name tells whose it is.

The same rules hold for them: what a typed payment holds is counted against the client's invoices on the screen, and
what is just being taken from a client is not taken again because somebody types it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tillbridge.domain.invoice import TYPED, Debt
from tillbridge.domain.money import Parts
from tillbridge.domain.money_leg import IN_DOUBT, MoneyState
from tillbridge.domain.payment import Payment, holds


def held_by_typed(open_payments: Iterable[Payment], debt: Debt) -> int:
    """Minor units that typed payments took, or may take, from the client of a debt that was read from the screen."""
    if debt.software == TYPED:
        return 0
    typed = [p for p in open_payments if p.debt.software == TYPED and may_be_same_debt(p.debt, debt)]
    return sum(
        minor for payment in typed for minor in holds(payment).values() if payment.row.direction == "in"
    )


def doubted(open_payments: Iterable[Payment], debt: Debt, parts: Parts) -> Payment | None:
    """A payment that is just taking the same amount from the same client, or perhaps took it."""
    for payment in open_payments:
        moving = any(a.state in IN_DOUBT or a.state is MoneyState.CREATED for a in payment.attempts)
        if moving and payment.parts == parts and may_be_same_debt(payment.debt, debt):
            return payment
    return None


def may_be_same_debt(one: Debt, other: Debt) -> bool:
    """The same client's, as far as both say. What an account owes belongs to each of its invoices."""
    whole = "account" in (one.balance_of, other.balance_of)
    number, others = one.invoice_number.strip(), other.invoice_number.strip()
    same = may_be_same_client(one.client, one.account_id, other.client, other.account_id)
    return same and (whole or not number or not others or number == others)


def may_be_same_client(one: str, one_account: str, other: str, other_account: str) -> bool:
    """By their accounts if both are told; else names are compared by their words, in any order."""
    if one_account and other_account:
        return one_account.strip() == other_account.strip()
    return _words(one) == _words(other)


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", name.casefold()))
