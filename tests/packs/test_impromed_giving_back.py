"""The pack impromed/6 on the real windows of the stand-in: deposits, refunds, reversals, accounts. The judge is the
server's truth log."""

from __future__ import annotations

from typing import Any

import pytest

from tests.packs.impromed_lab import MARKER, Lab, order, trouble
from tests.stand_ins.qt.eyes import Eyes
from tillbridge.domain.money import Money
from tillbridge.ports.practice import AccountSeen, PostingOrder

pytestmark = pytest.mark.screen

BACK = "B1111-AAAA"


def back(kind: str, minor: int = 21240, of: str = MARKER, **changes: object) -> PostingOrder:
    return order(minor, kind=kind, marker=BACK, of_marker=of, **changes)


def told(lab: Lab) -> list[tuple[str, int, str, str]]:
    """Kind, amount, number and invoice of every act of money in the books, the oldest first."""
    acts: list[dict[str, Any]] = lab.server.get("/truth")["acts"]
    money = [act for act in acts if act["kind"] in ("payment", "reversal")]
    return [(act["kind"], act["amount_minor"], act["reference"], act["invoice"]) for act in money]


SOLD = ("payment", 21240, MARKER, "10482")


def sold(lab: Lab) -> None:
    assert lab.practice.post(order()).stage == "committed"
    lab.ledger(order())


def test_a_deposit_is_the_clients_credit_and_offered_at_the_next_payment(lab: Lab) -> None:
    deposit = order(5000, kind="deposit", invoice_number="", balance=None, marker=BACK)
    report = lab.practice.post(deposit)
    assert (report.stage, report.trouble) == ("committed", None), report.transcript
    [row] = lab.ledger(deposit).marked
    assert (row.amount.minor, row.invoice_number) == (5000, "")
    account = lab.practice.read_account(order())
    assert isinstance(account, AccountSeen), account
    assert (account.credit, account.balance.minor) == (Money(minor=5000, currency="USD"), 26790 - 5000)
    assert ("10482", 21240) in [(one.number, one.balance.minor) for one in account.invoices]
    report = lab.practice.post(order())  # "Client has a credit balance": not applied, nobody asked for that
    assert report.stage == "committed", report.transcript
    assert told(lab) == [("payment", 5000, BACK, ""), SOLD]


def test_a_returned_item_leaves_a_credit_and_its_refund_takes_it_away(lab: Lab) -> None:
    sold(lab)
    lab.server.world("return_item", invoice="10482", amount_minor=3000, description="Collar")
    report = lab.practice.post(back("refund", 3000))
    assert (report.stage, report.trouble) == ("committed", None), report.transcript
    assert told(lab) == [SOLD, ("payment", -3000, BACK, "")]
    seen = lab.ledger(back("refund", 3000))
    assert [row.amount.minor for row in seen.marked] == [-3000]
    assert [row.amount.minor for row in seen.today if row.reference == MARKER] == [21240]
    assert "01042" not in lab.server.get("/world")["credit_minor"]


def test_a_payment_of_today_is_reversed_and_the_invoice_is_owed_again(lab: Lab) -> None:
    sold(lab)
    rehearsed = lab.practice.rehearse(back("void"))
    assert (rehearsed.stage, rehearsed.trouble) == ("not_committed", None), rehearsed.transcript
    assert (told(lab), lab.windows()) == ([SOLD], 1)
    report = lab.practice.post(back("void"))
    assert (report.stage, report.trouble) == ("committed", None), report.transcript
    assert told(lab) == [SOLD, ("reversal", -21240, BACK, "10482")]
    assert [row.amount.minor for row in lab.ledger(back("void")).marked] == [-21240]
    assert lab.server.get("/world")["invoices"]["10482"]["balance_minor"] == 21240
    again = lab.practice.post(back("void"))  # an order that was lost and came again
    assert (again.stage, trouble(again).code) == ("not_committed", "already_reversed"), again.transcript
    assert (len(told(lab)), lab.windows()) == (2, 1)


def test_where_the_day_is_closed_a_negative_payment_is_tried_and_that_is_refused_for_the_same_day(
    lab: Lab,
) -> None:
    """Today is closed altogether: neither way goes, nothing is written, and it is said why."""
    sold(lab)
    lab.server.world("close_period")
    report = lab.practice.post(back("void"))
    assert (report.stage, report.means, trouble(report).code) == ("doubt", "not_posted", "period_closed")
    assert (told(lab), lab.windows()) == ([SOLD], 1)


def test_a_payment_of_a_closed_day_is_taken_back_by_a_negative_one_of_today(lab: Lab) -> None:
    lab.server.world("by_hand", invoice="10482", amount_minor=21240, method="Tillbridge", reference=MARKER)
    lab.server.knobs(dialog_period="opening*1")  # the message that its closed day brings
    report = lab.practice.post(back("void"))
    assert (report.stage, report.trouble) == ("committed", None), report.transcript
    assert told(lab) == [SOLD, ("payment", -21240, BACK, "")]
    assert [row.amount.minor for row in lab.ledger(back("void")).marked] == [-21240]


def test_a_method_that_gives_nothing_back_is_refused_in_words(lab: Lab) -> None:
    sold(lab)
    lab.server.knobs(method_not_refundable="1")
    report = lab.practice.post(back("refund", 5000))
    assert (report.means, trouble(report).code) == ("not_posted", "method_not_refundable"), report.transcript
    assert (told(lab), lab.windows()) == ([SOLD], 1)


def test_the_payment_methods_are_read_from_the_window_that_shows_them(lab: Lab) -> None:
    found = lab.practice.list_payment_methods()
    assert isinstance(found, tuple), found
    assert "Tillbridge" in found
    assert (told(lab), lab.windows()) == ([], 1)


def test_a_supervisors_password_is_a_persons_and_the_reversal_is_found_afterwards(lab: Lab) -> None:
    sold(lab)
    lab.server.knobs(reverse_permission="always")
    report = lab.practice.post(back("void"))
    assert (report.stage, trouble(report).code) == ("doubt", "supervisor_needed"), report.transcript
    assert trouble(report).facts["text"] == "Supervisor password"
    assert (told(lab), lab.windows()) == ([SOLD], 3)
    eyes = Eyes(lab.desktop)
    box = eyes.window("ImproMed")
    assert eyes.text(eyes.find(box, "txtPassword")) == "", "nothing was typed there"
    eyes.press(eyes.by_name(box, "push button", "OK"))
    eyes.close()
    lab.until(lambda: lab.windows() == 1, "the end of the reversal")
    assert [row.amount.minor for row in lab.ledger(back("void")).marked] == [-21240]
    assert told(lab) == [SOLD, ("reversal", -21240, BACK, "10482")]
