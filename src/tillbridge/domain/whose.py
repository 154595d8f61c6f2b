"""What was asked for, and whose it is: the first event of a payment, and the one by which a typed amount (rule 13) gets
its real client and invoice. Nothing else ever changes where a payment belongs (rule 5)."""

from __future__ import annotations

from tillbridge.domain.errors import ImpossibleEvent
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.invoice import TYPED, Debt, balance_of
from tillbridge.domain.money import Money, Parts, zero
from tillbridge.domain.operation import OPERATIONS, Entry
from tillbridge.domain.payment import Payment
from tillbridge.domain.posting_leg import PostingState


def created(payment_id: str, event: Event) -> Payment:
    """The payment as it was asked for. Raises ImpossibleEvent, ValueError."""
    operation = OPERATIONS.get(event.text("operation"))
    if event.kind != PaymentEvent.PAYMENT_CREATED or operation is None:
        raise ImpossibleEvent("impossible_event", kind=event.kind, subject=event.subject, state="none")
    if operation.of_payment != bool(event.text("of")):
        raise ValueError("void and refund name the payment that they give back, nothing else does")
    currency = event.text("currency")

    def money(name: str) -> Money:
        return Money(minor=event.number(name), currency=currency)

    balance = money("balance_minor") if event.facts.get("balance_minor") is not None else None
    return Payment(
        payment_id=payment_id,
        operation=event.text("operation"),
        entry=Entry(event.text("entry")) if event.text("entry") else None,
        parts=Parts(base=money("base_minor"), fee=money("fee_minor"), tip=money("tip_minor")),
        debt=Debt(
            software=event.text("software"),
            account_id=event.text("account_id"),
            client=event.text("client"),
            invoice_number=event.text("invoice_number"),
            balance=balance,
            balance_of=balance_of(event.text("balance_of")),
        ),
        of=event.text("of"),
        created_at=event.at,
        person=event.text("person"),
        given_back=zero(currency),
        elsewhere=zero(currency),
        over_returned=zero(currency),
        in_software=event.facts.get("in_software") is True,
    )


def may_attach(payment: Payment) -> bool:
    """A typed amount that is in nobody's books, surely."""
    free = all(
        p.state in (PostingState.WAITING, PostingState.NEEDS_ATTENTION) and not p.may_be_posted
        for p in payment.postings
    )
    return payment.debt.software == TYPED and free


def attached(payment: Payment, event: Event) -> Debt:
    """Raises ValueError if it does not say whose it is."""
    software, account_id = event.text("software"), event.text("account_id")
    if software in ("", TYPED) or not account_id:
        raise ValueError("whose it is must be told")
    balance = event.facts.get("balance_minor")
    return Debt(
        software=software,
        account_id=account_id,
        client=event.text("client"),
        invoice_number=event.text("invoice_number"),
        balance=None
        if balance is None
        else Money(minor=event.number("balance_minor"), currency=payment.parts.whole.currency),
        balance_of=balance_of(event.text("balance_of")),
    )
