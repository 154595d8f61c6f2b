"""A private desktop for all tests of the skin, and a fresh server and skin for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stand_ins.qt.eyes import Eyes
from tests.stand_ins.qt.stage import Stage
from tests.stand_ins.running import Server
from tillbridge.testing.desktop import Desktop


@pytest.fixture(scope="session")
def desktop() -> Iterator[Desktop]:
    with Desktop.start(size=(1200, 800)) as running:
        yield running


@pytest.fixture
def stage(desktop: Desktop, tmp_path: Path) -> Iterator[Stage]:
    eyes = Eyes(desktop)
    with Server(tmp_path, "--fault", "ledger_delay_ms=300") as server:
        made = Stage(desktop, eyes, server)
        yield made
        made.stop_skin()
    eyes.close()
