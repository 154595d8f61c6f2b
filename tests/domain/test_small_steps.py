"""Small steps of the fold that decide much: how many kills there were, what a person's word is kept for."""

from __future__ import annotations

from tests.domain.story import (
    MARK,
    REF,
    at,
    event,
    in_money_state,
    in_posting_state,
    run,
    sale,
    the_attempt,
    the_posting,
    told,
    with_attempt,
    with_posting,
)
from tillbridge.domain.guards import KILLS_NEEDED, money_cell
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.posting_leg import PostingState


def test_a_new_attempt_was_never_killed_and_every_answered_kill_counts_once() -> None:
    assert the_attempt(sale()).kills == 0
    killing = in_money_state(MoneyState.KILLING)
    for number in range(1, KILLS_NEEDED + 1):
        killing = run(killing, "kill_acknowledged")
        assert the_attempt(killing).kills == number


def test_a_kill_ends_nothing_while_a_late_approval_is_owed_back() -> None:
    killing = in_money_state(MoneyState.KILLING)
    answered = with_attempt(killing, kills=KILLS_NEEDED, approved=None, late=None, late_back=0)
    owing = with_attempt(answered, late=the_attempt(killing).asked)
    declined = event("declined", REF)
    over, still = money_cell(answered, declined), money_cell(owing, declined)
    assert over is not None
    assert over.to is MoneyState.KILLED
    assert still is None or still.to is not MoneyState.KILLED


def test_a_persons_word_stays_until_it_is_typed_again() -> None:
    said = told(
        event("posting_said_not_posted", MARK, 11, person="Kim"), start=in_posting_state(PostingState.UNSURE)
    )
    assert the_posting(said).vouched
    later = told(event("posting_blocked", MARK, 12, reason="software_closed"), start=said)
    assert the_posting(later).vouched
    never = told(
        event("posting_blocked", MARK, 12, reason="software_closed"),
        start=in_posting_state(PostingState.WAITING),
    )
    assert not the_posting(never).vouched


def test_a_rest_that_is_kept_stays_kept_until_the_software_says_no_to_it() -> None:
    attention = in_posting_state(PostingState.NEEDS_ATTENTION)
    assert not the_posting(attention).rest_as_credit
    kept = told(event("posting_rest_as_credit", MARK, 11, person="Kim"), start=attention)
    assert the_posting(kept).rest_as_credit
    waited = told(event("posting_blocked", MARK, 12, reason="balance_changed"), start=kept)
    assert the_posting(waited).rest_as_credit
    typing = with_posting(kept, state=PostingState.TYPING)
    for reason, still in (("period_closed", True), ("balance_changed", False)):
        returned = told(event("posting_commit_reached", MARK, 13, reason=reason), start=typing)
        assert the_posting(returned).rest_as_credit is still


def test_only_a_look_at_what_is_posted_confirms_it() -> None:
    found = told(event("posting_found", MARK, 11), start=in_posting_state(PostingState.UNSURE))
    assert the_posting(found).confirmed_at is None
    said = told(event("posting_said_posted", MARK, 12, person="Kim"), start=found)
    assert the_posting(said).confirmed_at is None
    seen = told(event("posting_found", MARK, 13), start=said)
    assert the_posting(seen).confirmed_at == at(13)
