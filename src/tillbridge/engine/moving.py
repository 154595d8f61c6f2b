"""Move: a payment that went to the wrong client or invoice goes to the right one. The card is not touched.

Rules of money that live here:
 4. The right debt is reserved with the move itself; more than it still takes is refused.
 6. The wrong row is taken back by a record of its own, and only when that is seen in the books the right one is typed,
    with a marker of its own. One that was never typed is simply typed elsewhere.
 7. What may be in the books is found out about before it is moved.
"""

from __future__ import annotations

from tillbridge.domain.errors import Fact, OperatorError
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.invoice import TYPED, Debt
from tillbridge.domain.payment import Attempt, Payment, Posting
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine import returned_books
from tillbridge.engine.resting import Resting
from tillbridge.engine.typed import held_by_typed
from tillbridge.ports.journal import Limit


class Moving(Resting):
    """The part of the engine that puts a payment where it belongs."""

    __slots__ = ()

    def move(self, payment_id: str, marker: str, debt: Debt, person: str) -> Payment:
        """A named person says where a payment belongs. `debt`: as read from the screen, with its balance.

        Raises OperatorError `unknown_payment`, `unknown_posting`, `person_missing`, `nothing_to_move` (it belongs there
        already, or nothing of it is in the books or waits for them), `move_not_yet` (it may be in the books, or some
        of it went back), `not_chargeable` (more than is owed there), `currency_not_offered`.
        """
        payment = self._known(payment_id)
        posting = payment.posting(marker)
        if posting is None:
            raise OperatorError("unknown_posting", payment_id=payment_id)
        if not person.strip():
            raise OperatorError("person_missing")
        attempt = self._movable(payment, posting, debt)
        moved: dict[str, Fact] = {
            "person": person,
            "to_client": debt.client,
            "to_invoice": debt.invoice_number,
        }
        events = [
            self._event(PaymentEvent.MOVED, marker, moved),
            *self._records(payment, posting, attempt, debt),
        ]
        return self._append(payment_id, payment, events, self._room(debt))

    def _movable(self, payment: Payment, posting: Posting, debt: Debt) -> Attempt:
        attempt = payment.attempt(posting.reference)
        same = payment.debt_of(posting).scope == debt.scope
        standing = attempt is not None and posting in payment.standing(attempt.reference)
        if attempt is None or same or not standing or debt.software == TYPED or not debt.account_id:
            raise OperatorError("nothing_to_move", payment_id=payment.payment_id)
        if debt.balance is not None and debt.balance.currency != posting.amount.currency:
            raise OperatorError("currency_not_offered", currency=debt.balance.currency)
        posted = posting.state is PostingState.POSTED
        undecided = payment.undecided(attempt) or (posted and posting.settle_first)
        gone = posted and returned_books.left_of(self, payment, posting) < posting.amount.minor
        taken_back = any(
            p.of_marker == posting.marker and p.state is not PostingState.NOT_NEEDED for p in payment.postings
        )
        if undecided or gone or taken_back or not (posted or returned_books.surely_absent(posting)):
            raise OperatorError("move_not_yet", payment_id=payment.payment_id)
        return attempt

    def _records(self, payment: Payment, posting: Posting, attempt: Attempt, debt: Debt) -> list[Event]:
        """The row against the wrong one, and the right one, which waits for it."""
        minor, kind = posting.amount.minor, posting.kind
        if posting.state is not PostingState.POSTED:
            gone = returned_books.instead(self, payment, posting, 0)
            return [*gone, *returned_books.owed(self, attempt, kind, minor, debt)]
        back = returned_books.owed(
            self, attempt, payment.reversal, minor, payment.debt_of(posting), of_marker=posting.marker
        )
        right = returned_books.owed(self, attempt, kind, minor, debt, after=back[0].subject)
        return [*back, *right]

    def _room(self, debt: Debt) -> Limit | None:
        if debt.balance is None:
            return None
        typed = held_by_typed(self._open(), debt)
        return Limit(scope=debt.scope, minor=max(0, debt.balance.minor - typed))
