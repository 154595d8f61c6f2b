"""The shipped pack suite on the pack gnucash/4 and the real GnuCash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.packs.gnucash_lab import new_practice, order
from tillbridge.domain.money import Money
from tillbridge.flows.practice import PackPractice
from tillbridge.flows.shelf import shelf
from tillbridge.ports.practice import LedgerSeen, PostingOrder
from tillbridge.screen.backend import Backend
from tillbridge.testing.desktop import Desktop
from tillbridge.testing.pack_suite import Booked, PackSuite
from tools.gnucash.judge import Book
from tools.gnucash.launch import GnuCash, start

pytestmark = pytest.mark.gnucash


@dataclass(frozen=True, slots=True)
class GnuCashUnderTest:
    """GnuCash, open on one of its invoices."""

    gnucash: GnuCash
    practice: PackPractice
    order: PostingOrder
    pack: Path = field(default_factory=lambda: shelf() / "gnucash" / "4")
    others: Sequence[Path] = ()
    further: Sequence[PostingOrder] = ()

    @property
    def backend(self) -> Backend:
        return self.practice.desk.backend

    def booked(self) -> Sequence[Booked]:
        """What the saved book holds, read by code that shares nothing with the pack."""
        return [Booked(row.invoice, row.cents, row.num) for row in Book(self.gnucash.book).payments()]

    def ledger(self, order: PostingOrder) -> LedgerSeen:
        """A row is there as soon as the window is gone: one look is enough."""
        seen = self.practice.read_ledger(order)
        assert isinstance(seen, LedgerSeen), seen
        return seen


@pytest.fixture(scope="module")
def software(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GnuCashUnderTest]:
    with (
        Desktop.start() as desktop,
        start(desktop.env, tmp_path_factory.mktemp("gnucash"), seed=3, customers=8) as gnucash,
    ):
        invoice = gnucash.invoices[2]
        gnucash.open_invoice(invoice.number)
        practice = new_practice(desktop)
        sale = order(invoice, invoice.cents, "V4242-SUIT")
        on_account = replace(sale, amount=Money(minor=700, currency="USD"), invoice_number="", balance=None)
        further = (
            replace(on_account, kind="deposit", marker="D4242-SUIT"),
            replace(on_account, kind="refund", marker="B4242-SUIT"),
        )
        yield GnuCashUnderTest(gnucash, practice, sale, further=further)
        practice.close()


class TestGnuCash(PackSuite):
    """Nothing to add."""
