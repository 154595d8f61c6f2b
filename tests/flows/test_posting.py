"""A posting on windows in memory: what is typed, when it stops, and how far it says it came."""

from __future__ import annotations

import pytest

from tests.flows.fake_impromed import Clinic, order
from tillbridge.flows.hands import SHIELD_S
from tillbridge.flows.posting_run import SHIELD_SPARE_S
from tillbridge.ports.practice import PostingReport, Trouble
from tillbridge.screen.backend import Burst, BurstReport, SetText
from tillbridge.screen.backends.fake import FakeControl


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def trouble(report: PostingReport) -> Trouble:
    assert report.trouble is not None
    return report.trouble


def untouched(clinic: Clinic) -> None:
    """Nothing was posted and no window of ours is left."""
    assert clinic.software.posted == []
    assert clinic.software.backend.open == [clinic.software.main]


def test_a_posting_types_what_was_ordered_and_commits_once(clinic: Clinic) -> None:
    report = clinic.practice.post(order())
    assert (report.stage, report.trouble, report.means) == ("committed", None, "nothing")
    assert clinic.software.posted == [
        ["11/22/2026", "Payment", "Tillbridge", "-$212.40", "V4242-K7Q9", "10482", "Dana Brooks"]
    ]
    assert clinic.software.backend.open == [clinic.software.main]


def test_the_amount_is_typed_last_and_the_focus_is_parked(clinic: Clinic) -> None:
    clinic.practice.post(order(10000))
    texts = [act.text for act in clinic.software.backend.log if isinstance(act, SetText)]
    assert texts[-2:] == ["V4242-K7Q9", "100.00"]
    assert clinic.software.posted[0][3] == "-$100.00"


def test_a_rehearsal_types_everything_and_leaves_no_trace(clinic: Clinic) -> None:
    report = clinic.practice.rehearse(order())
    assert (report.stage, report.trouble) == ("not_committed", None)
    assert any(isinstance(act, SetText) and act.text == "212.40" for act in clinic.software.backend.log)
    untouched(clinic)


def test_a_second_run_of_one_practice_never_repeats_a_burst_number(clinic: Clinic) -> None:
    clinic.practice.rehearse(order())
    assert clinic.practice.post(order()).stage == "committed"


# ---- identity ----


def test_another_client_on_the_screen_stops_before_anything_is_opened_while_a_person_works(
    clinic: Clinic,
) -> None:
    clinic.guard.idle = 4.9
    clinic.software.account = "00911"
    clinic.software.draw()
    report = clinic.practice.post(order())
    assert (trouble(report).who, trouble(report).code) == ("operator", "other_client")
    assert trouble(report).facts["seen"] == "00911"
    assert trouble(report).retry_in_ms is not None
    assert clinic.software.backend.log == []
    untouched(clinic)


def test_an_invoice_that_is_not_listed_stops(clinic: Clinic) -> None:
    assert trouble(clinic.practice.post(order(invoice_number="99999"))).code == "invoice_not_listed"
    untouched(clinic)


def test_another_balance_stops_and_says_both(clinic: Clinic) -> None:
    clinic.software.invoices["10482"] = 25000
    clinic.software.draw()
    report = clinic.practice.post(order())
    assert trouble(report).code == "balance_changed"
    assert (trouble(report).facts["seen"], trouble(report).facts["wanted"]) == ("250.00", "212.40")
    assert trouble(report).facts["seen_minor"] == 25000
    untouched(clinic)


def test_a_balance_that_cannot_be_read_is_told_as_that_and_not_as_another_one(clinic: Clinic) -> None:
    clinic.software.main["grdInvoices"].cells[1][5] = "$212.404"
    report = clinic.practice.post(order())
    assert (report.stage, trouble(report).code) == ("not_committed", "money_unreadable")
    untouched(clinic)


def test_an_order_without_a_balance_expects_none(clinic: Clinic) -> None:
    clinic.software.invoices["10482"] = 25000
    clinic.software.draw()
    assert clinic.practice.post(order(balance=None)).stage == "committed"


def test_the_client_may_change_between_the_look_and_the_payment_window(clinic: Clinic) -> None:
    def swap() -> None:
        clinic.software.account, clinic.software.client = "00911", "Baker, Tom"
        clinic.software.draw()

    clinic.software.on_opening = swap
    assert trouble(clinic.practice.post(order())).code == "other_client"
    untouched(clinic)


def test_two_rows_of_one_number_are_never_guessed(clinic: Clinic) -> None:
    grid = clinic.software.main["grdInvoices"]
    grid.cells = [*grid.cells, grid.cells[1]]
    report = clinic.practice.post(order())
    assert (trouble(report).code, report.means) == ("row_ambiguous", "not_posted"), "a person is asked"
    untouched(clinic)


def test_a_client_name_never_reaches_the_transcript(clinic: Clinic) -> None:
    clinic.practice.read_invoice()
    clinic.practice.post(order())
    assert "Alvarez" not in clinic.notes.text()
    assert "V4242-K7Q9" in clinic.notes.text()


# ---- what the window does not take ----


def with_payment_fault(clinic: Clinic, change: object) -> None:
    """Change the payment window right after it opened."""
    software = clinic.software
    controls = software._payment_controls

    def changed() -> list[FakeControl]:
        made = controls()
        change(made)  # type: ignore[operator]
        return made

    software._payment_controls = changed  # type: ignore[method-assign]


def control(made: list[FakeControl], name: str) -> FakeControl:
    return next(one for one in made if one.id == name)


def test_a_method_list_that_ignores_what_is_set_stops(clinic: Clinic) -> None:
    with_payment_fault(clinic, lambda made: setattr(control(made, "cboMethod"), "ways", frozenset({"text"})))
    report = clinic.practice.post(order())
    assert (trouble(report).who, trouble(report).code) == ("pack", "value_not_taken")
    untouched(clinic)


def test_a_method_that_claims_to_be_set_is_found_out_by_the_check(clinic: Clinic) -> None:
    def lie(made: list[FakeControl]) -> None:
        method = control(made, "cboMethod")
        shows = method.on_set
        assert shows is not None

        def back_to_cash(one: FakeControl) -> None:
            shows(one)
            one.text = "Cash"

        method.on_set = back_to_cash

    with_payment_fault(clinic, lie)
    report = clinic.practice.post(order())
    assert trouble(report).code == "read_back_differs"
    assert trouble(report).facts["control"] == "control.method"
    untouched(clinic)


def test_a_method_that_is_not_offered_is_told_as_a_setting(clinic: Clinic) -> None:
    report = clinic.practice.post(order(payment_method="Stripe"))
    assert (trouble(report).who, trouble(report).code) == ("setup", "method_missing")
    assert trouble(report).facts["wanted"] == "Stripe"
    untouched(clinic)


def test_an_employee_who_is_not_offered_is_told_as_a_setting(clinic: Clinic) -> None:
    report = clinic.practice.post(order(employee="Nobody"))
    assert trouble(report).code == "setting_not_offered"
    assert trouble(report).facts["setting"] == "employee"
    untouched(clinic)


def test_a_method_that_hides_the_reference_stops_a_rehearsal(clinic: Clinic) -> None:
    clinic.software.hides_reference = True
    report = clinic.practice.rehearse(order())
    assert (trouble(report).who, trouble(report).code) == ("setup", "reference_hidden")
    assert trouble(report).facts["chosen"] == "Tillbridge"
    untouched(clinic)


def test_an_amount_whose_dependents_do_not_follow_is_not_committed(clinic: Clinic) -> None:
    clinic.software.validates = False
    report = clinic.practice.post(order(10000))
    assert trouble(report).code == "read_back_differs"
    assert trouble(report).facts["control"] == "field.tendered"
    untouched(clinic)


def test_dependents_that_follow_late_are_waited_for(clinic: Clinic) -> None:
    def slow(made: list[FakeControl]) -> None:
        def later(one: FakeControl) -> None:
            def shown() -> None:
                clinic.software.payment["lblTendered"].text = f"${one.text}"

            clinic.software.backend.later.append(shown)

        control(made, "txtAmount").on_set = later

    with_payment_fault(clinic, slow)
    assert clinic.practice.post(order(10000)).stage == "committed"
    assert len(clinic.software.posted) == 1


def test_a_control_that_is_gone_says_which_one(clinic: Clinic) -> None:
    with_payment_fault(clinic, lambda made: made.remove(control(made, "cboEmployee")))
    report = clinic.practice.post(order())
    assert (trouble(report).who, trouble(report).code) == ("pack", "control_missing")
    assert trouble(report).facts["control"] == "employee"
    untouched(clinic)


def test_two_controls_that_fit_are_never_guessed(clinic: Clinic) -> None:
    twin = FakeControl("edit", id="txtAmount", label="Amount")
    with_payment_fault(clinic, lambda made: made.append(twin))
    report = clinic.practice.post(order())
    assert trouble(report).code == "control_ambiguous"
    untouched(clinic)


def test_evidence_that_points_at_two_controls_stops(clinic: Clinic) -> None:
    def swap(made: list[FakeControl]) -> None:
        control(made, "txtAmount").label, control(made, "txtReference").label = "Reference", "Amount"
        control(made, "txtReference").shown = True

    with_payment_fault(clinic, swap)
    assert trouble(clinic.practice.post(order())).code == "control_ambiguous"
    untouched(clinic)


def test_an_amount_in_an_unknown_form_is_refused(clinic: Clinic) -> None:
    clinic.software.main["grdInvoices"].cells[1][5] = "212,4"
    seen = clinic.practice.read_invoice()
    assert isinstance(seen, Trouble)
    assert (seen.who, seen.code, seen.facts["text"]) == ("pack", "money_unreadable", "212,4")


# ---- a person at the same time ----


def test_a_typing_person_is_kept_away_only_after_a_disturbance(clinic: Clinic) -> None:
    def typed_over(made: list[FakeControl]) -> None:
        amount, times = control(made, "txtAmount"), iter((False, True, False, False))

        def stray(one: FakeControl) -> None:
            if next(times):
                one.text += "7"
                clinic.guard.touched = 1
            clinic.software._amount_set(one)

        amount.on_set = stray

    with_payment_fault(clinic, typed_over)
    assert clinic.practice.post(order()).stage == "committed"
    assert clinic.guard.shields == 1
    assert clinic.software.posted[0][3] == "-$212.40"


def test_a_person_who_was_typing_before_the_last_moment_is_kept_away_in_it(clinic: Clinic) -> None:
    clinic.guard.touched = 1
    assert clinic.practice.post(order()).stage == "committed"
    assert clinic.guard.shields == 1


def test_the_payment_window_opens_behind_a_shield_while_somebody_is_at_the_keyboard(clinic: Clinic) -> None:
    """It opens with all that is due, and would post it on Enter."""
    inside: list[str] = []
    clinic.guard.on_leaving = lambda: inside.append(clinic.software.payment["txtAmount"].text)
    clinic.guard.idle = 0.3
    clinic.practice.rehearse(order())
    assert inside == ["0.00"]


def test_a_stray_enter_before_the_end_finds_no_amount(clinic: Clinic) -> None:
    amounts: list[str] = []
    clinic.software.on_commit = lambda: None
    with_payment_fault(
        clinic,
        lambda made: setattr(
            control(made, "cboEmployee"),
            "on_set",
            lambda one: amounts.append(clinic.software.payment["txtAmount"].text),
        ),
    )
    clinic.practice.rehearse(order())
    assert amounts == ["0.00"]


def test_a_choice_that_a_person_types_into_is_made_again_with_their_keys_kept_away(clinic: Clinic) -> None:
    def fails_once(made: list[FakeControl]) -> None:
        method = control(made, "cboMethod")
        method.ways = frozenset({"text"})
        clinic.software.backend.later.append(lambda: setattr(method, "ways", frozenset({"keys"})))

    with_payment_fault(clinic, fails_once)
    clinic.guard.touched = 1
    clinic.guard.swallowed, clinic.guard.pressed_inside = 7, 2
    report = clinic.practice.post(order())
    assert report.stage == "committed"
    assert clinic.guard.shields >= 1
    assert report.swallowed == 2 * clinic.guard.shields


def test_no_commit_is_sent_where_a_typing_person_cannot_be_kept_away(clinic: Clinic) -> None:
    with_payment_fault(clinic, lambda made: setattr(control(made, "txtAmount"), "on_set", lambda one: None))
    clinic.guard.touched, clinic.guard.may_hold = 1, False
    clinic.software.validates = False
    report = clinic.practice.post(order(10000))
    assert (report.stage, trouble(report).code) == ("not_committed", "user_typing")
    untouched(clinic)


def test_a_form_that_agrees_is_not_committed_where_a_typing_person_cannot_be_kept_away(
    clinic: Clinic,
) -> None:
    clinic.guard.touched, clinic.guard.may_hold = 99, False
    report = clinic.practice.post(order())
    assert (report.stage, trouble(report).code) == ("not_committed", "user_typing")
    untouched(clinic)


def test_no_commit_is_sent_when_the_shield_has_ended(clinic: Clinic) -> None:
    clinic.software.validates = False
    seen: list[float | None] = []
    burst = clinic.software.backend.burst

    def watched(sent: Burst) -> BurstReport:
        if sent.commit is not None:
            clinic.guard.touched = 0 if seen else 1
            seen.append(sent.commit_within_s)
        return burst(sent)

    clinic.software.backend.burst = watched  # type: ignore[method-assign,assignment]
    clinic.practice.post(order(10000))
    assert seen[0] is None
    assert seen[1] == SHIELD_S - SHIELD_SPARE_S
    assert all(each is not None and 0 < each < SHIELD_S - SHIELD_SPARE_S + 0.001 for each in seen[1:])


def test_behind_a_shield_what_did_not_agree_is_left_without_an_amount(clinic: Clinic) -> None:
    """Somebody changed the employee; their next Enter would post what stands in the window."""
    amounts: list[str] = []

    def leaving() -> None:
        payment = clinic.software.payment
        amounts.append(payment["txtAmount"].text)
        payment["cboEmployee"].text = "Luis Ortega"

    clinic.guard.on_leaving, clinic.guard.idle, clinic.guard.touched = leaving, 0.3, 99
    made = clinic.software._payment_controls

    def changed() -> list[FakeControl]:
        controls = made()
        control(controls, "txtReference").on_set = lambda one: setattr(
            clinic.software.payment["cboEmployee"], "text", "Luis Ortega"
        )
        return controls

    clinic.software._payment_controls = changed  # type: ignore[method-assign]
    report = clinic.practice.post(order())
    assert (report.stage, trouble(report).code) == ("not_committed", "user_typing")
    assert set(amounts) == {"0.00"}
    assert clinic.software.posted == []


def test_no_shield_is_raised_while_nobody_disturbs(clinic: Clinic) -> None:
    clinic.practice.post(order())
    assert clinic.guard.shields == 0


def test_a_person_who_never_stops_wins_and_nothing_is_posted(clinic: Clinic) -> None:
    def typed_over(made: list[FakeControl]) -> None:
        control(made, "txtAmount").on_set = lambda one: setattr(one, "text", one.text + "7")

    with_payment_fault(clinic, typed_over)
    clinic.guard.touched = 99
    report = clinic.practice.post(order())
    assert (trouble(report).who, trouble(report).code) == ("operator", "user_typing")
    untouched(clinic)


def test_an_open_payment_window_of_a_person_is_not_touched(clinic: Clinic) -> None:
    clinic.software.open_payment()
    clinic.software.payment["txtAmount"].text = "$50.00"
    report = clinic.practice.post(order())
    assert trouble(report).code == "window_open"
    assert clinic.software.payment in clinic.software.backend.open
    assert clinic.software.backend.log == []


def test_our_own_window_from_a_run_that_was_cut_off_is_closed_first(clinic: Clinic) -> None:
    clinic.software.open_payment()
    clinic.software.payment["cboMethod"].text = "Tillbridge"
    clinic.software.payment["txtReference"].shown = True
    clinic.software.payment["txtReference"].text = "V4242-K7Q9"
    assert clinic.practice.post(order()).stage == "committed"
    assert len(clinic.software.posted) == 1
    assert clinic.software.backend.open == [clinic.software.main]


def test_an_untouched_window_on_our_client_is_ours_only_when_nobody_was_there_for_long(
    clinic: Clinic,
) -> None:
    clinic.software.open_payment()
    clinic.guard.idle = 10.0
    assert trouble(clinic.practice.post(order())).code == "window_open"
    clinic.guard.idle = 31.0
    assert clinic.practice.post(order()).stage == "committed"


def test_an_untouched_window_whose_amount_is_still_empty_is_ours_when_nobody_was_there_for_long(
    clinic: Clinic,
) -> None:
    clinic.software.open_payment()
    clinic.software.payment["txtAmount"].text = ""
    clinic.guard.idle = 10.0
    assert trouble(clinic.practice.post(order())).code == "window_open"
    clinic.guard.idle = 31.0
    assert clinic.practice.post(order()).stage == "committed"


def test_an_untouched_window_on_another_client_is_never_ours(clinic: Clinic) -> None:
    clinic.software.open_payment()
    clinic.software.payment.title = "Process Payment - 00911 Baker, Tom"
    assert trouble(clinic.practice.post(order())).code == "window_open"
