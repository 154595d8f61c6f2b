"""What a payment window writes: rows, balances, the truth log."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tests.stand_ins.ledger_server.clinic import INVOICE, MARKER, OTHER, ROSA, Clinic, shown
from tillbridge.stand_ins import profile


def test_a_payment_is_one_row_of_truth_with_everything_that_was_typed(clinic: Clinic) -> None:
    clinic.post(14250)
    (row,) = clinic.truth()
    wanted = {
        "client": ROSA,
        "invoice": INVOICE,
        "amount_minor": 14250,
        "method": "Tillbridge",
        "reference": MARKER,
        "employee": "Kim Tran",
        "workstation": "FRONT1",
        "by": "skin",
    }
    assert {key: row[key] for key in wanted} == wanted
    assert clinic.balance() == 21240 - 14250


def test_truth_is_on_disk_before_the_window_hears_of_it(clinic: Clinic) -> None:
    clinic.ok()
    lines = (clinic.directory / "truth.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["kind"] == "payment"


def test_a_ledger_row_appears_on_screen_only_after_its_delay(clinic: Clinic) -> None:
    clinic.post()
    assert MARKER not in [row["reference"] for row in clinic.view()["transactions"]]
    assert clinic.view()["more_in_ms"] > 0
    clinic.wait(1.1)
    assert clinic.view()["transactions"][0]["amount"] == "-$212.40"
    assert clinic.view()["balance"] == "$55.50"


def test_the_ledger_column_cuts_the_reference_but_the_truth_keeps_it(clinic: Clinic) -> None:
    clinic.post(reference="V4242-K7Q9-LONG")
    clinic.wait(2)
    assert clinic.view()["transactions"][0]["reference"] == "V4242-K7Q9"
    assert clinic.truth()[0]["reference"] == "V4242-K7Q9-LONG"


def test_a_whole_reference_is_shown_when_cutting_is_off(clinic: Clinic) -> None:
    clinic.knob("truncate_reference_10", "0")
    clinic.post(reference="V4242-K7Q9-LONG")
    clinic.wait(2)
    assert clinic.view()["transactions"][0]["reference"] == "V4242-K7Q9-LONG"


def test_money_over_two_ticked_invoices_fills_them_in_order(clinic: Clinic) -> None:
    clinic.post(10000, invoices=[OTHER, INVOICE])
    assert [(row["invoice"], row["amount_minor"]) for row in clinic.truth()] == [
        (OTHER, 5550),
        (INVOICE, 4450),
    ]
    assert len({row["posting"] for row in clinic.truth()}) == 1


def test_money_on_account_becomes_credit(clinic: Clinic) -> None:
    clinic.post(2500, invoices=[], unapplied=True)
    assert clinic.ledger.books.credit(ROSA) == 2500
    assert clinic.truth()[0]["invoice"] == ""


def test_cash_beyond_the_balance_is_given_back_as_change(clinic: Clinic) -> None:
    clinic.post(22000, method="Cash")
    assert clinic.truth()[0]["amount_minor"] == 21240
    assert clinic.ledger.books.credit(ROSA) == 0


def test_a_paid_invoice_stays_open_until_it_is_concluded(clinic: Clinic) -> None:
    clinic.post(conclude=False)
    assert INVOICE in [row["number"] for row in clinic.view()["invoices"]]


def test_conclude_closes_a_paid_invoice(clinic: Clinic) -> None:
    clinic.post(conclude=True)
    assert INVOICE not in [row["number"] for row in clinic.view()["invoices"]]
    assert [act["invoice"] for act in clinic.truth("concluded")] == [INVOICE]


def test_conclude_leaves_a_partly_paid_invoice_open(clinic: Clinic) -> None:
    clinic.post(100, conclude=True)
    assert clinic.truth("concluded") == []


def test_a_restarted_server_rebuilds_the_same_books_from_the_truth(clinic: Clinic) -> None:
    clinic.post(14250)
    clinic.ledger.world.add_line(INVOICE, "Nail trim", 1900)
    clinic.ledger.world.close_period(None)
    before = clinic.ledger.books
    again = clinic.restarted()
    after = again.ledger.books
    assert after.balance(INVOICE) == before.balance(INVOICE) == 21240 - 14250 + 1900
    assert after.payments == before.payments
    assert after.closed_through == before.closed_through
    again.ledger.truth.close()


def test_a_line_torn_by_a_power_cut_is_cut_off(clinic: Clinic) -> None:
    clinic.post()
    clinic.ledger.truth.close()
    path = clinic.directory / "truth.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"act": 3, "kind": "paym')
    again = Clinic(clinic.directory)
    assert len(again.truth()) == 1
    assert path.read_bytes() == whole
    again.ledger.truth.close()


def test_the_same_seed_makes_the_same_scene(tmp_path: Path) -> None:
    views = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        made = Clinic(tmp_path / name, "busy", seed)
        views.append(made.view())
        made.ledger.truth.close()
    assert views[0] == views[1]
    assert views[0] != views[2]


def test_reset_begins_a_new_scene_and_keeps_the_old_lines(clinic: Clinic) -> None:
    clinic.post()
    clinic.ledger.reset("busy", 2)
    assert clinic.truth() == []
    assert clinic.balance() == 21240
    assert [act["kind"] for act in clinic.ledger.truth.acts] == ["scene", "payment", "scene"]
    assert len(clinic.view()["transactions"]) >= 60


def test_two_desks_ordered_to_show_get_the_order_once(clinic: Clinic) -> None:
    second = clinic.ledger.desks.sign_in(2, "FRONT2")
    clinic.ledger.desks.tell("", what="show", client=ROSA, invoice="")
    assert [len(desk.orders) for desk in (clinic.desk, second)] == [1, 1]


def test_a_reversal_gives_the_balance_back(clinic: Clinic) -> None:
    clinic.post()
    clinic.ledger.world.reverse(clinic.truth()[0]["id"])
    assert clinic.balance() == 21240
    assert clinic.truth("reversal")[0]["amount_minor"] == -21240


def test_a_deleted_payment_leaves_no_row(clinic: Clinic) -> None:
    clinic.post()
    clinic.ledger.world.delete(clinic.truth()[0]["id"])
    clinic.wait(2)
    assert clinic.balance() == 21240
    assert MARKER not in [row["reference"] for row in clinic.view()["transactions"]]


def test_the_receipt_may_be_printed(clinic: Clinic) -> None:
    turn = clinic.ok()
    assert shown(turn) == "Print receipt?"
    assert clinic.press(turn, "Yes")["turn"] == "close"


def test_another_profile_changes_the_rules_as_data_alone(tmp_path: Path) -> None:
    """The v5-like way: money goes to the oldest balance, the ledger is oldest first, nothing is printed."""
    v6 = profile.load("v6")
    behaviour = replace(
        v6.behaviour,
        applies_to="oldest",
        ledger_order="oldest",
        payments_are_negative=False,
        asks_print=False,
    )
    clinic = Clinic(tmp_path, like=replace(v6, behaviour=behaviour, money_format="cr"))
    assert clinic.ok(10000)["turn"] == "close"
    assert [(row["invoice"], row["amount_minor"]) for row in clinic.truth()] == [
        (OTHER, 5550),
        (INVOICE, 4450),
    ]
    clinic.wait(2)
    assert clinic.view()["transactions"][-1]["amount"] == "100.00", "one payment, whatever it paid"
    clinic.ledger.truth.close()


def test_a_long_ledger_has_over_500_rows(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path, "long")
    assert len(clinic.view()["transactions"]) > 500
    clinic.ledger.truth.close()
