"""The whole desk is slow to start: once for each module that needs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.apps.desk_fixture import Desk, running_desk


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
