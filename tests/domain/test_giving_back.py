"""Rule 10: never start to give back more than is left; what others take beyond it becomes a person's task."""

from __future__ import annotations

import pytest

from tests.domain.story import (
    ASKED,
    ID,
    REF,
    approved,
    attempt,
    created,
    event,
    refund,
    refund_created,
    run,
    told,
    usd,
)
from tillbridge.domain.errors import ImpossibleEvent
from tillbridge.domain.fold import apply
from tillbridge.domain.payment import holds, left_to_give_back


def test_all_of_what_was_taken_may_go_back() -> None:
    assert left_to_give_back(approved()) == usd(ASKED)


def test_what_others_gave_back_is_not_there_to_be_given_back() -> None:
    payment = told(event("refunded_elsewhere", REF, returned_minor=3_000, key="r-1"), start=approved())
    assert left_to_give_back(payment) == usd(7_000)
    assert payment.given_back == payment.elsewhere == usd(3_000)


def test_the_same_refund_by_others_is_counted_once() -> None:
    once = event("refunded_elsewhere", REF, returned_minor=3_000, key="r-1")
    payment = told(once, once, once, start=approved())
    assert left_to_give_back(payment) == usd(7_000)
    payment = told(event("refunded_elsewhere", REF, returned_minor=3_000, key="r-2"), start=payment)
    assert left_to_give_back(payment) == usd(4_000)


@pytest.mark.parametrize(
    "facts", [{"key": "r-1"}, {"returned_minor": 5}, {"returned_minor": 0, "key": "r-1"}]
)
def test_a_refund_by_others_without_sum_or_name_is_impossible(facts: dict[str, int | str]) -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, approved(), event("refunded_elsewhere", REF, **facts))


def test_our_own_give_backs_are_held_by_their_own_payments_not_subtracted_twice() -> None:
    payment = told(event("give_back_recorded", amount_minor=3_000, payment_id="pay-2"), start=approved())
    assert payment.given_back == usd(3_000)
    assert left_to_give_back(payment) == usd(ASKED)


def test_nothing_goes_back_while_a_dispute_is_open() -> None:
    payment = run(approved(), "dispute_opened")
    assert left_to_give_back(payment) == usd(0)
    assert left_to_give_back(run(payment, "dispute_won")) == usd(ASKED)


def test_a_lost_dispute_took_its_sum() -> None:
    lost = event("dispute_lost", REF, returned_minor=ASKED, key="d-1")
    payment = told(lost, lost, start=run(approved(), "dispute_opened"))
    assert left_to_give_back(payment) == usd(0)
    assert payment.given_back == usd(ASKED)
    assert payment.over_returned == usd(0)


def test_a_notice_of_a_lost_dispute_that_is_opened_again_late_holds_nothing() -> None:
    lost = event("dispute_lost", REF, returned_minor=2_000, key="d-1")
    payment = told(lost, event("dispute_opened", REF, key="d-1"), start=approved())
    assert left_to_give_back(payment) == usd(8_000)


def test_more_given_back_than_taken_is_recorded_and_a_persons_task() -> None:
    payment = told(event("give_back_recorded", amount_minor=ASKED, payment_id="pay-2"), start=approved())
    payment = told(event("refunded_elsewhere", REF, returned_minor=2_500, key="r-1"), start=payment)
    assert payment.over_returned == usd(2_500)
    assert payment.tasks == ("over_returned",)
    assert not payment.finished


def test_a_debit_that_bounces_after_it_was_refunded_is_over_returned() -> None:
    payment = told(event("give_back_recorded", amount_minor=4_000, payment_id="pay-2"), start=approved())
    payment = run(payment, "settled", "returned")
    assert payment.over_returned == usd(4_000)
    assert payment.tasks == ("bank_returned", "over_returned")
    again = run(payment, "re_presented")
    assert (again.over_returned, again.tasks) == (usd(0), ("over_returned",))


def test_a_give_back_that_bounced_is_ours_again() -> None:
    payment = told(
        event("give_back_recorded", amount_minor=ASKED, payment_id="pay-2"),
        event("refunded_elsewhere", REF, returned_minor=500, key="r-1"),
        event("give_back_failed", amount_minor=ASKED, payment_id="pay-2"),
        start=approved(),
    )
    assert payment.over_returned == usd(0)
    assert left_to_give_back(payment) == usd(ASKED - 500)


@pytest.mark.parametrize("payment_id", ["pay-2", ""])
def test_a_give_back_that_was_never_recorded_cannot_fail(payment_id: str) -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, approved(), event("give_back_failed", amount_minor=1, payment_id=payment_id))


def test_what_others_gave_back_is_not_ours_to_fail() -> None:
    payment = told(event("refunded_elsewhere", REF, returned_minor=500, key="r-1"), start=approved())
    with pytest.raises(ImpossibleEvent):
        apply(ID, payment, event("give_back_failed", amount_minor=300, payment_id="pay-2"))


def test_what_we_gave_back_is_not_others_to_fail() -> None:
    payment = told(event("give_back_recorded", amount_minor=500, payment_id="pay-2"), start=approved())
    with pytest.raises(ImpossibleEvent):
        apply(ID, payment, event("give_back_failed", amount_minor=300))


@pytest.mark.parametrize("minor", [0, -5, None])
def test_a_give_back_is_of_something(minor: int | None) -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, approved(), event("give_back_recorded", amount_minor=minor, payment_id="pay-2"))


@pytest.mark.parametrize("back", ["voided", "returned", "settlement_rejected"])
def test_money_that_is_not_ours_any_more_cannot_be_given_back(back: str) -> None:
    assert left_to_give_back(run(approved(), back)) == usd(0)


def test_a_refund_of_others_on_voided_money_is_over_returned() -> None:
    payment = told(
        event("refunded_elsewhere", REF, returned_minor=700, key="r-1"), start=run(approved(), "voided")
    )
    assert payment.over_returned == usd(700)
    assert "over_returned" in payment.tasks


# ---- what a give-back holds on its parent ------------------------------------------------------


@pytest.mark.parametrize(
    "way", [[], ["send_started"], ["send_started", "no_reply"], ["send_started", "approved"]]
)
def test_a_refund_holds_its_amount_from_its_creation_on(way: list[str]) -> None:
    assert holds(run(refund(), *way)) == {"payment:pay-0": ASKED}


@pytest.mark.parametrize(
    "way", [["declined"], ["not_sent"], ["cancelled"], ["approved", "settled", "returned"]]
)
def test_a_refund_that_is_over_or_bounced_releases_its_amount(way: list[str]) -> None:
    assert holds(run(refund(), "send_started", *way)) == {}


def test_a_settled_refund_still_holds_because_it_is_gone_for_good() -> None:
    assert holds(run(refund(), "send_started", "approved", "settled")) == {"payment:pay-0": ASKED}


def test_a_partly_approved_refund_holds_what_went() -> None:
    payment = told(event("approved", REF, amount_minor=900), start=run(refund(), "send_started"))
    assert holds(payment) == {"payment:pay-0": 900}


@pytest.mark.parametrize("facts", [{"of": ""}, {"operation": "sale"}])
def test_only_give_backs_name_a_payment_and_they_always_do(facts: dict[str, str]) -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, None, refund_created(**facts))


def test_a_late_approval_that_others_refunded_more_than_once_is_over_returned() -> None:
    payment = told(refund_created(operation="sale", entry="terminal", of=""), attempt())
    payment = run(payment, "send_started", "no_reply", "stopped", "approved", "given_back")
    payment = told(event("refunded_elsewhere", REF, returned_minor=ASKED, key="r-1"), start=payment)
    assert payment.over_returned == usd(ASKED)
    assert payment.tasks == ("over_returned",)


def test_what_others_refunded_beyond_a_late_approval_is_over_returned_by_its_own_sum() -> None:
    payment = told(created(), attempt())
    payment = run(payment, "send_started", "no_reply", "stopped", "approved", "given_back")
    payment = told(event("refunded_elsewhere", REF, returned_minor=700, key="r-1"), start=payment)
    assert payment.over_returned == usd(700)


def test_a_refund_of_a_killed_attempt_that_was_never_seen_to_take_money_is_not_over_returned() -> None:
    payment = run(told(created(), attempt()), "send_started", "no_reply", "stopped", "declined")
    payment = told(event("refunded_elsewhere", REF, returned_minor=700, key="r-1"), start=payment)
    assert payment.over_returned == usd(0)
    payment = told(event("approved", REF, amount_minor=ASKED), start=payment)
    assert payment.attempts[0].owed_back == ASKED - 700
