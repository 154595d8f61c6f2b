"""Money that went back without us, and credits that began in the practice software: nothing is typed or given twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.till import OWED, ROSA, Till, usd
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.invoice import Debt
from tillbridge.domain.money import Money, only_base
from tillbridge.domain.next_command import AwaitGateway
from tillbridge.domain.operation import Entry
from tillbridge.domain.payment import Payment, holds
from tillbridge.engine.given_elsewhere import GivenElsewhere
from tillbridge.engine.requests import PayRequest
from tillbridge.engine.slip import Slip


def given(minor: int | None = None, **changes: str | bool) -> GivenElsewhere:
    amount = None if minor is None else usd(minor)
    said = GivenElsewhere(record_id="r1", of="p1", amount=amount, person="Dana", how="slip 0042")
    return replace(said, **changes)  # type: ignore[arg-type]


def slip(payment_id: str = "p1", **changes: str | bool) -> PayRequest:
    debt = Debt(
        software="model", account_id=ROSA[0], client=ROSA[1], invoice_number="10482", balance=usd(OWED)
    )
    asked = PayRequest(
        payment_id=payment_id, operation="sale", entry=Entry.STANDALONE, parts=only_base(usd(OWED)), debt=debt,
        person="Dana", slip=Slip(last4="4242", auth_code="A1B2C3"),
    )  # fmt: skip
    return replace(asked, **changes)  # type: ignore[arg-type]


# ---- given back somewhere else ---------------------------------------------------------------------


def test_what_another_terminal_took_is_given_back_there_and_then_written_down() -> None:
    till = Till()
    till.engine.begin(slip())
    till.runs()
    with pytest.raises(OperatorError, match="give_back_by_hand"):
        till.offers()
    till.engine.record_given_back(given())
    till.runs()
    assert till.payment().went_back == "whole"
    assert till.rows() == [OWED, -OWED]


def test_a_part_that_was_given_back_elsewhere_is_a_row_of_its_own() -> None:
    till = Till()
    till.pays()
    till.engine.record_given_back(given(4_000))
    till.runs()
    assert till.rows() == [OWED, -4_000]
    assert [p.kind for p in till.payment().postings] == ["sale", "refund"]
    assert till.offers().left == usd(6_000)


def test_the_same_record_twice_counts_once() -> None:
    till = Till()
    till.pays()
    till.engine.record_given_back(given(4_000))
    assert till.engine.record_given_back(given(4_000)).elsewhere == usd(4_000)


def test_what_stands_in_the_software_already_is_only_counted() -> None:
    till = Till()
    till.pays()
    till.engine.record_given_back(given(4_000, in_software=True))
    till.runs()
    assert till.rows() == [OWED]
    assert till.payment().elsewhere == usd(4_000)
    assert till.payment().finished


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (given(OWED + 1), "over_refund"),
        (given(person=" "), "person_missing"),
        (given(how="4242 4242 4242 4242"), "card_number_typed"),
        (given(of="none"), "unknown_payment"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(said: GivenElsewhere, code: str) -> None:
    till = Till()
    till.pays()
    with pytest.raises(OperatorError, match=code):
        till.engine.record_given_back(said)


def test_nothing_more_than_was_taken_is_written_down() -> None:
    till = Till()
    till.pays()
    till.gives()
    with pytest.raises(OperatorError, match="nothing_to_give_back"):
        till.engine.record_given_back(given(1))


@pytest.mark.parametrize(("in_software", "rows"), [(False, [-OWED]), (True, [])])
def test_a_give_back_of_an_older_machines_payment_is_written_down_too(
    in_software: bool, rows: list[int]
) -> None:
    """Nothing of ours was taken: the slip of the older machine is all there is."""
    till = Till()
    till.engine.begin(slip("old-1", operation="credit", in_software=in_software))
    till.runs()
    payment = till.payment("old-1")
    assert till.rows() == rows
    assert payment.attempts[0].to_check, "held against that machine's own report at day end"
    assert payment.finished
    assert holds(payment) == {}


# ---- a credit that began in the practice software ------------------------------------------------------


def offers(till: Till, credit: int) -> list[tuple[str, int]]:
    found = till.engine.credit_offers("model", ROSA[0], usd(credit))
    return [(offer.payment_id, offer.amount.minor) for offer in found]


def test_a_credit_is_offered_back_to_the_card_that_paid_and_not_typed_twice() -> None:
    till = Till()
    till.pays()
    till.settles()
    assert offers(till, 3_850) == [("p1", 3_850)]
    till.gives(3_850, in_software=True)
    till.runs()
    assert till.went_back() == 3_850
    assert till.rows() == [OWED]
    assert offers(till, 50_000) == [("p1", OWED - 3_850)]


def test_after_a_credit_the_rest_is_taken_off_what_stands_there() -> None:
    till = Till()
    till.pays()
    till.settles()
    till.gives(4_000, in_software=True)
    till.runs()
    till.gives(name="rest")
    till.runs()
    assert till.went_back() == OWED
    assert till.rows() == [OWED, -6_000]


def test_a_credit_of_somebody_else_or_of_nothing_is_offered_to_nobody() -> None:
    till = Till()
    till.pays()
    assert till.engine.credit_offers("model", "99999", usd(100)) == ()
    assert offers(till, 0) == []
    assert till.engine.credit_offers("model", ROSA[0], Money(minor=100, currency="EUR")) == ()


def test_a_payment_in_doubt_is_not_offered() -> None:
    till = Till()
    payment: Payment = till.pays()
    till.tells("p1", "dispute_opened", payment.attempts[0].reference, key="d1")
    assert offers(till, 100) == []


# ---- at once --------------------------------------------------------------------------------------------


def test_a_person_who_wants_a_waiting_give_back_now_has_the_gateway_asked_now() -> None:
    till = Till()
    till.pays()
    till.gives(4_000)
    till.runs(1_000)
    till.settles()
    till.engine.resume("b1")
    waits = [d.in_ms for d in till.engine.due() if isinstance(d.command, AwaitGateway)]
    assert waits == [0]
    till.runs(5_000)
    assert till.went_back() == 4_000


def test_a_return_of_the_bank_takes_the_whole_row_back_whatever_it_says_of_sums() -> None:
    till = Till()
    till.pays()
    reference = till.payment().attempts[0].reference
    till.tells("p1", "settled", reference)
    till.tells("p1", "returned", reference, code="R01", returned_minor=OWED)
    till.runs()
    assert till.rows() == [OWED, -OWED]


# ---- bank debits -----------------------------------------------------------------------------------------


def bank_debit(till: Till) -> Payment:
    """Taken on the simulator's terminal, and known as a bank debit."""
    return till.pays(known_as="keyed_ach")


def test_a_bank_debit_is_refunded_only_after_its_settlement() -> None:
    till = Till(refund_before_settlement=True)
    bank_debit(till)
    assert till.offers(4_000).when == "settled"
    till.settles()
    assert till.offers(4_000).when == "now"


def test_a_bank_debit_that_was_an_error_is_reversed_as_a_whole_and_soon() -> None:
    till = Till()
    payment = bank_debit(till)
    with pytest.raises(OperatorError, match="reversal_not_settled"):
        till.gives(error="duplicate")
    till.settles()
    till.tells("p1", "settled", payment.attempts[0].reference)
    with pytest.raises(OperatorError, match="reversal_whole_only"):
        till.gives(4_000, error="duplicate")
    till.gives(error="duplicate")
    till.runs()
    assert till.went_back() == OWED


def test_a_refund_that_staff_wrote_down_is_not_counted_again_when_the_report_names_it() -> None:
    till = Till()
    till.pays()
    till.engine.record_given_back(given(4_000))
    till.tells(
        "p1", "refunded_elsewhere", till.payment().attempts[0].reference, returned_minor=4_000, key="rf1"
    )
    till.runs()
    assert till.payment().elsewhere == usd(4_000)
    assert till.rows() == [OWED, -4_000]


def test_a_lost_dispute_is_not_the_refund_that_staff_wrote_down() -> None:
    till = Till()
    till.pays()
    till.engine.record_given_back(given(4_000))
    till.runs()
    reference = till.payment().attempts[0].reference
    till.tells("p1", "dispute_lost", reference, returned_minor=4_000, key="case1")
    till.runs()
    assert till.payment().elsewhere == usd(8_000)
    assert sum(till.rows()) == OWED - 8_000


def test_a_refund_of_another_sum_is_not_the_one_that_staff_wrote_down() -> None:
    till = Till()
    till.pays()
    till.engine.record_given_back(given(4_000))
    reference = till.payment().attempts[0].reference
    till.tells("p1", "refunded_elsewhere", reference, returned_minor=1_000, key="rf2")
    assert till.payment().elsewhere == usd(5_000)
