"""A debit that its bank returned, told to people: why, in words, wherever the payment is looked at."""

from __future__ import annotations

import pytest

from tests.domain.story import REF, attempt, event
from tests.receipts.papers import story, taken
from tillbridge.apps.agent.closing import day_view
from tillbridge.apps.agent.telling import Story
from tillbridge.apps.agent.views import bank_text, payment_view
from tillbridge.domain.ach import CHANGES, RETURNS
from tillbridge.domain.event import Event
from tillbridge.domain.payment import Payment
from tillbridge.engine.closing import day_end
from tillbridge.engine.money_moves import Told
from tillbridge.engine.policy import Policy
from tillbridge.ports.journal import Stored

WHY = "There was not enough money in the account. It may be tried again, twice at most. Ask the client when."


def returned() -> tuple[Payment, list[Event]]:
    back = event("returned", REF, 86_400, code="R01", returned_minor=10_000)
    return story(attempt(), *taken(kind="pended", brand="First Bank"), back, entry="keyed_ach")


def test_the_payment_itself_says_why_its_bank_returned_it() -> None:
    payment, _ = returned()
    shown = payment_view(payment)["attempts"][-1]
    assert (shown["return_code"], shown["return_text"]) == ("R01", WHY)
    first, _ = story(attempt(), *taken())
    assert payment_view(first)["attempts"][-1]["return_text"] == ""


def test_its_story_says_why() -> None:
    _, events = returned()
    change = event("noted", "", 90_000, code="notice_of_change", task="notice_of_change", change="C01")
    stored = [
        Stored(seq=seq, payment_id="pay-1", event=one, chain="0" * 64)
        for seq, one in enumerate([*events, change], 1)
    ]
    steps = Story(events=stored, name="ImproMed", run=lambda name: None, now_ms=0).steps()
    assert steps[-2]["details"] == [WHY]
    assert steps[-1]["details"] == [bank_text("C01")]


def test_the_day_on_which_it_came_back_says_why() -> None:
    payment, events = returned()
    policy = Policy()
    day = policy.business_day(events[-1].at.wall_ms)
    shown = day_view(day_end([Told(payment=payment, events=events)], day, policy), "ImproMed")
    (item,) = shown["returned"]
    assert (item["payment_id"], item["text"], item["amount"]["text"]) == (payment.payment_id, WHY, "$100.00")


@pytest.mark.parametrize("code", [*RETURNS, *CHANGES, "R99"])
def test_every_code_of_the_banks_has_words(code: str) -> None:
    assert "..." not in bank_text(code)
    assert "something happened" not in bank_text(code).lower()
