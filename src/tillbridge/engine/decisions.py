"""What a person decides about a payment: journalled with a name, never guessed.

Rules of money that live here:
 3. Giving up on a doubt is a named person's; a running terminal is cancelled first.
 8. Whether something stands in the books is said by a person only where nobody else can tell.
"""

from __future__ import annotations

from tillbridge.domain.errors import Fact, ImpossibleEvent, OperatorError
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.fold import apply
from tillbridge.domain.guards import money_cell, posting_cell
from tillbridge.domain.invoice import Debt
from tillbridge.domain.moment import Moment
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.payment import OVERRIDABLE, Attempt, Payment
from tillbridge.domain.posting_leg import PostingEvent
from tillbridge.engine.terminals import Terminals


class Decisions(Terminals):
    """The part of the engine that people speak to after a payment has begun."""

    __slots__ = ()

    def cancel(self, payment_id: str, person: str = "") -> Payment:
        """Ask to stop what is on the terminal: a request, not a fact. The outcome comes by inquiry.

        Raises OperatorError `unknown_payment`, `nothing_to_cancel`.
        """
        return self._tell(payment_id, MoneyEvent.CANCEL_ASKED, person, "nothing_to_cancel")

    def stop(self, payment_id: str, person: str) -> Payment:
        """A named person gives up on an unknown attempt: the one-way door of killing.

        Raises OperatorError `cancel_first` while the terminal still has it, `nothing_to_stop`.
        """
        live = self._known(payment_id).live
        if live is not None and live.state in (MoneyState.SENDING, MoneyState.RUNNING):
            raise OperatorError("cancel_first", payment_id=payment_id)
        return self._tell(payment_id, MoneyEvent.STOPPED, person, "nothing_to_stop")

    def allow_another(self, payment_id: str, person: str) -> Payment:
        """A named person allows a new attempt although nobody knows what became of the last one. The client may be
        charged twice until the older one is given back: the face says so before it asks.

        Raises OperatorError `unknown_payment`, `cancel_first` while the terminal still has it, `nothing_to_stop`.
        """
        payment = self._known(payment_id)
        live = payment.live
        if live is not None and live.state in (MoneyState.SENDING, MoneyState.RUNNING):
            raise OperatorError("cancel_first", payment_id=payment_id)
        if live is None or live.state not in OVERRIDABLE:
            raise OperatorError("nothing_to_stop", payment_id=payment_id)
        allowed = self._event(PaymentEvent.ATTEMPT_OVERRIDDEN, live.reference, {"person": person})
        return self._append(payment_id, payment, (allowed,))

    def keep_partial(self, payment_id: str, keep: bool, person: str) -> Payment:
        """The cashier's answer to a partial approval: keep it, or give it back (void, else refund).

        Raises OperatorError `nothing_to_decide`: it was decided, or nobody answered in time and it was kept.
        """
        payment = self._known(payment_id)
        attempt = next((a for a in payment.attempts if payment.undecided(a)), None)
        if attempt is None:
            raise OperatorError("nothing_to_decide", payment_id=payment_id)
        kind = PaymentEvent.KEEP_DECIDED if keep else MoneyEvent.STOPPED
        decided = self._event(kind, attempt.reference, {"keep": keep, "person": person})
        return self._append(payment_id, payment, (decided,))

    def person_says(self, payment_id: str, marker: str, posted: bool | None, person: str) -> Payment:
        """A person settles a posting: it is in the books (True), it is not (False), it is not needed (None).

        Raises OperatorError `unknown_payment`, `unknown_posting`, `nothing_to_decide` (it is decided, or being typed).
        """
        payment = self._known(payment_id)
        if payment.posting(marker) is None:
            raise OperatorError("unknown_posting", payment_id=payment_id)
        kind = {
            True: PostingEvent.SAID_POSTED,
            False: PostingEvent.SAID_NOT_POSTED,
            None: PostingEvent.DROPPED,
        }[posted]
        said = self._event(kind, marker, {"person": person})
        if posting_cell(payment, said) is None:
            raise OperatorError("nothing_to_decide", payment_id=payment_id)
        return self._append(payment_id, payment, (said,))

    def attach(self, payment_id: str, debt: Debt, person: str) -> Payment:
        """A named person says whose a typed amount is: from now on it is entered there like any other.

        `debt`: as read from the screen. Raises OperatorError `unknown_payment`, `currency_not_offered`,
        `nothing_to_decide`: it was not typed, it may be in the books, or `debt` names no account.
        """
        payment = self._known(payment_id)
        currency = payment.parts.whole.currency
        if debt.balance is not None and debt.balance.currency != currency:
            raise OperatorError("currency_not_offered", currency=debt.balance.currency)
        facts: dict[str, Fact] = {
            "software": debt.software,
            "account_id": debt.account_id,
            "client": debt.client,
            "invoice_number": debt.invoice_number,
            "balance_minor": debt.balance.minor if debt.balance is not None else None,
            "balance_of": debt.balance_of,
            "person": person,
        }
        said = self._event(PaymentEvent.ATTACHED, "", facts)
        try:
            apply(payment_id, payment, said)
        except ImpossibleEvent:
            raise OperatorError("nothing_to_decide", payment_id=payment_id) from None
        self.resume(payment_id)
        return self._append(payment_id, payment, (said,))

    def resume(self, payment_id: str) -> Payment:
        """Forget the waiting times of a payment: everything that can go on is due now."""
        payment = self._known(payment_id)
        for key in [key for key in self.tried if key[0] == payment_id]:
            del self.tried[key]
        self.turn.at_once.add(payment_id)
        return payment

    def end_task(self, payment_id: str, task: str, person: str) -> Payment:
        """A named person has looked at what a task asks and is done with it. `posting_missing` (money that nothing was
        written down for): they entered it themselves.

        Raises OperatorError `unknown_payment`, `nothing_to_decide`: there is no such task (any more).
        """
        payment = self._known(payment_id)
        missing = [a for a in payment.attempts if payment.posting_missing(a)]
        if task == "posting_missing" and missing:
            entered = [event for a in missing for event in self._entered_by_hand(payment, a, person)]
            return self._append(payment_id, payment, entered)
        if task not in payment.tasks:
            raise OperatorError("nothing_to_decide", payment_id=payment_id)
        facts: dict[str, Fact] = {"code": "task_ended", "task_done": task, "person": person}
        return self._append(payment_id, payment, (self._event(PaymentEvent.NOTED, "", facts),))

    def pause(self, for_ms: int) -> Moment:
        """Leave the screen alone for so long; money goes on. The moment when it ends by itself.

        Raises OperatorError `pause_too_long`.
        """
        return self.turn.pause(for_ms, self.clock.now())

    def end_pause(self) -> None:
        self.turn.end_pause(self.clock.now())

    @property
    def paused_until(self) -> Moment | None:
        """None = not paused. While it is not None nothing may touch the screen, a rehearsal neither."""
        now = self.clock.now()
        left = self.turn.pause_left_ms(now)
        return now.plus_ms(left) if left else None

    def _entered_by_hand(self, payment: Payment, attempt: Attempt, person: str) -> list[Event]:
        marker, kind = self._marker(attempt), payment.row.posting
        minor = payment.to_book(attempt, fee=self.policy.fee_in_software).minor
        facts: dict[str, Fact] = {"kind": kind, "reference": attempt.reference, "amount_minor": minor}
        return [
            self._event(PaymentEvent.POSTING_CREATED, marker, facts),
            self._event(PostingEvent.OWED, marker, {}),
            self._event(PostingEvent.SAID_POSTED, marker, {"person": person}),
        ]

    def _tell(self, payment_id: str, kind: MoneyEvent, person: str, refused: str) -> Payment:
        payment = self._known(payment_id)
        live = payment.live
        if live is not None and not live.taken:
            told = self._event(kind, live.reference, {"person": person})
            if money_cell(payment, told) is not None:
                return self._append(payment_id, payment, (told,))
        raise OperatorError(refused, payment_id=payment_id)
