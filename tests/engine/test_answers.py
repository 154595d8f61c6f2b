"""From each answer of a gateway to the event of the money leg, in each state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.domain.story import ASKED, REF, at, in_money_state, usd
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.outcome import (
    Approved,
    Cancelled,
    CannotTell,
    Card,
    Declined,
    Found,
    Inquiry,
    NotFound,
    NotSent,
    Outcome,
    PartiallyApproved,
    Pending,
    SettleState,
    Unknown,
)
from tillbridge.domain.payment import Attempt
from tillbridge.engine.answers import events_of_inquiry, events_of_outcome

S = MoneyState
PAID = Approved(amount=usd(ASKED), gateway_ref="g1", auth_code="A1")


def attempt(state: MoneyState, **changes: Any) -> Attempt:
    return replace(in_money_state(state).attempts[0], **changes)


def kinds(
    state: MoneyState, answer: Inquiry, *, horizon: bool = False, swept: bool = False, **changes: Any
) -> list[str]:
    events = events_of_inquiry(
        attempt(state, **changes), answer, at(50), horizon_passed=horizon, sweep_over=swept
    )
    assert all((event.subject, event.at) == (REF, at(50)) for event in events)
    return [str(event.kind) for event in events]


def found(outcome: Outcome = PAID, settle: SettleState = "none", back: int | None = None) -> Found:
    return Found(outcome=outcome, settle=settle, given_back=None if back is None else usd(back))


OUTCOMES: list[tuple[Outcome, str, dict[str, object]]] = [
    (PAID, "approved", {"amount_minor": ASKED, "currency": "USD", "gateway_ref": "g1", "auth_code": "A1"}),
    (replace(PAID, captured=False), "authorized", {"amount_minor": ASKED}),
    (PartiallyApproved(amount=usd(60), asked=usd(100), gateway_ref="g2"), "approved", {"amount_minor": 60}),
    (
        Declined(category="funds", retry="other_card", code="51"),
        "declined",
        {"reason": "funds", "code": "51"},
    ),
    (Pending(kind="terminal"), "acknowledged", {}),
    (Pending(kind="entry"), "acknowledged", {}),
    (Pending(kind="ach"), "pended", {}),
    (Pending(kind="refund"), "pended", {}),
    (Cancelled(by="client"), "cancelled", {"reason": "client"}),
    (
        NotSent(code="terminal_busy", facts={"desk": "2"}),
        "not_sent",
        {"reason": "terminal_busy", "desk": "2"},
    ),
    (Unknown(cause="read_timeout"), "no_reply", {"reason": "read_timeout"}),
]


@pytest.mark.parametrize(("outcome", "kind", "facts"), OUTCOMES, ids=lambda each: type(each).__name__)
def test_every_outcome_is_one_event(outcome: Outcome, kind: str, facts: dict[str, object]) -> None:
    (event,) = events_of_outcome(attempt(S.SENDING), outcome, at(9))
    assert (event.kind, event.subject, event.at) == (kind, REF, at(9))
    assert facts.items() <= event.facts.items()


def test_card_and_receipt_are_told() -> None:
    card = Card(brand="Visa", last4="4242", entry_mode="chip")
    (event,) = events_of_outcome(
        attempt(S.SENDING), replace(PAID, card=card, receipt=(("AID", "A0"),)), at(9)
    )
    assert {
        "brand": "Visa",
        "last4": "4242",
        "entry_mode": "chip",
        "receipt": "AID\tA0",
    }.items() <= event.facts.items()


@pytest.mark.parametrize("state", S)
def test_an_inquiry_that_was_not_answered_teaches_nothing(state: MoneyState) -> None:
    assert kinds(state, CannotTell(cause="x"), horizon=True, swept=True) == []


@pytest.mark.parametrize("horizon", [True, False])
@pytest.mark.parametrize("swept", [True, False])
@pytest.mark.parametrize("state", S)
def test_what_not_found_means_in_each_state(state: MoneyState, horizon: bool, swept: bool) -> None:
    expected: dict[MoneyState, list[str]] = {
        S.SENDING: ["no_reply"],
        S.RUNNING: ["not_found"],
        S.UNKNOWN: ["horizon_passed"] if horizon else [],
        S.KILLING: ["kills_proved"],
        S.KILLED: ["sweep_ended"] if swept else [],
    }
    assert kinds(state, NotFound(), horizon=horizon, swept=swept) == expected.get(state, [])


def test_not_found_proves_no_kill_while_something_is_owed_back() -> None:
    assert kinds(S.KILLING, NotFound(), late=usd(ASKED)) == []
    assert kinds(S.KILLING, NotFound(), late=usd(ASKED), late_back=ASKED) == ["kills_proved"]


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (S.RUNNING, Pending(kind="terminal")),
        (S.PENDING, Pending(kind="ach")),
        (S.AUTHORIZED, replace(PAID, captured=False)),
        (S.UNKNOWN, Unknown(cause="x")),
        (S.APPROVED, PAID),
        (S.SETTLED, PAID),
    ],
)
def test_what_is_known_is_not_journalled_again(state: MoneyState, outcome: Outcome) -> None:
    assert kinds(state, found(outcome)) == []


@pytest.mark.parametrize("state", [S.SENDING, S.RUNNING, S.UNKNOWN])
def test_what_is_new_is_journalled(state: MoneyState) -> None:
    assert kinds(state, found(PAID)) == ["approved"]
    assert kinds(state, found(Declined(category="x", retry="never"))) == ["declined"]
    assert kinds(state, found(PAID, "settled")) == ["approved", "settled"]
    assert kinds(state, found(PAID, "voided")) == ["approved", "voided"]


@pytest.mark.parametrize(
    ("settle", "kind"),
    [
        ("settled", "settled"),
        ("rejected", "settlement_rejected"),
        ("voided", "voided"),
        ("returned", "returned"),
    ],
)
def test_what_became_of_taken_money_is_told_once(settle: SettleState, kind: str) -> None:
    assert kinds(S.APPROVED, found(PAID, settle)) == [kind]
    assert kinds(S.SETTLED, found(PAID, "settled")) == []
    assert kinds(S.VOIDED, found(PAID, "voided")) == ["approved"]


@pytest.mark.parametrize("settle", ["none", "open", "queued"])
def test_money_that_is_not_settled_yet_tells_nothing(settle: SettleState) -> None:
    assert kinds(S.APPROVED, found(PAID, settle)) == []


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (PAID, "approved"),
        (Declined(category="x", retry="never"), "declined"),
        (Cancelled(by="gateway"), "cancelled"),
    ],
)
def test_a_debit_on_its_way_that_is_decided_is_told(outcome: Outcome, kind: str) -> None:
    assert kinds(S.PENDING, found(outcome)) == [kind]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (found(PAID, back=0), ["approved"]),
        (found(PAID, back=1), ["approved", "refunded_elsewhere"]),
        (found(PAID, "settled", back=1), ["approved", "settled", "refunded_elsewhere"]),
        (found(PAID, "voided", back=1), ["approved", "voided"]),
        (found(PAID, "returned", back=1), ["approved", "returned"]),
    ],
)
def test_what_went_back_before_we_knew_is_told_once(answer: Found, expected: list[str]) -> None:
    assert kinds(S.UNKNOWN, answer) == expected


# ---- behind the door ------------------------------------------------------------------------------


def test_a_late_approval_is_told_once() -> None:
    assert kinds(S.KILLING, found(PAID)) == ["approved"]
    assert kinds(S.KILLED, found(PAID)) == ["approved"]
    assert kinds(S.KILLING, found(PAID), late=usd(ASKED)) == []
    assert kinds(S.KILLED, found(PAID), late=usd(ASKED), late_back=ASKED) == []


@pytest.mark.parametrize(
    ("settle", "kind"), [("voided", "voided"), ("rejected", "settlement_rejected"), ("returned", "returned")]
)
def test_what_is_back_already_ends_the_killing(settle: SettleState, kind: str) -> None:
    assert kinds(S.KILLING, found(PAID, settle)) == [kind]
    assert kinds(S.KILLED, found(PAID, settle)) == []


def test_a_void_that_settled_is_told() -> None:
    assert kinds(S.KILLED, found(PAID, "settled"), late=usd(ASKED), late_back=ASKED, late_voided=True) == [
        "settled"
    ]
    assert kinds(S.KILLED, found(PAID, "settled"), late=usd(ASKED), late_back=ASKED) == []


def test_what_others_refunded_is_told_with_sum_and_key() -> None:
    (event,) = events_of_inquiry(attempt(S.KILLING), found(PAID, back=ASKED), at(50), horizon_passed=False)
    assert event.kind == "refunded_elsewhere"
    assert event.facts == {"returned_minor": ASKED, "key": f"total:{ASKED}"}


def test_a_part_that_others_refunded_does_not_end_the_killing() -> None:
    assert kinds(S.KILLING, found(PAID, back=ASKED - 1)) == ["approved"]


@pytest.mark.parametrize("outcome", [Declined(category="x", retry="never"), Cancelled(by="gateway")])
def test_a_refusal_ends_the_killing_and_is_no_news_after_it(outcome: Outcome) -> None:
    assert len(kinds(S.KILLING, found(outcome))) == 1
    assert kinds(S.KILLED, found(outcome)) == []
    assert kinds(S.KILLED, found(outcome), swept=True) == ["sweep_ended"]


def test_a_killed_attempt_that_runs_again_is_told_and_a_running_one_is_not() -> None:
    assert kinds(S.KILLED, found(Pending(kind="terminal"))) == ["acknowledged"]
    assert kinds(S.KILLED, found(Pending(kind="terminal")), swept=True) == ["acknowledged"]
    assert kinds(S.KILLING, found(Pending(kind="terminal"))) == []


@pytest.mark.parametrize("state", [S.KILLING, S.KILLED])
def test_a_doubt_behind_the_door_teaches_nothing(state: MoneyState) -> None:
    assert kinds(state, found(Unknown(cause="x"))) == []
