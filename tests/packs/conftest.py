"""One private desktop for the stand-in's tests; server and skin are made new for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packs.impromed_lab import Lab
from tillbridge.testing.desktop import Desktop


class Shared:
    """One server and one skin for many tests, made new through the server; built anew when a test broke it."""

    def __init__(self, desktop: Desktop, folders: pytest.TempPathFactory, profile: str) -> None:
        self.desktop = desktop
        self.profile = profile
        self.folders = folders
        self.lab: Lab | None = None

    def ready(self) -> Lab:
        if self.lab is None:
            self.lab = Lab(self.desktop, self.folders.mktemp("books"), profile=self.profile)
            self.lab.start()
        return self.lab

    def tidy(self, lab: Lab) -> None:
        if not lab.again():
            self.close()

    def close(self) -> None:
        if self.lab is not None:
            self.lab.close()
            self.lab = None


@pytest.fixture(scope="module")
def private_desktop() -> Iterator[Desktop]:
    with Desktop.start(size=(1280, 900), window_manager=True) as running:
        yield running


@pytest.fixture(scope="module")
def profile(request: pytest.FixtureRequest) -> str:
    """The version that a test file is about: its constant PROFILE, v6 if it has none."""
    return str(getattr(request.module, "PROFILE", "v6"))


@pytest.fixture
def closed_lab(private_desktop: Desktop, shared: Shared, profile: str, tmp_path: Path) -> Iterator[Lab]:
    """The server runs; the software is not open yet."""
    shared.close()
    made = Lab(private_desktop, tmp_path, profile=profile)
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared(
    private_desktop: Desktop, tmp_path_factory: pytest.TempPathFactory, profile: str
) -> Iterator[Shared]:
    made = Shared(private_desktop, tmp_path_factory, profile)
    yield made
    made.close()


@pytest.fixture
def lab(shared: Shared) -> Iterator[Lab]:
    """The software is open on client 01042 and invoice 10482, its books as at first."""
    made = shared.ready()
    yield made
    shared.tidy(made)
