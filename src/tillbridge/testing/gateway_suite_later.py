"""The laws of the gateway port for what comes after a sale: pages, kept cards, tips, banks, disputes, notices.

Part of the suite that `gateway_suite.py` offers; run that one. The judge is the sandbox's own books.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tillbridge.domain.errors import SetupError
from tillbridge.domain.outcome import Approved, Cancelled, Declined, NotFound, NotSent, Pending
from tillbridge.ports.gateway import AttemptRequest, Delivered, EntrySession, Feature, Notice, SettlementItem
from tillbridge.testing.gateway_lab import Laboratory, found, money


def claimed(lab: Laboratory, *features: Feature) -> None:
    """Leave the test out where the adapter does not claim these."""
    for feature in features:
        if feature not in lab.gateway.capabilities().features:
            pytest.skip(f"not claimed: {feature}")


def taken(
    lab: Laboratory, amount_minor: int = 21240, request: AttemptRequest | None = None
) -> tuple[AttemptRequest, str]:
    """A sale that was tapped and approved: its request and the gateway's own reference."""
    request = request or lab.request(amount_minor)
    assert isinstance(lab.gateway.start_terminal(request), Pending)
    lab.hand(request.terminal_id, "tap")
    lab.pass_time(10_000)
    outcome = found(lab.gateway.inquire(request.reference)).outcome
    assert isinstance(outcome, Approved)
    return request, outcome.gateway_ref


def debited(lab: Laboratory) -> AttemptRequest:
    """A bank debit that a client agreed to on the gateway's page."""
    request = replace(lab.request(9000), terminal_id="", sec_code="WEB", mandate="M1")
    session = lab.gateway.open_entry(request, "bank", "page")
    assert isinstance(session, EntrySession)
    lab.fill_in(session.session_id, "bank")
    return request


def items_of(lab: Laboratory, reference: str) -> list[SettlementItem]:
    """What the settlement report tells of a reference, or of what was given back of it."""
    return [each for each in lab.gateway.settlement("") if reference in (each.reference, each.of_reference)]


def notices(lab: Laboratory) -> list[tuple[Delivered, Notice]]:
    return [
        (each, told)
        for each in lab.gateway.notices("")
        for told in lab.gateway.read_notice(each.headers, each.body)
    ]


class LaterSuite:
    """Mixed into GatewaySuite."""

    # ------------------------------------------------------------ pages and links
    def test_an_entry_page_opened_twice_is_the_same_page_and_takes_once(self, lab: Laboratory) -> None:
        claimed(lab, "entry_page")
        request = replace(lab.request(4200), terminal_id="")
        first = lab.gateway.open_entry(request, "card", "page")
        again = lab.gateway.open_entry(request, "card", "page")
        assert isinstance(first, EntrySession)
        assert isinstance(again, EntrySession)
        assert first.url == again.url
        lab.fill_in(first.session_id, "card")
        assert isinstance(found(lab.gateway.inquire(request.reference)).outcome, Approved)
        over = lab.gateway.open_entry(request, "card", "page")
        assert isinstance(over, EntrySession | Approved)
        assert lab.kept(request.reference).captures == 1

    def test_a_link_that_is_closed_or_expired_takes_nothing(self, lab: Laboratory) -> None:
        claimed(lab, "entry_link")
        closed = replace(lab.request(4200), terminal_id="")
        expired = replace(lab.request(4300), terminal_id="", expires_in_ms=60_000)
        first = lab.gateway.open_entry(closed, "card", "link")
        assert isinstance(first, EntrySession)
        assert isinstance(lab.gateway.open_entry(expired, "card", "link"), EntrySession)
        assert lab.gateway.close_entry(first.session_id).answer == "requested"
        lab.pass_time(61_000)
        for request in (closed, expired):
            assert isinstance(found(lab.gateway.inquire(request.reference)).outcome, Cancelled)
            assert lab.kept(request.reference).captures == 0

    def test_a_link_that_was_paid_can_no_longer_be_closed(self, lab: Laboratory) -> None:
        claimed(lab, "entry_link")
        request = replace(lab.request(4200), terminal_id="")
        session = lab.gateway.open_entry(request, "card", "link")
        assert isinstance(session, EntrySession)
        lab.fill_in(session.session_id, "card")
        assert lab.gateway.close_entry(session.session_id).answer in ("nothing_running", "too_late")
        assert isinstance(found(lab.gateway.inquire(request.reference)).outcome, Approved)

    # ------------------------------------------------------------ kept cards
    def test_a_kept_card_is_charged_once_by_its_token_and_never_after_it_is_forgotten(
        self, lab: Laboratory
    ) -> None:
        claimed(lab, "token", "store_card")
        request, _ = taken(lab, request=replace(lab.request(1000), keep_card=True))
        outcome = found(lab.gateway.inquire(request.reference)).outcome
        assert isinstance(outcome, Approved)
        assert outcome.token
        assert outcome.card is not None
        assert outcome.card.expiry
        charge = replace(lab.request(700), terminal_id="")
        for _ in range(2):
            assert isinstance(lab.gateway.charge_token(charge, outcome.token, "clinic"), Approved)
        assert lab.kept(charge.reference).captures == 1
        lab.gateway.forget_token(outcome.token)
        gone = lab.gateway.charge_token(replace(lab.request(800), terminal_id=""), outcome.token, "clinic")
        assert isinstance(gone, NotSent)
        assert gone.code == "token_gone"

    # ------------------------------------------------------------ at the terminal
    def test_a_tip_comes_on_top_and_is_told_apart(self, lab: Laboratory) -> None:
        claimed(lab, "terminal_tip")
        request = replace(lab.request(21240), ask_tip=True)
        lab.gateway.start_terminal(request)
        lab.hand(request.terminal_id, "tip")
        lab.hand(request.terminal_id, "tap")
        lab.pass_time(10_000)
        outcome = found(lab.gateway.inquire(request.reference)).outcome
        assert isinstance(outcome, Approved)
        assert outcome.tip is not None
        assert outcome.amount == request.amount + outcome.tip
        assert lab.kept(request.reference).captured == outcome.amount.minor

    def test_without_its_bank_a_terminal_declines_or_says_pending(self, lab: Laboratory) -> None:
        claimed(lab, "terminal_offline")
        request = lab.request(2000)
        lab.hand(request.terminal_id, "lose_bank")
        lab.gateway.start_terminal(request)
        lab.hand(request.terminal_id, "tap")
        lab.pass_time(10_000)
        alone = found(lab.gateway.inquire(request.reference)).outcome
        assert isinstance(alone, Declined | Pending)
        lab.hand(request.terminal_id, "find_bank")
        told = found(lab.gateway.inquire(request.reference)).outcome
        assert isinstance(told, Approved if isinstance(alone, Pending) else Declined)

    def test_a_chip_card_leaves_the_lines_that_a_receipt_must_show(self, lab: Laboratory) -> None:
        claimed(lab, "terminal")
        request = lab.request(2000)
        lab.gateway.start_terminal(request)
        lab.hand(request.terminal_id, "insert")
        lab.pass_time(10_000)
        outcome = found(lab.gateway.inquire(request.reference)).outcome
        lab.hand(request.terminal_id, "remove")
        lab.pass_time(10_000)
        assert isinstance(outcome, Approved)
        assert "AID" in dict(outcome.receipt)

    # ------------------------------------------------------------ banks
    def test_a_bank_debit_is_pending_until_settled_and_a_return_is_told_with_its_code(
        self, lab: Laboratory
    ) -> None:
        claimed(lab, "ach", "settlement_report")
        request = debited(lab)
        waiting = found(lab.gateway.inquire(request.reference)).outcome
        assert isinstance(waiting, Pending)
        assert waiting.kind == "ach"
        assert waiting.card is not None
        lab.close_batch()
        assert found(lab.gateway.inquire(request.reference)).settle == "settled"
        lab.bank_takes_back(request.reference, "R10")
        assert found(lab.gateway.inquire(request.reference)).settle == "returned"
        told = [(each.kind, each.code) for each in items_of(lab, request.reference)]
        assert ("return", "R10") in told

    def test_what_others_give_back_is_told_and_counts_against_what_is_left(self, lab: Laboratory) -> None:
        claimed(lab, "refund", "settlement_report")
        request, gateway_ref = taken(lab)
        lab.close_batch()
        lab.others_give_back(request.reference, 21000)
        back = found(lab.gateway.inquire(request.reference)).given_back
        assert back == money(request, 21000)
        over = lab.gateway.refund(request.reference, gateway_ref, money(request, 241), lab.new_reference())
        assert isinstance(over, NotSent)
        assert over.code == "over_refund"
        told = [each for each in items_of(lab, request.reference) if each.kind == "refund"]
        assert {(each.of_reference, each.amount.minor) for each in told} == {(request.reference, 21000)}

    def test_one_happening_has_one_key_wherever_it_is_told(self, lab: Laboratory) -> None:
        claimed(lab, "refund", "settlement_report", "notices")
        request, gateway_ref = taken(lab)
        lab.close_batch()
        lab.gateway.refund(request.reference, gateway_ref, money(request, 500), lab.new_reference())
        lab.close_batch()
        reported = {each.key for each in items_of(lab, request.reference) if each.kind == "refund"}
        of_notices = [told.item for _, told in notices(lab) if told.item is not None]
        noticed = {each.key for each in of_notices if each.of_reference == request.reference}
        assert len(reported) == 1
        assert reported == noticed

    def test_while_a_dispute_is_open_nothing_is_refunded(self, lab: Laboratory) -> None:
        claimed(lab, "refund", "disputes")
        request, gateway_ref = taken(lab)
        lab.close_batch()
        case = f"CASE{request.reference}"
        lab.dispute(request.reference, case, "open")
        refused = lab.gateway.refund(request.reference, gateway_ref, money(request, 100), lab.new_reference())
        assert isinstance(refused, NotSent)
        assert refused.code in ("not_refundable_yet", "not_refundable")
        lab.dispute(request.reference, case, "lose")
        kinds = [each.kind for each in items_of(lab, request.reference) if each.key == case]
        assert kinds == ["dispute_opened", "chargeback"]
        assert found(lab.gateway.inquire(request.reference)).given_back == request.amount

    # ------------------------------------------------------------ notices
    @pytest.mark.parametrize("what", ["unsigned", "forged", "body", "id", "time"])
    def test_a_notice_that_was_not_signed_like_this_is_refused(self, lab: Laboratory, what: str) -> None:
        claimed(lab, "notices")
        taken(lab)
        delivered, _ = notices(lab)[-1]
        headers, body = dict(delivered.headers), delivered.body
        for name in list(headers):
            if what == "unsigned" and "signature" in name.lower():
                del headers[name]
            elif what == "forged" and "signature" in name.lower():
                headers[name] = headers[name][:-6] + "AAAAA="
            elif what in ("id", "time") and what in name.lower():
                headers[name] += "0"
        body = body.replace(b"}", b" }", 1) if what == "body" else body
        with pytest.raises(SetupError, match="bad_signature"):
            lab.gateway.read_notice(headers, body)

    def test_a_replayed_notice_has_the_same_id_and_moves_nothing(self, lab: Laboratory) -> None:
        claimed(lab, "notices")
        taken(lab)
        delivered, first = notices(lab)[-1]
        before = lab.lines()
        again = lab.gateway.read_notice(delivered.headers, delivered.body)
        assert [each.notice_id for each in again] == [first.notice_id]
        assert lab.lines() == before

    def test_notices_in_any_order_say_what_they_are_about(self, lab: Laboratory) -> None:
        claimed(lab, "notices", "refund")
        request, gateway_ref = taken(lab)
        lab.close_batch()
        lab.gateway.refund(request.reference, gateway_ref, money(request, 100), lab.new_reference())
        in_order, backwards = notices(lab), notices(lab)[::-1]
        assert {told.notice_id for _, told in in_order} == {told.notice_id for _, told in backwards}
        assert len({told.notice_id for _, told in in_order}) == len(in_order)
        assert all(told.authentic for _, told in in_order)

    def test_notices_that_cannot_be_read_are_none_and_none_is_lost(self, lab: Laboratory) -> None:
        claimed(lab, "notices")
        request, _ = taken(lab)
        assert list(lab.unreachable().notices("")) == []
        cursor = notices(lab)[-1][1].cursor
        assert list(lab.gateway.notices(cursor)) == []
        lab.close_batch()
        assert request.reference in {
            told.reference
            for each in lab.gateway.notices(cursor)
            for told in lab.gateway.read_notice(each.headers, each.body)
        }

    def test_a_token_that_never_was_is_gone(self, lab: Laboratory) -> None:
        claimed(lab, "token")
        request = replace(lab.request(700), terminal_id="")
        refused = lab.gateway.charge_token(request, "TOKNEVERWAS", "client")
        assert isinstance(refused, NotSent)
        assert refused.code == "token_gone"
        assert lab.gateway.inquire(request.reference) == NotFound()
