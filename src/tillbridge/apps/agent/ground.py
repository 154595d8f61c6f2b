"""What every part of a desk stands on: the runner, its news, the pause, the rehearsals, its terminal. Asks nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tillbridge.apps.agent.asking import text_of
from tillbridge.apps.agent.papers import Papers
from tillbridge.apps.agent.pausing import Pause
from tillbridge.apps.agent.rehearsed import Rehearsed
from tillbridge.apps.agent.rehearsing import Rehearsals
from tillbridge.apps.agent.restored import Restored
from tillbridge.apps.agent.runner import Runner
from tillbridge.apps.agent.support import Support
from tillbridge.apps.agent.views import View, payment_view, rehearsed_view
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.payment import Payment
from tillbridge.engine.cashier import Engine
from tillbridge.strings import sentence


@dataclass(slots=True)
class News:
    """Wakes those who wait for something to change."""

    turn: int = 0
    closing: bool = False
    _told: threading.Condition = field(default_factory=threading.Condition)

    def tell(self) -> None:
        with self._told:
            self.turn += 1
            self._told.notify_all()

    def close(self) -> None:
        """Nobody waits any longer: the door is closing."""
        self.closing = True
        self.tell()

    def after(self, turn: int, seconds: float) -> bool:
        """Wait until something changed since `turn`; False when the time is up or the door is closing."""
        with self._told:
            self._told.wait_for(lambda: self.turn != turn or self.closing, timeout=max(0.0, seconds))
            return self.turn != turn and not self.closing


@dataclass(slots=True, kw_only=True)
class Ground:
    """`name`: what the site calls its practice software. `terminal`: the one beside this desk, "" = not said.
    `found`: what the journal found at its opening."""

    runner: Runner
    currency: str
    on_stop: Callable[[], None]
    restored: Restored
    rehearsals: Rehearsals
    pause: Pause
    support: Support
    found: tuple[str, ...] = ()
    terminal: str = ""
    name: str = ""
    papers: Papers | None = None
    news: News = field(default_factory=News)


class OnGround:
    """A part of a desk."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._runner = ground.runner

    def _done(self, act: Callable[[Engine], Payment]) -> View:
        payment = self._runner.ask(act)
        self._ground.news.tell()
        return {"payment": payment_view(payment)}

    def _refuse_fatal(self) -> None:
        if self._runner.fatal is not None:
            raise self._runner.fatal

    def _paused(self) -> View | None:
        """While the screen is paused: what a view says instead of looking at it."""
        told = self._ground.pause.told()
        paused = told["paused"]
        if paused is None:
            return None
        trouble = {"code": "paused_until", "who": "operator", "text": paused["text"]}
        return {"trouble": trouble, **told}

    def _last_rehearsed(self) -> View | None:
        newest = self._ground.rehearsals.memory.newest()
        return rehearsed_view(newest, self._ground.name) if newest else None

    def _notice(self, rehearsed: Rehearsed | None) -> View | None:
        """The card goes on although the window was not tried."""
        if rehearsed is None:
            return None
        why = rehearsed_view(rehearsed, self._ground.name)["text"]
        text = sentence("rehearsal_not_done", {"name": self._ground.name, "why": why})
        return {"code": "rehearsal_not_done", "text": text}

    def _named_terminal(self, body: dict[str, Any]) -> str:
        """The terminal asked for, else the desk's own, else the only one there is.

        Raises OperatorError `unreachable`, `terminal_missing`.
        """
        asked = text_of(body, "terminal_id", "") or self._ground.terminal
        if asked:
            return asked
        found = [t.terminal_id for t in self._runner.on_gateway(lambda engine: engine.gateway.terminals())]
        if not found:
            raise OperatorError("unreachable")
        if len(found) > 1:
            raise OperatorError("terminal_missing", terminals=", ".join(found))
        return found[0]
