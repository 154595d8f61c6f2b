"""The main job at a whole desk: by the command line, and through an end of the agent in the middle of typing."""

from __future__ import annotations

import json
import os
import re
import signal
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.apps.counter import command, start_process
from tests.apps.desk_fixture import Desk, running_desk
from tests.screen.test_pictures import lit
from tests.stand_ins.qt.eyes import Eyes, Node
from tillbridge.apps.cli.client import running_agent
from tillbridge.wiring import load_site

pytestmark = pytest.mark.screen


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk as a clinic has it: the payment window is tried before the first charge."""
    with running_desk(tmp_path_factory.mktemp("desk"), rehearse="auto", settle_s=4) as running:
        yield running


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
    assert fresh.agent.get("/v1/health")["rehearsed"]["found"] == "as_expected", "tried before the card"
    _is_followed_and_told_to_support(fresh, str(fresh.agent.get("/v1/payments")["payments"][0]["payment_id"]))


def _is_followed_and_told_to_support(desk: Desk, payment_id: str) -> None:
    """The story says what the screen showed; the file for support shows what was filled, and no client."""
    story = command(desk.home, "show", payment_id).text
    for part in (
        "On the screen: Alvarez, Rosa, invoice 10482, $212.40 owed.",
        "values in the window were read back, and each was right.",
        "Seen in the list of payments of ImproMed (stand-in): $212.40, invoice 10482",
    ):
        assert part in story
    with zipfile.ZipFile(desk.agent.post(f"/v1/payments/{payment_id}/support")["file"]) as packed:
        inside = {name: packed.read(name) for name in packed.namelist()}
    assert [name for name, content in inside.items() if re.search(rb"(?i)alvarez|rosa", content)] == []
    filled = next(content for name, content in inside.items() if name.endswith(".filled.png"))
    after = next(content for name, content in inside.items() if name.endswith(".after.png"))
    assert len(lit(filled)) > 1_000, "the fields that were filled can be seen"
    with closing(Eyes(desk.screen.virtual)) as eyes:  # type: ignore[arg-type]
        main = next(w for w in eyes.windows() if eyes.name(w).startswith("ImproMed - "))
        for control in ("lblClient", "grdClients", "grdInvoices"):
            assert lit(after) & _pixels(eyes, main, control) == set(), control
        assert lit(after) & _pixels(eyes, main, "btnPay"), "the picture is of this window, at these places"


def _pixels(eyes: Eyes, window: Node, control: str) -> set[tuple[int, int]]:
    """Where a control is inside its window, as the accessibility bus tells it."""
    node = eyes.find(window, control)
    left, top, width, height = eyes._call(node, "org.a11y.atspi.Component", "GetExtents", "u", (1,))[0]
    assert width > 10
    assert height > 5
    return {(x, y) for x in range(left, left + width) for y in range(top, top + height)}


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
