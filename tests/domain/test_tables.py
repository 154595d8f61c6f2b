"""Every pair of state and event of both tables, against expectations written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.expected_money import MONEY
from tests.domain.expected_posting import POSTING
from tests.domain.matrix import Expected, read
from tests.domain.story import (
    ASKED,
    ID,
    MARK,
    REF,
    event,
    in_money_state,
    in_posting_state,
    usd,
    with_attempt,
)
from tillbridge.domain import money_leg, posting_leg
from tillbridge.domain.errors import ImpossibleEvent
from tillbridge.domain.event import PaymentEvent
from tillbridge.domain.fold import apply
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.payment import Payment
from tillbridge.domain.posting_leg import PostingEvent, PostingState

MONEY_MATRIX, POSTING_MATRIX = read(MONEY), read(POSTING)
MONEY_PAIRS = [(state, kind) for state in MoneyState for kind in MoneyEvent]
POSTING_PAIRS = [(state, kind) for state in PostingState for kind in PostingEvent]


def plain(cell: money_leg.Cell | posting_leg.Cell | None) -> Expected | None:
    if cell is None:
        return None
    effects = tuple(str(effect) for effect in cell.effects)
    guard = None if cell.guard is None else str(cell.guard)
    return Expected(str(cell.to), effects, guard, plain(cell.otherwise))


def test_the_expectations_name_only_states_and_events_that_exist() -> None:
    assert {state for state, _ in MONEY_MATRIX} == set(map(str, MoneyState))
    assert {state for state, _ in POSTING_MATRIX} == set(map(str, PostingState))
    assert {kind for _, kind in MONEY_MATRIX} == set(map(str, MoneyEvent))
    assert {kind for _, kind in POSTING_MATRIX} == set(map(str, PostingEvent))


def test_no_event_of_one_table_can_be_taken_for_one_of_another() -> None:
    kinds = [*map(str, MoneyEvent), *map(str, PostingEvent), *map(str, PaymentEvent)]
    assert len(kinds) == len(set(kinds))


@pytest.mark.parametrize(("state", "kind"), MONEY_PAIRS, ids=str)
def test_the_money_leg_is_as_written(state: MoneyState, kind: MoneyEvent) -> None:
    assert plain(money_leg.cell(state, kind)) == MONEY_MATRIX.get((str(state), str(kind)))


@pytest.mark.parametrize(("state", "kind"), POSTING_PAIRS, ids=str)
def test_the_posting_leg_is_as_written(state: PostingState, kind: PostingEvent) -> None:
    assert plain(posting_leg.cell(state, kind)) == POSTING_MATRIX.get((str(state), str(kind)))


NEEDED_FACTS: dict[str, dict[str, Any]] = {
    "refunded_elsewhere": {"returned_minor": 500, "key": "r-1"},
    "dispute_lost": {"returned_minor": 500, "key": "d-1"},
}


def ready_for(state: MoneyState, kind: MoneyEvent) -> Payment:
    """An attempt in a state that meets the guard of a pair which is impossible without it."""
    start = in_money_state(state)
    partial = (state, kind) == (MoneyState.APPROVED, MoneyEvent.STOPPED)
    return with_attempt(start, approved=usd(ASKED - 1)) if partial else start


def reachable(cell: Expected | None) -> list[Expected]:
    return [cell, *reachable(cell.otherwise)] if cell is not None else []


@pytest.mark.parametrize(("state", "kind"), MONEY_PAIRS, ids=str)
def test_an_attempt_goes_where_its_cell_says_and_nowhere_else(state: MoneyState, kind: MoneyEvent) -> None:
    before = ready_for(state, kind)
    said = event(kind, REF, **NEEDED_FACTS.get(kind, {}))
    expected = reachable(MONEY_MATRIX.get((str(state), str(kind))))
    if not expected:
        with pytest.raises(ImpossibleEvent) as refused:
            apply(ID, before, said)
        assert refused.value.facts == {"kind": str(kind), "subject": REF, "state": str(state)}
        return
    after = apply(ID, before, said)
    assert str(after.attempts[0].state) in {cell.to for cell in expected}
    assert after.version == before.version + 1


@pytest.mark.parametrize(("state", "kind"), POSTING_PAIRS, ids=str)
def test_a_posting_goes_where_its_cell_says_and_nowhere_else(state: PostingState, kind: PostingEvent) -> None:
    before = in_posting_state(state)
    expected = reachable(POSTING_MATRIX.get((str(state), str(kind))))
    if not expected:
        with pytest.raises(ImpossibleEvent) as refused:
            apply(ID, before, event(kind, MARK))
        assert refused.value.facts == {"kind": str(kind), "subject": MARK, "state": str(state)}
        return
    after = apply(ID, before, event(kind, MARK))
    assert str(after.postings[0].state) in {cell.to for cell in expected}
    assert after.version == before.version + 1


@pytest.mark.parametrize("kind", MoneyEvent)
def test_the_same_news_of_an_attempt_twice_ends_where_it_ended_once(kind: MoneyEvent) -> None:
    """Where the second telling is possible at all, it moves no sum and no state."""
    for state in MoneyState:
        said = event(kind, REF, **NEEDED_FACTS.get(kind, {}))
        if money_leg.cell(state, kind) is None:
            continue
        once = apply(ID, ready_for(state, kind), said)
        if money_leg.cell(once.attempts[0].state, kind) is None:
            continue
        twice = apply(ID, once, said)
        assert (twice.given_back, twice.over_returned) == (once.given_back, once.over_returned), state
        assert twice.attempts[0].late == once.attempts[0].late, state


def test_a_whole_approval_and_a_decided_one_cannot_be_stopped() -> None:
    part = with_attempt(in_money_state(MoneyState.APPROVED), approved=usd(ASKED - 1))
    for payment in (in_money_state(MoneyState.APPROVED), with_attempt(part, keep_decided=True)):
        with pytest.raises(ImpossibleEvent):
            apply(ID, payment, event(MoneyEvent.STOPPED, REF, person="Dana"))


def test_only_a_start_of_sending_leads_into_sending() -> None:
    into = {(s, k) for (s, k), cell in MONEY_MATRIX.items() if cell.to == "sending" and s != "sending"}
    assert into == {("created", "send_started")}


def test_no_way_leads_from_killing_to_taken_money_of_a_client() -> None:
    """The door is one-way: every adopting cell behind it stands behind `can_go_back`."""
    for (state, kind), cell in MONEY_MATRIX.items():
        if state in ("killing", "killed"):
            for each in reachable(cell):
                if each.to not in ("killing", "killed"):
                    parents = [one for one in reachable(cell) if one.otherwise is each]
                    assert parents, (state, kind)
                    assert parents[0].guard == "can_go_back", (state, kind)


def test_only_a_clear_search_leads_into_typing() -> None:
    into = {(s, k) for (s, k), cell in POSTING_MATRIX.items() if cell.to == "typing" and s != "typing"}
    assert into == {("checking", "posting_clear"), ("checking", "posting_proven_absent")}


def test_after_a_commit_only_proof_or_a_person_leads_back_to_waiting() -> None:
    into = {
        (state, kind)
        for (state, kind), cell in POSTING_MATRIX.items()
        if cell.to == "waiting" and state in ("committing", "unsure", "needs_attention")
    }
    assert into == {
        ("unsure", "posting_proven_absent"),
        ("unsure", "posting_said_not_posted"),
        ("needs_attention", "posting_said_not_posted"),
        ("needs_attention", "posting_rest_as_credit"),
    }
