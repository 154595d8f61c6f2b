"""What happens to money after it was taken: batches, banks, disputes, the portal; tips, kept cards, links."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

from tests.simulator.test_core_network import DESK, World, error
from tillbridge.simulator.core.books import Books, Record
from tillbridge.simulator.core.entries import Kind, from_json, to_json
from tillbridge.simulator.core.report import settlement, signed
from tillbridge.simulator.core.scribe import Refusal
from tillbridge.simulator.core.settings import DAY_MS, Settings
from tillbridge.simulator.core.terminal import Face

HOUR_MS = 3_600_000
TIPPED = {"terminal": DESK, "currency": "USD", "amount": 10_000, "ask_tip": True}


def world(**settings: Any) -> World:
    return World(Settings(seed=1, **settings))


def sold(world: World, reference: str, amount: int = 1000) -> Record:
    world.start(reference, amount)
    world.press("tap")
    world.wait(10_000)
    return world.line.network.books.of_reference(reference)[0]


def debited(world: World, reference: str, account: str) -> Record:
    body = {"reference": reference, "amount": 4000, "currency": "USD", "entry_kind": "bank", "where": "page"}
    session = cast(dict[str, str], world.call("open_entry", **body).body["session"])
    world.line.network.pages.submit(session["id"], account, world.now_ms)
    return world.line.network.books.of_reference(reference)[0]


def payment(world: World, reference: str) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], world.call("inquire", reference=reference).body["payment"])


def items(world: World) -> list[tuple[object, object]]:
    return [(item["kind"], item["code"]) for item in settlement(world.line.network.books, 0)]


def test_a_cut_batch_waits_for_its_bank_and_then_settles() -> None:
    desk = world(settle_after_ms=6 * HOUR_MS)
    sold(desk, "TBONE")
    assert desk.line.network.days.cut(desk.now_ms) == 1
    told = payment(desk, "TBONE")
    assert (told["settle"], told["voidable"], told["refundable"]) == ("queued", False, False)
    assert error(desk.call("void", reference="TBONE", void_reference="TBVOID")) == "not_voidable"
    early = desk.call("refund", reference="TBONE", refund_reference="TBBACK", amount=100)
    assert error(early) == "not_refundable_yet"
    assert cast(dict[str, object], early.body["error"])["use"] == "wait"
    desk.wait(6 * HOUR_MS)
    told = payment(desk, "TBONE")
    assert (told["settle"], told["batch"], told["refundable"]) == ("settled", "B00001", True)
    assert items(desk) == [("sale", ""), ("fee", "")]


def test_the_batch_is_cut_and_settled_by_time_alone() -> None:
    desk = world(batch_every_ms=DAY_MS, settle_after_ms=HOUR_MS)
    sold(desk, "TBONE")
    desk.wait(DAY_MS - desk.now_ms % DAY_MS)
    assert payment(desk, "TBONE")["settle"] == "queued"
    desk.wait(HOUR_MS)
    assert payment(desk, "TBONE")["settle"] == "settled"


def test_a_rejected_sale_is_nobodys_money() -> None:
    desk = world()
    record = sold(desk, "TBONE")
    desk.line.network.days.reject(record.provider_ref, "no_such_account")
    desk.line.network.settle(desk.now_ms)
    assert payment(desk, "TBONE")["settle"] == "rejected"
    assert desk.line.network.books.balance() == 0
    assert items(desk) == [("rejected", "no_such_account")]


def test_a_refund_that_bounces_is_the_merchants_again() -> None:
    desk = world()
    sold(desk, "TBONE")
    desk.line.network.settle(desk.now_ms)
    desk.call("refund", reference="TBONE", refund_reference="TBBACK", amount=400)
    desk.line.network.settle(desk.now_ms)
    refund = desk.line.network.books.of_reference("TBBACK")[0]
    desk.line.network.days.bank_returns(refund.provider_ref, "R03", desk.now_ms)
    assert desk.line.network.books.balance() == 1000
    assert payment(desk, "TBBACK")["settle"] == "returned"
    again = desk.call("refund", reference="TBONE", refund_reference="TBBACK2", amount=1000)
    assert again.status == 200


def test_a_debit_that_its_bank_returns_comes_back_two_days_after_the_settlement() -> None:
    desk = world()
    debited(desk, "TBACH", "000222222227")
    desk.line.network.settle(desk.now_ms)
    desk.wait(2 * DAY_MS - 1)
    assert payment(desk, "TBACH")["settle"] == "settled"
    desk.wait(1)
    told = payment(desk, "TBACH")
    assert (told["settle"], told["code"]) == ("returned", "R01")
    assert desk.line.network.books.balance() == 0


def test_what_a_bank_will_say_survives_a_restart() -> None:
    desk = world()
    debited(desk, "TBACH", "000444444440")
    desk.line.network.settle(desk.now_ms)
    lines = [from_json(to_json(line)) for line in desk.line.network.books.entries]
    again = type(desk.line.network)(Settings(seed=1), [], lines)
    again.advance(desk.now_ms + 3 * DAY_MS)
    changes = [line for line in again.books.entries if line.kind is Kind.CHANGE]
    assert [(line.code, line.at_ms) for line in changes] == [("C01", desk.now_ms + 2 * DAY_MS)]


def test_a_returned_debit_may_be_presented_again_twice_and_only_for_want_of_money() -> None:
    desk = world()
    days = desk.line.network.days
    ref = debited(desk, "TBACH", "000123456789").provider_ref
    desk.line.network.settle(desk.now_ms)
    for _ in range(2):
        days.bank_returns(ref, "R01", desk.now_ms)
        days.re_present(ref, desk.now_ms)
        assert desk.line.network.books.balance() == 4000
    days.bank_returns(ref, "R01", desk.now_ms)
    with pytest.raises(Refusal, match="not_re_presentable"):
        days.re_present(ref, desk.now_ms)
    keys = [item["key"] for item in settlement(desk.line.network.books, 0)]
    assert len(keys) == len(set(keys)), "each return and each presentment has a key of its own"
    other = debited(desk, "TBACH2", "000123456789").provider_ref
    desk.line.network.settle(desk.now_ms)
    days.bank_returns(other, "R10", desk.now_ms)
    with pytest.raises(Refusal, match="not_re_presentable"):
        days.re_present(other, desk.now_ms)


def test_while_a_dispute_is_open_nothing_is_given_back_and_a_lost_one_takes_its_amount() -> None:
    desk = world()
    ref = sold(desk, "TBONE").provider_ref
    desk.line.network.settle(desk.now_ms)
    days = desk.line.network.days
    days.dispute(ref, "CASE1", "open", 700, "10.4", desk.now_ms)
    early = desk.call("refund", reference="TBONE", refund_reference="TBBACK", amount=100)
    assert error(early) == "not_refundable_yet"
    days.dispute(ref, "CASE1", "lose", 0, "10.4", desk.now_ms)
    assert desk.line.network.books.balance() == 300
    days.dispute(ref, "CASE2", "open", 0, "10.4", desk.now_ms)
    days.dispute(ref, "CASE2", "win", 0, "10.4", desk.now_ms)
    assert desk.line.network.books.balance() == 300
    told = [kind for kind, _ in items(desk)]
    assert told == ["sale", "fee", "dispute_opened", "chargeback", "dispute_opened", "dispute_won"]
    with pytest.raises(Refusal, match="not_disputable"):
        days.dispute(ref, "CASE1", "open", 100, "10.4", desk.now_ms)


def test_a_refund_in_the_portal_counts_against_what_is_left() -> None:
    desk = world()
    ref = sold(desk, "TBONE").provider_ref
    desk.line.network.settle(desk.now_ms)
    desk.line.network.portal(ref, "refund", 600, desk.now_ms)
    over = desk.call("refund", reference="TBONE", refund_reference="TBBACK", amount=401)
    assert error(over) == "over_refund"
    told = settlement(desk.line.network.books, 0)[-1]
    assert (told["reference"], told["of_reference"], told["amount"]) == ("", "TBONE", 600)


def test_one_refund_has_one_key_in_every_report_and_notice() -> None:
    desk = world()
    sold(desk, "TBONE")
    desk.line.network.settle(desk.now_ms)
    desk.call("refund", reference="TBONE", refund_reference="TBBACK", amount=600)
    desk.line.network.settle(desk.now_ms)
    report = [item["key"] for item in settlement(desk.line.network.books, 0) if item["kind"] == "refund"]
    rows = cast(list[Mapping[str, Any]], desk.call("notices").body["deliveries"])
    bodies = [json.loads(row["body"]) for row in rows]
    told = [body["item"]["key"] for body in bodies if body["item"] and body["item"]["kind"] == "refund"]
    assert len(report) == len(told) == 2
    assert len({*report, *told}) == 1


def test_a_notice_is_signed_over_its_id_its_time_and_its_body() -> None:
    one, other = signed({"a": 1}, "ntc_1", 1000, "key"), signed({"a": 2}, "ntc_1", 1000, "key")
    later, else_ = signed({"a": 1}, "ntc_1", 2000, "key"), signed({"a": 1}, "ntc_1", 1000, "other")
    signatures = {
        cast(Mapping[str, str], each["headers"])["webhook-signature"] for each in (one, other, later, else_)
    }
    assert len(signatures) == 4
    assert json.loads(str(one["body"])) == {"id": "ntc_1", "a": 1}


def test_a_tip_is_chosen_before_the_card_and_told_apart() -> None:
    desk = world()
    desk.call("start", reference="TBONE", **TIPPED)
    assert desk.face is Face.TIP
    with pytest.raises(Refusal):
        desk.press("tap")
    desk.press("tip", amount=1500)
    desk.press("tap")
    desk.wait(10_000)
    told = payment(desk, "TBONE")
    assert (told["asked"], told["amount"], told["tip"]) == (10_000, 11_500, 1500)
    assert desk.line.network.books.balance() == 11_500


def test_no_tip_is_a_choice_too_and_a_tip_above_the_amount_is_none() -> None:
    desk = world()
    desk.call("start", reference="TBONE", **TIPPED)
    with pytest.raises(Refusal):
        desk.press("tip", amount=10_001)
    desk.press("tip", amount=0)
    desk.press("tap")
    desk.wait(10_000)
    assert payment(desk, "TBONE")["amount"] == 10_000


def test_a_chip_receipt_has_the_lines_that_card_rules_want() -> None:
    desk = world()
    desk.start("TBONE", 1000)
    desk.press("insert")
    desk.wait(10_000)
    labels = [label for label, _ in payment(desk, "TBONE")["receipt"]]
    assert labels == ["Card", "Entry", "Application", "AID", "TVR", "TSI", "ARQC", "Verified by", "Approval"]


def test_a_card_that_is_kept_with_a_sale_can_be_charged_until_it_expires() -> None:
    desk = world()
    desk.call("start", reference="TBONE", terminal=DESK, amount=1000, currency="USD", keep_card=True)
    desk.press("tap")
    desk.wait(10_000)
    told = payment(desk, "TBONE")
    assert (told["brand"], told["last4"], told["expiry"]) == ("Visa", "4242", "12/29")
    charge = {"token": told["token"], "amount": 500, "currency": "USD"}
    assert desk.call("charge_token", reference="TBTWO", **charge).status == 200
    desk.wait(8 * 366 * DAY_MS)
    desk.call("charge_token", reference="TBTHREE", **charge)
    assert (payment(desk, "TBTHREE")["state"], payment(desk, "TBTHREE")["by"]) == ("declined", "expired_card")


def test_a_terminal_without_its_bank_says_no_unless_it_may_decide_alone() -> None:
    desk = world()
    desk.press("lose_bank")
    sold(desk, "TBONE")
    told = payment(desk, "TBONE")
    assert (told["state"], told["by"], told["retry"]) == ("declined", "bank_unreachable", "later")


@pytest.mark.parametrize(("button", "kept", "settle"), [("tap", 1000, "open"), ("decline", 0, "returned")])
def test_an_offline_approval_is_pending_until_its_bank_has_heard_of_it(
    button: str, kept: int, settle: str
) -> None:
    desk = world(offline_limit=5000)
    desk.press("lose_bank")
    desk.start("TBONE", 1000)
    desk.press(button)
    desk.wait(10_000)
    told = payment(desk, "TBONE")
    assert (told["state"], told["offline"]) == ("pending", True)
    assert desk.line.network.settle(desk.now_ms) == 0, "what its bank does not know cannot be settled"
    desk.press("find_bank")
    assert payment(desk, "TBONE")["settle"] == settle
    assert desk.line.network.books.balance() == kept
    Books.replay(desk.line.network.books.entries)


def test_an_offline_approval_that_was_voided_is_never_told_to_its_bank() -> None:
    desk = world(offline_limit=5000)
    desk.press("lose_bank")
    sold(desk, "TBONE")
    desk.call("void", reference="TBONE", void_reference="TBVOID")
    desk.press("find_bank")
    assert desk.line.network.books.balance() == 0
    assert Kind.CLEARED not in [line.kind for line in desk.line.network.books.entries]


def test_an_amount_above_the_offline_limit_is_declined() -> None:
    desk = world(offline_limit=999)
    desk.press("lose_bank")
    sold(desk, "TBONE", 1000)
    assert payment(desk, "TBONE")["state"] == "declined"


def test_after_the_cable_is_back_the_same_sale_goes_on() -> None:
    desk = world()
    desk.start("TBONE", 1000)
    desk.press("pull")
    with pytest.raises(Refusal):
        desk.press("tap")
    desk.press("plug")
    desk.press("tap")
    desk.wait(10_000)
    assert payment(desk, "TBONE")["state"] == "approved"


def test_a_link_lets_the_client_try_another_card_and_is_over_after_five() -> None:
    desk = world()
    body = {"amount": 900, "currency": "USD", "entry_kind": "card", "where": "link"}
    pages = desk.line.network.pages
    for reference, tries in (("TBGOOD", 2), ("TBBAD", 5)):
        session = cast(dict[str, str], desk.call("open_entry", reference=reference, **body).body["session"])[
            "id"
        ]
        for _ in range(min(tries, 4)):
            with pytest.raises(Refusal, match="card_declined"):
                pages.submit(session, "4000000000000002", desk.now_ms)
        pages.submit(session, "4000000000000002" if tries == 5 else "4242424242424242", desk.now_ms)
    assert payment(desk, "TBGOOD")["state"] == "approved"
    assert payment(desk, "TBBAD")["state"] == "declined"


def test_a_link_expires_when_its_maker_said() -> None:
    desk = world()
    body = {"amount": 900, "currency": "USD", "entry_kind": "card", "where": "link", "expires_in_ms": HOUR_MS}
    session = cast(dict[str, Any], desk.call("open_entry", reference="TBLINK", **body).body["session"])
    assert session["expires_ms"] == desk.now_ms + HOUR_MS
    desk.wait(HOUR_MS)
    assert (payment(desk, "TBLINK")["state"], payment(desk, "TBLINK")["by"]) == ("cancelled", "timeout")


def test_a_refund_is_not_the_answer_to_a_void_of_the_same_name() -> None:
    desk = world()
    sold(desk, "TBONE")
    desk.line.network.settle(desk.now_ms)
    desk.call("refund", reference="TBONE", refund_reference="TBBACK", amount=400)
    assert error(desk.call("void", reference="TBONE", void_reference="TBBACK")) == "not_voidable"
