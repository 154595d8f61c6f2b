"""The AT-SPI backend passes the shipped suite on a real Qt form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.screen.qt_form import QtForm
from tillbridge.testing.desktop import Desktop
from tillbridge.testing.screen_suite import ScreenSuite, pilot

pytestmark = pytest.mark.screen
__all__ = ["pilot"]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[QtForm]]:
    """One form for all tests; a test that leaves a window open gets it restarted for the next."""
    with Desktop.start() as desktop:
        forms = [QtForm(desktop, tmp_path_factory.mktemp("form"))]
        yield forms
        forms[0].close()


@pytest.fixture
def form(started: list[QtForm]) -> QtForm:
    assert started[0].is_clean(), "the test before left a window open"
    return started[0]


class TestAtspi(ScreenSuite):
    """See `ScreenSuite`."""
