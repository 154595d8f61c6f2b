"""When the settlement was last read, in the life of this process. Kept in memory: a restart reads at once."""

from __future__ import annotations

from dataclasses import dataclass

from tillbridge.domain.moment import Moment


@dataclass(slots=True)
class Rhythm:
    """`wanted`: read it at the next occasion. `failed`: why the last reading did not come through, empty if it did."""

    last: Moment | None = None
    wanted: bool = False
    failed: str = ""
