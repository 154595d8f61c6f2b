"""More was taken than fits: what fits is entered, and the rest goes back or is kept as the client's prepayment.

Rules of money that live here:
 6. Our amount has to fit what is owed now. Where somebody stands at the desk a person decides on the rest; where nobody
    does (a link), what fits is entered and the rest becomes a person's task.
 8. What fits is entered now, whenever the rest goes back.
10. The rest is what was taken, less what stands in the books, went back, or is on its way back.
"""

from __future__ import annotations

from dataclasses import replace

from tillbridge.domain.errors import Fact, OperatorError
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.guards import posting_cell
from tillbridge.domain.money import Money
from tillbridge.domain.operation import UNATTENDED
from tillbridge.domain.outcome import Inquiry
from tillbridge.domain.payment import Payment, Posting
from tillbridge.domain.posting_leg import PostingEvent
from tillbridge.engine import returned_books
from tillbridge.engine.given_elsewhere import RecordingGiveBacks
from tillbridge.engine.giving_back import GiveBackRequest
from tillbridge.engine.returned_books import OVERPAID
from tillbridge.ports.gateway import Capabilities


class Resting(RecordingGiveBacks):
    """The part of the engine that decides on what was taken too much."""

    __slots__ = ()

    def rest_of(self, payment_id: str) -> Money:
        """What was taken, is in nobody's books, and is not on its way back."""
        return returned_books.rest(self, self._known(payment_id))

    def decide_rest(
        self,
        payment_id: str,
        marker: str,
        keep: bool,
        person: str,
        found: Inquiry | None = None,
        capabilities: Capabilities | None = None,
    ) -> Payment:
        """More was taken than is still owed: keep the rest as the client's credit, or give it back and enter what fits.

        The same decision again is the same give-back. Without the gateway's answer (`found`) it is asked by itself.
        Raises OperatorError `unknown_payment`, `unknown_posting`, `nothing_to_decide`, and those of `give_back`.
        """
        payment = self._known(payment_id)
        posting = payment.posting(marker)
        if posting is None:
            raise OperatorError("unknown_posting", payment_id=payment_id)
        kept = self._event(PostingEvent.REST_AS_CREDIT, marker, {"person": person})
        if posting.reason != "does_not_fit" or posting_cell(payment, kept) is None:
            raise OperatorError("nothing_to_decide", payment_id=payment_id)
        if keep:
            return self._append(payment_id, payment, (kept,))
        fits = _fits(payment, posting)
        rest = Money(minor=posting.amount.minor - fits, currency=posting.amount.currency)
        whole = not fits and rest.minor >= payment.parts.base.minor
        request = GiveBackRequest(
            payment_id=f"rest-{marker}", of=payment_id, amount=None if whole else rest, person=person
        )
        self.give_back(request, found, capabilities)
        payment = self._known(payment_id)
        return self._append(payment_id, payment, returned_books.instead(self, payment, posting, fits))

    def keep_as_prepayment(self, payment_id: str, person: str) -> Payment:
        """Keep what was paid too much as the client's prepayment: a deposit record of its own.

        Raises OperatorError `unknown_payment`, `nothing_to_decide`: nothing is left over.
        """
        payment, rest = self._known(payment_id), self.rest_of(payment_id)
        attempt = next((a for a in payment.attempts if a.taken), None)
        if attempt is None or rest.minor <= 0:
            raise OperatorError("nothing_to_decide", payment_id=payment_id)
        on_account = replace(payment.debt, invoice_number="", balance=None, balance_of="invoice")
        kept = returned_books.owed(self, attempt, "deposit", rest.minor, on_account)
        done: dict[str, Fact] = {"code": "rest_kept", "task_done": OVERPAID, "person": person}
        return self._append(payment_id, payment, (*kept, self._event(PaymentEvent.NOTED, "", done)))

    def _overpaid(self, payment: Payment, events: list[Event]) -> list[Event]:
        """Nobody stands there to ask: what fits is entered, and a person is told of the rest."""
        asked = next((e for e in events if e.text("reason") == "does_not_fit"), None)
        posting = payment.posting(asked.subject) if asked is not None else None
        if posting is None or asked is None or payment.entry not in UNATTENDED:
            return events
        fits = max(0, asked.number("balance_minor"))
        task: dict[str, Fact] = {
            "code": OVERPAID,
            "task": OVERPAID,
            "rest_minor": posting.amount.minor - fits,
        }
        return [
            *returned_books.instead(self, payment, posting, fits),
            self._event(PaymentEvent.NOTED, posting.marker, task),
        ]


def _fits(payment: Payment, posting: Posting) -> int:
    balance = posting.balance_seen or payment.debt_of(posting).balance
    return min(posting.amount.minor, max(0, balance.minor)) if balance is not None else posting.amount.minor
