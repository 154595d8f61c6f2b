"""What the client on the screen owes altogether and has with the clinic, and which payment methods there are."""

from __future__ import annotations

from typing import Any

from tillbridge.apps.agent.ground import Ground, OnGround
from tillbridge.apps.agent.reading import Reading, debt_of
from tillbridge.apps.agent.views import View, money, trouble_view
from tillbridge.domain.invoice import Debt
from tillbridge.domain.money import Money
from tillbridge.engine.given_elsewhere import CreditOffer
from tillbridge.ports.practice import AccountSeen, PostingOrder, Trouble
from tillbridge.strings import sentence


class AccountDesk(OnGround):
    def __init__(self, ground: Ground, reading: Reading) -> None:
        super().__init__(ground)
        self._reading = reading

    def account(self, body: dict[str, Any]) -> View:
        """Balance, credit and open invoices of the client on the screen; the screen stays as it was."""
        paused = self._paused()
        if paused is not None:
            return paused
        order = looked_for(debt_of(self._reading.shown(body)), self._ground.currency)
        seen = self._runner.on_screen(lambda practice: practice.read_account(order))
        if isinstance(seen, Trouble):
            return {"trouble": trouble_view(seen)}
        return {**account_view(seen), "credit_offers": self._offers(seen)}

    def _offers(self, seen: AccountSeen) -> list[View]:
        """A returned item left a credit: which cards that paid can get it back."""
        credit = seen.credit
        if credit is None or credit.minor <= 0:
            return []
        software = seen.software.software
        found = self._runner.ask(lambda engine: engine.credit_offers(software, seen.account_id, credit))
        return [_offer_view(offer) for offer in found]

    def payment_methods(self) -> View:
        """As the practice software writes them now."""
        paused = self._paused()
        if paused is not None:
            return paused
        seen = self._runner.on_screen(lambda practice: practice.list_payment_methods())
        return {"trouble": trouble_view(seen)} if isinstance(seen, Trouble) else {"methods": list(seen)}


def account_view(seen: AccountSeen) -> View:
    return {
        "account_id": seen.account_id,
        "client": seen.client,
        "balance": money(seen.balance),
        "credit": money(seen.credit),
        "invoices": [
            {"invoice_number": each.number, "balance": money(each.balance)} for each in seen.invoices
        ],
    }


def _offer_view(offer: CreditOffer) -> View:
    """Give it back with `in_software`: it stands in the practice software already."""
    amount = money(offer.amount)
    assert amount is not None
    facts = {"amount": amount["text"], "brand": offer.brand, "last4": offer.last4}
    return {
        "payment_id": offer.payment_id,
        "amount": amount,
        "brand": offer.brand,
        "last4": offer.last4,
        "text": sentence("credit", facts, section="offer"),
    }


def looked_for(debt: Debt, currency: str) -> PostingOrder:
    """Whose account it is; nothing is to be posted."""
    return PostingOrder(
        payment_id="",
        kind="sale",
        account_id=debt.account_id,
        client=debt.client,
        invoice_number=debt.invoice_number,
        amount=debt.balance or Money(minor=0, currency=currency),
        marker="",
        balance=None,
        payment_method="",
        employee="",
    )
