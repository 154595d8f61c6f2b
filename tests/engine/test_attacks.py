"""What a bad day, a hasty hand or a strange gateway may do to the engine: each of these once got through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, cast

import pytest

from tests.engine.scripted_desk import ASKED, PAID, Desk, debt, usd
from tillbridge.domain.errors import OperatorError, SetupError
from tillbridge.domain.money import Money, only_base
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import GiveBack, Inquire, KeepPartial, Post, Send
from tillbridge.domain.outcome import (
    Declined,
    Found,
    NotFound,
    NotSent,
    Outcome,
    PartiallyApproved,
    Pending,
    Unknown,
)
from tillbridge.domain.payment import Payment
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import HOUR, MINUTE, SECOND


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def paid(desk: Desk) -> Desk:
    desk.begin()
    desk.step(Send)
    return desk


@pytest.fixture
def unknown(desk: Desk) -> Desk:
    desk.gateway.started = Unknown(cause="read_timeout")
    desk.begin()
    desk.step(Send)
    return desk


def payment_of(desk: Desk, payment_id: str = "p1") -> Payment:
    payment = desk.journal.payment(payment_id)
    assert payment is not None
    return payment


def odd(desk: Desk) -> list[dict[str, object]]:
    return [dict(s.event.facts) for s in desk.journal.since(0, 10_000) if s.event.kind == "impossible"]


# ---- a confused person ----------------------------------------------------------------------------


def press(desk: Desk, verb: str) -> None:
    payment = payment_of(desk)
    marker = payment.postings[-1].marker if payment.postings else "V-NONE"
    match verb:
        case "cancel":
            desk.engine.cancel("p1", "Dana")
        case "stop":
            desk.engine.stop("p1", "Dana")
        case "again":
            desk.engine.try_again("p1")
        case "keep":
            desk.engine.keep_partial("p1", True, "Dana")
        case "give_back":
            desk.engine.keep_partial("p1", False, "Dana")
        case _:
            said = {"posted": True, "not_posted": False, "drop": None}[verb]
            desk.engine.person_says("p1", marker, said, "Dana")


def created(desk: Desk) -> None:
    desk.begin()


def begun(started: Outcome) -> Any:
    def reach(desk: Desk) -> None:
        desk.gateway.started = started
        desk.begin()
        desk.step(Send)

    return reach


def sending(desk: Desk) -> None:
    payment = desk.begin()
    desk.engine.start("p1", Send(payment.attempts[0].reference))


def killing(desk: Desk) -> None:
    begun(Unknown(cause="x"))(desk)
    desk.engine.stop("p1", "Dana")


def killed(desk: Desk) -> None:
    killing(desk)
    for _ in range(3):
        desk.engine.step("p1", desk.engine.due()[0].command)
    desk.step(Inquire)
    assert desk.state() is MoneyState.KILLED


def told(kind: str, posted: bool = False) -> Any:
    def reach(desk: Desk) -> None:
        begun(PAID)(desk)
        if posted:
            desk.step(Post)
        desk.tell(kind, payment_of(desk).attempts[0].reference)

    return reach


def typing(desk: Desk) -> None:
    begun(PAID)(desk)
    search = desk.engine.start("p1", Post(payment_of(desk).postings[0].marker))
    assert search is not None
    desk.engine.finish(search, desk.engine.perform(search))
    assert desk.posting() is PostingState.TYPING


def unsure(desk: Desk) -> None:
    begun(PAID)(desk)
    desk.practice.typing_plan.append("late")
    desk.step(Post)


def in_the_books(desk: Desk) -> None:
    begun(PAID)(desk)
    desk.step(Post)
    assert desk.posting() is PostingState.POSTED


def dropped(desk: Desk) -> None:
    begun(PAID)(desk)
    press(desk, "drop")


PART = PartiallyApproved(amount=usd(6_000), asked=usd(ASKED), gateway_ref="g1")
STATES = {
    "created": created,
    "sending": sending,
    "running": begun(Pending(kind="terminal")),
    "unknown": begun(Unknown(cause="x")),
    "authorized": begun(replace(PAID, captured=False)),
    "approved": begun(PAID),
    "partial": begun(PART),
    "pending": begun(Pending(kind="ach")),
    "declined": begun(Declined(category="x", retry="other_card")),
    "not_sent": begun(NotSent(code="unreachable")),
    "killing": killing,
    "killed": killed,
    "voided": told("voided"),
    "returned": told("returned"),
    "voided after posting": told("voided", posted=True),
    "settled": told("settled"),
    "typing": typing,
    "unsure": unsure,
    "posted": in_the_books,
    "dropped": dropped,
}
VERBS = ("cancel", "stop", "again", "keep", "give_back", "posted", "not_posted", "drop")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", STATES)
def test_whatever_is_pressed_is_right_or_refused_in_words(desk: Desk, state: str, verb: str) -> None:
    """A press that means nothing now leaves nothing behind: no odd event, no task that nobody can end."""
    STATES[state](desk)
    before, refused = payment_of(desk), False
    try:
        press(desk, verb)
    except OperatorError:
        refused = True
    assert (payment_of(desk) == before) or not refused
    assert odd(desk) == []


@pytest.mark.parametrize("verb", ["posted", "drop"])
@pytest.mark.parametrize("shown", ["absent", "trouble", "incomplete"])
def test_a_person_who_decides_while_we_look_is_not_contradicted(paid: Desk, verb: str, shown: str) -> None:
    if shown != "absent":
        paid.practice.look_plan.append(cast("Literal['trouble', 'incomplete']", shown))
    task = paid.engine.start("p1", Post(payment_of(paid).postings[0].marker))
    assert task is not None
    press(paid, verb)
    before = payment_of(paid)
    assert paid.engine.finish(task, paid.engine.perform(task)) is None
    assert payment_of(paid) == before
    assert odd(paid) == []


# ---- a strange gateway ----------------------------------------------------------------------------

TOO_MUCH = replace(PAID, amount=usd(ASKED + 1))
FOREIGN = replace(PAID, amount=Money(minor=ASKED, currency="EUR"))


@pytest.mark.parametrize("answer", [TOO_MUCH, FOREIGN])
@pytest.mark.parametrize("how", ["send", "inquire"])
def test_an_approval_of_more_or_in_another_currency_is_never_posted_by_itself(
    desk: Desk, answer: Outcome, how: str
) -> None:
    desk.gateway.started = answer if how == "send" else Unknown(cause="lost")
    desk.begin()
    desk.step(Send)
    if how == "inquire":
        desk.gateway.told = Found(outcome=answer)
        desk.wait(10 * SECOND)
        desk.step(Inquire)
    payment = payment_of(desk)
    assert payment.charged != "no"
    assert payment.tasks, "a person has to look at it"
    for due in desk.engine.due():
        desk.engine.step("p1", due.command)
    assert desk.practice.orders == []
    assert desk.practice.books == []


def test_money_that_was_given_back_while_we_did_not_know_is_not_posted(unknown: Desk) -> None:
    unknown.gateway.told = Found(outcome=PAID, settle="settled", given_back=usd(ASKED))
    unknown.wait(10 * SECOND)
    unknown.step(Inquire)
    for due in unknown.engine.due():
        unknown.engine.step("p1", due.command)
    assert unknown.practice.books == []
    assert payment_of(unknown).given_back == usd(ASKED)


def test_a_part_that_was_given_back_while_we_did_not_know_is_not_typed_first(unknown: Desk) -> None:
    unknown.gateway.told = Found(outcome=PAID, settle="settled", given_back=usd(1_240))
    unknown.wait(10 * SECOND)
    payment = unknown.step(Inquire)
    assert [(p.kind, p.amount, p.state) for p in payment.postings] == [
        ("sale", usd(ASKED), PostingState.NOT_NEEDED),
        ("sale", usd(20_000), PostingState.WAITING),
    ]


REFUSED = [
    NotSent(code="not_refundable"), NotSent(code="over_refund"), NotSent(code="unsupported"),
    Declined(category="x", retry="never"),
]  # fmt: skip


@pytest.mark.parametrize("answer", REFUSED)
def test_a_give_back_that_is_refused_becomes_a_persons_task_and_fills_no_disk(
    unknown: Desk, answer: Outcome
) -> None:
    unknown.engine.stop("p1", "Dana")
    unknown.gateway.told = Found(outcome=PAID)
    for _ in range(3):
        unknown.engine.step("p1", unknown.engine.due()[0].command)
    unknown.step(Inquire)
    unknown.gateway.voided = NotSent(code="not_voidable")
    unknown.gateway.refunded = answer
    unknown.gateway.told = NotFound()
    unknown.step(GiveBack)
    assert "give_back_refused" in payment_of(unknown).tasks
    events = len(unknown.journal.since(0, 10_000))
    for _ in range(5):
        unknown.wait(MINUTE)
        unknown.step(GiveBack)
    noted = [s for s in unknown.journal.since(0, 10_000)[events:] if s.event.kind == "noted"]
    assert noted == []


# ---- power, clocks, sleep -------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["restart", "reboot", "sleep"])
def test_a_payment_that_was_never_sent_does_not_light_up_the_terminal_hours_later(
    desk: Desk, what: str
) -> None:
    """The client left long ago; the next one at the terminal would pay for it."""
    desk.begin()
    desk.wait(2 * HOUR)
    if what == "reboot":
        desk.clock.reboot()
    if what != "sleep":
        desk.restarted().recover()
    for due in desk.engine.due():
        desk.engine.step("p1", due.command)
    assert desk.gateway.calls == []
    payment = payment_of(desk)
    assert payment.charged == "no"
    assert payment.finished
    assert odd(desk) == []


def test_a_payment_that_was_not_sent_a_moment_ago_goes_on_after_a_restart(desk: Desk) -> None:
    desk.begin()
    desk.wait(5 * SECOND)
    desk.clock.reboot()
    desk.restarted().recover()
    desk.step(Send)
    assert payment_of(desk).charged == "yes"


# ---- what is owed ---------------------------------------------------------------------------------


def test_a_balance_in_another_currency_bounds_nothing_and_is_refused(desk: Desk) -> None:
    with pytest.raises(OperatorError) as refused:
        desk.begin(debt=debt(balance=Money(minor=ASKED, currency="EUR")))
    assert refused.value.code == "currency_not_offered"
    assert desk.journal.payment("p1") is None


def test_another_card_takes_no_more_than_is_owed_now(desk: Desk) -> None:
    """A colleague took cash after the decline."""
    desk.gateway.started = Declined(category="x", retry="other_card")
    desk.begin()
    desk.step(Send)
    with pytest.raises(OperatorError) as refused:
        desk.engine.try_again("p1", balance=usd(11_240))
    assert refused.value.code == "not_chargeable"
    assert len(desk.engine.try_again("p1", balance=usd(ASKED)).attempts) == 2


def test_a_balance_that_was_read_before_our_own_payment_went_in_is_not_charged_again(paid: Desk) -> None:
    read_at = paid.clock.now()
    paid.wait(SECOND)
    paid.step(Post)
    assert paid.posting() is PostingState.POSTED
    with pytest.raises(OperatorError) as refused:
        paid.begin(payment_id="p2", read_at=read_at)
    assert refused.value.code == "balance_changed"
    with pytest.raises(OperatorError):
        paid.begin(payment_id="p2", read_at=paid.clock.now())  # the very moment may still be before it
    paid.wait(SECOND)
    assert paid.begin(payment_id="p2", read_at=paid.clock.now()).payment_id == "p2"


# ---- typed amounts (rule 13) ----------------------------------------------------------------------


def typed(**changes: Any) -> Any:
    facts = {"software": "typed", "account_id": "", "invoice_number": "", "balance": None}
    return debt(**(facts | changes))


@pytest.mark.parametrize("said", [{}, {"account_id": "01042", "invoice_number": "10482"}])
def test_a_typed_amount_is_never_typed_into_the_program(desk: Desk, said: dict[str, str]) -> None:
    desk.begin(debt=typed(**said))
    desk.step(Send)
    for _ in range(4):
        desk.wait(HOUR)
        for due in desk.engine.due():
            desk.engine.step("p1", due.command)
    assert desk.practice.orders == []
    assert desk.posting() is PostingState.WAITING
    press(desk, "posted")
    assert payment_of(desk).finished
    assert odd(desk) == []


def test_money_for_one_software_is_not_typed_into_another(paid: Desk) -> None:
    """The site changed its practice software while the posting was waiting."""
    paid.practice.software = replace(paid.practice.software, software="other")
    paid.wait(HOUR)
    paid.step(Post)
    assert paid.practice.orders == []
    assert payment_of(paid).postings[0].reason == "other_software"


def test_a_typed_amount_is_not_taken_twice_while_nobody_knows(unknown: Desk) -> None:
    """The screen went dark during the doubt, and the cashier types what was being taken."""
    with pytest.raises(OperatorError) as refused:
        unknown.begin(payment_id="p2", debt=typed(client="ALVAREZ,  Rosa "))
    assert refused.value.code == "still_finding_out"
    other = unknown.begin(payment_id="p3", debt=typed(client="Brown, Kim"))
    assert other.parts == only_base(usd(ASKED))


def test_what_was_typed_and_taken_is_not_taken_again_from_the_screen(desk: Desk) -> None:
    """The program came back before anybody entered the payment: its balance is still the old one."""
    desk.gateway.started = replace(PAID, amount=usd(10_000))
    desk.begin(debt=typed(client="Rosa Alvarez"), minor=10_000)
    desk.step(Send)
    assert desk.engine.held(debt()) == 10_000
    assert desk.engine.held(debt(client="Brown, Kim")) == 0
    with pytest.raises(OperatorError) as refused:
        desk.begin(payment_id="p2")
    assert refused.value.code == "not_chargeable"
    press(desk, "posted")
    assert desk.begin(payment_id="p2").parts == only_base(usd(ASKED))


# ---- another gateway ------------------------------------------------------------------------------


def test_a_doubt_is_not_asked_of_another_gateway(desk: Desk) -> None:
    """It would say that it knows nothing of it, and the client would be told that the card was not charged."""
    desk.engine = replace(desk.engine, policy=replace(desk.engine.policy, gateway="old"))
    begun(Unknown(cause="lost"))(desk)
    desk.engine.refuse_other_gateway()
    desk.engine = replace(desk.engine, policy=replace(desk.engine.policy, gateway="new"))
    with pytest.raises(SetupError) as refused:
        desk.engine.refuse_other_gateway()
    assert refused.value.code == "gateway_changed"


def test_a_partial_approval_that_nobody_decides_is_kept_at_the_end(desk: Desk) -> None:
    begun(PART)(desk)
    desk.wait(MINUTE)
    desk.step(KeepPartial)
    desk.step(Post)
    assert [row.amount.minor for row in desk.practice.books] == [6_000]


def test_the_program_is_asked_for_rows_since_the_day_of_the_payment(paid: Desk) -> None:
    taken = payment_of(paid).created_at.wall_ms
    paid.wait(30 * HOUR)
    paid.step(Post)
    assert [order.since_wall_ms for order in paid.practice.orders] == [taken]


def test_a_search_that_is_old_when_its_turn_comes_allows_no_typing(paid: Desk) -> None:
    """The screen hung between the search and the typing, and staff typed it by hand meanwhile."""
    search = paid.engine.start("p1", Post(payment_of(paid).postings[0].marker))
    assert search is not None
    typing_it = paid.engine.finish(search, paid.engine.perform(search))
    assert typing_it is not None
    paid.wait(3 * MINUTE)
    assert paid.engine.finish(typing_it, paid.engine.perform(typing_it)) is None
    assert paid.practice.orders == []
    assert paid.posting() is PostingState.WAITING
    paid.step(Post)
    assert paid.posting() is PostingState.POSTED
