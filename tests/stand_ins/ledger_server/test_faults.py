"""The knobs: what they take, how they count, and what each does to the clinic."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stand_ins.ledger_server.clinic import INVOICE, OTHER, ROSA, Clinic, shown
from tillbridge.stand_ins.ledger_server.faults import BadKnob, Faults


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nothing", "1"),
        ("latency_ms", "soon"),
        ("two_names", "2"),
        ("money_format", "euro"),
        ("two_names", "1*0"),
    ],
)
def test_a_bad_knob_is_refused_and_changes_nothing(name: str, value: str) -> None:
    faults = Faults(1)
    before = faults.shown()
    with pytest.raises(BadKnob):
        faults.turn(name, value)
    assert faults.shown() == before


def test_a_counted_knob_falls_back_to_its_default() -> None:
    faults = Faults(1)
    faults.turn("crash_after_commit", "true*2")
    assert [faults.strikes("crash_after_commit") for _ in range(4)] == [True, True, False, False]


def test_the_same_seed_draws_the_same_faults() -> None:
    runs = []
    for seed in (3, 3, 4):
        faults = Faults(seed)
        faults.turn("close_without_posting", "0.5")
        runs.append([faults.strikes("close_without_posting") for _ in range(40)])
    assert runs[0] == runs[1] != runs[2]
    assert 5 < sum(runs[0]) < 35


def test_a_crash_before_the_commit_posts_nothing(clinic: Clinic) -> None:
    clinic.knob("crash_before_commit", "1")
    assert clinic.ok()["turn"] == "crash"
    assert clinic.truth() == []


def test_a_crash_after_the_commit_has_posted(clinic: Clinic) -> None:
    clinic.knob("crash_after_commit", "1")
    assert clinic.ok()["turn"] == "crash"
    assert len(clinic.truth()) == 1


def test_a_window_may_close_without_posting(clinic: Clinic) -> None:
    clinic.knob("close_without_posting", "1")
    assert clinic.ok()["turn"] == "close"
    assert clinic.truth() == []


@pytest.mark.parametrize("at", ["ok", "after_commit"])
def test_a_freeze_comes_on_its_own_side_of_the_commit(clinic: Clinic, at: str) -> None:
    clinic.knob("freeze_at", at)
    clinic.knob("freeze_s", "5*1")
    turn = clinic.ok()
    assert (turn["turn"], turn["seconds"]) == ("freeze", 5.0)
    assert len(clinic.truth()) == (1 if at == "after_commit" else 0)
    assert shown(clinic.press(turn, "thawed")) == "Print receipt?"


def test_two_names_adds_a_namesake_with_a_like_invoice(clinic: Clinic) -> None:
    clinic.knob("two_names", "1")
    found = [c for c in clinic.ledger.views.clients() if c["name"] == "Alvarez, Rosa"]
    assert [c["account"] for c in found] == ["01042", "10042"]
    assert clinic.ledger.books.balance("10488") == clinic.balance()


def test_the_namesake_is_there_again_after_a_restart(clinic: Clinic) -> None:
    clinic.knob("two_names", "1")
    clinic.knob("two_names", "1")
    clinic.ledger.world.conclude("10488")
    again = clinic.restarted()
    assert again.ledger.books.invoices["10488"].concluded
    assert len(again.truth("namesake")) == 1
    again.ledger.truth.close()


def test_another_client_may_be_shown_than_was_asked_for(clinic: Clinic) -> None:
    clinic.knob("two_names", "1")
    clinic.knob("other_invoice", "client*1")
    assert clinic.view()["account"] == "10042"
    assert clinic.view()["account"] == ROSA


def test_another_invoice_may_be_selected_or_ticked(clinic: Clinic) -> None:
    clinic.knob("other_invoice", "invoice")
    assert clinic.view()["selected"] == OTHER
    clinic.knob("other_invoice", "form")
    assert [row["number"] for row in clinic.pay()["form"]["apply_to"] if row["ticked"]] == [OTHER]


def test_methods_may_be_missing_or_hide_their_reference(clinic: Clinic) -> None:
    clinic.knob("method_hides_reference", "1")
    assert not any(method["asks_reference"] for method in clinic.pay()["form"]["methods"])
    clinic.knob("method_missing", "1")
    assert "Tillbridge" not in [method["name"] for method in clinic.pay()["form"]["methods"]]


@pytest.mark.parametrize(("kind", "change"), [("line", 1900), ("cash", -5000)])
@pytest.mark.parametrize("at", ["opening", "filling", "before_commit"])
def test_a_colleague_may_change_the_balance_while_the_window_is_up(
    clinic: Clinic, kind: str, change: int, at: str
) -> None:
    clinic.knob("balance_changes_at", at)
    clinic.knob("balance_changes", f"{kind}*1")
    opened = clinic.pay()["form"]["apply_to"][1]["balance_minor"]
    clinic.ledger.method_chosen(clinic.desk, ROSA, INVOICE, "Tillbridge")
    turn = clinic.ok()
    assert opened == 21240
    assert shown(turn) == (
        "Print receipt?" if kind == "line" else "Amount exceeds balance. Post as unapplied credit?"
    )
    assert clinic.balance() == (change if kind == "line" else 21240 + change)


def test_a_colleague_may_conclude_the_invoice_meanwhile(clinic: Clinic) -> None:
    clinic.knob("invoice_concluded", "1")
    clinic.pay()
    clinic.ledger.method_chosen(clinic.desk, ROSA, INVOICE, "Tillbridge")
    assert shown(clinic.ok()) == "Invoice 10482 has been concluded by another user."


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("plain", "267.90"),
        ("short", "267.9"),
        ("nbsp", "$\u00a0267.90"),
        ("paren", "267.90"),
        ("dollar", "$267.90"),
    ],
)
def test_the_money_format_knob_changes_every_screen(clinic: Clinic, style: str, text: str) -> None:
    clinic.knob("money_format", style)
    assert clinic.view()["balance"] == text
    assert clinic.pay()["form"]["money_format"] == style


def test_a_list_that_takes_text_and_totals_that_follow_are_knobs(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path)
    usual = clinic.pay()["form"]
    assert (usual["choice_text_settable"], usual["validates_on"]) == (False, "leave")
    clinic.knob("method_ignores_set", "0")
    clinic.knob("validate_on_blur_only", "0")
    easy = clinic.pay()["form"]
    assert (easy["choice_text_settable"], easy["validates_on"]) == (True, "change")
    clinic.ledger.truth.close()


def test_the_ledger_delay_stays_in_the_range_of_the_profile(clinic: Clinic) -> None:
    clinic.knob("ledger_delay_ms", "-1")
    delays = [clinic.ledger.world.shown_at() - clinic.now.timestamp() for _ in range(50)]
    assert 0.3 <= min(delays) < max(delays) <= 4.0
