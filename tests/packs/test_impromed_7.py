"""The pack impromed/7 on the real windows of the stand-in v7: a window that is used again, a save that runs on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.packs.impromed_lab import Lab, before_the_commit, order, trouble
from tests.stand_ins.qt.eyes import SHOWING, Eyes
from tillbridge.domain.money import Money
from tillbridge.ports.practice import InvoiceSeen, LedgerSeen, PostingOrder, SoftwareSeen
from tillbridge.screen.backend import Burst, BurstReport

pytestmark = pytest.mark.screen
PROFILE = "v7"
HIS = {"account_id": "01005", "client": "Ito, Kenji"}


@pytest.fixture
def eyes(lab: Lab) -> Iterator[Eyes]:
    seen = Eyes(lab.desktop)
    yield seen
    seen.close()


# ---- the window of the next client ----


def test_the_window_of_the_next_client_still_names_the_one_before_and_is_posted_to_rightly(
    lab: Lab, eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.server.knobs(title_lag_ms="60000")
    assert lab.practice.post(order()).stage == "committed"
    his, titles = _next_client(lab), list[str]()
    before_the_commit(lab, monkeypatch, lambda: titles.extend(eyes.titles()))
    report = lab.practice.post(his)
    assert report.stage == "committed", report.transcript
    assert "Take Payment - 01042 Alvarez, Rosa" in titles, "the title was the former client's"
    assert [(act["client"], act["invoice"]) for act in lab.payments()] == [
        ("01042", "10482"),
        ("01005", his.invoice_number),
    ]


def _next_client(lab: Lab) -> PostingOrder:
    """The order for the client who comes next, on the screen already."""
    lab.server.world("show", client=HIS["account_id"])
    seen = lab.until(lambda: _invoice_of(lab, HIS["account_id"]), "the next client")
    return order(seen.balance.minor, invoice_number=seen.invoice_number, balance=seen.balance, **HIS)


def _invoice_of(lab: Lab, account: str) -> InvoiceSeen | None:
    seen = lab.practice.read_invoice()
    return seen if isinstance(seen, InvoiceSeen) and seen.account_id == account else None


def test_a_window_that_turns_to_another_client_at_the_last_moment_is_not_committed_to(
    lab: Lab, eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_the_commit(lab, monkeypatch, lambda: _turn_to(lab, eyes, HIS["account_id"]))
    report = lab.practice.post(order())
    assert _shown_inside(eyes) == HIS["account_id"]
    assert report.stage == "not_committed", report.transcript
    assert trouble(report).code in ("other_client", "window_open"), report.transcript
    lab.nothing_posted()


def _turn_to(lab: Lab, eyes: Eyes, account: str) -> None:
    """A person opens another client, presses Take Payment there, and has done all but typing the amount.

    It is the window that we had filled; only whom it is for says that it is not ours any more.
    """
    lab.server.world("show", client=account)
    main = eyes.window(f"ImproMed 7 - {account} {HIS['client']}")
    eyes.press(eyes.find(main, "TakePaymentButton"))
    lab.until(lambda: _shown_inside(eyes) == account, "the window on the other client")
    window = lab.until(lambda: _payment_window(eyes), "the payment window")
    tender, password = eyes.find(window, "TenderBox"), eyes.find(window, "CashierPasswordBox")
    eyes.focus(eyes.find(window, "AmountBox"))
    eyes.keys(eyes.name(window), "Tab", "t")
    lab.until(lambda: eyes.name(tender) == "Tillbridge", "the tender")
    eyes.focus(password)
    eyes.write(password, "cashier")
    eyes.press(eyes.find(window, "CloseInvoiceCheck"))
    eyes.focus(eyes.find(window, "PaymentClientBox"))
    lab.until(lambda: eyes.name(eyes.find(window, "CashierNameText")) == "Dana Brooks", "the cashier")


def _shown_inside(eyes: Eyes) -> str:
    window = next(window for window in eyes.windows() if eyes.name(window).startswith("Take Payment"))
    return eyes.text(eyes.find(window, "PaymentClientBox"))


# ---- the cashier, the totals, the save ----


def test_a_password_that_names_somebody_else_posts_nothing(lab: Lab) -> None:
    lab.practice.desk = replace(lab.practice.desk, secrets=lambda name: "kim")
    report = lab.practice.post(order())
    assert (report.stage, trouble(report).code) == ("not_committed", "read_back_differs"), report.transcript
    assert "kim" not in report.transcript
    assert lab.windows() == 1
    lab.nothing_posted()


class Killed(BaseException):
    """The agent's process ended here."""


def test_while_a_save_runs_on_nothing_is_taken_for_absent_even_by_a_restarted_agent(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.server.knobs(save_ms="60000", save_commits_at="1")
    sent = lab.backend.burst

    def burst(burst: Burst) -> BurstReport:
        report = sent(burst)
        if report.stage != "not_committed":
            raise Killed
        return report

    monkeypatch.setattr(lab.backend, "burst", burst)
    with pytest.raises(Killed):
        lab.practice.post(order())
    monkeypatch.undo()
    lab.practice = lab.fresh_practice()
    seen = lab.practice.read_ledger(order())
    assert not (isinstance(seen, LedgerSeen) and seen.quiet), "the window that saves is still there"
    lab.skins[0].kill()  # the program dies in its save: now the books say how it ended
    lab.until(lambda: lab.skins[0].poll() is not None, "the end of the program")
    lab.server.knobs(save_ms="400")
    lab.start()
    seen = lab.practice.read_ledger(order())
    assert isinstance(seen, LedgerSeen), seen
    assert (seen.marked, seen.complete, seen.quiet) == ((), True, True)
    assert lab.practice.post(order()).stage == "committed"
    lab.posted()


# ---- leaving, and what a person typed ----


def test_a_payment_that_a_person_is_typing_is_left_alone_and_told(lab: Lab, eyes: Eyes) -> None:
    main = eyes.window("ImproMed 7 - 01042 Alvarez, Rosa")
    eyes.press(eyes.find(main, "TakePaymentButton"))
    window = lab.until(lambda: _payment_window(eyes), "the payment window")
    amount = eyes.find(window, "AmountBox")
    eyes.focus(amount)
    eyes.write(amount, "50")
    eyes.focus(eyes.find(window, "PaymentClientBox"))
    lab.until(lambda: eyes.text(amount) == "50.00", "the amount as the program writes it")
    report = lab.practice.post(order())
    assert (report.stage, trouble(report).code) == ("not_committed", "window_open"), report.transcript
    seen = lab.practice.read_invoice()
    assert isinstance(seen, InvoiceSeen)
    assert seen.entering is not None
    assert seen.entering.amount == Money(minor=5000, currency="USD")
    assert eyes.text(amount) == "50.00"
    lab.nothing_posted()


def _payment_window(eyes: Eyes) -> tuple[str, str] | None:
    found = [window for window in eyes.windows() if eyes.name(window).startswith("Take Payment")]
    return found[0] if found and eyes.has(found[0], SHOWING) else None


# ---- the other way of writing ----


def test_where_windows_writes_a_comma_the_other_pack_is_recognised_and_posts(lab: Lab) -> None:
    lab.server.knobs(locale="eu")
    lab.server.world("refresh")
    version = lab.until(lambda: _version(lab) == "7-eu", "the other way of writing")
    assert version
    lab.practice = lab.fresh_practice()
    report = lab.practice.post(order(10001))
    assert report.stage == "committed", report.transcript
    lab.posted(10001)
    [row] = lab.ledger(order(10001)).marked
    assert row.amount.minor == 10001


def _version(lab: Lab) -> str:
    seen = lab.fresh_practice().identify()
    return seen.version if isinstance(seen, SoftwareSeen) else ""
