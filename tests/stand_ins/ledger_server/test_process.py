"""The ledger server over HTTP, as its own process."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stand_ins.running import Server

FORM = {
    "account": "01042",
    "invoices": ["10482"],
    "unapplied": False,
    "tenders": [
        {
            "method": "Tillbridge",
            "card_type": "Not Specified",
            "amount_minor": 14250,
            "reference": "V4242-K7Q9",
        }
    ],
    "employee": "Kim Tran",
    "conclude": False,
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path, "--seed", "3", "--fault", "ledger_delay_ms=0") as running:
        yield running


def hello(server: Server, **words: Any) -> str:
    return str(server.send("/skin/hello", pid=1, **words).json()["skin"])


def test_it_says_where_it_listens(server: Server) -> None:
    assert server.first_line == {"ready": True, "url": server.url, "pid": server.process.pid}
    assert server.url.startswith("http://127.0.0.1:")


def test_a_killed_server_comes_back_with_its_books(tmp_path: Path) -> None:
    with Server(tmp_path) as first:
        assert (
            first.send("/skin/ok", skin=hello(first), form=FORM).json()["dialog"]["text"] == "Print receipt?"
        )
    with Server(tmp_path) as second:
        assert [row["amount_minor"] for row in second.payments()] == [14250]
        assert second.get("/world")["invoices"]["10482"]["balance_minor"] == 21240 - 14250


def test_a_skin_that_the_server_does_not_know_is_told_so(server: Server) -> None:
    assert server.send("/skin/client", skin="nobody", client="01042").status_code == 401
    assert server.send("/skin/orders", skin="nobody", after=0).status_code == 401


def test_an_unknown_client_is_not_found(server: Server) -> None:
    assert server.send("/skin/client", skin=hello(server), client="99999").status_code == 404


def test_knobs_can_be_turned_during_a_run(server: Server) -> None:
    server.knobs(latency_ms="300", dialog_unknown="before_commit*1")
    assert server.get("/faults")["faults"]["dialog_unknown"] == "before_commit*1"
    begun = time.monotonic()
    hello(server)
    assert time.monotonic() - begun >= 0.3


def test_a_bad_knob_says_which_there_are(server: Server) -> None:
    answer = server.send("/faults", typo="1")
    assert answer.status_code == 400
    assert "crash_after_commit" in answer.json()["error"]


def test_a_bad_knob_on_the_command_line_stops_the_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tillbridge.stand_ins.ledger_server", "--data", str(tmp_path)]
    done = subprocess.run([*command, "--fault", "typo=1"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "there is no knob typo" in done.stderr


def test_reset_starts_another_scene(server: Server) -> None:
    server.world("cash", invoice="10482", amount_minor=100)
    assert server.send("/reset", scene="credit").json() == {"scene": "credit", "seed": 3}
    assert server.payments() == []
    assert server.get("/world")["credit_minor"] == {"01042": 2500}
    assert server.send("/reset", scene="moon").status_code == 400


def test_orders_reach_a_waiting_skin(server: Server) -> None:
    skin = hello(server)
    late = threading.Timer(0.2, lambda: server.world("show", client="01077"))
    late.start()
    orders = server.send("/skin/orders", skin=skin, after=0).json()["orders"]
    late.join()
    assert [(order["what"], order["client"]) for order in orders] == [("show", "01077")]


ACTS: list[tuple[dict[str, Any], str]] = [
    ({"act": "cash", "invoice": "10482", "amount_minor": 500}, "payment"),
    (
        {"act": "by_hand", "client": "01042", "amount_minor": 500, "method": "Check", "reference": "77"},
        "payment",
    ),
    ({"act": "line", "invoice": "10482", "amount_minor": 1900}, "line_added"),
    ({"act": "conclude", "invoice": "10482"}, "concluded"),
    ({"act": "reverse", "payment": "H00001"}, "reversal"),
    ({"act": "delete", "payment": "H00001"}, "deletion"),
    ({"act": "close_period"}, "period"),
    ({"act": "open_period"}, "period"),
]


@pytest.mark.parametrize(("words", "kind"), ACTS)
def test_what_others_do_is_truth_too(server: Server, words: dict[str, Any], kind: str) -> None:
    answer = server.send("/world", **words)
    assert [act["kind"] for act in answer.json()["acts"]] == [kind]
    assert server.get("/truth")["acts"][-1]["by"] == "world"


ORDERS: list[dict[str, Any]] = [
    {"act": "lock", "client": "01042"},
    {"act": "unlock", "client": "01042"},
    {"act": "pop", "dialog": "update"},
    {"act": "freeze", "seconds": 1},
    {"act": "minimise"},
]


@pytest.mark.parametrize("words", ORDERS)
def test_orders_and_locks_are_no_acts(server: Server, words: dict[str, Any]) -> None:
    assert server.send("/world", **words).json() == {"acts": []}


@pytest.mark.parametrize("words", [{"act": "nonsense"}, {"act": "cash"}, {"act": "show", "client": "99999"}])
def test_an_act_that_cannot_be_done_is_refused(server: Server, words: dict[str, Any]) -> None:
    assert server.send("/world", **words).status_code == 400


def test_a_line_whose_invoice_does_not_exist_is_not_written(server: Server) -> None:
    assert server.send("/world", act="line", invoice="99999", amount_minor=100).status_code == 400
    assert [act["kind"] for act in server.get("/truth")["acts"]] == ["scene"]
