"""Rule 14 at the last door: what a gateway or a screen sends is kept without card numbers."""

from __future__ import annotations

import pytest

from tillbridge.domain.event import Event
from tillbridge.domain.moment import Moment
from tillbridge.engine.consequences import LEFT_OUT, without_card_numbers

AT = Moment(wall_ms=1, boot="boot", mono_ms=1)
CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize("fact", ["receipt", "auth_code", "gateway_ref", "row", "cause"])
def test_a_text_with_a_card_number_is_left_out_and_the_rest_is_kept(fact: str) -> None:
    told = Event(kind="approved", at=AT, subject="TBX", facts={fact: f"PAN {CARD}.", "amount_minor": 21_240})
    kept = without_card_numbers(told)
    assert kept.facts == {fact: LEFT_OUT, "amount_minor": 21_240}
    assert CARD not in str(kept.to_json())


def test_an_ordinary_event_is_kept_as_it_is() -> None:
    told = Event(kind="approved", at=AT, subject="TBX", facts={"gateway_ref": "pi_3Nk1", "last4": "4242"})
    assert without_card_numbers(told) is told
