"""One payment over several invoices of the client on the screen: which, and how much of each. Balances are read now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tillbridge.apps.agent.accounts import looked_for
from tillbridge.apps.agent.asking import text_of
from tillbridge.apps.agent.ground import Ground, OnGround
from tillbridge.apps.agent.reading import Reading, debt_of
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.invoice import BalanceOf, Debt, chargeable
from tillbridge.domain.money import parse_typed
from tillbridge.domain.shares import Share
from tillbridge.ports.practice import AccountSeen, Trouble

INVOICES_MAX = 50


class Sharing(OnGround):
    def __init__(self, ground: Ground, reading: Reading) -> None:
        super().__init__(ground)
        self._reading = reading

    def shares(self, body: dict[str, Any]) -> tuple[Share, ...]:
        """In the order of the request; without an amount all that can be taken of an invoice.

        Raises OperatorError `field_wrong`, `invoice_not_open` (the client has no open invoice of that number),
        `nothing_owed`, and whatever keeps the screen from being read.
        """
        wanted = _wanted(body)
        self._ground.pause.refuse()
        shown = debt_of(self._reading.shown(body))
        order = looked_for(shown, self._ground.currency)
        seen = self._runner.on_screen(lambda practice: practice.read_account(order))
        if isinstance(seen, Trouble):
            raise OperatorError(seen.code, **seen.facts)
        return tuple(self._share(seen, shown.balance_of, number, amount) for number, amount in wanted)

    def _share(self, seen: AccountSeen, balance_of: BalanceOf, number: str, amount: str) -> Share:
        """Where the software puts money on the oldest balance by itself, an invoice has none of its own: the engine
        refuses an allocation there."""
        balance = next((each.balance for each in seen.invoices if each.number == number), None)
        if balance is None:
            raise OperatorError("invoice_not_open", invoice_number=number)
        debt = Debt(
            software=seen.software.software,
            account_id=seen.account_id,
            client=seen.client,
            invoice_number=number,
            balance=balance,
            balance_of=balance_of,
        )
        if amount:
            return Share(debt=debt, minor=parse_typed(amount, self._ground.currency).minor)
        held = self._runner.ask(lambda engine: engine.held(debt))
        left = chargeable(balance, held).minor
        if left <= 0:
            raise OperatorError("nothing_owed")
        return Share(debt=debt, minor=left)


def _wanted(body: dict[str, Any]) -> Sequence[tuple[str, str]]:
    """Number and amount of each. Raises OperatorError `field_wrong`: no list of such, or one invoice twice."""
    given = body.get("invoices")
    rows = given if isinstance(given, list) else []
    if not 0 < len(rows) <= INVOICES_MAX or not all(isinstance(row, dict) for row in rows):
        raise OperatorError("field_wrong", field="invoices")
    found = [(text_of(row, "invoice_number").strip(), text_of(row, "amount", "")) for row in rows]
    if len({number for number, _ in found}) != len(found):
        raise OperatorError("field_wrong", field="invoices")
    return found
