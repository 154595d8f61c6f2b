"""Caring for the desk: trying the payment window, pausing the screen, looking once more at the end of the day."""

from __future__ import annotations

from typing import Any

from tillbridge.apps.agent.asking import flag_of, minutes_of, text_of
from tillbridge.apps.agent.ground import OnGround
from tillbridge.apps.agent.reading import debt_of
from tillbridge.apps.agent.views import View, rehearsed_view, trouble_view
from tillbridge.ports.practice import Trouble


class Caring(OnGround):
    def rehearse(self, body: dict[str, Any]) -> View:
        """Type a posting for the open invoice up to its commit point and leave without a trace.

        `last`: the one before this, and nothing is tried if the body says `only_last`.
        """
        last = self._last_rehearsed()
        if flag_of(body, "only_last"):
            return {"last": last}
        paused = self._paused()
        if paused is not None:
            return {"last": last, **paused}
        seen = self._runner.on_screen(lambda practice: practice.read_invoice())
        if isinstance(seen, Trouble):
            return {"trouble": trouble_view(seen), "last": last}
        by = text_of(body, "person", "") or "person"
        rehearsed = self._ground.rehearsals.now(seen, debt_of(seen), by=by, within_s=180)
        return {"last": last, **rehearsed_view(rehearsed, self._ground.name)}

    def pause(self, body: dict[str, Any]) -> View:
        """Leave the screen alone for `minutes` (30 if it does not say). Typed amounts go on."""
        told = self._ground.pause.begin(minutes_of(body))
        self._ground.news.tell()
        return told

    def end_pause(self) -> View:
        told = self._ground.pause.end()
        self._ground.news.tell()
        return told

    def recheck(self) -> View:
        """The day is ended: look once more whether what was entered today is still there. How many these are."""
        count = self._runner.ask(lambda engine: engine.recheck())
        return {"count": count, **self._ground.pause.told()}

    def ask_to_stop(self) -> View:
        self._ground.on_stop()
        return {"stopping": True}
