"""The simulator in a process of its own, as the laboratory of the gateway suite. Judges by its file of books."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx

from tillbridge.domain.money import Money, zero
from tillbridge.gateways.simulator.adapter import Adapter
from tillbridge.ports.gateway import AttemptRequest, Gateway
from tillbridge.testing.gateway_lab import Deed, FaultName, Kept

READ_TIMEOUT_MS = 1200
TIP_MINOR = 1000
GOOD_NUMBERS = {"card": "4242424242424242", "bank": "000123456789"}


class SimulatorProcess:
    """`python -m tillbridge.simulator` on a free port; `ready` is what its first line said."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tillbridge.simulator", "--data", str(folder), *options],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the simulator did not start"
        self.ready = json.loads(line)
        self.url = str(self.ready["url"])
        self._admin = httpx.Client(
            base_url=self.url,
            headers={"authorization": f"Bearer {self.ready['admin_key']}"},
            timeout=20,
            trust_env=False,
            verify=False,
        )

    def admin(self, method: str, name: str, **body: object) -> dict[str, object]:
        reply = self._admin.request(method, f"/admin/{name}", json=body or None)
        assert reply.status_code == 200, reply.text
        answer: dict[str, object] = reply.json()
        return answer

    def lines(self) -> list[dict[str, object]]:
        """The file as it stands, read without a line of the simulator's code."""
        return [json.loads(line) for line in (self.folder / "books.jsonl").read_text().splitlines()]

    def stop(self) -> None:
        self._admin.close()
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@dataclass(frozen=True)
class Keys:
    api_key: str

    def get(self, name: str) -> str:
        return self.api_key


class SimulatorLab:
    """One test's view of a running simulator; `count` makes references that no test used before."""

    count = 0

    def __init__(self, simulator: SimulatorProcess) -> None:
        self.simulator = simulator
        self._made: list[Gateway] = []
        self.gateway: Gateway = self._gateway(simulator.url, str(simulator.ready["api_key"]))
        for terminal in self._terminals():
            for deed in ("plug", "remove", "find_bank"):
                simulator.admin("POST", "press", terminal=terminal, button=deed)
        simulator.admin("DELETE", "faults")
        self.pass_time(600_000)

    def request(
        self, amount_minor: int, kind: Literal["sale", "keyed", "auth_only", "store_card"] = "sale"
    ) -> AttemptRequest:
        return AttemptRequest(
            reference=self.new_reference(), amount=Money(minor=amount_minor, currency="USD"), tip=zero("USD"),
            fee=zero("USD"), terminal_id=self._terminals()[0], kind=kind, show=("Pine Street Vet", "A"),
        )  # fmt: skip

    def new_reference(self) -> str:
        SimulatorLab.count += 1
        return f"TBLAB{SimulatorLab.count:06d}"

    def fault(self, kind: FaultName, operation: str, delay_ms: int = 0) -> None:
        delay_ms = 60_000 if kind == "slow" else delay_ms
        self.simulator.admin("POST", "faults", faults=[{"kind": kind, "op": operation, "delay_ms": delay_ms}])

    def hand(self, terminal_id: str, deed: Deed) -> None:
        more = {"amount": TIP_MINOR} if deed == "tip" else {}
        self.simulator.admin("POST", "press", terminal=terminal_id, button=deed, **more)

    def fill_in(self, session_id: str, kind: Literal["card", "bank"]) -> None:
        self.simulator.admin("POST", "submit", session=session_id, number=GOOD_NUMBERS[kind])

    def bank_takes_back(self, reference: str, code: str) -> None:
        self.simulator.admin("POST", "returns", reference=reference, code=code)

    def others_give_back(self, reference: str, amount_minor: int) -> None:
        self.simulator.admin("POST", "portal", reference=reference, deed="refund", amount=amount_minor)

    def dispute(self, reference: str, case: str, deed: Literal["open", "win", "lose"]) -> None:
        self.simulator.admin("POST", "dispute", reference=reference, case=case, deed=deed)

    def pass_time(self, ms: int) -> None:
        self.simulator.admin("POST", "clock", advance_ms=ms)

    def close_batch(self) -> None:
        self.simulator.admin("POST", "settle")

    def kept(self, reference: str) -> Kept:
        lines = self.simulator.lines()
        captures = [line for line in lines if line["kind"] == "capture" and line["reference"] == reference]
        backs = [line for line in lines if line["kind"] in ("void", "refund")]
        return Kept(
            captures=len(captures),
            captured=sum(_minor(line) for line in captures),
            given_back=sum(_minor(line) for line in backs if line["of_reference"] == reference),
        )

    def lines(self) -> int:
        return len(self.simulator.lines())

    def requests_seen(self) -> list[str]:
        return [json.dumps(each) for each in _rows(self.simulator.admin("GET", "requests")["requests"])]

    def with_wrong_key(self) -> Gateway:
        return self._gateway(self.simulator.url, "simkey_wrong")

    def unreachable(self) -> Gateway:
        return self._gateway("http://127.0.0.1:9", "simkey_any")

    def close(self) -> None:
        for gateway in self._made:
            gateway.close()

    def _gateway(self, url: str, api_key: str) -> Gateway:
        gateway = Adapter({"url": url, "read_timeout_ms": str(READ_TIMEOUT_MS)}, Keys(api_key))
        self._made.append(gateway)
        return gateway

    def _terminals(self) -> list[str]:
        return [str(name) for name in self.simulator.ready["terminals"]]


def _minor(line: dict[str, object]) -> int:
    amount = line["amount"]
    assert isinstance(amount, int)
    return amount


def _rows(value: object) -> list[object]:
    assert isinstance(value, list)
    return value
