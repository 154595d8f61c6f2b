"""Rule 9: a record that was put back from a backup is compared with the gateway before any sale."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tillbridge.apps.agent.process import in_process
from tillbridge.apps.cli.client import AgentClient, _client
from tillbridge.domain.errors import OperatorError
from tillbridge.wiring import load_site, mark_of
from tools.demo import parts


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A desk without a display, on a simulator of its own."""
    monkeypatch.setenv("TILLBRIDGE_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("DISPLAY", raising=False)
    with ExitStack() as stack:
        command = [
            "-m",
            "tillbridge.simulator",
            "--data",
            str(tmp_path / "simulator"),
            "--auto",
            "--no-magic",
        ]
        command += ["--auto-ms", "10", "--processing-ms", "10"]
        env = {**os.environ, "PYTHONPATH": str(parts.ROOT / "src")}
        simulator = parts.start_ready(command, env, tmp_path / "simulator.log", stack)
        parts.write_site(tmp_path / "home", simulator, parts.StandIn({}))
        yield tmp_path / "home"


@contextmanager
def agent_at(home: Path) -> Iterator[AgentClient]:
    with in_process(load_site(home)) as agent, _client(agent.url, agent.token) as http:
        yield AgentClient(http)


def paid(agent: AgentClient, amount: str) -> dict[str, Any]:
    """A typed payment: it is taken, and waits to be entered."""
    payment_id = str(uuid.uuid4())
    body = {
        "payment_id": payment_id,
        "terminal_id": "front-desk-1",
        "typed": True,
        "client": "Rosa",
        "amount": amount,
    }
    agent.post("/v1/payments", body)
    seen = 0
    while True:
        told = agent.get(f"/v1/payments/{payment_id}", after=seen, wait_ms=2_000)
        seen = len(told["story"])
        if told["payment"]["charged"] == "yes":
            payment: dict[str, Any] = told["payment"]
            return payment


def put_back(home: Path, copy: Path) -> None:
    """What a backup program does: the record of then, without what came beside it."""
    for path in home.glob("journal.db*"):
        path.unlink()
    shutil.copy(copy, home / "journal.db")


def test_no_sale_begins_on_a_restored_record_before_the_gateways_list_was_seen(
    home: Path, tmp_path: Path
) -> None:
    with agent_at(home) as agent:
        paid(agent, "10.00")
    shutil.copy(home / "journal.db", tmp_path / "backup.db")
    with agent_at(home) as agent:
        lost = paid(agent, "22.50")
    put_back(home, tmp_path / "backup.db")
    with agent_at(home) as agent:
        with pytest.raises(OperatorError, match="restored_first"):
            paid(agent, "5.00")
        missing = agent.post("/v1/journal/missing")
        assert [row["amount"]["minor"] for row in missing["missing"]] == [2_250]
        assert missing["missing"][0]["reference"] == lost["attempts"][0]["reference"]
        with pytest.raises(OperatorError, match="person_missing"):
            agent.post("/v1/journal/accept")
        assert agent.post("/v1/journal/accept", {"person": "Dana"})["closed"] is False
        assert paid(agent, "5.00")["charged"] == "yes"
    with agent_at(home) as agent:
        assert agent.get("/v1/health")["found"] == []


def test_the_mark_lies_away_from_the_home_that_may_be_restored(home: Path) -> None:
    assert home not in mark_of(home).parents
