"""Traps of desktops that windows in memory can show (docs/TRAPS.md); those with a page of their own stand there."""

from __future__ import annotations

import pytest

from tests.flows.fake_impromed import Clinic, order
from tillbridge.screen.backends.fake import FakeControl


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def _late(clinic: Clinic, act: object) -> None:
    """Do something when the last free step of the form is done: the check box is unticked."""
    made = clinic.software._payment_controls

    def changed() -> list[FakeControl]:
        controls = made()
        next(one for one in controls if one.id == "chkConclude").on_set = act  # type: ignore[assignment]
        return controls

    clinic.software._payment_controls = changed  # type: ignore[method-assign]


def test_a_window_that_is_handed_to_another_client_at_the_last_moment_is_not_committed(
    clinic: Clinic,
) -> None:
    _late(clinic, lambda _: setattr(clinic.software.payment, "title", "Process Payment - 00911 Baker, Tom"))
    report = clinic.practice.post(order())
    assert report.stage == "not_committed"
    assert report.trouble is not None
    assert report.trouble.code == "other_client"
    assert clinic.software.posted == []


def test_a_row_ticked_beside_ours_at_the_last_moment_is_not_committed(clinic: Clinic) -> None:
    def tick_all(_: FakeControl) -> None:
        ticks = clinic.software.payment["lstApply"].ticks
        assert ticks is not None
        ticks[:] = [True] * len(ticks)

    _late(clinic, tick_all)
    report = clinic.practice.post(order())
    assert report.stage == "not_committed"
    assert clinic.software.posted == []


def test_an_invoice_is_not_concluded_because_it_was_paid(clinic: Clinic) -> None:
    assert clinic.practice.post(order()).stage == "committed"
    assert clinic.software.payment["chkConclude"].checked is False
