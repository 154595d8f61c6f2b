"""The suite's Qt form, started as a process, with the AT-SPI backend on it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tillbridge.screen import backend as b
from tillbridge.screen.backends.atspi.driver import AtspiBackend, connect
from tillbridge.testing.desktop import Desktop
from tillbridge.testing.screen_suite import HANG_LIMIT_S, Pilot, target


class QtForm:
    """The Qt form, started as a process on a desktop of its own."""

    def __init__(self, desktop: Desktop, folder: Path) -> None:
        self._truth = folder / f"truth-{time.monotonic_ns()}.jsonl"
        self._truth.touch()
        self._process = desktop.spawn(
            [sys.executable, "-m", "tillbridge.testing.forms.qt_form", str(self._truth)]
        )
        self.backend: AtspiBackend = connect(desktop.env, HANG_LIMIT_S)
        self.program = self._started()

    def _started(self) -> b.Program:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for program in self.backend.programs():
                if program.pid == self._process.pid and any(w.shown for w in self.backend.windows(program)):
                    return program
            self.backend.wait_change(0.1)
        raise AssertionError("the form did not start")

    def truth(self) -> Sequence[Mapping[str, object]]:
        return [json.loads(line) for line in self._truth.read_text(encoding="utf-8").splitlines()]

    @contextmanager
    def hung(self) -> Iterator[None]:
        pilot = Pilot(self)
        pilot.done(b.Press(pilot.node(target("hang", "button", id="btnHang"))))
        assert pilot.waiter.until(lambda: self.backend.ping(self.program, 0.2) is None or None)
        yield
        pilot.waiter.listen()

    def is_clean(self) -> bool:
        return self._process.poll() is None and len(self.backend.windows(self.program)) == 1

    def close(self) -> None:
        self.backend.close()
        self._process.kill()
        self._process.wait()
