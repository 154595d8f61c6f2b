"""What becomes of attempts when the world is unkind: contradictions, late approvals, money that comes back."""

from __future__ import annotations

import pytest

from tests.domain.story import (
    ASKED,
    ID,
    REF,
    REF2,
    approved,
    attempt,
    created,
    event,
    in_money_state,
    refund,
    run,
    sale,
    the_attempt,
    told,
    usd,
)
from tillbridge.domain.errors import ImpossibleEvent
from tillbridge.domain.fold import apply
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import GiveBack, Inquire, Kill, commands
from tillbridge.domain.payment import Payment

S = MoneyState


def unknown() -> Payment:
    return run(sale(), "send_started", "no_reply")


def killing(kills: int = 0) -> Payment:
    return run(unknown(), "stopped", *["kill_acknowledged"] * kills)


def killed() -> Payment:
    return run(killing(3), "kills_proved")


def second_try(first: Payment) -> Payment:
    return told(attempt(REF2), event("send_started", REF2), start=first)


def overridden() -> Payment:
    return second_try(told(event("attempt_overridden", REF, person="Dana"), start=unknown()))


def test_a_lost_answer_is_unknown_and_never_sent_again() -> None:
    payment = unknown()
    assert commands(payment) == (Inquire(REF, "unknown"),)
    with pytest.raises(ImpossibleEvent):
        apply(ID, payment, event("send_started", REF))


def test_not_found_is_not_a_proof_that_nothing_was_sent() -> None:
    payment = run(unknown(), "not_found", "not_found", "not_found")
    assert the_attempt(payment).state is S.UNKNOWN
    assert not payment.may_try_again()


def test_before_the_door_a_late_approval_is_adopted() -> None:
    payment = run(unknown(), "not_found", "approved")
    assert the_attempt(payment).state is S.APPROVED
    assert payment.taken == usd(ASKED)


def test_behind_the_door_a_late_approval_is_only_given_back() -> None:
    payment = run(killing(), "approved")
    assert the_attempt(payment).state is S.KILLING
    assert the_attempt(payment).owed_back == ASKED
    assert payment.taken == usd(0)
    assert commands(payment) == (GiveBack(REF),)


def test_three_acknowledged_kills_and_an_answer_kill() -> None:
    for kills in (0, 1, 2):
        assert the_attempt(run(killing(kills), "kills_proved")).state is S.KILLING
        assert commands(killing(kills)) == (Kill(REF),)
    assert commands(killing(3)) == (Inquire(REF, "killing"),)
    assert the_attempt(run(killing(3), "kills_proved")).state is S.KILLED


def test_kills_prove_nothing_while_a_late_approval_is_owed_back() -> None:
    payment = run(killing(3), "approved", "kills_proved")
    assert the_attempt(payment).state is S.KILLING
    assert commands(payment) == (GiveBack(REF),)


@pytest.mark.parametrize("kind", ["declined", "not_sent"])
def test_a_refusal_after_a_late_approval_proves_nothing_and_is_shown(kind: str) -> None:
    payment = run(killing(), "approved", kind)
    assert the_attempt(payment).state is S.KILLING
    assert the_attempt(payment).owed_back == ASKED
    assert payment.tasks == (f"{kind}_unexpected",)


def test_a_cancel_that_is_proved_takes_the_late_approval_with_it() -> None:
    payment = run(killing(), "approved", "cancelled")
    assert the_attempt(payment).state is S.KILLED
    assert the_attempt(payment).owed_back == 0


def test_a_late_approval_is_given_back_once_however_often_it_is_told() -> None:
    payment = run(killing(), "approved", "approved", "given_back")
    assert the_attempt(payment).state is S.KILLED
    again = run(payment, "approved", "settled", "approved", "given_back")
    assert the_attempt(again).state is S.KILLED
    assert the_attempt(again).owed_back == 0
    assert again.over_returned == usd(0)


def test_more_than_was_given_back_turns_up_and_only_the_rest_goes_back() -> None:
    partly = told(event("approved", REF, amount_minor=6_000), start=killing())
    payment = run(partly, "given_back")
    assert the_attempt(payment).state is S.KILLED
    payment = told(event("approved", REF, amount_minor=ASKED), start=payment)
    assert the_attempt(payment).state is S.KILLING
    assert the_attempt(payment).owed_back == 4_000


def test_a_part_given_back_does_not_close_the_door() -> None:
    payment = told(event("given_back", REF, returned_minor=4_000), start=run(killing(), "approved"))
    assert the_attempt(payment).state is S.KILLING
    assert the_attempt(payment).owed_back == 6_000
    payment = told(event("given_back", REF, returned_minor=6_000), start=payment)
    assert the_attempt(payment).state is S.KILLED


def test_the_same_refund_by_others_does_not_cover_a_late_approval_twice() -> None:
    half = event("refunded_elsewhere", REF, returned_minor=ASKED // 2, key="r-1")
    payment = told(half, half, start=run(killing(), "approved"))
    assert the_attempt(payment).state is S.KILLING
    assert the_attempt(payment).owed_back == ASKED // 2


def test_a_refund_by_others_of_a_part_does_not_kill_what_nobody_knows_the_size_of() -> None:
    payment = told(event("refunded_elsewhere", REF, returned_minor=1, key="r-1"), start=killing())
    assert the_attempt(payment).state is S.KILLING


def test_a_void_that_settled_all_the_same_gave_nothing_back() -> None:
    payment = told(event("given_back", REF, by="void"), start=run(killing(), "approved"))
    assert the_attempt(payment).state is S.KILLED
    assert the_attempt(run(payment, "approved")).state is S.KILLED
    payment = run(payment, "settled")
    assert the_attempt(payment).state is S.KILLING
    assert the_attempt(payment).owed_back == ASKED


def test_a_settlement_forgets_nothing_of_what_was_refunded() -> None:
    payment = told(
        event("given_back", REF, by="refund", returned_minor=4_000), start=run(killing(), "approved")
    )
    assert the_attempt(run(payment, "settled")).owed_back == 6_000


def test_a_refunded_sale_that_settles_stays_killed() -> None:
    payment = told(event("given_back", REF, by="refund"), start=run(killing(), "approved"))
    assert the_attempt(run(payment, "settled")).state is S.KILLED


def test_a_killed_attempt_that_wakes_up_is_killed_again_from_the_start() -> None:
    payment = run(killed(), "sweep_ended", "approved")
    woken = the_attempt(payment)
    assert (woken.state, woken.kills, woken.swept, woken.owed_back) == (S.KILLING, 0, False, ASKED)
    assert payment.tasks == ("approved_unexpected",)


def test_a_killed_attempt_is_watched_until_the_sweep_ends() -> None:
    assert commands(killed()) == (Inquire(REF, "sweep"),)
    assert commands(run(killed(), "sweep_ended")) == ()


def test_what_the_bank_took_back_and_then_took_again_is_owed_back_again() -> None:
    payment = run(killing(), "approved", "returned")
    assert the_attempt(payment).state is S.KILLED
    payment = run(payment, "re_presented")
    assert (the_attempt(payment).state, the_attempt(payment).owed_back) == (S.KILLING, ASKED)


def test_nothing_is_given_back_while_a_dispute_is_open() -> None:
    payment = run(killing(), "approved", "dispute_opened")
    assert commands(payment) == (Inquire(REF, "killing"),)
    assert commands(run(payment, "dispute_won")) == (GiveBack(REF),)
    lost = told(event("dispute_lost", REF, returned_minor=ASKED, key="d-1"), start=payment)
    assert the_attempt(lost).state is S.KILLED


# ---- several attempts -------------------------------------------------------------------------


@pytest.mark.parametrize("state", [s for s in S if s not in {S.NOT_SENT, S.DECLINED, S.CANCELLED, S.KILLED}])
def test_no_second_attempt_beside_one_that_is_not_over(state: MoneyState) -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, in_money_state(state), attempt(REF2))


@pytest.mark.parametrize("state", [S.NOT_SENT, S.DECLINED, S.CANCELLED, S.KILLED])
def test_a_second_attempt_after_one_that_is_over(state: MoneyState) -> None:
    payment = told(attempt(REF2), start=in_money_state(state))
    assert payment.live == the_attempt(payment, REF2)


def test_a_reference_is_never_used_twice() -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, in_money_state(S.DECLINED), attempt(REF))


@pytest.mark.parametrize("state", [s for s in S if s not in {S.UNKNOWN, S.KILLING}])
def test_only_a_doubt_can_be_overridden(state: MoneyState) -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, in_money_state(state), event("attempt_overridden", REF, person="Dana"))


def test_nobody_overrides_without_a_name() -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, unknown(), event("attempt_overridden", REF))


def test_an_override_ends_when_the_doubt_ends() -> None:
    payment = told(event("attempt_overridden", REF, person="Dana"), start=unknown())
    assert payment.may_try_again()
    assert not run(payment, "approved").may_try_again()
    assert not run(payment, "acknowledged").may_try_again()


def test_an_older_attempt_that_wakes_up_beside_a_newer_one_is_given_back() -> None:
    payment = run(overridden(), "approved")
    assert the_attempt(payment).state is S.KILLING
    assert the_attempt(payment).owed_back == ASKED
    payment = run(payment, "approved", subject=REF2)
    assert the_attempt(payment, REF2).state is S.APPROVED
    assert payment.taken == usd(ASKED)


def test_an_older_attempt_that_wakes_up_after_the_newer_one_took_the_money_is_given_back() -> None:
    payment = run(run(overridden(), "approved", subject=REF2), "approved")
    assert [a.state for a in payment.attempts] == [S.KILLING, S.APPROVED]
    assert payment.taken == usd(ASKED)


def test_an_older_attempt_is_adopted_if_the_newer_one_came_to_nothing() -> None:
    payment = run(run(overridden(), "declined", subject=REF2), "approved")
    assert [a.state for a in payment.attempts] == [S.APPROVED, S.DECLINED]


def test_the_newer_attempt_is_adopted_though_the_older_one_is_still_unknown() -> None:
    payment = run(overridden(), "approved", subject=REF2)
    assert [a.state for a in payment.attempts] == [S.UNKNOWN, S.APPROVED]
    assert payment.charged == "yes"


def test_a_declined_attempt_that_says_approved_after_another_one_paid_is_given_back() -> None:
    declined = run(sale(), "send_started", "declined")
    payment = run(run(second_try(declined), "approved", subject=REF2), "approved")
    assert [a.state for a in payment.attempts] == [S.UNKNOWN, S.APPROVED]
    assert payment.taken == usd(ASKED)
    payment = run(payment, "approved")
    assert [a.state for a in payment.attempts] == [S.KILLING, S.APPROVED]
    assert payment.taken == usd(ASKED)


@pytest.mark.parametrize("kind", ["approved", "authorized", "pended", "settled", "acknowledged"])
@pytest.mark.parametrize("over", ["declined", "cancelled", "not_sent"])
def test_a_sign_of_life_of_what_was_over_is_doubted_shown_and_asked_about(over: str, kind: str) -> None:
    payment = run(sale(), "send_started", over, kind)
    assert the_attempt(payment).state is S.UNKNOWN
    assert payment.taken == usd(0)
    assert payment.tasks == (f"{kind}_unexpected",)
    assert commands(payment)[0] == Inquire(REF, "unknown")
    assert payment.postings == ()


# ---- approvals and their amounts --------------------------------------------------------------


def test_a_partial_approval_takes_what_was_approved() -> None:
    payment = told(event("approved", REF, amount_minor=6_000), start=run(sale(), "send_started"))
    assert payment.taken == usd(6_000)
    assert the_attempt(payment).partial


@pytest.mark.parametrize("minor", [0, -1])
def test_an_approval_of_nothing_is_impossible(minor: int) -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, run(sale(), "send_started"), event("approved", REF, amount_minor=minor))


def test_another_amount_than_the_known_one_is_shown_and_changes_nothing() -> None:
    payment = told(event("approved", REF, amount_minor=6_000), start=approved())
    assert payment.taken == usd(ASKED)
    assert payment.tasks == ("approved_unexpected",)
    assert told(event("approved", REF, amount_minor=ASKED), start=approved()).tasks == ()


def test_an_approval_tells_card_and_code() -> None:
    facts = {"brand": "Visa", "last4": "4242", "gateway_ref": "g1", "auth_code": "A1"}
    known = the_attempt(told(event("approved", REF, **facts), start=run(sale(), "send_started")))
    assert (known.brand, known.last4, known.gateway_ref, known.auth_code) == ("Visa", "4242", "g1", "A1")


@pytest.mark.parametrize("minor", [0, -1, ASKED + 1])
def test_an_attempt_asks_for_something_and_no_more_than_its_payment(minor: int) -> None:
    with pytest.raises(ImpossibleEvent):
        apply(ID, told(created()), attempt(REF, minor))


@pytest.mark.parametrize("name", ["amount_minor", "horizon_ms"])
def test_an_attempt_that_lacks_a_number_is_impossible_not_a_crash(name: str) -> None:
    facts = {"amount_minor": ASKED, "horizon_ms": 1} | {name: None}
    with pytest.raises(ImpossibleEvent) as refused:
        apply(ID, told(created()), event("attempt_created", REF, **facts))
    assert name in str(refused.value.facts["state"])
    assert refused.value.__cause__ is not None


def test_a_settlement_report_that_knows_more_than_we_do_is_believed() -> None:
    payment = told(event("settled", REF, amount_minor=ASKED), start=unknown())
    assert the_attempt(payment).state is S.SETTLED
    assert payment.taken == usd(ASKED)


def test_a_refused_capture_gives_the_hold_up() -> None:
    payment = run(sale(), "send_started", "authorized", "declined")
    assert commands(payment) == (Kill(REF),)


def test_an_answer_changes_the_time_only_when_the_state_changes() -> None:
    payment = told(event("not_found", REF, 50), start=unknown())
    assert the_attempt(payment).since == the_attempt(unknown()).since
    assert the_attempt(told(event("stopped", REF, 51, person="Dana"), start=payment)).since.mono_ms == 51_000


def test_who_stopped_it_and_why_it_was_refused_is_remembered() -> None:
    assert the_attempt(told(event("stopped", REF, person="Dana"), start=unknown())).stopped_by == "Dana"
    refused = told(event("declined", REF, reason="insufficient_funds"), start=unknown())
    assert the_attempt(refused).reason == "insufficient_funds"
    assert the_attempt(run(unknown(), "cancel_asked")).cancel_asked
    sent = the_attempt(run(sale(), "send_started")).sent_at
    assert sent == event("send_started", REF).at


# ---- giving back ------------------------------------------------------------------------------


@pytest.mark.parametrize("door", [killing, killed])
def test_a_give_back_that_is_approved_late_stands(door: object) -> None:
    late = run(refund(), "send_started", "no_reply", "stopped", *["kill_acknowledged"] * 3)
    late = run(late, "kills_proved") if door is killed else late
    payment = run(late, "approved")
    assert the_attempt(payment).state is S.APPROVED
    assert payment.taken == usd(ASKED)
    assert payment.tasks == ("approved_unexpected",)


def test_a_pending_debit_that_is_declined_is_returned() -> None:
    payment = run(sale(), "send_started", "pended", "declined")
    assert the_attempt(payment).state is S.RETURNED
    assert payment.taken == usd(0)


def test_a_pending_debit_is_asked_about_until_it_clears() -> None:
    payment = in_money_state(S.PENDING)
    assert not payment.finished
    assert Inquire(REF, "pending") in commands(payment)


def test_an_attempt_on_hold_is_released_when_the_dispute_ends() -> None:
    payment = run(approved(), "dispute_opened")
    assert the_attempt(payment).held_by_dispute
    assert not the_attempt(run(payment, "dispute_won")).held_by_dispute


@pytest.mark.parametrize(
    ("state", "charged"),
    [
        (S.CREATED, "no"), (S.SENDING, "finding_out"), (S.RUNNING, "finding_out"), (S.UNKNOWN, "finding_out"),
        (S.AUTHORIZED, "finding_out"), (S.APPROVED, "yes"), (S.PENDING, "yes"), (S.SETTLED, "yes"),
        (S.KILLING, "finding_out"), (S.KILLED, "no"), (S.NOT_SENT, "no"), (S.DECLINED, "no"), (S.CANCELLED, "no"),
        (S.VOIDED, "no"), (S.RETURNED, "no"),
    ],
)  # fmt: skip
def test_was_the_card_charged_is_always_answered(state: MoneyState, charged: str) -> None:
    assert in_money_state(state).charged == charged
