"""Dialogs: known ones are answered as the pack says, everything else stops and shows itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.flows.fake_impromed import Clinic, order
from tillbridge.ports.practice import PostingReport, Trouble
from tillbridge.screen.backends.fake import FakeControl


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def trouble(report: PostingReport) -> Trouble:
    assert report.trouble is not None
    return report.trouble


def commit_then(clinic: Clinic, text: str, *buttons: str, posts: bool = False) -> None:
    """OK brings up this dialog; with `posts` the payment went in before."""
    software = clinic.software

    def committed() -> None:
        if posts:
            software.commit()
        software.ask(text, *buttons)

    software.on_commit = committed


def opening_asks(clinic: Clinic, text: str, *buttons: str, times: int = 1) -> None:
    """Opening the payment window brings up this dialog, so many times."""
    left = iter(range(times))

    def ask() -> None:
        if next(left, None) is not None:
            clinic.software.ask(text, *buttons)

    clinic.software.on_opening = ask


# ---- before the commit ----


def test_a_credit_is_refused_and_everything_is_read_again(clinic: Clinic) -> None:
    opening_asks(clinic, "Client has a credit balance of $25.00. Apply it?", "Yes", "No", "Cancel")
    assert clinic.practice.post(order()).stage == "committed"
    assert clinic.software.pressed == ["No", "No"]  # the second answers the print prompt


def test_a_credit_that_changed_the_balance_stops_the_posting(clinic: Clinic) -> None:
    def ask() -> None:
        def spent() -> None:
            clinic.software.invoices["10482"] -= 2500
            clinic.software.draw()

        clinic.software.ask(
            "Client has a credit balance of $25.00. Apply it?", "Yes", "No", "Cancel", after=spent
        )

    clinic.software.on_opening = ask
    report = clinic.practice.post(order())
    assert (report.stage, trouble(report).code) == ("not_committed", "balance_changed")
    assert clinic.software.posted == []
    assert clinic.software.backend.open == [clinic.software.main]


LOCKED = ("This client is in use by workstation FRONT2 (Kim Tran).", "Retry", "View Only", "Cancel")


def test_a_locked_client_is_tried_again_after_a_while(clinic: Clinic) -> None:
    clinic.software.opens_anyway = False
    opening_asks(clinic, *LOCKED, times=2)
    before = clinic.software.backend.now
    assert clinic.practice.post(order()).stage == "committed"
    assert clinic.software.pressed[:2] == ["Cancel", "Cancel"]
    assert clinic.software.backend.now - before >= 2 + 5


def test_a_client_that_stays_locked_is_left_for_later(clinic: Clinic) -> None:
    clinic.software.opens_anyway = False
    opening_asks(clinic, *LOCKED, times=99)
    report = clinic.practice.post(order())
    assert (report.stage, report.means, trouble(report).code) == (
        "not_committed",
        "not_posted",
        "client_locked",
    )
    assert "FRONT2" in str(trouble(report).facts["text"])
    assert (trouble(report).retry_in_ms or 0) >= 10_000
    assert clinic.software.backend.open == [clinic.software.main]


def test_a_dialog_that_must_stop_is_left_open_for_a_person(clinic: Clinic) -> None:
    opening_asks(clinic, "Waiting for terminal...", "Cancel")
    report = clinic.practice.post(order())
    assert (report.stage, trouble(report).code) == ("not_committed", "other_processor_bound")
    assert clinic.software.pressed == []
    assert clinic.software.backend.open[-1].title == "ImproMed"


@pytest.mark.parametrize(
    ("text", "buttons"),
    [
        ("Something else happened.", ("OK",)),
        ("Print receipt?", ("Yes", "No", "Cancel")),  # another set of buttons is another dialog
        ("Print receipt? Now?", ("Yes", "No")),  # half a text is another dialog
        ("print receipt?", ("Yes", "No")),
        ("Print receipt?", ("Yes", "No")),  # known, but never before the commit
    ],
)
def test_an_unknown_dialog_stops_and_shows_itself(
    text: str, buttons: tuple[str, ...], clinic: Clinic
) -> None:
    opening_asks(clinic, text, *buttons)
    report = clinic.practice.post(order())
    assert (report.stage, trouble(report).code) == ("not_committed", "dialog_in_the_way")
    assert trouble(report).facts["text"] == text
    assert trouble(report).facts["buttons"] == " | ".join(buttons)
    assert clinic.software.pressed == []


def test_a_dialog_that_is_there_before_stops_a_reading_that_touches_nothing(clinic: Clinic) -> None:
    clinic.software.ask("A new version is available. Install now?", "Yes", "Later")
    seen = clinic.practice.read_invoice()
    assert isinstance(seen, Trouble)
    assert (seen.code, seen.facts["text"]) == (
        "dialog_in_the_way",
        "A new version is available. Install now?",
    )
    assert clinic.software.pressed == []


def test_a_known_notice_is_closed_before_a_posting_goes_on(clinic: Clinic) -> None:
    clinic.software.ask("A new version is available. Install now?", "Yes", "Later")
    assert clinic.practice.post(order()).stage == "committed"
    assert clinic.software.pressed[0] == "Later"


def test_a_dialog_in_the_middle_of_the_form_is_answered_and_the_form_goes_on(clinic: Clinic) -> None:
    software = clinic.software
    shows = software._method_set

    def asks(method: object) -> None:
        shows(method)  # type: ignore[arg-type]
        if not software.pressed:
            software.ask("Support expires in 12 days", "OK", "Remind")

    software.pressed = []
    software._method_set = asks  # type: ignore[method-assign]
    assert clinic.practice.post(order()).stage == "committed"
    assert software.pressed[0] == "OK"
    assert len(software.posted) == 1


def test_what_a_dialog_swallowed_is_filled_in_once_more(clinic: Clinic) -> None:
    """As a cashier's password does: it was set, the message came, and nobody was signed in."""
    software = clinic.software
    shows, asked = software._method_set, iter((True,))

    def asks(method: FakeControl) -> None:
        if next(asked, False):
            software.ask("Support expires in 12 days", "OK", "Remind")
            return  # the reference field that this method shows never comes
        shows(method)

    software._method_set = asks  # type: ignore[method-assign]
    assert clinic.practice.rehearse(order()).trouble is None
    assert clinic.practice.post(order()).stage == "committed"
    assert len(software.posted) == 1


def test_a_dialog_between_filling_and_commit_keeps_the_commit_from_being_sent(clinic: Clinic) -> None:
    software = clinic.software
    follows, asked = software._amount_set, iter((True,))

    def asks(amount: object) -> None:
        follows(amount)  # type: ignore[arg-type]
        if next(asked, False):
            software.ask("Support expires in 12 days", "OK", "Remind")

    software._amount_set = asks  # type: ignore[method-assign]
    report = clinic.practice.post(order())
    assert report.stage == "committed"
    assert len(software.posted) == 1
    assert software.pressed[0] == "OK"


# ---- after the commit ----


def test_a_printer_that_is_not_ready_changes_nothing(clinic: Clinic) -> None:
    software = clinic.software

    def committed() -> None:
        software.commit()
        ask_again: Callable[[], object] = lambda: software.ask(  # noqa: E731
            "Printer not ready", "Retry", "Cancel", after=software.close_payment
        )
        software.ask("Print receipt?", "Yes", "No", after=ask_again)

    software.on_commit = committed
    report = clinic.practice.post(order())
    assert (report.stage, report.means) == ("committed", "nothing")
    assert software.pressed == ["No", "Cancel"]


NOT_POSTED = [
    ("Amount exceeds balance. Post as unapplied credit?", ("Yes", "No"), "No", "balance_changed"),
    ("The period ending 06/30 has been closed.", ("OK",), "OK", "period_closed"),
    ("Invoice 10482 has been concluded by another user.", ("OK",), "OK", "invoice_concluded"),
    ("Select an employee.", ("OK",), "OK", "form_refused"),
    (LOCKED[0], LOCKED[1:], "Cancel", "client_locked"),
]


@pytest.mark.parametrize("posts", [False, True])
@pytest.mark.parametrize(("text", "buttons", "press", "reason"), NOT_POSTED)
def test_a_dialog_that_says_not_posted_skips_no_look(
    text: str, buttons: tuple[str, ...], press: str, reason: str, posts: bool, clinic: Clinic
) -> None:
    commit_then(clinic, text, *buttons, posts=posts)
    report = clinic.practice.post(order())
    assert (report.stage, report.means, trouble(report).code) == ("doubt", "not_posted", reason)
    assert clinic.software.pressed == [press]
    assert clinic.software.backend.open == [clinic.software.main], (
        "the form is left, so that the ledger can be read"
    )
    assert len(clinic.software.posted) == int(posts), "nothing is ever typed again"


def test_a_duplicate_warning_is_answered_no_and_is_a_doubt(clinic: Clinic) -> None:
    commit_then(clinic, "A payment of $212.40 was already entered today. Continue?", "Yes", "No")
    report = clinic.practice.post(order())
    assert (report.stage, report.means, trouble(report).code) == ("doubt", "doubt", "maybe_posted_before")
    assert clinic.software.pressed == ["No"]
    assert clinic.software.posted == []
    assert clinic.software.backend.open == [clinic.software.main]


@pytest.mark.parametrize("text", ["Timeout expired.", "General network error"])
def test_a_lost_database_after_the_commit_is_a_doubt_and_is_left_to_a_person(
    text: str, clinic: Clinic
) -> None:
    commit_then(clinic, text, "Retry", "Exit")
    report = clinic.practice.post(order())
    assert (report.stage, trouble(report).code) == ("doubt", "software_lost_its_database")
    assert clinic.software.pressed == []


def test_an_unknown_dialog_after_the_commit_is_a_doubt_and_shows_itself(clinic: Clinic) -> None:
    commit_then(clinic, "Unhandled exception.", "Continue", "Quit", posts=True)
    report = clinic.practice.post(order())
    assert (report.stage, trouble(report).code) == ("doubt", "dialog_in_the_way")
    assert trouble(report).facts["text"] == "Unhandled exception."
    assert clinic.software.pressed == []


def test_dialogs_that_contradict_each_other_are_a_doubt(clinic: Clinic) -> None:
    software = clinic.software

    def committed() -> None:
        software.ask("Select an employee.", "OK")
        software.ask("A payment of $212.40 was already entered today. Continue?", "Yes", "No")

    software.on_commit = committed
    report = clinic.practice.post(order())
    assert (report.stage, report.means) == ("doubt", "doubt")


def test_what_was_said_before_the_commit_says_nothing_about_it(clinic: Clinic) -> None:
    clinic.software.opens_anyway = False
    opening_asks(clinic, *LOCKED)
    report = clinic.practice.post(order())
    assert (report.stage, report.means) == ("committed", "nothing")


def test_a_dialog_whose_button_does_nothing_is_told(clinic: Clinic) -> None:
    def committed() -> None:
        clinic.software.commit()
        message = clinic.software.ask("Print receipt?", "Yes", "No")
        message["No"].on_press = None

    clinic.software.on_commit = committed
    report = clinic.practice.post(order())
    assert (report.stage, trouble(report).code) == ("doubt", "dialog_stays")


# ---- a prompt that a cut-off run left behind ----


def test_the_prompt_of_a_run_that_was_cut_off_is_answered_before_the_look(clinic: Clinic) -> None:
    software = clinic.software
    software.open_payment()
    software.payment["cboMethod"].text = "Tillbridge"
    software.payment["txtReference"].shown = True
    software.payment["txtReference"].text = "V4242-K7Q9"
    software.commit()
    software.ask("Print receipt?", "Yes", "No", after=software.close_payment)
    seen = clinic.practice.read_ledger(order())
    assert not isinstance(seen, Trouble)
    assert [row.reference for row in seen.marked] == ["V4242-K7Q9"]
    assert seen.quiet
    assert software.pressed == ["No"]


def test_the_prompt_of_a_persons_own_payment_is_left_alone(clinic: Clinic) -> None:
    software = clinic.software
    software.open_payment()
    software.ask("Print receipt?", "Yes", "No", after=software.close_payment)
    clinic.guard.idle = 999.0
    seen = clinic.practice.read_ledger(order())
    assert isinstance(seen, Trouble)
    assert seen.code == "window_open"
    assert software.pressed == []
