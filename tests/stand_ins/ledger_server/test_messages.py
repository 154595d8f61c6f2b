"""Which message comes when, by rule and by knob, and what each button does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stand_ins.ledger_server.clinic import INVOICE, OTHER, ROSA, Clinic, shown
from tillbridge.stand_ins.ledger_server.faults import DIALOGS, MOMENTS


def test_a_payment_window_opens_with_the_chosen_invoice_ticked(clinic: Clinic) -> None:
    form = clinic.pay()["form"]
    assert [(row["number"], row["ticked"]) for row in form["apply_to"]] == [(OTHER, False), (INVOICE, True)]
    assert form["employee"] == "Kim Tran"


def test_a_client_held_elsewhere_cannot_be_paid(clinic: Clinic) -> None:
    clinic.ledger.desks.lock_for(ROSA, "FRONT2", "Kim")
    turn = clinic.pay()
    assert shown(turn) == "This client is in use by workstation FRONT2 (Kim)."
    assert clinic.press(turn, "Cancel")["turn"] == "stay"


def test_retry_opens_the_window_once_the_lock_is_gone(clinic: Clinic) -> None:
    clinic.ledger.desks.lock_for(ROSA, "FRONT2", "Kim")
    turn = clinic.press(clinic.pay(), "Retry")
    assert turn["turn"] == "dialog"
    clinic.ledger.desks.unlock(ROSA)
    assert clinic.press(turn, "Retry")["turn"] == "open"


def test_an_open_payment_window_holds_the_client_against_another_desk(clinic: Clinic) -> None:
    clinic.pay()
    other = clinic.ledger.desks.sign_in(2, "FRONT2")
    assert clinic.ledger.process_payment(other, ROSA, INVOICE)["turn"] == "dialog"
    clinic.ledger.desks.release(ROSA, clinic.desk)
    assert clinic.ledger.process_payment(other, ROSA, INVOICE)["turn"] == "open"


def test_a_skin_that_starts_again_frees_what_its_crash_left_locked(clinic: Clinic) -> None:
    clinic.pay()
    clinic.ledger.desks.sign_in(9, "FRONT1")
    assert clinic.ledger.desks.locks() == {}


@pytest.fixture
def with_credit(tmp_path: Path) -> Clinic:
    return Clinic(tmp_path / "credit", "credit")


@pytest.mark.parametrize(
    ("button", "ends", "applied"), [("No", "open", 0), ("Cancel", "stay", 0), ("Yes", "open", 2500)]
)
def test_credit_is_offered_and_applied_only_on_yes(
    with_credit: Clinic, button: str, ends: str, applied: int
) -> None:
    turn = with_credit.pay()
    assert shown(turn) == "Client has a credit balance of $25.00. Apply it?"
    assert with_credit.press(turn, button)["turn"] == ends
    assert with_credit.balance() == 21240 - applied
    assert sum(act["amount_minor"] for act in with_credit.truth("credit_applied")) == applied
    with_credit.ledger.truth.close()


def test_the_same_amount_today_asks_and_no_posts_nothing(clinic: Clinic) -> None:
    clinic.post(5000)
    turn = clinic.ok(5000)
    assert shown(turn) == "A payment of $50.00 was already entered today. Continue?"
    assert clinic.press(turn, "No")["turn"] == "stay"
    assert len(clinic.truth()) == 1


def test_the_same_amount_today_is_posted_twice_on_yes(clinic: Clinic) -> None:
    clinic.post(5000)
    clinic.press(clinic.ok(5000), "Yes")
    assert len(clinic.truth()) == 2


def test_a_reversed_payment_is_no_duplicate(clinic: Clinic) -> None:
    clinic.post(5000)
    clinic.ledger.world.reverse(clinic.truth()[0]["id"])
    assert shown(clinic.ok(5000)) == "Print receipt?"


def test_the_same_amount_on_another_day_is_no_duplicate(clinic: Clinic) -> None:
    clinic.post(5000)
    clinic.wait(86400)
    assert shown(clinic.ok(5000)) == "Print receipt?"


def test_more_than_the_balance_asks_and_no_posts_nothing(clinic: Clinic) -> None:
    turn = clinic.ok(30000)
    assert shown(turn) == "Amount exceeds balance. Post as unapplied credit?"
    assert clinic.press(turn, "No")["turn"] == "stay"
    assert clinic.truth() == []


def test_more_than_the_balance_becomes_credit_on_yes(clinic: Clinic) -> None:
    clinic.press(clinic.ok(30000), "Yes")
    assert [(row["invoice"], row["amount_minor"]) for row in clinic.truth()] == [(INVOICE, 21240), ("", 8760)]


def test_a_closed_period_refuses(clinic: Clinic) -> None:
    clinic.ledger.world.close_period(None)
    turn = clinic.ok()
    assert shown(turn) == "The period ending 03/10/2026 has been closed."
    assert clinic.press(turn, "OK")["turn"] == "stay"
    clinic.ledger.world.open_period()
    assert shown(clinic.ok()) == "Print receipt?"
    assert len(clinic.truth()) == 1


def test_an_invoice_concluded_meanwhile_refuses(clinic: Clinic) -> None:
    clinic.ledger.world.conclude(INVOICE)
    assert shown(clinic.ok()) == "Invoice 10482 has been concluded by another user."
    assert clinic.truth() == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"employee": ""}, "Select an employee."),
        ({"amount": 0}, "Amount must be greater than zero."),
        ({"amount": -500}, "Amount must be greater than zero."),
        ({"method": "Nothing"}, "Select a payment method."),
        ({"invoices": []}, "Select what the payment applies to."),
        ({"method": "Credit Card (Integrated)"}, "Waiting for terminal..."),
    ],
)
def test_an_unfinished_form_is_refused(clinic: Clinic, change: dict[str, object], text: str) -> None:
    assert shown(clinic.ok(**change)) == text  # type: ignore[arg-type]
    assert clinic.truth() == []


def test_choosing_the_softwares_own_card_method_waits_for_its_terminal(clinic: Clinic) -> None:
    turn = clinic.ledger.method_chosen(clinic.desk, ROSA, INVOICE, "Credit Card (Integrated)")
    assert shown(turn) == "Waiting for terminal..."


def test_a_failing_printer_asks_until_cancel_and_the_payment_stays_posted(clinic: Clinic) -> None:
    clinic.knob("printer_fails", "1")
    turn = clinic.press(clinic.ok(), "Yes")
    assert shown(turn) == "Printer not ready"
    turn = clinic.press(turn, "Retry")
    assert shown(turn) == "Printer not ready"
    assert clinic.press(turn, "Cancel")["turn"] == "close"
    assert len(clinic.truth()) == 1


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", DIALOGS)
def test_every_message_can_be_forced_at_every_moment(clinic: Clinic, name: str, moment: str) -> None:
    clinic.knob(f"dialog_{name}", f"{moment}*1")
    begin: dict[str, Callable[[], dict[str, Any]]] = {
        "opening": clinic.pay,
        "filling": lambda: clinic.ledger.method_chosen(clinic.desk, ROSA, INVOICE, "Tillbridge"),
        "before_commit": clinic.ok,
        "after_commit": clinic.ok,
        "abandon": lambda: clinic.ledger.leave_pressed(ROSA, INVOICE, False),
        "reading": lambda: clinic.ledger.reading(ROSA, INVOICE),
    }
    turn = begin[moment]()
    assert turn["dialog"]["id"] == name
    assert len(clinic.truth()) == (1 if moment == "after_commit" else 0)
    ended = clinic.press(turn, turn["dialog"]["escape"])
    assert ended["turn"] in ("dialog", "open", "stay", "close", "exit")


def test_a_message_that_claims_not_posted_may_lie_after_the_commit(clinic: Clinic) -> None:
    clinic.knob("dialog_locked", "after_commit")
    assert clinic.press(clinic.ok(), "Cancel")["turn"] == "stay"
    assert len(clinic.truth()) == 1


def test_retry_after_a_lost_connection_goes_through_the_rules_again(clinic: Clinic) -> None:
    clinic.knob("dialog_connection", "after_commit*1")
    turn = clinic.press(clinic.ok(5000), "Retry")
    assert shown(turn) == "A payment of $50.00 was already entered today. Continue?"


def test_exit_on_a_lost_connection_ends_the_program(clinic: Clinic) -> None:
    clinic.knob("dialog_connection", "before_commit")
    assert clinic.press(clinic.ok(), "Exit")["turn"] == "exit"
    assert clinic.truth() == []


def test_a_message_forced_twice_does_not_come_a_third_time(clinic: Clinic) -> None:
    clinic.knob("dialog_locked", "opening*2")
    for _ in range(2):
        assert clinic.press(clinic.pay(), "Cancel")["turn"] == "stay"
    assert clinic.pay()["turn"] == "open"
