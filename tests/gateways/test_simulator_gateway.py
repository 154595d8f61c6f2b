"""The shipped gateway suite on the simulator in its own process, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateways.simulator_lab import SimulatorLab, SimulatorProcess
from tillbridge.testing.gateway_suite import GatewaySuite


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    process = SimulatorProcess(Path(tmp_path_factory.mktemp("simulator")), "--seed", "7")
    yield process
    process.stop()


class TestSimulatorGateway(GatewaySuite):
    @pytest.fixture
    def lab(self, simulator: SimulatorProcess) -> Iterator[SimulatorLab]:
        lab = SimulatorLab(simulator)
        yield lab
        lab.close()
