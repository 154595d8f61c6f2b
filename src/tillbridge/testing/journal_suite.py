"""What every journal must do, as a suite to inherit from. A journal that passes it can carry payments.

Subclass `JournalSuite` and give it three fixtures: `journal` (a new, empty one), `reopen` (lets a journal go and
returns it as a later process would find it) and `begin` (a new, empty one with the given journal id, each time).
`Writer` and the events here serve other tests as well. It must know nothing of how a journal keeps its events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillbridge.domain.errors import Fact, ImpossibleEvent, JournalError, OperatorError
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.fold import apply, fold
from tillbridge.domain.moment import Moment
from tillbridge.domain.money_leg import MoneyEvent
from tillbridge.domain.payment import Payment
from tillbridge.domain.posting_leg import PostingEvent
from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.journal import Append, Journal, Limit, Stored

SCOPE = "invoice:impromed:0042:9001"


class Reopen(Protocol):
    def __call__(self, journal: Journal) -> Journal: ...


class Begin(Protocol):
    def __call__(self, journal_id: str) -> Journal: ...


# ---------------------------------------------------------------- events to write


def at(ms: int, boot: str = "boot-1") -> Moment:
    return Moment(1_790_000_000_000 + ms, boot, ms)


def created(minor: int = 4200, invoice: str = "9001", ms: int = 0, **facts: Fact) -> Event:
    """A sale at the terminal of `minor` US cents for client 0042."""
    about: dict[str, Fact] = {
        "operation": "sale",
        "entry": "terminal",
        "currency": "USD",
        "base_minor": minor,
        "fee_minor": 0,
        "tip_minor": 0,
        "software": "impromed",
        "account_id": "0042",
        "client": "Alvarez, Ana",
        "invoice_number": invoice,
        "balance_minor": minor,
        "of": "",
    }
    return Event(kind=PaymentEvent.PAYMENT_CREATED, at=at(ms), facts={**about, **facts})


def attempted(reference: str, minor: int = 4200, ms: int = 1) -> Event:
    facts: dict[str, Fact] = {"amount_minor": minor, "horizon_ms": 60_000, "terminal_id": "T1"}
    return Event(kind=PaymentEvent.ATTEMPT_CREATED, at=at(ms), subject=reference, facts=facts)


def money(kind: MoneyEvent, reference: str, ms: int = 2, **facts: Fact) -> Event:
    return Event(kind=kind, at=at(ms), subject=reference, facts=facts)


def posting_created(marker: str, reference: str, minor: int = 4200, ms: int = 3) -> Event:
    facts: dict[str, Fact] = {"kind": "sale", "amount_minor": minor, "reference": reference}
    return Event(kind=PaymentEvent.POSTING_CREATED, at=at(ms), subject=marker, facts=facts)


def posting(kind: PostingEvent, marker: str, ms: int = 4, **facts: Fact) -> Event:
    return Event(kind=kind, at=at(ms), subject=marker, facts=facts)


def a_sale(reference: str, marker: str, minor: int = 4200, invoice: str = "9001") -> list[tuple[Event, ...]]:
    """The appends of one sale at the terminal, from the intent to the row in the practice software."""
    return [
        (created(minor, invoice), attempted(reference, minor)),
        (money(MoneyEvent.SEND_STARTED, reference),),
        (money(MoneyEvent.ACKNOWLEDGED, reference),),
        (
            money(MoneyEvent.APPROVED, reference, amount_minor=minor, brand="visa", last4="4242"),
            posting_created(marker, reference, minor),
            posting(PostingEvent.OWED, marker),
        ),
        (posting(PostingEvent.SAFE_MOMENT, marker), posting(PostingEvent.CLEAR, marker)),
        (posting(PostingEvent.COMMIT_REACHED, marker),),
        (posting(PostingEvent.FOUND, marker),),
    ]


class Writer:
    """Writes events as the engine does: folds them first, then appends them with the version that it saw."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def write(self, payment_id: str, *events: Event, limit: Limit | None = None) -> Sequence[Stored]:
        return self.journal.append(self.prepared(payment_id, *events, limit=limit))

    def prepared(self, payment_id: str, *events: Event, limit: Limit | None = None) -> Append:
        payment = self.journal.payment(payment_id)
        version = payment.version if payment else 0
        for event in events:
            payment = apply(payment_id, payment, event)
        assert payment is not None
        return Append(payment_id=payment_id, version=version, events=events, payment=payment, limit=limit)

    def sale(
        self, payment_id: str, reference: str, marker: str, *, steps: int = 99, minor: int = 4200
    ) -> None:
        for events in a_sale(reference, marker, minor)[:steps]:
            self.write(payment_id, *events)


def everything(journal: Journal) -> dict[str, Any]:
    """All that a journal answers, to compare two of them."""
    stored = journal.since(0, 10_000)
    names = sorted({each.payment_id for each in stored})
    payments = {name: journal.payment(name) for name in names}
    scopes = {p.debt.scope for p in payments.values() if p} | {f"payment:{name}" for name in names}
    attempts = [a.reference for p in payments.values() if p for a in p.attempts]
    postings = [each.marker for p in payments.values() if p for each in p.postings]
    return {
        "stored": list(stored),
        "payments": payments,
        "events": {name: list(journal.events(name)) for name in names},
        "unfinished": list(journal.unfinished()),
        "recent": list(journal.recent(1000)),
        "held": {scope: journal.held_minor(scope) for scope in sorted(scopes)},
        "held by others": {
            (scope, name): journal.held_minor(scope, name) for scope in sorted(scopes) for name in names
        },
        "references": {each: journal.payment_of_reference(each) for each in [*attempts, "NONE"]},
        "markers": {each: journal.payment_of_marker(each) for each in [*postings, "NONE"]},
        "check": journal.check(),
    }


# ---------------------------------------------------------------- any sequence of appends

NAMES = ["pay-1", "pay-2", "pay-3"]
REFERENCES = ["R1", "R2", "R3", "R4"]
MARKERS = ["V1", "V2", "V3"]
_texts = st.text(max_size=8)
_facts = st.dictionaries(
    st.sampled_from(["reason", "code", "person", "task", "detail"]),
    st.one_of(_texts, st.booleans(), st.none(), st.integers()),
    max_size=3,
)
_moments = st.builds(
    Moment, st.integers(0, 2**53), st.sampled_from(["boot-1", "boot-2"]), st.integers(0, 2**53)
)
_events = st.one_of(
    st.builds(created, st.integers(1, 10_000), st.sampled_from(["9001", "9002", ""])),
    st.builds(attempted, st.sampled_from(REFERENCES), st.integers(1, 10_000)),
    st.builds(money, st.sampled_from(list(MoneyEvent)), st.sampled_from(REFERENCES)),
    st.builds(posting_created, st.sampled_from(MARKERS), st.sampled_from(REFERENCES)),
    st.builds(posting, st.sampled_from(list(PostingEvent)), st.sampled_from(MARKERS)),
    st.builds(Event, kind=st.just(str(PaymentEvent.NOTED)), at=_moments, subject=_texts, facts=_facts),
)
_limits = st.none() | st.builds(
    Limit,
    scope=st.sampled_from([SCOPE, "invoice:impromed:0042:9002"]),
    minor=st.integers(0, 20_000),
)
Step = tuple[str, list[Event], Limit | None, int]
steps = st.lists(
    st.tuples(st.sampled_from(NAMES), st.lists(_events, min_size=1, max_size=4), _limits, st.integers(0, 9)),
    max_size=30,
)
"""(payment, events, limit, staleness): 0 writes with a version that is one too low."""


def try_to_append(journal: Journal, step: Step) -> object:
    """What the journal says to one step: the stored events, or its refusal as a value."""
    name, events, limit, staleness = step
    known = payment = journal.payment(name)
    kept = []
    for event in events:
        try:
            payment = apply(name, payment, event)
        except (ImpossibleEvent, ValueError):
            continue
        kept.append(event)
    if payment is None or not kept:
        return None
    version = known.version if known else 0
    if staleness == 0 and version:
        version, payment = version - 1, replace(payment, version=payment.version - 1)
    append = Append(payment_id=name, version=version, events=tuple(kept), payment=payment, limit=limit)
    try:
        return list(journal.append(append))
    except (JournalError, OperatorError) as error:
        return type(error).__name__, error.code, dict(error.facts)


def names_of(payments: Sequence[Payment]) -> list[str]:
    return [payment.payment_id for payment in payments]


def _refused(write: Callable[[], object], code: str) -> dict[str, Fact]:
    with pytest.raises((JournalError, OperatorError)) as caught:
        write()
    assert caught.value.code == code
    return dict(caught.value.facts)


# ---------------------------------------------------------------- the suite


class JournalSuite:
    """Inherit, and give the fixtures `journal`, `reopen` and `begin`."""

    def test_an_empty_journal_knows_nothing_and_is_sound(self, journal: Journal) -> None:
        assert journal.payment("pay-1") is None
        assert list(journal.events("pay-1")) == []
        assert list(journal.since(0)) == []
        assert journal.held_minor(SCOPE) == 0
        assert (journal.check().sound, journal.check().events) == (True, 0)

    def test_events_are_numbered_from_one_without_gaps(self, journal: Journal) -> None:
        Writer(journal).sale("pay-1", "R1", "V1")
        Writer(journal).sale("pay-2", "R2", "V2")
        numbers = [each.seq for each in journal.since(0)]
        assert numbers == list(range(1, len(numbers) + 1))

    def test_a_payment_is_what_its_events_fold_to(self, journal: Journal) -> None:
        Writer(journal).sale("pay-1", "R1", "V1")
        events = [each.event for each in journal.events("pay-1")]
        assert journal.payment("pay-1") == fold("pay-1", events)

    def test_what_was_appended_is_there_after_a_restart(self, journal: Journal, reopen: Reopen) -> None:
        Writer(journal).sale("pay-1", "R1", "V1")
        Writer(journal).sale("pay-2", "R2", "V2", steps=2)
        before = everything(journal)
        assert everything(reopen(journal)) == before

    def test_a_journal_goes_on_after_a_restart_where_it_was(self, journal: Journal, reopen: Reopen) -> None:
        Writer(journal).sale("pay-1", "R1", "V1", steps=3)
        again = reopen(journal)
        for events in a_sale("R1", "V1")[3:]:
            Writer(again).write("pay-1", *events)
        payment = again.payment("pay-1")
        assert payment is not None
        assert payment.finished
        assert again.check().sound

    def test_an_event_comes_back_as_it_was_written(self, journal: Journal, reopen: Reopen) -> None:
        odd = Event(
            kind=PaymentEvent.NOTED,
            at=Moment(1, "b\u00f6\u00f6t", 0),
            facts={
                "text": 'a "quote", \\, \x00, \u20ac and \ud83d',
                "yes": True,
                "none": None,
                "n": -(2**70),
            },
        )
        Writer(journal).write("pay-1", created(), odd)
        assert [each.event for each in reopen(journal).events("pay-1")] == [created(), odd]

    def test_true_does_not_come_back_as_one(self, journal: Journal, reopen: Reopen) -> None:
        Writer(journal).write("pay-1", created(answered=True, count=1))
        facts = reopen(journal).events("pay-1")[0].event.facts
        assert (facts["answered"] is True, type(facts["count"])) == (True, int)

    def test_a_fact_that_is_not_plain_is_refused_and_leaves_nothing(self, journal: Journal) -> None:
        broken = Event(kind=PaymentEvent.NOTED, at=at(1), facts={"detail": ("a", "b")})  # type: ignore[dict-item]
        append = Writer(journal).prepared("pay-1", created(), broken)
        with pytest.raises(ValueError, match="detail"):
            journal.append(append)
        assert journal.payment("pay-1") is None

    def test_each_event_carries_a_chain_of_its_own(self, journal: Journal) -> None:
        Writer(journal).sale("pay-1", "R1", "V1")
        chains = [each.chain for each in journal.since(0)]
        assert len(set(chains)) == len(chains)
        assert {len(each) for each in chains} == {64}

    def test_a_writer_who_saw_too_little_is_refused(self, journal: Journal) -> None:
        writer = Writer(journal)
        writer.write("pay-1", created())
        late = writer.prepared("pay-1", attempted("R1"))
        writer.write("pay-1", attempted("R2"))
        facts = _refused(lambda: journal.append(late), "stale")
        assert (facts["seen"], facts["stored"]) == (1, 2)
        assert journal.payment_of_reference("R1") is None

    def test_a_payment_cannot_be_created_twice(self, journal: Journal) -> None:
        writer = Writer(journal)
        again = writer.prepared("pay-1", created())
        writer.write("pay-1", created())
        _refused(lambda: journal.append(again), "stale")
        assert len(journal.events("pay-1")) == 1

    def test_a_payment_that_was_folded_wrongly_is_refused(self, journal: Journal) -> None:
        append = Writer(journal).prepared("pay-1", created(), attempted("R1"))
        for nonsense in (
            replace(append, events=append.events[:1]),
            replace(append, payment_id="pay-2"),
            replace(append, events=()),
        ):
            with pytest.raises(ValueError, match=r"folded|another|without"):
                journal.append(nonsense)
        assert list(journal.since(0)) == []

    def test_a_reference_belongs_to_one_payment_for_ever(self, journal: Journal, reopen: Reopen) -> None:
        Writer(journal).sale("pay-1", "R1", "V1")
        again = reopen(journal)
        append = Writer(again).prepared("pay-2", created(), attempted("R1"))
        facts = _refused(lambda: again.append(append), "reference_used")
        assert (facts["subject"], facts["payment_id"]) == ("R1", "pay-1")
        assert again.payment("pay-2") is None
        assert again.payment_of_reference("R1") == "pay-1"

    def test_a_marker_belongs_to_one_payment_for_ever(self, journal: Journal, reopen: Reopen) -> None:
        Writer(journal).sale("pay-1", "R1", "V1")
        again = reopen(journal)
        taken = (money(MoneyEvent.SEND_STARTED, "R2"), money(MoneyEvent.APPROVED, "R2"))
        append = Writer(again).prepared(
            "pay-2", created(), attempted("R2"), *taken, posting_created("V1", "R2")
        )
        _refused(lambda: again.append(append), "marker_used")
        assert again.payment("pay-2") is None
        assert again.payment_of_marker("V1") == "pay-1"
        assert again.payment_of_reference("R2") is None

    def test_markers_that_begin_alike_are_told_and_no_others(self, journal: Journal, reopen: Reopen) -> None:
        for number, marker in enumerate(("V42-AA", "V42-AB", "V4%-AA", "M42-AA")):
            Writer(journal).sale(f"pay-{number}", f"R{number}", marker)
        again = reopen(journal)
        assert sorted(again.markers("V42-A")) == ["V42-AA", "V42-AB"]
        assert sorted(again.markers("V4%")) == ["V4%-AA"]

    def test_the_reference_of_a_give_back_is_taken_too(self, journal: Journal) -> None:
        writer = Writer(journal)
        writer.write("pay-1", created(), attempted("R1"))
        for kind in (MoneyEvent.SEND_STARTED, MoneyEvent.NO_REPLY):
            writer.write("pay-1", money(kind, "R1"))
        writer.write("pay-1", money(MoneyEvent.STOPPED, "R1", person="Kim"))
        writer.write("pay-1", money(MoneyEvent.APPROVED, "R1", amount_minor=4200))
        started = Event(
            kind=PaymentEvent.GIVE_BACK_STARTED, at=at(9), subject="R1", facts={"give_back_reference": "G1"}
        )
        writer.write("pay-1", started)
        assert journal.payment_of_reference("G1") == "pay-1"
        append = writer.prepared("pay-2", created(), attempted("G1"))
        _refused(lambda: journal.append(append), "reference_used")

    # ---- rule 4: reserved in the transaction of the intent

    def test_an_intent_holds_its_amount_from_the_moment_it_is_written(
        self, journal: Journal, reopen: Reopen
    ) -> None:
        Writer(journal).write("pay-1", created(4200), attempted("R1", 4200))
        again = reopen(journal)
        assert again.held_minor(SCOPE) == 4200
        assert again.held_minor(SCOPE, "pay-1") == 0

    def test_two_intents_cannot_take_more_than_is_owed(self, journal: Journal) -> None:
        writer, owed = Writer(journal), Limit(scope=SCOPE, minor=4200)
        writer.write("pay-1", created(4200), attempted("R1", 3000), limit=owed)
        second = writer.prepared("pay-2", created(4200), attempted("R2", 1201), limit=owed)
        facts = _refused(lambda: journal.append(second), "not_chargeable")
        assert facts == {"limit_minor": 4200, "held_minor": 3000}
        assert journal.held_minor(SCOPE) == 3000

    def test_what_exactly_fits_is_allowed(self, journal: Journal) -> None:
        writer, owed = Writer(journal), Limit(scope=SCOPE, minor=4200)
        writer.write("pay-1", created(4200), attempted("R1", 3000), limit=owed)
        writer.write("pay-2", created(4200), attempted("R2", 1200), limit=owed)
        assert journal.held_minor(SCOPE) == 4200

    def test_a_refused_intent_leaves_nothing_behind(self, journal: Journal, reopen: Reopen) -> None:
        writer = Writer(journal)
        before = everything(journal)
        append = writer.prepared("pay-1", created(), attempted("R1"), limit=Limit(scope=SCOPE, minor=1))
        _refused(lambda: journal.append(append), "not_chargeable")
        assert everything(journal) == before
        assert everything(reopen(journal)) == before

    def test_a_refusal_spends_neither_number_nor_reference(self, journal: Journal) -> None:
        writer = Writer(journal)
        append = writer.prepared("pay-1", created(), attempted("R1"), limit=Limit(scope=SCOPE, minor=1))
        _refused(lambda: journal.append(append), "not_chargeable")
        stored = writer.write("pay-2", created(), attempted("R1"))
        assert [each.seq for each in stored] == [1, 2]
        assert journal.check().sound

    def test_the_own_hold_of_a_payment_counts_once(self, journal: Journal) -> None:
        writer, owed = Writer(journal), Limit(scope=SCOPE, minor=4200)
        writer.write("pay-1", created(4200), attempted("R1", 4200), limit=owed)
        writer.write("pay-1", money(MoneyEvent.SEND_STARTED, "R1"), limit=owed)
        assert journal.held_minor(SCOPE) == 4200

    def test_holds_of_other_invoices_do_not_count(self, journal: Journal) -> None:
        writer = Writer(journal)
        writer.write("pay-1", created(4200, "9002"), attempted("R1", 4200))
        writer.write("pay-2", created(4200), attempted("R2", 4200), limit=Limit(scope=SCOPE, minor=4200))
        assert journal.held_minor(SCOPE) == 4200

    def test_a_decline_lets_the_amount_go(self, journal: Journal, reopen: Reopen) -> None:
        writer = Writer(journal)
        writer.sale("pay-1", "R1", "V1", steps=3)
        writer.write("pay-1", money(MoneyEvent.DECLINED, "R1"))
        assert journal.held_minor(SCOPE) == 0
        assert reopen(journal).held_minor(SCOPE) == 0

    def test_what_is_seen_posted_is_no_longer_held(self, journal: Journal) -> None:
        writer = Writer(journal)
        writer.sale("pay-1", "R1", "V1", steps=6)
        assert journal.held_minor(SCOPE) == 4200
        writer.write("pay-1", *a_sale("R1", "V1")[6])
        assert journal.held_minor(SCOPE) == 0

    def test_giving_back_is_held_on_the_payment_it_gives_back(self, journal: Journal) -> None:
        writer = Writer(journal)
        writer.sale("pay-1", "R1", "V1")
        limit = Limit(scope="payment:pay-1", minor=4200)
        refund = created(3000, operation="refund", entry="", of="pay-1")
        writer.write("pay-2", refund, attempted("R2", 3000), limit=limit)
        second = writer.prepared("pay-3", refund, attempted("R3", 3000), limit=limit)
        assert _refused(lambda: journal.append(second), "not_chargeable")["held_minor"] == 3000

    # ---- lists

    def test_unfinished_payments_come_oldest_first(self, journal: Journal, reopen: Reopen) -> None:
        writer = Writer(journal)
        writer.sale("pay-b", "R1", "V1", steps=2)
        writer.sale("pay-a", "R2", "V2", steps=2)
        writer.sale("pay-c", "R3", "V3")
        assert list(journal.unfinished()) == ["pay-b", "pay-a"]
        assert list(reopen(journal).unfinished()) == ["pay-b", "pay-a"]

    def test_a_finished_payment_can_become_unfinished_again(self, journal: Journal) -> None:
        writer = Writer(journal)
        writer.sale("pay-1", "R1", "V1")
        assert list(journal.unfinished()) == []
        task = Event(kind=PaymentEvent.NOTED, at=at(99), facts={"code": "returned", "task": "returned"})
        writer.write("pay-1", task)
        assert list(journal.unfinished()) == ["pay-1"]

    def test_recent_payments_come_newest_first_and_bounded(self, journal: Journal, reopen: Reopen) -> None:
        writer = Writer(journal)
        for number in range(5):
            writer.write(f"pay-{number}", created(ms=number))
        assert names_of(journal.recent(3)) == ["pay-4", "pay-3", "pay-2"]
        assert names_of(reopen(journal).recent()) == [f"pay-{number}" for number in (4, 3, 2, 1, 0)]

    def test_whoever_follows_along_misses_nothing(self, journal: Journal) -> None:
        Writer(journal).sale("pay-1", "R1", "V1")
        seen: list[Stored] = []
        while batch := journal.since(seen[-1].seq if seen else 0, limit=4):
            assert len(batch) <= 4
            seen.extend(batch)
        assert seen == list(journal.events("pay-1"))

    # ---- the twins

    def test_any_sequence_of_appends_is_answered_as_by_the_twin(self, begin: Begin, reopen: Reopen) -> None:
        @settings(max_examples=60, deadline=None)
        @given(steps=steps)
        def alike(steps: list[Step]) -> None:
            ours, twin = begin("same"), MemoryJournal("same")
            for step in steps:
                assert try_to_append(ours, step) == try_to_append(twin, step)
            assert everything(ours) == everything(twin)
            again = reopen(ours)
            assert everything(again) == everything(twin)
            assert again.check().sound
            again.close()

        alike()
