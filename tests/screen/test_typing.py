"""A burst while a person types into the same window: parked or shielded, nothing wrong is ever written."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path

import pytest

from tests.screen.qt_form import QtForm
from tillbridge.screen import backend as b
from tillbridge.screen.backend import ShieldReport
from tillbridge.screen.guards.x11 import X11Guard
from tillbridge.testing.desktop import Desktop
from tillbridge.testing.screen_suite import AMOUNT, FIXED, METHOD, NOTE, POST, TENDERED, Pilot

pytestmark = pytest.mark.screen

_ROOT = str(Path(__file__).parents[2])
_POSTINGS = 8
_TRIES = 30
SHIELD_S = 1.5
_NUMBERS = count(1_000_000)


@pytest.fixture(scope="module")
def desktop() -> Iterator[Desktop]:
    with Desktop.start(window_manager=True) as desktop:
        yield desktop


@pytest.fixture
def form(desktop: Desktop, tmp_path: Path) -> Iterator[QtForm]:
    form = QtForm(desktop, tmp_path)
    yield form
    form.close()


@contextmanager
def _typist(desktop: Desktop, keys: Sequence[str]) -> Iterator[list[str]]:
    """A person who types the same keys over and over, about twenty a second, into whatever has the focus.

    Gives the list of what was typed; it grows.
    """
    stop = threading.Event()
    sent: list[str] = []

    def type_on() -> None:
        command = [part for key in keys for part in ("key", key, "sleep", "0.05")]
        while not stop.is_set():
            subprocess.run(["xdotool", *command], env=desktop.env, check=True, timeout=30)
            sent.extend(keys)

    thread = threading.Thread(target=type_on)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join()


def _post(pilot: Pilot, number: int, guard: X11Guard, shielded: bool) -> None:
    """Post as the interpreter does: start over while nothing was committed."""
    note, amount, text = f"V4242-{number:04d}", f"{100 + number}.05", f"${100 + number}.05"
    nodes = {target.name: pilot.node(target) for target in (NOTE, AMOUNT, TENDERED, METHOD, FIXED, POST)}
    acts = (
        b.SetText(nodes["note"], note),
        b.SetText(nodes["amount"], amount, leave=True),
        b.Park(nodes["fixed"]),
    )
    checks = tuple(
        b.Check(nodes[name], "text", frozenset({value}), what=name)
        for name, value in (("note", note), ("amount", text), ("tendered", text), ("method", "Visa"))
    )
    for _ in range(_TRIES):
        pilot.burst(b.Choose(nodes["method"], "Visa"))
        with guard.shield(SHIELD_S) if shielded else nullcontext(ShieldReport(held=True)) as shield:
            within_s = SHIELD_S - 0.3 if shielded else None
            press = b.Press(nodes["post"]) if shield.held else None
            report = pilot.backend.burst(b.Burst(next(_NUMBERS), acts, checks, press, within_s))
        if report.stage != "not_committed":
            assert report.stage == "committed", report
            assert pilot.told({"note": note})
            return
    raise AssertionError(f"not posted in {_TRIES} tries")


def _right(number: int) -> dict[str, object]:
    return {"note": f"V4242-{number:04d}", "tendered": f"${100 + number}.05", "method": "Visa"}


@pytest.mark.parametrize(
    ("keys", "shielded"),
    [
        (("v", "7", "c", "1", "m", "x"), False),
        (("v", "7", "Tab", "c", "1", "Tab", "Tab", "Down"), True),
    ],
    ids=["parked", "shielded"],
)
def test_nothing_wrong_is_written_while_a_person_types(
    desktop: Desktop, form: QtForm, keys: Sequence[str], shielded: bool
) -> None:
    pilot, guard = Pilot(form), X11Guard(desktop.env)
    mark = guard.watch()
    with _typist(desktop, keys):
        assert pilot.waiter.until(lambda: guard.disturbed(mark) or None), "the typist types nothing"
        for number in range(_POSTINGS):
            _post(pilot, number, guard, shielded)
    guard.close()
    posted = [line for line in form.truth() if "posted" in line]
    assert len(posted) == _POSTINGS
    for number, line in enumerate(posted):
        assert {key: line[key] for key in _right(number)} == _right(number)


@contextmanager
def _notes(desktop: Desktop, file: Path) -> Iterator[None]:
    """Somebody else's window, in front, with the keyboard focus."""
    desktop.spawn([sys.executable, "-m", "tools.benches.note_window", str(file)], {"PYTHONPATH": _ROOT})
    file.touch()
    end = time.monotonic() + 20
    while "ready" not in file.read_text():
        assert time.monotonic() < end, "no window for notes"
        time.sleep(0.02)
    focus = ["xdotool", "search", "--sync", "--name", "^Notes$", "windowfocus", "--sync"]
    subprocess.run(focus, env=desktop.env, check=True, timeout=20, capture_output=True)
    yield
    subprocess.run(["xdotool", "search", "--name", "^Notes$", "windowkill"], env=desktop.env, check=True)


def test_letters_typed_elsewhere_all_arrive_while_our_press_opens_a_window(
    desktop: Desktop, form: QtForm, tmp_path: Path
) -> None:
    pilot, guard, written = Pilot(form), X11Guard(desktop.env), tmp_path / "notes.txt"
    with _notes(desktop, written):
        mark = guard.watch()
        with _typist(desktop, ("h", "e", "l", "o")) as sent:
            assert pilot.waiter.until(lambda: guard.disturbed(mark) or None), "the typist types nothing"
            for _ in range(3):
                pilot.answer(pilot.opened(), "Yes")
        assert pilot.waiter.until(lambda: _letters(written) == sent or None), (_letters(written), sent)
    guard.close()


def test_letters_typed_elsewhere_are_kept_waiting_by_a_shield_and_then_all_arrive(
    desktop: Desktop, form: QtForm, tmp_path: Path
) -> None:
    pilot, guard, written = Pilot(form), X11Guard(desktop.env), tmp_path / "notes.txt"
    with _notes(desktop, written):
        with guard.shield(SHIELD_S, form.program.pid) as shield:
            subprocess.run(["xdotool", "key", "h", "key", "o"], env=desktop.env, check=True, timeout=10)
            assert _letters(written) == []
        assert shield.held
        assert pilot.waiter.until(lambda: _letters(written) == ["h", "o"] or None), _letters(written)
    assert guard.swallowed == 0
    guard.close()


def _letters(written: Path) -> list[str]:
    return written.read_text().split()[1:]
