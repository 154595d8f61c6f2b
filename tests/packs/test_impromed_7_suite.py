"""The shipped suite for packs, on the pack impromed/7 and the stand-in v7."""

from __future__ import annotations

import pytest

from tests.packs import test_impromed_suite as six
from tests.packs.impromed_lab import Lab
from tillbridge.flows.shelf import shelf
from tillbridge.testing.pack_suite import PackSuite, SoftwareUnderTest

pytestmark = pytest.mark.screen
PROFILE = "v7"


class StandIn(six.StandIn):
    pack = shelf() / "impromed" / "7"


class TestImproMed7(PackSuite):
    @pytest.fixture
    def software(self, lab: Lab) -> SoftwareUnderTest:
        """With a payment window whose title is never right in time, whether it takes or gives back."""
        lab.server.knobs(title_lag_ms="60000")
        return StandIn(lab)
