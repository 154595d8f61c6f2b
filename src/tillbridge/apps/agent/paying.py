"""Paying: a new payment of the invoice on the screen or of a typed amount, and another card for one that was refused.
Puts the request into the words of the engine; no money rule lives here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tillbridge.apps.agent.asking import entry_of, flag_of, number_of, operation_of, text_of
from tillbridge.apps.agent.ground import Ground, OnGround
from tillbridge.apps.agent.looking import known
from tillbridge.apps.agent.reading import Reading, debt_of
from tillbridge.apps.agent.rehearsed import Rehearsed
from tillbridge.apps.agent.sharing import Sharing
from tillbridge.apps.agent.views import View, payment_view
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.invoice import Debt
from tillbridge.domain.money import Money, only_base, parse_typed
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Payment
from tillbridge.domain.shares import Share
from tillbridge.engine.policy import DAY
from tillbridge.engine.requests import PayRequest
from tillbridge.engine.sending import where_for
from tillbridge.engine.slip import Slip
from tillbridge.ports.practice import Entering


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a payment is for. `entering`: what somebody types by hand there. `notice`: why the window was not tried.
    `shares`: what of it belongs to which of several invoices."""

    debt: Debt
    owed: Money
    entering: Entering | None = None
    notice: Rehearsed | None = None
    shares: tuple[Share, ...] = ()


class Paying(OnGround):
    def __init__(self, ground: Ground, reading: Reading) -> None:
        super().__init__(ground)
        self._reading, self._sharing = reading, Sharing(ground, reading)

    def pay(self, body: dict[str, Any]) -> View:
        """Begin a payment of the invoice on screen, or of typed client and amount (rule 13).

        `payment_id` is the face's. `expected_minor`, `client`, `account_id`, `invoice_number`: what the face showed;
        another amount, client or invoice on screen is refused.
        """
        payment_id = text_of(body, "payment_id")
        self._refuse_fatal()
        same, read_at = self._runner.ask(lambda e: (e.journal.payment(payment_id), e.clock.now()))
        if same is not None:
            return self._same(same, body)
        self._ground.restored.refuse()
        operation, wanted = operation_of(body), self._wanted(body)
        entry, anyway = entry_of(body, operation), flag_of(body, "anyway")
        self._close_first(body)
        bill = self._bill(operation, body, wanted)
        same = self._runner.ask(lambda e: e.journal.payment(payment_id))
        if same is not None:
            return self._same(same, body)  # another face sent the same press while we read the screen
        request = PayRequest(
            payment_id=payment_id,
            operation=operation,
            entry=entry,
            parts=only_base(self._parts(operation, body, wanted, bill.owed)),
            debt=bill.debt,
            shares=bill.shares,
            terminal_id=self._terminal_for(entry, body),
            page=flag_of(body, "page"),
            valid_ms=(number_of(body, "valid_days") or 0) * DAY,
            send_by=text_of(body, "send_by", ""),
            send_to=text_of(body, "send_to", ""),
            instead_of=text_of(body, "instead_of", ""),
            card_id=text_of(body, "card_id", ""),
            by_clinic=flag_of(body, "by_clinic"),
            consent_id=text_of(body, "consent_id", ""),
            replaces=text_of(body, "replaces", ""),
            in_software=flag_of(body, "in_software"),
            slip=slip_of(body) if entry is Entry.STANDALONE else None,
            person=text_of(body, "person", ""),
            read_at=read_at,
            entering=bill.entering,
            anyway=anyway,
        )
        capabilities = self._runner.on_gateway(lambda engine: engine.gateway.capabilities())
        begun = self._runner.ask(lambda engine: engine.begin(request, capabilities))
        self._ground.news.tell()
        return {"payment": payment_view(begun), "notice": self._notice(bill.notice)}

    def _bill(self, operation: str, body: dict[str, Any], wanted: Money | None) -> Bill:
        """What it is for: typed, a deposit of the client on the screen, or the invoice that is open there."""
        if flag_of(body, "typed"):
            debt, owed = typed_debt(body, wanted)
            return Bill(debt=debt, owed=owed)
        if operation != "sale":
            if wanted is None and operation != "store_card":
                raise OperatorError("amount_missing")
            self._ground.pause.refuse()
            nothing = Money(minor=0, currency=self._ground.currency)
            return Bill(debt=on_account(debt_of(self._reading.shown(body))), owed=wanted or nothing)
        if "invoices" in body:
            shares = self._sharing.shares(body)
            owed = Money(minor=sum(share.minor for share in shares), currency=self._ground.currency)
            return Bill(debt=shares[0].debt, owed=owed, shares=shares)
        seen, notice = self._reading.at_charge(body, wanted)
        debt, owed = self._reading.owed(seen)
        return Bill(debt=debt, owed=owed, entering=seen.entering, notice=notice)

    def _parts(self, operation: str, body: dict[str, Any], wanted: Money | None, owed: Money) -> Money:
        """No money moves where a card is only kept."""
        if operation == "store_card":
            return Money(minor=0, currency=self._ground.currency)
        return wanted or (owed if "invoices" in body else all_owed(body, owed))

    def _close_first(self, body: dict[str, Any]) -> None:
        """What is held by a link that is not wanted any more can be taken only when its close is proved.

        Raises OperatorError `unknown_payment`, `link_closing` (ask again in a moment), `link_paid`,
        `still_finding_out`.
        """
        other, person = text_of(body, "instead_of", ""), text_of(body, "person", "")
        if other:
            self._runner.ask(lambda engine: engine.close_first(other, person))

    def _terminal_for(self, entry: Entry, body: dict[str, Any]) -> str:
        """ "" where no terminal is used. Raises OperatorError `unreachable`, `terminal_missing`."""
        used = where_for(entry, page=flag_of(body, "page")) == "terminal"
        return self._named_terminal(body) if used else ""

    def again(self, payment_id: str, body: dict[str, Any]) -> View:
        """Another card: a new sale like any other, bound by what is owed now (rules 4 and 9)."""
        self._refuse_fatal()
        self._ground.restored.refuse()
        anyway, terminal_id = flag_of(body, "anyway"), text_of(body, "terminal_id", "")
        payment, read_at = self._runner.ask(lambda e: (known(e, payment_id)[0], e.clock.now()))
        seen = self._reading.shown_now(payment)
        notice = None
        if seen is not None and seen.entering is None:
            tried, notice = self._reading.tried_first(seen, payment.debt)
            seen = self._reading.shown_now(payment) if tried else seen
        balance, entering = (seen.balance, seen.entering) if seen else (None, None)
        typed = None if anyway else entering
        told = self._done(lambda e: e.try_again(payment_id, terminal_id, balance, read_at, typed))
        return {**told, "notice": self._notice(notice)}

    def _same(self, known: Payment, body: dict[str, Any]) -> View:
        """Rule 1: a repeated id asks for the same payment. Raises OperatorError `payment_id_used`."""
        wanted, client = self._wanted(body), text_of(body, "client", "").strip()
        if (wanted and wanted != known.parts.whole) or (client and client != known.debt.client):
            raise OperatorError("payment_id_used", payment_id=known.payment_id)
        return {"payment": payment_view(known)}

    def _wanted(self, body: dict[str, Any]) -> Money | None:
        """The amount asked for, None = all that is owed. Looked at first: a misread amount needs no screen."""
        amount = body.get("amount")
        return None if amount is None else parse_typed(text_of(body, "amount"), self._ground.currency)


def typed_debt(body: dict[str, Any], amount: Money | None) -> tuple[Debt, Money]:
    """Rule 13. Raises OperatorError `amount_missing`, `client_missing`."""
    if amount is None:
        raise OperatorError("amount_missing")
    client = text_of(body, "client", "").strip()
    if not client:
        raise OperatorError("client_missing")
    debt = Debt(
        software="typed",
        account_id=text_of(body, "account_id", ""),
        client=client,
        invoice_number=text_of(body, "invoice_number", ""),
        balance=None,
    )
    return debt, amount


def slip_of(body: dict[str, Any]) -> Slip:
    """What another terminal's slip says; looked at by the engine."""
    return Slip(
        last4=text_of(body, "slip_last4", ""),
        auth_code=text_of(body, "slip_code", ""),
        brand=text_of(body, "slip_brand", ""),
    )


def on_account(debt: Debt) -> Debt:
    """A deposit is the client's, not an invoice's."""
    return replace(debt, invoice_number="", balance=None, balance_of="invoice")


def all_owed(body: dict[str, Any], owed: Money) -> Money:
    """Raises OperatorError `amount_changed` (the screen shows another one than the face did), `nothing_owed`."""
    expected = body.get("expected_minor")
    if expected is not None and type(expected) is not int:
        raise OperatorError("field_wrong", field="expected_minor")
    if expected is not None and expected != owed.minor:
        raise OperatorError("amount_changed", expected_minor=expected, now_minor=owed.minor)
    if owed.minor <= 0:
        raise OperatorError("nothing_owed")
    return owed
