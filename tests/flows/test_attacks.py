"""What a clinic does to the screen between two looks: each of these once got through."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.flows.fake_impromed import TODAY, Clinic, order
from tillbridge.ports.practice import LedgerSeen, Trouble
from tillbridge.screen.backend import Program


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def row(amount: str, reference: str, day: str) -> list[str]:
    return [day, "Payment", "Tillbridge", amount, reference, "10482", "Dana Brooks"]


def wall_ms(day: int) -> int:
    return int(datetime(TODAY.year, TODAY.month, day, 18, 30).timestamp()) * 1000


def test_a_row_that_staff_typed_last_night_is_seen_in_the_morning(clinic: Clinic) -> None:
    """The posting waited over night; the row carries the day on which the card was charged."""
    clinic.software.posted = [
        row("-$212.40", "", "11/21/2026"),
        row("-$212.40", "1019", "11/20/2026"),
    ]
    clinic.software.draw()
    seen = clinic.practice.read_ledger(order(since_wall_ms=wall_ms(21)))
    assert isinstance(seen, LedgerSeen)
    assert [(found.date, found.reference) for found in seen.today] == [("2026-11-21", "")]


def test_a_clock_that_was_ahead_hides_no_row_of_today(clinic: Clinic) -> None:
    clinic.software.posted = [row("-$212.40", "", "11/22/2026")]
    clinic.software.draw()
    seen = clinic.practice.read_ledger(order(since_wall_ms=wall_ms(29)))
    assert isinstance(seen, LedgerSeen)
    assert len(seen.today) == 1


def test_a_second_program_of_the_same_kind_stops_everything(clinic: Clinic) -> None:
    """Opened after the first was known: nobody can say at which of the two the person looks."""
    clinic.practice.identify()
    backend = clinic.software.backend
    first, looked = backend.program, backend.windows
    backend.programs = lambda: [first, Program("2", first.name, 2, "", "")]  # type: ignore[method-assign]
    backend.windows = lambda program: looked(first)  # type: ignore[method-assign]
    seen = clinic.practice.read_invoice()
    assert isinstance(seen, Trouble)
    assert seen.code == "several_instances"
    report = clinic.practice.post(order())
    assert report.trouble is not None
    assert (report.stage, report.trouble.code) == ("not_committed", "several_instances")
    assert clinic.software.posted == []
