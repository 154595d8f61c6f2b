"""What the settlement tells becomes events: once, in any order, and what nobody knows waits for a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.scripted_desk import ASKED, Desk, usd
from tillbridge.domain.errors import OperatorError, SetupError
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.next_command import AwaitGateway, Inquire, Send, TellParent, commands
from tillbridge.domain.outcome import Approved, Found, Pending, Unknown
from tillbridge.domain.payment import Payment
from tillbridge.engine.giving_back import GiveBackRequest
from tillbridge.engine.policy import MINUTE
from tillbridge.engine.settling import SettlementTold, read_settlement
from tillbridge.ports.gateway import Delivered, Gateway, Notice, SettlementItem


def item(reference: str, kind: Any = "sale", minor: int = ASKED, **more: Any) -> SettlementItem:
    usual: dict[str, Any] = {
        "cursor": "1", "gateway_ref": "g1", "batch": "B1", "settle": "settled", "key": f"{reference}:{kind}",
    }  # fmt: skip
    return SettlementItem(reference=reference, kind=kind, amount=usd(minor), **(usual | more))


def report(desk: Desk, *items: SettlementItem) -> None:
    desk.engine.finish_settlement(SettlementTold(items=items))


@pytest.fixture
def reference(paid: Desk) -> str:
    return paid.known().attempts[0].reference


def seen(payment: Payment) -> tuple[object, ...]:
    """What must not depend on the order in which things were told."""
    attempt = payment.attempts[0]
    return attempt.state, attempt.held_by_dispute, payment.given_back.minor, payment.elsewhere.minor


def test_a_batch_settles_a_payment_once(paid: Desk, reference: str) -> None:
    report(paid, item(reference))
    assert paid.state() is MoneyState.SETTLED
    events = len(paid.journal.events("p1"))
    report(paid, item(reference), item(reference))
    assert len(paid.journal.events("p1")) == events


def test_the_cursor_moves_behind_what_was_journalled(paid: Desk, reference: str) -> None:
    assert paid.engine.start_settlement().cursor == ""
    report(paid, item(reference, cursor="7"), item(reference, "fee", 10, cursor="8", key="f"))
    assert paid.engine.start_settlement().cursor == "8"


def test_a_settlement_adopts_an_attempt_that_nobody_knew_of(unknown: Desk) -> None:
    reference = unknown.known().attempts[0].reference
    report(unknown, item(reference))
    assert unknown.state() is MoneyState.SETTLED
    assert unknown.known().taken == usd(ASKED)


def test_what_came_after_an_unknown_outcome_waits_for_its_inquiry_and_is_read_again(unknown: Desk) -> None:
    reference = unknown.known().attempts[0].reference
    unknown.wait(5000)
    unknown.step(Inquire)
    taken_back, fee = item(reference, "rejected", cursor="5"), item("", "fee", 10, key="f", cursor="6")
    read = unknown.engine.finish_settlement(SettlementTold(items=(taken_back, fee)))
    assert (read.waiting, unknown.state()) == (1, MoneyState.UNKNOWN)
    assert unknown.engine.start_settlement().cursor == "", "it is read once more"
    assert [due.in_ms for due in unknown.engine.due()] == [0], "and the inquiry is due now"
    unknown.gateway.told = Found(outcome=Approved(amount=usd(ASKED), gateway_ref="g1"))
    unknown.step(Inquire)
    report(unknown, taken_back)
    assert unknown.state() is MoneyState.RETURNED
    assert unknown.engine.start_settlement().cursor == "5"


def test_a_return_owes_its_reversal_and_keeps_its_code(paid: Desk, reference: str) -> None:
    report(paid, item(reference), item(reference, "return", code="R01", settle="returned"))
    assert paid.state() is MoneyState.RETURNED
    told = [each.event for each in paid.journal.events("p1") if each.event.kind == MoneyEvent.RETURNED]
    assert [event.text("code") for event in told] == ["R01"]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_debit_presented_again_stands_in_any_order(paid: Desk, reference: str, backwards: bool) -> None:
    told = [
        item(reference, "return", key="r1", round=1),
        item(reference, "re_presented", key="p1", round=1),
        item(reference, "return", key="r2", round=2),
        item(reference, "re_presented", key="p2", round=2),
    ]
    for each in reversed(told) if backwards else told:
        report(paid, each)
    assert paid.state() is MoneyState.SETTLED
    report(paid, item(reference, "return", key="r3", round=3))
    assert paid.state() is MoneyState.RETURNED


def test_a_dispute_holds_the_money_until_the_last_case_is_closed(paid: Desk, reference: str) -> None:
    report(paid, item(reference, "dispute_opened", 500, key="CASE1"))
    report(paid, item(reference, "dispute_opened", 600, key="CASE2"))
    assert paid.known().attempts[0].held_by_dispute
    report(paid, item(reference, "dispute_won", 500, key="CASE1"))
    assert paid.known().attempts[0].held_by_dispute, "another one is still open"
    report(paid, item(reference, "chargeback", 600, key="CASE2"))
    assert not paid.known().attempts[0].held_by_dispute
    assert paid.known().elsewhere == usd(600)


def test_a_case_that_is_closed_is_not_opened_by_an_older_line(paid: Desk, reference: str) -> None:
    report(
        paid,
        item(reference, "chargeback", 600, key="CASE2"),
        item(reference, "dispute_opened", 600, key="CASE2"),
    )
    assert not paid.known().attempts[0].held_by_dispute
    assert paid.known().elsewhere == usd(600)


def test_a_case_that_was_won_is_not_opened_by_an_older_line(paid: Desk, reference: str) -> None:
    report(paid, item(reference, "dispute_won", 600, key="CASE2"))
    report(paid, item(reference, "dispute_opened", 600, key="CASE2"))
    assert not paid.known().attempts[0].held_by_dispute


def test_a_refund_made_elsewhere_is_counted_once_and_owes_a_reversal(paid: Desk, reference: str) -> None:
    told = item("", "refund", 700, key="g9", of_reference=reference)
    report(paid, told, told)
    assert paid.known().elsewhere == usd(700)
    assert paid.known().given_back == usd(700)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_refund_made_elsewhere_that_bounced_is_ours_again(
    paid: Desk, reference: str, backwards: bool
) -> None:
    told = [
        item("", "refund", 700, key="g9", gateway_ref="g9", of_reference=reference),
        item("", "return", 700, key="g9:returned", gateway_ref="g9", of_reference=reference, code="R03"),
    ]
    for each in [*(told[::-1] if backwards else told), *told]:
        report(paid, each)
    assert (paid.known().given_back, paid.known().elsewhere) == (usd(0), usd(0))
    assert ("give_back_bounced" in paid.known().tasks) is not backwards


def test_what_an_inquiry_counted_as_a_sum_is_not_counted_again_line_by_line(
    paid: Desk, reference: str
) -> None:
    paid.tell(MoneyEvent.REFUNDED_ELSEWHERE, reference, returned_minor=1000, key="total:1000")
    for number, minor in enumerate((600, 400, 300)):
        report(paid, item("", "refund", minor, key=f"g{number}", of_reference=reference))
    assert paid.known().elsewhere == usd(1300)


def test_a_notice_of_change_is_kept_and_moves_nothing(paid: Desk, reference: str) -> None:
    report(paid, item(reference, "change", 0, code="C01"))
    assert "notice_of_change" in paid.known().tasks
    assert paid.state() is MoneyState.APPROVED


def test_another_amount_than_ours_is_shown(paid: Desk, reference: str) -> None:
    report(paid, item(reference, minor=ASKED - 1))
    assert paid.known().tasks == ("settled_amount_differs",)
    assert paid.known().taken == usd(ASKED)


def test_what_the_tables_do_not_allow_is_told_once(desk: Desk) -> None:
    desk.begin()
    reference = desk.known().attempts[0].reference
    for _ in range(2):
        report(desk, item(reference, "change", 0), item(reference, "dispute_won", 0, key="CASE9"))
    assert desk.known().tasks == ("notice_of_change", "settlement_unfitting")
    assert desk.state() is MoneyState.CREATED


def test_a_reference_of_ours_that_nobody_knows_waits_for_a_person(paid: Desk) -> None:
    lost, others = item("TBRESTOREDAWAY", key="a"), item("POS-4711", key="b")
    for _ in range(2):
        report(paid, lost, others)
    assert [(each.reference, each.minor) for each in paid.engine.strangers()] == [("TBRESTOREDAWAY", ASKED)]
    paid.restarted()
    assert paid.engine.strangers() != [], "also after a restart"
    with pytest.raises(OperatorError, match="nothing_to_decide"):
        paid.engine.end_stranger("b")
    assert paid.engine.end_stranger("a") == []


def test_a_notice_makes_the_inquiry_due_and_is_not_believed(desk: Desk) -> None:
    desk.gateway.started = Pending(kind="terminal")
    desk.gateway.told = Found(outcome=Pending(kind="terminal"))
    desk.begin()
    desk.step(Send)
    desk.wait(2000)
    desk.step(Inquire)
    reference = desk.known().attempts[0].reference
    assert desk.engine.due()[0].in_ms > 0
    told = Notice(notice_id="n", reference=reference, kind="payment.capture", authentic=True, cursor="3")
    desk.engine.finish_settlement(SettlementTold(notices=(told,)))
    assert desk.state() is MoneyState.RUNNING
    assert desk.engine.due()[0].in_ms == 0
    assert desk.engine.start_settlement().noticed == "3"


def test_an_unsigned_hint_changes_nothing(paid: Desk, reference: str) -> None:
    hint = Notice(
        notice_id="n", reference=reference, kind="x", authentic=False, item=item(reference, "return")
    )
    paid.engine.finish_settlement(SettlementTold(notices=(hint,)))
    assert paid.state() is MoneyState.APPROVED


def test_the_settlement_is_read_at_the_start_then_at_its_interval_and_when_asked(desk: Desk) -> None:
    assert desk.engine.settlement_in_ms() == 0
    desk.engine.start_settlement()
    assert desk.engine.settlement_in_ms() == 15 * MINUTE
    desk.wait(10 * MINUTE)
    assert desk.engine.settlement_in_ms() == 5 * MINUTE
    desk.engine.want_settlement()
    assert desk.engine.settlement_in_ms() == 0


@pytest.fixture
def debited(desk: Desk) -> Desk:
    """A bank debit on its way."""
    desk.gateway.started = Pending(kind="ach")
    desk.begin()
    desk.step(Send)
    return desk


def test_what_we_gave_back_of_a_debit_on_its_way_is_not_counted_as_others_when_it_clears(
    debited: Desk,
) -> None:
    paid = Approved(amount=usd(ASKED), gateway_ref="g1")
    debited.gateway.told = Found(outcome=paid, settle="settled", given_back=usd(500))
    debited.step(Inquire)
    assert debited.state() is MoneyState.SETTLED
    assert debited.known().elsewhere == usd(0)


def test_a_debit_that_we_voided_ourselves_is_at_rest(debited: Desk) -> None:
    pending = Pending(kind="ach")
    request = GiveBackRequest(payment_id="b1", of="p1", person="Dana")
    debited.engine.give_back(request, Found(outcome=pending, settle="queued", voidable=True))
    debited.step(Send, "b1")
    debited.step(TellParent, "b1")
    debited.gateway.told = Found(outcome=pending, settle="voided", given_back=usd(ASKED))
    debited.step(Inquire)
    assert debited.known().given_back == usd(ASKED)
    assert [type(c).__name__ for c in commands(debited.known()) if isinstance(c, Inquire)] == []


@pytest.mark.parametrize("gateway_ref", ["g2", "another"])
def test_our_own_refund_that_the_gateway_tells_us_is_not_a_second_one(
    paid: Desk, reference: str, gateway_ref: str
) -> None:
    taken = Approved(amount=usd(ASKED), gateway_ref="g1")
    request = GiveBackRequest(payment_id="b1", of="p1", amount=usd(3000), person="Dana")
    paid.engine.give_back(request, Found(outcome=taken, settle="settled", refundable=True))
    paid.gateway.refunded = Approved(amount=usd(3000), gateway_ref="g2")
    paid.step(Send, "b1")
    paid.step(TellParent, "b1")
    child = paid.journal.payment("b1")
    assert child is not None
    mine: dict[str, Any] = {"key": "g2", "gateway_ref": gateway_ref, "of_reference": reference}
    for settle in ("open", "settled", "open"):
        report(paid, item(child.attempts[0].reference, "refund", 3000, **mine, settle=settle))
    assert (paid.known().given_back, paid.known().elsewhere) == (usd(3000), usd(0))
    after = paid.journal.payment("b1")
    assert after is not None
    assert after.attempts[0].state is MoneyState.SETTLED


def test_a_void_of_others_that_answered_our_own_is_counted_once(paid: Desk, reference: str) -> None:
    taken = Approved(amount=usd(ASKED), gateway_ref="g1")
    request = GiveBackRequest(payment_id="b1", of="p1", person="Dana")
    paid.engine.give_back(request, Found(outcome=taken, settle="open", voidable=True))
    paid.gateway.voided = Approved(amount=usd(ASKED), gateway_ref="g7")
    paid.step(Send, "b1")
    paid.step(TellParent, "b1")
    report(paid, item("", "void", key="g7", gateway_ref="g7", of_reference=reference))
    assert paid.known().given_back == usd(ASKED)
    assert paid.known().over_returned == usd(0)
    assert paid.state() is MoneyState.APPROVED


def test_a_give_back_of_ours_that_nobody_knows_of_yet_is_not_counted_as_others(paid: Desk) -> None:
    taken = Approved(amount=usd(ASKED), gateway_ref="g1")
    paid.gateway.told = Found(outcome=taken, settle="settled", refundable=True)
    for name, minor in (("b1", 3000), ("b2", 2000)):
        paid.engine.give_back(GiveBackRequest(payment_id=name, of="p1", amount=usd(minor), person="Dana"))
        paid.step(TellParent, name)
    paid.step(AwaitGateway, "b1")
    paid.gateway.refunded = Unknown(cause="read_timeout")
    paid.step(Send, "b1")
    paid.gateway.told = Found(outcome=taken, settle="settled", refundable=True, given_back=usd(3000))
    paid.step(AwaitGateway, "b2")
    assert paid.known().elsewhere == usd(0)


class Reports:
    """A gateway of which only the report is asked."""

    def __init__(self, items: Iterable[SettlementItem] | Exception, forged: int = 0) -> None:
        self.items, self.forged = items, forged

    def capabilities(self) -> Any:
        return Desk().gateway.capabilities()

    def settlement(self, cursor: str) -> Iterable[SettlementItem]:
        if isinstance(self.items, Exception):
            raise self.items
        return self.items

    def notices(self, cursor: str) -> Iterable[Delivered]:
        return [Delivered(headers={}, body=b"{}")] * self.forged

    def read_notice(self, headers: object, body: object) -> list[Notice]:
        raise SetupError("bad_signature")


@pytest.mark.parametrize("error", [SetupError("settlement_unreadable"), OSError("no route")])
def test_a_report_that_cannot_be_read_moves_no_cursor(desk: Desk, error: Exception) -> None:
    told = read_settlement(cast(Gateway, Reports(error)), desk.engine.start_settlement())
    read = desk.engine.finish_settlement(told)
    assert read.failed in ("settlement_unreadable", "OSError")
    assert desk.engine.settlements.failed == read.failed
    assert desk.engine.start_settlement().cursor == ""


def test_a_forged_notice_is_left_out_and_the_report_is_read_all_the_same(paid: Desk, reference: str) -> None:
    gateway = cast(Gateway, Reports([item(reference)], forged=2))
    told = read_settlement(gateway, paid.engine.start_settlement())
    assert (told.refused, told.notices) == (2, ())
    paid.engine.finish_settlement(told)
    assert paid.state() is MoneyState.SETTLED


ORDERS = st.permutations(
    [
        ("sale", {"key": "s"}),
        ("return", {"key": "r1", "round": 1}),
        ("re_presented", {"key": "p1", "round": 1}),
        ("dispute_opened", {"key": "CASE1", "minor": 300}),
        ("dispute_won", {"key": "CASE1", "minor": 300}),
        ("dispute_opened", {"key": "CASE2", "minor": 400}),
        ("chargeback", {"key": "CASE3", "minor": 500}),
        ("dispute_opened", {"key": "CASE3", "minor": 500}),
        ("refund", {"key": "g2", "minor": 70}),
        ("refund", {"key": "g3", "minor": 80}),
        ("change", {"key": "c", "minor": 0}),
    ]
)


@settings(max_examples=60, deadline=None)
@given(ORDERS, st.data())
def test_lines_in_any_order_and_twice_end_alike(
    order: list[tuple[str, dict[str, Any]]], data: st.DataObject
) -> None:
    desk = Desk()
    desk.begin()
    desk.step(Send)
    reference = desk.known().attempts[0].reference
    for kind, facts in [*order, *data.draw(st.permutations(order))]:
        own = {"reference": "", "of_reference": reference} if kind == "refund" else {"reference": reference}
        report(desk, item(**{"kind": kind, **own, **facts}))
    assert seen(desk.known()) == (MoneyState.SETTLED, True, 650, 650)
