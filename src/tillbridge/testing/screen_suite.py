"""What every screen backend must do, as tests to inherit: the form of `testing/forms`, really driven.

A backend passes when a subclass of `ScreenSuite` with a `form` fixture passes. Nothing here knows a toolkit;
where a backend cannot do something, `facts` says so, and the suite asks only for what is promised there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import count
from typing import Protocol

import pytest

from tillbridge.screen import backend as b
from tillbridge.screen.condition import Waiter
from tillbridge.screen.deadline import Deadline

_NUMBERS = count(1)
_ROWS = 120
HANG_LIMIT_S = 1.0
"""A backend under test is set to give up on a silent program after this time."""


class FormUnderTest(Protocol):
    """The form, started, with a backend on it whose limit is `HANG_LIMIT_S`."""

    @property
    def backend(self) -> b.Backend: ...

    @property
    def program(self) -> b.Program: ...

    def truth(self) -> Sequence[Mapping[str, object]]:
        """What the form really did since it was started, from its own record."""
        ...

    def hung(self) -> AbstractContextManager[None]:
        """Inside, the program answers nothing; on leaving, it answers again."""
        ...


def target(name: str, role: b.Role, **evidence: str) -> b.Target:
    """A recipe by keyword: `target("amount", "edit", id="txtAmount", label="Amount")`."""
    return b.Target(name, role, tuple(b.Evidence(_KINDS[kind], value) for kind, value in evidence.items()))


_KINDS: dict[str, b.EvidenceKind] = {
    "id": "id",
    "number": "number",
    "named": "name",
    "label": "label",
    "only": "only",
}

NAME = target("name", "edit", id="txtName", label="Name")
NOTE = target("note", "edit", id="txtNote", label="Note")
FIXED = target("fixed", "edit", id="txtFixed", label="Fixed")
AMOUNT = target("amount", "edit", id="txtAmount", label="Amount")
TENDERED = target("tendered", "text", id="lblTendered", label="Tendered")
ACCOUNT = target("account", "text", id="lblAccount", label="Account")
METHOD = target("method", "choice", id="cboMethod", label="Method")
DONE = target("done", "check", id="chkDone", named="Done")
INVOICES = target("invoices", "list", id="grdInvoices", named="Open invoices")
APPLY = target("apply", "list", id="lstApply", label="Apply to")
ASK = target("ask", "button", id="btnAsk", named="Ask")
POST = target("post", "button", id="btnPost", named="Post")
OFF = target("off", "button", id="btnOff", named="Off")


class Pilot:
    """Short words for what the tests do. Every wait has a deadline."""

    def __init__(self, form: FormUnderTest) -> None:
        self.form = form
        self.backend = form.backend
        deadline = Deadline(time.monotonic, budget_s=20, hang_s=20)
        self.waiter = Waiter(form.backend, form.program, deadline)

    def window(self, title: str = "Suite form - 0042 Alvarez") -> b.Window:
        def look() -> b.Window | None:
            windows = self.backend.windows(self.form.program)
            return next((each for each in windows if each.title == title and each.shown), None)

        window = self.waiter.until(look)
        assert window is not None, f"no window {title!r}"
        return window

    def resolve(self, *targets: b.Target, window: str = "Suite form - 0042 Alvarez") -> list[b.Resolution]:
        return list(self.backend.resolve(self.window(window).handle, targets))

    def node(self, wanted: b.Target, window: str = "Suite form - 0042 Alvarez") -> b.Node:
        (found,) = self.resolve(wanted, window=window)
        assert isinstance(found, b.Found), (wanted, found)
        return found.node

    def burst(
        self, *acts: b.Act, checks: Sequence[b.Check] = (), commit: b.Node | None = None
    ) -> b.BurstReport:
        press = b.Press(commit) if commit else None
        return self.backend.burst(b.Burst(next(_NUMBERS), acts, tuple(checks), press))

    def done(self, *acts: b.Act) -> None:
        report = self.burst(*acts)
        assert (report.cause, report.acts_done) == ("", len(acts)), (report, acts)

    def text(self, wanted: b.Target) -> str:
        (reading,) = self.backend.read([self.node(wanted)])
        return reading.text

    def told(self, wanted: Mapping[str, object]) -> bool:
        """Wait until the form's own record holds a line with these facts."""

        def look() -> bool | None:
            return any(wanted.items() <= line.items() for line in self.form.truth()) or None

        return self.waiter.until(look) is not None

    def opened(self) -> b.Window:
        """Press Ask and give the message box."""
        self.done(b.Press(self.node(ASK), opens=True))
        return self.window("Suite form")

    def answer(self, window: b.Window, name: str) -> None:
        button = next(each for each in self.backend.dialog(window.handle).buttons if each.name == name)
        self.done(b.Press(button.node))
        assert self.waiter.gone(window.handle)


@pytest.fixture
def pilot(form: FormUnderTest) -> Pilot:
    return Pilot(form)


class Finding:
    """Strictly one control, or none."""

    def test_a_control_is_found_when_all_evidence_agrees(self, pilot: Pilot) -> None:
        wanted = [NAME, ACCOUNT, METHOD, DONE, INVOICES, APPLY, POST, FIXED]
        assert all(isinstance(found, b.Found) for found in pilot.resolve(*wanted))

    def test_two_controls_of_one_name_are_never_guessed(self, pilot: Pilot) -> None:
        assert pilot.resolve(target("x", "button", named="Twice")) == [b.Several(2, "name")]

    def test_two_kinds_of_evidence_for_different_controls_disagree(self, pilot: Pilot) -> None:
        wanted = target("x", "edit", id="txtName", label="Note")
        assert pilot.resolve(wanted) == [b.Disagree(("id", "label"))]

    def test_evidence_that_points_nowhere_beside_evidence_that_does_disagrees(self, pilot: Pilot) -> None:
        assert pilot.resolve(target("x", "edit", id="txtName", label="Nothing")) == [
            b.Disagree(("id", "label"))
        ]

    def test_what_is_not_there_is_missing_and_says_how_it_was_looked_for(self, pilot: Pilot) -> None:
        assert pilot.resolve(target("x", "edit", id="txtNothing")) == [b.Missing(("id",))]

    def test_a_control_of_another_role_does_not_count(self, pilot: Pilot) -> None:
        assert isinstance(pilot.resolve(target("x", "button", id="txtName"))[0], b.Missing)

    def test_a_hidden_control_is_found_but_not_shown(self, pilot: Pilot) -> None:
        hide = pilot.node(target("hide", "button", id="btnHideNote"))
        pilot.done(b.Press(hide))
        by_id = target("note", "edit", id="txtNote")
        assert pilot.waiter.until(lambda: self._shown(pilot, by_id) is False or None)
        assert pilot.burst(b.SetText(pilot.node(by_id), "x")).code == "hidden"
        pilot.done(b.Press(hide))
        assert pilot.waiter.until(lambda: self._shown(pilot, by_id) or None)

    def _shown(self, pilot: Pilot, wanted: b.Target) -> bool:
        (reading,) = pilot.backend.read([pilot.node(wanted)])
        return reading.shown


class ReadingAndSetting:
    """Values go in and are read back."""

    def test_many_controls_are_read_in_one_go(self, pilot: Pilot) -> None:
        pilot.done(b.SetText(pilot.node(NAME), "Alvarez"))
        wanted = (ACCOUNT, NAME, FIXED, DONE, OFF)
        account, name, fixed, done, off = pilot.backend.read([pilot.node(each) for each in wanted])
        assert (account.text, name.text, fixed.text) == ("0042", "Alvarez", "cannot be typed into")
        assert (fixed.read_only, name.read_only) == (True, False)
        assert (done.checked, off.enabled, name.enabled) == (False, False, True)

    def test_a_text_is_set_and_read_back(self, pilot: Pilot) -> None:
        pilot.done(b.SetText(pilot.node(NOTE), "V4242-K7Q9 äé"))
        assert pilot.text(NOTE) == "V4242-K7Q9 äé"

    @pytest.mark.parametrize("typed", ["4111111111111111", "see 4111 1111 1111 1111, Rosa"])
    def test_a_text_that_may_hold_a_card_number_is_read_as_empty(self, pilot: Pilot, typed: str) -> None:
        """Rule 14: somebody typed it into the wrong box."""
        pilot.burst(b.SetText(pilot.node(NOTE), typed))
        assert pilot.text(NOTE) == ""

    def test_a_long_text_is_read_to_its_end(self, pilot: Pilot) -> None:
        words = "Bella's teeth, then the blood test of 10/12"
        pilot.done(b.SetText(pilot.node(NOTE), words))
        assert pilot.text(NOTE) == words

    def test_a_value_that_is_validated_on_leaving_is_validated(self, pilot: Pilot) -> None:
        pilot.done(b.SetText(pilot.node(AMOUNT), "1212.4", leave=True))
        assert pilot.waiter.value(pilot.node(TENDERED), {"$1,212.40"})
        assert pilot.text(AMOUNT) == "$1,212.40"

    def test_a_read_only_field_refuses(self, pilot: Pilot) -> None:
        assert pilot.burst(b.SetText(pilot.node(FIXED), "x")).code == "read_only"
        assert pilot.text(FIXED) == "cannot be typed into"

    def test_the_control_with_the_focus_is_told_and_a_look_does_not_move_it(self, pilot: Pilot) -> None:
        window = pilot.window().handle
        for wanted in (INVOICES, NOTE, FIXED):
            node = pilot.node(wanted)
            pilot.done(b.Park(node))
            assert [pilot.backend.focused(window) for _ in range(2)] == [node, node]

    def test_a_disabled_button_is_never_pressed(self, pilot: Pilot) -> None:
        report = pilot.burst(b.Press(pilot.node(OFF)))
        assert (report.code, report.acts_done) == ("disabled", 0)
        assert not any(line.get("pressed") == "Off" for line in pilot.form.truth())

    def test_a_tick_is_set_once_and_taken_back(self, pilot: Pilot) -> None:
        done = pilot.node(DONE)
        for on in (True, True, False):
            pilot.done(b.Tick(done, on))
            assert pilot.backend.read([done])[0].checked is on

    def test_the_entries_of_a_choice_are_read_without_changing_it(self, pilot: Pilot) -> None:
        method = pilot.node(METHOD)
        before = pilot.text(METHOD)
        assert list(pilot.backend.choices(method)) == ["Cash", "Check", "MasterCard", "Visa", "CareCredit"]
        assert pilot.text(METHOD) == before

    @pytest.mark.parametrize("wanted", ["CareCredit", "Check", "Visa", "Cash"])
    def test_an_entry_is_chosen_by_its_exact_text(self, pilot: Pilot, wanted: str) -> None:
        pilot.done(b.Choose(pilot.node(METHOD), wanted))
        assert pilot.text(METHOD) == wanted

    def test_an_entry_that_is_not_there_is_refused_and_nothing_changes(self, pilot: Pilot) -> None:
        before = pilot.text(METHOD)
        assert pilot.burst(b.Choose(pilot.node(METHOD), "visa")).code == "no_such_choice"
        assert pilot.text(METHOD) == before

    def test_parking_types_nothing_and_changes_nothing(self, pilot: Pilot) -> None:
        pilot.done(b.Park(pilot.node(FIXED)))
        assert pilot.text(FIXED) == "cannot be typed into"


class Lists:
    """Rows by caption, selection and ticks."""

    def test_all_rows_are_read_by_caption_in_the_order_asked_for(self, pilot: Pilot) -> None:
        rows = pilot.backend.rows(pilot.node(INVOICES), ["Balance", "Invoice"])
        assert (len(rows.rows), rows.complete, rows.captions) == (_ROWS, True, ("Balance", "Invoice"))
        assert rows.rows[117].cells == ("$217.17", "INV-1117")

    def test_one_row_is_found_by_its_key(self, pilot: Pilot) -> None:
        rows = pilot.backend.rows(pilot.node(INVOICES), ["Invoice", "Balance"], ("Invoice", "INV-1101"))
        assert [(row.index, row.cells) for row in rows.rows] == [(101, ("INV-1101", "$201.01"))]

    def test_the_selected_row_is_read_without_the_others(self, pilot: Pilot) -> None:
        invoices = pilot.node(INVOICES)
        pilot.done(b.SelectRow(invoices, 7))
        rows = pilot.backend.rows(invoices, ["Balance"], ("#selected", "true"))
        assert [(row.index, row.cells) for row in rows.rows] == [(7, ("$107.07",))]

    def test_a_caption_that_is_not_there_is_refused(self, pilot: Pilot) -> None:
        with pytest.raises(b.Refused):
            pilot.backend.rows(pilot.node(INVOICES), ["Total"])

    @pytest.mark.parametrize("row", [0, 97, 3])
    def test_a_row_is_selected_so_that_the_program_takes_it_for_current(self, pilot: Pilot, row: int) -> None:
        invoices = pilot.node(INVOICES)
        pilot.done(b.SelectRow(invoices, row))
        selected = [each.index for each in pilot.backend.rows(invoices, ["Invoice"]).rows if each.selected]
        assert selected == [row]
        pilot.done(b.Press(pilot.node(POST)))
        assert pilot.told({"invoice": f"INV-{1000 + row}"})

    def test_a_row_that_is_not_there_is_refused(self, pilot: Pilot) -> None:
        assert pilot.burst(b.SelectRow(pilot.node(INVOICES), _ROWS)).code == "no_such_row"

    def test_rows_are_ticked_and_unticked_one_by_one(self, pilot: Pilot) -> None:
        apply = pilot.node(APPLY)
        for row, on in ((1, False), (3, True), (0, True), (3, False), (1, True)):
            pilot.done(b.TickRow(apply, row, on))
        ticks = [row.ticked for row in pilot.backend.rows(apply, ["#check", "Invoice"]).rows]
        assert ticks == [True, True, False, False]
        pilot.done(b.TickRow(apply, 0, False))

    def test_a_list_without_ticks_says_so(self, pilot: Pilot) -> None:
        assert pilot.burst(b.TickRow(pilot.node(INVOICES), 0, True)).code == "no_tick"


class Windows:
    """Modal windows, programs that hang, windows that go."""

    def test_a_press_that_opens_a_modal_window_returns_and_the_window_can_be_read(self, pilot: Pilot) -> None:
        box = pilot.opened()
        assert (box.kind, box.modal, box.enabled) == ("dialog", True, True)
        text = pilot.backend.dialog(box.handle)
        assert text.texts == ("Client has a credit balance of $25.00. Apply it?",)
        assert sorted(button.name for button in text.buttons) == ["No", "Yes"]
        pilot.answer(box, "No")
        assert pilot.told({"answered": "No"})

    def test_nothing_below_a_modal_window_is_touched(self, pilot: Pilot) -> None:
        post, note = pilot.node(POST), pilot.node(NOTE)
        before = len(pilot.form.truth())
        box = pilot.opened()
        assert not pilot.window().enabled
        for acts in ((b.Press(post),), (b.SetText(note, "below"),)):
            report = pilot.burst(*acts)
            assert (report.stage, report.code, report.acts_done) == ("not_committed", "owner_disabled", 0)
        assert pilot.burst(commit=post).code == "owner_disabled"
        assert len(pilot.form.truth()) == before
        pilot.answer(box, "Yes")

    def test_a_menu_item_that_opens_a_modal_window_returns(self, pilot: Pilot) -> None:
        item = target("ask", "menu_item", named="Ask by menu")
        pilot.done(b.Press(pilot.node(item), opens=True))
        pilot.answer(pilot.window("Suite form"), "No")

    def test_a_window_that_went_away_is_gone(self, pilot: Pilot) -> None:
        pilot.done(b.Press(pilot.node(target("details", "button", id="btnDetails")), opens=True))
        window = pilot.window("Details")
        close = target("close", "button", named="Close")
        remark = pilot.node(target("remark", "edit", label="Remark"), "Details")
        pilot.done(b.Press(pilot.node(close, "Details")))
        assert pilot.waiter.gone(window.handle)
        with pytest.raises(b.Gone):
            pilot.backend.read([remark])
        with pytest.raises(b.Gone):
            pilot.backend.resolve(window.handle, [close])
        assert pilot.burst(b.SetText(remark, "x")).code == "gone"

    def test_a_program_that_hangs_is_said_not_to_answer_within_the_limit_and_later_answers(
        self, pilot: Pilot
    ) -> None:
        name = pilot.node(NAME)
        with pilot.form.hung():
            started = time.monotonic()
            with pytest.raises(b.NotAnswering):
                pilot.backend.read([name])
            assert time.monotonic() - started < 2 * HANG_LIMIT_S
            assert pilot.backend.ping(pilot.form.program, 0.1) is None
        assert pilot.backend.ping(pilot.form.program, 1.0) is not None
        assert pilot.backend.read([name])[0].shown

    def test_a_change_wakes_whoever_waits(self, pilot: Pilot) -> None:
        while pilot.backend.wait_change(0.05):
            pass
        assert not pilot.backend.wait_change(0.05)
        pilot.done(b.SetText(pilot.node(NOTE), f"changed {next(_NUMBERS)}"))
        assert pilot.backend.wait_change(2.0)


class Bursting:
    """Acts, checks and one commit."""

    def _post(self, pilot: Pilot, tendered: str, number: int) -> b.Burst:
        checks = (
            b.Check(pilot.node(NOTE), "text", frozenset({"K7Q9"}), what="note"),
            b.Check(pilot.node(TENDERED), "text", frozenset({tendered}), what="tendered"),
            b.Check(pilot.node(DONE), "checked", frozenset({"false"}), what="done"),
            b.Check(pilot.node(INVOICES), "row_text", frozenset({"$105.05"}), 5, "Balance", "balance"),
            b.Check(pilot.node(APPLY), "row_ticked", frozenset({"true"}), 1, what="ticked"),
        )
        acts = (
            b.SetText(pilot.node(NOTE), "K7Q9"),
            b.SetText(pilot.node(AMOUNT), "105.05", leave=True),
            b.Park(pilot.node(FIXED)),
        )
        return b.Burst(number, acts, checks, b.Press(pilot.node(POST)))

    def _posted(self, pilot: Pilot) -> int:
        return sum("posted" in line for line in pilot.form.truth())

    def test_one_difference_keeps_the_commit_from_being_sent(self, pilot: Pilot) -> None:
        before = self._posted(pilot)
        report = pilot.backend.burst(self._post(pilot, "$105.06", next(_NUMBERS)))
        assert (report.stage, report.acts_done, report.cause) == ("not_committed", 3, "")
        assert [(each.check.what, each.seen) for each in report.differences] == [("tendered", "$105.05")]
        assert self._posted(pilot) == before

    def test_a_burst_that_agrees_is_committed_exactly_once(self, pilot: Pilot) -> None:
        before = self._posted(pilot)
        burst = self._post(pilot, "$105.05", next(_NUMBERS))
        assert pilot.backend.burst(burst).stage == "committed"
        assert pilot.told({"note": "K7Q9", "tendered": "$105.05"})
        again = pilot.backend.burst(burst)
        assert (again.stage, again.code, again.acts_done) == ("not_committed", "repeated", 0)
        assert self._posted(pilot) == before + 1

    def test_a_commit_that_comes_too_late_is_not_sent(self, pilot: Pilot) -> None:
        burst = self._post(pilot, "$105.05", next(_NUMBERS))
        before = self._posted(pilot)
        report = pilot.backend.burst(replace(burst, commit_within_s=-1.0))
        assert (report.stage, report.code) == ("not_committed", "too_late")
        assert self._posted(pilot) == before

    def test_a_burst_into_a_hanging_program_is_not_committed(self, pilot: Pilot) -> None:
        burst = self._post(pilot, "$105.05", next(_NUMBERS))
        before = self._posted(pilot)
        with pilot.form.hung():
            report = pilot.backend.burst(burst)
        assert (report.stage, report.code) == ("not_committed", "not_answering")
        assert self._posted(pilot) == before

    def test_a_secret_is_set_and_told_to_nobody(self, pilot: Pilot) -> None:
        pilot.done(b.SetText(pilot.node(NOTE), "s3cret", secret=True))
        assert pilot.text(NOTE) == "s3cret"


class ScreenSuite(Finding, ReadingAndSetting, Lists, Windows, Bursting):
    """All of it. Subclass with a `form` fixture; import `pilot` beside it."""
