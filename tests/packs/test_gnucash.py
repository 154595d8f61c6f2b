"""The pack gnucash/4 on the real GnuCash: what it reads, what it posts, and what it leaves alone.

The judge reads the saved book with code of its own; the clerk is a bare client of the accessibility bus.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from tests.packs.gnucash_lab import Log, new_practice, order
from tillbridge.flows.leftover import FORGOTTEN_S
from tillbridge.flows.practice import PackPractice
from tillbridge.ports.practice import (
    InvoiceSeen,
    LedgerSeen,
    PostingOrder,
    PostingReport,
    SoftwareSeen,
    Trouble,
)
from tillbridge.screen.backend import Burst, Choose, Evidence, Found, Node, Park, Target
from tillbridge.testing.desktop import Desktop
from tools.gnucash.access import Access, Thing, wait_for
from tools.gnucash.judge import Book, judge
from tools.gnucash.launch import CLEARING, GnuCash, Invoice, make_book, start

pytestmark = pytest.mark.gnucash


@pytest.fixture(scope="module")
def desktop() -> Iterator[Desktop]:
    with Desktop.start() as started:
        yield started


@pytest.fixture(scope="module")
def gnucash(desktop: Desktop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GnuCash]:
    with start(desktop.env, tmp_path_factory.mktemp("gnucash"), seed=7, customers=24) as running:
        yield running


@pytest.fixture(scope="module")
def practice(desktop: Desktop, gnucash: GnuCash) -> Iterator[PackPractice]:
    made = new_practice(desktop)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def clean(gnucash: GnuCash) -> Iterator[None]:
    """Every test leaves one window, with everything saved."""
    yield
    assert len(gnucash.titles()) == 1
    assert not gnucash.titles()[0].startswith("*")


def posted(report: PostingReport) -> None:
    assert (report.stage, report.trouble) == ("committed", None), report.transcript


def refused(report: PostingReport, code: str) -> None:
    assert report.stage == "not_committed", report.transcript
    assert report.trouble is not None
    assert report.trouble.code == code, report.transcript


def read_ledger(practice: PackPractice, wanted: PostingOrder) -> LedgerSeen:
    seen = practice.read_ledger(wanted)
    assert isinstance(seen, LedgerSeen), seen
    return seen


def pay_window(gnucash: GnuCash, access: Access, number: str) -> Thing:
    """Open Process Payment for an invoice as a clerk does: from the invoice's own page."""
    gnucash.open_invoice(number)
    program = access.program(gnucash.process.pid)
    assert program is not None
    frame = next(window for title, window in access.windows(program).items() if title.endswith("GnuCash"))
    access.act(access.menu(frame, "Business", "Pay Invoice"))
    return wait_for("Process Payment", lambda: access.windows(program).get("Process Payment"))


def empty_boxes(access: Access, window: Thing) -> list[Thing]:
    """Num and Memo, which open empty."""
    boxes = [thing for thing in access.walk(window) if access.role(thing) == "text"]
    return [box for box in boxes if access.text(box) == ""]


def close_pay_window(gnucash: GnuCash, access: Access, window: Thing) -> None:
    access.act(access.find(window, "push button", "Cancel"))
    wait_for("its end", lambda: "Process Payment" not in gnucash.titles())


def test_it_is_recognised_by_what_it_shows(practice: PackPractice) -> None:
    seen = practice.identify()
    assert isinstance(seen, SoftwareSeen)
    assert (seen.software, seen.version) == ("gnucash", "4")


def test_no_invoice_is_read_while_none_is_open(practice: PackPractice, gnucash: GnuCash) -> None:
    gnucash.show_accounts()
    seen = practice.read_invoice()
    assert isinstance(seen, Trouble)
    assert seen.code == "no_invoice_open"


def test_the_open_invoice_is_read_with_its_leading_zeros_and_its_page_comes_back(
    practice: PackPractice, gnucash: GnuCash
) -> None:
    invoice = gnucash.invoices[1]
    gnucash.open_invoice(invoice.number)
    before = Book(gnucash.book).invoice(invoice.number)
    seen = practice.read_invoice()
    assert isinstance(seen, InvoiceSeen), seen
    assert (seen.invoice_number, seen.client) == (invoice.number, invoice.client)
    assert (seen.total.minor, seen.balance.minor) == (invoice.cents, invoice.cents)
    assert gnucash.titles() == (f"clinic.gnucash - View Invoice - {invoice.number} - GnuCash",)
    assert judge(gnucash.book, invoice.number) == before


def test_a_part_and_the_rest_are_posted_each_once_for_the_right_amount(
    practice: PackPractice, gnucash: GnuCash
) -> None:
    invoice = gnucash.invoices[2]
    part = order(invoice, 1000, "V4242-PART")
    posted(practice.post(part))
    rest = order(invoice, invoice.cents - 1000, "V4242-REST", balance=invoice.cents - 1000)
    posted(practice.post(rest))
    said = judge(gnucash.book, invoice.number)
    paid = sorted((row.num, row.cents, row.account, row.account_cents) for row in said.payments)
    left = invoice.cents - 1000
    assert paid == [("V4242-PART", 1000, CLEARING, 1000), ("V4242-REST", left, CLEARING, left)]
    assert said.balance_cents == 0


def test_the_marker_is_found_in_the_ledger_with_its_amount(practice: PackPractice, gnucash: GnuCash) -> None:
    invoice = gnucash.invoices[3]
    wanted = order(invoice, 777, "V4242-FIND")
    before = read_ledger(practice, wanted)
    assert (before.marked, before.complete, before.quiet) == ((), True, True)
    posted(practice.post(wanted))
    after = read_ledger(practice, wanted)
    assert [(row.reference, row.amount.minor) for row in after.marked] == [("V4242-FIND", 777)]
    stranger = order(invoice, 777, "V4242-NONE")
    assert read_ledger(practice, stranger).marked == ()
    assert [row.reference for row in read_ledger(practice, stranger).today] == ["V4242-FIND"]


def test_the_balance_after_a_payment_is_read_and_is_zero_for_a_paid_invoice(
    practice: PackPractice, gnucash: GnuCash
) -> None:
    invoice = gnucash.invoices[4]
    gnucash.open_invoice(invoice.number)
    for cents, left in ((500, invoice.cents - 500), (invoice.cents - 500, 0)):
        posted(practice.post(order(invoice, cents, f"V1-{left}", balance=left + cents)))
        seen = practice.read_invoice()
        assert isinstance(seen, InvoiceSeen), seen
        assert (seen.total.minor, seen.balance.minor) == (invoice.cents, left)


def test_posting_a_paid_invoice_again_is_refused(practice: PackPractice, gnucash: GnuCash) -> None:
    invoice = gnucash.invoices[5]
    wanted = order(invoice, invoice.cents, "V4242-ONCE")
    posted(practice.post(wanted))
    refused(practice.post(wanted), "invoice_not_listed")
    assert [row.num for row in judge(gnucash.book, invoice.number).payments] == ["V4242-ONCE"]


def test_with_another_invoice_open_the_posting_goes_to_the_right_one(
    practice: PackPractice, gnucash: GnuCash
) -> None:
    invoice, other = gnucash.invoices[6], gnucash.invoices[7]
    gnucash.open_invoice(other.number)
    posted(practice.post(order(invoice, invoice.cents, "V4242-RGHT")))
    assert gnucash.titles() == (f"clinic.gnucash - View Invoice - {other.number} - GnuCash",)
    assert judge(gnucash.book, invoice.number).balance_cents == 0
    assert judge(gnucash.book, other.number).payments == ()


def test_of_two_invoices_of_one_client_and_one_amount_only_the_right_one_is_paid(
    practice: PackPractice, gnucash: GnuCash
) -> None:
    first, twin = gnucash.invoices[0], gnucash.invoices[-1]
    assert (first.client, first.cents) == (twin.client, twin.cents)
    posted(practice.post(order(twin, twin.cents, "V4242-TWIN")))
    assert judge(gnucash.book, first.number).payments == ()
    assert [row.num for row in judge(gnucash.book, twin.number).payments] == ["V4242-TWIN"]


def test_another_client_or_balance_stops_before_anything_is_typed(
    practice: PackPractice, gnucash: GnuCash
) -> None:
    invoice = gnucash.invoices[8]
    refused(practice.post(order(invoice, 100, "V4242-STOP", client="Somebody Else")), "other_client")
    refused(practice.post(order(invoice, 100, "V4242-STOP", balance=1)), "balance_changed")
    assert judge(gnucash.book, invoice.number).payments == ()


def test_an_invoice_that_does_not_exist_is_refused(practice: PackPractice, gnucash: GnuCash) -> None:
    ghost = Invoice("009999", "009999", "Nobody", 100)
    refused(practice.post(order(ghost, 100, "V4242-GHST")), "invoice_not_listed")


def test_a_rehearsal_leaves_no_trace(practice: PackPractice, gnucash: GnuCash) -> None:
    invoice = gnucash.invoices[9]
    report = practice.rehearse(order(invoice, 100, "V4242-REHE"))
    assert (report.stage, report.trouble) == ("not_committed", None), report.transcript
    gnucash.save()
    assert all(row.num != "V4242-REHE" for row in Book(gnucash.book).payments())


def test_a_payment_window_that_a_person_opened_is_left_alone(
    practice: PackPractice, gnucash: GnuCash, desktop: Desktop
) -> None:
    invoice = gnucash.invoices[10]
    with Access(desktop.env) as access:
        window = pay_window(gnucash, access, invoice.number)
        access.set_text(empty_boxes(access, window)[0], "typed by hand")
        refused(practice.post(order(invoice, 100, "V4242-MINE")), "window_open")
        assert "Process Payment" in gnucash.titles()
        close_pay_window(gnucash, access, window)
    assert judge(gnucash.book, invoice.number).payments == ()


def test_our_own_window_left_by_a_crash_is_closed_and_the_posting_goes_on(
    practice: PackPractice, gnucash: GnuCash, desktop: Desktop
) -> None:
    invoice = gnucash.invoices[11]
    with Access(desktop.env) as access:
        window = pay_window(gnucash, access, invoice.number)
        for box in empty_boxes(access, window):
            access.set_text(box, "V4242-OURS")
    wanted = order(invoice, 100, "V4242-OURS")
    seen = read_ledger(practice, wanted)
    assert (seen.marked, seen.complete, seen.quiet) == ((), True, True)
    posted(practice.post(wanted))
    assert [row.cents for row in judge(gnucash.book, invoice.number).payments] == [100]


def test_a_window_of_a_run_that_was_killed_before_its_first_letter_is_closed_when_the_pc_was_still(
    desktop: Desktop, gnucash: GnuCash
) -> None:
    invoice, other = gnucash.invoices[14], gnucash.invoices[15]
    practice = new_practice(desktop, still_s=FORGOTTEN_S)
    try:
        with Access(desktop.env) as access:
            window = pay_window(gnucash, access, other.number)
            refused(
                practice.post(order(invoice, 100, "V4242-DEAD")), "window_open"
            )  # another invoice: not ours
            close_pay_window(gnucash, access, window)
            pay_window(gnucash, access, invoice.number)
        posted(practice.post(order(invoice, 100, "V4242-DEAD")))
    finally:
        practice.close()
        gnucash.await_free_second()  # the next practice knows nothing of this one's save
    assert [row.cents for row in judge(gnucash.book, invoice.number).payments] == [100]
    assert judge(gnucash.book, other.number).payments == ()


def test_a_window_in_the_way_stops_the_posting_and_is_shown(
    practice: PackPractice, gnucash: GnuCash, desktop: Desktop
) -> None:
    invoice = gnucash.invoices[12]
    with Access(desktop.env) as access:
        program = access.program(gnucash.process.pid)
        assert program is not None
        frame = next(window for title, window in access.windows(program).items() if title.endswith("GnuCash"))
        access.act(access.menu(frame, "Actions", "Reset Warnings..."))
        wait_for("Reset Warnings", lambda: len(access.windows(program)) == 2 or None)
        refused(practice.post(order(invoice, 100, "V4242-WARN")), "dialog_in_the_way")
        dialog = next(window for title, window in access.windows(program).items() if "GnuCash" not in title)
        access.act(access.find(dialog, "push button", "Cancel"))
        wait_for("its end", lambda: len(access.windows(program)) == 1 or None)
    assert judge(gnucash.book, invoice.number).payments == ()


def test_a_committed_posting_survives_the_death_of_gnucash(
    practice: PackPractice, gnucash: GnuCash, desktop: Desktop
) -> None:
    invoice = gnucash.invoices[13]
    wanted = order(invoice, invoice.cents, "V4242-SAFE")
    posted(practice.post(wanted))
    gnucash.restart()
    assert [row.num for row in judge(gnucash.book, invoice.number).payments] == ["V4242-SAFE"]
    assert [row.reference for row in read_ledger(practice, wanted).marked] == ["V4242-SAFE"]


def test_the_judge_refuses_an_invoice_that_was_never_posted(gnucash: GnuCash) -> None:
    with pytest.raises(LookupError):
        judge(gnucash.book, "009999")


def test_the_same_seed_makes_the_same_invoices(gnucash: GnuCash, tmp_path: Path) -> None:
    _, again = make_book(tmp_path, seed=7, customers=24)
    assert again == gnucash.invoices


def test_a_search_left_by_a_run_that_was_killed_after_its_commit_is_closed_by_the_look(
    practice: PackPractice, gnucash: GnuCash, desktop: Desktop
) -> None:
    wanted = order(gnucash.invoices[16], 100, "V4242-LEFT")
    posted(practice.post(wanted))
    with Access(desktop.env) as access:
        program = access.program(gnucash.process.pid)
        assert program is not None
        frame = next(window for title, window in access.windows(program).items() if title.endswith("GnuCash"))
        access.act(access.menu(frame, "Business", "Customer", "Find Invoice..."))
        wait_for("Find Invoice", lambda: access.windows(program).get("Find Invoice"))
    assert [row.reference for row in read_ledger(practice, wanted).marked] == ["V4242-LEFT"]


# ---- what a person had in front ----


def in_front(practice: PackPractice, select: str = "") -> tuple[str, str, Node | None]:
    """The page in front, the account that is selected in the tree, and the control with the focus.

    `select`: an account that a person selects just before.
    """
    backend = practice.desk.backend
    program = next(one for one in backend.programs() if one.name == "gnucash")
    window = next(one for one in backend.windows(program) if one.kind == "window").handle
    targets = [
        Target("pages", "tabs", (Evidence("only", ""),)),
        Target("accounts", "tree", (Evidence("only", ""),)),
    ]
    pages, accounts = (one.node for one in backend.resolve(window, targets) if isinstance(one, Found))
    if select:
        backend.burst(Burst(time.time_ns(), (Choose(accounts, select), Park(accounts))))
    page, account = backend.read([pages, accounts])
    return page.text, account.text, backend.focused(window)


@pytest.mark.parametrize("what", ["read_invoice", "read_ledger", "post", "rehearse"])
def test_page_account_and_focus_are_as_before(practice: PackPractice, gnucash: GnuCash, what: str) -> None:
    invoice = gnucash.invoices[14]
    gnucash.open_invoice(invoice.number)
    gnucash.show_accounts()
    before = in_front(practice, "Income")
    assert before[:2] == ("Accounts", "Income")
    wanted = order(invoice, 100, "V4242-SAME")
    if what == "read_invoice":
        gnucash.open_invoice(invoice.number)
        assert isinstance(practice.read_invoice(), InvoiceSeen)
        gnucash.show_accounts()
    else:
        asked = {"read_ledger": practice.read_ledger, "post": practice.post, "rehearse": practice.rehearse}
        asked[what](wanted)
    assert in_front(practice) == before


def test_what_a_person_types_into_an_open_payment_window_is_seen_before_a_charge(
    practice: PackPractice, gnucash: GnuCash, desktop: Desktop
) -> None:
    invoice = gnucash.invoices[15]
    with Access(desktop.env) as access:
        window = pay_window(gnucash, access, invoice.number)
        seen = practice.read_invoice()
        close_pay_window(gnucash, access, window)
    assert isinstance(seen, InvoiceSeen), seen
    assert seen.entering is not None
    assert (seen.entering.amount, seen.entering.reference) == (seen.balance, "")
    after = practice.read_invoice()
    assert isinstance(after, InvoiceSeen), after
    assert after.entering is None


# ---- money on account, and money given back ----


def on_account(
    invoice: Invoice, kind: Literal["deposit", "refund", "void"], cents: int, marker: str
) -> PostingOrder:
    return replace(
        order(invoice, cents, marker, balance=0), kind=kind, invoice_number="", of_marker="V4242-SOLD"
    )


def test_money_given_back_is_in_the_books_once_and_the_paid_invoice_stays_paid(
    practice: PackPractice, gnucash: GnuCash
) -> None:
    invoice = gnucash.invoices[20]
    posted(practice.post(order(invoice, invoice.cents, "V4242-SOLD")))
    back = on_account(invoice, "refund", 700, "V4242-BACK")
    assert read_ledger(practice, back).marked == ()
    rehearsed = practice.rehearse(back)
    assert (rehearsed.stage, rehearsed.trouble) == ("not_committed", None), rehearsed.transcript
    posted(practice.post(back))
    [row] = [one for one in Book(gnucash.book).payments() if one.num == "V4242-BACK"]
    assert (row.invoice, row.cents, row.account, row.account_cents) == ("", -700, CLEARING, -700)
    assert judge(gnucash.book, invoice.number).balance_cents == 0
    seen = read_ledger(practice, back)
    assert ([one.amount.minor for one in seen.marked], seen.complete, seen.quiet) == ([-700], True, True)


def test_a_deposit_stays_on_account_though_the_client_owes_an_invoice(
    practice: PackPractice, gnucash: GnuCash
) -> None:
    invoice = gnucash.invoices[21]
    deposit = on_account(invoice, "deposit", 500, "V4242-DEPO")
    posted(practice.post(deposit))
    [row] = [one for one in Book(gnucash.book).payments() if one.num == "V4242-DEPO"]
    assert (row.invoice, row.cents, row.account, row.account_cents) == ("", 500, CLEARING, 500)
    assert judge(gnucash.book, invoice.number).balance_cents == invoice.cents
    assert [one.amount.minor for one in read_ledger(practice, deposit).marked] == [500]


def test_what_it_cannot_hold_is_refused_before_anything_is_touched(
    practice: PackPractice, gnucash: GnuCash
) -> None:
    refused(practice.post(on_account(gnucash.invoices[22], "void", 700, "V4242-VOID")), "flow_missing")
    account = practice.read_account(order(gnucash.invoices[22], 100, "V4242-ACCT"))
    assert isinstance(account, Trouble)
    assert account.code == "flow_missing"


class Killed(BaseException):
    """The agent dies here."""


class UntilChoosing(Log):
    def note(self, what: str, **facts: object) -> None:
        if what == "choices":
            raise Killed


def test_a_window_for_money_given_back_that_a_kill_left_empty_is_closed_for_its_own_client_only(
    desktop: Desktop, gnucash: GnuCash
) -> None:
    invoice, other = gnucash.invoices[22], gnucash.invoices[21]
    back = on_account(invoice, "refund", 300, "V4242-KILL")
    practice = new_practice(desktop, still_s=FORGOTTEN_S)
    dying = PackPractice(replace(practice.desk, log=UntilChoosing), practice.packs, time.time_ns())
    try:
        with pytest.raises(Killed):
            dying.post(back)
        assert {"Find Customer", "Process Payment"} <= set(gnucash.titles())
        refused(practice.post(on_account(other, "refund", 300, "V4242-ELSE")), "window_open")
        assert read_ledger(practice, back).marked == ()
        posted(practice.post(back))
    finally:
        practice.close()
        gnucash.await_free_second()
    assert [row.num for row in Book(gnucash.book).payments() if row.cents == -300] == ["V4242-KILL"]
