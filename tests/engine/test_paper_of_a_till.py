"""Receipts and day ends over the real engine, adapter and card network: the three books say one sum."""

from __future__ import annotations

import pytest

from tests.engine.till import OWED, ROSA, Till, usd, with_fee
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.invoice import Debt
from tillbridge.engine.closing import DayEnd
from tillbridge.engine.policy import DAY, HOUR

RIGHT = Debt(software="model", account_id=ROSA[0], client=ROSA[1], invoice_number="10490", balance=usd(OWED))


@pytest.fixture
def till() -> Till:
    """In the morning of some day."""
    found = Till()
    found.clock.now_ms = 10 * DAY + 8 * HOUR
    return found


def sums(end: DayEnd) -> tuple[int, int, int, bool]:
    """Taken, not entered, in the books, whether it agrees."""
    total = end.total
    return total.taken.minor, total.apart.minor, total.in_books.minor, end.agrees


def in_the_books(till: Till) -> int:
    return sum(row.amount.minor for row in till.booked())


def test_a_sale_that_is_taken_back_the_same_day(till: Till) -> None:
    till.pays()
    assert sums(till.engine.day_end()) == (OWED, 0, OWED, True)
    first = till.engine.make_receipt("p1", "print")
    till.gives()
    till.runs()
    again, void = till.engine.make_receipt("p1", "print"), till.engine.make_receipt("b1", "print")
    assert sums(till.engine.day_end()) == (0, 0, 0, True)
    assert in_the_books(till) == 0
    assert (first.copy, first.kept, again.copy, again.kept) == (1, usd(OWED), 2, usd(0))
    assert (void.operation, void.copy, void.total) == ("void", 1, usd(OWED))
    assert void.of is not None
    assert (void.of.paid, void.of.left) == (usd(OWED), usd(0))
    assert void.tenders[0].last4 == first.tenders[0].last4 != ""


def test_a_part_that_waits_for_the_batch_is_not_over_and_comes_off_on_its_own_day(till: Till) -> None:
    till.pays()
    till.gives(3_850)
    with pytest.raises(OperatorError, match="no_receipt_yet"):
        till.engine.make_receipt("b1", "print")
    today = till.engine.day_end()
    assert sums(today) == (OWED, 0, OWED, True)
    assert [(item.payment_id, item.reason, item.amount) for item in today.open_] == [
        ("b1", "back_queued", usd(-3_850))
    ]
    till.clock.now_ms += DAY
    till.settles()
    till.runs(2 * HOUR)
    tomorrow = till.engine.day_end()
    assert sums(tomorrow) == (-3_850, 0, -3_850, True)
    assert sums(till.engine.day_end(today.day)) == (OWED, 0, OWED, True)
    assert [item.payment_id for item in tomorrow.given_back] == ["b1"]
    receipt = till.engine.make_receipt("b1", "email")
    assert receipt.of is not None
    assert (receipt.operation, receipt.total, receipt.of.left) == ("refund", usd(3_850), usd(6_150))
    assert in_the_books(till) == OWED - 3_850


def test_what_goes_back_before_it_was_entered_is_in_neither_sum(till: Till) -> None:
    till.takes()
    assert sums(till.engine.day_end()) == (OWED, 0, 0, False)
    till.gives()
    till.money_only()
    till.runs()
    assert sums(till.engine.day_end()) == (0, 0, 0, True)
    assert in_the_books(till) == 0


def test_a_fee_is_told_apart_and_goes_back_with_its_part(till: Till) -> None:
    till.pays(parts=with_fee(OWED, 300))
    assert sums(till.engine.day_end()) == (OWED + 300, 300, OWED, True)
    receipt = till.engine.make_receipt("p1", "print")
    assert (receipt.parts, receipt.total) == (with_fee(OWED, 300), usd(OWED + 300))
    till.gives()
    till.runs()
    assert sums(till.engine.day_end()) == (0, 0, 0, True)


def test_a_payment_that_is_moved_stays_the_same_sum(till: Till) -> None:
    payment = till.pays()
    till.engine.move("p1", payment.postings[0].marker, RIGHT, "Dana")
    till.runs()
    assert sums(till.engine.day_end()) == (OWED, 0, OWED, True)
    shares = till.engine.make_receipt("p1", "print").shares
    assert [share.invoice_number for share in shares] == ["10490"]


def test_a_refund_at_the_processors_portal_is_taken_off_and_entered(till: Till) -> None:
    till.pays()
    reference = till.payment().attempts[0].reference
    till.tells("p1", "refunded_elsewhere", reference, returned_minor=2_500, key="portal-1")
    assert sums(till.engine.day_end()) == (OWED - 2_500, 0, OWED, False)
    till.runs()
    assert sums(till.engine.day_end()) == (OWED - 2_500, 0, OWED - 2_500, True)
    assert till.engine.make_receipt("p1", "print").kept == usd(OWED - 2_500)


def test_the_same_day_is_told_after_a_restart(till: Till) -> None:
    till.pays()
    till.gives()
    till.runs()
    before = till.engine.day_end()
    till.engine.make_receipt("p1", "print", key="wish-1")
    till.restarted()
    assert till.engine.day_end() == before
    assert till.engine.make_receipt("p1", "print", key="wish-1").copy == 1
    assert till.engine.make_receipt("p1", "print", key="wish-2").copy == 2
