"""A card that was to be kept, given up in doubt: no money was taken, so that nothing has to go back."""

from __future__ import annotations

from tests.engine.scripted_desk import usd
from tillbridge.domain.moment import Moment
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.outcome import Approved, Found
from tillbridge.domain.payment import Attempt
from tillbridge.engine.answers import events_of_inquiry

NOW = Moment(wall_ms=1, boot="b", mono_ms=1)


def test_a_kept_card_that_was_given_up_is_over_once_the_gateway_tells() -> None:
    attempt = Attempt(reference="TBONE", state=MoneyState.KILLING, asked=usd(0), horizon_ms=1, since=NOW)
    told = Found(outcome=Approved(amount=usd(0), gateway_ref="g1"))
    events = events_of_inquiry(attempt, told, NOW, horizon_passed=True)
    assert [event.kind for event in events] == [MoneyEvent.CANCELLED]
