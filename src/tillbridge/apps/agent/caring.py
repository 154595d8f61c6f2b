"""Caring for the desk: trying the payment window, pausing the screen, looking once more at the end of the day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tillbridge.apps.agent.asking import flag_of, minutes_of, named, text_of
from tillbridge.apps.agent.ground import OnGround
from tillbridge.apps.agent.reading import debt_of
from tillbridge.apps.agent.views import View, money, rehearsed_view, trouble_view
from tillbridge.domain.money import Money
from tillbridge.engine.settling import Stranger
from tillbridge.ports.practice import Trouble


def _strangers(found: Iterable[Stranger]) -> View:
    rows = [
        {
            "stranger": each.key,
            "reference": each.reference,
            "kind": each.kind,
            "amount": money(Money(minor=each.minor, currency=each.currency)),
            "batch": each.batch,
        }
        for each in found
    ]
    return {"strangers": rows}


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

    def settle(self) -> View:
        """Read now what the card processor settled, returned and disputed, not at the next usual time."""
        self._runner.ask(lambda engine: engine.want_settlement())
        return {"reading": True}

    def strangers(self) -> View:
        """Money under a number of ours that this record knows nothing of."""
        return _strangers(self._runner.ask(lambda engine: engine.strangers()))

    def end_stranger(self, body: dict[str, Any]) -> View:
        """A named person has seen to it. Raises OperatorError `person_missing`, `nothing_to_decide`."""
        named(text_of(body, "person", ""))
        key = text_of(body, "stranger")
        return _strangers(self._runner.ask(lambda engine: engine.end_stranger(key)))

    def ask_to_stop(self) -> View:
        self._ground.on_stop()
        return {"stopping": True}
