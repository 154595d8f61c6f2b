"""What the gateway tells later, twice, in another order, or under a name of its own: counted once, and told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.engine.scripted_desk import ASKED, PAID, Desk, usd
from tests.engine.test_settling import item
from tests.engine.till import OWED, Till
from tests.engine.till import usd as dollars
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.next_command import Inquire, Send, TellParent
from tillbridge.domain.outcome import (
    Found,
    NotFound,
    NotSent,
    PartiallyApproved,
    Unknown,
)
from tillbridge.engine.given_elsewhere import GivenElsewhere
from tillbridge.engine.giving_back import GiveBackRequest
from tillbridge.engine.policy import HOUR, MINUTE
from tillbridge.engine.settling import SettlementTold


def report(engine: Any, *items: Any) -> None:
    engine.finish_settlement(SettlementTold(items=items))


LONG = ("4242424242424242", "4111111111111111")
"""Numbers of refunds at a gateway that happen to pass the check digit (one in ten does)."""


def test_a_refund_that_staff_wrote_down_is_the_one_that_the_report_tells_of() -> None:
    till = Till()
    till.pays()
    till.engine.record_given_back(
        GivenElsewhere(record_id="r1", of="p1", amount=dollars(4_000), person="Dana", how="portal")
    )
    till.runs()
    assert till.rows() == [OWED, -4_000]
    of = till.payment().attempts[0].reference
    report(
        till.engine,
        item("", "refund", 4_000, of_reference=of, key="rf_77", gateway_ref="rf_77"),
    )
    till.runs()
    assert till.payment().elsewhere == dollars(4_000)
    assert till.rows() == [OWED, -4_000]


def test_a_refund_of_others_without_a_gateway_number_is_not_taken_for_ours() -> None:
    till = Till()
    till.pays()
    till.gives(2_000)  # waits for the batch: its gateway_ref is empty
    till.runs()
    of = till.payment().attempts[0].reference
    report(till.engine, item("", "refund", 3_000, of_reference=of, key="rf_9", gateway_ref=""))
    assert till.payment().elsewhere == dollars(3_000)


def test_a_person_who_gives_up_on_a_void_is_not_overruled_by_a_new_one() -> None:
    desk = Desk()
    desk.begin()
    desk.step(Send)
    desk.gateway.told = Found(outcome=PAID, settle="open", voidable=True)
    desk.gateway.voided = Unknown(cause="read_timeout")
    desk.engine.give_back(
        GiveBackRequest(payment_id="b1", of="p1", person="Dana"),
        desk.gateway.told,
    )
    desk.step(Send, "b1")
    desk.gateway.told = NotFound()
    desk.engine.stop("b1", "Dana")
    for _ in range(60):
        desk.wait(HOUR)
        due = [d for d in desk.engine.due() if d.payment_id == "b1" and d.in_ms == 0]
        for one in due:
            desk.engine.step("b1", one.command)
    known = desk.journal.payment("b1")
    assert known is not None
    assert desk.gateway.calls.count("void") == 1, [a.state for a in known.attempts]


def test_a_smaller_approval_goes_back_once_whoever_decides() -> None:
    desk = Desk()
    desk.gateway.started = PartiallyApproved(amount=usd(10_000), asked=usd(ASKED), gateway_ref="g1")
    desk.begin()
    desk.step(Send)
    found = Found(outcome=desk.gateway.started, settle="settled", voidable=False, refundable=True)
    desk.gateway.refunded = replace(PAID, amount=usd(5_000), gateway_ref="r1")
    desk.engine.give_back(GiveBackRequest(payment_id="b1", of="p1", amount=usd(5_000), person="Dana"), found)
    desk.step(Send, "b1")
    desk.step(TellParent, "b1")
    assert desk.gateway.amounts == [5_000]
    try:
        desk.engine.keep_partial("p1", keep=False, person="Kim")
    except OperatorError:
        return
    desk.gateway.voided = __import__("tillbridge.domain.outcome", fromlist=["NotSent"]).NotSent(
        code="not_voidable"
    )
    desk.gateway.told = NotFound()
    for _ in range(8):
        for one in [d for d in desk.engine.due() if d.payment_id == "p1" and d.in_ms == 0]:
            desk.engine.step("p1", one.command)
        desk.wait(MINUTE)
    assert sum(desk.gateway.amounts) <= 10_000, desk.gateway.amounts


def test_two_refunds_with_long_numbers_are_two() -> None:
    till = Till()
    till.pays()
    of = till.payment().attempts[0].reference
    for number in LONG:
        report(till.engine, item("", "refund", 1_000, of_reference=of, key=number, gateway_ref=number))
    assert till.payment().elsewhere == dollars(2_000)


def test_a_cursor_that_passes_the_check_digit_does_not_stop_the_report() -> None:
    till = Till()
    till.pays()
    of = till.payment().attempts[0].reference
    report(till.engine, item(of, "sale", OWED, cursor=LONG[0]))
    assert till.payment().attempts[0].state is MoneyState.SETTLED
    assert till.engine.start_settlement().cursor == LONG[0]


def test_what_a_stranger_carries_does_not_stop_the_report() -> None:
    till = Till()
    till.pays()
    report(till.engine, item("TBZZZZZ9", "sale", OWED, key=LONG[0]))
    assert len(till.engine.strangers()) == 1


def test_the_same_total_told_twice_after_a_bounce_is_counted() -> None:
    till = Till()
    till.pays()
    till.settles()
    till.runs()
    of = till.payment().attempts[0].reference
    told = till.asks()
    assert isinstance(told, Found)
    till.engine._heard_elsewhere(till.payment(), replace(told, given_back=dollars(3_000)))
    assert till.payment().elsewhere == dollars(3_000)
    till.tells("p1", "give_back_failed", of, amount_minor=3_000, by="elsewhere")
    assert till.payment().elsewhere == dollars(0)
    till.engine._heard_elsewhere(till.payment(), replace(told, given_back=dollars(3_000)))
    assert till.payment().elsewhere == dollars(3_000)


VOIDED_BY_OTHERS: dict[str, Any] = {"key": "v9", "gateway_ref": "v9", "settle": "voided"}


def voided_by_others_while_ours_is_refused(**told: Any) -> Desk:
    """Our void is on its way when the report tells somebody else's; the gateway refuses ours, and a refund, too."""
    desk = Desk()
    desk.begin()
    desk.step(Send)
    of = desk.known().attempts[0].reference
    found = Found(outcome=PAID, settle="open", voidable=True)
    desk.engine.give_back(GiveBackRequest(payment_id="b1", of="p1", person="Dana"), found)
    desk.step(TellParent, "b1")
    report(desk.engine, item("", "void", ASKED, of_reference=of, **VOIDED_BY_OTHERS))
    desk.gateway.voided = NotSent(code="not_voidable")
    desk.gateway.refunded = NotSent(code="not_refundable")
    if told:
        desk.gateway.told = Found(outcome=PAID, **told)
    for _ in range(10):
        for one in [d for d in desk.engine.due() if d.payment_id == "b1" and d.in_ms == 0]:
            desk.engine.step("b1", one.command)
        desk.wait(MINUTE)
    return desk


def test_a_void_of_others_is_not_lost_because_ours_was_on_its_way() -> None:
    desk = voided_by_others_while_ours_is_refused(settle="voided")
    of = desk.known().attempts[0].reference
    report(desk.engine, item("", "void", ASKED, of_reference=of, **VOIDED_BY_OTHERS))
    payment = desk.known()
    assert payment.attempts[0].state is MoneyState.VOIDED or payment.given_back.minor == ASKED, (
        payment.attempts[0].state,
        payment.tasks,
        desk.gateway.calls,
    )


def test_a_case_that_is_won_after_the_money_was_taken_is_told() -> None:
    till = Till()
    till.pays()
    of = till.payment().attempts[0].reference
    report(till.engine, item(of, "dispute_opened", OWED, key="case1", settle="settled"))
    report(till.engine, item(of, "chargeback", OWED, key="case1", settle="settled"))
    assert till.payment().elsewhere == dollars(OWED)
    before = till.payment().tasks
    report(till.engine, item(of, "dispute_won", OWED, key="case1", settle="settled"))
    after = till.payment()
    assert after.elsewhere == dollars(0) or after.tasks != before


def test_a_refund_of_ours_in_doubt_is_not_counted_as_somebody_elses_by_the_report() -> None:
    """A report that names the refund by the gateway's own number only."""
    desk = Desk()
    desk.begin()
    desk.step(Send)
    of = desk.known().attempts[0].reference
    found = Found(outcome=PAID, settle="settled", refundable=True)
    desk.gateway.refunded = Unknown(cause="read_timeout")
    desk.engine.give_back(GiveBackRequest(payment_id="b1", of="p1", amount=usd(5_000), person="Dana"), found)
    desk.step(TellParent, "b1")
    desk.step(Send, "b1")
    report(desk.engine, item("", "refund", 5_000, of_reference=of, key="g9", gateway_ref="g9"))
    desk.gateway.told = Found(outcome=replace(PAID, amount=usd(5_000), gateway_ref="g9"))
    desk.wait(MINUTE)
    desk.step(Inquire, "b1")
    desk.step(TellParent, "b1")
    assert desk.known().given_back == usd(5_000)


def test_a_line_that_waits_keeps_no_stranger_from_a_person() -> None:
    desk = Desk()
    desk.gateway.started = Unknown(cause="read_timeout")
    desk.begin()
    desk.step(Send)
    of = desk.known().attempts[0].reference
    report(
        desk.engine,
        item(of, "rejected", cursor="5"),
        item("TBZZZZZ9", "sale", OWED, cursor="6"),
    )
    assert len(desk.engine.strangers()) == 1


def test_a_void_that_nobody_answers_is_asked_of_a_person() -> None:
    desk = Desk()
    desk.begin()
    desk.step(Send)
    found = Found(outcome=PAID, settle="open", voidable=True)
    desk.gateway.voided = Unknown(cause="read_timeout")
    desk.gateway.told = NotFound()
    desk.engine.give_back(GiveBackRequest(payment_id="b1", of="p1", person="Dana"), found)
    for _ in range(7 * 24 * 4):
        desk.wait(15 * MINUTE)
        for one in [d for d in desk.engine.due() if d.payment_id == "b1" and d.in_ms == 0]:
            desk.engine.step("b1", one.command)
    known = desk.journal.payment("b1")
    assert known is not None
    assert known.tasks, (desk.gateway.calls.count("void"), len(known.attempts))


def test_a_refund_of_a_journal_of_yesterday_is_not_somebody_elses() -> None:
    """Before issue 4 a refund recorded its own row, and its payment was told nothing."""
    from tillbridge.domain.event import Event, PaymentEvent
    from tillbridge.domain.posting_leg import PostingEvent

    till = Till()
    till.pays()
    till.settles()
    till.runs()
    paid = till.payment().attempts[0]
    now = till.clock.now()
    facts = till.payment().debt.facts() | {
        "operation": "refund", "entry": "", "base_minor": 4_000, "fee_minor": 0, "tip_minor": 0,
        "currency": "USD", "of": "p1", "person": "Kim",
    }  # fmt: skip
    old = [
        Event(kind=PaymentEvent.PAYMENT_CREATED, at=now, subject="", facts=facts),
        Event(kind=PaymentEvent.ATTEMPT_CREATED, at=now, subject="TBOLD00000000001",
              facts={"amount_minor": 4_000, "horizon_ms": paid.horizon_ms, "terminal_id": ""}),
        Event(kind=MoneyEvent.SEND_STARTED, at=now, subject="TBOLD00000000001"),
        Event(kind=MoneyEvent.APPROVED, at=now, subject="TBOLD00000000001",
              facts={"amount_minor": 4_000, "currency": "USD", "gateway_ref": "r1"}),
        Event(kind=PaymentEvent.POSTING_CREATED, at=now, subject="V4242-OLD1",
              facts={"kind": "refund", "reference": "TBOLD00000000001", "amount_minor": 4_000}),
        Event(kind=PostingEvent.OWED, at=now, subject="V4242-OLD1"),
        Event(kind=PostingEvent.SAID_POSTED, at=now, subject="V4242-OLD1", facts={"person": "Kim"}),
    ]  # fmt: skip
    till.engine._append("old", None, old)
    till.runs()
    told = till.asks()
    assert isinstance(told, Found)
    rows = till.rows()
    found = replace(told, given_back=dollars(4_000))
    till.engine.give_back(
        GiveBackRequest(payment_id="b1", of="p1", amount=dollars(1_000), person="Dana"), found
    )
    till.runs()
    assert till.payment().elsewhere == dollars(0)
    assert till.rows() == [*rows, -1_000]


# ---- holes in what was mended since -----------------------------------------------------------------


def test_a_lost_dispute_is_not_the_refund_that_staff_wrote_down() -> None:
    till = Till()
    till.pays()
    till.engine.record_given_back(
        GivenElsewhere(record_id="r1", of="p1", amount=dollars(4_000), person="Dana", how="other terminal")
    )
    till.runs()
    of = till.payment().attempts[0].reference
    report(till.engine, item(of, "chargeback", 6_000, key="case1"))
    till.runs()
    assert till.payment().elsewhere == dollars(10_000)
    assert sum(till.rows()) == 0


def test_a_refused_give_back_decides_nothing_about_a_smaller_approval() -> None:
    desk = Desk()
    desk.gateway.started = PartiallyApproved(amount=usd(10_000), asked=usd(ASKED), gateway_ref="g1")
    desk.begin()
    desk.step(Send)
    assert isinstance(desk.gateway.started, PartiallyApproved)
    found = Found(outcome=desk.gateway.started, settle="settled", voidable=False, refundable=True)
    with pytest.raises(OperatorError):
        desk.engine.give_back(
            GiveBackRequest(payment_id="b1", of="p1", amount=usd(50_000), person="Dana"), found
        )
    assert not desk.known().attempts[0].keep_decided


def test_nobody_is_told_to_give_back_what_somebody_else_took_back() -> None:
    desk = voided_by_others_while_ours_is_refused()
    assert desk.known().attempts[0].state is MoneyState.VOIDED
    child = desk.journal.payment("b1")
    assert child is not None
    assert "not_given_back" not in child.tasks


def test_a_part_that_the_bank_took_back_and_sends_again_is_asked_of_a_person() -> None:
    """The row against the part stays: the books are short of it until somebody puts them right."""
    desk = Desk()
    desk.begin()
    desk.step(Send)
    reference = desk.known().attempts[0].reference
    desk.tell("returned", reference, code="R01", returned_minor=10_000)
    told = desk.tell("re_presented", reference)
    assert "settlement_unfitting" in told.tasks


def test_a_debit_that_came_back_whole_and_is_good_after_all_asks_nobody() -> None:
    desk = Desk()
    desk.begin()
    desk.step(Send)
    reference = desk.known().attempts[0].reference
    desk.tell("returned", reference, code="R01", returned_minor=ASKED)
    assert "settlement_unfitting" not in desk.tell("re_presented", reference).tasks
