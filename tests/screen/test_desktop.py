"""A private desktop: several at once, strangers kept out, nothing left behind."""

from __future__ import annotations

import os
import shutil
import struct
from pathlib import Path

import pytest

from tillbridge.screen.backend import Gone
from tillbridge.screen.backends.atspi.driver import connect
from tillbridge.testing.desktop import Desktop, DesktopError

pytestmark = pytest.mark.screen


def _running(mark: str) -> list[str]:
    """Names of running processes that carry the mark of a desktop."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark.encode() in (entry / "environ").read_bytes():
                    found.append((entry / "comm").read_text(encoding="utf-8").strip())
            except OSError:
                continue
    return found


def test_two_desktops_run_beside_each_other_and_leave_nothing_behind() -> None:
    with Desktop.start(size=(320, 200)) as one, Desktop.start(size=(320, 200)) as two:
        marks = [desktop.env["TILLBRIDGE_DESKTOP"] for desktop in (one, two)]
        assert one.display != two.display
        assert one.env["DBUS_SESSION_BUS_ADDRESS"] != two.env["DBUS_SESSION_BUS_ADDRESS"]
        for desktop, mark in zip((one, two), marks):
            backend = connect(desktop.env)
            assert list(backend.programs()) == []
            backend.close()
            assert {"Xvfb", "dbus-daemon"} <= set(_running(mark))
        folders = [one.folder, two.folder]
    assert [_running(mark) for mark in marks] == [[], []]
    assert not any(folder.exists() for folder in folders)


def test_the_picture_of_a_desktop_is_a_png_of_its_size(tmp_path: Path) -> None:
    with Desktop.start(size=(320, 200)) as desktop:
        data = desktop.screenshot(tmp_path / "it" / "screen.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == (320, 200)


def test_what_is_missing_is_named_with_its_package_and_nothing_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    marks: list[str] = []
    find = shutil.which

    def which(program: str) -> str | None:
        return None if program == "openbox" else find(program)

    def started(self: Desktop) -> None:
        marks.append(self.env["TILLBRIDGE_DESKTOP"])
        accessibility(self)

    accessibility = Desktop._start_accessibility
    monkeypatch.setattr(shutil, "which", which)
    monkeypatch.setattr(Desktop, "_start_accessibility", started)
    with pytest.raises(DesktopError, match="apt-get install openbox"):
        Desktop.start(size=(320, 200), window_manager=True)
    assert _running(marks[0]) == []


def test_without_a_session_bus_the_backend_says_so() -> None:
    with pytest.raises(Gone, match="DBUS_SESSION_BUS_ADDRESS"):
        connect({})
