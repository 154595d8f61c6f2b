"""The invoice on the screen, as a payment needs it: read when it was asked for, tried before the card, held against
what the face showed."""

from __future__ import annotations

from typing import Any

from tillbridge.apps.agent.asking import flag_of, refuse_newcomer
from tillbridge.apps.agent.ground import OnGround
from tillbridge.apps.agent.rehearsed import Rehearsed
from tillbridge.apps.agent.rehearsing import SLOW
from tillbridge.domain.errors import OperatorError, TillbridgeError
from tillbridge.domain.invoice import Debt, chargeable
from tillbridge.domain.money import Money
from tillbridge.domain.payment import Payment
from tillbridge.ports.practice import InvoiceSeen, Trouble

AGAIN_READ_S = 15.0
"""So long another card waits for the screen to tell what is owed now."""


class Reading(OnGround):
    """Raises OperatorError: whatever keeps the screen from being read, or that it shows another invoice."""

    def at_charge(self, body: dict[str, Any], wanted: Money | None) -> tuple[InvoiceSeen, Rehearsed | None]:
        """The invoice on the screen, after its window was rehearsed if that was due; what kept it from that."""
        self._ground.pause.refuse()
        seen = self.shown(body)
        debt, owed = self.owed(seen)
        expected = body.get("expected_minor", owed.minor)
        if wanted is None and (owed.minor <= 0 or expected != owed.minor):
            return seen, None  # refused below, or the same press again: no rehearsal
        if seen.entering is not None and not flag_of(body, "anyway"):
            return seen, None  # the engine refuses it
        tried, notice = self.tried_first(seen, debt)
        return self.shown(body) if tried else seen, notice

    def tried_first(self, seen: InvoiceSeen, debt: Debt) -> tuple[bool, Rehearsed | None]:
        """Was the window touched for a rehearsal that is over (then the screen is read once more), and what kept it
        from one. Raises OperatorError `rehearsal_drift`.
        """
        rehearsals = self._ground.rehearsals
        before = rehearsals.memory.newest()
        notice = rehearsals.before_charge(seen, debt)
        is_over = notice is None or notice.code != SLOW
        return is_over and rehearsals.memory.newest() != before, notice

    def shown(self, body: dict[str, Any]) -> InvoiceSeen:
        """Raises OperatorError: whatever keeps it from being read, or it is not what the face showed."""
        seen = self._runner.on_screen(lambda practice: practice.read_invoice())
        if isinstance(seen, Trouble):
            raise OperatorError(seen.code, **seen.facts)
        refuse_newcomer(debt_of(seen), body)
        return seen

    def owed(self, seen: InvoiceSeen) -> tuple[Debt, Money]:
        """What may be taken of it now (rule 4)."""
        debt = debt_of(seen)
        held = self._runner.ask(lambda engine: engine.held(debt))
        return debt, chargeable(seen.balance, held)

    def shown_now(self, payment: Payment) -> InvoiceSeen | None:
        """The payment's own invoice as the screen shows it; None if it shows another one, or cannot be read (rule
        13)."""
        if payment.debt.balance is None or self._paused() is not None:
            return None
        try:
            seen = self._runner.on_screen(lambda practice: practice.read_invoice(), AGAIN_READ_S)
        except TillbridgeError:
            return None
        same = isinstance(seen, InvoiceSeen) and debt_of(seen).scope == payment.debt.scope
        return seen if same and isinstance(seen, InvoiceSeen) else None


def debt_of(seen: InvoiceSeen) -> Debt:
    return Debt(
        software=seen.software.software,
        account_id=seen.account_id,
        client=seen.client,
        invoice_number=seen.invoice_number,
        balance=seen.balance,
        balance_of=seen.balance_of,
    )
