"""The next client is in front while a payment waits: it is posted at a quiet moment, and the screen is as before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.flows.fake_impromed import Clinic, order
from tillbridge.flows.pack import Pack, WindowSpec
from tillbridge.flows.practice import PackPractice
from tillbridge.flows.steps import PressStep
from tillbridge.flows.templates import parse_template
from tillbridge.ports.practice import LedgerSeen, PostingReport, Trouble
from tillbridge.screen.backend import Press, SelectRow, SetText
from tillbridge.screen.backends.fake import FakeControl, FakeWindow

OURS = ["11/22/2026", "Payment", "Tillbridge", "-$212.40", "V4242-K7Q9", "10482", "Dana Brooks"]


@pytest.fixture
def clinic() -> Clinic:
    """Petra Novak is in front with her second invoice, on the page Notes; the payment waiting is Rosa Alvarez's."""
    made = Clinic()
    made.software.open_client("00911", "10491")
    made.software.main["tabs"].text = "Notes"
    made.software.main["txtFind"].text = "Nov"
    made.software.draw()
    made.software.main["txtFind"].focused = True
    return made


def told(seen: object) -> Trouble:
    found = seen if isinstance(seen, Trouble) else getattr(seen, "trouble", None)
    assert isinstance(found, Trouble), seen
    return found


def focused(clinic: Clinic) -> list[str]:
    return [control.id for control in clinic.software.main.controls if control.focused]


def rows_of(clinic: Clinic, account: str = "01042") -> list[list[str]]:
    return clinic.software.rows_of(account)


def as_before(clinic: Clinic) -> None:
    assert clinic.software.front() == ("00911", "10491", "Notes", "Nov")
    assert focused(clinic) == ["txtFind"]
    assert clinic.software.backend.open == [clinic.software.main]


RUNS = ["read_ledger", "post", "rehearse"]


def run(clinic: Clinic, what: str, **changes: object) -> LedgerSeen | Trouble | PostingReport:
    wanted = order(**changes)  # type: ignore[arg-type]  # a builder for tests
    ask: Callable[..., LedgerSeen | Trouble | PostingReport] = getattr(clinic.practice, what)
    return ask(wanted)


# ---- there and back ----


def test_a_payment_is_posted_by_itself_though_another_client_is_in_front(clinic: Clinic) -> None:
    report = clinic.practice.post(order())
    assert (report.stage, report.trouble) == ("committed", None)
    assert rows_of(clinic) == [OURS]
    assert rows_of(clinic, "00911") == []


@pytest.mark.parametrize("what", RUNS)
def test_client_invoice_page_search_and_focus_are_as_before(clinic: Clinic, what: str) -> None:
    run(clinic, what)
    as_before(clinic)


@pytest.mark.parametrize("what", RUNS)
def test_in_place_too_everything_is_as_before(clinic: Clinic, what: str) -> None:
    software = clinic.software
    software.open_client("01042", "10467")
    before = software.front()
    assert not isinstance(run(clinic, what), Trouble)
    assert software.front() == before == ("01042", "10467", "Notes", "Nov")
    assert focused(clinic) == ["txtFind"]


def test_the_ledger_that_is_read_is_the_order_s_client_s(clinic: Clinic) -> None:
    clinic.software.ledgers["01042"] = [OURS]
    clinic.software.posted = [[*OURS[:4], "V4242-XXXX", "10491", "Kim Tran"]]
    seen = clinic.practice.read_ledger(order())
    assert isinstance(seen, LedgerSeen), seen
    assert [row.reference for row in seen.marked] == ["V4242-K7Q9"]
    assert (seen.marked[0].account_id, seen.today) == ("01042", ())


def test_where_nothing_was_selected_nothing_is_selected_afterwards(clinic: Clinic) -> None:
    clinic.software.open_client("00230")
    assert clinic.practice.post(order()).stage == "committed"
    assert clinic.software.front() == ("00230", "", "Notes", "Nov")


def test_nobody_is_gone_to_where_the_pack_says_no_way(clinic: Clinic) -> None:
    [pack] = clinic.practice.packs
    practice = PackPractice(clinic.desk, [_without_way(pack)])
    assert told(practice.post(order())).code == "other_client"
    assert clinic.software.backend.log == []


def _without_way(pack: Pack) -> Pack:
    return replace(pack, flows={name: flow for name, flow in pack.flows.items() if name != "go_to_client"})


# ---- when ----


@pytest.mark.parametrize("what", RUNS)
@pytest.mark.parametrize(("idle", "rest_ms"), [(0.0, 5_000), (4.0, 1_000), (4.9, 500)])
def test_while_a_person_works_nothing_is_touched_and_the_rest_of_the_quiet_is_told(
    clinic: Clinic, what: str, idle: float, rest_ms: int
) -> None:
    clinic.guard.idle = idle
    trouble = told(run(clinic, what))
    assert (trouble.code, trouble.retry_in_ms) == ("other_client", rest_ms)
    assert trouble.facts["seen"] == "00911"
    assert clinic.software.backend.log == []


def test_after_five_still_seconds_it_goes(clinic: Clinic) -> None:
    clinic.guard.idle = 5.0
    assert clinic.practice.post(order()).stage == "committed"


def test_a_payment_window_of_a_person_is_left_alone(clinic: Clinic) -> None:
    clinic.software.open_payment()
    assert told(clinic.practice.post(order())).code == "window_open"
    assert clinic.software.backend.log == []


def with_search(clinic: Clinic) -> FakeWindow:
    """A search window that comes and goes and is not modal; nobody knows what stands half typed in it. Not open yet."""
    [pack] = clinic.practice.packs
    title = parse_template("Search")
    assert not isinstance(title, str)
    search = WindowSpec(name="search", titles=(title,), owner="main")
    clinic.practice = PackPractice(clinic.desk, [replace(pack, windows={**pack.windows, "search": search})])
    return FakeWindow("Search", kind="dialog", owner=clinic.software.main)


def test_any_other_window_of_a_person_is_left_alone(clinic: Clinic) -> None:
    clinic.software.backend.open.append(with_search(clinic))
    assert told(clinic.practice.post(order())).code == "window_open"
    assert clinic.software.backend.log == []


def test_a_question_that_is_open_stops_the_visit(clinic: Clinic) -> None:
    clinic.software.ask("Delete this client?", "Yes", "No")
    assert told(clinic.practice.post(order())).code == "dialog_in_the_way"
    assert clinic.software.account == "00911"
    assert clinic.software.pressed == []


def test_a_minimised_program_is_not_touched(clinic: Clinic) -> None:
    assert not isinstance(clinic.practice.identify(), Trouble)
    clinic.software.main.minimised, clinic.software.main.shown = True, False
    assert told(clinic.practice.post(order())).code == "software_minimised"
    assert clinic.software.backend.log == []
    assert clinic.software.main.minimised


# ---- who ----


def test_a_client_who_is_not_listed_is_told_and_the_search_box_is_as_before(clinic: Clinic) -> None:
    assert told(clinic.practice.post(order(account_id="09999"))).code == "client_not_listed"
    as_before(clinic)


def test_two_clients_who_cannot_be_told_apart_stop_the_visit(clinic: Clinic) -> None:
    clinic.software.twice = "01042"
    assert told(clinic.practice.post(order())).code == "two_of_one_name"
    as_before(clinic)
    assert rows_of(clinic) == []


def test_a_namesake_is_never_posted_to(clinic: Clinic) -> None:
    """The way leads to another client of the same name: `identity` says so, whatever was pressed."""
    software = clinic.software
    software.others["10042"] = ("Alvarez, Rosa", {"10482": 21240})
    software.misleads["01042"] = "10042"
    assert told(clinic.practice.post(order())).code == "other_client"
    assert rows_of(clinic, "10042") == rows_of(clinic) == []


def test_a_balance_that_changed_is_told_after_the_visit(clinic: Clinic) -> None:
    name, invoices = clinic.software.others["01042"]
    clinic.software.others["01042"] = (name, {**invoices, "10482": 11240})
    report = clinic.practice.post(order())
    assert (report.stage, told(report).code) == ("not_committed", "balance_changed")
    as_before(clinic)


# ---- a person begins to work meanwhile ----


def touch(clinic: Clinic, idle: float = 0.0) -> None:
    """A person presses a key. `idle`: for how long they will have been still when the screen is to be put back."""
    clinic.guard.began = True
    clinic.guard.idle = idle


def test_a_person_who_begins_to_work_before_the_commit_goes_first(clinic: Clinic) -> None:
    clinic.software.on_opening = lambda: touch(clinic, idle=2.0)
    report = clinic.practice.post(order())
    assert (report.stage, told(report).code, told(report).retry_in_ms) == (
        "not_committed",
        "user_typing",
        3_000,
    )
    assert rows_of(clinic) == []
    as_before(clinic)


def test_nothing_more_is_typed_once_a_person_has_begun(clinic: Clinic) -> None:
    clinic.software.on_opening = lambda: touch(clinic)
    clinic.practice.post(order())
    at = next(
        number
        for number, act in enumerate(clinic.software.backend.log)
        if isinstance(act, Press)
        and number
        and isinstance(clinic.software.backend.log[number - 1], SelectRow)
        and number > 4
    )
    after = clinic.software.backend.log[at + 1 :]
    assert [type(act) for act in after] == [Press]  # Cancel of our own window


def test_a_person_who_goes_on_working_finds_the_screen_left_alone(clinic: Clinic) -> None:
    clinic.software.on_opening = lambda: touch(clinic, idle=0.2)
    assert told(clinic.practice.post(order())).code == "user_typing"
    assert clinic.software.account == "01042"
    assert clinic.software.backend.open == [clinic.software.main]
    assert ("not put back", {"why": "a person is working"}) in clinic.notes.lines


def test_a_look_gives_way_too(clinic: Clinic) -> None:
    clinic.software.main["btnRefresh"].on_press = lambda: touch(clinic, idle=2.0)
    assert told(clinic.practice.read_ledger(order())).code == "user_typing"
    as_before(clinic)


def test_after_the_commit_the_run_is_brought_to_its_end(clinic: Clinic) -> None:
    software = clinic.software

    def commit() -> None:
        touch(clinic, idle=2.0)
        software.commit()
        software.ask("Print receipt?", "Yes", "No", after=software.close_payment)

    software.on_commit = commit
    report = clinic.practice.post(order())
    assert (report.stage, report.trouble) == ("committed", None)
    assert software.pressed == ["No"]
    as_before(clinic)


def test_what_follows_the_commit_is_done_whoever_works(clinic: Clinic) -> None:
    """A pack that saves after the commit: what is not saved is not there."""
    [pack] = clinic.practice.packs
    flow = pack.flows["post_payment"]
    saves = replace(flow, after=(*flow.after, PressStep(control="refresh")))
    clinic.practice = PackPractice(clinic.desk, [replace(pack, flows={**pack.flows, "post_payment": saves})])
    software, saved = clinic.software, list[str]()
    software.main["btnRefresh"].on_press = lambda: saved.append("saved")

    def commit() -> None:
        software.commit()
        software.close_payment()
        touch(clinic, idle=2.0)

    software.on_commit = commit
    assert clinic.practice.post(order()).stage == "committed"
    assert saved == ["saved"]


def test_a_client_whom_a_person_opened_meanwhile_stays_in_front(clinic: Clinic) -> None:
    software = clinic.software
    software.main["btnRefresh"].on_press = lambda: software.open_client("00230")
    seen = clinic.practice.read_ledger(order())
    assert software.account == "00230"
    assert not isinstance(seen, LedgerSeen) or not seen.marked
    assert ("not put back", {"why": "another client was opened"}) in clinic.notes.lines


def test_a_window_that_a_person_opened_meanwhile_is_left_alone(clinic: Clinic) -> None:
    software, search = clinic.software, with_search(clinic)
    software.main["pageInvoices"].on_press = lambda: software.backend.open.append(search)
    clinic.practice.read_ledger(order())
    assert software.account == "01042"
    assert software.backend.open == [software.main, search]


def test_another_client_opened_while_ours_is_typed_gets_nothing(clinic: Clinic) -> None:
    """A change that no key announced: the window that opens is another client's."""
    software = clinic.software
    software.on_opening = lambda: software.open_client("00911")
    report = clinic.practice.post(order())
    assert (report.stage, told(report).code) == ("not_committed", "other_client")
    assert rows_of(clinic) == rows_of(clinic, "00911") == []
    assert software.backend.open == [software.main]


def test_in_place_a_client_whom_a_person_opened_meanwhile_is_not_searched_for_anything(
    clinic: Clinic,
) -> None:
    software = clinic.software
    software.open_client("01042", "10467")
    software.main["btnRefresh"].on_press = lambda: software.open_client("00911")
    clinic.practice.read_ledger(order())
    assert software.account == "00911"
    assert not any(isinstance(act, SetText | SelectRow) for act in software.backend.log)
    assert ("not put back", {"why": "another client was opened"}) in clinic.notes.lines


# ---- trouble on the way back ----


def test_what_cannot_be_selected_again_does_not_keep_the_rest_from_going_back(clinic: Clinic) -> None:
    software = clinic.software

    def concluded() -> None:
        name, _ = software.others["00911"]
        software.others["00911"] = (name, {"10490": 4000})

    software.main["btnRefresh"].on_press = concluded
    assert isinstance(clinic.practice.read_ledger(order()), LedgerSeen)
    assert software.front() == ("00911", "10490", "Notes", "Nov")
    assert focused(clinic) == ["txtFind"]


def test_a_program_that_falls_silent_on_the_way_back_keeps_the_report(clinic: Clinic) -> None:
    software = clinic.software

    def hang() -> None:
        software.commit()
        software.close_payment()
        software.main["btnOpenClient"].on_press = lambda: setattr(software.backend, "hung", True)

    software.on_commit = hang
    report = clinic.practice.post(order())
    assert (report.stage, rows_of(clinic)) == ("committed", [OURS])


@pytest.mark.parametrize("stuck", ["txtFind", "grdClients", "btnOpenClient"])
def test_a_way_that_leads_nowhere_is_a_trouble_and_types_nothing(clinic: Clinic, stuck: str) -> None:
    control = clinic.software.main[stuck]
    control.enabled = False
    report = clinic.practice.post(order())
    assert report.stage == "not_committed"
    assert told(report).code in {"control_disabled", "client_not_listed", "dialog_in_the_way"}
    assert clinic.software.backend.open == [clinic.software.main]
    assert clinic.software.account == "00911"


def test_a_client_that_never_comes_is_not_taken_for_the_order_s(clinic: Clinic) -> None:
    clinic.software.main["btnOpenClient"].on_press = None
    assert told(clinic.practice.post(order())).code == "other_client"
    as_before(clinic)


def test_a_third_client_is_not_waited_on_for_long(clinic: Clinic) -> None:
    """Somebody opened that one on the way; nobody's client comes by waiting."""
    software = clinic.software
    software.main["btnOpenClient"].on_press = lambda: software.open_client("00230")
    before = software.backend.now
    assert told(clinic.practice.post(order())).code == "other_client"
    assert software.backend.now - before < 3.0
    assert software.account == "00230"


def test_a_slow_program_is_waited_for(clinic: Clinic) -> None:
    software = clinic.software
    opening = software.main["btnOpenClient"].on_press
    assert opening is not None

    def slowly() -> None:
        software.backend.later.extend([lambda: None] * 20)
        software.backend.later.append(opening)

    software.main["btnOpenClient"].on_press = slowly
    assert clinic.practice.post(order()).stage == "committed"
    as_before(clinic)


def test_the_name_of_a_client_is_never_told(clinic: Clinic) -> None:
    clinic.practice.post(order())
    assert "Novak" not in clinic.notes.text()
    assert "Nov'" not in clinic.notes.text()
    assert "Alvarez" not in clinic.notes.text()


def test_typed_search_texts_are_the_order_s_and_the_person_s_own(clinic: Clinic) -> None:
    clinic.practice.read_ledger(order())
    texts = [act.text for act in clinic.software.backend.log if isinstance(act, SetText)]
    assert texts == ["01042", "00911", "Nov"]


def test_a_control_with_the_focus_that_went_away_is_passed_over(clinic: Clinic) -> None:
    software = clinic.software
    gone = FakeControl("edit", id="txtNote", focused=True)
    software.main["txtFind"].focused = False
    software.main.controls.append(gone)
    software.main["btnRefresh"].on_press = lambda: software.main.controls.remove(gone)
    assert isinstance(clinic.practice.read_ledger(order()), LedgerSeen)
    assert software.front() == ("00911", "10491", "Notes", "Nov")
