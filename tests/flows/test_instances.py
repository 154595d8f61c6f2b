"""The software open twice, closed, restarted, crashed or updated while money is in flight: nothing is ever doubled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.flows.fake_impromed import PACK_FOLDER, Clinic, FakeImproMed, order
from tillbridge.flows.practice import PackPractice
from tillbridge.flows.shelf import sound
from tillbridge.ports.practice import InvoiceSeen, LedgerSeen, SoftwareSeen, Trouble
from tillbridge.screen.backend import Gone, Handle, Program, Resolution, Target, Window


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


# ---- the software is open twice ----


class TwoPrograms:
    """Two programs of one kind on one desktop; each answers for its own windows. `levels`: how they lie."""

    def __init__(self, first: FakeImproMed, second: FakeImproMed) -> None:
        self.both = {"1": first.backend, "2": second.backend}
        self.levels = {"1": 5, "2": 7}
        first.backend.program = Program("1", "impromed", 1, "", "6.4.2")
        second.backend.program = Program("2", "impromed", 2, "", "6.4.2")
        self.first = first.backend
        self.facts = first.backend.facts

    def programs(self) -> Sequence[Program]:
        return [one.program for one in self.both.values() if one.running]

    def windows(self, program: Program) -> Sequence[Window]:
        windows = self.both[program.key].windows(program)
        return [replace(window, level=self.levels[program.key]) for window in windows]

    def resolve(self, window: Handle, targets: Sequence[Target]) -> Sequence[Resolution]:
        return self._asked(lambda one: one.resolve(window, targets))

    def _asked(self, ask: Callable[..., Sequence[Resolution]]) -> Sequence[Resolution]:
        for one in self.both.values():
            try:
                return ask(one)
            except Gone:
                continue
        raise Gone("nobody's window")

    def __getattr__(self, name: str) -> Callable[..., object]:
        """Every other question is about a control: whoever has it answers."""

        def asked(*given: object) -> object:
            for one in self.both.values():
                try:
                    answer: object = getattr(one, name)(*given)
                except (Gone, KeyError):
                    continue
                if getattr(answer, "code", "") != "gone":
                    return answer
            raise Gone("nobody's")

        return asked


def two(clinic: Clinic) -> tuple[TwoPrograms, FakeImproMed]:
    """A training copy is open beside the software, on Petra Novak."""
    copy = FakeImproMed()
    copy.open_client("00911")
    desktop = TwoPrograms(clinic.software, copy)
    desk = replace(clinic.desk, backend=desktop)  # type: ignore[arg-type]  # answers what is asked here
    clinic.practice = PackPractice(desk, [sound(PACK_FOLDER)])
    return desktop, copy


def code(seen: object) -> str:
    found = seen if isinstance(seen, Trouble) else getattr(seen, "trouble", None)
    return found.code if isinstance(found, Trouble) else ""


def test_the_invoice_of_the_program_on_top_is_read(clinic: Clinic) -> None:
    desktop, _ = two(clinic)
    seen = clinic.practice.read_invoice()
    assert isinstance(seen, InvoiceSeen), seen
    assert seen.account_id == "00911"
    desktop.levels = {"1": 9, "2": 3}
    seen = clinic.practice.read_invoice()
    assert isinstance(seen, InvoiceSeen), seen
    assert seen.account_id == "01042"


def test_where_nobody_can_say_which_lies_on_top_none_is_read(clinic: Clinic) -> None:
    desktop, _ = two(clinic)
    desktop.levels = {"1": -1, "2": -1}
    assert code(clinic.practice.read_invoice()) == "several_instances"


def test_a_posting_goes_into_the_program_from_which_its_invoice_was_read(clinic: Clinic) -> None:
    desktop, copy = two(clinic)
    desktop.levels = {"1": 9, "2": 3}
    assert isinstance(clinic.practice.read_invoice(), InvoiceSeen)
    desktop.levels = {"1": 3, "2": 9}
    copy.open_client("01042", "10482")
    assert clinic.practice.post(order()).stage == "committed"
    assert len(clinic.software.posted) == 1
    assert copy.posted == []


def test_an_invoice_that_was_read_from_neither_is_posted_into_neither(clinic: Clinic) -> None:
    _, copy = two(clinic)
    assert isinstance(clinic.practice.read_invoice(), InvoiceSeen)
    for ask in (clinic.practice.post, clinic.practice.read_ledger, clinic.practice.rehearse):
        assert code(ask(order())) == "several_instances"
    assert clinic.software.backend.log == copy.backend.log == []


def test_a_program_that_was_ended_and_started_again_is_another_one(clinic: Clinic) -> None:
    desktop, _ = two(clinic)
    desktop.levels = {"1": 9, "2": 3}
    assert isinstance(clinic.practice.read_invoice(), InvoiceSeen)
    clinic.software.restart()
    desktop.both["3"] = desktop.both.pop("1")
    desktop.levels["3"] = 9
    clinic.software.backend.program = Program("3", "impromed", 3, "", "6.4.2")
    assert code(clinic.practice.post(order())) == "several_instances"
    assert clinic.software.posted == []


def test_once_the_extra_one_is_closed_everything_goes_on(clinic: Clinic) -> None:
    _, copy = two(clinic)
    assert code(clinic.practice.post(order())) == "several_instances"
    copy.backend.running = False
    assert clinic.practice.post(order()).stage == "committed"


# ---- closed, crashed, restarted, updated at every stage ----


def _close(clinic: Clinic) -> None:
    """Closed or crashed: from here there is no difference."""
    clinic.software.backend.running = False


def _restart(clinic: Clinic) -> None:
    clinic.software.restart()


def _update(clinic: Clinic) -> None:
    clinic.software.restart("6.5.0")


def _new_version(clinic: Clinic) -> None:
    clinic.software.restart("8.0.0")


MISHAPS = [_close, _restart, _update, _new_version]
STAGES = ["searching", "going", "opening", "filling", "committing", "committed", "printing", "going_back"]


Mishap = Callable[[Clinic], None]


def befall(clinic: Clinic, stage: str, mishap: Mishap) -> list[Mishap]:
    """Let it happen once, in that stage of the search and the posting of a payment whose client is not in front.

    What is given back is empty once it has happened.
    """
    software = clinic.software
    left = [mishap]

    def now() -> None:
        if left:
            left.pop()(clinic)

    def commit(before: bool) -> None:
        if not before:
            software.commit()
        now()

    def commit_and_ask() -> None:
        software.commit()
        software.ask("Print receipt?", "Yes", "No", after=now)

    if stage == "searching":
        software.main["btnRefresh"].on_press = now
    elif stage == "opening":
        software.on_opening = now
    elif stage == "filling":
        software.on_method = now
    elif stage in ("committing", "committed"):
        software.on_commit = lambda: commit(stage == "committing")
    elif stage == "printing":
        software.on_commit = commit_and_ask
    else:
        opening = software.main["btnOpenClient"].on_press
        assert opening is not None
        visits = ["there", "back"]

        def open_client() -> None:
            now() if visits.pop(0) == ("there" if stage == "going" else "back") else opening()

        software.main["btnOpenClient"].on_press = open_client
    return left


def heal(clinic: Clinic) -> None:
    """The person starts the software again, as it was, and opens some client."""
    software = clinic.software
    software.on_opening = software.on_commit = software.on_method = None
    software.restart()
    software.backend.running = True


@pytest.mark.parametrize("mishap", MISHAPS)
@pytest.mark.parametrize("stage", STAGES)
def test_whatever_befalls_the_program_it_is_posted_once_in_the_end(
    clinic: Clinic, stage: str, mishap: Mishap
) -> None:
    software = clinic.software
    software.open_client("00911")
    left = befall(clinic, stage, mishap)
    searched = clinic.practice.read_ledger(order())
    report = clinic.practice.post(order()) if isinstance(searched, LedgerSeen) else None
    assert left == []
    landed = len(software.rows_of("01042"))
    if report is not None and report.stage == "not_committed":
        assert landed == 0
    if report is None:
        assert landed == 0
    heal(clinic)
    seen = clinic.practice.read_ledger(order())
    assert isinstance(seen, LedgerSeen), seen
    assert len(seen.marked) == landed
    if not seen.marked:
        assert clinic.practice.post(order()).stage == "committed"
    assert len(software.rows_of("01042")) == 1
    assert software.rows_of("00911") == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_version_that_nobody_knows_is_neither_read_nor_written(clinic: Clinic, stage: str) -> None:
    clinic.software.open_client("00911")
    left = befall(clinic, stage, _new_version)
    clinic.practice.read_ledger(order())
    clinic.practice.post(order())
    assert left == []
    before = len(clinic.software.backend.log)
    for ask in (clinic.practice.read_ledger, clinic.practice.post, clinic.practice.rehearse):
        assert code(ask(order())) == "unknown_version"
    assert code(clinic.practice.read_invoice()) == code(clinic.practice.identify()) == "unknown_version"
    assert len(clinic.software.backend.log) == before


def test_an_update_is_recognised_anew_with_its_own_build(clinic: Clinic) -> None:
    """Whoever remembers rehearsals by build sees another one, and rehearses again."""
    first = clinic.practice.identify()
    clinic.software.restart("6.5.0")
    second = clinic.practice.identify()
    assert isinstance(first, SoftwareSeen)
    assert isinstance(second, SoftwareSeen)
    assert (first.build, second.build) == ("6.4.2", "6.5.0")
    assert first.instance != second.instance


def test_another_version_is_driven_by_its_own_pack(clinic: Clinic, tmp_path: Path) -> None:
    text = (PACK_FOLDER / "pack.toml").read_text("utf-8").replace('version  = "6"', 'version = "8"')
    folder = tmp_path / "impromed/8"
    folder.mkdir(parents=True)
    (folder / "pack.toml").write_text(
        text.replace('program_version = "6.*"', 'program_version = "8.*"'), "utf-8"
    )
    practice = PackPractice(clinic.desk, [sound(PACK_FOLDER), sound(folder)])
    assert isinstance(practice.read_ledger(order()), LedgerSeen)
    clinic.software.restart("8.0.0")
    seen = practice.read_ledger(order())
    assert isinstance(seen, LedgerSeen), seen
    assert (seen.software.version, seen.software.build) == ("8", "8.0.0")
    assert practice.post(order()).stage == "committed"


def test_a_closed_program_is_told_and_nothing_is_lost(clinic: Clinic) -> None:
    assert isinstance(clinic.practice.read_invoice(), InvoiceSeen)
    clinic.software.backend.running = False
    for ask in (clinic.practice.read_ledger, clinic.practice.post):
        assert code(ask(order())) == "software_closed"
