"""The guard on a real X server, with a real second client that plays the person."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tillbridge.screen.backend import Gone
from tillbridge.screen.backends.xserver import open_display
from tillbridge.screen.guards.none import NoGuard
from tillbridge.screen.guards.x11 import X11Guard
from tillbridge.testing.desktop import Desktop

pytestmark = pytest.mark.screen


@pytest.fixture(scope="module")
def desktop() -> Iterator[Desktop]:
    with Desktop.start(size=(400, 300)) as desktop:
        yield desktop


@pytest.fixture
def guard(desktop: Desktop) -> Iterator[X11Guard]:
    guard = X11Guard(desktop.env)
    yield guard
    guard.close()


def _person(desktop: Desktop, *keys: str) -> None:
    """Type as a person does: real input, to whoever has the focus."""
    subprocess.run(["xdotool", *keys], env=desktop.env, check=True, timeout=10)


def test_a_key_of_a_person_is_noticed_and_quiet_is_not(desktop: Desktop, guard: X11Guard) -> None:
    mark = guard.watch()
    assert not guard.disturbed(mark)
    _person(desktop, "key", "a")
    assert guard.disturbed(mark)
    assert guard.idle_s() < 5
    after = guard.watch()
    assert not guard.disturbed(after)


def test_a_shield_swallows_keys_counts_them_and_still_tells_of_the_person(
    desktop: Desktop, guard: X11Guard
) -> None:
    mark = guard.watch()
    with guard.shield(1.0) as report:
        assert report.held
        _person(desktop, "key", "a", "key", "b")
    assert report.swallowed == 2
    assert guard.disturbed(mark)


def test_a_shield_is_refused_while_somebody_else_holds_the_input(desktop: Desktop, guard: X11Guard) -> None:
    with guard.shield(1.0) as first, guard.shield(1.0) as second:
        assert first.held
        assert not second.held
    with guard.shield(1.0) as third:
        assert third.held


def test_the_watchdog_gives_the_input_back_while_the_shield_is_still_open(
    desktop: Desktop, guard: X11Guard
) -> None:
    other = X11Guard(desktop.env)
    with guard.shield(0.05) as report:
        assert report.held
        _until_free(other)
    other.close()


def _until_free(other: X11Guard) -> None:
    """Each try waits a little by itself; eighty of them are far more than the watchdog needs."""
    for _ in range(80):
        with other.shield(0.05) as report:
            if report.held:
                return
    raise AssertionError("the input was never given back")


def test_a_display_that_is_not_there_is_named() -> None:
    with pytest.raises(Gone, match=":4711"):
        open_display(":4711")


def test_without_a_guard_nobody_is_seen_and_nothing_is_held() -> None:
    guard = NoGuard()
    assert not guard.disturbed(guard.watch())
    with guard.shield(1.0) as report:
        assert not report.held
