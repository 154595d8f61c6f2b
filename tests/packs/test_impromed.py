"""The pack impromed/6 on the real windows of the stand-in v6: what it reads, what it posts, where it stops."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import replace

import pytest

from tests.packs.impromed_lab import Lab, order, trouble
from tillbridge.flows.practice import PackPractice
from tillbridge.ports.practice import InvoiceSeen, LedgerSeen, SoftwareSeen

pytestmark = pytest.mark.screen


# ---- the plain way ----


def test_the_open_invoice_is_read_without_touching_anything(lab: Lab) -> None:
    seen = lab.practice.read_invoice()
    assert isinstance(seen, InvoiceSeen)
    assert (seen.account_id, seen.invoice_number, seen.balance.minor) == ("01042", "10482", 21240)
    assert (seen.client, seen.alert) == ("Alvarez, Rosa", "Prefers text messages")
    assert (seen.software.software, seen.software.version) == ("impromed", "6")


def test_a_payment_is_posted_once_and_found_in_the_ledger(lab: Lab) -> None:
    report = lab.practice.post(order())
    assert (report.stage, report.trouble) == ("committed", None), report.transcript
    lab.posted()
    [row] = lab.ledger(order()).marked
    assert (row.invoice_number, row.amount.minor, row.method) == ("10482", 21240, "Tillbridge")
    assert lab.windows() == 1


def test_a_part_of_the_balance_is_posted_as_ordered(lab: Lab) -> None:
    assert lab.practice.post(order(10001)).stage == "committed"
    lab.posted(10001)


def test_the_invoice_that_is_not_selected_is_posted_to_when_it_is_ordered(lab: Lab) -> None:
    wanted = order(5550, invoice_number="10467", balance=order(5550).amount)
    assert lab.practice.post(wanted).stage == "committed"
    lab.posted(5550, invoice="10467")


def test_a_rehearsal_leaves_no_trace(lab: Lab) -> None:
    before = lab.practice.read_invoice()
    report = lab.practice.rehearse(order())
    assert (report.stage, report.trouble) == ("not_committed", None), report.transcript
    assert lab.windows() == 1
    assert lab.practice.read_invoice() == before
    lab.nothing_posted()


def test_a_ledger_without_our_marker_is_complete_and_quiet(lab: Lab) -> None:
    seen = lab.practice.read_ledger(order())
    assert isinstance(seen, LedgerSeen)
    assert (seen.marked, seen.complete, seen.quiet) == ((), True, True)
    assert (seen.settle_ms, seen.reference_length) == (60_000, 10)


def test_a_payment_that_staff_typed_by_hand_is_among_the_rows_of_today(lab: Lab) -> None:
    lab.server.world("by_hand", invoice="10482", amount_minor=21240, method="Check", reference="1021")
    seen = lab.until(lambda: _today(lab, "1021"), "the row typed by hand")
    [row] = [row for row in seen.today if row.reference == "1021"]
    assert (row.amount.minor, row.method, row.invoice_number) == (21240, "Check", "10482")


def _today(lab: Lab, reference: str) -> LedgerSeen | None:
    seen = lab.practice.read_ledger(order())
    found = isinstance(seen, LedgerSeen) and any(row.reference == reference for row in seen.today)
    return seen if isinstance(seen, LedgerSeen) and found else None


@pytest.mark.parametrize("form", ["plain", "short", "paren", "cr", "minus", "nbsp"])
def test_every_form_of_money_is_read_right_or_not_at_all(form: str, lab: Lab) -> None:
    lab.server.knobs(money_format=form)
    lab.server.world("refresh")
    seen = lab.until(lab.practice.read_invoice, "the invoice")
    if isinstance(seen, InvoiceSeen):
        assert seen.balance.minor == 21240
    else:
        assert trouble(seen).code == "money_unreadable"


# ---- dialogs ----


MOMENTS = ("opening", "filling", "before_commit", "after_commit")


@pytest.mark.parametrize(
    ("dialog", "moment"),
    [
        *(("credit", moment) for moment in MOMENTS),
        *zip(("update", "licence", "alert", "update"), MOMENTS, strict=True),
    ],
)
def test_a_harmless_dialog_is_answered_and_the_payment_goes_in_once(
    dialog: str, moment: str, lab: Lab
) -> None:
    lab.server.knobs(**{f"dialog_{dialog}": f"{moment}*1"})
    report = lab.practice.post(order())
    if (moment, report.stage) == ("filling", "doubt"):  # it came with the commit and swallowed it
        seen = lab.practice.read_ledger(order())
        assert isinstance(seen, LedgerSeen), seen
        assert (seen.marked, seen.quiet) == ((), True)
        lab.nothing_posted()
    else:
        assert report.stage == "committed", report.transcript
        lab.posted()
    assert lab.windows() == 1


@pytest.mark.parametrize("dialog", ["locked", "duplicate", "overpay", "period"])
def test_a_refusing_dialog_after_the_commit_is_a_doubt_and_the_ledger_knows(dialog: str, lab: Lab) -> None:
    lab.server.knobs(**{f"dialog_{dialog}": "after_commit*1"})
    report = lab.practice.post(order())
    assert report.stage == "doubt", report.transcript
    assert report.means in ("not_posted", "doubt")
    assert lab.windows() == 1
    assert len(lab.ledger(order()).marked) == 1, "the stand-in had posted before it asked"
    lab.posted()


@pytest.mark.parametrize("dialog", ["duplicate", "overpay", "period"])
def test_a_refusing_dialog_before_the_commit_leaves_nothing_behind(dialog: str, lab: Lab) -> None:
    lab.server.knobs(**{f"dialog_{dialog}": "before_commit*1"})
    report = lab.practice.post(order())
    assert report.stage == "doubt", report.transcript
    assert lab.windows() == 1
    lab.nothing_posted()
    seen = lab.practice.read_ledger(order())
    assert isinstance(seen, LedgerSeen)
    assert (seen.marked, seen.complete, seen.quiet) == ((), True, True)


def test_a_client_locked_for_a_while_is_tried_again(lab: Lab) -> None:
    lab.server.knobs(dialog_locked="opening*1")
    report = lab.practice.post(order())
    assert report.stage == "committed", report.transcript
    lab.posted()


def test_a_client_that_stays_locked_is_told_with_the_workstation(lab: Lab) -> None:
    """With a pack that waits a second at most, so that nobody has to wait as long as at a desk."""
    packs = [
        replace(pack, dialogs=tuple(replace(one, wait_s=one.wait_s and (1, 60)) for one in pack.dialogs))
        for pack in lab.practice.packs
    ]
    lab.practice = PackPractice(lab.desk, packs, first_burst=time.time_ns())
    lab.server.world("lock", client="01042", workstation="FRONT2", employee="Luis Ortega")
    report = lab.practice.post(order())
    assert (report.stage, trouble(report).code) == ("not_committed", "client_locked"), report.transcript
    assert "FRONT2" in str(trouble(report).facts["text"])
    assert lab.windows() == 1
    lab.nothing_posted()


@pytest.mark.parametrize(
    ("dialog", "moment"),
    [
        *(("unknown", moment) for moment in MOMENTS),
        *zip(("card_module", "network", "connection", "connection"), MOMENTS, strict=True),
    ],
)
def test_a_dialog_for_people_stays_open_and_shows_itself(dialog: str, moment: str, lab: Lab) -> None:
    lab.server.knobs(**{f"dialog_{dialog}": f"{moment}*1"})
    report = lab.practice.post(order())
    stages = {
        "opening": {"not_committed"},
        "filling": {"not_committed", "doubt"},
    }  # it may come with the commit
    assert report.stage in stages.get(moment, {"doubt"}), report.transcript
    assert trouble(report).facts["text"]
    assert lab.windows() >= 2, "it is left to a person"
    assert len(lab.payments()) == int(moment == "after_commit")


def test_a_printer_that_fails_does_not_stop_the_posting(lab: Lab) -> None:
    lab.server.knobs(dialog_printer="after_commit*1")
    report = lab.practice.post(order())
    assert report.stage == "committed", report.transcript
    lab.posted()


def test_a_credit_of_the_client_is_not_applied(private_lab_credit: Lab) -> None:
    lab = private_lab_credit
    report = lab.practice.post(order())
    assert report.stage == "committed", report.transcript
    lab.posted()


@pytest.fixture
def private_lab_credit(closed_lab: Lab) -> Lab:
    assert closed_lab.server.send("/reset", scene="credit", seed=1).status_code == 200
    closed_lab.start()
    return closed_lab


def test_a_closed_day_is_never_dated_back(closed_lab: Lab) -> None:
    assert closed_lab.server.send("/reset", scene="closed", seed=1).status_code == 200
    closed_lab.start()
    report = closed_lab.practice.post(order())
    assert (report.stage, report.means, trouble(report).code) == ("doubt", "not_posted", "period_closed")
    assert closed_lab.windows() == 1
    closed_lab.nothing_posted()


# ---- another client, another invoice ----


def test_another_client_on_the_screen_stops_everything_while_a_person_works(lab: Lab) -> None:
    subprocess.run(["xdotool", "key", "shift"], env=lab.desktop.env, check=True, timeout=10)
    lab.server.world("show", client="00911")
    lab.until(lambda: _shows(lab, "00911"), "the other client")
    for seen in (
        lab.practice.post(order()),
        lab.practice.rehearse(order()),
        lab.practice.read_ledger(order()),
    ):
        assert trouble(seen).code == "other_client"
    lab.nothing_posted()
    assert lab.windows() == 1


def _shows(lab: Lab, account: str) -> bool:
    seen = lab.practice.read_invoice()
    return isinstance(seen, InvoiceSeen) and seen.account_id == account


@pytest.mark.parametrize("kind", ["client", "invoice", "form"])
def test_a_payment_window_on_something_else_is_never_committed_to(kind: str, lab: Lab) -> None:
    lab.server.knobs(other_invoice=kind)
    report = lab.practice.post(order())
    if report.stage == "committed":
        lab.posted()  # what was wrong at first was set right and read back
    else:
        assert report.stage == "not_committed", report.transcript
        lab.nothing_posted()
    assert lab.windows() == 1


def test_a_balance_that_changed_is_told(lab: Lab) -> None:
    lab.server.world("cash", invoice="10482", amount_minor=5000)
    lab.until(lambda: _balance(lab) == 16240, "the new balance")
    report = lab.practice.post(order())
    assert (report.stage, trouble(report).code) == ("not_committed", "balance_changed")
    assert trouble(report).facts["seen_minor"] == 16240
    assert [act["method"] for act in lab.payments()] == ["Cash"]


def _balance(lab: Lab) -> int:
    seen = lab.practice.read_invoice()
    return seen.balance.minor if isinstance(seen, InvoiceSeen) else 0


def test_an_invoice_that_somebody_concluded_is_told(lab: Lab) -> None:
    lab.server.world("conclude", invoice="10482")
    seen = lab.until(lambda: _left(lab), "the list without the invoice")
    assert seen is not None
    report = lab.practice.post(order())
    assert (report.stage, trouble(report).code) == ("not_committed", "invoice_not_listed"), report.transcript
    lab.nothing_posted()


def _left(lab: Lab) -> object:
    seen = lab.practice.read_invoice()
    return not isinstance(seen, InvoiceSeen) or seen.invoice_number != "10482"


# ---- settings that do not fit ----


def test_a_method_list_that_ignores_what_is_set_is_set_another_way_and_read_back(lab: Lab) -> None:
    lab.server.knobs(method_ignores_set="1")
    report = lab.practice.post(order())
    assert report.stage == "committed", report.transcript
    lab.posted()
    assert lab.windows() == 1


def test_a_method_that_hides_the_reference_is_found_by_the_rehearsal(lab: Lab) -> None:
    lab.server.knobs(method_hides_reference="1")
    report = lab.practice.rehearse(order())
    assert (trouble(report).who, trouble(report).code) == ("setup", "reference_hidden"), report.transcript
    assert lab.windows() == 1


def test_a_method_that_was_taken_away_is_found_by_the_rehearsal(lab: Lab) -> None:
    report = lab.practice.rehearse(order(payment_method="Clearent"))
    assert (trouble(report).who, trouble(report).code) == ("setup", "method_missing")
    assert lab.windows() == 1


def test_a_reference_that_is_cut_in_the_form_is_noticed_or_still_whole(lab: Lab) -> None:
    lab.server.knobs(truncate_reference_10="1")
    report = lab.practice.post(order())
    assert report.stage == "committed", "the marker of this pack is ten characters long"
    assert len(lab.ledger(order()).marked) == 1


# ---- the program itself ----


def test_closed_software_is_told_and_found_again(lab: Lab) -> None:
    old = lab.practice.identify()
    lab.skins[0].kill()
    lab.skins[0].wait()
    lab.until(lambda: not isinstance(lab.practice.identify(), SoftwareSeen), "the software is gone")
    assert trouble(lab.practice.read_invoice()).code == "software_closed"
    assert trouble(lab.practice.post(order())).code == "software_closed"
    lab.open_skin()
    new = lab.until(lambda: _software(lab), "the software is back")
    assert isinstance(old, SoftwareSeen)
    assert new.instance != old.instance
    report = lab.practice.post(order())
    assert report.stage == "committed", report.transcript
    lab.posted()


def _software(lab: Lab) -> SoftwareSeen | None:
    seen = lab.practice.identify()
    return seen if isinstance(seen, SoftwareSeen) else None


def test_minimised_software_is_told(lab: Lab) -> None:
    lab.server.world("minimise")
    found = lab.until(lambda: _code(lab) == "software_minimised", "the trouble")
    assert found
    assert trouble(lab.practice.post(order())).code == "software_minimised"
    lab.server.world("restore")
    lab.until(lambda: isinstance(lab.practice.read_invoice(), InvoiceSeen), "the invoice again")


def _code(lab: Lab) -> str:
    return getattr(lab.practice.read_invoice(), "code", "")


OTHER_VERSION = """
import sys
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
app = QApplication(sys.argv)
window = QMainWindow()
window.setWindowTitle("ImproMed - 01042 Alvarez, Rosa")
window.menuBar().addMenu("File")
window.setCentralWidget(QLabel("Account 01042, balance $212.40"))
window.show()
app.exec()
"""


def test_an_unknown_version_is_neither_read_nor_written(closed_lab: Lab) -> None:
    closed_lab.open_program(OTHER_VERSION)
    found = closed_lab.until(lambda: _code(closed_lab) == "unknown_version", "the other version")
    assert found
    for seen in (
        closed_lab.practice.identify(),
        closed_lab.practice.read_ledger(order()),
        closed_lab.practice.post(order()),
        closed_lab.practice.rehearse(order()),
    ):
        assert (trouble(seen).who, trouble(seen).code) == ("pack", "unknown_version")


def test_two_copies_of_the_software_are_told(lab: Lab) -> None:
    lab.open_skin("--workstation", "FRONT2")
    lab.until(lambda: getattr(lab.fresh_practice().identify(), "code", "") == "several_instances", "both")


@pytest.mark.parametrize("moment", ["opening", "filling", "ok", "after_commit"])
def test_a_program_that_freezes_for_a_while_is_waited_for(moment: str, lab: Lab) -> None:
    lab.server.knobs(freeze_s="4", freeze_at=f"{moment}*1")
    report = lab.practice.post(order())
    assert report.stage in ("committed", "doubt"), report.transcript
    assert len(lab.ledger(order()).marked) == 1
    lab.posted()


def test_a_stopped_program_is_waited_for(lab: Lab) -> None:
    lab.server.world("freeze", seconds=3)
    report = lab.practice.post(order())
    assert report.stage == "committed", report.transcript
    lab.posted()


@pytest.mark.parametrize(("knob", "posted"), [("crash_before_commit", 0), ("crash_after_commit", 1)])
def test_a_crash_at_the_commit_is_a_doubt_until_the_ledger_was_read(knob: str, posted: int, lab: Lab) -> None:
    lab.server.knobs(**{knob: "1"})
    report = lab.practice.post(order())
    assert report.stage == "doubt", report.transcript
    assert len(lab.payments()) == posted
    lab.server.knobs(**{knob: "0"})
    lab.until(lambda: lab.skins[0].poll() is not None, "the crash")
    lab.start()
    seen = lab.practice.read_ledger(order())
    assert isinstance(seen, LedgerSeen)
    assert (len(seen.marked), seen.complete, seen.quiet) == (posted, True, True)


def test_a_window_that_closes_without_posting_is_found_absent(lab: Lab) -> None:
    lab.server.knobs(close_without_posting="1")
    report = lab.practice.post(order())
    assert report.stage in ("committed", "doubt"), report.transcript
    seen = lab.practice.read_ledger(order())
    assert isinstance(seen, LedgerSeen)
    assert (seen.marked, seen.complete, seen.quiet) == ((), True, True)
    lab.nothing_posted()


# ---- a run that was cut off ----


def test_a_run_cut_off_before_its_commit_is_cleared_away(lab: Lab) -> None:
    cut_off(lab, "commit")
    seen = lab.fresh_practice().read_ledger(order())
    assert isinstance(seen, LedgerSeen), seen
    assert (seen.marked, seen.quiet) == ((), True)
    assert lab.windows() == 1
    lab.nothing_posted()


def test_a_run_cut_off_after_its_commit_is_found_posted(lab: Lab) -> None:
    cut_off(lab, "after")
    lab.until(lambda: len(lab.payments()) == 1, "the commit")
    again = lab.fresh_practice()
    lab.practice = again
    assert len(lab.ledger(order()).marked) == 1
    assert lab.windows() == 1
    lab.posted()


def test_a_look_cut_off_on_another_tab_does_not_hinder_the_next_posting(lab: Lab) -> None:
    burst, presses = lab.backend.burst, iter((True, True, False))

    def dies(sent: object) -> object:
        if not next(presses, False):
            raise CutOff
        return burst(sent)  # type: ignore[arg-type]  # whatever the run sends

    lab.backend.burst = dies  # type: ignore[assignment,method-assign]
    with pytest.raises(CutOff):
        lab.practice.read_ledger(order())
    lab.backend.burst = burst  # type: ignore[method-assign]
    again = lab.fresh_practice()
    assert isinstance(again.read_invoice(), InvoiceSeen)
    report = again.post(order())
    assert report.stage == "committed", report.transcript
    lab.posted()


class CutOff(BaseException):
    """Stands for the death of our process: nothing of ours runs after it."""


def cut_off(lab: Lab, moment: str) -> None:
    """Let a posting die just before or just after its commit was sent."""
    burst = lab.backend.burst

    def dies(sent: object) -> object:
        commits = getattr(sent, "commit", None) is not None
        if commits and moment == "commit":
            raise CutOff
        report = burst(sent)  # type: ignore[arg-type]  # whatever the run sends
        if commits:
            raise CutOff
        return report

    lab.backend.burst = dies  # type: ignore[assignment,method-assign]
    with pytest.raises(CutOff):
        lab.practice.post(order())
    lab.backend.burst = burst  # type: ignore[method-assign]


def test_a_person_s_own_payment_window_is_left_alone(lab: Lab) -> None:
    cut_off(lab, "commit")
    other = order(marker="V1111-AAAA")
    assert trouble(lab.practice.post(other)).code == "window_open"
    assert lab.windows() == 2


def test_a_stop_signal_to_the_program_is_a_hang_and_no_refusal(lab: Lab) -> None:
    lab.skins[0].send_signal(signal.SIGSTOP)
    seen = lab.fresh_practice().identify()
    lab.skins[0].send_signal(signal.SIGCONT)
    assert trouble(seen).code == "not_answering"
