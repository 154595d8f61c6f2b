"""Payments at one terminal, for tests of who may use it."""

from __future__ import annotations

from tests.engine.scripted_desk import ASKED, debt, request, usd
from tillbridge.domain.next_command import Send
from tillbridge.domain.payment import Payment
from tillbridge.engine.cashier import Engine
from tillbridge.engine.requests import PayRequest

FRONT = "front-desk-1"


def sent(engine: Engine, payment: Payment) -> Payment:
    return engine.step(payment.payment_id, Send(payment.attempts[-1].reference))


def payment(name: str) -> PayRequest:
    """One dollar of another client."""
    owed = debt(account_id="00017", client="Brandt, Milo", invoice_number=name, balance=usd(ASKED))
    return request(100, payment_id=name, debt=owed)
