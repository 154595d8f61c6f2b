"""The laws of the gateway port, as a suite that any adapter can run in its own repository.

    class TestMyGateway(GatewaySuite):
        @pytest.fixture
        def lab(self) -> Laboratory: ...        # the gateway's sandbox: faults, hands at the terminal, its books

What an adapter does not claim in its Capabilities is left out ("not claimed: ..."); nothing else is. The judge is
always the sandbox's own books, never what the adapter said.
"""

from __future__ import annotations

from typing import get_args

import pytest

from tillbridge.domain.errors import SetupError
from tillbridge.domain.outcome import (
    Approved,
    Cancelled,
    CannotTell,
    Declined,
    Found,
    NotFound,
    NotSent,
    PartiallyApproved,
    Pending,
    RetryLaw,
    Unknown,
)
from tillbridge.ports.gateway import AttemptRequest
from tillbridge.testing.gateway_lab import (
    IT_HAPPENED,
    NOTHING_HAPPENED,
    FaultName,
    Kept,
    Laboratory,
    at_terminal,
    calls,
    found,
    holds_card_number,
    money,
)
from tillbridge.testing.gateway_suite_later import LaterSuite, claimed, taken


class GatewaySuite(LaterSuite):
    """Subclass it and give it a `lab`."""

    @pytest.fixture
    def lab(self) -> Laboratory:
        raise NotImplementedError("give the suite a laboratory")

    # ------------------------------------------------------------ 1 asking
    def test_inquiry_of_a_reference_never_sent_leaves_the_books_unchanged(self, lab: Laboratory) -> None:
        before = lab.lines()
        reference = lab.new_reference()
        assert lab.gateway.inquire(reference) == NotFound()
        assert lab.gateway.card_of(reference) is None
        assert lab.lines() == before

    def test_inquiry_moves_nothing_at_any_moment_of_a_sale(self, lab: Laboratory) -> None:
        request, _ = taken(lab)
        before = lab.lines()
        for _ in range(3):
            lab.gateway.inquire(request.reference)
        assert lab.lines() == before

    @pytest.mark.parametrize("fault", [*NOTHING_HAPPENED, *IT_HAPPENED])
    def test_an_inquiry_without_an_answer_cannot_tell(self, lab: Laboratory, fault: FaultName) -> None:
        request, _ = taken(lab)
        before = lab.lines()
        lab.fault(fault, "inquire")
        assert isinstance(lab.gateway.inquire(request.reference), CannotTell)
        assert isinstance(found(lab.gateway.inquire(request.reference)).outcome, Approved)
        assert lab.lines() == before

    # ------------------------------------------------------------ 2 taking
    def test_a_started_terminal_answers_pending_at_once_and_a_tap_approves(self, lab: Laboratory) -> None:
        request, gateway_ref = taken(lab, 21240)
        outcome = found(lab.gateway.inquire(request.reference, gateway_ref)).outcome
        assert isinstance(outcome, Approved)
        assert outcome.amount == request.amount
        assert outcome.card is not None
        assert lab.kept(request.reference) == Kept(captures=1, captured=21240, given_back=0)

    def test_a_decline_is_an_outcome_with_its_retry_law(self, lab: Laboratory) -> None:
        request = lab.request(5000)
        lab.gateway.start_terminal(request)
        lab.hand(request.terminal_id, "decline")
        lab.pass_time(10_000)
        outcome = found(lab.gateway.inquire(request.reference)).outcome
        assert isinstance(outcome, Declined)
        assert outcome.retry in get_args(RetryLaw)
        assert lab.kept(request.reference).captures == 0

    def test_a_partial_approval_says_what_was_asked_and_what_was_taken(self, lab: Laboratory) -> None:
        if not lab.gateway.capabilities().partial_approval:
            pytest.skip("not claimed: partial approval")
        request = lab.request(5000)
        lab.gateway.start_terminal(request)
        lab.hand(request.terminal_id, "partial")
        lab.pass_time(10_000)
        outcome = found(lab.gateway.inquire(request.reference)).outcome
        assert isinstance(outcome, PartiallyApproved)
        assert outcome.asked == request.amount
        assert 0 < outcome.amount.minor == lab.kept(request.reference).captured < 5000

    def test_a_busy_terminal_proves_that_nothing_was_sent(self, lab: Laboratory) -> None:
        request, second = lab.request(1000), lab.request(2000)
        lab.gateway.start_terminal(request)
        refused = lab.gateway.start_terminal(at_terminal(second, request.terminal_id))
        assert isinstance(refused, NotSent)
        assert refused.code == "terminal_busy"
        assert lab.gateway.inquire(second.reference) == NotFound()

    def test_a_card_left_in_the_slot_is_not_an_idle_terminal(self, lab: Laboratory) -> None:
        request = lab.request(1000)
        lab.hand(request.terminal_id, "insert")
        refused = lab.gateway.start_terminal(request)
        assert isinstance(refused, NotSent)
        assert refused.code == "terminal_busy"
        shown = next(each for each in lab.gateway.terminals() if each.terminal_id == request.terminal_id)
        assert shown.state == "busy"

    def test_an_unplugged_terminal_proves_that_nothing_was_sent(self, lab: Laboratory) -> None:
        request = lab.request(1000)
        lab.hand(request.terminal_id, "pull")
        refused = lab.gateway.start_terminal(request)
        assert isinstance(refused, NotSent)
        assert refused.code == "terminal_offline"

    def test_a_cable_pulled_while_the_bank_is_asked_loses_no_charge(self, lab: Laboratory) -> None:
        request = lab.request(1000)
        lab.gateway.start_terminal(request)
        lab.hand(request.terminal_id, "tap")
        lab.hand(request.terminal_id, "pull")
        lab.pass_time(60_000)
        assert isinstance(found(lab.gateway.inquire(request.reference)).outcome, Approved)
        assert lab.kept(request.reference).captures == 1

    # ------------------------------------------------------------ 3 once
    def test_the_same_reference_charges_once(self, lab: Laboratory) -> None:
        if not lab.gateway.capabilities().idempotent:
            pytest.skip("not claimed: idempotent")
        request, _ = taken(lab)
        again = lab.gateway.start_terminal(request)
        assert isinstance(again, Approved | Unknown)
        lab.pass_time(200_000)
        assert lab.kept(request.reference).captures == 1

    def test_the_same_reference_for_another_amount_is_never_called_unsent(self, lab: Laboratory) -> None:
        if not lab.gateway.capabilities().idempotent:
            pytest.skip("not claimed: idempotent")
        request, _ = taken(lab)
        other = AttemptRequest(
            reference=request.reference, amount=money(request, 1), tip=request.tip, fee=request.fee,
            terminal_id=request.terminal_id,
        )  # fmt: skip
        assert isinstance(lab.gateway.start_terminal(other), Unknown)
        assert lab.kept(request.reference).captured == 21240

    @pytest.mark.parametrize("fault", NOTHING_HAPPENED)
    def test_a_start_lost_before_it_happened_is_unknown_then_not_found(
        self, lab: Laboratory, fault: FaultName
    ) -> None:
        request = lab.request(1000)
        lab.fault(fault, "start")
        assert isinstance(lab.gateway.start_terminal(request), Unknown)
        assert lab.gateway.inquire(request.reference) == NotFound()
        assert lab.kept(request.reference).captures == 0

    @pytest.mark.parametrize("fault", IT_HAPPENED)
    def test_a_start_whose_reply_is_lost_is_unknown_and_inquiry_tells(
        self, lab: Laboratory, fault: FaultName
    ) -> None:
        request = lab.request(1000)
        lab.fault(fault, "start")
        assert isinstance(lab.gateway.start_terminal(request), Unknown)
        lab.hand(request.terminal_id, "tap")
        lab.pass_time(10_000)
        assert isinstance(found(lab.gateway.inquire(request.reference)).outcome, Approved)
        assert lab.kept(request.reference) == Kept(captures=1, captured=1000, given_back=0)

    def test_a_late_commit_is_not_found_first_and_found_later(self, lab: Laboratory) -> None:
        request = lab.request(1000)
        lab.fault("commit_late", "start", delay_ms=45_000)
        assert isinstance(lab.gateway.start_terminal(request), Unknown)
        assert lab.gateway.inquire(request.reference) == NotFound()
        lab.pass_time(46_000)
        assert isinstance(found(lab.gateway.inquire(request.reference)).outcome, Pending)

    def test_a_request_that_arrives_twice_charges_once(self, lab: Laboratory) -> None:
        if not lab.gateway.capabilities().idempotent:
            pytest.skip("not claimed: idempotent")
        request = lab.request(1000)
        lab.fault("duplicate", "start", delay_ms=30_000)
        assert isinstance(lab.gateway.start_terminal(request), Pending)
        lab.hand(request.terminal_id, "tap")
        lab.pass_time(200_000)
        assert lab.kept(request.reference).captures == 1

    def test_an_approval_inside_an_error_is_an_approval(self, lab: Laboratory) -> None:
        request, gateway_ref = taken(lab)
        lab.fault("error_with_answer", "inquire")
        outcome = found(lab.gateway.inquire(request.reference)).outcome
        assert isinstance(outcome, Approved)
        assert outcome.gateway_ref == gateway_ref

    # ------------------------------------------------------------ 4 stopping
    def test_a_cancel_before_the_card_takes_nothing(self, lab: Laboratory) -> None:
        request = lab.request(1000)
        lab.gateway.start_terminal(request)
        assert lab.gateway.cancel_terminal(request).answer == "requested"
        lab.pass_time(5_000)
        assert isinstance(found(lab.gateway.inquire(request.reference)).outcome, Cancelled)
        assert lab.kept(request.reference).captures == 0

    def test_a_tap_that_beats_the_cancel_is_told_as_an_approval(self, lab: Laboratory) -> None:
        request = lab.request(1000)
        lab.gateway.start_terminal(request)
        lab.hand(request.terminal_id, "tap")
        assert lab.gateway.cancel_terminal(request).answer in ("too_late", "requested")
        lab.pass_time(10_000)
        outcome = found(lab.gateway.inquire(request.reference)).outcome
        assert isinstance(outcome, Approved) == (lab.kept(request.reference).captures == 1)
        assert isinstance(outcome, Approved | Cancelled)

    def test_a_cancel_never_stops_somebody_elses_sale(self, lab: Laboratory) -> None:
        request, other = lab.request(1000), lab.request(2000)
        lab.gateway.start_terminal(request)
        answer = lab.gateway.cancel_terminal(at_terminal(other, request.terminal_id)).answer
        assert answer in ("nothing_running", "no_answer")
        lab.hand(request.terminal_id, "tap")
        lab.pass_time(10_000)
        assert lab.kept(request.reference).captures == 1

    @pytest.mark.parametrize("fault", [*NOTHING_HAPPENED, *IT_HAPPENED])
    def test_a_cancel_without_an_answer_says_so(self, lab: Laboratory, fault: FaultName) -> None:
        request = lab.request(1000)
        lab.gateway.start_terminal(request)
        lab.fault(fault, "cancel")
        assert lab.gateway.cancel_terminal(request).answer == "no_answer"

    def test_a_client_who_walks_away_is_a_cancel_by_time(self, lab: Laboratory) -> None:
        request = lab.request(1000)
        lab.gateway.start_terminal(request)
        lab.pass_time(lab.gateway.capabilities().horizon_ms + 1000)
        assert isinstance(found(lab.gateway.inquire(request.reference)).outcome, Cancelled)

    def test_a_killed_reference_charges_nothing_when_it_arrives_late(self, lab: Laboratory) -> None:
        claimed(lab, "kill")
        request = lab.request(1000)
        lab.fault("commit_late", "start", delay_ms=30_000)
        assert isinstance(lab.gateway.start_terminal(request), Unknown)
        assert lab.gateway.kill(request.reference).answer == "acknowledged"
        lab.pass_time(31_000)
        with_card = next(each for each in lab.gateway.terminals() if each.terminal_id == request.terminal_id)
        assert with_card.state == "idle"
        assert lab.kept(request.reference).captures == 0

    def test_killing_an_approved_sale_gives_it_back_whole(self, lab: Laboratory) -> None:
        claimed(lab, "kill")
        request, _ = taken(lab)
        assert lab.gateway.kill(request.reference).answer == "acknowledged"
        kept = lab.kept(request.reference)
        assert kept.given_back == kept.captured == 21240

    def test_killing_a_sale_that_waits_for_its_card_stops_it(self, lab: Laboratory) -> None:
        claimed(lab, "kill")
        request = lab.request(1000)
        lab.gateway.start_terminal(request)
        assert lab.gateway.kill(request.reference).answer == "acknowledged"
        assert isinstance(found(lab.gateway.inquire(request.reference)).outcome, Cancelled)

    @pytest.mark.parametrize("fault", [*NOTHING_HAPPENED, *IT_HAPPENED])
    def test_a_kill_without_an_answer_proves_nothing(self, lab: Laboratory, fault: FaultName) -> None:
        claimed(lab, "kill")
        request, _ = taken(lab)
        lab.fault(fault, "kill")
        assert lab.gateway.kill(request.reference).answer == "no_answer"
        assert lab.gateway.kill(request.reference).answer == "acknowledged"
        assert lab.kept(request.reference).given_back == 21240

    # ------------------------------------------------------------ 5 giving back
    def test_a_void_gives_back_whole_and_twice_gives_back_once(self, lab: Laboratory) -> None:
        claimed(lab, "void")
        request, gateway_ref = taken(lab)
        for void_reference in (lab.new_reference(), lab.new_reference()):
            outcome = lab.gateway.void(request.reference, gateway_ref, void_reference)
            assert isinstance(outcome, Approved)
            assert outcome.amount == request.amount
        assert lab.kept(request.reference) == Kept(captures=1, captured=21240, given_back=21240)
        assert found(lab.gateway.inquire(request.reference)).settle == "voided"

    def test_a_void_after_the_batch_is_refused_and_a_refund_works(self, lab: Laboratory) -> None:
        claimed(lab, "void", "refund")
        request, gateway_ref = taken(lab)
        lab.close_batch()
        refused = lab.gateway.void(request.reference, gateway_ref, lab.new_reference())
        assert isinstance(refused, NotSent)
        assert refused.code == "not_voidable"
        refunded = lab.gateway.refund(request.reference, gateway_ref, request.amount, lab.new_reference())
        assert isinstance(refunded, Approved | Pending)
        assert lab.kept(request.reference).given_back == 21240

    def test_a_refund_before_the_batch_is_refused_where_the_gateway_cannot(self, lab: Laboratory) -> None:
        claimed(lab, "refund")
        early = "refund_before_settlement" in lab.gateway.capabilities().features
        request, gateway_ref = taken(lab)
        outcome = lab.gateway.refund(request.reference, gateway_ref, money(request, 100), lab.new_reference())
        assert isinstance(outcome, Approved | Pending if early else NotSent)
        assert lab.kept(request.reference).given_back == (100 if early else 0)

    def test_never_more_is_given_back_than_was_taken(self, lab: Laboratory) -> None:
        claimed(lab, "partial_refund")
        request, gateway_ref = taken(lab)
        lab.close_batch()
        first = lab.gateway.refund(request.reference, gateway_ref, money(request, 20000), lab.new_reference())
        assert isinstance(first, Approved | Pending)
        over = lab.gateway.refund(request.reference, gateway_ref, money(request, 1241), lab.new_reference())
        assert isinstance(over, NotSent)
        assert over.code == "over_refund"
        assert lab.kept(request.reference).given_back == 20000

    @pytest.mark.parametrize("fault", [*NOTHING_HAPPENED, *IT_HAPPENED])
    def test_a_refund_without_an_answer_is_unknown_and_its_own_reference_tells(
        self, lab: Laboratory, fault: FaultName
    ) -> None:
        claimed(lab, "refund")
        request, gateway_ref = taken(lab)
        lab.close_batch()
        refund_reference = lab.new_reference()
        lab.fault(fault, "refund")
        outcome = lab.gateway.refund(request.reference, gateway_ref, money(request, 500), refund_reference)
        assert isinstance(outcome, Unknown)
        told = lab.gateway.inquire(refund_reference)
        assert isinstance(told, Found) == (fault in IT_HAPPENED)
        assert lab.kept(request.reference).given_back == (500 if fault in IT_HAPPENED else 0)

    def test_the_same_refund_reference_gives_back_once(self, lab: Laboratory) -> None:
        claimed(lab, "refund")
        request, gateway_ref = taken(lab)
        lab.close_batch()
        refund_reference = lab.new_reference()
        lab.fault("duplicate", "refund", delay_ms=1000)
        for _ in range(2):
            lab.gateway.refund(request.reference, gateway_ref, money(request, 500), refund_reference)
        lab.pass_time(2000)
        assert lab.kept(request.reference).given_back == 500

    @pytest.mark.parametrize("fault", [*NOTHING_HAPPENED, *IT_HAPPENED])
    def test_a_void_without_an_answer_is_unknown_and_can_be_repeated(
        self, lab: Laboratory, fault: FaultName
    ) -> None:
        claimed(lab, "void")
        request, gateway_ref = taken(lab)
        void_reference = lab.new_reference()
        lab.fault(fault, "void")
        assert isinstance(lab.gateway.void(request.reference, gateway_ref, void_reference), Unknown)
        assert isinstance(lab.gateway.void(request.reference, gateway_ref, void_reference), Approved)
        assert lab.kept(request.reference).given_back == 21240

    def test_a_hold_takes_nothing_until_it_is_captured(self, lab: Laboratory) -> None:
        claimed(lab, "auth_only", "capture")
        request = lab.request(8000, "auth_only")
        lab.gateway.start_terminal(request)
        lab.hand(request.terminal_id, "tap")
        lab.pass_time(10_000)
        outcome = found(lab.gateway.inquire(request.reference)).outcome
        assert isinstance(outcome, Approved)
        assert not outcome.captured
        assert lab.kept(request.reference).captured == 0
        captured = lab.gateway.capture(request.reference, outcome.gateway_ref, money(request, 6000))
        assert isinstance(captured, Approved)
        assert lab.kept(request.reference) == Kept(captures=1, captured=6000, given_back=0)

    # ------------------------------------------------------------ 6 reports
    def test_the_settlement_report_goes_on_where_it_was_left(self, lab: Laboratory) -> None:
        claimed(lab, "settlement_report")
        request, _ = taken(lab)
        lab.close_batch()
        items = list(lab.gateway.settlement(""))
        assert [each.amount for each in items if each.reference == request.reference] == [request.amount]
        assert list(lab.gateway.settlement(items[-1].cursor)) == []

    def test_a_report_that_was_not_read_is_never_an_empty_one(self, lab: Laboratory) -> None:
        claimed(lab, "settlement_report")
        with pytest.raises(SetupError):
            list(lab.unreachable().settlement(""))

    def test_the_list_since_a_moment_names_everything_that_moved(self, lab: Laboratory) -> None:
        claimed(lab, "list_since", "void")
        request, gateway_ref = taken(lab)
        lab.gateway.void(request.reference, gateway_ref, lab.new_reference())
        listed = list(lab.gateway.list_since(0) or [])
        assert ("sale", 21240) in [(each.kind, each.amount.minor) for each in listed]
        assert "void" in [each.kind for each in listed]
        assert lab.unreachable().list_since(0) is None

    # ------------------------------------------------------------ 7 the adapter itself
    def test_a_wrong_key_is_a_setup_error_in_every_operation(self, lab: Laboratory) -> None:
        gateway, before = lab.with_wrong_key(), lab.lines()
        for name, call in calls(gateway, lab.request(1000)).items():
            with pytest.raises(SetupError):
                pytest.fail(f"{name} answered {call()!r}")
        assert lab.lines() == before

    def test_an_unreachable_gateway_proves_that_nothing_was_sent(self, lab: Laboratory) -> None:
        gateway, request = lab.unreachable(), lab.request(1000)
        outcome = gateway.start_terminal(request)
        assert isinstance(outcome, NotSent)
        assert outcome.code == "unreachable"
        assert isinstance(gateway.inquire(request.reference), CannotTell)
        assert gateway.kill(request.reference).answer == "no_answer"
        assert gateway.terminals() == []

    @pytest.mark.parametrize("fault", [name for name in get_args(FaultName) if name != "slow"])
    def test_no_fault_makes_any_operation_raise(self, lab: Laboratory, fault: FaultName) -> None:
        request = lab.request(1000)
        for call in calls(lab.gateway, request).values():
            lab.fault(fault, "*", delay_ms=1)
            call()
        kept = lab.kept(request.reference)
        assert kept.captured >= kept.given_back >= 0

    def test_no_card_number_is_ever_sent(self, lab: Laboratory) -> None:
        request, gateway_ref = taken(lab)
        lab.gateway.void(request.reference, gateway_ref, lab.new_reference())
        seen = lab.requests_seen()
        assert seen
        assert [text for text in seen if holds_card_number(text)] == []
