"""What the face asks of the engine, checked at the door."""

from __future__ import annotations

from dataclasses import dataclass

from tillbridge.domain.errors import Fact, OperatorError
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.invoice import Debt
from tillbridge.domain.moment import Moment
from tillbridge.domain.money import Parts
from tillbridge.domain.operation import OPERATIONS, Entry
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.domain.session import Where
from tillbridge.domain.shares import Share
from tillbridge.engine.message_steps import wanted
from tillbridge.engine.policy import DAY, HOUR, Policy
from tillbridge.engine.sending import dated, refuse_lacking, where_for
from tillbridge.engine.slip import Slip, check_slip, taken_elsewhere
from tillbridge.ports.gateway import Capabilities
from tillbridge.ports.practice import Entering

LINK_LIFE_MS = (HOUR, 60 * DAY)
"""Shorter, and the client may not have read it; longer, and nobody remembers what it was for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayRequest:
    """One press of the green button. `payment_id` was made and saved by the face before (rule 1).

    `page`: a card is typed on a page of the gateway instead of the terminal's keypad. `valid_ms`: how long a link may
    be paid, 0 = as the site has it.
    `send_by`, `send_to`: how and where the client is told of a link (`email`, `text`); empty: it is only shown here.
    `instead_of`: a payment whose link or page is closed before this one may begin.
    `card_id`: the stored card to charge; `by_clinic`: while the client is not there.
    `consent_id`: the recorded agreement to a bank debit, or to keeping a card; `replaces`: the card in whose place.
    `slip`: what another terminal's slip says.
    `shares`: the allocation of a payment over several invoices of one client; `debt` is the first one's.
    `in_software`: what an older machine gave back stands in the practice software already (operation `credit`).
    `of`: the payment to give back, for void and refund. `read_at`: a moment before the balance was read, None if
    none was read. `entering`: what a person has typed into an open payment window, as the screen showed it;
    `anyway`: the face showed it and the person goes on.
    """

    payment_id: str
    operation: str
    entry: Entry | None
    parts: Parts
    debt: Debt
    terminal_id: str = ""
    page: bool = False
    valid_ms: int = 0
    send_by: str = ""
    send_to: str = ""
    instead_of: str = ""
    card_id: str = ""
    by_clinic: bool = False
    consent_id: str = ""
    replaces: str = ""
    slip: Slip | None = None
    shares: tuple[Share, ...] = ()
    person: str = ""
    of: str = ""
    in_software: bool = False
    read_at: Moment | None = None
    entering: Entering | None = None
    anyway: bool = False

    def check(self, capabilities: Capabilities) -> None:
        """Raises OperatorError `card_number_typed`, `operation_unknown`, those of sending.refuse_lacking, `link_life`,
        `amount_not_positive`, `amount_above_gateway`, `currency_not_offered`, `payment_being_entered`."""
        texts = (
            self.payment_id,
            self.debt.account_id,
            self.debt.client,
            self.debt.invoice_number,
            self.person,
            self.send_to,
            *((self.slip.auth_code, self.slip.brand) if self.slip else ()),
        )
        if any(looks_like_card_number(text) for text in texts):
            raise OperatorError("card_number_typed")
        row = OPERATIONS.get(self.operation)
        if row is None:
            raise OperatorError("operation_unknown", operation=self.operation)
        refuse_lacking(self.operation, self.entry, self.where, capabilities)
        if self.valid_ms and not LINK_LIFE_MS[0] <= self.valid_ms <= LINK_LIFE_MS[1]:
            raise OperatorError("link_life", days=LINK_LIFE_MS[1] // DAY)
        if self.shares:
            self._check_shares()
        if self.where == "slip":
            check_slip(self.slip, self.person)
        if row.direction != "none":
            self._check_amount(capabilities)
        if self.operation == "sale" and not self.anyway:
            refuse_entering(self.entering)

    @property
    def where(self) -> Where:
        return where_for(self.entry, page=self.page)

    def _check_amount(self, capabilities: Capabilities) -> None:
        whole = self.parts.whole
        if whole.minor <= 0:
            raise OperatorError("amount_not_positive", text=whole.plain())
        if whole.currency not in capabilities.currencies:
            raise OperatorError("currency_not_offered", currency=whole.currency)
        balance = self.debt.balance
        if balance is not None and balance.currency != whole.currency:
            raise OperatorError("currency_not_offered", currency=balance.currency)
        if whole.minor > capabilities.amount_minor_max:
            raise OperatorError("amount_above_gateway", amount_minor_max=capabilities.amount_minor_max)

    def _check_shares(self) -> None:
        """Rule 11: the shares sum to the base. Raises OperatorError `shares_sum`, `shares_client`, `shares_invoices`
        (each invoice once, with a balance of its own that was read), `operation_unknown`."""
        if self.operation != "sale":
            raise OperatorError("operation_unknown", operation=self.operation)
        debts = [share.debt for share in self.shares]
        own = all(d.balance is not None and d.balance_of == "invoice" for d in debts)
        if len({d.scope for d in debts}) != len(debts) or len(debts) < 2 or not own or debts[0] != self.debt:
            raise OperatorError("shares_invoices")
        if len({(d.software, d.account_id, d.balance and d.balance.currency) for d in debts}) != 1:
            raise OperatorError("shares_client")
        total, base = sum(share.minor for share in self.shares), self.parts.base
        if total != base.minor or min(share.minor for share in self.shares) <= 0:
            raise OperatorError(
                "shares_sum", sum_minor=total, amount_minor=base.minor, currency=base.currency
            )

    def created(self, now: Moment) -> Event:
        debt, parts = self.debt, self.parts
        facts: dict[str, Fact] = {
            "operation": self.operation,
            "entry": str(self.entry) if self.entry else "",
            "base_minor": parts.base.minor,
            "fee_minor": parts.fee.minor,
            "tip_minor": parts.tip.minor,
            "currency": parts.base.currency,
            "software": debt.software,
            "account_id": debt.account_id,
            "client": debt.client,
            "invoice_number": debt.invoice_number,
            "balance_minor": debt.balance.minor if debt.balance else None,
            "balance_of": debt.balance_of,
            "of": self.of,
            "in_software": self.in_software,
            "person": self.person,
        }
        return Event(kind=PaymentEvent.PAYMENT_CREATED, at=now, facts=facts)

    def same_as(self, payment: Payment) -> bool:
        """The same id must be the same payment, for ever."""
        mine = (self.operation, self.entry, self.parts, self.debt.scope, self.of)
        scope = payment.first_scope or payment.debt.scope
        same = [(s.debt.scope, s.minor) for s in self.shares] == [
            (s.debt.scope, s.minor) for s in payment.shares
        ]
        return same and mine == (payment.operation, payment.entry, payment.parts, scope, payment.of)


def refuse_entering(entering: Entering | None) -> None:
    """Somebody may be typing this very payment by hand: it would be charged and then stand in the books twice.

    Raises OperatorError `payment_being_entered`."""
    if entering is None:
        return
    typed = entering.amount
    raise OperatorError("payment_being_entered", seen=typed.plain() if typed else "?")


def attempt_created(
    reference: str,
    request: PayRequest,
    capabilities: Capabilities,
    now: Moment,
    policy: Policy,
    sec_code: str = "",
) -> Event:
    facts: dict[str, Fact] = {
        "amount_minor": request.parts.whole.minor,
        "horizon_ms": capabilities.horizon_ms,
        "terminal_id": request.terminal_id if request.where == "terminal" else "",
        "where": request.where,
        "valid_ms": valid_ms(request.where, request.valid_ms, policy),
        "gateway": policy.gateway if request.where != "slip" else "",
        "card_id": request.card_id if request.where == "token" else "",
        "by_clinic": request.by_clinic,
        "consent_id": request.consent_id,
        "sec_code": sec_code,
        "replaces": request.replaces,
    }
    return Event(kind=PaymentEvent.ATTEMPT_CREATED, at=now, subject=reference, facts=facts)


def beginning(
    reference: str,
    request: PayRequest,
    capabilities: Capabilities,
    now: Moment,
    policy: Policy,
    sec_code: str = "",
) -> tuple[Event, ...]:
    """The first events of a payment: what was asked, its first attempt, whom to tell of a link, what a slip says.

    Raises OperatorError `email_unreadable`, `phone_unreadable`."""
    attempt = attempt_created(reference, request, capabilities, now, policy, sec_code)
    begun = (request.created(now), *_share_events(request.shares, now), attempt)
    if request.slip is not None and request.where == "slip":
        taken = taken_elsewhere(reference, request.slip, request.parts.whole, request.person, now)
        return (*begun, *dated(taken, policy))
    if not request.send_by or request.where != "link":
        return begun
    remind_in_ms = policy.remind_in_ms(attempt.number("valid_ms"))
    wish = wanted(reference, request.send_by, request.send_to, remind_in_ms, request.person, now)
    return (*begun, wish)


def _share_events(shares: tuple[Share, ...], now: Moment) -> list[Event]:
    return [
        Event(kind=PaymentEvent.SHARE_ADDED, at=now, facts={**share.debt.facts(), "share_minor": share.minor})
        for share in shares
    ]


def another_attempt(
    reference: str, last: Attempt, horizon_ms: int, terminal_id: str, now: Moment, policy: Policy
) -> Event:
    """Once more in the same way: another card, or a new page."""
    facts: dict[str, Fact] = {
        "amount_minor": last.asked.minor,
        "horizon_ms": horizon_ms,
        "terminal_id": (terminal_id or last.terminal_id) if last.where == "terminal" else "",
        "where": last.where,
        "valid_ms": last.valid_ms,
        "gateway": policy.gateway,
        "card_id": last.card_id if last.where == "token" else "",
        "by_clinic": last.by_clinic,
        "consent_id": last.consent_id,
        "sec_code": last.sec_code,
        "replaces": last.replaces,
    }
    return Event(kind=PaymentEvent.ATTEMPT_CREATED, at=now, subject=reference, facts=facts)


def told_again(again: Event, last: Attempt, policy: Policy) -> list[Event]:
    """Who was told of the link before is told of the new one."""
    reach = last.reach
    if reach is None:
        return []
    return [wanted(again.subject, reach.by, reach.to, policy.remind_in_ms(last.valid_ms), "", again.at)]


def valid_ms(where: Where, wished_ms: int, policy: Policy) -> int:
    """How long a page or link may live; nothing else has an end of its own."""
    if where == "link":
        return wished_ms or policy.link_valid_ms
    return policy.page_valid_ms if where == "page" else 0
