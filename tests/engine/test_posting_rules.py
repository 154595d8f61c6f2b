"""Rules 5 to 8 in the engine: the posting is its client's, follows a search, is typed once, is a leg of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from tests.engine.scripted_desk import ASKED, PAID, Desk, debt, usd
from tillbridge.domain.errors import JournalError, OperatorError
from tillbridge.domain.ledger import LedgerRow
from tillbridge.domain.money import only_base
from tillbridge.domain.next_command import Look, Post, Send
from tillbridge.domain.outcome import Declined
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import HOUR, MINUTE, SECOND
from tillbridge.ports.journal import Append
from tillbridge.ports.practice import PostingReport, Trouble
from tillbridge.testing.world import run

# ---- 5, 6, 7: posting -------------------------------------------------------------------------------


def test_the_posting_is_for_the_client_and_invoice_of_the_payment(paid: Desk) -> None:
    paid.step(Post)
    order = paid.practice.orders[0]
    assert (order.account_id, order.client, order.invoice_number) == ("01042", "Alvarez, Rosa", "10482")
    assert (order.amount, order.payment_method, order.employee) == (usd(ASKED), "Card", "Kim")


def test_a_row_typed_by_hand_is_asked_about_and_nothing_is_typed(paid: Desk) -> None:
    paid.practice.by_hand = (
        LedgerRow(account_id="01042", invoice_number="", amount=usd(ASKED), reference="", method="", date=""),
    )
    paid.step(Post)
    assert paid.posting() is PostingState.NEEDS_ATTENTION
    assert paid.practice.orders == []


def by_hand() -> LedgerRow:
    return LedgerRow(
        account_id="01042", invoice_number="", amount=usd(ASKED), reference="", method="", date=""
    )


def test_a_row_that_a_person_dismissed_is_not_asked_about_again(paid: Desk) -> None:
    paid.practice.by_hand = (by_hand(),)
    payment = paid.step(Post)
    paid.engine.person_says("p1", payment.postings[0].marker, False, "Dana")
    paid.step(Post)
    assert paid.posting() is PostingState.POSTED


def test_after_a_doubt_a_dismissed_row_may_be_ours_without_its_marker(paid: Desk) -> None:
    paid.practice.by_hand = (by_hand(),)
    payment = paid.step(Post)
    paid.engine.person_says("p1", payment.postings[0].marker, False, "Dana")
    paid.practice.typing_plan.append("doubt_not_committed")
    paid.step(Post)
    assert paid.posting() is PostingState.UNSURE
    paid.wait(HOUR)
    paid.step(Look)
    assert paid.posting() is PostingState.NEEDS_ATTENTION
    assert len(paid.practice.orders) == 1


def test_an_amount_that_does_not_fit_any_more_is_not_typed(paid: Desk) -> None:
    payment = paid.journal.payment("p1")
    assert payment is not None
    paid.tell("posting_blocked", payment.postings[0].marker, reason="balance_changed", seen_minor=100)
    paid.engine.resume("p1")
    paid.wait(HOUR)
    paid.step(Post)
    assert paid.practice.orders == []
    assert paid.posting() is PostingState.NEEDS_ATTENTION


def test_a_typing_that_broke_is_a_doubt_and_is_not_typed_again_at_once(paid: Desk) -> None:
    paid.practice.fails = RuntimeError("window gone")
    paid.step(Post)
    assert paid.posting() is PostingState.UNSURE
    paid.practice.fails = None
    paid.step(Look)
    assert paid.posting() is PostingState.UNSURE
    assert len(paid.practice.orders) == 1


def test_a_doubtful_commit_is_looked_for_before_anything_else(paid: Desk) -> None:
    paid.practice.typing_plan.append("doubt_not_committed")
    paid.step(Post)
    assert paid.posting() is PostingState.UNSURE
    paid.wait(30 * SECOND)
    paid.step(Look)
    assert paid.posting() is PostingState.UNSURE, "a row may still be on its way"
    paid.wait(HOUR)


def test_a_commit_that_shows_late_is_found_and_not_typed_twice(paid: Desk) -> None:
    paid.practice.typing_plan.append("late")
    paid.step(Post)
    paid.wait(10 * SECOND)
    paid.step(Look)
    assert paid.posting() is PostingState.POSTED
    assert len(paid.practice.books) == 1


# ---- 8: two legs ------------------------------------------------------------------------------------


def test_money_that_went_back_before_it_was_posted_is_never_posted(paid: Desk) -> None:
    reference = paid.journal.payment("p1").attempts[0].reference  # type: ignore[union-attr]
    payment = paid.tell("voided", reference)
    assert [p.state for p in payment.postings] == [PostingState.NOT_NEEDED]


def posted(paid: Desk) -> str:
    paid.practice.row_delay_ms = 0
    paid.step(Post)
    assert paid.posting() is PostingState.POSTED
    return paid.journal.payment("p1").attempts[0].reference  # type: ignore[union-attr]


def test_money_that_went_back_after_it_was_posted_owes_a_reversal_of_its_own(paid: Desk) -> None:
    payment = paid.tell("returned", posted(paid))
    assert [(p.kind, p.state, p.amount) for p in payment.postings] == [
        ("sale", PostingState.POSTED, usd(ASKED)),
        ("return", PostingState.WAITING, usd(ASKED)),
    ]
    assert payment.postings[0].marker != payment.postings[1].marker


def test_a_part_that_went_back_owes_a_reversal_of_that_part(paid: Desk) -> None:
    payment = paid.tell("refunded_elsewhere", posted(paid), returned_minor=1_240, key="r-1")
    assert [(p.kind, p.amount) for p in payment.postings] == [("sale", usd(ASKED)), ("refund", usd(1_240))]
    assert paid.engine.held(debt()) == 0, (
        "what is posted is the books' again, whatever its reversal waits for"
    )


def test_money_that_came_back_while_nobody_knew_makes_the_posting_right_again(paid: Desk) -> None:
    paid.practice.typing_plan.append("late")
    paid.step(Post)
    reference = paid.journal.payment("p1").attempts[0].reference  # type: ignore[union-attr]
    paid.tell("returned", reference)
    payment = paid.tell("re_presented", reference)
    assert [p.kind for p in payment.postings] == ["sale"]
    paid.wait(10 * SECOND)
    assert [p.kind for p in paid.step(Look).postings] == ["sale"]


def test_a_reversal_is_owed_once_it_is_known_that_it_was_posted(paid: Desk) -> None:
    paid.practice.typing_plan.append("late")
    paid.step(Post)
    paid.tell("returned", paid.journal.payment("p1").attempts[0].reference)  # type: ignore[union-attr]
    paid.wait(10 * SECOND)
    assert [p.kind for p in paid.step(Look).postings] == ["sale", "return"]


# ---- waiting, told once -----------------------------------------------------------------------------


def test_a_screen_that_stays_closed_fills_no_journal(paid: Desk) -> None:
    paid.practice.trouble = Trouble(who="operator", code="software_closed")
    payment = paid.step(Post)
    assert payment.postings[0].reason == "software_closed"
    paid.wait(10 * MINUTE)
    assert paid.step(Post).version == payment.version
    paid.wait(HOUR)
    told = paid.step(Post)
    assert (told.version, told.tasks) == (payment.version + 1, ("waits_long",))
    paid.wait(HOUR)
    assert paid.step(Post).version == told.version
    paid.practice.trouble = Trouble(who="operator", code="user_typing")
    paid.wait(HOUR)
    assert paid.step(Post).postings[0].reason == "user_typing"


@pytest.mark.parametrize(
    ("minutes", "state"), [(14, PostingState.UNSURE), (15, PostingState.NEEDS_ATTENTION)]
)
def test_a_doubt_that_cannot_be_looked_into_calls_a_person_in_the_end(
    paid: Desk, minutes: int, state: PostingState
) -> None:
    paid.practice.typing_plan.append("doubt_not_committed")
    paid.step(Post)
    paid.practice.trouble = Trouble(who="operator", code="software_closed")
    paid.wait(minutes * MINUTE)
    payment = paid.step(Look)
    assert payment.postings[0].state is state
    assert payment.postings[0].may_be_posted == (state is PostingState.NEEDS_ATTENTION)


@pytest.mark.parametrize(
    ("minutes", "state"), [(14, PostingState.UNSURE), (15, PostingState.NEEDS_ATTENTION)]
)
def test_a_list_that_never_proves_anything_calls_a_person_in_the_end(
    paid: Desk, minutes: int, state: PostingState
) -> None:
    paid.practice.typing_plan.append("doubt_not_committed")
    paid.step(Post)
    paid.practice.look_plan = ["incomplete"]
    paid.wait(minutes * MINUTE)
    assert paid.step(Look).postings[0].state is state


@pytest.mark.parametrize("alike", [False, True])
def test_a_number_that_the_program_cut_counts_only_if_no_other_of_ours_begins_alike(
    paid: Desk, alike: bool
) -> None:
    """The other one may be of an earlier visit with the same card."""
    if alike:
        other = paid.begin(payment_id="p0", debt=debt(invoice_number="1"))
        paid.gateway.started = PAID
        paid.engine.step("p0", Send(other.attempts[0].reference))
    paid.practice.cut_to = 5
    paid.step(Post)
    state = PostingState.UNSURE if alike else PostingState.POSTED
    assert (paid.posting(), len(paid.practice.books)) == (state, 1)


def test_a_list_that_can_never_prove_absence_asks_a_person_as_soon_as_the_row_would_show(paid: Desk) -> None:
    paid.practice.lacks_rows = True
    paid.practice.typing_plan.append("doubt_not_committed")
    paid.step(Post)
    paid.wait(59 * SECOND)
    assert paid.step(Look).postings[0].state is PostingState.UNSURE
    paid.wait(2 * SECOND)
    asked = paid.step(Look).postings[0]
    assert (asked.state, asked.reason, asked.may_be_posted) == (
        PostingState.NEEDS_ATTENTION,
        "list_incomplete",
        True,
    )


def test_a_persons_not_posted_is_enough_where_the_list_cannot_prove_it_and_the_number_is_searched_first(
    paid: Desk,
) -> None:
    paid.practice.lacks_rows = True
    paid.practice.typing_plan.append("doubt_not_committed")
    paid.step(Post)
    paid.wait(61 * SECOND)
    payment = paid.step(Look)
    paid.engine.person_says("p1", payment.postings[0].marker, False, "Dana")
    paid.step(Post)
    assert paid.posting() is PostingState.POSTED
    assert len(paid.practice.books) == 1


def test_a_persons_not_posted_that_was_wrong_is_found_before_anything_is_typed(paid: Desk) -> None:
    paid.practice.lacks_rows = True
    paid.practice.row_delay_ms = 70 * SECOND
    paid.practice.typing_plan.append("late")
    paid.step(Post)
    paid.wait(61 * SECOND)
    payment = paid.step(Look)
    paid.engine.person_says("p1", payment.postings[0].marker, False, "Dana")
    paid.wait(20 * SECOND)
    paid.step(Post)
    assert paid.posting() is PostingState.POSTED
    assert len(paid.practice.books) == 1


def test_a_new_typing_is_a_new_doubt_whatever_was_said_before(paid: Desk) -> None:
    paid.practice.lacks_rows = True
    paid.practice.typing_plan += ["doubt_not_committed", "doubt_not_committed"]
    paid.step(Post)
    paid.wait(61 * SECOND)
    payment = paid.step(Look)
    paid.engine.person_says("p1", payment.postings[0].marker, False, "Dana")
    paid.step(Post)
    assert paid.posting() is PostingState.UNSURE
    paid.wait(61 * SECOND)
    paid.step(Look)
    assert paid.posting() is PostingState.NEEDS_ATTENTION
    assert len(paid.practice.orders) == 2


def test_a_doubt_that_no_look_can_settle_yet_fills_no_journal(paid: Desk) -> None:
    paid.practice.typing_plan.append("doubt_not_committed")
    paid.step(Post)
    version = paid.known().version
    for _ in range(3):
        paid.wait(5 * SECOND)
        paid.step(Look)
    assert (paid.posting(), paid.known().version) == (PostingState.UNSURE, version)


def test_a_list_that_stays_incomplete_fills_no_journal(paid: Desk) -> None:
    paid.practice.look_plan = ["incomplete", "incomplete"]
    payment = paid.step(Post)
    assert payment.postings[0].reason == "list_incomplete"
    paid.wait(10 * MINUTE)
    assert paid.step(Post).version == payment.version


def test_a_marker_that_is_taken_is_made_anew(desk: Desk) -> None:
    refusals = ["marker_used", "marker_used"]

    def refuse(append: Append) -> None:
        if append.payment.postings and refusals:
            raise JournalError(refusals.pop())

    desk.begin()
    desk.journal.before_append = refuse
    payment = desk.step(Send)
    assert [p.state for p in payment.postings] == [PostingState.WAITING]
    assert refusals == []


def test_a_journal_that_cannot_write_stops_everything(desk: Desk) -> None:
    def refuse(_append: Append) -> None:
        raise JournalError("disk_full")

    desk.begin()
    desk.journal.before_append = refuse
    with pytest.raises(JournalError) as refused:
        desk.step(Send)
    assert refused.value.code == "disk_full"
    assert desk.gateway.calls == [], "nothing is sent that is not in the journal"


def test_a_posting_waits_as_long_as_the_trouble_says(paid: Desk) -> None:
    paid.practice.trouble = Trouble(who="operator", code="client_locked", retry_in_ms=7 * MINUTE)
    payment = paid.step(Post)
    assert payment.postings[0].not_before == paid.clock.now().plus_ms(7 * MINUTE)


# ---- what the software itself says against it ----------------------------------------------------


def says_no(paid: Desk, code: str, stage: Literal["not_committed", "doubt"], retry_in_ms: int | None) -> None:
    """Every typing from now on ends with this no of the software."""
    trouble = Trouble(who="operator", code=code, retry_in_ms=retry_in_ms)
    paid.practice.says = PostingReport(stage=stage, trouble=trouble, means="not_posted")


def typed_and_looked_for(paid: Desk) -> None:
    paid.step(Post)
    paid.wait(HOUR)
    paid.step(Look)


def test_a_no_for_good_is_asked_about_after_the_second_time_and_not_typed_on_and_on(paid: Desk) -> None:
    says_no(paid, "form_refused", "doubt", None)
    typed_and_looked_for(paid)
    assert (paid.posting(), paid.reason()) == (PostingState.WAITING, "form_refused"), (
        "it may have been for once"
    )
    typed_and_looked_for(paid)
    assert (paid.posting(), paid.reason()) == (PostingState.NEEDS_ATTENTION, "form_refused")
    assert paid.known().postings[0].may_be_posted is False
    run(paid.engine, paid.clock, paid.clock.now_ms + 5 * HOUR)
    assert len(paid.practice.orders) == 2


def test_a_no_before_the_commit_is_asked_about_the_same_way(paid: Desk) -> None:
    says_no(paid, "other_processor_bound", "not_committed", None)
    paid.step(Post)
    assert paid.posting() is PostingState.WAITING
    paid.wait(HOUR)
    paid.step(Post)
    assert (paid.posting(), paid.reason()) == (PostingState.NEEDS_ATTENTION, "other_processor_bound")


def test_a_person_who_mended_it_has_it_typed_once_more(paid: Desk) -> None:
    says_no(paid, "form_refused", "doubt", None)
    for _ in range(2):
        typed_and_looked_for(paid)
    paid.practice.says = None
    paid.engine.person_says("p1", paid.known().postings[0].marker, False, "Kim")
    run(paid.engine, paid.clock, paid.clock.now_ms + HOUR)
    assert paid.posting() is PostingState.POSTED


def test_a_no_that_ends_by_itself_is_waited_for_as_long_as_it_says(paid: Desk) -> None:
    says_no(paid, "period_closed", "doubt", HOUR)
    for _ in range(2):
        typed_and_looked_for(paid)
    assert (paid.posting(), paid.reason()) == (PostingState.WAITING, "period_closed")
    assert paid.known().postings[0].not_before == paid.clock.now().plus_ms(HOUR)
    run(paid.engine, paid.clock, paid.clock.now_ms + 10 * HOUR)
    assert len(paid.practice.orders) <= 2 + 10, "about once an hour"


def test_another_no_in_between_is_not_the_same_twice(paid: Desk) -> None:
    for code in ("form_refused", "maybe_posted_before", "form_refused"):
        says_no(paid, code, "doubt", None)
        typed_and_looked_for(paid)
    assert paid.posting() is PostingState.WAITING


def test_a_no_is_no_matter_any_more_once_the_money_went_back(paid: Desk) -> None:
    says_no(paid, "form_refused", "doubt", None)
    typed_and_looked_for(paid)
    paid.step(Post)
    paid.tell("voided", paid.known().attempts[0].reference)
    paid.wait(HOUR)
    paid.step(Look)
    assert paid.posting() is PostingState.NOT_NEEDED


def test_a_second_no_says_nothing_once_the_money_went_back_while_it_was_typed(paid: Desk) -> None:
    says_no(paid, "other_processor_bound", "not_committed", None)
    paid.step(Post)
    paid.wait(HOUR)
    search = paid.engine.start("p1", Post(paid.known().postings[0].marker))
    assert search is not None
    typing = paid.engine.finish(search, paid.engine.perform(search))
    assert typing is not None
    report = paid.engine.perform(typing)
    paid.tell("voided", paid.known().attempts[0].reference)
    paid.engine.finish(typing, report)
    assert (paid.posting(), paid.known().tasks) == (PostingState.NOT_NEEDED, ())


# ---- what the terminal shows -------------------------------------------------------------------------


def test_another_card_an_hour_later_is_sent_as_fresh_as_the_first(desk: Desk) -> None:
    desk.gateway.started = Declined(category="x", retry="other_card")
    desk.begin()
    desk.step(Send)
    desk.wait(HOUR)
    desk.engine.try_again("p1", balance=usd(ASKED))
    desk.step(Send)
    assert len(desk.gateway.asked) == 2


def test_the_largest_amount_that_the_gateway_takes_is_taken(desk: Desk) -> None:
    most = desk.gateway.capabilities().amount_minor_max
    assert desk.begin(parts=only_base(usd(most)), debt=debt(balance=usd(most))).parts.whole == usd(most)
    with pytest.raises(OperatorError) as refused:
        desk.begin(payment_id="p2", parts=only_base(usd(most + 1)), debt=debt(balance=usd(most + 1)))
    assert refused.value.code == "amount_above_gateway"


def test_a_rest_is_decided_only_where_one_does_not_fit(paid: Desk) -> None:
    paid.practice.by_hand = (by_hand(),)
    paid.step(Post)
    assert paid.posting() is PostingState.NEEDS_ATTENTION
    with pytest.raises(OperatorError) as refused:
        paid.engine.decide_rest("p1", paid.known().postings[0].marker, True, "Kim")
    assert refused.value.code == "nothing_to_decide"


def test_the_terminal_shows_the_clinic_and_one_letter_of_the_client(desk: Desk) -> None:
    desk.engine = replace(desk.engine, policy=replace(desk.engine.policy, clinic_name="Pine Street Vet"))
    desk.begin()
    desk.step(Send)
    asked = desk.gateway.asked[0]
    assert asked.show == ("Pine Street Vet", "A")
    assert (asked.amount, asked.terminal_id, asked.invoice_number) == (usd(ASKED), "front-desk-1", "10482")
