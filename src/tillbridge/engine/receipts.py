"""Receipts: counted before they are made, so that a second one says that it is a copy. Part of the engine that people
speak to. It moves no money and tells nothing that is not in the journal."""

from __future__ import annotations

from tillbridge.domain.errors import Fact, OperatorError
from tillbridge.domain.event import PaymentEvent
from tillbridge.domain.operation import Entry
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.domain.payment import Payment
from tillbridge.domain.receipt import Agreed, Receipt, receipt_of
from tillbridge.engine.writing import Writing


class Receipts(Writing):
    __slots__ = ()

    def make_receipt(self, payment_id: str, how: str, key: str = "", person: str = "") -> Receipt:
        """`how`: `print`, `save`, `email` or `text`. `key`: the same one again is the same receipt, not a copy;
        without one it is a new receipt. Journalled before anything is printed or sent.

        Raises OperatorError `unknown_payment`, `no_receipt_yet` (then nothing is counted), `card_number_typed`.
        """
        if any(looks_like_card_number(text) for text in (key, person)):
            raise OperatorError("card_number_typed")
        payment = self._known(payment_id)
        key = key or f"{payment_id}:{len(payment.receipts) + 1}"
        events = [stored.event for stored in self.journal.events(payment_id)]
        parent = self.journal.payment(payment.of) if payment.of else None
        made = dict.fromkeys((*payment.receipts, key))
        copy = list(made).index(key) + 1
        receipt = receipt_of(
            payment,
            events,
            clinic=self.policy.clinic_name,
            copy=copy,
            given_back=parent,
            agreed=self._agreed(payment),
        )
        if key not in payment.receipts:
            facts: dict[str, Fact] = {"key": key, "how": how, "number": copy, "person": person}
            self._append(payment_id, payment, (self._event(PaymentEvent.RECEIPT_MADE, "", facts),))
        return receipt

    def _agreed(self, payment: Payment) -> Agreed | None:
        """What the client agreed to before a bank debit: word for word as it was recorded then."""
        asked = [a.consent_id for a in payment.attempts if a.consent_id and payment.entry is Entry.KEYED_ACH]
        consent = self.journal.site.consent(asked[-1]) if asked else None
        if consent is None:
            return None
        return Agreed(
            kind=consent.kind,
            text=consent.text,
            version=consent.version,
            given_by=consent.given_by,
            given_wall_ms=consent.given_wall_ms,
        )
