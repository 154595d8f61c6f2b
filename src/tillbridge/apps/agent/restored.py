"""Rule 9: a record that was restored from a backup, or replaced, is compared with the gateway before any sale.

Until a named person has seen what the gateway took meanwhile and says so, no payment begins. What is open was put in
doubt when the record was opened (wiring): it is asked about, never sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tillbridge.apps.agent.runner import Runner
from tillbridge.apps.agent.views import money
from tillbridge.domain.errors import OperatorError
from tillbridge.engine.cashier import Engine
from tillbridge.ports.gateway import Listed

CODES = frozenset({"restored_from_backup", "journal_replaced"})
BACK_MS = 86_400_000
"""Read the gateway's list from a day before the newest entry that is left."""


@dataclass(slots=True)
class Restored:
    """`closed`: no sale may begin yet. `accept`: tells the record that it is the right one from now on."""

    runner: Runner
    closed: bool
    accept: Callable[[], None]

    def refuse(self) -> None:
        """Raises OperatorError `restored_first` while the comparison is not settled."""
        if self.closed:
            raise OperatorError("restored_first")

    def missing(self) -> dict[str, Any]:
        """What the gateway took and this record does not know. Raises OperatorError `gateway_list_unreadable`."""
        since_ms = self.runner.ask(_newest) - BACK_MS
        listed = self.runner.on_gateway(lambda engine: _listed(engine, max(0, since_ms)))
        if listed is None:
            raise OperatorError("gateway_list_unreadable")
        unknown = self.runner.ask(lambda engine: [one for one in listed if _is_missing(engine, one)])
        rows = [
            {"reference": one.reference, "amount": money(one.amount), "wall_ms": one.at_wall_ms}
            for one in unknown
        ]
        return {"closed": self.closed, "missing": rows}

    def settle(self, person: str) -> dict[str, Any]:
        """A named person has seen the list: sales may begin. Reads the list first, so it was possible to see it."""
        if not person.strip():
            raise OperatorError("person_missing")
        told = self.missing()
        self.runner.ask(lambda _engine: self.accept())
        self.closed = False
        return {**told, "closed": False}


def _newest(engine: Engine) -> int:
    """When the newest payment was made, never later than now. What was put in doubt since then does not count: the
    backup may be older than that."""
    made = max((payment.created_at.wall_ms for payment in engine.journal.recent(50)), default=0)
    return min(made, engine.clock.now().wall_ms)


def _listed(engine: Engine, since_ms: int) -> list[Listed] | None:
    found = engine.gateway.list_since(since_ms)
    return None if found is None else list(found)


def _is_missing(engine: Engine, one: Listed) -> bool:
    return one.kind == "sale" and engine.journal.payment_of_reference(one.reference) is None
