"""Keys that are lost, windows of other programs, fields in another order: on real windows, with the pack on them.

The bench `knobs` throws all of them, in every version; here are those that nothing but real windows can show.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.packs.impromed_lab import Lab, order, trouble
from tests.stand_ins.qt.eyes import Eyes
from tillbridge.ports.practice import LedgerSeen

pytestmark = pytest.mark.screen
CHAT, NOTICE = "Messages - Front desk", "Windows Update"


@pytest.fixture
def eyes(lab: Lab) -> Iterator[Eyes]:
    seen = Eyes(lab.desktop)
    yield seen
    seen.close()


def test_lost_keystrokes_and_caps_lock_change_nothing_of_what_is_posted(lab: Lab) -> None:
    lab.server.knobs(drop_keys="6", caps_lock="1")
    report = lab.practice.post(order())
    assert report.stage == "committed", report.transcript
    lab.posted()


def test_a_window_of_another_program_in_mid_posting_changes_nothing(lab: Lab, eyes: Eyes) -> None:
    lab.server.knobs(focus_theft="filling*1", other_process="before_commit*1")
    report = lab.practice.post(order())
    there = [title for title in eyes.titles() if title in (CHAT, NOTICE)]
    assert sorted(there) == [CHAT, NOTICE], "both have come up over the program"
    assert report.stage == "committed", report.transcript
    lab.posted()
    for title in there:
        eyes.press(eyes.by_name(eyes.window(title), "push button", "Dismiss"))
    lab.until(lambda: lab.windows() == 1, "the other programs are gone")


def test_fields_in_another_order_are_filled_as_ever(lab: Lab) -> None:
    lab.server.knobs(swapped_order="1")
    report = lab.practice.post(order(10001))
    assert report.stage == "committed", report.transcript
    lab.posted(10001)


def test_leaving_a_filled_window_that_asks_throws_away_only_what_was_typed(lab: Lab) -> None:
    lab.server.knobs(asks_unsaved="always")
    report = lab.practice.rehearse(order())
    assert (report.stage, report.trouble) == ("not_committed", None), report.transcript
    assert "unsaved" in report.transcript, "it was asked, and Yes would have posted"
    assert lab.windows() == 1
    lab.nothing_posted()


def test_an_inactive_method_is_told_and_nothing_is_saved(lab: Lab) -> None:
    lab.server.knobs(method_inactive="1")
    report = lab.practice.post(order())
    assert (report.stage, report.means) == ("doubt", "not_posted"), report.transcript
    assert (trouble(report).code, trouble(report).facts["text"]) == (
        "form_refused",
        "This payment method is not active.",
    )
    assert lab.windows() == 1
    lab.nothing_posted()


def test_a_ledger_that_is_drawn_by_hand_proves_nothing(lab: Lab) -> None:
    lab.server.knobs(owner_drawn="transactions")
    seen = lab.practice.read_ledger(order())
    assert isinstance(seen, LedgerSeen), seen
    assert (seen.complete, seen.read_to_end, seen.marked) == (False, False, ())
