"""What of a payment stands in the practice software: what is owed, the fee where the site wants it, never a tip."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.till import OWED, Till, usd, with_fee
from tillbridge.domain.errors import Fact
from tillbridge.domain.money import Money
from tillbridge.domain.outcome import Approved
from tillbridge.engine.answers import events_of_outcome
from tillbridge.engine.giving_back import GiveBackRequest


@pytest.mark.parametrize(("wanted", "booked"), [(False, 9_000), (True, 9_300)])
def test_the_fee_is_entered_only_where_the_site_wants_it(wanted: bool, booked: int) -> None:
    till = Till(refund_before_settlement=True)
    till.engine = replace(till.engine, policy=replace(till.engine.policy, fee_in_software=wanted))
    till.pays(parts=with_fee(9_000, 300, 700))
    assert till.rows() == [booked]
    till.gives(4_500)
    till.runs()
    assert till.rows() == [booked, -booked // 2]
    till.gives(name="rest")
    till.runs()
    assert sum(till.rows()) == 0
    assert till.went_back() == OWED


def test_a_tip_that_was_added_on_the_terminal_is_no_unfitting_approval() -> None:
    till = Till()
    payment = till.takes(9_000, parts=with_fee(9_000, 0))
    attempt = payment.attempts[0]
    tipped = Approved(
        amount=usd(attempt.asked.minor + 500), gateway_ref="g1", tip=Money(minor=500, currency="USD")
    )
    told = events_of_outcome(replace(attempt, approved=None), tipped, till.clock.now())
    facts: dict[str, Fact] = dict(told[0].facts)
    assert (told[0].kind, facts["amount_minor"], facts["tip_minor"]) == ("approved", 9_500, 500)


def test_what_only_the_gateways_count_told_is_not_counted_again_when_it_is_told_by_name() -> None:
    till = Till()
    till.pays()
    till.settles()
    reference = till.payment().attempts[0].reference
    till.line.network.refund(reference, "", 2_500, "PORTAL1", till.clock.now_ms)
    till.gives(1_000)
    till.runs()
    till.tells("p1", "refunded_elsewhere", reference, returned_minor=2_500, key="PORTAL1")
    till.runs()
    assert till.payment().elsewhere == usd(2_500)
    assert till.rows() == [OWED, -2_500, -1_000] or till.rows() == [OWED, -1_000, -2_500]
    till.tells("p1", "refunded_elsewhere", reference, returned_minor=300, key="PORTAL2")
    till.runs()
    assert till.payment().elsewhere == usd(2_800)
    assert sum(till.rows()) == OWED - 3_800


def test_a_part_that_others_gave_back_before_anything_was_typed_is_not_typed_first() -> None:
    till = Till()
    till.takes()
    till.tells(
        "p1", "refunded_elsewhere", till.payment().attempts[0].reference, returned_minor=2_500, key="P"
    )
    till.runs()
    assert till.rows() == [OWED - 2_500]
    assert till.payment().finished


def test_the_row_that_is_taken_back_is_named_where_it_is_typed() -> None:
    till = Till()
    sale = till.pays().postings[0]
    till.engine.give_back(GiveBackRequest(payment_id="b1", of="p1", person="Dana"), till.asks())
    till.runs()
    assert till.payment("b1").postings[0].of_marker == sale.marker
    assert till.payment("b1").attempts[0].last4 == till.payment().attempts[0].last4
