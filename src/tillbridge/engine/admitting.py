"""May it begin? What bounds an amount, and what is refused at the door because of other payments.

Rules of money that live here:
 4. Chargeable is the balance read now, less everything held; a balance that was read before a posting came in is stale.
    One slip of another terminal is one payment.
10. A give-back takes no more than is left; a void takes the whole.
13. A typed amount has no balance to be held against, and what is just being taken is not taken again by typing it.
"""

from __future__ import annotations

from collections.abc import Sequence

from tillbridge.domain.errors import OperatorError
from tillbridge.domain.event import PaymentEvent
from tillbridge.domain.invoice import Debt
from tillbridge.domain.moment import Moment
from tillbridge.domain.money import Money
from tillbridge.domain.payment import Payment, left_to_give_back
from tillbridge.domain.posting_leg import PostingState
from tillbridge.domain.shares import Share
from tillbridge.engine.requests import PayRequest
from tillbridge.engine.typed import doubted, held_by_typed
from tillbridge.engine.writing import Writing
from tillbridge.ports.journal import Limit

RECENT = 100
"""So many payments are looked through for one that went into the books since a balance was read."""

SLIPS = 5_000
"""So many are looked through for a slip that was written down before: some months of a busy clinic."""


class Admitting(Writing):
    """The part of the engine that stands at the door."""

    __slots__ = ()

    def held(self, debt: Debt) -> int:
        """Minor units of a debt that are being taken, or were taken and are not seen in the books (rule 4)."""
        return self.journal.held_minor(debt.scope) + self._typed(debt)

    def slip_checked(self, payment_id: str, person: str) -> Payment:
        """A named person held it against the other terminal's own report.

        Raises OperatorError `unknown_payment`, `nothing_to_decide`."""
        payment = self._known(payment_id)
        waits = next((a for a in payment.attempts if a.to_check), None)
        if waits is None:
            raise OperatorError("nothing_to_decide", payment_id=payment_id)
        said = self._event(PaymentEvent.SLIP_CHECKED, waits.reference, {"person": person})
        return self._append(payment_id, payment, (said,))

    def _limit(self, request: PayRequest) -> Limit | None:
        """Rules 4 and 10. A typed amount (no balance read) has no limit of its own (rule 13)."""
        if request.of:
            parent = self.journal.payment(request.of)
            if parent is None:
                raise OperatorError("parent_unknown", payment_id=request.of)
            left = left_to_give_back(parent)
            if request.operation == "void" and request.parts.whole.minor < left.minor:
                raise OperatorError("void_takes_all", left_minor=left.minor, currency=left.currency)
            return Limit(scope=f"payment:{request.of}", minor=left.minor)
        balance = request.debt.balance
        if balance is None or request.operation != "sale":
            return None
        return Limit(scope=request.debt.scope, minor=max(0, balance.minor - self._typed(request.debt)))

    def _further(self, shares: Sequence[Share]) -> tuple[Limit, ...]:
        """The limits of a payment over several invoices beside the first one's, held in the same transaction."""
        balances = [(share.debt.scope, share.debt.balance) for share in shares[1:]]
        return tuple(Limit(scope=scope, minor=b.minor) for scope, b in balances if b is not None)

    def _typed(self, debt: Debt) -> int:
        return held_by_typed(self._open(), debt)

    def _limit_again(self, payment: Payment, now: Money | None) -> Limit | None:
        balance = now or payment.debt.balance
        if payment.of:
            return Limit(
                scope=f"payment:{payment.of}", minor=left_to_give_back(self._known(payment.of)).minor
            )
        if balance is None or payment.operation != "sale":
            return None
        return Limit(scope=payment.debt.scope, minor=max(0, balance.minor - self._typed(payment.debt)))

    def _refuse_stale(self, debt: Debt, read_at: Moment | None) -> None:
        """Rule 4: a payment that went into the books holds nothing any more, and a balance that was read before that
        does not show it."""
        if read_at is None or debt.balance is None:
            return
        booked = self.booked.get(debt.scope)
        if booked is not None and _not_before(booked, read_at):
            raise OperatorError("balance_changed")
        for payment in self.journal.recent(RECENT):
            posted = [p for p in payment.postings if p.state is PostingState.POSTED]
            here = [p.since for p in posted if payment.debt_of(p).scope == debt.scope]
            if any(_not_before(at, read_at) for at in here):
                raise OperatorError("balance_changed")

    def _refuse_doubted(self, request: PayRequest) -> None:
        """Rule 13: the same rules hold for a typed amount."""
        if request.debt.balance is not None or request.operation != "sale":
            return
        other = doubted(self._open(), request.debt, request.parts)
        if other is not None:
            raise OperatorError("still_finding_out", payment_id=other.payment_id)

    def _refuse_same_slip(self, request: PayRequest) -> None:
        """One slip of another terminal is one payment. Raises OperatorError `slip_used`."""
        slip = request.slip
        for payment in self.journal.recent(SLIPS) if slip is not None else ():
            for a in payment.attempts:
                same = slip is not None and (a.auth_code, a.last4) == (slip.auth_code.upper(), slip.last4)
                if same and a.where == "slip" and a.asked == request.parts.whole:
                    raise OperatorError("slip_used", payment_id=payment.payment_id)


def _not_before(at: Moment, other: Moment) -> bool:
    return at.mono_ms >= other.mono_ms if at.boot == other.boot else at.wall_ms >= other.wall_ms
