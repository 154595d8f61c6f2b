"""Giving back with the pack impromed/7 on the real windows of the stand-in v7: a closed day, a reversal by hand, the
account. That each kind is posted once and found again is in the shipped suite (test_impromed_7_suite.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.packs.impromed_lab import MARKER, Lab, before_the_commit, trouble
from tests.stand_ins.qt.eyes import Eyes
from tillbridge.domain.money import Money
from tillbridge.flows.leftover import FORGOTTEN_S
from tillbridge.flows.practice import STILL_S
from tillbridge.flows.shelf import shelf, sound
from tillbridge.ports.practice import AccountSeen, LedgerSeen, OpenInvoice, PostingOrder
from tillbridge.stand_ins.profile import load

pytestmark = pytest.mark.screen
PROFILE = "v7"
BACK = "V4243-Q2M4"
MAIN = "ImproMed 7 - 01042 Alvarez, Rosa"
METHODS = ("Cash", "Check", "CareCredit", "Credit Card (Integrated)", "Gift Card", "Tillbridge", "Write-off")
LEFT_TO_A_PERSON = {"unknown"}
"""Messages that the pack does not name on purpose: they stop everything and are shown."""


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


def void(lab: Lab) -> PostingOrder:
    return lab.order(5000, kind="void", marker=BACK, of_marker=MARKER)


def taken(lab: Lab) -> str:
    """A payment of 50.00 with our number; its id in the books."""
    by_hand = {"invoice": "10482", "amount_minor": 5000, "method": "Tillbridge", "reference": MARKER}
    return str(lab.server.world("by_hand", **by_hand)[0]["id"])


def ours(lab: Lab) -> Sequence[tuple[str, str, int, str]]:
    """What our windows wrote, by the truth log."""
    acts = [act for act in lab.money() if act["by"] == "skin"]
    return [(act["kind"], act["invoice"], act["amount_minor"], act["reference"]) for act in acts]


def test_what_was_given_back_from_the_account_is_owed_and_no_credit(lab: Lab) -> None:
    lab.server.world("by_hand", client="01042", amount_minor=-2500, method="Check", reference="7")
    seen = lab.practice.read_account(lab.order())
    assert isinstance(seen, AccountSeen), seen
    assert (seen.balance, seen.credit) == (usd(26790 + 2500), usd(0))
    assert seen.invoices == (
        OpenInvoice(number="10467", balance=usd(5550)),
        OpenInvoice(number="10482", balance=usd(21240)),
    )


def test_where_the_day_of_the_payment_is_closed_a_refund_of_today_stands_for_the_void(lab: Lab) -> None:
    taken(lab)
    lab.server.knobs(dialog_period="opening*1")
    report = lab.practice.post(void(lab))
    assert (report.stage, report.trouble) == ("committed", None), report.transcript
    assert [(row.amount.minor, row.reference) for row in lab.ledger(void(lab)).marked] == [(-5000, BACK)]
    assert ours(lab) == [("payment", "", -5000, BACK)]


def test_what_staff_reversed_by_hand_is_not_taken_back_again(lab: Lab) -> None:
    lab.server.world("reverse", payment=taken(lab))
    report = lab.practice.post(void(lab))
    assert (report.stage, trouble(report).code) == ("not_committed", "already_reversed"), report.transcript
    assert (ours(lab), lab.windows()) == ([], 1)


def test_a_refund_that_is_refused_is_told_and_thrown_away_though_the_window_asks(lab: Lab) -> None:
    lab.server.knobs(method_not_refundable="1")
    report = lab.practice.post(lab.order(2500, kind="refund", marker=BACK))
    assert (report.stage, report.means, trouble(report).code) == (
        "doubt",
        "not_posted",
        "method_not_refundable",
    )
    assert trouble(report).facts["text"] == "This tender cannot give money back."
    assert (ours(lab), lab.windows()) == ([], 1)


def test_a_window_that_turns_from_taking_to_giving_back_at_the_last_moment_is_filled_in_anew(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    eyes = Eyes(lab.desktop)
    eyes.press(eyes.by_name(eyes.window(MAIN), "page tab", "Account history"))
    before_the_commit(lab, monkeypatch, lambda: _turn_to_refund(lab, eyes))
    report = lab.practice.post(lab.order(2500, kind="deposit", marker=BACK))
    eyes.close()
    assert report.stage == "committed", report.transcript
    assert "starting over" in report.transcript
    assert ours(lab) == [("payment", "", 2500, BACK)], "money that came, and nothing that went"


def _turn_to_refund(lab: Lab, eyes: Eyes) -> None:
    """A person presses Refund behind the window that we have filled, and has done all but number and amount."""
    eyes.press(eyes.find(eyes.window(MAIN), "RefundButton"))
    window = next(window for window in eyes.windows() if eyes.name(window).startswith(("Take", "Refund")))
    kind, tender = eyes.find(window, "EntryKindText"), eyes.find(window, "TenderBox")
    lab.until(lambda: eyes.name(kind) == "Refund", "the window gives back")
    password = eyes.find(window, "CashierPasswordBox")
    eyes.focus(eyes.find(window, "AmountBox"))
    eyes.keys(eyes.name(window), "Tab", "t")
    lab.until(lambda: eyes.name(tender) == "Tillbridge", "the tender")
    eyes.focus(password)
    eyes.write(password, "cashier")
    eyes.focus(eyes.find(window, "PaymentClientBox"))
    lab.until(lambda: eyes.name(eyes.find(window, "CashierNameText")) == "Dana Brooks", "the cashier")


def test_windows_left_by_a_run_that_was_cut_off_are_closed_for_their_own_client_only(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = taken(lab)
    refund = lab.order(2500, kind="refund", marker=BACK)
    monkeypatch.setattr(lab.guard, "idle_s", lambda: FORGOTTEN_S)
    eyes = Eyes(lab.desktop)
    main = eyes.window(MAIN)
    eyes.press(eyes.by_name(main, "page tab", "Account history"))
    for name, order in (("RefundButton", refund), ("ReverseButton", void(lab))):
        rows = eyes.find(main, "AccountHistoryGrid")
        eyes.select_row(rows, len(eyes.rows(rows)) - 1)
        eyes.press(eyes.find(main, name))
        lab.until(lambda: lab.windows() == 2, "the window")
        assert trouble(lab.practice.read_ledger(replace(order, account_id="01005"))).code == "window_open"
        assert lab.windows() == 2
        assert isinstance(lab.practice.read_ledger(order), LedgerSeen)
        lab.until(lambda: lab.windows() == 1, "nothing but the main window")
    eyes.close()
    assert (ours(lab), payment in {act["id"] for act in lab.money()}) == ([], True)


def test_every_message_of_this_version_is_known_by_its_own_words() -> None:
    pack, profile = sound(shelf() / "impromed" / "7"), load("v7")
    facts = {"money": "25.00", "workstation": "FRONT2", "employee": "Kim", "date": "06/30/2026"}
    facts |= {"number": "10482", "alert": "BITES", "operator": "Kim Tran"}
    known = {
        message.id: {
            spec.id
            for spec in pack.dialogs
            if sorted(spec.buttons) == sorted(message.buttons)
            and any(
                text.match(message.text.format_map(facts), pack.formats) is not None for text in spec.texts
            )
        }
        for message in profile.messages.values()
    }
    assert {name for name, found in known.items() if not found} == LEFT_TO_A_PERSON
    assert {name: found for name, found in known.items() if len(found) > 1} == {
        "period": {"period", "closed_for_reversal"}
    }


def test_the_payment_methods_are_listed_and_the_window_is_left(lab: Lab) -> None:
    lab.until(lambda: lab.practice.idle_s() >= STILL_S, "a still desk")
    assert lab.practice.list_payment_methods() == METHODS
    assert lab.windows() == 1
