"""What another terminal took: a named person's slip is the approval, it posts like the rest and is checked later."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.scripted_desk import ASKED, CARD, Desk, debt, usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import Post
from tillbridge.domain.operation import Entry
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.slip import Slip

SLIP: dict[str, Any] = {
    "entry": Entry.STANDALONE,
    "slip": Slip(last4="4242", auth_code="0a91f3", brand="Visa"),
    "person": "Kim",
}


def refused(desk: Desk, **changes: Any) -> str:
    with pytest.raises(OperatorError) as error:
        desk.begin(**(SLIP | changes))
    return error.value.code


def test_a_slip_is_the_approval_and_no_gateway_is_asked(desk: Desk) -> None:
    payment = desk.begin(**SLIP)
    attempt = payment.attempts[0]
    assert attempt.state is MoneyState.APPROVED
    assert (attempt.auth_code, attempt.brand, attempt.last4) == ("0A91F3", "Visa", "4242")
    assert (attempt.approved, attempt.where, attempt.gateway) == (usd(ASKED), "slip", "")
    assert attempt.to_check
    desk.step(Post)
    assert desk.posting() is PostingState.POSTED
    assert desk.gateway.calls == []
    assert desk.known().finished, "nothing is left to do before day end"
    assert desk.known().attempts[0].to_check


def test_it_is_one_with_its_payment_whenever_the_power_fails(desk: Desk) -> None:
    """All or nothing: the slip stands in the same transaction as the payment."""
    desk.begin(**SLIP)
    assert len(desk.journal.since(0)) == 6  # created, attempt, started, approved, posting created and owed
    desk.restarted().recover()
    desk.step(Post)
    assert len(desk.practice.books) == 1


def test_it_belongs_to_the_day_on_which_it_was_written_down(desk: Desk) -> None:
    desk.clock.now_ms = 20_000 * 86_400_000 + 5
    assert desk.begin(**SLIP).attempts[0].business_day == 20_000


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"person": ""}, "person_missing"),
        ({"slip": None}, "slip_missing"),
        ({"slip": Slip(last4="424", auth_code="0A91F3")}, "slip_last4"),
        ({"slip": Slip(last4="42424", auth_code="0A91F3")}, "slip_last4"),
        ({"slip": Slip(last4="abcd", auth_code="0A91F3")}, "slip_last4"),
        ({"slip": Slip(last4="4242", auth_code="")}, "slip_code"),
        ({"slip": Slip(last4="4242", auth_code="12 34")}, "slip_code"),
        ({"slip": Slip(last4="4242", auth_code=CARD)}, "card_number_typed"),
        ({"slip": Slip(last4="4242", auth_code="0A91F3", brand=CARD)}, "card_number_typed"),
        ({"parts": None}, "not_chargeable"),
    ],
)
def test_a_slip_that_cannot_be_right_is_refused(desk: Desk, changes: dict[str, Any], code: str) -> None:
    if "parts" in changes:
        changes = {"minor": ASKED + 1}
    assert refused(desk, **changes) == code
    assert desk.journal.since(0) == ()


def test_the_same_slip_is_written_down_once(desk: Desk) -> None:
    desk.begin(**SLIP)
    other = debt(invoice_number="10483")
    assert refused(desk, payment_id="p2", debt=other) == "slip_used"
    assert (
        refused(desk, payment_id="p2", debt=other, slip=Slip(last4="4242", auth_code="0A91F3")) == "slip_used"
    )
    begun = desk.begin(**(SLIP | {"payment_id": "p2", "debt": other, "minor": 100}))
    assert begun.attempts[0].to_check, "another amount is another slip"


def test_a_named_person_checks_it_against_the_other_terminals_report(desk: Desk) -> None:
    desk.begin(**SLIP)
    assert not desk.engine.slip_checked("p1", "Dana").attempts[0].to_check
    with pytest.raises(OperatorError) as error:
        desk.engine.slip_checked("p1", "Dana")
    assert error.value.code == "nothing_to_decide"


def test_a_slip_is_one_payment_however_busy_the_clinic(desk: Desk) -> None:
    desk.begin(**SLIP)
    for n in range(101):
        other = Slip(last4="4242", auth_code=f"B{n:05}")
        desk.begin(**SLIP | {"payment_id": f"x{n}", "debt": debt(account_id=f"a{n}"), "slip": other})
    assert refused(desk, payment_id="p2", debt=debt(invoice_number="10483")) == "slip_used"
