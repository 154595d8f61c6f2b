"""Desks for the engine's tests, at three stages of a payment."""

from __future__ import annotations

import pytest

from tests.engine.scripted_desk import Desk
from tillbridge.domain.next_command import Send
from tillbridge.domain.outcome import (
    Unknown,
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def unknown(desk: Desk) -> Desk:
    desk.gateway.started = Unknown(cause="read_timeout")
    desk.begin()
    desk.step(Send)
    return desk


@pytest.fixture
def paid(desk: Desk) -> Desk:
    desk.begin()
    desk.step(Send)
    return desk
