"""The simulator adapter's own parts: reading any reply at all, the line between sent and not sent, set-up."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateways.in_process_lab import Always, InProcessLab, adapter_over
from tillbridge import gateways
from tillbridge.domain.errors import SetupError
from tillbridge.domain.money import Money, zero
from tillbridge.domain.outcome import (
    Approved,
    Cancelled,
    CannotTell,
    Declined,
    Found,
    Inquiry,
    NotFound,
    NotSent,
    Outcome,
    PartiallyApproved,
    Unknown,
)
from tillbridge.gateways.simulator.adapter import Adapter
from tillbridge.gateways.simulator.wire import PATHS, NoReply, Reply, inquiry_of, outcome_of
from tillbridge.ports.gateway import AttemptRequest
from tillbridge.simulator.core.settings import Settings
from tillbridge.simulator.server.routes_api import ROUTES
from tillbridge.testing.gateway_lab import calls
from tools.benches.in_process_gateway import NoSecrets

MAPPING = Path(gateways.__file__).parent / "simulator" / "MAPPING.md"
PAYMENT: dict[str, object] = {
    "reference": "TBONE", "provider_ref": "SIM1", "operation": "sale", "entry": "terminal", "state": "approved",
    "asked": 1000, "amount": 1000, "currency": "USD", "given_back": 0, "returned": 0, "voidable": True,
    "refundable": False, "settle": "open", "auth_code": "123456", "brand": "Visa", "last4": "4242",
    "entry_mode": "chip", "by": "", "code": "", "retry": "", "text": "", "check_in_ms": 1000,
}  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
STATUS = st.sampled_from([200, 201, 204, 302, 400, 404, 408, 409, 418, 425, 429, 500, 502, 503, 504])


def request() -> AttemptRequest:
    amount = Money(minor=1000, currency="USD")
    return AttemptRequest(reference="TBONE", amount=amount, tip=zero("USD"), fee=zero("USD"), terminal_id="t")


def payment(**other: object) -> Reply:
    return Reply(200, {"payment": {**PAYMENT, **other}})


def error(code: str, status: int = 409) -> Reply:
    return Reply(status, {"error": {"code": code}})


@given(
    STATUS,
    st.dictionaries(st.sampled_from(["payment", "error", "items", "session", "kill"]), JSON) | st.none(),
)
def test_no_reply_at_all_makes_the_adapter_raise_or_believe_in_money(
    status: int, body: dict[str, object] | None
) -> None:
    gateway = adapter_over(Always(Reply(status, body)))
    for name, call in calls(gateway, request()).items():
        answer = call()
        assert not isinstance(answer, Approved | PartiallyApproved) or name == "forget_token"
        assert not isinstance(answer, Found) or answer.outcome == Cancelled(by="gateway")


@given(st.sampled_from(sorted(PAYMENT)), JSON)
def test_a_payment_with_one_field_spoiled_is_never_read_as_more_money(field: str, value: object) -> None:
    outcome = outcome_of(payment(**{field: value}), "TBONE")
    assert isinstance(outcome, Outcome)
    if isinstance(outcome, Approved | PartiallyApproved):
        assert outcome.amount.minor <= 1000
        assert outcome.amount.currency == (value if field == "currency" else "USD")
    assert not isinstance(outcome, NotSent)


SPOILED: list[dict[str, object]] = [
    {"reference": "TBTWO"},
    {"amount": 1001, "operation": "auth_only"},
    {"amount": 1001},
    {"amount": -1},
    {"amount": 10.0},
    {"amount": "1000"},
    {"amount": True},
    {"amount": 10**14},
    {"currency": "ZZZ"},
    {"provider_ref": ""},
    {"state": "aproved"},
    {"state": None},
]


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_spoiled_approval_is_unknown_and_inquiry_cannot_tell(spoiled: dict[str, object]) -> None:
    assert isinstance(outcome_of(payment(**spoiled), "TBONE"), Unknown)
    assert isinstance(inquiry_of(payment(**spoiled), "TBONE"), CannotTell)


@pytest.mark.parametrize(("reply", "outcome", "inquiry"), [
    (NoReply("unreachable", sent=False), NotSent(code="unreachable"), CannotTell(cause="unreachable")),
    (NoReply("read_timeout", sent=True), Unknown(cause="read_timeout"), CannotTell(cause="read_timeout")),
    (Reply(408, {}), Unknown(cause="http_408"), CannotTell(cause="http_408")),
    (Reply(503, None), Unknown(cause="http_503"), CannotTell(cause="http_503")),
    (Reply(302, {}), Unknown(cause="http_302"), CannotTell(cause="http_302")),
    (Reply(200, None), Unknown(cause="garbled"), CannotTell(cause="garbled")),
    (Reply(200, {}), Unknown(cause="garbled"), CannotTell(cause="garbled")),
    (Reply(429, {}), NotSent(code="rate_limited"), CannotTell(cause="http_429")),
    (error("not_found", 404), NotSent(code="invalid_request", facts={"said": "not_found"}), NotFound()),
    (error("not_found", 503), Unknown(cause="http_503"), CannotTell(cause="not_found")),
    (Reply(404, None), Unknown(cause="http_404"), CannotTell(cause="http_404")),
    (error("duplicate_reference"), Unknown(cause="duplicate_reference"), CannotTell(cause="duplicate_reference")),
    (error("idempotency_mismatch"), Unknown(cause="idempotency_mismatch"), CannotTell(cause="idempotency_mismatch")),
    (error("key_in_use"), Unknown(cause="key_in_use"), CannotTell(cause="key_in_use")),
    (error("reference_killed"), Cancelled(by="gateway"), Found(outcome=Cancelled(by="gateway"))),
    (error("some_new_code"), Unknown(cause="some_new_code"), CannotTell(cause="some_new_code")),
    (error("terminal_busy"), NotSent(code="terminal_busy"), CannotTell(cause="terminal_busy")),
])  # fmt: skip
def test_each_reply_has_one_meaning(reply: Reply | NoReply, outcome: Outcome, inquiry: Inquiry) -> None:
    assert outcome_of(reply, "TBONE") == outcome
    assert inquiry_of(reply, "TBONE") == inquiry


def test_states_become_outcomes() -> None:
    declined = payment(state="declined", by="generic", retry="never", code="05", text="Do not honor")
    assert outcome_of(declined, "TBONE") == Declined(
        category="generic", retry="never", code="05", text="Do not honor"
    )
    part = outcome_of(payment(amount=600), "TBONE")
    assert isinstance(part, PartiallyApproved)
    assert (part.amount.minor, part.asked.minor) == (600, 1000)
    held = outcome_of(payment(state="authorized", operation="auth_only"), "TBONE")
    assert isinstance(held, Approved)
    assert not held.captured


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_a_setup_error_that_names_no_key(status: int) -> None:
    gateway = adapter_over(Always(error("unauthorized", status)))
    with pytest.raises(SetupError) as caught:
        gateway.start_terminal(request())
    assert caught.value.code == "wrong_key"
    assert "in-process" not in str(caught.value)


def test_an_unknown_terminal_is_a_setup_error_that_names_the_known_ones() -> None:
    world = InProcessLab(Settings())
    with pytest.raises(SetupError) as caught:
        world.gateway.start_terminal(replace(world.request(1000), terminal_id="front-desk-9"))
    assert caught.value.code == "terminal_unknown"
    assert caught.value.facts == {"terminal_id": "front-desk-9", "terminals": "front-desk-1, front-desk-2"}


@contextmanager
def answering(reply: bytes) -> Iterator[str]:
    """A server that takes one connection, reads what comes, answers these bytes and hangs up."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with closing(connection):
                connection.recv(65_536)
                connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(10)


@pytest.mark.parametrize("reply", [
    b"", b"HTTP/1.1 200", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{",
    b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n<htm>", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\xff\xfe",
    b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n" + b"[" * 60_000,
    b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc",
])  # fmt: skip
def test_whatever_comes_after_the_first_byte_is_unknown(reply: bytes) -> None:
    with answering(reply) as url:
        gateway = Adapter({"url": url, "read_timeout_ms": "3000"}, NoSecrets())
        assert isinstance(gateway.start_terminal(request()), Unknown)
        gateway.close()


def test_a_refused_connection_is_not_sent() -> None:
    gateway = Adapter({"url": "http://127.0.0.1:9"}, NoSecrets())
    assert gateway.start_terminal(request()) == NotSent(code="unreachable")
    careful = gateway.capabilities()
    assert not careful.idempotent
    assert careful.key_life_ms == 0
    gateway.close()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"url": ""},
        {"url": "http://x", "read_timeout_ms": "soon"},
        {"url": "http://x", "read_timeout_ms": "0"},
    ],
)
def test_a_missing_or_wrong_setting_is_a_setup_error(settings: dict[str, str]) -> None:
    with pytest.raises(SetupError):
        Adapter(settings, NoSecrets())


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "nothing", "http://127.0.0.1:notaport"])
def test_an_address_that_cannot_be_used_is_a_setup_error(url: str) -> None:
    with pytest.raises(SetupError):
        Adapter({"url": url}, NoSecrets()).start_terminal(request())


def test_gateways_are_found_by_their_folder() -> None:
    manifests = gateways.available()
    assert gateways.load("simulator") is Adapter
    names = {setting.name: setting.secret for setting in manifests["simulator"].settings}
    assert names == {"url": False, "read_timeout_ms": False, "api_key": True}
    with pytest.raises(SetupError, match="gateway_unknown"):
        gateways.load("nosuch")


def test_paths_of_adapter_and_simulator_agree() -> None:
    assert {op: (method, path) for op, (method, path, _) in PATHS.items()} == {
        op: (method, path) for method, path, op in ROUTES
    }


def test_the_mapping_names_every_path_and_every_operation_of_the_port() -> None:
    text = MAPPING.read_text(encoding="utf-8")
    assert [
        op for op in calls(adapter_over(Always(Reply(200, None))), request()) if f"`{op}`" not in text
    ] == []
    bare = re.sub(r"\{\w+\}", "{}", text)
    assert [path for _, path, _ in PATHS.values() if re.sub(r"\{\w+\}", "{}", path) not in bare] == []


def test_every_outcome_of_the_port_can_come_from_the_simulator() -> None:
    named = MAPPING.read_text(encoding="utf-8")
    assert [kind.__name__ for kind in get_args(Outcome) if kind.__name__ not in named] == []
