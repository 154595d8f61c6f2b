"""Whatever is told in whatever order: nothing but ImpossibleEvent, no money made, one live attempt, one posting."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.story import (
    ASKED,
    ID,
    MARK,
    MARK2,
    REF,
    REF2,
    at,
    attempt,
    created,
    posting,
    refund_created,
)
from tillbridge.domain import money_leg, posting_leg
from tillbridge.domain.errors import Fact, ImpossibleEvent
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.fold import apply, fold
from tillbridge.domain.money_leg import IN_DOUBT, TAKEN, MoneyEvent, MoneyState
from tillbridge.domain.next_command import commands, next_command
from tillbridge.domain.payment import Payment, Posting, holds, left_to_give_back
from tillbridge.domain.posting_leg import PostingEvent, PostingState

REFERENCES, MARKERS = (REF, REF2, "TBCCCC"), (MARK, MARK2, "V4242-K7QB", "V4242-K7QC")

MINORS = st.one_of(st.sampled_from([ASKED, ASKED // 2, 1]), st.integers(-5, 2 * ASKED))
FACTS: dict[str, st.SearchStrategy[Any]] = {
    "amount_minor": st.one_of(MINORS, st.none(), st.text(max_size=3)),
    "returned_minor": st.one_of(MINORS, st.none()),
    "horizon_ms": st.sampled_from([60_000, 0]),
    "key": st.sampled_from(["r-1", "r-2", "d-1"]),
    "kind": st.sampled_from(["sale", "return", "refund", "gift"]),
    "reference": st.sampled_from([*REFERENCES, "TBNONE"]),
    "person": st.sampled_from(["Dana", ""]),
    "payment_id": st.sampled_from(["pay-9", ""]),
    "task": st.sampled_from(["", "look"]),
    "task_done": st.sampled_from(["", "look", "over_returned"]),
    "by": st.sampled_from(["void", "refund"]),
}
KINDS = [str(kind) for enum in (MoneyEvent, PostingEvent, PaymentEvent) for kind in enum] + ["nonsense"]


def events_of(subjects: st.SearchStrategy[str], kinds: list[str]) -> st.SearchStrategy[Event]:
    return st.builds(
        Event,
        kind=st.sampled_from(kinds),
        at=st.integers(0, 99).map(at),
        subject=subjects,
        facts=st.fixed_dictionaries({}, optional=FACTS),
    )


GOOD: dict[str, dict[str, Any]] = {
    "approved": {"amount_minor": ASKED},
    "refunded_elsewhere": {"returned_minor": ASKED // 2, "key": "r-1"},
    "dispute_lost": {"returned_minor": ASKED, "key": "d-1"},
    "attempt_overridden": {"person": "Dana"},
}
"""Facts with which an event means something, for stories that get far."""

SENSIBLE = st.one_of(
    st.builds(
        lambda kind, ref, s: Event(kind=str(kind), at=at(s), subject=ref, facts=GOOD.get(kind, {})),
        st.sampled_from([*MoneyEvent, PaymentEvent.ATTEMPT_OVERRIDDEN]),
        st.sampled_from(REFERENCES),
        st.integers(0, 99),
    ),
    st.builds(
        lambda kind, marker, s: Event(kind=str(kind), at=at(s), subject=marker),
        st.sampled_from(list(PostingEvent)),
        st.sampled_from(MARKERS),
        st.integers(0, 99),
    ),
    st.sampled_from(REFERENCES).map(attempt),
    st.builds(
        posting, st.sampled_from(MARKERS), st.sampled_from(REFERENCES), st.sampled_from(["sale", "return"])
    ),
)
ANYTHING = st.one_of(
    SENSIBLE, SENSIBLE, SENSIBLE, events_of(st.sampled_from([*REFERENCES, *MARKERS, "", "?"]), KINDS)
)
STORIES = st.lists(ANYTHING, max_size=40)


def after(payment: Payment, event: Event) -> Payment:
    """The payment after an event, or the very same one if the event was impossible. Any other error is a failure."""
    try:
        return apply(ID, payment, event)
    except ImpossibleEvent:
        return payment


def tell(start: Event, story: list[Event]) -> tuple[Payment, list[Event]]:
    """The payment after everything that was possible, and what that was."""
    payment, done = apply(ID, None, start), [start]
    for event in story:
        changed = after(payment, event)
        if changed is not payment:
            done.append(event)
            check_law(changed)
        payment = changed
    return payment, done


def check_law(payment: Payment) -> None:
    giving = payment.row.direction == "out"
    taken = [a for a in payment.attempts if a.taken]
    assert giving or len(taken) <= 1, "two attempts of one payment took money"
    assert all(a.approved is not None for a in taken)
    assert all(a.approved is None or a.approved.minor >= 0 for a in payment.attempts)
    assert all(minor > 0 for minor in holds(payment).values())
    assert payment.given_back.minor >= payment.elsewhere.minor >= 0
    left_by_banks = sum(
        a.approved.minor - a.returned for a in payment.attempts if a.state == "returned" and a.approved
    )
    kept = payment.taken.minor + left_by_banks
    assert payment.over_returned.minor >= max(0, payment.given_back.minor - kept)
    assert left_to_give_back(payment).minor <= payment.taken.minor
    assert payment.finished == (commands(payment) == ())
    assert next_command(payment) == next(iter(commands(payment)), None)
    check_posted_once(payment)
    check_holding(payment)


IN_THE_BOOKS = {PostingState.POSTED, PostingState.COMMITTING, PostingState.UNSURE, PostingState.TYPING}


def check_posted_once(payment: Payment) -> None:
    for attempt_ in payment.attempts:
        mine = [p for p in payment.postings if p.reference == attempt_.reference]
        standing = [p for p in mine if payment.is_primary(p) and p.state in IN_THE_BOOKS]
        reversals = [p for p in mine if p.kind == "return" and p.state is not PostingState.NOT_NEEDED]
        assert len(standing) <= 1 + len(reversals), "the same money may be in the books twice"


def check_holding(payment: Payment) -> None:
    """While money may be moving for a debt, that debt is held in full."""
    moving = [a for a in payment.attempts if a.state in IN_DOUBT]
    if moving and payment.row.direction == "in":
        assert sum(holds(payment).values()) >= min(moving[-1].asked.minor, payment.parts.base.minor)


@settings(max_examples=400)
@given(story=STORIES)
def test_no_story_of_a_sale_breaks_a_law(story: list[Event]) -> None:
    payment, done = tell(created(), story)
    assert payment.version == len(done)


@settings(max_examples=200)
@given(story=STORIES)
def test_no_story_of_a_refund_breaks_a_law(story: list[Event]) -> None:
    payment, done = tell(refund_created(), story)
    assert payment.version == len(done)


@settings(max_examples=150)
@given(story=STORIES)
def test_the_same_events_always_fold_into_the_same_payment(story: list[Event]) -> None:
    payment, done = tell(created(), story)
    stored = [json.dumps(event.to_json()) for event in done]
    read_back = [Event.from_json(json.loads(text)) for text in stored]
    assert fold(ID, read_back) == payment
    assert [json.dumps(event.to_json()) for event in read_back] == stored


@settings(max_examples=300)
@given(story=STORIES)
def test_a_new_attempt_starts_only_when_all_older_ones_are_over_or_overridden(story: list[Event]) -> None:
    payment = apply(ID, None, created())
    started = 0
    for event in story:
        before, payment = payment, after(payment, event)
        if len(payment.attempts) > len(before.attempts):
            started += 1
            assert all(a.over or (a.overridden and a.state in IN_DOUBT) for a in before.attempts)
    assert started == len(payment.attempts)


@settings(max_examples=300)
@given(story=STORIES)
def test_behind_the_door_money_of_a_client_is_never_taken_again(story: list[Event]) -> None:
    payment, killed = apply(ID, None, created()), set[str]()
    for event in story:
        payment = after(payment, event)
        killed |= {a.reference for a in payment.attempts if a.state is MoneyState.KILLING}
        assert not [a for a in payment.attempts if a.reference in killed and a.state in TAKEN]


Pick = Callable[[list[Any]], Any]


def can(posting: Posting, kind: PostingEvent) -> bool:
    """A person may drop a reversal, and then the books are as that person wants them."""
    return posting.kind != "return" or kind is not PostingEvent.DROPPED


def likely(payment: Payment, pick: Pick) -> Event:
    """Mostly something that can happen now, so that stories get far."""
    choices = [
        *((str(k), a.reference) for a in payment.attempts for k in money_leg.TABLE[a.state]),
        *((str(k), p.marker) for p in payment.postings for k in posting_leg.TABLE[p.state] if can(p, k)),
        *(("attempt_overridden", a.reference) for a in payment.attempts),
        *(("attempt_created", ref) for ref in REFERENCES if payment.attempt(ref) is None),
        *((kind, m) for kind in ("sale", "return") for m in MARKERS if payment.posting(m) is None),
    ]
    kind, subject = pick(choices)
    if kind in ("sale", "return"):
        kind = payment.operation if kind == "sale" else kind
        return posting(subject, pick([*(a.reference for a in payment.attempts), REF]), kind)
    if kind == "attempt_created":
        return attempt(subject)
    facts: dict[str, Fact] = {
        "key": pick(["r-1", "r-2", "r-3"]),
        "returned_minor": pick([ASKED, ASKED // 2, 1]),
        "amount_minor": pick([ASKED, ASKED, 6_000]),
        "person": "Dana",
        "by": pick(["void", "refund"]),
    }
    return Event(kind=kind, at=at(pick(list(range(5)))), subject=subject, facts=facts)


WAYS = [
    *(
        ["send_started", each]
        for each in ("approved", "authorized", "pended", "settled", "declined", "cancelled")
    ),
    *(["send_started", each] for each in ("acknowledged", "no_reply", "not_sent")),
    *(["send_started", "approved", each] for each in ("returned", "voided", "dispute_opened")),
    *(
        ["send_started", "no_reply", "stopped", each]
        for each in ("kill_acknowledged", "approved", "cancelled")
    ),
    ["send_started", "no_reply", "attempt_overridden"],
    ["send_started"],
    [],
]
"""Short ways into every state of the money leg."""

STEPS = ["owed", "safe_moment", "clear", "commit_reached", "commit_returned", "limit_passed", "said_posted"]


def beginnings(operation: str) -> list[list[Event]]:
    first = [created() if operation == "sale" else refund_created(), attempt()]
    told = {"person": "Dana"}
    ways = [[*first, *(Event(kind=k, at=at(1), subject=REF, facts=told) for k in way)] for way in WAYS]
    posted = [*ways[0], posting(kind=operation)]
    steps = [Event(kind=f"posting_{step}", at=at(2), subject=MARK) for step in STEPS]
    return [*ways, *([*posted, *steps[:far]] for far in range(len(steps) + 1))]


@pytest.mark.parametrize("start", [created(), refund_created()], ids=["sale", "refund"])
def test_no_likely_story_breaks_a_law(start: Event) -> None:
    @settings(max_examples=80)
    @given(data=st.data(), length=st.integers(1, 25))
    def stories(data: st.DataObject, length: int) -> None:
        payment = after(apply(ID, None, start), attempt())
        for _ in range(length):
            payment = after(payment, likely(payment, lambda choices: data.draw(st.sampled_from(choices))))
            check_law(payment)

    stories()


Hit = Counter[tuple[str, str]]


def cells_of(payment: Payment, event: Event) -> list[tuple[str, str]]:
    attempts = [(str(a.state), event.kind) for a in payment.attempts if a.reference == event.subject]
    return attempts + [(str(p.state), event.kind) for p in payment.postings if p.marker == event.subject]


def walk(story: list[Event], chance: random.Random, length: int, hit: Hit) -> None:
    """Goes on from a story, rather where few went before."""
    payment = fold(ID, story)
    assert payment is not None
    for _ in range(length):
        here = payment
        offers = [likely(here, chance.choice) for _ in range(5)]
        event = min(offers, key=lambda offer: min((hit[cell] for cell in cells_of(here, offer)), default=8))
        story.append(event)
        hit.update(cells_of(here, event))
        payment = after(here, event)
        try:
            check_law(payment)
        except AssertionError as broken:
            broken.add_note("\n".join(f"{each.kind} {each.subject} {dict(each.facts)}" for each in story))
            raise


def test_no_walk_breaks_a_law_and_every_cell_is_walked() -> None:
    hit: Hit = Counter()
    chance = random.Random(20)
    for start in [*beginnings("sale"), *beginnings("sale"), *beginnings("refund")]:
        for _ in range(16):
            walk(list(start), chance, 12, hit)
    every = {(str(s), str(e)) for s, row in money_leg.TABLE.items() for e in row}
    every |= {(str(s), str(e)) for s, row in posting_leg.TABLE.items() for e in row}
    assert {cell: hit[cell] for cell in every if hit[cell] < 3} == {}


@pytest.mark.parametrize("facts", [{}, {"currency": "XXX"}, {"operation": "gift"}, {"entry": "thought"}])
def test_a_payment_that_makes_no_sense_is_never_made(facts: dict[str, Any]) -> None:
    start = created(**facts) if facts else Event(kind="payment_created", at=at(0))
    with pytest.raises(ImpossibleEvent):
        apply(ID, None, start)
