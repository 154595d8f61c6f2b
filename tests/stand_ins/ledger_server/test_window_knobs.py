"""The knobs that change windows, lists and people rather than the books, as the server hands them to a skin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stand_ins.ledger_server.clinic import INVOICE, ROSA, Clinic, shown
from tillbridge.stand_ins import profile
from tillbridge.stand_ins.ledger_server.marring import marred_view

NOTHING = {"renamed_ids": False, "renamed_title": False, "swapped_order": False}


def form(clinic: Clinic) -> dict[str, Any]:
    turn = clinic.pay()
    assert turn["turn"] == "open", turn
    return dict(turn["form"])


def methods(clinic: Clinic) -> list[str]:
    return [method["name"] for method in form(clinic)["methods"]]


@pytest.fixture
def seven(tmp_path: Path) -> Iterator[Clinic]:
    made = Clinic(tmp_path / "seven", like=profile.load("v7"))
    yield made
    made.ledger.truth.close()


def test_an_untouched_window_has_drifted_in_nothing(clinic: Clinic) -> None:
    assert (form(clinic)["drift"], form(clinic)["silent"]) == (NOTHING, [])


@pytest.mark.parametrize("knob", list(NOTHING))
def test_an_update_overnight_changes_what_its_knob_says(clinic: Clinic, knob: str) -> None:
    clinic.knob(knob, "1")
    assert form(clinic)["drift"] == {**NOTHING, knob: True}


def test_a_list_that_is_drawn_by_hand_is_named_to_the_skin(clinic: Clinic) -> None:
    clinic.knob("owner_drawn", "transactions")
    assert marred_view(clinic.view(), clinic.ledger.faults)["silent"] == ["transactions"]
    assert form(clinic)["silent"] == ["transactions"]


def test_totals_may_have_three_decimals(clinic: Clinic) -> None:
    clinic.knob("rounding", "three")
    row = marred_view(clinic.view(), clinic.ledger.faults)["invoices"][-1]
    assert (row["total"], row["paid"], row["balance"]) == ("$212.404", "$0.00", "$212.404")


def test_the_payment_window_may_round_a_cent_away(clinic: Clinic) -> None:
    clinic.knob("rounding", "cent")
    rows = {row["number"]: row for row in form(clinic)["apply_to"]}
    assert (rows[INVOICE]["balance"], rows[INVOICE]["balance_minor"]) == ("$212.39", 21239)


def test_a_method_may_have_another_name_today(clinic: Clinic) -> None:
    clinic.knob("method_renamed", "1")
    assert "Tillbridge" not in methods(clinic)
    assert "Tillbridge (old)" in methods(clinic)


def test_an_inactive_method_is_listed_and_refused(clinic: Clinic) -> None:
    clinic.knob("method_inactive", "1")
    assert "Tillbridge" in methods(clinic)
    turn = clinic.ok()
    assert shown(turn) == "This payment method is not active."
    assert clinic.press(turn, "OK")["turn"] == "stay"
    assert clinic.truth() == []


def test_a_new_method_is_seen_only_by_a_program_that_was_started_since(clinic: Clinic) -> None:
    clinic.knob("methods_stale", "1")
    assert "Tillbridge" not in methods(clinic)
    clinic.desk = clinic.ledger.desks.sign_in(2, "")
    assert "Tillbridge" in methods(clinic)


def test_a_new_scene_knows_all_methods(clinic: Clinic) -> None:
    clinic.knob("methods_stale", "1")
    clinic.ledger.reset("default", 1)
    assert "Tillbridge" in methods(clinic)


def test_an_employee_may_have_left(clinic: Clinic) -> None:
    assert "Dana Brooks" in form(clinic)["employees"]
    clinic.knob("employee_missing", "1")
    assert "Dana Brooks" not in form(clinic)["employees"]


def test_leaving_with_nothing_typed_asks_nothing(seven: Clinic) -> None:
    assert seven.ledger.leave_pressed(ROSA, INVOICE, False)["turn"] == "close"


@pytest.mark.parametrize(
    ("button", "ends"), [("Post", "post"), ("Discard payment", "close"), ("Keep editing", "stay")]
)
def test_leaving_with_something_typed_asks_where_the_version_does(
    seven: Clinic, button: str, ends: str
) -> None:
    turn = seven.ledger.leave_pressed(ROSA, INVOICE, True)
    assert turn["dialog"]["id"] == "unsaved"
    assert seven.press(turn, button)["turn"] == ends


def test_a_knob_makes_any_version_ask_or_not(clinic: Clinic, seven: Clinic) -> None:
    clinic.knob("asks_unsaved", "always")
    seven.knob("asks_unsaved", "never")
    asked = clinic.ledger.leave_pressed(ROSA, INVOICE, True)
    assert shown(asked) == f"Save changes to invoice {INVOICE}?"
    assert seven.ledger.leave_pressed(ROSA, INVOICE, True)["turn"] == "close"


def test_a_save_that_runs_on_is_in_the_books_when_its_knob_says(seven: Clinic) -> None:
    seven.knob("save_ms", "1000")
    seven.knob("save_commits_at", "0.25")
    first = seven.ok()
    assert (first["turn"], first["seconds"]) == ("wait", 0.25)
    assert seven.truth() == []
    second = seven.press(first, "waited")
    assert (second["turn"], second["seconds"]) == ("wait", 0.75)
    assert len(seven.truth()) == 1
    receipt = seven.press(second, "waited")
    assert shown(receipt) == "Payment posted. Receipt?"
    assert seven.press(receipt, "No receipt")["turn"] == "close"


def test_a_save_takes_as_long_as_the_version_says(seven: Clinic) -> None:
    seven.knob("save_commits_at", "1")
    assert 2 <= seven.ok()["seconds"] <= 12


@pytest.mark.parametrize("what", ["focus_theft", "other_process", "second_instance"])
@pytest.mark.parametrize("moment", ["before_commit", "after_commit"])
def test_another_program_gets_in_the_way_once(clinic: Clinic, what: str, moment: str) -> None:
    clinic.knob(what, f"{moment}*1")
    turn = clinic.ok()
    assert (turn["turn"], turn["what"]) == ("mishap", what)
    assert len(clinic.truth()) == int(moment == "after_commit")
    assert shown(clinic.press(turn, "started")) == "Print receipt?"


def test_a_worn_keyboard_is_told_to_every_skin(clinic: Clinic) -> None:
    clinic.knob("drop_keys", "5")
    clinic.knob("caps_lock", "1")
    told = [order for order in clinic.desk.orders if order["what"] == "keyboard"]
    assert [(order["drop"], order["caps"]) for order in told] == [(5, False), (5, True)]
    clinic.ledger.reset("default", 1)
    last = [order for order in clinic.desk.orders if order["what"] == "keyboard"][-1]
    assert (last["drop"], last["caps"]) == (0, False)


def test_the_european_way_of_writing_is_a_knob(seven: Clinic) -> None:
    assert seven.view()["balance"] == "267.90"
    seven.knob("locale", "eu")
    view = seven.view()
    assert (view["balance"], form(seven)["money_format"]) == ("267,90", "comma")
    assert view["invoices"][-1]["date"] == "10.03.2026"
