"""The simulator's core as the laboratory of the gateway suite: no sockets, virtual time."""

from __future__ import annotations

import json
from typing import Literal

from tests.gateways.simulator_lab import GOOD_NUMBERS, TIP_MINOR
from tillbridge.domain.money import Money, zero
from tillbridge.gateways.simulator.adapter import Adapter
from tillbridge.gateways.simulator.wire import Exchange, Heard, Json, NoReply, Reply
from tillbridge.ports.gateway import AttemptRequest, Gateway
from tillbridge.simulator.core.entries import Kind
from tillbridge.simulator.core.faults import Fault, FaultKind
from tillbridge.simulator.core.settings import Settings
from tillbridge.testing.gateway_lab import Deed, FaultName, Kept
from tools.benches.in_process_gateway import CoreExchange, NoSecrets, line_of


class Told:
    """Passes a request on and keeps it as text."""

    def __init__(self, inner: Exchange) -> None:
        self._inner = inner
        self.seen: list[str] = []

    def __call__(self, op: str, fields: Json) -> Heard:
        self.seen.append(json.dumps({"op": op, **fields}))
        return self._inner(op, fields)

    def close(self) -> None:
        self._inner.close()


class Always:
    """Answers everything alike."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard

    def __call__(self, op: str, fields: Json) -> Heard:
        return self._heard

    def close(self) -> None:
        """Nothing to close."""


def adapter_over(exchange: Exchange) -> Adapter:
    return Adapter({"url": "http://in-process"}, NoSecrets(), exchange)


class InProcessLab:
    def __init__(self, settings: Settings) -> None:
        self.now_ms = 1_700_000_000_000
        self.line = line_of(settings)
        self.exchange = Told(CoreExchange(self.line, lambda: self.now_ms))
        self.gateway: Gateway = adapter_over(self.exchange)
        self._count = 0

    def request(
        self, amount_minor: int, kind: Literal["sale", "keyed", "auth_only", "store_card"] = "sale"
    ) -> AttemptRequest:
        return AttemptRequest(
            reference=self.new_reference(), amount=Money(minor=amount_minor, currency="USD"), tip=zero("USD"),
            fee=zero("USD"), terminal_id="front-desk-1", kind=kind,
        )  # fmt: skip

    def new_reference(self) -> str:
        self._count += 1
        return f"TBLAB{self._count:06d}"

    def fault(self, kind: FaultName, operation: str, delay_ms: int = 0) -> None:
        delay_ms = 60_000 if kind == "slow" else delay_ms
        self.line.plan.faults.append(Fault(FaultKind(kind), op=operation, delay_ms=delay_ms))

    def hand(self, terminal_id: str, deed: Deed) -> None:
        amount = TIP_MINOR if deed == "tip" else 0
        self.line.network.counter.press(terminal_id, deed, self.now_ms, amount=amount)

    def fill_in(self, session_id: str, kind: Literal["card", "bank"]) -> None:
        self.line.network.pages.submit(session_id, GOOD_NUMBERS[kind], self.now_ms)

    def _ref(self, reference: str) -> str:
        return self.line.network.find(reference).provider_ref

    def bank_takes_back(self, reference: str, code: str) -> None:
        self.line.network.days.bank_returns(self._ref(reference), code, self.now_ms)

    def others_give_back(self, reference: str, amount_minor: int) -> None:
        self.line.network.portal(self._ref(reference), "refund", amount_minor, self.now_ms)

    def dispute(self, reference: str, case: str, deed: Literal["open", "win", "lose"]) -> None:
        self.line.network.days.dispute(self._ref(reference), case, deed, 0, "10.4", self.now_ms)

    def pass_time(self, ms: int) -> None:
        self.now_ms += ms
        self.line.advance(self.now_ms)

    def close_batch(self) -> None:
        self.line.network.settle(self.now_ms)

    def kept(self, reference: str) -> Kept:
        lines = self.line.network.books.entries
        captures = [
            line.amount for line in lines if line.kind is Kind.CAPTURE and line.reference == reference
        ]
        backs = [line for line in lines if line.kind in {Kind.VOID, Kind.REFUND}]
        given_back = sum(line.amount for line in backs if line.of_reference == reference)
        return Kept(captures=len(captures), captured=sum(captures), given_back=given_back)

    def lines(self) -> int:
        return len(self.line.network.books.entries)

    def requests_seen(self) -> list[str]:
        return self.exchange.seen

    def with_wrong_key(self) -> Gateway:
        return adapter_over(Always(Reply(401, {"error": {"code": "unauthorized"}})))

    def unreachable(self) -> Gateway:
        return adapter_over(Always(NoReply("unreachable", sent=False)))
