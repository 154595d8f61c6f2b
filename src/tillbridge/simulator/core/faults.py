"""What can go wrong on the way, and the line that lets it go wrong.

`Line.deliver` takes a call as the caller sent it and says what the caller gets to see, while the network
behind it does the call never, now, later or twice. No sockets here: the server acts a Delivery out.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from tillbridge.simulator.core.calls import Answer, Call, answer
from tillbridge.simulator.core.magic import WIRE_TABLE
from tillbridge.simulator.core.network import CardNetwork


class FaultKind(StrEnum):
    """One way to fail. After LOSE_REQUEST, LOSE_REPLY_BEFORE and ERROR_BEFORE nothing happened at all."""

    LOSE_REQUEST = "lose_request"
    LOSE_REPLY_BEFORE = "lose_reply_before_commit"
    LOSE_REPLY = "lose_reply"
    COMMIT_LATE = "commit_late"
    DUPLICATE = "duplicate"
    SLOW = "slow"
    ERROR_BEFORE = "error_before_commit"
    ERROR_AFTER = "error_after_commit"
    ERROR_WITH_ANSWER = "error_with_answer"
    GARBLED = "garbled"
    HIDE = "hide"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Fault:
    """`op` `*` = any call; `times` 0 = again and again; `chance_ppm` of a million calls are hit.

    `delay_ms`: for slow, commit_late, duplicate and hide. `silence_ms`: how long the line stays silent before
    it closes, where a reply is lost. `status`: for the errors. `locked`: while a late commit is under way,
    the same reference gets `key_in_use`.
    """

    kind: FaultKind
    op: str = "*"
    times: int = 1
    chance_ppm: int = 1_000_000
    delay_ms: int = 0
    silence_ms: int = 0
    status: int = 503
    reference: str = ""
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the caller gets to see: a reply after a while, a closed line, half a reply, junk, or no line at all."""

    how: Literal["reply", "closed", "cut", "garbled", "unreachable"]
    answer: Answer | None = None
    after_ms: int = 0


class FaultPlan:
    """The faults that wait. Each call takes the first one that fits; used up ones go away."""

    def __init__(self, network: CardNetwork) -> None:
        self._network = network
        self._draws = 0
        self.faults: list[Fault] = []

    def draw(self, call: Call) -> Fault | None:
        for place, fault in enumerate(self.faults):
            if not _aimed_at(fault, call):
                continue
            self._draws += 1
            if not self._network.chance("fault", self._draws, fault.chance_ppm):
                continue
            if fault.times == 1:
                del self.faults[place]
            elif fault.times > 1:
                self.faults[place] = replace(fault, times=fault.times - 1)
            return fault
        return None


class Line:
    """Between a caller and the network: holds calls that arrive late, and loses what it is told to lose."""

    def __init__(self, network: CardNetwork) -> None:
        self.network = network
        self.plan = FaultPlan(network)
        self._held: list[tuple[int, int, Call]] = []
        self._locked: set[str] = set()
        self._tripped: set[str] = set()
        self._count = 0

    def deliver(self, call: Call, now_ms: int) -> Delivery:
        """Carry one call. The network's time is moved to `now_ms` first."""
        self.advance(now_ms)
        if call.reference in self._locked and call.op not in {"inquire", "kill"}:
            return Delivery("reply", Answer(409, {"error": {"code": "key_in_use"}}))
        fault = self.plan.draw(call) or self._magic_fault(call)
        if fault is None:
            return Delivery("reply", answer(self.network, call, now_ms))
        return self._faulty(fault, call, now_ms)

    def next_due(self) -> int | None:
        """When something will happen by itself, here or in the network."""
        times = [self._held[0][0] if self._held else None, self.network.next_due()]
        return min((at for at in times if at is not None), default=None)

    def advance(self, now_ms: int) -> None:
        """Let held calls arrive and the network go on, in the order of time."""
        while self._held and self._held[0][0] <= now_ms:
            at_ms, _, call = heapq.heappop(self._held)
            self._locked.discard(call.reference)
            answer(self.network, call, at_ms)
        self.network.advance(now_ms)

    def _hold(self, call: Call, at_ms: int) -> None:
        self._count += 1
        heapq.heappush(self._held, (at_ms, self._count, call))

    def _faulty(self, fault: Fault, call: Call, now_ms: int) -> Delivery:
        match fault.kind:
            case FaultKind.UNREACHABLE:
                return Delivery("unreachable")
            case FaultKind.LOSE_REQUEST:
                return Delivery("closed", after_ms=fault.silence_ms)
            case FaultKind.LOSE_REPLY_BEFORE:
                return Delivery("cut", after_ms=fault.silence_ms)
            case FaultKind.ERROR_BEFORE:
                return Delivery("reply", Answer(fault.status, {"error": {"code": "internal"}}))
            case FaultKind.COMMIT_LATE:
                self._hold(call, now_ms + fault.delay_ms)
                if fault.locked:
                    self._locked.add(call.reference)
                return Delivery("closed", after_ms=fault.silence_ms)
            case FaultKind.HIDE:
                call = Call(call.op, {**call.body, "hidden_ms": fault.delay_ms})
            case FaultKind.DUPLICATE:
                self._hold(call, now_ms + fault.delay_ms)
            case _:
                pass
        return _committed(fault, answer(self.network, call, now_ms))

    def _magic_fault(self, call: Call) -> Fault | None:
        """Some magic amounts make the line fail when their reference is sent for the first time."""
        amount = call.body.get("amount")
        if type(amount) is not int or call.reference in self._tripped or not self._obeys(call):
            return None
        kind = WIRE_TABLE.get(amount % 100)
        if kind is None:
            return None
        self._tripped.add(call.reference)
        return Fault(FaultKind(kind))

    def _obeys(self, call: Call) -> bool:
        if not self.network.settings.magic:
            return False
        terminal = self.network.counter.terminals.get(str(call.body.get("terminal", "")))
        return call.op == "charge_token" or (call.op == "start" and terminal is not None and terminal.auto)


def _aimed_at(fault: Fault, call: Call) -> bool:
    return fault.op in {"*", call.op} and fault.reference in {"", call.reference}


def _committed(fault: Fault, reply: Answer) -> Delivery:
    """What is seen of a call that was done."""
    match fault.kind:
        case FaultKind.LOSE_REPLY:
            return Delivery("closed", after_ms=fault.silence_ms)
        case FaultKind.ERROR_AFTER:
            return Delivery("reply", Answer(fault.status, {"error": {"code": "internal"}}))
        case FaultKind.ERROR_WITH_ANSWER:
            body = {"error": {"code": "terminal_timeout"}, **reply.body}
            return Delivery("reply", Answer(fault.status, body))
        case FaultKind.GARBLED:
            return Delivery("garbled")
        case FaultKind.SLOW:
            return Delivery("reply", reply, after_ms=fault.delay_ms)
        case _:
            return Delivery("reply", reply)
