"""What Qt does otherwise than it says, each with its counter-measure (docs/TRAPS.md)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.screen.qt_form import QtForm
from tillbridge.screen import backend as b
from tillbridge.screen.backends.atspi import words as w
from tillbridge.screen.backends.atspi.bus import Bus, find_address
from tillbridge.screen.backends.atspi.tops import bits, ref_of, state_of
from tillbridge.testing.desktop import Desktop
from tillbridge.testing.screen_suite import NOTE, POST, Pilot

pytestmark = pytest.mark.screen
SOURCE = Path(__file__).parents[2] / "src" / "tillbridge"


@pytest.fixture(scope="module")
def desktop() -> Iterator[Desktop]:
    with Desktop.start() as desktop:
        yield desktop


@pytest.fixture
def pilot(desktop: Desktop, tmp_path: Path) -> Iterator[Pilot]:
    form = QtForm(desktop, tmp_path)
    yield Pilot(form)
    form.close()


def test_a_burst_is_over_only_when_the_press_that_commits_was_carried_out(
    desktop: Desktop, pilot: Pilot
) -> None:
    """Qt shows a press for a tenth of a second before it acts: a shield must not end in between."""
    bus = Bus(find_address(desktop.env["DBUS_SESSION_BUS_ADDRESS"]))
    note, post = pilot.node(NOTE), pilot.node(POST)
    report = pilot.burst(b.SetText(note, "V4242-K7Q9"), commit=post)
    states = bits(bus.ask_one(state_of(ref_of(post))))
    bus.close()
    assert report.stage == "committed"
    assert not w.has(states, w.PRESSED)


INJECTING = re.compile(
    r"xtest|fake_input|warp_pointer|GenerateMouseEvent|GenerateKeyboardEvent|DeviceEventController|pyautogui|pynput|SendInput"
)


def test_nothing_of_ours_presses_real_keys_or_moves_the_pointer() -> None:
    """Nor does any pack or step name a place on the screen: mouse and keyboard are a person's."""
    for file in SOURCE.rglob("*.py"):
        if file.is_relative_to(SOURCE / "stand_ins") or file.is_relative_to(SOURCE / "testing"):
            continue
        words = {
            str(getattr(node, "attr", getattr(node, "id", getattr(node, "value", ""))))
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Attribute | ast.Name | ast.Constant)
        } | {
            name.name
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.ImportFrom | ast.Import)
            for name in node.names
        }
        code = {word for word in words if " " not in word}
        assert not {word for word in code if INJECTING.search(word)}, file
