"""Money that went back without us: on another terminal, an older machine, in a portal. A named person says so.

Rules of money that live here:
 8. What a person recorded owes its row in the books like everything else, unless it stands there already.
10. It is counted once under its key, never above what is left, and nothing of it is given back a second time.
"""

from __future__ import annotations

from dataclasses import dataclass

from tillbridge.domain import giving_back as rules
from tillbridge.domain.errors import Fact, OperatorError
from tillbridge.domain.event import Event
from tillbridge.domain.money import Money
from tillbridge.domain.money_leg import MoneyEvent
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.domain.payment import Payment
from tillbridge.engine.giving_back import GivingBack

RECENT = 500
"""So many payments are looked through for those of a client who has a credit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenElsewhere:
    """`record_id` was made and saved by the face before (rule 1). `amount`: the whole sum that went back; None = all
    that is left. `how`: what the slip or the portal says. `in_software`: it stands in the practice software already."""

    record_id: str
    of: str
    amount: Money | None = None
    person: str = ""
    how: str = ""
    in_software: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditOffer:
    """A client has a credit, and this payment of theirs can be given back up to `amount`."""

    payment_id: str
    amount: Money
    brand: str
    last4: str


class RecordingGiveBacks(GivingBack):
    """The part of the engine that is told of money that went back."""

    __slots__ = ()

    def record_given_back(self, given: GivenElsewhere) -> Payment:
        """Write down that a payment of ours was given back without us. Sends nothing.

        Raises OperatorError `unknown_payment`, `person_missing`, `card_number_typed`, `nothing_to_give_back`,
        `over_refund`, `dispute_open`, `still_finding_out`.
        """
        parent = self._known(given.of)
        if not given.person.strip():
            raise OperatorError("person_missing")
        if any(looks_like_card_number(text) for text in (given.record_id, given.person, given.how)):
            raise OperatorError("card_number_typed")
        key = f"said:{given.record_id}"
        if any(key in attempt.counted for attempt in parent.attempts):
            return parent
        attempt = self._taken_of(parent, by_hand=True)
        left = self._kept(parent, None).left
        amount = given.amount or left
        if left.minor <= 0:
            raise OperatorError("nothing_to_give_back")
        if not 0 < amount.minor <= left.minor or amount.currency != left.currency:
            raise OperatorError("over_refund", left_minor=left.minor, currency=left.currency)
        self._keeps_what_is_left(parent, attempt, given.person)
        parent = self._known(given.of)
        facts: dict[str, Fact] = {
            "returned_minor": amount.minor,
            "key": key,
            "person": given.person,
            "how": given.how,
            "in_software": given.in_software,
        }
        said: Event = self._event(MoneyEvent.REFUNDED_ELSEWHERE, attempt.reference, facts)
        return self._append(given.of, parent, (said,))

    def credit_offers(self, software: str, account_id: str, credit: Money) -> tuple[CreditOffer, ...]:
        """A returned item left a credit in the practice software: which payments by card can be given back for it, the
        newest first. What is given back for a credit stands in the software already (`in_software`)."""
        found: list[CreditOffer] = []
        for payment in self.journal.recent(RECENT):
            offer = self._credit_offer(payment, credit)
            mine = any(
                (d.software, d.account_id) == (software, account_id)
                for d in (payment.debt, *(p.debt for p in payment.postings if p.debt is not None))
            )
            if mine and offer is not None:
                found.append(offer)
        return tuple(found)

    def _credit_offer(self, payment: Payment, credit: Money) -> CreditOffer | None:
        try:
            attempt = self._taken_of(payment)
            kept = self._kept(payment, None)
            left = rules.to_give_back(kept, None).base
        except OperatorError:
            return None
        minor = min(credit.minor, left.minor)
        if minor <= 0 or credit.currency != left.currency:
            return None
        amount = Money(minor=minor, currency=credit.currency)
        return CreditOffer(
            payment_id=payment.payment_id, amount=amount, brand=attempt.brand, last4=attempt.last4
        )
