"""What becomes of postings: doubts, hands, money that goes back meanwhile, and one posting per money."""

from __future__ import annotations

import pytest

from tests.domain.story import (
    ASKED,
    ID,
    MARK,
    MARK2,
    REF,
    approved,
    attempt,
    created,
    event,
    in_posting_state,
    posting,
    refund,
    run,
    sale,
    the_posting,
    told,
    usd,
    with_posting,
)
from tillbridge.domain.errors import ImpossibleEvent
from tillbridge.domain.fold import apply
from tillbridge.domain.guards import posting_cell
from tillbridge.domain.payment import Payment, holds
from tillbridge.domain.posting_leg import PostingEffect, PostingState

S = PostingState
HELD = {"invoice:impromed:0017:10482": ASKED}


def at_work(*steps: str) -> Payment:
    """An approved sale whose posting went some steps."""
    kinds = [f"posting_{step}" for step in ("owed", *steps)]
    return run(told(posting(), start=approved()), *kinds, subject=MARK)


def more(payment: Payment, *steps: str) -> Payment:
    return run(payment, *(f"posting_{step}" for step in steps), subject=MARK)


def typing() -> Payment:
    return at_work("safe_moment", "clear")


def unsure() -> Payment:
    return more(typing(), "commit_reached", "commit_returned")


def state(payment: Payment, marker: str = MARK) -> PostingState:
    return the_posting(payment, marker).state


def test_the_usual_way() -> None:
    payment = more(unsure(), "found")
    assert state(payment) is S.POSTED
    assert the_posting(payment).by == "us"
    assert payment.finished


def test_a_restart_while_typing_is_unsure_never_typed_again_without_a_look() -> None:
    assert state(more(typing(), "restarted")) is S.UNSURE
    assert state(more(typing(), "commit_reached", "restarted")) is S.UNSURE


def test_typing_that_surely_failed_before_the_commit_starts_over() -> None:
    payment = more(typing(), "flow_failed")
    assert state(payment) is S.WAITING
    assert the_posting(payment).touched_at is None


@pytest.mark.parametrize(
    "step", ["commit_returned", "restarted", "proven_absent", "not_proven", "blocked", "suspected"]
)
def test_after_the_commit_step_everything_but_a_row_is_unsure(step: str) -> None:
    assert state(more(typing(), "commit_reached", step)) is S.UNSURE


def test_the_last_moment_of_a_possible_commit_is_remembered() -> None:
    payment = told(event("posting_commit_reached", MARK, 30), start=typing())
    payment = told(event("posting_commit_returned", MARK, 42), start=payment)
    touched = the_posting(payment).touched_at
    assert touched is not None
    assert touched.mono_ms == 42_000
    later = the_posting(told(event("posting_not_proven", MARK, 60), start=payment)).touched_at
    assert later == touched


def test_only_proof_of_absence_brings_it_back_to_waiting() -> None:
    assert state(more(unsure(), "not_proven", "not_proven", "blocked")) is S.UNSURE
    assert state(more(unsure(), "proven_absent")) is S.WAITING


def test_an_unmarked_row_beside_an_unsure_posting_is_asked_about() -> None:
    payment = more(unsure(), "suspected")
    assert state(payment) is S.NEEDS_ATTENTION
    assert the_posting(payment).may_be_posted


def test_an_unmarked_row_before_typing_is_asked_about_and_is_surely_not_ours() -> None:
    payment = at_work("safe_moment", "suspected")
    assert state(payment) is S.NEEDS_ATTENTION
    assert not the_posting(payment).may_be_posted
    assert the_posting(payment).suspected


@pytest.mark.parametrize(("step", "may_be"), [("limit_passed", True), ("found_wrong", True)])
def test_attention_says_whether_it_may_be_in_the_books(step: str, may_be: bool) -> None:
    assert the_posting(more(unsure(), step)).may_be_posted is may_be
    assert not the_posting(at_work("limit_passed")).may_be_posted


def test_a_proof_of_absence_while_a_person_is_asked_tells_that_it_is_not_in_the_books() -> None:
    payment = more(unsure(), "limit_passed", "proven_absent")
    assert state(payment) is S.NEEDS_ATTENTION
    assert not the_posting(payment).may_be_posted


def test_a_list_that_proves_nothing_makes_a_posting_wait_that_was_never_typed() -> None:
    assert state(at_work("safe_moment", "not_proven")) is S.WAITING


def test_a_list_that_proves_nothing_calls_a_person_if_a_commit_may_once_have_been_sent() -> None:
    payment = more(unsure(), "said_not_posted", "safe_moment", "not_proven")
    assert state(payment) is S.NEEDS_ATTENTION
    assert the_posting(payment).may_be_posted


def test_a_row_that_a_person_dismissed_stays_dismissed() -> None:
    payment = at_work("suspected")
    assert not the_posting(payment).suspect_dismissed
    payment = more(payment, "said_not_posted")
    assert the_posting(payment).suspect_dismissed
    assert the_posting(more(payment, "blocked")).suspect_dismissed


def test_who_said_that_it_is_posted_is_remembered() -> None:
    payment = told(event("posting_said_posted", MARK, person="Dana"), start=at_work())
    assert the_posting(payment).by == "Dana"
    assert the_posting(more(payment, "found")).by == "Dana"


def test_a_row_that_vanished_needs_a_person_and_holds_the_debt_again() -> None:
    payment = more(unsure(), "found", "row_vanished")
    assert state(payment) is S.NEEDS_ATTENTION
    assert holds(payment) == HELD
    assert not payment.finished


@pytest.mark.parametrize("step", ["found", "found_wrong"])
def test_a_row_for_a_posting_that_nobody_needs_is_shown(step: str) -> None:
    payment = more(at_work("dropped"), step)
    assert state(payment) is S.NOT_NEEDED
    assert payment.tasks == (f"posting_{step}_unexpected",)


def test_staff_typing_it_too_is_shown() -> None:
    payment = more(unsure(), "found", "suspected")
    assert state(payment) is S.POSTED
    assert payment.tasks == ("posting_suspected_unexpected",)


def test_the_reason_stays_until_it_is_posted() -> None:
    payment = told(event("posting_blocked", MARK, reason="other_client"), start=at_work())
    assert the_posting(payment).reason == "other_client"
    assert the_posting(more(payment, "safe_moment")).reason == "other_client"
    assert the_posting(more(payment, "found")).reason == ""


def test_it_waits_as_long_as_the_trouble_says() -> None:
    payment = told(event("posting_blocked", MARK, 20, retry_in_ms=5_000), start=at_work())
    not_before = the_posting(payment).not_before
    assert not_before is not None
    assert not_before.mono_ms == 25_000
    assert the_posting(more(payment, "blocked")).not_before is None


# ---- money that goes back meanwhile -------------------------------------------------------------


@pytest.mark.parametrize("steps", [[], ["safe_moment", "blocked"]])
def test_money_that_goes_back_before_typing_needs_no_posting_at_all(steps: list[str]) -> None:
    assert state(more(at_work(*steps), "money_returned")) is S.NOT_NEEDED


def test_money_that_goes_back_during_the_check_is_never_typed() -> None:
    for step in ("clear", "proven_absent", "blocked", "restarted"):
        assert state(more(at_work("safe_moment"), "money_returned", step)) is S.NOT_NEEDED


def test_money_that_goes_back_while_typing_is_settled_first() -> None:
    payment = more(typing(), "money_returned")
    assert the_posting(payment).settle_first
    assert state(payment) is S.TYPING
    assert state(more(payment, "flow_failed")) is S.NOT_NEEDED


@pytest.mark.parametrize("step", ["proven_absent", "said_not_posted"])
def test_unsure_and_then_known_to_be_absent_it_is_dropped(step: str) -> None:
    payment = more(unsure(), "money_returned", step)
    assert state(payment) is S.NOT_NEEDED
    assert not the_posting(payment).settle_first


@pytest.mark.parametrize("step", ["found", "said_posted"])
def test_unsure_and_then_known_to_be_posted_it_owes_a_reversal(step: str) -> None:

    payment = more(unsure(), "money_returned")
    cell = posting_cell(payment, event(f"posting_{step}", MARK))
    assert cell is not None
    assert cell.effects == (PostingEffect.OWE_REVERSAL,)
    assert state(more(payment, step)) is S.POSTED
    ordinary = posting_cell(unsure(), event(f"posting_{step}", MARK))
    assert ordinary is not None
    assert ordinary.effects == ()


def test_attention_that_is_surely_not_posted_is_dropped_when_its_money_goes_back() -> None:
    assert state(more(at_work("limit_passed"), "money_returned")) is S.NOT_NEEDED


@pytest.mark.parametrize("start", [at_work("suspected"), more(unsure(), "limit_passed")])
def test_attention_that_may_be_in_the_books_stays_when_its_money_goes_back(start: Payment) -> None:
    payment = more(start, "money_returned")
    assert state(payment) is S.NEEDS_ATTENTION
    assert state(more(payment, "said_not_posted")) is S.NOT_NEEDED


def test_the_reversal_of_money_that_comes_back_is_not_needed_any_more() -> None:
    payment = more(run(more(unsure(), "found"), "settled", "returned"), "money_returned")
    payment = told(posting(MARK2, kind="return"), event("posting_owed", MARK2), start=payment)
    payment = run(payment, "re_presented")
    assert state(payment, MARK2) is S.NOT_NEEDED
    assert not payment.may_post(REF, usd(ASKED))


def test_money_that_comes_back_leaves_a_waiting_posting_waiting() -> None:
    assert state(run(at_work(), "returned", "re_presented")) is S.WAITING


def test_a_reversal_that_is_in_the_books_stays_there_when_the_money_comes_back() -> None:
    payment = more(run(more(unsure(), "found"), "settled", "returned"), "money_returned")
    payment = told(posting(MARK2, kind="return"), event("posting_owed", MARK2), start=payment)
    payment = run(told(event("posting_said_posted", MARK2, person="Dana"), start=payment), "re_presented")
    assert state(payment, MARK2) is S.POSTED
    assert payment.may_post(REF, usd(ASKED))


def test_a_balance_that_was_seen_is_kept_until_a_person_says_to_try_again() -> None:
    seen = event("posting_blocked", MARK, reason="balance_changed", seen_minor=700)
    payment = more(told(seen, start=at_work()), "blocked", "limit_passed")
    balance = the_posting(payment).balance_seen
    assert balance is not None
    assert balance.minor == 700
    assert the_posting(more(payment, "said_not_posted")).balance_seen is None


@pytest.mark.parametrize(
    "facts", [{"reason": "other", "seen_minor": 5}, {"reason": "balance_changed", "seen_minor": "5"}]
)
def test_only_a_balance_that_was_read_is_remembered(facts: dict[str, int | str]) -> None:
    assert the_posting(told(event("posting_blocked", MARK, **facts), start=at_work())).balance_seen is None


def test_money_that_comes_back_while_unsure_makes_the_posting_right_again() -> None:
    payment = run(more(run(unsure(), "returned"), "money_returned"), "re_presented")
    assert not the_posting(payment).settle_first
    assert state(more(payment, "proven_absent")) is S.WAITING


# ---- one posting per money ----------------------------------------------------------------------


@pytest.mark.parametrize("state_", [s for s in S if s is not S.NOT_NEEDED])
def test_no_second_posting_of_the_same_money(state_: PostingState) -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, in_posting_state(state_), posting(MARK2))


def test_a_new_posting_after_the_one_in_the_books_was_reversed() -> None:
    payment = told(posting(MARK2, kind="return"), start=more(unsure(), "found"))
    assert not payment.may_post(REF, usd(ASKED))
    payment = told(event("posting_owed", MARK2), posting("V4242-K7QB"), start=payment)
    assert state(payment, "V4242-K7QB") is S.NOT_NEEDED


def test_a_reversed_posting_that_is_in_question_again_allows_no_second_one() -> None:
    payment = told(posting(MARK2, kind="return"), start=more(unsure(), "found"))
    payment = more(told(event("posting_owed", MARK2), start=payment), "found_wrong")
    assert state(payment) is S.NEEDS_ATTENTION
    assert not payment.may_post(REF, usd(ASKED))


def test_a_part_that_went_back_does_not_allow_a_second_posting() -> None:
    payment = told(posting(MARK2, kind="return", minor=500), start=more(unsure(), "found"))
    assert not told(event("posting_owed", MARK2), start=payment).may_post(REF, usd(ASKED))


def test_of_two_records_of_one_money_only_one_is_ever_owed() -> None:
    payment = told(posting(), posting(MARK2), event("posting_owed", MARK), start=approved())
    with pytest.raises(ImpossibleEvent):
        apply(ID, payment, event("posting_owed", MARK2))


def test_a_marker_is_never_used_twice() -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, told(posting(), start=approved()), posting())


@pytest.mark.parametrize(
    "start", [sale(), run(sale(), "send_started"), run(sale(), "send_started", "no_reply")]
)
def test_card_first_posting_second(start: Payment) -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, start, posting())


@pytest.mark.parametrize(
    "wrong",
    [posting(reference="TBNONE"), posting(kind="gift"), posting(minor=0), posting(minor=-1)],
    ids=["no attempt", "no such kind", "nothing", "less than nothing"],
)
def test_a_posting_that_makes_no_sense_is_impossible(wrong: object) -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, approved(), wrong)  # type: ignore[arg-type]


def test_the_smallest_amount_is_an_amount() -> None:
    assert the_posting(told(posting(minor=1), start=approved())).amount.minor == 1


def test_the_reversal_itself_has_no_money_that_could_go_back() -> None:
    payment = told(posting(MARK2, kind="return"), event("posting_owed", MARK2), start=more(unsure(), "found"))
    with pytest.raises(ImpossibleEvent):
        apply(ID, payment, event("posting_money_returned", MARK2))


# ---- what is held until it is seen posted (rule 4) ----------------------------------------------


@pytest.mark.parametrize("state_", [s for s in S if s is not S.POSTED])
def test_what_was_taken_is_held_until_it_is_seen_posted(state_: PostingState) -> None:
    assert holds(in_posting_state(state_)) == HELD


def test_what_is_seen_posted_is_not_held() -> None:
    assert holds(in_posting_state(S.POSTED)) == {}


def test_money_without_any_posting_is_held() -> None:
    assert holds(approved()) == HELD


def test_a_dropped_posting_holds_what_was_not_given_back() -> None:
    payment = told(event("give_back_recorded", amount_minor=4_000, payment_id="p2"), start=at_work("dropped"))
    assert holds(payment) == {"invoice:impromed:0017:10482": 6_000}


@pytest.mark.parametrize(
    "ways", [["created"], ["send_started"], ["send_started", "no_reply"], ["send_started", "pended"]]
)
def test_what_may_be_moving_is_held(ways: list[str]) -> None:
    assert holds(run(sale(), *[way for way in ways if way != "created"])) == HELD


@pytest.mark.parametrize("end", ["declined", "cancelled", "not_sent"])
def test_what_is_over_holds_nothing(end: str) -> None:
    assert holds(run(sale(), "send_started", end)) == {}


@pytest.mark.parametrize("back", ["voided", "returned", "settlement_rejected"])
def test_what_went_back_holds_nothing(back: str) -> None:
    assert holds(run(approved(), back)) == {}


def test_fee_and_tip_are_not_part_of_the_debt_that_is_held() -> None:

    payment = told(created(fee_minor=300, tip_minor=200), attempt(minor=ASKED + 500))
    assert holds(payment) == HELD
    assert holds(run(payment, "send_started", "approved")) == HELD


def test_a_partial_approval_holds_what_was_taken() -> None:
    payment = told(event("approved", REF, amount_minor=6_000), start=run(sale(), "send_started"))
    assert holds(payment) == {"invoice:impromed:0017:10482": 6_000}


def test_a_refund_holds_on_its_parent_whatever_its_posting_does() -> None:
    payment = told(posting(kind="refund"), start=run(refund(), "send_started", "approved"))
    assert holds(with_posting(payment, state=S.POSTED)) == {"payment:pay-0": ASKED}
