"""The bench of the agent measures what it says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tools.benches.agent import cpu_s, idle_percent, pss_mb

BUSY = "print('up', flush=True)\nwhile True: pass"
STILL = "print('up', flush=True)\nimport time; time.sleep(60)"
FAT = "held = bytearray(b'x') * (40 * 2**20); print('up', flush=True)\nimport time; time.sleep(60)"


@contextmanager
def running(code: str) -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n"
            yield process.pid
        finally:
            process.kill()


def test_a_process_that_does_nothing_costs_nothing_and_a_busy_one_does_not_hide() -> None:
    with running(STILL) as still, running(BUSY) as busy:
        assert idle_percent(busy, 0.5) > 10
        assert idle_percent(still, 0.5) < 5


def test_processor_time_only_grows() -> None:
    with running(BUSY) as busy:
        before = cpu_s(busy)
        idle_percent(busy, 0.2)
        assert cpu_s(busy) > before


def test_memory_counts_what_the_process_holds() -> None:
    with running(STILL) as small, running(FAT) as large:
        assert pss_mb(large) - pss_mb(small) == pytest.approx(40, abs=8)
