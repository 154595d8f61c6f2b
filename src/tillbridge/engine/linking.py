"""Payment links: sent, shown once more, closed when they are not needed. Part of the engine that people speak to.

Rules of money that live here:
 4. A link holds its amount. A terminal is armed for the same invoice only after the link's close is proved by inquiry:
    `instead_of` asks for the close and refuses until then.
12. A close is a request: a client who pays in that moment has paid, and keeps what they paid for.
"""

from __future__ import annotations

from dataclasses import replace

from tillbridge.domain.errors import Fact, OperatorError
from tillbridge.domain.event import Event
from tillbridge.domain.invoice import Debt
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.next_command import SendMessage
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine import message_steps
from tillbridge.engine.typed import held_by_typed
from tillbridge.engine.work import Result, Task, Tell
from tillbridge.engine.writing import Writing
from tillbridge.ports.messages import Sent
from tillbridge.ports.practice import LedgerSeen

NOT_NEEDED = "paid_otherwise"
"""Why a link was closed by itself: less is owed than it asks for."""


class Linking(Writing):
    """Everything about links but taking the money, which is like any other."""

    __slots__ = ()

    def send_link(self, payment_id: str, by: str = "", to: str = "", person: str = "") -> Payment:
        """Tell the client of a link once more, or for the first time: by `email` or `text`; what is left out is as
        before.

        Raises OperatorError `unknown_payment`, `no_open_link`, `message_on_its_way`, `address_missing`,
        `email_unreadable`, `phone_unreadable`.
        """
        payment = self._known(payment_id)
        attempt = self._open_link(payment)
        before = attempt.reach
        if before is not None and before.sending is not None:
            raise OperatorError("message_on_its_way", payment_id=payment_id)
        same = before is not None and by in ("", before.by)
        way, address = by or (before.by if before else ""), to or (before.to if before and same else "")
        if not way or not address:
            raise OperatorError("address_missing")
        remind_in_ms = self.policy.remind_in_ms(attempt.valid_ms)
        now = self.clock.now()
        wish = message_steps.wanted(attempt.reference, way, address, remind_in_ms, person, now)
        return self._append(payment_id, payment, (wish,))

    def open_links(self, client: str = "") -> list[Payment]:
        """The links that can still be paid, oldest first; `client`: a part of the name, or the account."""
        word = client.strip().casefold()
        found = message_steps.links(self._open())
        return [p for p in found if word in p.debt.client.casefold() or word == p.debt.account_id.casefold()]

    def close_first(self, payment_id: str, person: str = "") -> None:
        """Something else is to be taken instead: close the link or page that waits, and go on only when that is proved.

        Raises OperatorError `unknown_payment`, `link_closing` (it was asked to close; ask again in a moment),
        `link_paid` (it was paid), `still_finding_out` (it is no link, and nobody knows yet).
        """
        payment = self._known(payment_id)
        if any(attempt.taken for attempt in payment.attempts):
            raise OperatorError("link_paid", payment_id=payment_id)
        live = payment.live
        if live is None:
            return
        if live.where not in ("link", "page"):
            raise OperatorError("still_finding_out", payment_id=payment_id)
        if not live.cancel_asked:
            self._append(payment_id, payment, (self._close(live, person, "instead"),))
        raise OperatorError("link_closing", payment_id=payment_id)

    def balance_read(self, debt: Debt) -> list[Payment]:
        """Somebody looked what is owed now: links that ask for more than that are closed by themselves. Gives those."""
        if debt.balance is None:
            return []
        closed = []
        for payment in message_steps.links(self._open()):
            attempt = payment.attempts[-1]
            asked = payment.spread_held(payment.parts.base.minor).get(debt.scope, 0)
            if not asked or payment.operation != "sale" or attempt.cancel_asked:
                continue
            others = self.journal.held_minor(debt.scope, payment.payment_id) + held_by_typed(
                self._open(), debt
            )
            if debt.balance.minor - others < asked:
                gone = self._close(attempt, "", NOT_NEEDED, balance_minor=debt.balance.minor)
                closed.append(self._append(payment.payment_id, payment, (gone,)))
        return closed

    def _open_link(self, payment: Payment) -> Attempt:
        live = payment.live
        waits = live is not None and live.where == "link" and live.state is MoneyState.RUNNING
        if live is None or not waits or live.session is None or live.cancel_asked:
            raise OperatorError("no_open_link", payment_id=payment.payment_id)
        return live

    def _close(self, attempt: Attempt, person: str, why: str, **facts: Fact) -> Event:
        return self._event(
            MoneyEvent.CANCEL_ASKED, attempt.reference, {"person": person, "why": why, **facts}
        )

    def _heard_of_message(self, payment: Payment, task: Task, result: Result) -> None:
        assert isinstance(result, Sent), "telling a client brings what became of the message"
        came = message_steps.conclude(payment, task.subject, result, self.clock.now())
        self._append(payment.payment_id, payment, (came,))

    def _look_at_links(self, payment: Payment, marker: str, result: Result) -> None:
        """A look at the books that saw our own row tells what is owed with it."""
        posting = payment.posting(marker)
        seen = result.balance if isinstance(result, LedgerSeen) else None
        if posting is not None and seen is not None and posting.state is PostingState.POSTED:
            self.balance_read(replace(payment.debt_of(posting), balance=seen))

    def _plan_message(self, payment: Payment, command: SendMessage) -> tuple[list[Event], Task]:
        started, message = message_steps.plan(payment, command, self.clock.now(), self.policy)
        told = Tell(message=message)
        return [started], Task(payment_id=payment.payment_id, subject=command.reference, work=told)
