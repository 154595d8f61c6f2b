"""Rule 5: the next client is the normal case. Payments stay pinned, wait for a quiet moment, and all get there."""

from __future__ import annotations

import pytest

from tests.engine.clinic import MILO, ROSA, Clinic
from tests.engine.scripted_desk import usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.next_command import Look, Post
from tillbridge.domain.posting_leg import PostingState
from tillbridge.engine.policy import HOUR, MINUTE, SECOND
from tillbridge.engine.screen_turn import ScreenTurn
from tillbridge.ports.practice import Trouble
from tillbridge.testing.world import VirtualClock


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def rows(clinic: Clinic) -> list[tuple[str, str, int, str]]:
    return [(r.account_id, r.invoice_number, r.amount.minor, r.reference) for r in clinic.books.rows]


# ---- several waiting --------------------------------------------------------------------------------


def three_waiting(clinic: Clinic) -> None:
    """Two of one client on two invoices, one of another; somebody types all the while."""
    clinic.books.busy_until_ms = clinic.clock.now_ms + 40 * SECOND
    clinic.pay("p1", 21_240, ROSA, "10482")
    clinic.pay("p2", 5_500, MILO, "20001")
    clinic.pay("p3", 1_000, ROSA, "10500")


def test_several_payments_that_wait_are_entered_one_after_the_other_each_for_its_own_client(
    clinic: Clinic,
) -> None:
    three_waiting(clinic)
    clinic.lets_pass(39 * SECOND)
    assert rows(clinic) == []
    clinic.lets_pass(2 * MINUTE)
    markers = [clinic.posting(p).marker for p in ("p1", "p2", "p3")]
    assert len(set(markers)) == 3
    assert sorted(rows(clinic)) == sorted([
        ("01042", "10482", 21_240, markers[0]), ("00017", "20001", 5_500, markers[1]),
        ("01042", "10500", 1_000, markers[2]),
    ])  # fmt: skip


def test_they_go_in_at_the_very_next_quiet_moment(clinic: Clinic) -> None:
    three_waiting(clinic)
    quiet_ms = clinic.books.busy_until_ms + 5 * SECOND
    clinic.lets_pass(5 * MINUTE)
    first = min(at for what, _, at in clinic.books.visits if what == "type")
    assert first - quiet_ms <= 5 * SECOND
    assert all(clinic.posting(p).state is PostingState.POSTED for p in ("p1", "p2", "p3"))


def test_nothing_is_visited_while_somebody_types_and_one_alone_asks(clinic: Clinic) -> None:
    three_waiting(clinic)
    clinic.lets_pass(39 * SECOND)
    assert clinic.books.visits == []
    assert clinic.books.asked <= 9


def test_search_typing_and_look_of_one_payment_are_done_before_the_next_has_the_screen(
    clinic: Clinic,
) -> None:
    three_waiting(clinic)
    clinic.lets_pass(5 * MINUTE)
    visits = [(what, account) for what, account, _ in clinic.books.visits]
    assert [what for what, _ in visits] == ["look", "type", "look"] * 3
    assert all(len({account for _, account in visits[at : at + 3]}) == 1 for at in (0, 3, 6))


def test_while_one_payment_has_the_screen_no_other_is_due_and_none_is_started(clinic: Clinic) -> None:
    clinic.pay("p1", 21_240, ROSA)
    clinic.pay("p2", 5_500, MILO, "20001")
    first, second = (due for due in clinic.engine.due() if isinstance(due.command, Post))
    search = clinic.engine.start(first.payment_id, first.command)
    assert search is not None
    assert [d for d in clinic.engine.due() if isinstance(d.command, Post | Look)] == []
    assert clinic.engine.start(second.payment_id, second.command) is None
    task = clinic.engine.finish(search, clinic.engine.perform(search))
    while task is not None:
        assert [d for d in clinic.engine.due() if isinstance(d.command, Post | Look)] == []
        task = clinic.engine.finish(task, clinic.engine.perform(task))
    assert [d.payment_id for d in clinic.engine.due()] == ["p2"]


@pytest.mark.parametrize("code", ["client_locked", "dialog_in_the_way"])
@pytest.mark.parametrize("stuck", ["p1", "p2"])
def test_one_client_who_cannot_be_reached_keeps_nobody_else_waiting(
    clinic: Clinic, stuck: str, code: str
) -> None:
    """Whichever was first, and whether it is a client or a message that stays in the way."""
    account = {"p1": ROSA[0], "p2": MILO[0]}[stuck]
    clinic.books.of_client[account] = Trouble(who="operator", code=code, retry_in_ms=3_000)
    clinic.pay("p1", 21_240, ROSA)
    clinic.pay("p2", 5_500, MILO, "20001")
    clinic.lets_pass(MINUTE)
    states = {p: clinic.posting(p).state for p in ("p1", "p2")}
    other = {"p1": "p2", "p2": "p1"}[stuck]
    assert states == {stuck: PostingState.WAITING, other: PostingState.POSTED}


def test_a_screen_that_stays_shut_is_looked_at_ever_more_rarely(clinic: Clinic) -> None:
    clinic.books.trouble = Trouble(who="operator", code="software_closed", retry_in_ms=5_000)
    clinic.pay("p1", 21_240, ROSA)
    clinic.pay("p2", 5_500, MILO, "20001")
    clinic.books.visits.clear()
    counts = []
    for minutes in (2, 13, 45):
        clinic.lets_pass(minutes * MINUTE)
        counts.append(len(clinic.books.visits))
        clinic.books.visits.clear()
    assert counts[0] <= 25
    assert counts[1] <= 13 * 4 + 2
    assert counts[2] <= 45 + 2


def test_a_client_that_stays_locked_is_not_visited_all_the_time(clinic: Clinic) -> None:
    clinic.books.of_client[ROSA[0]] = Trouble(who="operator", code="other_client", retry_in_ms=3_000)
    clinic.pay("p1", 21_240, ROSA)
    clinic.lets_pass(HOUR)
    assert len(clinic.books.visits) <= 24 + 52 + 45 + 5


def test_after_a_quarter_of_an_hour_it_is_said_once_that_it_waits_and_it_goes_in_all_the_same(
    clinic: Clinic,
) -> None:
    clinic.books.busy_until_ms = clinic.clock.now_ms + 40 * MINUTE
    clinic.pay("p1", 21_240)
    clinic.lets_pass(14 * MINUTE)
    assert clinic.payment("p1").tasks == ()
    clinic.lets_pass(2 * MINUTE)
    assert clinic.payment("p1").tasks == ("waits_long",)
    assert clinic.posting("p1").state is PostingState.WAITING
    told = clinic.payment("p1").version
    clinic.lets_pass(20 * MINUTE)
    assert clinic.payment("p1").version == told
    clinic.lets_pass(10 * MINUTE)
    assert clinic.posting("p1").state is PostingState.POSTED
    assert (clinic.payment("p1").tasks, clinic.payment("p1").finished) == ((), True)


def test_a_person_who_knows_that_it_waits_is_not_told_again(clinic: Clinic) -> None:
    clinic.books.busy_until_ms = clinic.clock.now_ms + 2 * HOUR
    clinic.pay("p1", 21_240)
    clinic.lets_pass(20 * MINUTE)
    clinic.engine.end_task("p1", "waits_long", "Dana")
    clinic.lets_pass(HOUR)
    assert clinic.payment("p1").tasks == ()


def test_put_it_in_now_forgets_what_was_in_the_way_but_not_a_pause(clinic: Clinic) -> None:
    clinic.books.trouble = Trouble(who="operator", code="client_locked", retry_in_ms=10 * MINUTE)
    clinic.pay("p1", 21_240)
    clinic.lets_pass(MINUTE)
    clinic.books.trouble = None
    clinic.engine.resume("p1")
    assert [due.in_ms for due in clinic.engine.due()] == [0]
    clinic.engine.pause(2 * MINUTE)
    assert [due.in_ms for due in clinic.engine.due()] == [2 * MINUTE]


def test_the_wait_of_a_shut_screen_is_over_when_it_is_over() -> None:
    clock = VirtualClock()
    turn = ScreenTurn()
    turn.heard("M1", Trouble(who="operator", code="software_busy", retry_in_ms=20_000), clock.now())
    assert [turn.in_ms("p2", 0, clock.now().plus_ms(ms)) for ms in (0, 5_000, 20_000, 30_000)] == [
        20_000,
        15_000,
        0,
        0,
    ]
    turn.heard("M2", Trouble(who="operator", code="client_locked", retry_in_ms=20_000), clock.now())
    assert turn.in_ms("p2", 0, clock.now()) == 0, "the screen itself can be had"
    turn.pause(MINUTE, clock.now())
    turn.end_pause(clock.now())
    assert (turn.gap_ms("M1"), turn.gap_ms("M2")) == (20_000, 20_000)


@pytest.mark.parametrize(
    ("code", "lasts_ms", "gap_ms"),
    [
        ("software_closed", 0, 5 * SECOND),
        ("software_closed", 2 * MINUTE, 15 * SECOND),
        ("software_closed", 15 * MINUTE, MINUTE),
        ("user_typing", 15 * MINUTE, 5 * SECOND),
        ("balance_changed", 0, 5 * SECOND),
        ("method_missing", 0, None),
    ],
)
def test_what_lasts_is_asked_more_rarely(code: str, lasts_ms: int, gap_ms: int | None) -> None:
    clock, turn = VirtualClock(), ScreenTurn()
    turn.heard("M1", Trouble(who="operator", code=code), clock.now())
    turn.heard("M1", Trouble(who="operator", code=code), clock.now().plus_ms(lasts_ms))
    assert turn.gap_ms("M1") == gap_ms


def test_the_ones_that_wait_outlive_a_restart_and_are_looked_for_first(clinic: Clinic) -> None:
    three_waiting(clinic)
    clinic.lets_pass(20 * SECOND)
    clinic.restarted()
    clinic.lets_pass(5 * MINUTE)
    assert len(rows(clinic)) == 3


# ---- rule 6: does it still fit ------------------------------------------------------------------------


def test_the_same_invoice_twice_in_parts_is_entered_twice_each_with_its_own_number(clinic: Clinic) -> None:
    clinic.owe(21_240)
    clinic.books.busy_until_ms = clinic.clock.now_ms + 20 * SECOND
    clinic.pay("p1", 10_000)
    clinic.pay("p2", 11_240)
    clinic.lets_pass(2 * MINUTE)
    assert sorted(minor for _, _, minor, _ in rows(clinic)) == [10_000, 11_240]
    assert clinic.books.balance("01042", "10482") == 0
    assert len({reference for *_, reference in rows(clinic)}) == 2


def test_the_part_that_came_later_is_not_kept_waiting_by_the_changed_balance(clinic: Clinic) -> None:
    clinic.owe(21_240)
    clinic.pay("p1", 10_000)
    clinic.pay("p2", 11_240)
    clinic.lets_pass(30 * SECOND)
    assert all(clinic.posting(p).state is PostingState.POSTED for p in ("p1", "p2"))


@pytest.mark.parametrize(("cash", "added"), [(5_000, 0), (0, 3_000), (11_240, 0)])
def test_it_is_entered_while_our_amount_still_fits_what_is_owed(
    clinic: Clinic, cash: int, added: int
) -> None:
    """A colleague's cash, or a line that was added."""
    clinic.owe(21_240)
    clinic.pay("p1", 10_000)
    if cash:
        clinic.books.put("01042", "10482", cash)
    clinic.owe(21_240 + added)
    clinic.lets_pass(MINUTE)
    assert clinic.posting("p1").state is PostingState.POSTED
    assert clinic.books.balance("01042", "10482") == 21_240 + added - cash - 10_000


def does_not_fit(clinic: Clinic) -> str:
    clinic.pay("p1", 21_240)
    clinic.books.put("01042", "10482", 5_000)
    clinic.lets_pass(MINUTE)
    return clinic.posting("p1").marker


def test_what_does_not_fit_any_more_asks_a_person_with_the_sums(clinic: Clinic) -> None:
    marker = does_not_fit(clinic)
    posting = clinic.posting("p1")
    assert (posting.state, posting.reason, posting.may_be_posted) == (
        PostingState.NEEDS_ATTENTION,
        "does_not_fit",
        False,
    )
    told = clinic.journal.events("p1")[-1].event
    assert (told.subject, told.facts["balance_minor"], told.facts["amount_minor"]) == (marker, 16_240, 21_240)
    assert [reference for *_, reference in rows(clinic)] == [""]


def test_the_rest_is_kept_as_credit_once_a_person_says_so(clinic: Clinic) -> None:
    marker = does_not_fit(clinic)
    clinic.books.takes_credit = True
    clinic.engine.decide_rest("p1", marker, True, "Dana")
    clinic.lets_pass(MINUTE)
    assert clinic.posting("p1").state is PostingState.POSTED
    assert rows(clinic)[-1] == ("01042", "10482", 21_240, marker)


def test_software_that_takes_no_credit_brings_the_question_back_and_is_not_asked_for_ever(
    clinic: Clinic,
) -> None:
    marker = does_not_fit(clinic)
    clinic.engine.decide_rest("p1", marker, True, "Dana")
    clinic.lets_pass(HOUR)
    assert (clinic.posting("p1").state, clinic.posting("p1").reason) == (
        PostingState.NEEDS_ATTENTION,
        "does_not_fit",
    )
    assert [what for what, *_ in clinic.books.visits].count("type") == 2


def test_giving_the_rest_back_enters_what_fits_at_once(clinic: Clinic) -> None:
    marker = does_not_fit(clinic)
    before = clinic.payment("p1")
    after = clinic.engine.decide_rest("p1", marker, False, "Dana")
    fits = after.postings[-1]
    child = clinic.payment(f"rest-{marker}")
    assert fits.state is PostingState.WAITING
    assert fits.amount.minor + child.parts.base.minor == before.taken.minor
    with pytest.raises(OperatorError, match="nothing_to_decide"):
        clinic.engine.decide_rest("p1", marker, False, "Dana")


def test_nothing_is_decided_about_a_rest_that_there_is_not(clinic: Clinic) -> None:
    clinic.pay("p1", 21_240)
    with pytest.raises(OperatorError) as refused:
        clinic.engine.decide_rest("p1", clinic.posting("p1").marker, True, "Dana")
    assert refused.value.code == "nothing_to_decide"


def test_a_question_about_something_else_is_not_answered_by_a_word_on_the_rest(clinic: Clinic) -> None:
    clinic.pay("p1", 21_240)
    clinic.books.put("01042", "10482", 21_240)
    clinic.lets_pass(MINUTE)
    assert clinic.posting("p1").reason == "typed_by_hand"
    with pytest.raises(OperatorError) as refused:
        clinic.engine.decide_rest("p1", clinic.posting("p1").marker, True, "Dana")
    assert refused.value.code == "nothing_to_decide"


def test_an_invoice_that_was_concluded_waits_and_is_said_after_a_quarter_of_an_hour(clinic: Clinic) -> None:
    clinic.books.of_client[ROSA[0]] = Trouble(who="operator", code="invoice_concluded", facts={"text": "x"})
    clinic.pay("p1", 21_240)
    clinic.lets_pass(20 * MINUTE)
    assert clinic.posting("p1").reason == "invoice_concluded"
    assert clinic.payment("p1").tasks == ("waits_long",)


# ---- what was typed, and the settings of today -----------------------------------------------------------


def test_a_payment_method_that_was_renamed_while_unsure_is_no_wrong_method(clinic: Clinic) -> None:
    clinic.pay("p1", 21_240)
    post = next(due.command for due in clinic.engine.due() if isinstance(due.command, Post))
    search = clinic.engine.start("p1", post)
    assert search is not None
    typing = clinic.engine.finish(search, clinic.engine.perform(search))
    assert typing is not None
    clinic.engine.perform(typing)  # it is in the books, and the power fails before anybody knows
    clinic.with_policy(payment_method="Tillbridge")
    clinic.lets_pass(MINUTE)
    assert clinic.posting("p1").state is PostingState.POSTED
    assert len(rows(clinic)) == 1


def test_a_new_typing_uses_the_method_of_today(clinic: Clinic) -> None:
    clinic.books.of_client[ROSA[0]] = Trouble(who="operator", code="method_missing")
    clinic.pay("p1", 21_240)
    clinic.lets_pass(10 * SECOND)
    del clinic.books.of_client[ROSA[0]]
    clinic.with_policy(payment_method="Tillbridge")
    clinic.lets_pass(2 * MINUTE)
    assert clinic.posting("p1").method == "Tillbridge"


def test_an_amount_that_fits_is_expected_as_the_screen_showed_it_last(clinic: Clinic) -> None:
    clinic.owe(21_240)
    clinic.pay("p1", 10_000)
    clinic.books.put("01042", "10482", 1_240)
    clinic.lets_pass(MINUTE)
    assert clinic.posting("p1").balance_seen == usd(20_000)
