"""How a posting ends when the program is closed, freezes, dies or keeps silent, and whatever the order says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.flows.fake_impromed import PACK_FOLDER, Clinic, FakeImproMed, money, order
from tests.flows.test_posting import trouble
from tillbridge.domain.money import Money
from tillbridge.flows.practice import PackPractice
from tillbridge.flows.shelf import sound
from tillbridge.ports.practice import LedgerSeen
from tillbridge.screen.backend import Press
from tillbridge.screen.backends.fake import FakeWindow


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


# ---- the program ----


def test_a_closed_program_is_told_so(clinic: Clinic) -> None:
    clinic.practice.identify()
    clinic.software.backend.running = False
    for report in (clinic.practice.post(order()), clinic.practice.rehearse(order())):
        assert (report.stage, trouble(report).code) == ("not_committed", "software_closed")


def test_a_minimised_program_is_told_so(clinic: Clinic) -> None:
    clinic.practice.identify()
    clinic.software.main.minimised = True
    assert trouble(clinic.practice.post(order())).code == "software_minimised"


def test_no_client_open_is_told_so(clinic: Clinic) -> None:
    clinic.practice.identify()
    clinic.software.main.title = "ImproMed"
    assert trouble(clinic.practice.post(order())).code == "no_invoice_open"


def test_a_program_that_freezes_is_waited_for(clinic: Clinic) -> None:
    backend = clinic.software.backend
    clinic.practice.identify()
    real, silent = backend.ping, iter(range(30))

    def wakes_up(program: object, timeout_s: float) -> float | None:
        if next(silent, None) is None:
            backend.hung = False
        return real(program, timeout_s)  # type: ignore[arg-type]

    backend.ping = wakes_up  # type: ignore[method-assign]
    backend.hung = True
    assert clinic.practice.post(order()).stage == "committed"
    assert backend.now > 30


def test_a_program_that_stays_frozen_ends_the_run(clinic: Clinic) -> None:
    clinic.practice.identify()
    clinic.software.backend.hung = True
    report = clinic.practice.post(order())
    assert (report.stage, trouble(report).code) == ("not_committed", "not_answering")
    assert 180 < clinic.software.backend.now < 200


# ---- after the commit ----


def test_a_lost_channel_before_the_commit_is_a_doubt(clinic: Clinic) -> None:
    clinic.software.backend.lose_commit = "before"
    report = clinic.practice.post(order())
    assert report.stage == "doubt"
    assert clinic.software.posted == []


def test_a_lost_channel_after_the_commit_is_a_doubt_and_the_prompt_is_answered(clinic: Clinic) -> None:
    clinic.software.backend.lose_commit = "after"
    report = clinic.practice.post(order())
    assert (report.stage, trouble(report).code) == ("doubt", "not_answering")
    assert len(clinic.software.posted) == 1
    assert clinic.software.pressed == ["No"]


def test_a_program_that_dies_at_the_commit_is_a_doubt(clinic: Clinic) -> None:
    def die() -> None:
        clinic.software.backend.running = False

    clinic.software.on_commit = die
    report = clinic.practice.post(order())
    assert report.stage == "doubt"
    assert trouble(report).code == "software_closed"


def test_a_window_that_never_closes_is_a_doubt_and_nothing_is_typed_again(clinic: Clinic) -> None:
    clinic.software.on_commit = clinic.software.commit
    report = clinic.practice.post(order())
    assert (report.stage, trouble(report).code) == ("doubt", "software_busy")
    presses = [act for act in clinic.software.backend.log if isinstance(act, Press)]
    assert sum(act.node == presses[-1].node for act in presses) == 1
    assert len(clinic.software.posted) == 1


def test_the_commit_is_never_sent_twice_whatever_the_program_does(clinic: Clinic) -> None:
    commits: list[int] = []
    for fault in ("", "before", "after"):
        for _ in range(3):
            fresh = Clinic()
            fresh.software.on_commit = lambda: commits.append(1)
            fresh.software.backend.lose_commit = fault
            before = len(commits)
            fresh.practice.post(order())
            assert len(commits) - before <= 1


# ---- more than one kind of amount ----


@pytest.mark.parametrize("minor", [1, 99, 100, 99999, 123456, 2_500_000])
def test_every_amount_arrives_as_it_was_ordered(minor: int) -> None:
    clinic = Clinic()
    clinic.software.invoices["10482"] = minor
    clinic.software.draw()
    full = Money(minor=minor, currency="USD")
    assert clinic.practice.post(order(minor, balance=full)).stage == "committed"
    assert clinic.software.posted[0][3] == money(-minor)


def test_a_dollar_too_many_windows_is_not_taken_for_one(clinic: Clinic) -> None:
    clinic.practice.identify()
    twin = FakeImproMed()
    clinic.software.backend.open.append(FakeWindow(twin.main.title, clinic.software.main.controls))
    assert trouble(clinic.practice.post(order())).code == "several_instances"


def unlearnt(clinic: Clinic, flow: str) -> PackPractice:
    pack = sound(PACK_FOLDER)
    return PackPractice(
        clinic.desk, [replace(pack, flows={name: one for name, one in pack.flows.items() if name != flow})]
    )


def test_an_order_of_a_kind_that_nobody_has_learnt_is_told_and_touches_nothing(clinic: Clinic) -> None:
    report = unlearnt(clinic, "post_refund").post(order(kind="refund"))
    assert (trouble(report).who, trouble(report).code) == ("pack", "flow_missing")
    assert report.means == "not_posted", "typing it again would change nothing: a person is asked"
    assert clinic.software.backend.log == []


def test_what_a_person_enters_for_a_kind_that_nobody_has_learnt_is_found(clinic: Clinic) -> None:
    row = ["11/22/2026", "Refund", "Tillbridge", "$50.00", "V4242-K7Q9", "", "Kim Tran"]
    clinic.software.posted = [row]
    clinic.software.draw()
    seen = unlearnt(clinic, "post_refund").read_ledger(order(5000, kind="refund"))
    assert isinstance(seen, LedgerSeen), seen
    assert [one.amount.minor for one in seen.marked] == [-5000]
