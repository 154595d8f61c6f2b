"""The agent's door: who may come in, from where, and what it says to everybody else."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from tests.apps.counter import Counter, until
from tillbridge.apps.agent.desk import Asked, Desk
from tillbridge.apps.agent.http import Door, application

BODY = {"typed": True, "client": "Alvarez", "amount": "3.00", "terminal_id": "front-desk-1"}


@pytest.fixture
def door(counter: Counter) -> Iterator[httpx.Client]:
    address = counter.address
    headers = {"Authorization": f"Bearer {address['token']}"}
    with httpx.Client(base_url=address["url"], headers=headers, timeout=30) as client:
        yield client


def test_it_listens_on_loopback_alone(counter: Counter) -> None:
    port = int(counter.address["url"].rpartition(":")[2])
    lines = [Path(f"/proc/net/{name}").read_text("ascii").splitlines()[1:] for name in ("tcp", "tcp6")]
    local = [line.split()[1] for table in lines for line in table if line.split()[3] == "0A"]
    assert [where for where in local if where.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.1:1", "evil.test", "[::1]"])
def test_the_host_is_exact(counter: Counter, door: httpx.Client, host: str) -> None:
    """`localhost` is another name, too: a page can be given any name that points here."""
    port = counter.address["url"].rpartition(":")[2]
    named = host if ":" in host else f"{host}:{port}"
    wrong = "127.0.0.1" if host == "127.0.0.1" else named
    assert door.get("/v1/health", headers={"host": wrong}).status_code == 421


def test_its_own_page_and_those_without_an_origin_may_come_in(counter: Counter, door: httpx.Client) -> None:
    assert door.get("/v1/health").status_code == 200
    assert door.get("/v1/health", headers={"origin": counter.address["url"]}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["null", "http://localhost", "chrome-extension://abc", "https://127.0.0.1"]
)
def test_no_other_page_may_come_in(door: httpx.Client, origin: str) -> None:
    assert door.get("/v1/health", headers={"origin": origin}).status_code == 403


@pytest.mark.parametrize("given", ["", "Bearer", "Basic eDp5", "Bearer \u00e9t\u00e9", "bearer x"])
def test_without_the_token_nobody_comes_in(door: httpx.Client, given: str) -> None:
    reply = door.get("/v1/health", headers={b"authorization": given.encode("latin-1")})
    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == "not_allowed"


def test_a_question_of_a_browser_beforehand_is_never_answered_with_yes(door: httpx.Client) -> None:
    asked = {"origin": "https://evil.test", "access-control-request-method": "POST"}
    for headers in (asked, {**asked, "origin": "null"}, {"access-control-request-method": "POST"}):
        reply = door.options("/v1/payments", headers=headers)
        assert reply.status_code >= 400
        assert not [name for name in reply.headers if name.startswith("access-control")]


def test_no_answer_may_be_kept_by_a_browser(door: httpx.Client) -> None:
    for reply in (door.get("/v1/health"), door.get("/v1/nowhere"), door.get("/v1/payments/12345678")):
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["content-type"] == "application/json"


@pytest.mark.parametrize("query", ["after=x", "wait_ms=-1", "after=1e9", "wait_ms=99999999999"])
def test_a_number_in_the_address_is_a_number(door: httpx.Client, query: str) -> None:
    reply = door.get(f"/v1/payments/12345678?{query}")
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "field_wrong")


def test_a_body_that_never_ends_is_cut_off(door: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"client": "'
        for _ in range(1_000):
            yield b"a" * 1_000

    try:
        reply = door.post("/v1/payments", content=endless())
    except httpx.TransportError:
        return  # it was cut off before we had said all
    assert reply.json()["error"]["code"] == "body_too_long"


def test_two_presses_with_one_id_are_one_payment(counter: Counter, door: httpx.Client) -> None:
    body = {**BODY, "payment_id": "pressed-twice-1"}
    replies: list[httpx.Response] = []
    presses = [
        threading.Thread(target=lambda: replies.append(door.post("/v1/payments", json=body)))
        for _ in range(5)
    ]
    for press in presses:
        press.start()
    for press in presses:
        press.join(timeout=30)
    assert [reply.status_code for reply in replies] == [200] * 5
    told = door.get("/v1/payments/pressed-twice-1").json()
    assert len(told["payment"]["attempts"]) == 1
    counter.simulator.press("cancel")
    until(lambda: door.get("/v1/payments/pressed-twice-1").json()["payment"]["finished"], "it is over")


def test_who_waits_for_news_gets_them_when_they_come(counter: Counter, door: httpx.Client) -> None:
    door.post("/v1/payments", json={**BODY, "payment_id": "waited-for-1"})
    until(
        lambda: door.get("/v1/payments/waited-for-1").json()["payment"]["money_state"] == "running", "it runs"
    )
    seen = len(door.get("/v1/payments/waited-for-1").json()["story"])
    began = time.monotonic()
    threading.Timer(0.5, counter.simulator.press, args=("cancel",)).start()
    told = door.get(f"/v1/payments/waited-for-1?after={seen}&wait_ms=20000").json()
    assert len(told["story"]) > seen
    assert time.monotonic() - began < 10
    until(lambda: door.get("/v1/payments/waited-for-1").json()["payment"]["finished"], "it is over")


def test_without_news_the_wait_has_an_end(door: httpx.Client) -> None:
    body = {**BODY, "payment_id": "no-news-1", "terminal_id": "nowhere"}
    door.post("/v1/payments", json=body)
    until(lambda: door.get("/v1/payments/no-news-1").json()["payment"]["finished"], "it is over")
    began = time.monotonic()
    door.get("/v1/payments/no-news-1?after=999&wait_ms=300")
    assert 0.25 < time.monotonic() - began < 5


class _Broken:
    currency = "USD"

    def answer(self, name: str, asked: Asked) -> dict[str, Any]:
        raise RuntimeError("a fault of ours")


def test_a_fault_of_ours_is_told_like_everything_else() -> None:
    """With no word about its inside."""
    made = application(cast(Desk, _Broken()), Door(host="t", origins=frozenset(), token="k"))
    transport = httpx.ASGITransport(app=made, raise_app_exceptions=False)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            return await client.get("/v1/health", headers={"authorization": "Bearer k"})

    reply = asyncio.run(ask())
    assert reply.status_code == 500
    assert reply.json()["error"]["code"] == "failed"
    assert "fault of ours" not in reply.text
