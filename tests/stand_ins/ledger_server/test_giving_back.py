"""Deposits, refunds, reversals and returned items by the rules of the ledger server, without a window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stand_ins.ledger_server.clinic import INVOICE, MARKER, OTHER, ROSA, Clinic, shown
from tillbridge.stand_ins import profile
from tillbridge.stand_ins.ledger_server.giving_back import Reversal

BACK = "V4243-Q2M4"


@pytest.fixture(params=["v5", "v6", "v7"])
def clinic(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Clinic]:
    made = Clinic(tmp_path, like=profile.load(request.param))
    made.knob("save_ms", "0")
    yield made
    made.ledger.truth.close()


def of_version(clinic: Clinic) -> str:
    return clinic.ledger.profile.name


def employee(clinic: Clinic) -> str:
    return "DB" if of_version(clinic) == "v5" else "Dana Brooks"


def done(clinic: Clinic, turn: dict[str, Any]) -> None:
    """To the end, without a receipt."""
    if turn["turn"] == "dialog":
        assert turn["dialog"]["id"] == "print", turn
        turn = clinic.press(turn, turn["dialog"]["escape"])
    assert turn["turn"] == "close", turn


def on_account(clinic: Clinic, amount: int, **form: Any) -> dict[str, Any]:
    return clinic.ok(amount, **({"invoices": [], "unapplied": True, "employee": employee(clinic)} | form))


def reverse(clinic: Clinic, payment: str, **changes: str) -> dict[str, Any]:
    said = {"reason": "Card voided", "reference": BACK, "employee": employee(clinic)} | changes
    place = clinic.desk.workstation
    return clinic.ledger.reversal_confirmed(
        Reversal(account=ROSA, payment=payment, workstation=place, **said)
    )


def paid(clinic: Clinic, amount: int = 10000) -> str:
    """A payment in the books; the id of its first row."""
    done(clinic, clinic.ok(amount, employee=employee(clinic)))
    clinic.wait(2)
    return str(clinic.truth()[0]["id"])


def rows(clinic: Clinic, kind: str = "payment") -> list[tuple[str, int, str]]:
    return [(act["invoice"], act["amount_minor"], act["reference"]) for act in clinic.truth(kind)]


# ---- deposits and refunds ----


def test_money_for_the_account_pays_no_invoice_and_is_the_client_s_credit(clinic: Clinic) -> None:
    done(clinic, on_account(clinic, 50000))
    assert rows(clinic) == [("", 50000, MARKER)]
    books = clinic.ledger.books
    assert (books.credit(ROSA), books.account_balance(ROSA)) == (50000, 26790 - 50000)


def test_cash_for_the_account_is_kept_and_no_change_is_given(clinic: Clinic) -> None:
    done(clinic, on_account(clinic, 5000, method="Cash"))
    assert rows(clinic) == [("", 5000, MARKER)]


def test_money_given_back_is_one_row_below_zero_on_the_account(clinic: Clinic) -> None:
    done(clinic, on_account(clinic, -2500))
    assert rows(clinic) == [("", -2500, MARKER)]
    assert clinic.ledger.books.account_balance(ROSA) == 26790 + 2500
    clinic.wait(2)
    [row] = [row for row in clinic.view()["transactions"] if row["reference"] == MARKER]
    assert row["kind"] == "Refund"


def test_the_same_refund_again_on_one_day_is_asked_about(clinic: Clinic) -> None:
    done(clinic, on_account(clinic, -2500))
    assert on_account(clinic, -2500)["dialog"]["id"] == "duplicate"


def test_amounts_of_both_signs_or_of_nothing_are_refused(clinic: Clinic) -> None:
    turn = on_account(clinic, 0)
    assert turn["dialog"]["id"] == "zero"
    tenders = [{"method": "Check", "card_type": "", "amount_minor": m, "reference": ""} for m in (500, -500)]
    assert on_account(clinic, 0, tenders=tenders)["dialog"]["id"] == "zero"
    assert rows(clinic) == []


def test_a_method_that_gives_nothing_back_is_refused_by_its_words(clinic: Clinic) -> None:
    assert on_account(clinic, -2500, method="CareCredit")["dialog"]["id"] == "not_refundable"
    clinic.knob("method_not_refundable", "1")
    assert on_account(clinic, -2500)["dialog"]["id"] == "not_refundable"
    done(clinic, on_account(clinic, 2500))
    assert rows(clinic) == [("", 2500, MARKER)]


def test_credit_is_offered_for_payments_and_neither_for_deposits_nor_refunds(clinic: Clinic) -> None:
    done(clinic, on_account(clinic, 5000))
    opened = clinic.ledger.process_payment(clinic.desk, ROSA, INVOICE, "deposit")
    assert (opened["turn"], opened["form"]["kind"]) == ("open", "deposit")
    assert [row["number"] for row in opened["form"]["apply_to"] if row["ticked"]] == []
    assert clinic.ledger.process_payment(clinic.desk, ROSA, INVOICE, "refund")["turn"] == "open"
    assert clinic.pay()["dialog"]["id"] == "credit"


# ---- reversals ----


def test_a_reversal_is_a_row_of_the_opposite_sum_under_a_number_of_its_own(clinic: Clinic) -> None:
    payment = paid(clinic)
    done(clinic, reverse(clinic, payment))
    undone = rows(clinic, "reversal")
    assert (sum(minor for _, minor, _ in undone), {number for _, _, number in undone}) == (-10000, {BACK})
    assert clinic.ledger.books.account_balance(ROSA) == 26790
    assert {act["by"] for act in clinic.truth("reversal")} == {"skin"}
    assert {number for _, _, number in rows(clinic)} == {MARKER}


def test_where_the_window_has_no_number_the_reason_stands_in_its_place(clinic: Clinic) -> None:
    payment = paid(clinic)
    done(clinic, reverse(clinic, payment, reference="", reason=BACK))
    assert {number for _, _, number in rows(clinic, "reversal")} == {BACK}
    clinic.wait(2)
    [today] = clinic.ledger.views.reversals_today(ROSA)
    assert (today["reason"], today["reversed"]) == (BACK, MARKER)
    clinic.wait(24 * 3600)
    assert clinic.ledger.views.reversals_today(ROSA) == []


def test_a_reversal_needs_somebody_and_a_reason(clinic: Clinic) -> None:
    payment = paid(clinic)
    assert reverse(clinic, payment, employee="")["dialog"]["id"] == "no_employee"
    assert reverse(clinic, payment, reason=" ")["dialog"]["id"] == "no_reason"
    assert rows(clinic, "reversal") == []


def test_a_payment_is_reversed_once(clinic: Clinic) -> None:
    payment = paid(clinic)
    done(clinic, reverse(clinic, payment))
    turn = reverse(clinic, payment)
    assert turn["dialog"]["id"] == "reversed"
    assert clinic.press(turn, turn["dialog"]["escape"])["turn"] == "stay"
    assert sum(minor for _, minor, _ in rows(clinic, "reversal")) == -10000


def test_a_closed_day_takes_no_reversal(clinic: Clinic) -> None:
    payment = paid(clinic)
    clinic.ledger.world.close_period(None)
    assert reverse(clinic, payment)["dialog"]["id"] == "period"
    clinic.wait(24 * 3600)
    assert reverse(clinic, payment)["dialog"]["id"] == "period", "the day of the payment stays closed"
    assert rows(clinic, "reversal") == []


def test_what_cannot_be_reversed_is_told_when_its_window_is_to_open_where_the_version_looks_then(
    clinic: Clinic,
) -> None:
    payment = paid(clinic)
    clinic.ledger.world.close_period(None)
    turn = clinic.ledger.reverse_pressed(clinic.desk, ROSA, payment)
    looks = clinic.ledger.profile.behaviour.reverse_checks_at != "ok"
    assert (turn["turn"], turn.get("dialog", {}).get("id")) == (
        ("dialog", "period") if looks else ("open", None)
    )


def test_a_supervisor_is_asked_where_the_practice_wants_it(clinic: Clinic) -> None:
    payment = paid(clinic)
    clinic.knob("reverse_permission", "always")
    turn = reverse(clinic, payment)
    assert turn["dialog"]["id"] == "permission"
    assert clinic.press(turn, turn["dialog"]["escape"])["turn"] == "stay"
    assert rows(clinic, "reversal") == []
    clinic.knob("reverse_permission", "earlier")
    done(clinic, reverse(clinic, payment))


def test_a_crash_around_a_reversal_leaves_it_out_or_in(clinic: Clinic) -> None:
    payment = paid(clinic)
    clinic.knob("crash_before_commit", "1*1")
    assert reverse(clinic, payment)["turn"] == "crash"
    assert rows(clinic, "reversal") == []
    clinic.knob("crash_after_commit", "1*1")
    assert reverse(clinic, payment)["turn"] == "crash"
    assert sum(minor for _, minor, _ in rows(clinic, "reversal")) == -10000


def test_its_window_opens_on_the_payment_unless_somebody_else_has_the_client(clinic: Clinic) -> None:
    payment = paid(clinic)
    form = clinic.ledger.reverse_pressed(clinic.desk, ROSA, payment)["form"]
    assert (form["account"], form["payment"]["reference"]) == (ROSA, MARKER)
    clinic.ledger.desks.lock_for(ROSA, "FRONT2", "Kim")
    assert clinic.ledger.reverse_pressed(clinic.desk, ROSA, payment)["dialog"]["id"] == "locked"


# ---- returned items ----


def test_what_comes_back_makes_an_unpaid_invoice_smaller_and_is_credit_on_a_paid_one(clinic: Clinic) -> None:
    clinic.ledger.world.return_item(INVOICE, "Carprofen 75 mg", 3290)
    assert clinic.balance() == 21240 - 3290
    clinic.ledger.world.post_cash(OTHER, 5550)
    clinic.ledger.world.return_item(OTHER, "Ear cytology", 3650)
    assert clinic.balance(OTHER) == 0
    books = clinic.ledger.books
    assert (books.credit(ROSA), books.account_balance(ROSA)) == (3650, 21240 - 3290 - 3650)
    assert "Return" in {row["kind"] for row in clinic.view()["transactions"]}


def test_the_books_are_the_same_after_the_server_was_killed(clinic: Clinic) -> None:
    done(clinic, reverse(clinic, paid(clinic)))
    clinic.ledger.world.post_cash(OTHER, 5550)
    clinic.ledger.world.return_item(OTHER, "Ear cytology", 3650)
    before = shown_books(clinic)
    clinic.ledger.truth.close()
    clinic.ledger = Clinic(clinic.directory, like=clinic.ledger.profile).ledger
    assert shown_books(clinic) == before


def shown_books(clinic: Clinic) -> tuple[int, int]:
    return clinic.ledger.books.credit(ROSA), clinic.ledger.books.account_balance(ROSA)


def test_a_forced_message_comes_before_a_reversal_too(clinic: Clinic) -> None:
    payment = paid(clinic)
    clinic.knob("dialog_locked", "before_commit*1")
    assert shown(reverse(clinic, payment))
    assert rows(clinic, "reversal") == []
