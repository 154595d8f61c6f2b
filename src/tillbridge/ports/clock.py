"""Time for the engine. It arrives through this port and as an argument; nobody else asks a clock."""

from __future__ import annotations

from typing import Protocol

from tillbridge.domain.moment import Moment


class Clock(Protocol):
    def now(self) -> Moment: ...
