"""Payments and receipts for the tests of receipts: told by their events, as the journal has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

from tests.domain.story import REF, attempt, created, event, told
from tillbridge.domain.event import Event
from tillbridge.domain.money import Money, Parts, only_base
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Payment
from tillbridge.domain.receipt import Receipt, Share, Tender, receipt_of

CLINIC = "Pine Street Vet"
NOON = 1_800_014_400_000
"""Jan 15, 2027, 12:00 PM in Greenwich, which the tests take for the site's time."""
ZONE = UTC
EMV = (
    ("Card", "Visa ****4242"),
    ("Entry", "Chip read"),
    ("Application", "VISA CREDIT"),
    ("AID", "A0000000031010"),
    ("TVR", "0000008000"),
    ("TSI", "E800"),
    ("ARQC", "4D6F636B43727970"),
    ("Approval", "05921C"),
)


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


def taken(
    minor: int = 10_000, kind: str = "approved", reference: str = REF, second: int = 20, **facts: Any
) -> tuple[Event, ...]:
    """An attempt that was sent and answered."""
    card = {"brand": "Visa", "last4": "4242", "auth_code": "05921C", "gateway_ref": f"g-{reference}"}
    return (
        event("send_started", reference, second - 5),
        event("acknowledged", reference, second - 4),
        event(kind, reference, second, amount_minor=minor, **(card | facts)),
    )


def story(*events: Event, **changes: Any) -> tuple[Payment, list[Event]]:
    """A payment with its events; what is asked for by `changes` of its first."""
    whole = [created(**changes), *events]
    return told(*whole), whole


def sale(minor: int = 10_000, **facts: Any) -> tuple[Payment, list[Event]]:
    return story(attempt(), *taken(minor, **facts))


def made(payment: Payment, events: list[Event], **more: Any) -> Receipt:
    return receipt_of(payment, events, clinic=CLINIC, **more)


TENDER = Tender(
    amount=usd(23_640), asked=usd(23_640), state="taken", entry=Entry.TERMINAL, brand="Visa", last4="4242",
    auth_code="05921C", at_wall_ms=NOON, lines=EMV,
)  # fmt: skip
RECEIPT = Receipt(
    operation="sale",
    clinic=CLINIC,
    number="k7q9p2ab",
    at_wall_ms=NOON,
    client="Rosa Alvarez",
    shares=(Share(invoice_number="10482", amount=usd(23_640)),),
    parts=Parts(base=usd(21_240), fee=usd(400), tip=usd(2_000)),
    total=usd(23_640),
    tenders=(TENDER,),
    returned=usd(0),
)


def plain_sale(client: str = "Rosa Alvarez", **changes: Any) -> Receipt:
    """$212.40 without fee or tip."""
    tender = replace(TENDER, amount=usd(21_240), asked=usd(21_240), lines=())
    base = replace(RECEIPT, client=client, parts=only_base(usd(21_240)), total=usd(21_240), tenders=(tender,))
    return replace(base, **changes)
