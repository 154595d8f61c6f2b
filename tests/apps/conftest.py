"""The whole desk is slow to start: once for each module that needs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.apps.counter import Counter, running_counter
from tests.apps.desk_fixture import Desk, running_desk


@pytest.fixture(scope="session", autouse=True)
def state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is remembered in the home of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TILLBRIDGE_STATE", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with running_desk(tmp_path_factory.mktemp("desk")) as running:
        yield running


@pytest.fixture
def fresh(desk: Desk) -> Iterator[Desk]:
    """The desk with the clinic's first scene and all faults off."""
    desk.reset()
    yield desk
    desk.reset()


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """The simulator and an agent without a screen."""
    with running_counter(tmp_path_factory.mktemp("counter")) as running:
        yield running


@pytest.fixture(scope="module")
def manual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A whole desk whose card terminals wait for a hand."""
    with running_desk(tmp_path_factory.mktemp("manual"), auto=False) as running:
        yield running
