"""The pack impromed/5 on the real windows of the stand-in v5: deposits, refunds, reversals, account and methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.packs.impromed_lab import MARKER, ON_ACCOUNT, Lab, trouble
from tests.stand_ins.qt.eyes import Eyes
from tillbridge.domain.money import Money
from tillbridge.ports.practice import AccountSeen, LedgerSeen, OpenInvoice, PostingOrder, PostingReport

pytestmark = pytest.mark.screen
PROFILE = "v5"
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


def test_a_deposit_stays_on_the_account_and_a_refund_leaves_it_each_found_by_its_own_number(lab: Lab) -> None:
    deposit = order_of(lab, "deposit", 30000)
    done(lab.practice.post(deposit))
    assert marked(lab, deposit) == (30000, MARKER)
    seen = lab.practice.read_account(deposit)
    assert isinstance(seen, AccountSeen), seen
    assert (seen.account_id, seen.balance, seen.credit) == ("01042", usd(ON_ACCOUNT - 30000), usd(30000))
    assert seen.invoices == (
        OpenInvoice(number="10467", balance=usd(5550)),
        OpenInvoice(number="10482", balance=usd(21240)),
    )
    refund = order_of(lab, "refund", 30000, marker=BACK, of_marker=MARKER)
    done(lab.practice.post(refund))
    assert marked(lab, refund) == (-30000, BACK)
    assert rows(lab) == [("payment", "", 30000, MARKER), ("payment", "", -30000, BACK)]
    assert lab.windows() == 1


def test_a_void_reverses_the_one_payment_and_is_found_among_what_was_reversed_today(lab: Lab) -> None:
    done(lab.practice.post(lab.order()))
    assert marked(lab, lab.order())[0] == 21240
    void = order_of(lab, "void", 21240, marker=BACK, of_marker=MARKER)
    empty = lab.practice.read_ledger(void)
    assert isinstance(empty, LedgerSeen), empty
    assert (empty.marked, empty.read_to_end, empty.complete) == ((), True, False)
    done(lab.practice.post(void))
    assert marked(lab, void) == (-21240, BACK)
    assert sorted(rows(lab))[2:] == [("reversal", "10467", -5550, BACK), ("reversal", "10482", -15690, BACK)]
    again = lab.practice.post(order_of(lab, "void", 21240, marker="V4244-R3N5", of_marker=MARKER))
    assert (again.stage, trouble(again).code) == ("not_committed", "payment_not_listed"), again.transcript
    assert lab.windows() == 1
    assert len(rows(lab)) == 4


def test_a_supervisor_s_password_is_a_person_s_and_the_reversal_is_found_afterwards(lab: Lab) -> None:
    lab.server.world("by_hand", invoice="10467", amount_minor=5550, method="Tillbridge", reference=MARKER)
    lab.server.knobs(reverse_permission="always")
    void = order_of(lab, "void", 5550, marker=BACK, of_marker=MARKER)
    report = lab.practice.post(void)
    assert (report.stage, trouble(report).code) == ("doubt", "supervisor_needed"), report.transcript
    assert rows(lab) == []
    eyes = Eyes(lab.desktop)
    box = eyes.window("ImproMed Infinity")
    assert eyes.text(eyes.find(box, "txtPassword")) == "", "nothing was typed there"
    eyes.press(eyes.by_name(box, "push button", "OK"))
    eyes.close()
    lab.until(lambda: lab.windows() == 1, "the end of the reversal")
    assert marked(lab, void) == (-5550, BACK)
    assert rows(lab) == [("reversal", "10467", -5550, BACK)]


def test_what_a_closed_day_refuses_is_told_and_leaves_nothing_open(lab: Lab) -> None:
    lab.server.world("close_period")
    report = lab.practice.post(order_of(lab, "refund", 2500, marker=BACK))
    assert (report.stage, report.means, trouble(report).code) == ("doubt", "not_posted", "period_closed")
    void = lab.practice.post(order_of(lab, "void", 5550, marker=BACK, of_marker=MARKER))
    assert (void.stage, trouble(void).code) == ("not_committed", "payment_not_listed"), void.transcript
    assert (rows(lab), lab.windows()) == ([], 1)


def test_the_payment_methods_are_listed_and_the_window_is_left(lab: Lab) -> None:
    assert lab.practice.list_payment_methods() == METHODS
    assert lab.windows() == 1
