"""What people do who have no engine: the naive policies of the design (gateways.md, 7) in the same worlds.

Each is a short loop with the network's own answers. What they believe in the end is what they would write into the
practice software.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tillbridge.gateways.simulator.wire import Heard, Json, Reply
from tillbridge.testing.world import VirtualClock
from tools.benches.unknown_faults import END_MS, SECOND_MS, TERMINAL, World, line_for
from tools.benches.unknown_judge import Said
from tools.benches.unknown_worlds import HORIZON_MS, End, Troubled, lines_of

WAIT_MS = 130 * SECOND_MS
"""So long a naive till waits for its terminal."""
TRIES_MAX = 3


@dataclass(slots=True)
class Till:
    """A till that sends, asks and kills. `taken`: what it believes to have taken."""

    world: World
    clock: VirtualClock
    way: Troubled
    tries: int = 0
    taken: int = 0
    began_ms: int = 0
    abandoned: list[str] = field(default_factory=list)

    def reference(self) -> str:
        return f"NAIVE{self.tries:03d}"

    def send(self, reference: str) -> str:
        """`running`, `refused`, or `no reply`. A busy terminal is tried again for a while."""
        self.tries += 1
        fields: Json = {
            "terminal": TERMINAL, "reference": reference, "amount": self.world.amount, "currency": "USD",
            "kind": "sale", "partial_ok": True, "show": [],
        }  # fmt: skip
        heard = self.way("start", fields)
        for _ in range(30):
            if not _is(heard, "terminal_busy"):
                break
            self.clock.now_ms += 5 * SECOND_MS
            heard = self.way("start", fields)
        if not isinstance(heard, Reply):
            return "no reply" if heard.sent else "refused"
        if heard.body is None or heard.status >= 500 or _is(heard, "duplicate_reference"):
            return "no reply"
        return "refused" if heard.status >= 400 else "running"

    def ask(self, reference: str) -> str:
        """`taken`, `not taken`, `running`, `not found` or `no reply`."""
        heard = self.way("inquire", {"reference": reference})
        if not isinstance(heard, Reply) or heard.body is None or heard.status >= 500:
            return "no reply"
        if heard.status >= 400:
            return "not found" if _is(heard, "not_found") or _is(heard, "killed") else "no reply"
        told = heard.body.get("payment")
        assert isinstance(told, dict)
        state = told["state"]
        if state == "approved":
            self.taken = int(told["amount"])
            return "taken"
        return "running" if state == "running" else "not taken"

    def ask_until(self, reference: str, wait_ms: int, *, sure: bool = False) -> str:
        """Ask every two seconds until it is decided or the time is over. `sure`: also until an answer came."""
        until_ms = self.clock.now_ms + wait_ms
        said = self.ask(reference)
        while said not in ("taken", "not taken") and self.clock.now_ms < until_ms + (
            END_MS if sure and said == "no reply" else 0
        ):
            self.clock.now_ms += 2 * SECOND_MS
            said = self.ask(reference)
        return said

    def kill(self, reference: str) -> None:
        self.way("kill", {"reference": reference})
        self.clock.now_ms += SECOND_MS


def _is(heard: Heard, code: str) -> bool:
    error = heard.body.get("error") if isinstance(heard, Reply) and heard.body is not None else None
    return isinstance(error, dict) and error.get("code") == code


Policy = Callable[[Till, str], str]
"""What is done after no reply: `taken`, `not taken`, or `again` (with a new reference)."""


def _retry_with_a_new_reference(till: Till, reference: str) -> str:
    return "again"


def _retry_with_the_same_reference(till: Till, reference: str) -> str:
    if till.send(reference) == "running":
        return till.ask_until(reference, WAIT_MS)
    return "same" if till.tries < TRIES_MAX else "not taken"


def _inquire_once(till: Till, reference: str) -> str:
    return _known(till.ask(reference), till, reference)


def _inquire_to_the_horizon(till: Till, reference: str) -> str:
    return _known(till.ask_until(reference, HORIZON_MS - 2 * SECOND_MS), till, reference)


def _void_three_times(till: Till, reference: str) -> str:
    said = till.ask_until(reference, 30 * SECOND_MS)
    if said in ("taken", "not taken"):
        return said
    for _ in range(3):
        till.kill(reference)
    return "again"


def _known(said: str, till: Till, reference: str) -> str:
    if said == "running":
        said = till.ask_until(reference, WAIT_MS)
    return said if said in ("taken", "not taken") else "again"


POLICIES: dict[str, Policy] = {
    "retry_new_reference": _retry_with_a_new_reference,
    "retry_same_reference": _retry_with_the_same_reference,
    "inquire_once": _inquire_once,
    "inquire_to_horizon": _inquire_to_the_horizon,
    "void_three_times": _void_three_times,
}


def play(world: World, policy: Policy) -> End:
    """The same world; nobody dies in it, and the cashier does what the policy says."""
    clock = VirtualClock()
    line = line_for(world)
    till = Till(world, clock, Troubled(world, line, clock), began_ms=clock.now_ms)
    end_ms = clock.now_ms + END_MS
    told, waits = _charge(till, policy)
    line.advance(end_ms)
    said = Said(
        told=told, rows=[till.taken] if till.taken else [], looks_on=False, gave_up=False,
        sent_ms=till.way.sent_ms, horizon_ms=HORIZON_MS,
    )  # fmt: skip
    return End(
        lines=lines_of(line), said=said, asked=world.amount, end_ms=end_ms, attempts=till.tries, waits_ms=waits,
        allowed=0, attention=False,
    )  # fmt: skip


def _charge(till: Till, policy: Policy) -> tuple[str, list[int]]:
    waits: list[int] = []
    while till.tries < TRIES_MAX:
        sent_ms, reference = till.clock.now_ms, till.reference()
        said = till.send(reference)
        if said == "running":
            said = till.ask_until(reference, WAIT_MS, sure=True)
        while said in ("no reply", "not found", "running", "same"):
            till.clock.now_ms += 8 * SECOND_MS
            said = policy(till, reference)
        waits.append(till.clock.now_ms - sent_ms)
        if said == "taken":
            return "yes", waits
        if said == "not taken":
            return "no", waits
    return "no", waits
