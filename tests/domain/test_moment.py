"""How much time has surely passed: a changed clock or a new boot shortens no wait."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tillbridge.domain.moment import Moment, perhaps_passed_ms, surely_passed_ms

SINCE = Moment(wall_ms=1_000_000, boot="b1", mono_ms=50_000)


def test_in_one_boot_the_steady_clock_counts() -> None:
    now = Moment(wall_ms=1_007_000, boot="b1", mono_ms=57_000)
    assert surely_passed_ms(SINCE, now) == 7_000
    assert perhaps_passed_ms(SINCE, now) == 7_000


@given(st.integers(-(10**12), 10**12))
def test_a_changed_clock_changes_nothing(wall_ms: int) -> None:
    now = Moment(wall_ms=wall_ms, boot="b1", mono_ms=57_000)
    assert surely_passed_ms(SINCE, now) == perhaps_passed_ms(SINCE, now) == 7_000


@given(st.integers(0, 10**9), st.integers(0, 10**12))
def test_after_a_new_boot_only_the_time_since_it_is_sure(mono_ms: int, wall_ms: int) -> None:
    now = Moment(wall_ms=wall_ms, boot="b2", mono_ms=mono_ms)
    assert surely_passed_ms(SINCE, now) == mono_ms
    assert perhaps_passed_ms(SINCE, now) is None


def test_time_never_runs_backwards() -> None:
    earlier = Moment(wall_ms=0, boot="b1", mono_ms=49_000)
    assert surely_passed_ms(SINCE, earlier) == 0
    assert perhaps_passed_ms(SINCE, earlier) == 0
    assert surely_passed_ms(SINCE, Moment(wall_ms=0, boot="b2", mono_ms=-5)) == 0


def test_later_is_later_on_both_clocks() -> None:
    assert SINCE.plus_ms(250) == Moment(wall_ms=1_000_250, boot="b1", mono_ms=50_250)
