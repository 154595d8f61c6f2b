"""An agent that is asked to end does so at once, loses nothing, and the next one goes on with what was under way."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps.counter import (
    Counter,
    Shown,
    command,
    ended,
    no_screen,
    running_counter,
    start_process,
    until,
)
from tillbridge.apps.cli.client import AgentClient, running_agent
from tillbridge.wiring import load_site

PAYMENT = "under-way-when-it-ends"
SOON_S = 5.0


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Counter]:
    """A counter whose agent this test may end."""
    with running_counter(tmp_path) as running:
        yield running


def _begin(counter: Counter) -> None:
    body = {"typed": True, "client": "Alvarez", "amount": "12.00", "terminal_id": "front-desk-1"}
    counter.agent.post("/v1/payments", {"payment_id": PAYMENT, **body})
    until(lambda: _money(counter.agent) == "running", "it is on the terminal")


def _money(agent: AgentClient) -> str:
    return str(agent.get(f"/v1/payments/{PAYMENT}")["payment"]["money_state"])


def _end(process: subprocess.Popen[str], number: int) -> tuple[int, float]:
    """The exit code, and how long it took in seconds."""
    began = time.monotonic()
    process.send_signal(number)
    return process.wait(timeout=20), time.monotonic() - began


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["term", "int"])
def test_a_signal_during_a_payment_ends_it_soon_and_the_next_one_goes_on(own: Counter, number: int) -> None:
    _begin(own)
    waiting = _long_poll(own)
    assert own.agent.get("/v1/health")["ok"], "answered after the long question was taken up"
    address, token = own.home / "agent.json", own.address["token"]
    assert stat.S_IMODE(address.stat().st_mode) == 0o600

    code, took = _end(own.process, number)
    with waiting:
        answer = waiting.recv(1000)
    assert code == 0
    assert took < SOON_S
    assert answer.startswith(b"HTTP/1.1 200"), "who waits for news is answered before the door closes"
    assert not address.exists(), "the address is gone with the agent"
    log = (own.folder / "agent.log").read_text("utf-8")
    assert "ERROR" not in log
    assert "Traceback" not in log
    assert token not in log

    own.simulator.press("tap")
    again = start_process(own.home, own.folder / "agent.log", no_screen())
    try:
        with running_agent(load_site(own.home)) as agent:
            assert agent is not None
            until(lambda: _money(agent) == "approved", "the next one asks what became of it")
    finally:
        assert ended(again) == 0
    assert [entry["amount"] for entry in own.simulator.captures()] == [1200]


def _long_poll(counter: Counter) -> socket.socket:
    """A request that waits for news for a long time, sent and not yet answered."""
    host, _, port = counter.address["url"].removeprefix("http://").rpartition(":")
    asked = socket.create_connection((host, int(port)), timeout=20)
    asked.sendall(
        f"GET /v1/payments/{PAYMENT}?after=1000&wait_ms=20000 HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Authorization: Bearer {counter.address['token']}\r\n\r\n".encode()
    )
    return asked


def test_it_ends_when_it_is_asked_at_its_door(own: Counter) -> None:
    assert own.agent.post("/v1/stop") == {"stopping": True}
    assert own.process.wait(timeout=SOON_S) == 0
    assert not (own.home / "agent.json").exists()


def test_a_killed_agent_leaves_an_address_that_nobody_believes(own: Counter) -> None:
    """The command line finds nobody there and works by itself, under the same lock."""
    _begin(own)
    own.process.kill()
    own.process.wait()
    assert (own.home / "agent.json").exists()
    shown: Shown = command(own.home, "show", PAYMENT)
    assert "Tillbridge was started again. We ask what became of it." in shown.text
    own.simulator.press("tap")
    until(lambda: len(own.simulator.captures()) == 1, "the card is charged")
    assert "Charged: yes." in command(own.home, "resume", PAYMENT).text
    assert "[" not in command(own.home, "payments").text


def test_the_command_line_alone_holds_the_same_lock(own: Counter, tmp_path: Path) -> None:
    """While an agent that cannot be reached has the record, a command is refused and touches nothing."""
    (own.home / "agent.json").write_text(json.dumps({"url": "http://127.0.0.1:9", "token": "x", "pid": 1}))
    assert command(own.home, "payments").code == "opened_twice"
    assert own.agent.get("/v1/health")["ok"]
