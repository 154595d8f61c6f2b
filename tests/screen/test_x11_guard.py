"""The guard on a real X server, with a real second client that plays the person."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest

from tillbridge.screen.backend import DesktopGone, Gone, Mark
from tillbridge.screen.backends.atspi.x11 import Screen
from tillbridge.screen.backends.xserver import open_display
from tillbridge.screen.guards import ears
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


def test_a_moved_mouse_disturbs_nobody_and_a_click_does(desktop: Desktop, guard: X11Guard) -> None:
    mark = guard.watch()
    end = time.monotonic() + 5
    while guard.idle_s() < 0.4:
        assert time.monotonic() < end, "somebody else is at this desktop"
        time.sleep(0.05)
    started = time.monotonic()
    _person(desktop, "mousemove_relative", "15", "10")
    assert not guard.disturbed(mark)
    assert guard.idle_s() <= time.monotonic() - started
    _person(desktop, "click", "1")
    assert guard.disturbed(mark)


def test_keys_that_we_send_to_one_window_are_no_persons(desktop: Desktop, guard: X11Guard) -> None:
    screen = Screen(desktop.env["DISPLAY"], desktop.env["XAUTHORITY"])
    display = desktop.open_display()
    mark = guard.watch()
    screen.send_keys(display.screen().root.id, ["Tab", "Down"])
    assert not guard.disturbed(mark)
    display.close()
    screen.close()


def test_a_key_pressed_right_before_the_mark_is_of_before(desktop: Desktop, guard: X11Guard) -> None:
    for _ in range(20):
        _person(desktop, "key", "a")
        assert not guard.disturbed(guard.watch())


def test_what_happened_since_an_old_mark_is_told_by_the_idle_time(
    desktop: Desktop, guard: X11Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = guard.watch()
    monkeypatch.setattr(ears, "LISTEN_S", 0.0)
    young = guard.watch()  # new ears: those of the old mark are closed
    assert old.detail != young.detail
    _person(desktop, "key", "a")
    assert guard.disturbed(old)
    long_after = Mark(guard.watch().at_ms + 60_000, old.detail)
    assert not guard.disturbed(long_after)


def test_keys_swallowed_before_the_watchdog_came_are_counted_too(desktop: Desktop, guard: X11Guard) -> None:
    other = X11Guard(desktop.env)
    with guard.shield(0.6) as report:
        assert report.held
        _person(desktop, "key", "a", "key", "b", "key", "c")
        _until_free(other)
    assert report.swallowed == 3
    other.close()


def test_a_server_that_ends_is_told_but_never_by_the_end_of_a_shield() -> None:
    with Desktop.start(size=(200, 150)) as desktop:
        guard = X11Guard(desktop.env)
        mark = guard.watch()
        with guard.shield(1.0) as report:
            assert report.held
            desktop.end_display()
        assert report.swallowed == 0
        for ask in (guard.watch, guard.idle_s, lambda: guard.disturbed(mark), guard.shield(1.0).__enter__):
            with pytest.raises(DesktopGone):
                ask()
        guard.close()


def test_a_shield_is_refused_while_somebody_else_holds_the_input(desktop: Desktop, guard: X11Guard) -> None:
    other = X11Guard(desktop.env)
    with other.shield(1.0) as first, guard.shield(1.0) as second:
        assert first.held
        assert not second.held
    with guard.shield(1.0) as third, guard.shield(1.0) as inside:
        assert third.held
        assert inside.held
        _person(desktop, "key", "a")
    assert guard.swallowed == 1
    other.close()


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
