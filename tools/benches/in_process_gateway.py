"""The simulator behind the gateway port without a socket: for worlds that run in virtual time.

It joins the real adapter to the real simulator core by an exchange that acts a Delivery out in values. So the
mapping that benches prove is the one that ships. Not for the product: the simulator is a stranger to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tillbridge.gateways.simulator.adapter import Adapter
from tillbridge.gateways.simulator.wire import Heard, Json, NoReply, Reply
from tillbridge.simulator.core.calls import Call
from tillbridge.simulator.core.faults import Line
from tillbridge.simulator.core.network import CardNetwork
from tillbridge.simulator.core.settings import Settings
from tillbridge.simulator.core.terminal import Terminal

READ_TIMEOUT_MS = 8_000


@dataclass(slots=True)
class CoreExchange:
    """`now_ms` is the world's clock. A reply slower than the time-out is a lost reply, as over a socket."""

    line: Line
    now_ms: Callable[[], int]
    read_timeout_ms: int = READ_TIMEOUT_MS

    def __call__(self, op: str, fields: Json) -> Heard:
        delivery = self.line.deliver(Call(op, fields), self.now_ms())
        match delivery.how:
            case "unreachable":
                return NoReply("unreachable", sent=False)
            case "reply" if delivery.answer is not None and delivery.after_ms < self.read_timeout_ms:
                return Reply(delivery.answer.status, delivery.answer.body)
            case "reply":
                return NoReply("read_timeout", sent=True)
            case "garbled":
                return Reply(200, None)
        return NoReply("connection_lost", sent=True)

    def close(self) -> None:
        """Nothing to close."""


class NoSecrets:
    """The core asks for no key."""

    def get(self, name: str) -> str:
        return "in-process"


def line_of(settings: Settings, terminals: int = 2) -> Line:
    """A new card network with empty books. `settings.auto` decides whether its terminals answer by themselves."""
    made = [
        Terminal(f"front-desk-{number}", f"Front Desk {number}", auto=settings.auto)
        for number in range(1, terminals + 1)
    ]
    return Line(CardNetwork(settings, made))


def gateway_over(line: Line, now_ms: Callable[[], int]) -> Adapter:
    """The port over a line. Faults are put into `line.plan.faults`, presses into `line.network.counter.press`."""
    return Adapter({"url": "http://in-process"}, NoSecrets(), CoreExchange(line, now_ms))
