"""The table of operations: what each one is bound by."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.story import usd
from tillbridge.domain.invoice import Debt, chargeable
from tillbridge.domain.operation import OPERATIONS, UNATTENDED, Entry

ROWS = {
    "sale": ("in", False, "chargeable", "sale", set(Entry)),
    "deposit": ("in", False, "none", "deposit", set(Entry)),
    "void": ("out", True, "left_to_give_back", "void", set[Entry]()),
    "refund": ("out", True, "left_to_give_back", "refund", set[Entry]()),
    "credit": ("out", False, "none", "refund", {Entry.STANDALONE}),
    "store_card": ("none", False, "none", None, {Entry.TERMINAL, Entry.KEYED_CARD, Entry.LINK}),
}


def test_there_are_these_operations_and_no_others() -> None:
    assert set(OPERATIONS) == set(ROWS)
    assert all(row.name == name for name, row in OPERATIONS.items())


@pytest.mark.parametrize("name", ROWS)
def test_an_operation_is_bound_as_written(name: str) -> None:
    row = OPERATIONS[name]
    assert (row.direction, row.of_payment, row.limit, row.posting, set(row.entries)) == ROWS[name]


def test_whatever_gives_money_back_is_bound_by_what_is_left_and_names_its_payment() -> None:
    """But for what an older machine gave back: no payment of ours was taken there."""
    for row in (row for name, row in OPERATIONS.items() if name != "credit"):
        assert (row.direction == "out") == row.of_payment == (row.limit == "left_to_give_back")


def test_nobody_stands_beside_a_link_or_a_stored_card() -> None:
    assert {Entry.LINK, Entry.STORED_CARD} == UNATTENDED


@pytest.mark.parametrize(("held", "left"), [(0, 10_000), (4_000, 6_000), (10_000, 0), (12_000, 0)])
def test_chargeable_is_the_balance_less_what_is_held_and_never_below_zero(held: int, left: int) -> None:
    assert chargeable(usd(10_000), held) == usd(left)


def test_a_debt_is_held_under_software_account_and_invoice() -> None:
    debt = Debt(software="impromed", account_id="0017", client="R", invoice_number="10482", balance=None)
    assert debt.scope == "invoice:impromed:0017:10482"


def test_what_an_account_owes_is_held_once_whichever_of_its_invoices_is_on_the_screen() -> None:
    one = Debt(
        software="impromed", account_id="0017", client="R", invoice_number="10482", balance=None,
        balance_of="account",
    )  # fmt: skip
    other = replace(one, invoice_number="10467")
    assert one.scope == other.scope == "account:impromed:0017"
    assert one.scope != replace(one, account_id="00171").scope
