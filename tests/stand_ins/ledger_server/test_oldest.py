"""Rules of the version whose money goes to the oldest balance (v5), without a window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stand_ins.ledger_server.clinic import INVOICE, OTHER, ROSA, Clinic
from tillbridge.stand_ins import profile


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    made = Clinic(tmp_path, like=profile.load("v5"))
    yield made
    made.ledger.truth.close()


def ok(clinic: Clinic, amount: int, **form: Any) -> dict[str, Any]:
    """As the classic window sends it: no invoice, initials."""
    return clinic.ok(amount, **({"invoices": [], "employee": "DB"} | form))


def applied(clinic: Clinic) -> list[tuple[str, int]]:
    return [(act["invoice"], act["amount_minor"]) for act in clinic.truth()]


def test_one_payment_fills_the_oldest_invoice_first_and_the_log_says_which(clinic: Clinic) -> None:
    assert ok(clinic, 10000)["turn"] == "close"
    assert applied(clinic) == [(OTHER, 5550), (INVOICE, 4450)]
    assert len({act["posting"] for act in clinic.truth()}) == 1
    assert {act["employee"] for act in clinic.truth()} == {"Dana Brooks"}


def test_initials_count_in_any_case_and_only_those_on_file(clinic: Clinic) -> None:
    assert ok(clinic, 100, employee="hm")["turn"] == "close"
    assert ok(clinic, 200, employee="XY")["dialog"]["text"] == "Employee initials are not on file."


def test_money_of_a_colleague_goes_to_the_oldest_balance_too(clinic: Clinic) -> None:
    clinic.ledger.world.post_cash(INVOICE, 7000)
    assert applied(clinic) == [(OTHER, 5550), (INVOICE, 1450)]


def test_more_than_the_account_owes_is_asked_about(clinic: Clinic) -> None:
    turn = ok(clinic, 26791)
    assert turn["dialog"]["id"] == "overpay"
    assert clinic.press(turn, "Yes")["turn"] == "close"
    assert applied(clinic) == [(OTHER, 5550), (INVOICE, 21240), ("", 1)]


def test_the_same_amount_again_is_asked_about_as_a_whole(clinic: Clinic) -> None:
    ok(clinic, 10000)
    assert ok(clinic, 5550)["turn"] == "close", "5550 was a part of a payment, not one"
    assert ok(clinic, 10000)["dialog"]["id"] == "duplicate"


def test_a_payment_is_reversed_whole_and_leaves_the_list(clinic: Clinic) -> None:
    ok(clinic, 10000, reference="A-1")
    clinic.wait(2)
    assert [row["amount"] for row in clinic.ledger.views.reversible(ROSA)][:1] == ["100.00"]
    clinic.ledger.world.reverse(clinic.truth()[0]["id"])
    assert "A-1" not in [row["reference"] for row in clinic.ledger.views.reversible(ROSA)]
    assert clinic.ledger.books.account_balance(ROSA) == 26790
    kinds = [(row["kind"], row["amount"]) for row in clinic.view()["transactions"][:2]]
    assert sorted(kinds) == [("Payment", "100.00"), ("Reversal", "100.00 CR")]


def test_a_receipt_is_printed_only_where_the_window_s_tick_says_so(clinic: Clinic) -> None:
    clinic.knob("printer_fails", "1")
    assert ok(clinic, 10000)["turn"] == "close"
    assert ok(clinic, 5000, receipt=True)["dialog"]["id"] == "printer"


def test_a_closed_period_leaves_the_list_and_refuses_its_days(clinic: Clinic) -> None:
    ok(clinic, 10000)
    clinic.wait(2)
    clinic.ledger.world.close_period(None)
    assert clinic.ledger.views.reversible(ROSA) == []
    assert ok(clinic, 20000)["dialog"]["id"] == "period"


def test_an_earlier_day_is_a_supervisor_s_and_is_shown_as_it_was_entered(clinic: Clinic) -> None:
    turn = ok(clinic, 10000, day="2026-03-09", reference="B-1")
    assert turn["dialog"]["id"] == "permission"
    assert clinic.press(turn, "Cancel")["turn"] == "stay"
    assert applied(clinic) == []
    assert clinic.press(ok(clinic, 10000, day="2026-03-09", reference="B-1"), "OK")["turn"] == "close"
    clinic.wait(2)
    [row] = [row for row in clinic.ledger.views.reversible(ROSA) if row["reference"] == "B-1"]
    assert row["date"] == "03/09/2026"
