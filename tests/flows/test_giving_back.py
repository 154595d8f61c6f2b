"""Deposits, money given back and reversals on windows in memory: what is typed, found again, and never done twice."""

from __future__ import annotations

import pytest

from tests.flows.fake_impromed import METHODS, Clinic, order
from tillbridge.domain.money import Money
from tillbridge.ports.practice import AccountSeen, LedgerSeen, PostingOrder, PostingReport, Trouble
from tillbridge.screen.backend import SetText

SALE, BACK = "V4242-K7Q9", "B1111-AAAA"


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


@pytest.fixture
def paid(clinic: Clinic) -> Clinic:
    """The invoice was paid by us."""
    assert clinic.practice.post(order()).stage == "committed"
    return clinic


def back(kind: str, minor: int = 21240, **changes: object) -> PostingOrder:
    return order(minor, kind=kind, marker=BACK, of_marker=SALE, **changes)


def trouble(report: PostingReport) -> str:
    assert report.trouble is not None
    return report.trouble.code


def seen(clinic: Clinic, wanted: PostingOrder) -> LedgerSeen:
    found = clinic.practice.read_ledger(wanted)
    assert isinstance(found, LedgerSeen), found
    return found


def rows(clinic: Clinic) -> list[tuple[str, ...]]:
    """Type, amount, number and invoice of every row, the newest first."""
    return [(row[1], row[3], row[4], row[5]) for row in clinic.software.posted]


SOLD = ("Payment", "-$212.40", SALE, "10482")


# ---- deposit ----


def test_a_deposit_goes_on_the_account_and_on_no_invoice(clinic: Clinic) -> None:
    report = clinic.practice.post(order(5000, kind="deposit", invoice_number="", balance=None))
    assert (report.stage, report.trouble) == ("committed", None)
    assert rows(clinic) == [("Payment", "-$50.00", SALE, "")]
    assert (clinic.software.credit, clinic.software.invoices["10482"]) == (5000, 21240)


def test_a_deposit_is_found_again_as_money_that_came(clinic: Clinic) -> None:
    wanted = order(5000, kind="deposit", invoice_number="", balance=None)
    clinic.practice.post(wanted)
    assert [row.amount.minor for row in seen(clinic, wanted).marked] == [5000]


# ---- refund ----


def test_a_refund_is_a_negative_payment_with_a_number_of_its_own(paid: Clinic) -> None:
    report = paid.practice.post(back("refund", 5000))
    assert (report.stage, report.trouble) == ("committed", None)
    assert rows(paid) == [("Refund", "$50.00", BACK, ""), SOLD]


def test_a_refund_is_found_again_as_money_that_went_and_the_sale_as_money_that_came(paid: Clinic) -> None:
    wanted = back("refund", 5000)
    paid.practice.post(wanted)
    given = seen(paid, wanted)
    assert [row.amount.minor for row in given.marked] == [-5000]
    assert [row.amount.minor for row in given.today] == [21240]
    assert [row.amount.minor for row in seen(paid, order()).marked] == [21240]


def test_the_negative_amount_is_typed_last_and_taken_out_again_where_it_is_not_posted(paid: Clinic) -> None:
    """Behind a difference a stray Enter meets no amount, also where the amount is a negative one."""
    paid.software.validates = False  # "Tendered" never agrees
    paid.guard.touched = 1  # a person is at it: what does not agree is made harmless at once
    assert paid.practice.post(back("refund", 5000)).stage == "not_committed"
    texts = [act.text for act in paid.software.backend.log if isinstance(act, SetText)]
    assert texts[-2:] == ["-50.00", "0.00"]
    assert rows(paid) == [SOLD]


def test_a_method_that_cannot_be_refunded_is_said_and_left(paid: Clinic) -> None:
    paid.software.on_commit = lambda: paid.software.ask("This payment method cannot be refunded.", "OK")
    report = paid.practice.post(back("refund", 5000))
    assert (report.stage, report.means, trouble(report)) == ("doubt", "not_posted", "method_not_refundable")
    assert paid.software.backend.open == [paid.software.main]


# ---- void ----


@pytest.mark.parametrize("kind", ["void", "return"])
def test_a_payment_is_reversed_by_its_own_number_and_the_reversal_has_another(
    paid: Clinic, kind: str
) -> None:
    report = paid.practice.post(back(kind))
    assert (report.stage, report.trouble) == ("committed", None)
    assert rows(paid) == [("Reversal", "$212.40", BACK, "10482"), SOLD]
    assert paid.software.invoices["10482"] == 21240
    assert [row.amount.minor for row in seen(paid, back(kind)).marked] == [-21240]


def test_a_rehearsed_reversal_leaves_no_trace(paid: Clinic) -> None:
    report = paid.practice.rehearse(back("void"))
    assert (report.stage, report.trouble) == ("not_committed", None)
    assert rows(paid) == [SOLD]
    assert paid.software.backend.open == [paid.software.main]


def test_another_amount_than_the_rows_is_never_reversed(paid: Clinic) -> None:
    report = paid.practice.post(back("void", 21241))
    assert (report.stage, trouble(report)) == ("not_committed", "read_back_differs")
    assert rows(paid) == [SOLD]


def test_a_row_that_is_not_there_is_reversed_nowhere(clinic: Clinic) -> None:
    report = clinic.practice.post(back("void"))
    assert (report.stage, trouble(report)) == ("not_committed", "payment_not_listed")
    assert rows(clinic) == []


@pytest.mark.parametrize("rows_with_its_number", [0, 2])
def test_what_no_second_try_would_mend_is_a_no_for_good(clinic: Clinic, rows_with_its_number: int) -> None:
    for _ in range(rows_with_its_number):
        clinic.software.posted.append(["11/22/2026", "Payment", "Tillbridge", "-$9.00", SALE, "10482", "Kim"])
    clinic.software.draw()
    report = clinic.practice.post(back("void"))
    assert (report.stage, report.means) == ("not_committed", "not_posted")
    assert report.trouble is not None
    assert report.trouble.retry_in_ms is None


def test_a_number_that_stands_twice_was_taken_back_by_somebody(paid: Clinic) -> None:
    paid.software.posted.insert(0, ["11/22/2026", "Reversal", "Tillbridge", "$212.40", SALE, "10482", "Kim"])
    paid.software.draw()
    report = paid.practice.post(back("void"))
    assert (report.stage, trouble(report)) == ("not_committed", "already_reversed")
    assert len(rows(paid)) == 2


def test_a_payment_that_stands_there_in_parts_is_left_to_a_person(paid: Clinic) -> None:
    """More was taken than was owed: one row on the invoice, one as credit."""
    paid.software.posted.insert(0, ["11/22/2026", "Payment", "Tillbridge", "-$20.00", SALE, "", "Kim Tran"])
    paid.software.draw()
    report = paid.practice.post(back("void"))
    assert (report.stage, trouble(report)) == ("not_committed", "payment_in_parts")


def test_what_the_software_says_was_reversed_already_is_not_tried_another_way(paid: Clinic) -> None:
    paid.software.reversal_says = "This payment has been reversed already."
    report = paid.practice.post(back("void"))
    assert (report.stage, trouble(report)) == ("not_committed", "already_reversed")
    assert rows(paid) == [SOLD]
    assert paid.software.backend.open == [paid.software.main]


def test_where_its_day_is_closed_a_negative_payment_of_today_says_the_same(paid: Clinic) -> None:
    paid.software.reversal_says = "The period ending 11/21/2026 has been closed."
    report = paid.practice.post(back("void"))
    assert (report.stage, report.trouble) == ("committed", None)
    assert rows(paid) == [("Refund", "$212.40", BACK, ""), SOLD]
    assert [row.amount.minor for row in seen(paid, back("void")).marked] == [-21240]


def test_what_was_taken_without_us_is_given_back_as_a_negative_payment(clinic: Clinic) -> None:
    report = clinic.practice.post(order(5000, kind="void", marker=BACK))
    assert (report.stage, report.trouble) == ("committed", None)
    assert rows(clinic) == [("Refund", "$50.00", BACK, "")]


def test_a_supervisors_password_is_a_persons(paid: Clinic) -> None:
    def ask() -> None:
        paid.software.ask("Supervisor password", "OK", "Cancel")

    paid.software.main["btnReverse"].on_press = ask
    report = paid.practice.post(back("void"))
    assert (report.stage, trouble(report)) == ("not_committed", "supervisor_needed")
    assert len(paid.software.backend.open) == 2
    assert rows(paid) == [SOLD]


def test_our_own_window_for_a_reversal_that_was_left_open_is_closed(paid: Clinic) -> None:
    paid.software.main["grdTransactions"].selected = 0
    paid.software.main["btnReverse"].on_press()  # type: ignore[misc]  # as our run did before it was cut off
    paid.software.reversing["txtReversalNo"].text = BACK
    assert seen(paid, back("void")).marked == ()
    assert paid.software.backend.open == [paid.software.main]


def test_a_negative_payment_that_was_left_open_on_the_other_way_is_closed(paid: Clinic) -> None:
    paid.software.open_payment()
    paid.software.payment["txtReference"].text = BACK
    paid.software.payment["txtReference"].shown = True
    assert seen(paid, back("void")).marked == ()
    assert paid.software.backend.open == [paid.software.main]


# ---- account and methods ----


def test_an_account_is_read_with_its_credit_and_its_open_invoices(clinic: Clinic) -> None:
    clinic.software.credit = 2500
    clinic.software.draw()
    account = clinic.practice.read_account(order())
    assert isinstance(account, AccountSeen), account
    assert (account.account_id, account.client) == ("01042", "Alvarez, Rosa")
    assert (account.balance, account.credit) == (usd(5550 + 21240 - 2500), usd(2500))
    assert {one.number: one.balance for one in account.invoices} == {"10467": usd(5550), "10482": usd(21240)}


def test_the_methods_are_listed_and_the_window_is_left(clinic: Clinic) -> None:
    assert clinic.practice.list_payment_methods() == METHODS
    assert clinic.software.backend.open == [clinic.software.main]
    assert rows(clinic) == []


def test_a_persons_payment_window_is_no_list_of_methods(clinic: Clinic) -> None:
    clinic.software.open_payment()
    found = clinic.practice.list_payment_methods()
    assert isinstance(found, Trouble), found
    assert clinic.software.payment in clinic.software.backend.open


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


def test_a_reason_that_is_chosen_is_taken_out_again_where_nothing_is_reversed(paid: Clinic) -> None:
    """Enter reverses as soon as a reason stands there: behind a difference none is left."""
    paid.software.posted[0][3] = "-$212.41"
    paid.software.draw()
    paid.guard.touched = 1
    chosen: list[str] = []
    opened = paid.software.main["btnReverse"].on_press

    def open_and_watch() -> None:
        assert opened is not None
        opened()
        paid.software.reversing["cboReason"].on_set = lambda reason: chosen.append(reason.text)

    paid.software.main["btnReverse"].on_press = open_and_watch
    assert paid.practice.post(back("void")).stage == "not_committed"
    assert chosen[-1] == "(none)"


def test_more_given_back_than_lay_on_account_is_no_credit_but_owed(clinic: Clinic) -> None:
    clinic.practice.post(order(5000, kind="refund", marker=BACK))
    account = clinic.practice.read_account(order())
    assert isinstance(account, AccountSeen), account
    assert (account.balance, account.credit) == (usd(5550 + 21240 + 5000), usd(0))
