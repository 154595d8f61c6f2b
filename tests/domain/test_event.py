"""Events as data: they survive the journal unchanged, and always give the same bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.story import ID, approved, at, created, event, refund_created, told, usd
from tillbridge.domain.errors import ImpossibleEvent, TillbridgeError
from tillbridge.domain.event import Event
from tillbridge.domain.fold import apply, fold
from tillbridge.domain.operation import Entry

FACTS = st.dictionaries(st.text(max_size=6), st.one_of(st.text(), st.integers(), st.booleans(), st.none()))


@given(kind=st.text(), subject=st.text(), second=st.integers(0, 10**6), facts=FACTS)
def test_an_event_survives_the_journal(
    kind: str, subject: str, second: int, facts: dict[str, int | str | None]
) -> None:
    said = Event(kind=kind, at=at(second), subject=subject, facts=facts)
    stored = json.dumps(said.to_json())
    assert Event.from_json(json.loads(stored)) == said
    assert json.dumps(Event.from_json(json.loads(stored)).to_json()) == stored


def test_the_order_of_facts_does_not_change_the_bytes() -> None:
    one, other = event("x", "", 1, a=1, b=2), event("x", "", 1, b=2, a=1)
    assert json.dumps(one.to_json()) == json.dumps(other.to_json())


def test_a_number_is_a_number() -> None:
    said = event("x", "", 1, n=5, t="5", b=True)
    assert said.number("n") == 5
    assert said.number_or("t", 7) == said.number_or("b", 7) == said.number_or("none", 7) == 7
    for name in ("t", "b", "none"):
        with pytest.raises(ValueError):
            said.number(name)


def test_a_text_that_is_not_there_has_a_default() -> None:
    said = event("x", "", 1, t="a", none=None)
    assert (said.text("t"), said.text("none"), said.text("no", "d")) == ("a", "", "d")


def test_a_payment_is_folded_whole() -> None:
    payment = told(created(fee_minor=300, person="Dana"))
    assert payment.parts.whole == usd(10_300)
    assert (payment.operation, payment.entry, payment.person) == ("sale", Entry.TERMINAL, "Dana")
    assert payment.debt.account_id == "0017"
    assert payment.debt.balance == usd(10_000)
    assert payment.version == 1


def test_a_typed_amount_has_no_balance_and_a_refund_no_entry() -> None:
    assert told(created(balance_minor=None)).debt.balance is None
    refund = told(refund_created())
    assert (refund.entry, refund.of) == (None, "pay-0")


def test_no_events_no_payment() -> None:
    assert fold(ID, []) is None


def test_the_first_event_makes_the_payment_and_no_later_one_does() -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, None, event("approved"))
    with pytest.raises(ImpossibleEvent):
        apply(ID, approved(), created())


@pytest.mark.parametrize(
    "kind", ["nonsense", "approved", "posting_found", "keep_decided", "give_back_started"]
)
def test_an_event_about_nothing_we_know_is_impossible(kind: str) -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, approved(), event(kind, "TBNONE"))


def test_an_impossible_event_is_recorded_and_shown_until_a_person_has_seen_it() -> None:
    payment = told(event("impossible", "x", task="impossible_event"), start=approved())
    assert payment.tasks == ("impossible_event",)
    assert not payment.finished
    seen = told(event("noted", task_done="impossible_event"), start=payment)
    assert seen.tasks == ()


def test_an_impossible_event_is_shown_even_if_nobody_said_so() -> None:
    assert told(event("impossible", "x"), start=approved()).tasks == ("impossible_event",)


def test_a_task_is_there_once() -> None:
    note = event("noted", task="look")
    assert told(note, note, start=approved()).tasks == ("look",)


def test_an_error_tells_its_code_and_facts() -> None:
    assert str(TillbridgeError("busy", desk="2")) == "busy (desk='2')"
    assert str(TillbridgeError("busy")) == "busy"
