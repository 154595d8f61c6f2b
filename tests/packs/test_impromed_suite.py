"""The shipped suite for packs, on the pack impromed/6 and the stand-in v6."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.packs.impromed_lab import Lab, order
from tillbridge.flows.practice import PackPractice
from tillbridge.flows.shelf import shelf
from tillbridge.ports.practice import LedgerSeen, PostingOrder
from tillbridge.screen.backend import Backend
from tillbridge.testing.pack_suite import Booked, PackSuite, SoftwareUnderTest

pytestmark = pytest.mark.screen


class StandIn:
    """The stand-in as the suite wants it; its judge is the server's truth log."""

    pack: Path = shelf() / "impromed" / "6"
    others: Sequence[Path] = ()

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.backend: Backend = lab.backend
        self.practice: PackPractice = lab.practice
        self.order: PostingOrder = order()
        self.further: Sequence[PostingOrder] = lab.further()

    def booked(self) -> Sequence[Booked]:
        return [Booked(act["invoice"], act["amount_minor"], act["reference"]) for act in self.lab.money()]

    def ledger(self, order: PostingOrder) -> LedgerSeen:
        return self.lab.ledger(order)


class TestImproMed6(PackSuite):
    @pytest.fixture
    def software(self, lab: Lab) -> SoftwareUnderTest:
        return StandIn(lab)
