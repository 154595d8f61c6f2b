"""The shipped suite on the in-process bridge, and broken adapters that the suite must catch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from tests.gateways.in_process_lab import InProcessLab, adapter_over
from tillbridge.domain.money import Money
from tillbridge.domain.outcome import Inquiry, NotFound, NotSent, Outcome, Unknown
from tillbridge.gateways.simulator.adapter import Adapter
from tillbridge.gateways.simulator.wire import Exchange, Heard, Json, NoReply, Reply
from tillbridge.ports.gateway import AttemptRequest, CancelAck, KillAck, SettlementItem
from tillbridge.simulator.core.settings import Settings
from tillbridge.testing.gateway_suite import GatewaySuite
from tools.benches.in_process_gateway import NoSecrets


class TestInProcessGateway(GatewaySuite):
    @pytest.fixture
    def lab(self) -> InProcessLab:
        return InProcessLab(Settings(seed=7))


class TestInProcessGatewayThatRefundsEarly(GatewaySuite):
    """Another merchant's terms: refunds before the batch, no partial approvals."""

    @pytest.fixture
    def lab(self) -> InProcessLab:
        return InProcessLab(Settings(seed=8, refund_before_settlement=True, allow_partial=False))


class Bent:
    """An exchange that bends what comes back."""

    def __init__(self, inner: Exchange, bend: Callable[[str, Heard], Heard]) -> None:
        self._inner = inner
        self._bend = bend

    def __call__(self, op: str, fields: Json) -> Heard:
        return self._bend(op, self._inner(op, fields))

    def close(self) -> None:
        self._inner.close()


def _lost_is_unsent(op: str, heard: Heard) -> Heard:
    return NoReply("unreachable", sent=False) if isinstance(heard, NoReply) else heard


def _error_is_not_found(op: str, heard: Heard) -> Heard:
    lost = isinstance(heard, NoReply) or heard.body is None or heard.status >= 500
    return Reply(404, {"error": {"code": "not_found"}}) if lost else heard


def _error_hides_the_payment(op: str, heard: Heard) -> Heard:
    if isinstance(heard, Reply) and heard.body is not None and "error" in heard.body:
        return Reply(heard.status, {"error": heard.body["error"]})
    return heard


def _five_hundred_is_a_refusal(op: str, heard: Heard) -> Heard:
    if isinstance(heard, Reply) and heard.status >= 500:
        return Reply(409, {"error": {"code": "terminal_busy"}})
    return heard


class SendsTwice(Adapter):
    """Sends again under a new reference when no answer came."""

    def start_terminal(self, request: AttemptRequest) -> Outcome:
        outcome = super().start_terminal(request)
        if isinstance(outcome, Unknown):
            return super().start_terminal(replace(request, reference=request.reference + "B"))
        return outcome


class AsksByStarting(Adapter):
    """Replays a sale to learn what became of it: an inquiry that can move money."""

    def inquire(self, reference: str, gateway_ref: str = "") -> Inquiry:
        told = super().inquire(reference, gateway_ref)
        if isinstance(told, NotFound):
            self._ask(
                "start", {"reference": reference, "amount": 1, "currency": "USD", "terminal": "front-desk-1"}
            )
        return told


class BelievesCancels(Adapter):
    def cancel_terminal(self, request: AttemptRequest) -> CancelAck:
        super().cancel_terminal(request)
        return CancelAck(answer="requested")


class BelievesKills(Adapter):
    def kill(self, reference: str, gateway_ref: str = "") -> KillAck:
        super().kill(reference)
        return KillAck(answer="acknowledged")


class KillsNothing(Adapter):
    def kill(self, reference: str, gateway_ref: str = "") -> KillAck:
        return KillAck(answer="acknowledged")


class CallsRepeatsUnsent(Adapter):
    def start_terminal(self, request: AttemptRequest) -> Outcome:
        outcome = super().start_terminal(request)
        repeat = isinstance(outcome, Unknown) and outcome.cause == "idempotency_mismatch"
        return NotSent(code="invalid_request") if repeat else outcome


class RefundsUnderNewReferences(Adapter):
    count = 0

    def refund(self, reference: str, gateway_ref: str, amount: Money, refund_reference: str) -> Outcome:
        self.count += 1
        return super().refund(reference, gateway_ref, amount, f"{refund_reference}{self.count}")


class SendsTheCardNumber(Adapter):
    def start_terminal(self, request: AttemptRequest) -> Outcome:
        return super().start_terminal(replace(request, invoice_number="4242-4242 42424242"))


class ReadsFailedReportsAsEmpty(Adapter):
    def settlement(self, cursor: str) -> Iterable[SettlementItem]:
        return []


LATE, LOST = "test_a_start_lost_before_it_happened_is_unknown_then_not_found", "lose_request"
REPLY = "test_a_start_whose_reply_is_lost_is_unknown_and_inquiry_tells"
BENT: dict[str, tuple[Callable[[str, Heard], Heard], str, tuple[str, ...]]] = {
    "a lost reply is called unsent": (_lost_is_unsent, REPLY, ("lose_reply",)),
    "a time-out is called unsent": (_lost_is_unsent, REPLY, ("slow",)),
    "a 5xx is called a refusal": (_five_hundred_is_a_refusal, REPLY, ("error_after_commit",)),
    "an inquiry's error is called not found": (
        _error_is_not_found, "test_an_inquiry_without_an_answer_cannot_tell", ("error_before_commit",),
    ),
    "an approval inside an error is dropped": (
        _error_hides_the_payment, "test_an_approval_inside_an_error_is_an_approval", (),
    ),
}  # fmt: skip
BROKEN: dict[str, tuple[type[Adapter], str, tuple[str, ...]]] = {
    "it sends again under a new reference": (SendsTwice, LATE, (LOST,)),
    "its inquiry can move money": (
        AsksByStarting, "test_inquiry_of_a_reference_never_sent_leaves_the_books_unchanged", (),
    ),
    "it believes every cancel": (BelievesCancels, "test_a_cancel_without_an_answer_says_so", ("lose_request",)),
    "it believes every kill": (BelievesKills, "test_a_kill_without_an_answer_proves_nothing", ("lose_reply",)),
    "it kills nothing": (KillsNothing, "test_a_killed_reference_charges_nothing_when_it_arrives_late", ()),
    "it calls a used reference unsent": (
        CallsRepeatsUnsent, "test_the_same_reference_for_another_amount_is_never_called_unsent", (),
    ),
    "it refunds under new references": (
        RefundsUnderNewReferences, "test_the_same_refund_reference_gives_back_once", (),
    ),
    "it sends a card number": (SendsTheCardNumber, "test_no_card_number_is_ever_sent", ()),
    "it reads a failed report as an empty one": (
        ReadsFailedReportsAsEmpty, "test_the_settlement_report_goes_on_where_it_was_left", (),
    ),
}  # fmt: skip


def fails(lab: InProcessLab, test: str, arguments: tuple[str, ...]) -> bool:
    try:
        getattr(GatewaySuite(), test)(lab, *arguments)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("fault", BENT)
def test_the_suite_catches_a_wrong_reading_of_replies(fault: str) -> None:
    bend, test, arguments = BENT[fault]
    lab = InProcessLab(Settings(seed=7))
    assert not fails(lab, test, arguments), "the right reading must pass"
    lab.gateway = adapter_over(Bent(lab.exchange, bend))
    assert fails(lab_again(lab), test, arguments)


@pytest.mark.parametrize("fault", BROKEN)
def test_the_suite_catches_a_broken_adapter(fault: str) -> None:
    broken, test, arguments = BROKEN[fault]
    lab = InProcessLab(Settings(seed=7))
    assert not fails(lab, test, arguments), "the whole adapter must pass"
    lab.gateway = broken({"url": "http://in-process"}, NoSecrets(), lab.exchange)
    assert fails(lab_again(lab), test, arguments)


def lab_again(lab: InProcessLab) -> InProcessLab:
    """Ready for another test: nothing waits at a terminal, no fault is left."""
    lab.line.plan.faults.clear()
    lab.pass_time(600_000)
    return lab
