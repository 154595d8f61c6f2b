"""A pause of the screen: for half an hour nothing is read, tried or typed there; typed amounts go on.

The engine holds the pause; here it is kept over a restart and told to people. It ends by itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tillbridge.apps.agent.runner import Runner
from tillbridge.apps.agent.small_file import replace_file
from tillbridge.domain.errors import OperatorError, SetupError
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import MINUTE
from tillbridge.engine.screen_turn import PAUSE_MS_MAX
from tillbridge.strings import sentence

FILE = "pause.json"
MINUTES = 30
"""What support asks for when it says nothing else."""


@dataclass(slots=True)
class Pause:
    """The pause as the faces see it. `home`: where it is kept."""

    runner: Runner
    home: Path

    def restore(self, engine: Engine) -> None:
        """Go on with a pause that was begun before a restart. Called before the threads run."""
        left_ms = _kept_until(self.home / FILE) - engine.clock.now().wall_ms
        if 0 < left_ms <= PAUSE_MS_MAX:
            engine.pause(max(MINUTE, left_ms))

    def begin(self, minutes: int) -> dict[str, Any]:
        """Raises OperatorError `pause_too_long`, SetupError `disk_full` where it cannot be kept."""
        until = self.runner.ask(lambda engine: engine.pause(minutes * MINUTE))
        try:
            replace_file(self.home / FILE, json.dumps({"until_wall_ms": until.wall_ms}))
        except OSError as error:
            raise SetupError("disk_full", cause=type(error).__name__) from error
        return self.told()

    def end(self) -> dict[str, Any]:
        """May be called without a pause."""
        (self.home / FILE).unlink(missing_ok=True)
        self.runner.ask(lambda engine: engine.end_pause())
        return self.told()

    def told(self) -> dict[str, Any]:
        """`paused`: None, or until when, with its sentence. Every view carries it."""
        return {"paused": self.runner.ask(paused_view)}

    def refuse(self) -> None:
        """Raises OperatorError `screen_paused`."""
        paused = self.runner.ask(paused_view)
        if paused is not None:
            raise OperatorError("paused_until", until=paused["until"])


def paused_view(engine: Engine) -> dict[str, Any] | None:
    until = engine.paused_until
    if until is None:
        return None
    at = datetime.fromtimestamp(until.wall_ms / 1000, UTC).astimezone()
    facts = {"until": f"{at:%H:%M}"}
    return {"until_wall_ms": until.wall_ms, **facts, "text": sentence("paused_until", facts)}


def _kept_until(path: Path) -> int:
    """0 where nothing is kept, or nothing that we wrote."""
    try:
        until = json.loads(path.read_text("utf-8"))["until_wall_ms"]
    except (OSError, ValueError, LookupError, TypeError):
        return 0
    return until if type(until) is int else 0
