"""The main job at a whole desk: by the command line, and through an end of the agent in the middle of typing."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.apps.counter import command, start_process
from tests.apps.desk_fixture import Desk
from tillbridge.apps.cli.client import running_agent
from tillbridge.wiring import load_site

pytestmark = pytest.mark.screen


def test_the_open_invoice_is_paid_and_entered_by_one_command(fresh: Desk) -> None:
    fresh.until("the invoice is seen", lambda: "trouble" not in fresh.agent.post("/v1/invoice"))
    before = len(fresh.captures())
    told = fresh.command("pay", "--terminal", "front-desk-1")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Paid $212.40, and in ImproMed (stand-in). Client can go." in told.stdout
    assert len(fresh.captures()) == before + 1
    assert [(act["invoice"], act["amount_minor"]) for act in fresh.truth()] == [("10482", 21240)]
    assert "owed $0.00, can be taken now $0.00" in fresh.command("invoice").stdout
    again = fresh.command("pay", "--terminal", "front-desk-1")
    assert "[nothing_owed]" in again.stderr


def test_doctor_finds_a_whole_desk_ready(fresh: Desk) -> None:
    fresh.until("the invoice is seen", lambda: "trouble" not in fresh.agent.post("/v1/invoice"))
    told = fresh.command("doctor")
    assert "The settings fit the screen" in told.stdout, told.stdout
    assert " bad " not in told.stdout
    assert fresh.truth() == [], "what was tried was taken back"


def test_an_end_while_the_software_hangs_in_the_middle_of_typing_loses_nothing(fresh: Desk) -> None:
    """The agent does not wait for the program; the next agent looks before it types, and the books have it once."""
    fresh.until("the invoice is seen", lambda: "trouble" not in fresh.agent.post("/v1/invoice"))
    before = len(fresh.captures())
    fresh.knob(freeze_at="filling", freeze_s="7")
    payment_id = "ended-while-typing"
    fresh.agent.post("/v1/payments", {"payment_id": payment_id, "terminal_id": "front-desk-1"})
    path = f"/v1/payments/{payment_id}"
    fresh.until("it types", lambda: fresh.agent.get(path)["payment"]["posting_state"] == "typing")
    pid = json.loads((fresh.home / "agent.json").read_text("utf-8"))["pid"]
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    fresh.until("the agent has ended", lambda: not (fresh.home / "agent.json").exists(), 20)
    fresh.until("its process is gone", lambda: _gone(pid), 20)
    assert time.monotonic() - began < 7
    fresh.knob(freeze_s="0")

    again = start_process(fresh.home, fresh.folder / "agent.log", dict(fresh.screen.env))
    try:
        with running_agent(load_site(fresh.home)) as agent:
            assert agent is not None
            fresh.until("it is in the books", lambda: agent.get(path)["payment"]["finished"], 100)
        assert "We look before we type." in command(fresh.home, "show", payment_id).text
    finally:
        again.terminate()
        assert again.wait(timeout=20) == 0
        assert again.stdout is not None
        again.stdout.close()
    assert len(fresh.captures()) == before + 1
    assert [act["amount_minor"] for act in fresh.truth()] == [21240]


def _gone(pid: int) -> bool:
    """Ended: not there any more, or only waiting to be counted by its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
