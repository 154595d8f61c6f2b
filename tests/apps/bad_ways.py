"""Bad input at the other ways to pay and at giving back: links, kept cards, bank debits, slips, sums. No screen."""

from __future__ import annotations

import pytest

from tests.apps.bad_input import case
from tests.apps.counter import TYPED, Counter, Shown, until
from tests.apps.nothing_kept import CARD_PLAIN, CARD_SPACED

PAID = "taken-at-the-counter"


def _counter(request: pytest.FixtureRequest) -> Counter:
    found = request.getfixturevalue("counter")
    assert isinstance(found, Counter)
    return found


PAY = (*TYPED, "--amount", "5.00")
SLIP = (*PAY, "--entry", "standalone", "--slip-last4", "4242", "--slip-code", "A1B2C3", "--person", "Dana")
REFUSED_WAYS: dict[str, tuple[str, ...]] = {
    "way-misspelt": (*PAY, "--entry", "cash"),
    "deed-misspelt": (*PAY, "--operation", "gift"),
    "link-for-ever": (*PAY, "--entry", "link", "--valid-days", "90"),
    "link-to-no-address": (*PAY, "--entry", "link", "--by", "email", "--to", "rosa at home"),
    "link-to-no-number": (*PAY, "--entry", "link", "--by", "text", "--to", "12"),
    "debit-without-agreement": (*PAY, "--entry", "keyed_ach"),
    "kept-card-not-there": (*PAY, "--entry", "stored_card", "--card", "CNONE"),
    "keeping-without-agreement": (*PAY, "--operation", "store_card"),
    "slip-without-name": (*SLIP[:-2],),
    "slip-three-digits": (*PAY, "--entry", "standalone", "--slip-last4", "424", "--slip-code", "A1", "--person", "D"),
    "slip-without-code": (*PAY, "--entry", "standalone", "--slip-last4", "4242", "--person", "Dana"),
    "card-on-slip": (*PAY, "--entry", "standalone", "--slip-last4", CARD_PLAIN, "--person", "Dana"),
}  # fmt: skip


def _refused(row: str, words: tuple[str, ...]) -> None:
    @case(row)
    def act(request: pytest.FixtureRequest) -> Shown:
        counter = _counter(request)
        before = counter.agent.get("/v1/payments")
        shown = counter.command(*words)
        assert counter.agent.get("/v1/payments") == before, "a refused wish begins no payment"
        return shown


for _row, _words in REFUSED_WAYS.items():
    _refused(_row, _words)


@case("card-in-agreement")
def card_in_agreement(request: pytest.FixtureRequest) -> Shown:
    words = ("--kind", "card_on_file", "--text", f"I agree for {CARD_SPACED}", "--version", "1")
    return _counter(request).command("record-consent", *words, "--how", "signed", "--given-by", "Rosa")


def _taken(counter: Counter) -> str:
    """One payment that was taken, for all rows that give back."""
    path = f"/v1/payments/{PAID}"
    if not any(p["payment_id"] == PAID for p in counter.agent.get("/v1/payments")["payments"]):
        body = {"typed": True, "client": "Alvarez", "amount": "5.00", "terminal_id": "front-desk-2"}
        counter.agent.post("/v1/payments", {"payment_id": PAID, **body})
        until(lambda: counter.agent.get(path)["payment"]["money_state"] == "running", "it is on the terminal")
        counter.simulator.press("tap", "front-desk-2")
    until(lambda: counter.agent.get(path)["payment"]["charged"] == "yes", "it is taken")
    return PAID


REFUSED_BACK: dict[str, tuple[str, ...]] = {
    "back-more-than-taken": ("--amount", "5.01", "--person", "Dana"),
    "back-nothing": ("--amount", "0.00", "--person", "Dana"),
    "back-misread": ("--amount", "5,00", "--person", "Dana"),
    "back-without-name": ("--amount", "1.00"),
}


def _refused_back(row: str, words: tuple[str, ...]) -> None:
    @case(row)
    def act(request: pytest.FixtureRequest) -> Shown:
        counter = _counter(request)
        shown = counter.command("give-back", _taken(counter), *words)
        assert counter.agent.get(f"/v1/payments/{PAID}")["payment"]["given_back"]["minor"] == 0
        return shown


for _row, _words in REFUSED_BACK.items():
    _refused_back(_row, _words)


def _never_sent(counter: Counter, payment_id: str) -> str:
    counter.simulator.press("pull")
    counter.command(*PAY, "--id", payment_id)
    counter.simulator.press("plug")
    return payment_id


@case("back-of-nothing")
def back_of_nothing(request: pytest.FixtureRequest) -> Shown:
    counter = _counter(request)
    return counter.command("give-back", _never_sent(counter, "never-charged-1"), "--person", "Dana")


@case("link-not-open")
def link_not_open(request: pytest.FixtureRequest) -> Shown:
    counter = _counter(request)
    words = ("--by", "email", "--to", "rosa@example.org")
    return counter.command("send-link", _never_sent(counter, "never-a-link-1"), *words)


@case("check-of-no-slip")
def check_of_no_slip(request: pytest.FixtureRequest) -> Shown:
    return _counter(request).command("slip-checked", _taken(_counter(request)), "--person", "Dana")


@case("stranger-not-there")
def stranger_not_there(request: pytest.FixtureRequest) -> Shown:
    return _counter(request).command("end-stranger", "--stranger", "none", "--person", "Dana")
