"""Bad input at a desk without a screen: amounts, names, terminals, card numbers on the command line."""

from __future__ import annotations

import httpx
import pytest

from tests.apps.bad_input import case
from tests.apps.counter import TYPED, Counter, Shown, command, until, write_site
from tests.apps.nothing_kept import CARD_DASHED, CARD_PLAIN, CARD_SPACED

AMOUNTS = {
    "amount-comma": "212,40",
    "amount-words": "two hundred",
    "amount-three-places": "212.405",
    "amount-two-points": "1.212.40",
    "amount-zero": "0.00",
    "amount-below-zero": "-5.00",
    "amount-huge": "99999999999999",
    "amount-above-processor": "60000.00",
}


def _counter(request: pytest.FixtureRequest) -> Counter:
    found = request.getfixturevalue("counter")
    assert isinstance(found, Counter)
    return found


def _refused_amount(row: str, amount: str) -> None:
    @case(row)
    def act(request: pytest.FixtureRequest) -> Shown:
        counter = _counter(request)
        before = counter.agent.get("/v1/payments")
        shown = counter.command(*TYPED, "--amount", amount)
        assert counter.agent.get("/v1/payments") == before, "a refused amount begins no payment"
        return shown


for _row, _amount in AMOUNTS.items():
    _refused_amount(_row, _amount)


@case("amount-left-out")
def amount_left_out(request: pytest.FixtureRequest) -> Shown:
    return _counter(request).command(*TYPED)


@case("client-left-out")
def client_left_out(request: pytest.FixtureRequest) -> Shown:
    return _counter(request).command("pay", "--typed", "--amount", "5.00")


@case("payment-not-there")
def payment_not_there(request: pytest.FixtureRequest) -> Shown:
    return _counter(request).command("show", "00000000-0000")


@case("id-used-again")
def id_used_again(request: pytest.FixtureRequest) -> Shown:
    """The same id with another amount is not the same payment: what is there is told, and nothing is charged."""
    counter = _counter(request)
    counter.simulator.press("pull")
    counter.command(*TYPED, "--amount", "5.00", "--id", "given-twice-1")
    shown = counter.command(*TYPED, "--amount", "7.00", "--id", "given-twice-1")
    counter.simulator.press("plug")
    assert counter.agent.get("/v1/payments/given-twice-1")["payment"]["amount"]["minor"] == 500
    return shown


@case("decision-without-name")
def decision_without_name(request: pytest.FixtureRequest) -> Shown:
    counter = _counter(request)
    counter.simulator.press("pull")
    counter.command(*TYPED, "--amount", "5.00", "--id", "nobody-decides-1")
    counter.simulator.press("plug")
    return counter.command("resume", "nobody-decides-1", "--do", "stop")


def _not_sent(counter: Counter, payment_id: str) -> str:
    """A payment that never reached the terminal: nothing of it is left to decide."""
    counter.simulator.press("pull")
    counter.command(*TYPED, "--amount", "5.00", "--id", payment_id)
    counter.simulator.press("plug")
    return payment_id


@case("task-without-name")
def task_without_name(request: pytest.FixtureRequest) -> Shown:
    counter = _counter(request)
    return counter.command("resume", _not_sent(counter, "no-task-nobody"), "--do", "end-task")


@case("task-not-there")
def task_not_there(request: pytest.FixtureRequest) -> Shown:
    counter = _counter(request)
    words = ("--do", "end-task", "--task", "over_returned", "--person", "Dana")
    return counter.command("resume", _not_sent(counter, "no-task-at-all"), *words)


@case("attach-without-name")
def attach_without_name(request: pytest.FixtureRequest) -> Shown:
    counter = _counter(request)
    return counter.command("resume", _not_sent(counter, "attach-nobody"), "--do", "attach")


@case("rest-not-there")
def rest_not_there(request: pytest.FixtureRequest) -> Shown:
    """Entered by hand, and settled: no rest is in question."""
    counter, body = _counter(request), {"typed": True, "client": "Alvarez", "amount": "5.00"}
    path = "/v1/payments/no-rest-at-all"
    if not any(p["payment_id"] == "no-rest-at-all" for p in counter.agent.get("/v1/payments")["payments"]):
        counter.agent.post(
            "/v1/payments", {"payment_id": "no-rest-at-all", "terminal_id": "front-desk-1", **body}
        )
        until(lambda: counter.agent.get(path)["payment"]["money_state"] == "running", "it is on the terminal")
        counter.simulator.press("tap")
    until(lambda: counter.agent.get(path)["payment"]["postings"] != [], "it is taken")
    return counter.command("resume", "no-rest-at-all", "--do", "keep-rest", "--person", "Dana")


# ---- a pause ----


@case("pause-of-nothing")
def pause_of_nothing(request: pytest.FixtureRequest) -> Shown:
    return _counter(request).command("pause", "0")


@case("pause-of-days")
def pause_of_days(request: pytest.FixtureRequest) -> Shown:
    return _counter(request).command("pause", "10080")


@case("screen-paused")
def screen_paused(request: pytest.FixtureRequest) -> Shown:
    counter = _counter(request)
    assert counter.command("pause", "5").exit_code == 0
    shown = counter.command("pay", "--terminal", "front-desk-1")
    assert counter.command("pause", "--end").exit_code == 0
    return shown


# ---- the card side ----


def _told(counter: Counter, shown: Shown) -> Shown:
    """What was shown, with the code of the newest payment's last try; nothing was charged by it."""
    newest = counter.agent.get("/v1/payments")["payments"][0]
    assert newest["charged"] == "no"
    assert newest["finished"]
    return Shown(shown.text, newest["attempts"][-1]["reason"], shown.exit_code)


@case("terminal-busy")
def terminal_busy(request: pytest.FixtureRequest) -> Shown:
    """Another desk's sale is on the terminal; it stays there, untouched."""
    counter = _counter(request)
    other = {"reference": "OTHERDESKSALE1", "amount": 100, "currency": "USD", "kind": "sale"}
    counter.simulator.merchant("POST", "/v1/terminals/front-desk-1/start", other)
    shown = _told(counter, counter.command(*TYPED, "--amount", "5.00"))
    still = counter.simulator.merchant("GET", "/v1/payments/OTHERDESKSALE1")["payment"]
    assert still["state"] == "running"
    counter.simulator.press("cancel")
    path = "/v1/payments/OTHERDESKSALE1"
    until(
        lambda: counter.simulator.merchant("GET", path)["payment"]["state"] == "cancelled", "it is free again"
    )
    return shown


@case("terminal-offline")
def terminal_offline(request: pytest.FixtureRequest) -> Shown:
    counter = _counter(request)
    counter.simulator.press("pull")
    shown = _told(counter, counter.command(*TYPED, "--amount", "5.00"))
    counter.simulator.press("plug")
    return shown


@case("terminal-misspelt")
def terminal_misspelt(request: pytest.FixtureRequest) -> Shown:
    counter = _counter(request)
    return _told(counter, counter.command(*TYPED[:-1], "desk-9", "--amount", "5.00"))


@case("terminal-left-out")
def terminal_left_out(request: pytest.FixtureRequest) -> Shown:
    return _counter(request).command(*TYPED[:-2], "--amount", "5.00")


@case("processor-down")
def processor_down(request: pytest.FixtureRequest) -> Shown:
    """No agent runs: the command line starts one by itself, under the same lock."""
    home = request.getfixturevalue("tmp_path") / "home"
    write_site(home, {"url": f"http://127.0.0.1:{closed_port()}", "api_key": "key"})
    shown = command(home, *TYPED, "--amount", "5.00", "--id", "nobody-there-1")
    assert "Charged: no." in command(home, "show", "nobody-there-1").text
    return shown


@case("processor-key-wrong")
def processor_key_wrong(request: pytest.FixtureRequest) -> Shown:
    counter = _counter(request)
    home = request.getfixturevalue("tmp_path") / "home"
    write_site(home, {**counter.simulator.told, "api_key": "not-our-key"})
    before = counter.simulator.captures()
    shown = command(home, *TYPED, "--amount", "5.00")
    assert counter.simulator.captures() == before
    return shown


def closed_port() -> int:
    """A port that nobody listens on."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


# ---- card numbers ----

TYPED_CARDS = {
    "card-as-amount": (*TYPED, "--amount", CARD_PLAIN),
    "card-as-client": ("pay", "--typed", "--client", f"Alvarez {CARD_SPACED}", "--amount", "5.00"),
    "card-as-account": (*TYPED, "--account", CARD_DASHED, "--amount", "5.00"),
    "card-as-person": (*TYPED, "--person", CARD_SPACED, "--amount", "5.00"),
    "card-as-invoice": (*TYPED, "--invoice", CARD_PLAIN, "--amount", "5.00"),
    "card-as-id": (*TYPED, "--id", CARD_DASHED, "--amount", "5.00"),
    "card-as-payment": ("show", CARD_PLAIN),
    "card-in-pieces": ("pay", "--typed", "--client", *CARD_SPACED.split()),
}


def _refused_card(row: str, words: tuple[str, ...]) -> None:
    @case(row)
    def act(request: pytest.FixtureRequest) -> Shown:
        return _counter(request).command(*words)


for _row, _words in TYPED_CARDS.items():
    _refused_card(_row, _words)

SENT_CARDS: dict[str, dict[str, object]] = {
    "card-sent-as-amount": {"amount": CARD_PLAIN},
    "card-sent-as-number": {"amount": int(CARD_PLAIN)},
    "card-sent-as-client": {"client": f"Rosa {CARD_DASHED}"},
    "card-sent-as-note": {"note": {"of": ["a list", CARD_SPACED]}},
    "card-sent-as-name": {CARD_PLAIN: "x"},
}


def _refused_sent_card(row: str, more: dict[str, object]) -> None:
    @case(row)
    def act(request: pytest.FixtureRequest) -> Shown:
        counter = _counter(request)
        body = {"payment_id": "a-card-is-sent", "typed": True, "client": "A", "amount": "5.00", **more}
        return sent(counter, "POST", "/v1/payments", body)


for _row, _more in SENT_CARDS.items():
    _refused_sent_card(_row, _more)


@case("card-in-address")
def card_in_address(request: pytest.FixtureRequest) -> Shown:
    return sent(_counter(request), "GET", f"/v1/payments/{CARD_DASHED}", None)


def sent(counter: Counter, method: str, path: str, body: object) -> Shown:
    """A request as another program makes it, with the right token."""
    address = counter.address
    headers = {"Authorization": f"Bearer {address['token']}"}
    reply = httpx.request(method, address["url"] + path, json=body, headers=headers, timeout=30)
    error = reply.json()["error"]
    assert reply.status_code == 422
    return Shown(error["text"], error["code"], 1)
