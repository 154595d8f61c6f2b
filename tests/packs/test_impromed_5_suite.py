"""The shipped suite for packs, on the pack impromed/5 and the stand-in v5."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.packs.impromed_lab import Lab
from tillbridge.flows.practice import PackPractice
from tillbridge.flows.shelf import shelf
from tillbridge.ports.practice import LedgerSeen, PostingOrder
from tillbridge.screen.backend import Backend
from tillbridge.testing.pack_suite import Booked, PackSuite, SoftwareUnderTest

pytestmark = pytest.mark.screen
PROFILE = "v5"


class StandIn:
    """The stand-in as the suite wants it; its judge is the server's truth log.

    The money goes to the oldest balance, so what one payment window wrote counts as one, on the invoice of the order.
    """

    pack: Path = shelf() / "impromed" / "5"
    others: Sequence[Path] = ()

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.backend: Backend = lab.backend
        self.practice: PackPractice = lab.practice
        self.order: PostingOrder = lab.order()
        self.further: Sequence[PostingOrder] = lab.further()

    def booked(self) -> Sequence[Booked]:
        sums: dict[tuple[str, str], int] = {}
        for act in self.lab.money():
            key = (act["posting"] or act["id"], act["reference"])
            sums[key] = sums.get(key, 0) + act["amount_minor"]
        return [Booked(self.order.invoice_number, minor, reference) for (_, reference), minor in sums.items()]

    def ledger(self, order: PostingOrder) -> LedgerSeen:
        return self.lab.ledger(order)


class TestImproMed5(PackSuite):
    @pytest.fixture
    def software(self, lab: Lab) -> SoftwareUnderTest:
        return StandIn(lab)
