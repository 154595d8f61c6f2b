"""What is owed, as the practice software shows it, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tillbridge.domain.errors import Fact
from tillbridge.domain.money import Money

BalanceOf = Literal["invoice", "account"]
"""Whose the balance is: one invoice's, or the account's where the software puts money on the oldest balance."""

TYPED = "typed"
"""The software of a debt that nobody read from a screen (rule 13)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """Where a payment belongs: it stays pinned to this for ever (rule 5).

    `account_id` is text and keeps leading zeros. `invoice_number` is empty for a payment on account.
    `balance` is what was read when the payment was made; None for a typed amount (rule 13).
    """

    software: str
    account_id: str
    client: str
    invoice_number: str
    balance: Money | None
    balance_of: BalanceOf = "invoice"

    @property
    def scope(self) -> str:
        """The name under which reservations on this debt are counted (rule 4).

        An account's balance is owed once, whichever of its invoices is on the screen.
        """
        if self.balance_of == "account":
            return f"account:{self.software}:{self.account_id}"
        return f"invoice:{self.software}:{self.account_id}:{self.invoice_number}"

    def facts(self) -> dict[str, Fact]:
        """As events tell whose money it is."""
        return {
            "software": self.software,
            "account_id": self.account_id,
            "client": self.client,
            "invoice_number": self.invoice_number,
            "balance_minor": self.balance.minor if self.balance is not None else None,
            "balance_of": self.balance_of,
        }


def balance_of(word: str) -> BalanceOf:
    """As an event says it; what older events do not say is an invoice's."""
    return "account" if word == "account" else "invoice"


def chargeable(balance: Money, held_minor: int) -> Money:
    """Rule 4: the balance read now, less what is running, unknown, pending, or taken and not yet seen posted.

    Never below zero: an invoice that is over-held can take nothing more.
    """
    return Money(minor=max(0, balance.minor - held_minor), currency=balance.currency)
