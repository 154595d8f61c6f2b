"""Give money back: the gateway is asked, the engine chooses, and what changes in the books is typed once."""

from __future__ import annotations

import pytest

from tests.engine.till import OWED, Till, usd, with_fee
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.fold import fold
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.outcome import CannotTell, NotFound
from tillbridge.domain.payment import holds
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.giving_back import GiveBackRequest
from tillbridge.engine.policy import DAY, HOUR, MINUTE
from tillbridge.simulator.core.faults import FaultKind

S = MoneyState
SCOPE = "payment:p1"


# ---- what is offered ------------------------------------------------------------------------------


def test_before_the_batch_a_charge_is_taken_back_and_the_client_sees_it_today() -> None:
    till = Till()
    till.pays()
    offer = till.offers()
    assert (offer.way, offer.when, offer.seen) == ("void", "now", "today")
    assert offer.parts.whole == offer.left == usd(OWED)
    assert offer.last4


def test_after_the_batch_it_is_a_refund_that_takes_days() -> None:
    till = Till()
    till.pays()
    till.settles()
    offer = till.offers()
    assert (offer.way, offer.when, offer.seen) == ("refund", "now", "days")


@pytest.mark.parametrize(("early", "when"), [(False, "settled"), (True, "now")])
def test_a_part_before_the_batch_is_sent_now_only_where_the_gateway_can(early: bool, when: str) -> None:
    till = Till(refund_before_settlement=early)
    till.pays()
    offer = till.offers(4_000)
    assert (offer.way, offer.when) == ("refund", when)


def test_an_offer_changes_nothing() -> None:
    till = Till()
    till.pays()
    before = len(till.journal.since(0))
    till.offers()
    assert len(till.journal.since(0)) == before


def test_more_than_is_left_is_refused_with_what_is_left() -> None:
    till = Till()
    till.pays()
    with pytest.raises(OperatorError, match="over_refund") as said:
        till.offers(OWED + 1)
    assert said.value.facts["left_minor"] == OWED


@pytest.mark.parametrize("answer", [CannotTell(cause="read_timeout"), NotFound()])
def test_a_gateway_that_does_not_tell_gets_no_offer(answer: CannotTell | NotFound) -> None:
    till = Till()
    till.pays()
    with pytest.raises(OperatorError, match="gateway_does_not_tell"):
        till.engine.offer_give_back("p1", answer)


# ---- the whole --------------------------------------------------------------------------------------


def test_a_charge_that_is_taken_back_reverses_its_row() -> None:
    till = Till()
    posted = till.pays().postings[0]
    till.gives()
    till.runs()
    child = till.payment("b1")
    assert till.kinds_back() == ["void"]
    assert [(p.kind, p.of_marker, p.state) for p in child.postings] == [
        ("void", posted.marker, PostingState.POSTED)
    ]
    assert till.rows() == [OWED, -OWED]
    assert child.finished
    assert till.payment().finished
    assert till.payment().went_back == "whole"


def test_a_refund_is_a_row_of_its_own() -> None:
    till = Till()
    till.pays()
    till.settles()
    till.gives()
    till.runs()
    assert till.kinds_back() == ["refund"]
    assert [p.kind for p in till.postings("b1")] == ["refund"]
    assert till.rows() == [OWED, -OWED]


def test_the_same_press_twice_gives_back_once() -> None:
    till = Till()
    till.pays()
    assert till.gives() == till.gives()
    till.runs()
    assert till.went_back() == OWED
    with pytest.raises(OperatorError, match="payment_id_used"):
        till.gives(500)


def test_what_went_back_is_not_there_to_go_back_again() -> None:
    till = Till()
    till.pays()
    till.gives()
    with pytest.raises(OperatorError, match="nothing_to_give_back"):
        till.gives(name="b2")
    till.runs()
    with pytest.raises(OperatorError, match="nothing_to_give_back"):
        till.gives(name="b3")


def test_a_card_number_as_a_reason_is_refused() -> None:
    till = Till()
    till.pays()
    with pytest.raises(OperatorError, match="card_number_typed"):
        till.gives(reason="4242 4242 4242 4242")


# ---- a part -----------------------------------------------------------------------------------------


def test_a_part_before_the_batch_waits_and_is_sent_by_itself_when_it_is_settled() -> None:
    till = Till()
    till.pays()
    child = till.gives(4_000)
    assert child.attempts[0].queued == "settled"
    till.runs(3 * HOUR)
    assert till.went_back() == 0
    assert holds(till.payment("b1")) == {SCOPE: 4_000}
    till.settles()
    till.runs(2 * HOUR)
    assert till.went_back() == 4_000
    assert till.rows() == [OWED, -4_000]
    assert till.payment().went_back == "part"


def test_a_settlement_that_is_told_sends_what_waited_at_once() -> None:
    till = Till()
    till.pays()
    till.gives(4_000)
    till.settles()
    till.tells("p1", "settled", till.payment().attempts[0].reference)
    till.runs(2_000)
    assert till.went_back() == 4_000


def test_what_waits_can_be_called_off() -> None:
    till = Till()
    till.pays()
    till.gives(4_000)
    till.engine.cancel("b1")
    till.runs()
    till.settles()
    till.runs(DAY)
    assert till.went_back() == 0
    assert till.payment("b1").finished
    assert till.payment().children[0].over
    assert till.offers().parts.whole == usd(OWED)


def test_a_refund_that_comes_too_early_waits_without_letting_go_of_its_money() -> None:
    """The gateway said that it refunds before settlement, and does not."""
    till = Till()
    till.pays()
    child = till.gives(4_000)
    till.tells("b1", "give_back_released", child.attempts[0].reference, operation="refund", queued="")
    till.runs(1_000)
    states = [(a.state, a.queued) for a in till.payment("b1").attempts]
    assert states == [(S.NOT_SENT, ""), (S.CREATED, "settled")]
    assert holds(till.payment("b1")) == {SCOPE: 4_000}
    till.settles()
    till.runs(2 * HOUR)
    assert till.went_back() == 4_000


def test_the_fee_goes_back_pro_rata_and_closes_to_the_cent() -> None:
    till = Till(refund_before_settlement=True)
    till.pays(parts=with_fee(9_700, 300))
    for number, minor in enumerate((3_333, 3_333, 3_034)):
        till.gives(minor, name=f"b{number}")
        till.runs()
    fees = [till.payment(f"b{number}").parts.fee.minor for number in range(3)]
    assert sum(fees) == 300
    assert till.went_back() == 10_000
    assert till.payment().went_back == "whole"


def test_the_tip_goes_back_only_with_all_that_is_left() -> None:
    till = Till(refund_before_settlement=True)
    till.pays(parts=with_fee(9_000, 300, 700))
    till.gives(4_500, name="part")
    till.runs()
    assert till.payment("part").parts == with_fee(4_500, 150, 0)
    assert till.gives(name="rest").parts == with_fee(4_500, 150, 700)


def test_two_parts_that_wait_are_never_more_than_was_taken() -> None:
    till = Till()
    till.pays()
    till.gives(6_000)
    with pytest.raises(OperatorError, match="over_refund") as said:
        till.gives(4_001, name="b2")
    assert said.value.facts["left_minor"] == 4_000
    till.gives(4_000, name="b2")
    till.settles()
    till.runs(2 * HOUR)
    assert till.went_back() == OWED
    assert till.rows() == [OWED, -6_000, -4_000] or till.rows() == [OWED, -4_000, -6_000]


# ---- too late, unknown, elsewhere -----------------------------------------------------------------


def test_a_void_that_came_too_late_becomes_a_refund_without_letting_go_of_its_money() -> None:
    till = Till()
    till.pays()
    found = till.asks()
    till.settles()
    assert till.gives(asked=False, name="other").operation == "refund"
    till.engine.cancel("other")
    till.runs(1_000)
    child = till.engine.give_back(_request("b1"), found)
    assert child.operation == "void"
    till.runs()
    child = till.payment("b1")
    assert child.operation == "refund"
    assert [a.state for a in child.attempts] == [S.NOT_SENT, S.APPROVED]
    assert till.kinds_back() == ["refund"]
    assert [p.kind for p in child.postings] == ["refund"]
    assert _never_held_less(till, "b1", OWED)


def _request(payment_id: str) -> GiveBackRequest:
    return GiveBackRequest(payment_id=payment_id, of="p1", person="Dana")


def _never_held_less(till: Till, payment_id: str, minor: int) -> bool:
    """After every append, as the journal keeps it."""
    events = [stored.event for stored in till.journal.events(payment_id)]
    ends = [n for n, e in enumerate(events, 1) if n == len(events) or events[n].at != e.at or n == 2]
    held = [holds(p).get(SCOPE, 0) for n in ends if (p := fold(payment_id, events[:n])) and n > 1]
    return min(held) == minor


def test_an_unknown_void_is_asked_about_and_nothing_else_goes_back_meanwhile() -> None:
    till = Till()
    till.pays()
    till.fails("void", FaultKind.LOSE_REPLY)
    till.gives()
    till.fails("inquire", FaultKind.LOSE_REPLY, times=3)
    till.runs(1_000)
    assert till.payment("b1").attempts[0].state is S.UNKNOWN
    with pytest.raises(OperatorError, match="still_finding_out"):
        till.gives(name="b2")
    till.runs(2 * MINUTE)
    assert till.went_back() == OWED
    assert till.payment("b1").attempts[0].state is S.APPROVED
    assert till.rows() == [OWED, -OWED]


def test_a_void_that_the_gateway_knows_only_by_its_charge_is_found_there() -> None:
    """Many gateways give a void no reference of its own."""
    till = Till()
    till.pays()
    till.fails("void", FaultKind.LOSE_REPLY)
    child = till.gives()
    books = till.line.network.books
    till.runs(1_000)
    books._by_reference[child.attempts[0].reference].clear()
    till.runs(MINUTE)
    assert till.payment("b1").attempts[0].state is S.APPROVED
    assert till.went_back() == OWED
    assert till.rows() == [OWED, -OWED]


def test_calling_off_an_unknown_void_touches_no_terminal_and_it_is_found_out_all_the_same() -> None:
    till = Till()
    till.pays()
    till.fails("void", FaultKind.LOSE_REPLY)
    till.fails("inquire", FaultKind.LOSE_REPLY)
    till.gives()
    till.runs(1_000)
    till.engine.cancel("b1", "Dana")
    till.runs(2 * MINUTE)
    assert till.payment("b1").attempts[0].state is S.APPROVED
    assert till.rows() == [OWED, -OWED]


def test_a_gateway_that_is_away_is_asked_again_and_the_money_goes_back_by_itself() -> None:
    till = Till()
    till.pays()
    till.fails("void", FaultKind.UNREACHABLE)
    till.gives()
    till.runs(1_000)
    assert till.went_back() == 0
    till.runs(5 * MINUTE)
    assert till.went_back() == OWED
    assert till.kinds_back() == ["void"]


def test_without_an_answer_of_the_gateway_it_is_asked_first() -> None:
    till = Till()
    till.pays()
    child = till.gives(asked=False)
    assert child.attempts[0].queued == "asked"
    till.runs(1_000)
    assert till.kinds_back() == ["void"], "the whole before the batch"


def test_what_others_gave_back_is_taken_off_first() -> None:
    till = Till()
    till.pays()
    till.settles()
    reference = till.payment().attempts[0].reference
    till.line.network.refund(reference, "", 2_500, "PORTAL1", till.clock.now_ms)
    assert till.offers().left == usd(OWED - 2_500)
    till.gives()
    till.runs()
    assert till.went_back() == OWED
    assert till.payment().elsewhere == usd(2_500)
    assert till.payment().over_returned == usd(0)
    assert sum(till.rows()) == 0


def test_nothing_goes_back_while_a_dispute_is_open() -> None:
    till = Till()
    till.pays()
    till.tells("p1", "dispute_opened", till.payment().attempts[0].reference, key="d1")
    with pytest.raises(OperatorError, match="dispute_open"):
        till.offers()
    with pytest.raises(OperatorError, match="dispute_open"):
        till.gives()


def test_a_part_that_waited_is_dropped_and_told_when_others_took_it_meanwhile() -> None:
    till = Till()
    till.pays()
    till.gives(4_000)
    till.settles()
    till.line.network.refund(till.payment().attempts[0].reference, "", 9_000, "PORTAL1", till.clock.now_ms)
    till.runs(2 * HOUR)
    assert till.went_back() == 9_000
    assert till.payment("b1").tasks == ("give_back_dropped",)


def test_a_charge_that_the_gateway_calls_taken_back_is_our_own_and_is_not_reversed_twice() -> None:
    till = Till()
    till.pays()
    till.gives()
    till.runs(100)
    till.tells("p1", "voided", till.payment().attempts[0].reference)
    till.runs()
    assert till.rows() == [OWED, -OWED]
    assert till.payment().tasks == ()
    assert till.payment().over_returned == usd(0)


def test_a_refund_that_bounces_is_ours_again_and_a_persons_task() -> None:
    till = Till()
    till.pays()
    till.settles()
    till.gives()
    till.runs()
    reference = till.payment("b1").attempts[0].reference
    till.settles()
    refund = till.line.network.books.of_reference(reference)[0]
    till.line.network.days.bank_returns(refund.provider_ref, "R02", till.clock.now_ms)
    till.tells("b1", "returned", reference)
    till.runs(HOUR)
    assert till.payment().given_back == usd(0)
    assert till.payment().tasks == ("give_back_bounced",)
    assert sum(till.rows()) == OWED, "its row is reversed"
    assert till.offers().left == usd(OWED)
