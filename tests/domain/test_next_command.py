"""What comes next, from the folded payment alone: for every state of both legs, and in which order."""

from __future__ import annotations

import pytest

from tests.domain.story import (
    ASKED,
    MARK,
    REF,
    REF2,
    approved,
    attempt,
    created,
    event,
    in_money_state,
    in_posting_state,
    posting,
    refund,
    run,
    sale,
    told,
    with_attempt,
    with_posting,
)
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import (
    AskPerson,
    Capture,
    Command,
    GiveBack,
    Inquire,
    KeepPartial,
    Kill,
    Look,
    Post,
    Send,
    commands,
    next_command,
)
from tillbridge.domain.payment import Payment
from tillbridge.domain.posting_leg import PostingState

S, P = MoneyState, PostingState

NEXT: dict[MoneyState, Command | None] = {
    S.CREATED: Send(REF),
    S.SENDING: Inquire(REF, "unknown"),
    S.RUNNING: Inquire(REF, "running"),
    S.UNKNOWN: Inquire(REF, "unknown"),
    S.AUTHORIZED: Capture(REF),
    S.APPROVED: None,
    S.PENDING: Inquire(REF, "pending"),
    S.KILLING: Kill(REF),
    S.KILLED: Inquire(REF, "sweep"),
    S.NOT_SENT: None,
    S.DECLINED: None,
    S.CANCELLED: None,
    S.SETTLED: None,
    S.VOIDED: None,
    S.RETURNED: None,
}
NEXT_POSTING: dict[PostingState, Command | None] = {
    P.NOT_NEEDED: None,
    P.WAITING: Post(MARK),
    P.CHECKING: Post(MARK),
    P.TYPING: Look(MARK),
    P.COMMITTING: Look(MARK),
    P.UNSURE: Look(MARK),
    P.POSTED: None,
    P.NEEDS_ATTENTION: AskPerson(MARK, "balance_changed"),
}


def posted(payment: Payment) -> Payment:
    """With a posting that is in the books, so that only the money leg speaks."""
    return with_posting(told(posting(), start=payment), state=P.POSTED)


@pytest.mark.parametrize("state", S)
def test_every_state_of_an_attempt_has_its_next_command(state: MoneyState) -> None:
    payment = in_money_state(state, posted(approved()))
    wanted = NEXT[state]
    assert next_command(payment) == wanted
    assert commands(payment) == (() if wanted is None else (wanted,))
    assert payment.finished == (wanted is None)


@pytest.mark.parametrize("state", P)
def test_every_state_of_a_posting_has_its_next_command(state: PostingState) -> None:
    payment = with_posting(in_posting_state(state), reason="balance_changed")
    wanted = NEXT_POSTING[state]
    assert next_command(payment) == wanted
    assert payment.finished == (wanted is None)


def test_killing_tells_three_times_then_asks_and_gives_back_what_came_late() -> None:
    killing = in_money_state(S.KILLING)
    for kills, wanted in [
        (0, Kill(REF)),
        (2, Kill(REF)),
        (3, Inquire(REF, "killing")),
        (9, Inquire(REF, "killing")),
    ]:
        assert next_command(with_attempt(killing, kills=kills)) == wanted
    assert next_command(run(killing, "approved")) == GiveBack(REF)


def test_a_swept_attempt_is_left_alone() -> None:
    payment = with_attempt(in_money_state(S.KILLED), swept=True)
    assert commands(payment) == ()
    assert payment.finished


def partial(**changes: str) -> Payment:
    payment = run(told(created(**changes), attempt()), "send_started")
    payment = told(event("approved", REF, amount_minor=6_000), posting(minor=6_000), start=payment)
    return run(payment, "posting_owed", subject=MARK)


def test_a_partial_approval_is_decided_before_it_is_posted() -> None:
    assert commands(partial()) == (KeepPartial(REF),)
    kept = told(event("keep_decided", REF, keep=True), start=partial())
    assert commands(kept) == (Post(MARK),)


@pytest.mark.parametrize("entry", ["link", "stored_card"])
def test_where_nobody_stands_a_partial_approval_is_kept_without_asking(entry: str) -> None:
    assert commands(partial(entry=entry)) == (Post(MARK),)


def test_a_partial_refund_approval_asks_nobody() -> None:
    payment = told(event("approved", REF, amount_minor=900), start=run(refund(), "send_started"))
    payment = run(told(posting(kind="refund", minor=900), start=payment), "posting_owed", subject=MARK)
    assert commands(payment) == (Post(MARK),)


@pytest.mark.parametrize("back", ["returned", "voided"])
def test_a_posting_is_not_typed_for_money_that_is_not_ours(back: str) -> None:
    payment = run(run(told(posting(), start=approved()), "posting_owed", subject=MARK), back)
    assert commands(payment)[0] == AskPerson(MARK, "money_not_taken")
    assert [c.subject for c in commands(payment)[1:] if isinstance(c, AskPerson)] == list(payment.tasks)
    assert not any(isinstance(c, Post) for c in commands(payment))


def test_a_reversal_is_typed_though_its_money_is_gone() -> None:
    payment = told(posting("M1", kind="return"), start=run(posted(approved()), "returned"))
    payment = run(payment, "posting_owed", subject="M1")
    assert Post("M1") in commands(payment)


def test_money_without_a_posting_is_shown() -> None:
    assert commands(approved()) == (AskPerson(REF, "posting_missing"),)


def test_a_stored_card_owes_no_posting() -> None:
    payment = told(created(operation="store_card", base_minor=0), attempt(minor=0))
    payment = run(payment, "send_started", "approved")
    assert commands(payment) == (Inquire(REF, "card"),), "until it is in the site store"
    assert commands(told(event("card_kept", REF, card_id="C1"), start=payment)) == ()
    given_up = told(event("card_not_kept", REF, task="card_not_kept"), start=payment)
    assert commands(given_up) == (AskPerson("card_not_kept", "card_not_kept"),)


def test_tasks_are_a_persons() -> None:
    payment = told(event("noted", task="look"), start=sale())
    assert commands(payment) == (Send(REF), AskPerson("look", "look"))


def test_a_posting_never_starves_behind_an_old_doubt() -> None:
    payment = told(event("attempt_overridden", REF, person="Dana"), start=in_money_state(S.UNKNOWN))
    payment = run(told(attempt(REF2), start=payment), "send_started", "approved", subject=REF2)
    payment = run(told(posting(reference=REF2), start=payment), "posting_owed", subject=MARK)
    assert commands(payment) == (Post(MARK), Inquire(REF, "unknown"))


def test_what_can_wait_for_days_comes_after_the_posting() -> None:
    payment = run(sale(), "send_started", "pended")
    payment = run(told(posting(), start=payment), "posting_owed", subject=MARK)
    assert commands(payment) == (Post(MARK), Inquire(REF, "pending"))


def test_the_newest_attempt_comes_first() -> None:
    payment = in_money_state(S.KILLED)
    payment = told(attempt(REF2), start=payment)
    assert commands(payment) == (Send(REF2), Inquire(REF, "sweep"))


def test_a_payment_without_an_attempt_has_nothing_to_do() -> None:
    assert commands(told(created(base_minor=ASKED))) == ()
    assert told(created()).finished
