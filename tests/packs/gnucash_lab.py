"""GnuCash for tests: a practice over the real program, and orders for its invoices."""

from __future__ import annotations

import time
from datetime import date

from tillbridge.domain.money import Money
from tillbridge.flows.practice import Desk, PackPractice
from tillbridge.flows.shelf import installed
from tillbridge.ports.practice import PostingOrder
from tillbridge.screen.backends.atspi.driver import connect
from tillbridge.screen.guards.x11 import X11Guard
from tillbridge.testing.desktop import Desktop
from tools.gnucash.launch import CLEARING, RECEIVABLE, Invoice

SETTINGS = {"transfer_account": CLEARING, "receivable_account": RECEIVABLE}


class Log:
    """Keeps what a run told, for the message of a failing test."""

    def __init__(self, name: str) -> None:
        self.lines = [name]

    def note(self, what: str, **facts: object) -> None:
        self.lines.append(f"{what} {facts}")

    def close(self) -> str:
        return "\n".join(self.lines)


class StillGuard(X11Guard):
    """The real guard on a desktop that was left alone for as long as it is told."""

    def __init__(self, desktop: Desktop, still_s: float) -> None:
        super().__init__(desktop.env)
        self.still_s = still_s

    def idle_s(self) -> float:
        return self.still_s


def new_practice(desktop: Desktop, still_s: float = 5.0) -> PackPractice:
    desk = Desk(
        backend=connect(desktop.env),
        guard=StillGuard(desktop, still_s),
        clock=time.monotonic,
        today=date.today,
        log=Log,
        secrets=lambda name: name,
        settings=SETTINGS,
    )
    return PackPractice(desk, installed("gnucash"), first_burst=time.time_ns())


def order(
    invoice: Invoice, cents: int, marker: str, *, balance: int | None = None, client: str = ""
) -> PostingOrder:
    return PostingOrder(
        payment_id="a-payment",
        kind="sale",
        account_id=client or invoice.client,
        client=client or invoice.client,
        invoice_number=invoice.number,
        amount=Money(minor=cents, currency="USD"),
        marker=marker,
        balance=Money(minor=invoice.cents if balance is None else balance, currency="USD"),
        payment_method="",
        employee="",
    )
