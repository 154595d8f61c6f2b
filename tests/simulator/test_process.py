"""The simulator as a process: keys, books that survive, faults on real sockets, pages for this machine only."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tillbridge.simulator.core.calls import OPERATIONS
from tillbridge.simulator.core.entries import Entry, Kind
from tillbridge.simulator.server.routes_api import ROUTES
from tillbridge.simulator.server.store import BooksFile, BooksInUse, keys_of


class Running:
    """One simulator process and the two clients of it."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "tillbridge.simulator", "--data", str(folder), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.ready = json.loads(self.process.stdout.readline())
        self.api = self._client(str(self.ready["api_key"]))
        self.admin = self._client(str(self.ready["admin_key"]))

    def start(self, reference: str, amount: int = 1000) -> httpx.Response:
        body = {"reference": reference, "amount": amount, "currency": "USD"}
        return self.api.post("/v1/terminals/front-desk-1/start", json=body)

    def take(self, reference: str) -> None:
        self.start(reference)
        self.admin.post("/admin/press", json={"terminal": "front-desk-1", "button": "tap"})
        self.admin.post("/admin/clock", json={"advance_ms": 10_000})

    def end(self, sign: signal.Signals = signal.SIGTERM) -> int:
        self.api.close()
        self.admin.close()
        os.kill(self.process.pid, sign)
        code = self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def _client(self, key: str) -> httpx.Client:
        headers = {"authorization": f"Bearer {key}"}
        return httpx.Client(base_url=str(self.ready["url"]), headers=headers, timeout=20, verify=False)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(Path(tmp_path_factory.mktemp("simulator")))
    yield running
    running.end()


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "books.jsonl").read_text().splitlines()]


def test_every_operation_of_the_core_has_one_route() -> None:
    assert sorted(op for _, _, op in ROUTES) == sorted(OPERATIONS)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1]}")
def test_every_route_refuses_a_wrong_key(running: Running, route: tuple[str, str, str]) -> None:
    path = route[1].replace("{", "").replace("}", "")
    for key in ("", "Bearer simkey_wrong", f"Bearer {running.ready['admin_key']}"):
        reply = running.api.request(route[0], path, headers={"authorization": key})
        assert reply.status_code == 401


def test_the_admin_door_refuses_the_merchants_key(running: Running) -> None:
    assert running.api.get("/admin/books").status_code == 401


def test_another_host_name_is_refused(running: Running) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:80"):
        assert running.api.get("/v1/terminals", headers={"host": host}).status_code == 421


def test_a_press_from_a_foreign_page_is_refused(running: Running) -> None:
    reply = running.api.post("/terminal/front-desk-1/press", json={"button": "pull"})
    assert reply.status_code == 403
    shown = running.admin.get("/terminal/front-desk-1/state").json()
    assert shown["online"] is True


def test_pages_carry_a_strict_policy(running: Running) -> None:
    reply = running.api.get("/terminal/front-desk-1")
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "style=" not in reply.text


def test_no_page_shows_a_reference_on_the_terminals_own_screen(running: Running) -> None:
    running.start("TBSCREEN1")
    assert "TBSCREEN1" not in running.api.get("/terminal/front-desk-1/state").text
    running.api.post("/v1/payments/TBSCREEN1/kill")


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"\xff\xfe", b"[" * 60_000, b'{"reference": "' + b"x" * 70_000]
)
def test_a_broken_body_is_refused_with_a_code(running: Running, body: bytes) -> None:
    reply = running.api.post("/v1/terminals/front-desk-1/start", content=body)
    assert reply.status_code in (400, 413)
    assert reply.json()["error"]["code"] == "invalid_request"


@pytest.mark.parametrize("body", [{"faults": [{"kind": "bogus"}]}, {"faults": [{"kind": "unreachable"}]},
                                  {"faults": [{"kind": "slow", "bogus": 1}]}, {"faults": 3}])  # fmt: skip
def test_a_fault_that_cannot_be_is_refused(running: Running, body: dict[str, object]) -> None:
    assert running.admin.post("/admin/faults", json=body).status_code == 400
    assert running.admin.get("/admin/faults").json() == {"faults": []}


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("lose_request", httpx.RemoteProtocolError),
        ("lose_reply", httpx.RemoteProtocolError),
        ("lose_reply_before_commit", httpx.RemoteProtocolError),
        ("commit_late", httpx.RemoteProtocolError),
    ],
)
def test_a_lost_reply_closes_the_socket(running: Running, kind: str, error: type[Exception]) -> None:
    running.admin.post("/admin/faults", json={"faults": [{"kind": kind, "op": "terminals"}]})
    with pytest.raises(error):
        running.api.get("/v1/terminals")
    assert running.api.get("/v1/terminals").status_code == 200


def test_a_slow_reply_outlasts_the_callers_patience(running: Running) -> None:
    fault = {"kind": "slow", "op": "terminals", "delay_ms": 60_000}
    running.admin.post("/admin/faults", json={"faults": [fault]})
    with pytest.raises(httpx.ReadTimeout):
        running.api.get("/v1/terminals", timeout=0.3)


def test_a_garbled_reply_is_no_json(running: Running) -> None:
    running.admin.post("/admin/faults", json={"faults": [{"kind": "garbled", "op": "terminals"}]})
    with pytest.raises(ValueError, match=r"."):
        running.api.get("/v1/terminals").json()


def test_killed_with_sigkill_it_comes_back_with_the_same_books_and_keys(tmp_path: Path) -> None:
    first = Running(tmp_path)
    first.take("TBKEPT1")
    first.start("TBWAITS1")
    before = lines(tmp_path)
    first.end(signal.SIGKILL)
    second = Running(tmp_path)
    try:
        assert second.ready["api_key"] == first.ready["api_key"]
        assert lines(tmp_path)[: len(before)] == before
        assert second.api.get("/v1/payments/TBKEPT1").json()["payment"]["state"] == "approved"
        assert second.api.get("/v1/payments/TBWAITS1").json()["payment"]["state"] == "cancelled"
        second.take("TBKEPT2")
        times = [int(str(line["at_ms"])) for line in lines(tmp_path)]
        assert times == sorted(times)
    finally:
        second.end()


def test_a_second_simulator_on_the_same_books_is_refused(tmp_path: Path) -> None:
    first = Running(tmp_path)
    started = first.start("TBHELD1")
    command = [sys.executable, "-m", "tillbridge.simulator", "--data", str(tmp_path)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert started.status_code == 200
    assert first.end() == 0
    assert second.returncode == 1
    assert "another simulator" in second.stderr


def test_a_line_torn_by_a_power_cut_is_put_aside_not_guessed_at(tmp_path: Path) -> None:
    file = BooksFile(tmp_path)
    file.save([Entry(1, 5, Kind.KILL, "TBONE")])
    file.close()
    books = tmp_path / "books.jsonl"
    whole = books.read_bytes()
    books.write_bytes(whole + b'{"seq":2,"at_ms":6,"ki')
    again = BooksFile(tmp_path)
    assert again.load() == [Entry(1, 5, Kind.KILL, "TBONE")]
    again.save([Entry(1, 5, Kind.KILL, "TBONE"), Entry(2, 7, Kind.KILL, "TBTWO")])
    again.close()
    assert [line["seq"] for line in lines(tmp_path)] == [1, 2]
    assert (tmp_path / "books.torn").read_bytes() == b'{"seq":2,"at_ms":6,"ki'


def test_the_books_file_can_be_open_once(tmp_path: Path) -> None:
    file = BooksFile(tmp_path)
    with pytest.raises(BooksInUse):
        BooksFile(tmp_path)
    file.close()


def test_keys_and_books_are_for_their_owner_only(tmp_path: Path) -> None:
    keys_of(tmp_path, 1)
    BooksFile(tmp_path).close()
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("keys.json", "books.jsonl")]
    assert modes == [0o600, 0o600]


def test_a_disk_that_fails_half_way_leaves_no_half_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = BooksFile(tmp_path)
    one, two = Entry(1, 5, Kind.KILL, "TBONE"), Entry(2, 6, Kind.KILL, "TBTWO")
    file.save([one])
    write = os.write

    def half(handle: int, data: bytes) -> int:
        write(handle, bytes(data)[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space"):
        file.save([one, two])
    monkeypatch.setattr(os, "write", write)
    assert [line["reference"] for line in lines(tmp_path)] == ["TBONE"]
    file.save([one, two])
    file.close()
    assert [line["reference"] for line in lines(tmp_path)] == ["TBONE", "TBTWO"]


@pytest.mark.parametrize("ms", [-1, 10**15])
def test_the_clock_leaps_forward_and_not_too_far(running: Running, ms: int) -> None:
    before = running.admin.get("/admin/books").json()["now_ms"]
    assert running.admin.post("/admin/clock", json={"advance_ms": ms}).status_code == 400
    assert 0 <= running.admin.get("/admin/books").json()["now_ms"] - before < 60_000


def test_a_merchant_cannot_hide_a_payment(running: Running) -> None:
    body = {"reference": "TBHIDE1", "amount": 1000, "currency": "USD", "hidden_ms": 60_000}
    assert running.api.post("/v1/terminals/front-desk-2/start", json=body).status_code == 200
    assert running.api.get("/v1/payments/TBHIDE1").status_code == 200
