"""Where money goes to the oldest balance, what is owed is the account's: it is held once for all its invoices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.clinic import MILO, ROSA, Clinic
from tests.engine.scripted_desk import usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.invoice import Debt
from tillbridge.ports.practice import Trouble

OWED = 26_790


def of_account(number: str) -> Debt:
    return Debt(
        software="model",
        account_id=ROSA[0],
        client=ROSA[1],
        invoice_number=number,
        balance=usd(OWED),
        balance_of="account",
    )


@pytest.fixture
def clinic() -> Clinic:
    """212.40 of the account was taken with one invoice on the screen, and is not in the books yet."""
    clinic = Clinic()
    clinic.books.trouble = Trouble(who="operator", code="software_closed", retry_in_ms=5_000)
    clinic.pay("p1", 21_240, debt=of_account("10482"))
    return clinic


def test_what_was_taken_for_one_invoice_is_held_for_every_invoice_of_the_account(clinic: Clinic) -> None:
    assert clinic.engine.held(of_account("10467")) == 21_240
    assert clinic.engine.held(replace(of_account("10467"), account_id=MILO[0])) == 0
    assert clinic.engine.held(replace(of_account("10467"), balance_of="invoice")) == 0


def test_no_more_than_the_account_owes_is_taken_with_another_invoice_on_the_screen(clinic: Clinic) -> None:
    with pytest.raises(OperatorError, match="not_chargeable"):
        clinic.pay("p2", OWED - 21_240 + 1, debt=of_account("10467"))
    clinic.pay("p3", OWED - 21_240, debt=of_account("10467"))
    assert clinic.engine.held(of_account("10482")) == OWED
    assert clinic.payment("p3").debt.balance_of == "account", "it is in the journal"


def test_an_amount_typed_for_one_of_its_invoices_counts_too() -> None:
    clinic = Clinic()
    typed = Debt(software="typed", account_id=ROSA[0], client=ROSA[1], invoice_number="10467", balance=None)
    clinic.pay("p1", 5_000, debt=typed)
    assert clinic.engine.held(of_account("10482")) == 5_000
