"""One pretend clinic, put together: profile, scene, truth log, faults, rules, running conversations.

Not for several threads; the web layer calls it from one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from tillbridge.stand_ins.ledger_server import marring, scenes
from tillbridge.stand_ins.ledger_server.books import Books
from tillbridge.stand_ins.ledger_server.desks import Desk, Desks
from tillbridge.stand_ins.ledger_server.faults import Faults
from tillbridge.stand_ins.ledger_server.giving_back import Reversal, Reversing
from tillbridge.stand_ins.ledger_server.posting import form_from
from tillbridge.stand_ins.ledger_server.rules import Rules
from tillbridge.stand_ins.ledger_server.truth import TruthLog
from tillbridge.stand_ins.ledger_server.turns import Conversation, Turn
from tillbridge.stand_ins.ledger_server.views import Views
from tillbridge.stand_ins.ledger_server.world import Clock, World
from tillbridge.stand_ins.profile import Profile


class Ledger:
    """The whole server without its sockets."""

    def __init__(self, profile: Profile, directory: Path, scene: str, seed: int, clock: Clock) -> None:
        self.profile = profile
        self.truth = TruthLog(directory)
        self.faults = Faults(seed)
        self.desks = Desks(profile.workstations)
        self._clock = clock
        self._running: dict[str, Conversation] = {}
        self._count = 0
        if not self.truth.of_this_scene():
            self._log_scene(scene, seed)
        self._build()

    def reset(self, scene: str, seed: int) -> None:
        """Start a new scene: knobs to their defaults, books anew; the truth log goes on. Raises NoSuchScene."""
        scenes.build(scene, seed, self._clock())
        self._log_scene(scene, seed)
        self.faults = Faults(seed)
        self._running.clear()
        for account in list(self.desks.locks()):
            self.desks.unlock(account)
        self._build()
        self.desks.cache_methods(False)
        self.desks.tell("", what="keyboard", **self.keyboard())
        self.desks.tell("", what="show", client=self.books.first_client, invoice=self.books.first_invoice)

    def _log_scene(self, scene: str, seed: int) -> None:
        act = {"kind": "scene", "scene": scene, "seed": seed, "profile": self.profile.name}
        self.truth.append([act], self._clock())

    def _build(self) -> None:
        first, *acts = self.truth.of_this_scene()
        self.scene, self.seed = first["scene"], first["seed"]
        self.books: Books = scenes.build(self.scene, self.seed, datetime.fromisoformat(first["at"]))
        for act in acts:
            if act["kind"] == "namesake":
                scenes.namesake(self.books, datetime.fromisoformat(act["at"]))
            self.books.apply(act)
        self.world = World(self.profile, self.books, self.faults, self.truth, self._clock)
        self.views = Views(self.profile, self.books, self.faults, self.world)
        self.rules = Rules(self.profile, self.books, self.faults, self.desks, self.world)
        self.reversing = Reversing(self.profile, self.books, self.faults, self.world, self.rules)

    def turn_knob(self, name: str, value: str) -> None:
        """Set a fault knob; two_names also puts the namesake into books and truth log. Raises BadKnob."""
        self.faults.turn(name, value)
        if name == "methods_stale":
            self.desks.cache_methods(self.faults.strikes(name))
        if name in ("drop_keys", "caps_lock"):
            self.desks.tell("", what="keyboard", **self.keyboard())
        wanted = name == "two_names" and scenes.NAMESAKE not in self.books.clients
        if wanted and self.faults.strikes("two_names"):
            (act,) = self.world.commit([{"kind": "namesake", "client": scenes.NAMESAKE, "by": "world"}])
            scenes.namesake(self.books, datetime.fromisoformat(act["at"]))

    def keyboard(self) -> dict[str, Any]:
        """How the keyboards of the practice are."""
        return {
            "drop": int(self.faults.number("drop_keys")),
            "caps": bool(self.faults.number("caps_lock")),
            "seed": self.seed,
        }

    # ---- what a skin does; each returns the first turn of a conversation ----

    def process_payment(self, desk: Desk, account: str, number: str, kind: str = "payment") -> Turn:
        """Process Payment was pressed in the main window; `kind`: payment, deposit or refund."""
        key = self._key()

        def form() -> Turn:
            methods = [m for m in self.rules.methods() if not (desk.stale and m.name == marring.OURS)]
            filled = self.views.form(account, number if kind == "payment" else "", methods)
            filled["kind"] = kind
            return marring.marred_form({**filled, "employees": self.rules.employees()}, self.faults)

        return self._start(key, self.rules.opening(desk, account, number, form, kind))

    def method_chosen(self, desk: Desk, account: str, number: str, method: str) -> Turn:
        """A payment method was chosen in the payment window."""
        return self._start(self._key(), self.rules.filling(desk, account, number, method))

    def leave_pressed(self, account: str, number: str, unsaved: bool) -> Turn:
        """Cancel was pressed in the payment window."""
        return self._start(self._key(), self.rules.leaving(account, number, unsaved=unsaved))

    def reading(self, account: str, number: str) -> Turn:
        """A skin is about to read a client's lists anew."""
        return self._start(self._key(), self.rules.reading(account, number))

    def ok_pressed(self, desk: Desk, data: dict[str, Any]) -> Turn:
        """OK was pressed in the payment window. Raises KeyError or TypeError for a malformed form."""
        form, key = form_from(data, desk.workstation), self._key()
        return self._start(key, self.rules.finishing(form, key))

    def reverse_pressed(self, desk: Desk, account: str, payment: str) -> Turn:
        """A payment is to be reversed: its window is about to open."""

        def form() -> Turn:
            return {**self.views.reversal_form(payment), "employees": self.rules.employees()}

        return self._start(self._key(), self.reversing.opening(desk, account, payment, form))

    def reversal_confirmed(self, act: Reversal) -> Turn:
        """The window that reverses a payment was confirmed."""
        key = self._key()
        return self._start(key, self.reversing.finishing(act, key))

    def answer(self, key: str, pressed: str) -> Turn:
        """A message was answered. Raises KeyError when the conversation is unknown (server restarted)."""
        return self._advance(key, lambda: self._running[key].send(pressed))

    def _start(self, key: str, conversation: Conversation) -> Turn:
        self._running[key] = conversation
        return self._advance(key, lambda: next(conversation))

    def _advance(self, key: str, step: Callable[[], Turn]) -> Turn:
        try:
            return {**step(), "conversation": key}
        except StopIteration as done:
            del self._running[key]
            ended: Turn = done.value
            return {**ended, "conversation": key}

    def _key(self) -> str:
        self._count += 1
        return f"c{self._count}-{int(self._clock().timestamp() * 1000)}"
