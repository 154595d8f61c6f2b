"""One private desktop for the stand-in's tests; a fresh server and skin for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packs.impromed_lab import Lab
from tillbridge.testing.desktop import Desktop


@pytest.fixture(scope="module")
def private_desktop() -> Iterator[Desktop]:
    with Desktop.start(size=(1280, 900), window_manager=True) as running:
        yield running


@pytest.fixture
def closed_lab(private_desktop: Desktop, tmp_path: Path) -> Iterator[Lab]:
    """The server runs; the software is not open yet."""
    made = Lab(private_desktop, tmp_path)
    yield made
    made.close()


@pytest.fixture
def lab(closed_lab: Lab) -> Lab:
    """The software is open on client 01042 and invoice 10482."""
    closed_lab.start()
    return closed_lab
