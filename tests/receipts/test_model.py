"""What a receipt tells, made from payments as their events made them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.story import MARK, MARK2, REF, REF2, at, attempt, event, posting, refund_created, told
from tests.receipts.papers import CLINIC, EMV, made, sale, story, taken, usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.event import Event
from tillbridge.domain.money import Parts
from tillbridge.domain.operation import Entry
from tillbridge.domain.receipt import Agreed, Share, split


def test_a_sale_tells_what_was_paid_by_which_card_for_which_invoice_and_when() -> None:
    payment, events = sale(receipt="\n".join(f"{label}\t{value}" for label, value in EMV))
    receipt = made(payment, events)
    (tender,) = receipt.tenders
    assert (receipt.operation, receipt.clinic, receipt.client) == ("sale", CLINIC, "Rosa Alvarez")
    assert (receipt.total, receipt.returned, receipt.kept) == (usd(10_000), usd(0), usd(10_000))
    assert (tender.brand, tender.last4, tender.auth_code) == ("Visa", "4242", "05921C")
    assert (tender.entry, tender.state, tender.lines) == (Entry.TERMINAL, "taken", EMV)
    assert receipt.shares == (Share(invoice_number="10482", amount=usd(10_000)),)
    assert receipt.at_wall_ms == at(20).wall_ms
    assert receipt.copy == 1


def test_its_time_is_that_of_the_approval_also_after_settlement() -> None:
    payment, events = story(attempt(), *taken(), event("settled", REF, 90_000))
    assert made(payment, events).at_wall_ms == at(20).wall_ms


@pytest.mark.parametrize(
    "events",
    [
        (),
        (attempt(),),
        (attempt(), event("send_started", REF), event("no_reply", REF)),
        (attempt(), event("send_started", REF), event("declined", REF, reason="generic")),
    ],
)
def test_there_is_no_receipt_while_nobody_knows_or_nothing_was_taken(events: tuple[Event, ...]) -> None:
    payment, whole = story(*events)
    with pytest.raises(OperatorError) as raised:
        made(payment, whole)
    assert raised.value.code == "no_receipt_yet"


def test_a_declined_card_stands_on_no_receipt_beside_the_one_that_paid() -> None:
    declined = (event("send_started", REF), event("declined", REF, reason="generic"))
    payment, events = story(
        attempt(), *declined, attempt(REF2), *taken(reference=REF2, brand="Amex", last4="0005")
    )
    assert [tender.brand for tender in made(payment, events).tenders] == ["Amex"]


def test_fee_and_tip_stand_apart() -> None:
    asked = attempt(minor=12_400)
    payment, events = story(asked, *taken(12_400), base_minor=10_000, fee_minor=400, tip_minor=2_000)
    assert made(payment, events).parts == Parts(base=usd(10_000), fee=usd(400), tip=usd(2_000))


def test_a_card_that_had_only_a_part_pays_the_debt_first() -> None:
    payment, events = story(
        attempt(minor=12_400), *taken(10_100), base_minor=10_000, fee_minor=400, tip_minor=2_000
    )
    receipt = made(payment, events)
    assert receipt.parts == Parts(base=usd(10_000), fee=usd(100), tip=usd(0))
    assert receipt.tenders[0].partial


@given(st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**8))
def test_the_parts_always_sum_to_what_was_paid(base: int, fee: int, tip: int, total: int) -> None:
    parts = split(usd(total), Parts(base=usd(base), fee=usd(fee), tip=usd(tip)))
    assert parts.whole == usd(total)


def test_a_tip_that_was_given_at_the_terminal_is_a_tip() -> None:
    parts = split(usd(12_000), Parts(base=usd(10_000), fee=usd(0), tip=usd(0)))
    assert (parts.base, parts.tip) == (usd(10_000), usd(2_000))


def test_a_bank_payment_on_its_way_is_told_as_one_with_how_it_was_agreed() -> None:
    agreed = Agreed(kind="TEL", text="Yes", version="TEL-1", given_by="Rosa", given_wall_ms=1)
    payment, events = story(
        attempt(), *taken(kind="pended", brand="First Bank", last4="6789"), entry="keyed_ach"
    )
    receipt = made(payment, events, agreed=agreed)
    assert receipt.pending
    assert receipt.tenders[0].state == "pending"
    assert receipt.agreed == agreed


def test_what_the_bank_returned_is_not_paid_any_more() -> None:
    payment, events = story(attempt(), *taken(kind="pended"), event("returned", REF, 40, reason="R01"))
    receipt = made(payment, events)
    assert receipt.tenders[0].state == "returned"
    assert (receipt.total, receipt.returned, receipt.kept) == (usd(10_000), usd(10_000), usd(0))


def test_what_was_given_back_since_is_taken_off() -> None:
    back = event("give_back_recorded", "", 60, amount_minor=3_850, by="refund", payment_id="pay-2")
    payment, events = story(attempt(), *taken(), back)
    receipt = made(payment, events)
    assert (receipt.total, receipt.returned, receipt.kept) == (usd(10_000), usd(3_850), usd(6_150))


def test_a_charge_that_was_taken_back_is_not_counted_twice() -> None:
    back = event("give_back_recorded", "", 60, amount_minor=10_000, by="void", payment_id="pay-2")
    payment, events = story(attempt(), *taken(), event("voided", REF, 50), back)
    assert made(payment, events).returned == usd(10_000)


def test_a_refund_says_what_it_gives_back_and_what_is_still_paid() -> None:
    back = event("give_back_recorded", "", 60, amount_minor=3_850, by="refund", payment_id="pay-1")
    parent, _ = story(attempt(), *taken(), back)
    events = [refund_created(base_minor=3_850), attempt(minor=3_850), *taken(3_850)]
    receipt = made(told(*events), events, given_back=parent)
    assert receipt.operation == "refund"
    assert receipt.of is not None
    assert (receipt.total, receipt.of.paid, receipt.of.left) == (usd(3_850), usd(10_000), usd(6_150))
    assert receipt.of.number == "pay-1"


def test_one_payment_over_several_invoices_tells_the_share_of_each() -> None:
    second = {
        "software": "impromed",
        "account_id": "0017",
        "client": "Rosa Alvarez",
        "invoice_number": "10490",
    }
    rest = event("posting_created", MARK2, 22, kind="sale", reference=REF, amount_minor=4_000, **second)
    owed = (event("posting_owed", marker, 23) for marker in (MARK, MARK2))
    payment, events = story(attempt(), *taken(), posting(minor=6_000), rest, *owed)
    assert made(payment, events).shares == (
        Share(invoice_number="10482", amount=usd(6_000)),
        Share(invoice_number="10490", amount=usd(4_000)),
    )


def test_a_payment_that_was_moved_tells_the_invoice_that_it_stands_on_now() -> None:
    right = {
        "software": "impromed",
        "account_id": "0018",
        "client": "Ruth Alvarez",
        "invoice_number": "10555",
    }
    back, entered = (
        {"kind": "return", "of_marker": MARK},
        ("posting_owed", "posting_safe_moment", "posting_found"),
    )
    payment, events = story(
        attempt(), *taken(), posting(), *(event(kind, MARK, 30) for kind in entered),
        event("posting_created", "V4242-K7QB", 40, reference=REF, amount_minor=10_000, **back),
        event("posting_owed", "V4242-K7QB", 40),
        event("posting_created", MARK2, 41, kind="sale", reference=REF, amount_minor=10_000, **right),
        event("posting_owed", MARK2, 41),
    )  # fmt: skip
    assert [share.invoice_number for share in made(payment, events).shares] == ["10555"]


def test_a_second_receipt_is_counted_and_the_same_wish_again_is_not() -> None:
    first, second = (event("receipt_made", "", 50, key=key, how="print", number=1) for key in ("a", "b"))
    payment, _ = story(attempt(), *taken(), first, first, second)
    assert payment.receipts == ("a", "b")


def test_what_is_given_back_for_an_older_machine_is_a_refund() -> None:
    payment, events = story(attempt(), *taken(), operation="credit", entry="standalone")
    receipt = made(payment, events)
    assert (receipt.operation, receipt.of, receipt.total) == ("refund", None, usd(10_000))


def test_keeping_a_card_has_no_receipt() -> None:
    payment, events = story(attempt(minor=0), *taken(0), operation="store_card", base_minor=0)
    with pytest.raises(OperatorError):
        made(payment, events)


def test_money_goes_back_to_the_card_that_paid_also_where_the_gateway_does_not_say_so_again() -> None:
    parent, _ = sale()
    events = [refund_created(base_minor=3_850), attempt(minor=3_850), *taken(3_850, brand="", last4="")]
    receipt = made(told(*events), events, given_back=parent)
    assert (receipt.tenders[0].brand, receipt.tenders[0].last4) == ("Visa", "4242")


def test_what_is_left_counts_a_refund_of_which_its_payment_was_not_told_yet() -> None:
    asked = event("give_back_asked", "", 50, payment_id="pay-1", operation="refund")
    parent, _ = story(attempt(), *taken(), asked)
    events = [refund_created(base_minor=3_850), attempt(minor=3_850), *taken(3_850)]
    receipt = made(told(*events), events, given_back=parent)
    assert receipt.of is not None
    assert receipt.of.left == usd(6_150)
