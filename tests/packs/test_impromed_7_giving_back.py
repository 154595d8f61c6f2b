"""The pack impromed/7 on the real windows of the stand-in v7: deposits, refunds, reversals, account and methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.packs.impromed_lab import MARKER, Lab, trouble
from tests.stand_ins.qt.eyes import Eyes
from tillbridge.domain.money import Money
from tillbridge.ports.practice import AccountSeen, LedgerSeen, PostingOrder, PostingReport

pytestmark = pytest.mark.screen
PROFILE = "v7"
BACK = "V4243-Q2M4"
METHODS = ("Cash", "Check", "CareCredit", "Credit Card (Integrated)", "Gift Card", "Tillbridge", "Write-off")


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


def order_of(lab: Lab, kind: str, amount: int, **changes: object) -> PostingOrder:
    return lab.order(amount, **({"kind": kind, "balance": None, "invoice_number": ""} | changes))


def done(report: PostingReport) -> None:
    assert (report.stage, report.trouble) == ("committed", None), report.transcript


def rows(lab: Lab) -> Sequence[tuple[str, str, int, str]]:
    """What our windows wrote, by the truth log."""
    acts: Sequence[dict[str, Any]] = lab.server.get("/truth")["acts"]
    ours = [act for act in acts if act["kind"] in ("payment", "reversal") and act["by"] == "skin"]
    return [(act["kind"], act["invoice"], act["amount_minor"], act["reference"]) for act in ours]


def marked(lab: Lab, order: PostingOrder) -> tuple[int, str]:
    """Amount and number of the one row that the look finds."""
    [row] = lab.ledger(order).marked
    return row.amount.minor, row.reference


def test_a_deposit_stays_on_the_account_and_a_refund_leaves_it_in_a_window_that_still_says_take_payment(
    lab: Lab,
) -> None:
    lab.server.knobs(title_lag_ms="60000")
    deposit = order_of(lab, "deposit", 30000)
    done(lab.practice.post(deposit))
    assert marked(lab, deposit) == (30000, MARKER)
    seen = lab.practice.read_account(deposit)
    assert isinstance(seen, AccountSeen), seen
    assert (seen.balance, seen.credit) == (usd(26790 - 30000), usd(30000))
    assert [(one.number, one.balance) for one in seen.invoices] == [
        ("10467", usd(5550)),
        ("10482", usd(21240)),
    ]
    refund = order_of(lab, "refund", 30000, marker=BACK, of_marker=MARKER)
    done(lab.practice.post(refund))
    assert marked(lab, refund) == (-30000, BACK)
    assert rows(lab) == [("payment", "", 30000, MARKER), ("payment", "", -30000, BACK)]
    assert lab.windows() == 1


def test_a_void_reverses_the_one_payment_while_its_save_runs_on_by_itself(lab: Lab) -> None:
    lab.server.world("by_hand", invoice="10482", amount_minor=5000, method="Tillbridge", reference=MARKER)
    void = order_of(lab, "void", 5000, marker=BACK, of_marker=MARKER)
    empty = lab.practice.read_ledger(void)
    assert isinstance(empty, LedgerSeen), empty
    assert (empty.marked, empty.complete) == ((), True)
    done(lab.practice.post(void))
    assert marked(lab, void) == (-5000, BACK)
    assert rows(lab) == [("reversal", "10482", -5000, BACK)]
    again = lab.practice.post(order_of(lab, "void", 5000, marker="V4244-R3N5", of_marker=MARKER))
    assert (again.stage, trouble(again).code) == ("not_committed", "already_reversed"), again.transcript
    assert (len(rows(lab)), lab.windows()) == (1, 1)


def test_where_the_day_of_the_payment_is_closed_a_refund_of_today_stands_for_the_void(lab: Lab) -> None:
    lab.server.world("by_hand", invoice="10482", amount_minor=5000, method="Tillbridge", reference=MARKER)
    lab.server.knobs(dialog_period="opening*1")
    void = order_of(lab, "void", 5000, marker=BACK, of_marker=MARKER)
    done(lab.practice.post(void))
    assert marked(lab, void) == (-5000, BACK)
    assert rows(lab) == [("payment", "", -5000, BACK)]


def test_a_manager_s_password_is_a_person_s_and_the_reversal_is_found_afterwards(lab: Lab) -> None:
    lab.server.world("by_hand", invoice="10482", amount_minor=5000, method="Tillbridge", reference=MARKER)
    lab.server.knobs(reverse_permission="always")
    void = order_of(lab, "void", 5000, marker=BACK, of_marker=MARKER)
    report = lab.practice.post(void)
    assert (report.stage, trouble(report).code) == ("doubt", "supervisor_needed"), report.transcript
    assert rows(lab) == []
    eyes = Eyes(lab.desktop)
    box = eyes.window("ImproMed 7")
    assert eyes.text(eyes.find(box, "txtPassword")) == "", "nothing was typed there"
    eyes.press(eyes.by_name(box, "push button", "Allow"))
    eyes.close()
    lab.until(lambda: lab.windows() == 1, "the end of the reversal")
    assert marked(lab, void) == (-5000, BACK)


def test_the_payment_methods_are_listed_and_the_window_is_left(lab: Lab) -> None:
    assert lab.practice.list_payment_methods() == METHODS
    assert lab.windows() == 1
