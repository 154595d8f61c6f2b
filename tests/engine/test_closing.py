"""Ready to close? Exact figures of a day: what was taken, what is in the books, and why each difference is one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.story import at, attempt, created
from tests.domain.test_random_stories import SENSIBLE, tell
from tests.engine.clinic import Clinic
from tillbridge.domain.event import Event
from tillbridge.domain.fold import fold
from tillbridge.domain.payment import Payment
from tillbridge.engine import money_moves
from tillbridge.engine.closing import BrandLine, DayEnd, Item, day_end
from tillbridge.engine.policy import HOUR, Policy

TODAY = at(0).wall_ms // 86_400_000
NEXT = 86_400
"""A day in seconds: the stories begin at eight in the morning."""
POLICY = Policy()


class Told:
    """One payment, told event by event."""

    def __init__(self, payment_id: str, minor: int, second: int = 100, **facts: Any) -> None:
        self.payment_id, self.minor, self.second = payment_id, minor, second
        self.reference, self.marker = f"TB{payment_id}", f"V-{payment_id}"
        self.events: list[Event] = []
        asked: dict[str, Any] = {
            "operation": "sale", "entry": "terminal", "base_minor": minor, "fee_minor": 0, "tip_minor": 0,
            "currency": "USD", "software": "impromed", "account_id": "0017", "client": "Rosa Alvarez",
            "invoice_number": "10482", "balance_minor": None, "of": "",
        } | facts  # fmt: skip
        self.add("payment_created", "", **asked)
        whole = asked["base_minor"] + asked["fee_minor"] + asked["tip_minor"]
        where = {"link": "link", "keyed_ach": "page", "standalone": "slip"}.get(asked["entry"], "terminal")
        self.add("attempt_created", self.reference, amount_minor=whole, horizon_ms=60_000, where=where)

    def add(self, kind: str, subject: str, second: int | None = None, /, **facts: Any) -> Told:
        self.events.append(Event(kind=kind, at=at(second or self.second), subject=subject, facts=facts))
        return self

    def sent(self) -> Told:
        return self.add("send_started", self.reference)

    def taken(self, minor: int = 0, kind: str = "approved", brand: str = "Visa", **facts: Any) -> Told:
        self.sent()
        return self.add(
            kind, self.reference, amount_minor=minor or self.minor, brand=brand, last4="4242", **facts
        )

    def owed(self, minor: int = 0, kind: str = "sale") -> Told:
        amount = minor or self.minor
        self.add("posting_created", self.marker, kind=kind, reference=self.reference, amount_minor=amount)
        return self.add("posting_owed", self.marker)

    def entered(self, second: int | None = None, minor: int = 0, kind: str = "sale") -> Told:
        """In the books, seen there."""
        self.owed(minor, kind)
        self.add("posting_safe_moment", self.marker, second)
        return self.add("posting_found", self.marker, second)

    @property
    def payment(self) -> Payment:
        found = fold(self.payment_id, self.events)
        assert found is not None
        return found


def refund_of(
    parent: Told, payment_id: str, minor: int, second: int, operation: str = "refund", **facts: Any
) -> Told:
    parent.add("give_back_asked", "", second, payment_id=payment_id, operation=operation)
    return Told(payment_id, minor, second, operation=operation, entry="", of=parent.payment_id, **facts)


def closed(*told: Told, day: int = TODAY, policy: Policy = POLICY) -> DayEnd:
    return day_end([money_moves.Told(payment=one.payment, events=one.events) for one in told], day, policy)


def figures(found: DayEnd) -> dict[str, tuple[int, int, int, int]]:
    """Brand -> taken, apart, in the books, difference."""
    return {line.brand: numbers(line) for line in found.lines}


def numbers(line: BrandLine) -> tuple[int, int, int, int]:
    return line.taken.minor, line.apart.minor, line.in_books.minor, line.difference.minor


def reasons(items: tuple[Item, ...]) -> list[tuple[str, str, int]]:
    return [(item.payment_id, item.reason, item.amount.minor) for item in items]


def test_a_day_without_payments_agrees() -> None:
    found = closed()
    assert (found.lines, found.agrees, found.ready, numbers(found.total)) == ((), True, True, (0, 0, 0, 0))


def test_each_brand_is_summed_and_the_day_agrees() -> None:
    found = closed(
        Told("a", 21_240).taken().entered(),
        Told("b", 9_620).taken().entered(),
        Told("c", 30_000).taken(brand="Amex").entered(),
        Told("d", 5_000).taken().entered(NEXT),
        day=TODAY,
    )
    assert figures(found) == {"Visa": (35_860, 0, 30_860, 5_000), "Amex": (30_000, 0, 30_000, 0)}
    assert numbers(found.total) == (65_860, 0, 60_860, 5_000)
    assert reasons(found.differences) == [("d", "entered_other_day", 5_000)]


def test_the_same_payment_is_named_on_the_day_on_which_it_was_entered() -> None:
    late = Told("d", 5_000).taken().entered(NEXT)
    found = closed(late, day=TODAY + 1)
    assert figures(found) == {"Visa": (0, 0, 5_000, -5_000)}
    assert reasons(found.differences) == [("d", "taken_other_day", -5_000)]
    assert found.differences[0].other_day == TODAY
    assert closed(late, day=TODAY + 2).agrees


@pytest.mark.parametrize(
    ("kinds", "reason"),
    [
        ((), "waits"),
        (("posting_safe_moment",), "looking"),
        (("posting_safe_moment", "posting_clear"), "looking"),
        (("posting_safe_moment", "posting_found_wrong"), "needs_person"),
    ],
)
def test_a_row_that_is_not_seen_is_not_counted_and_its_difference_says_why(
    kinds: tuple[str, ...], reason: str
) -> None:
    one = Told("a", 9_620).taken().owed()
    for kind in kinds:
        one.add(kind, one.marker, reason="amount")
    found = closed(one)
    assert figures(found) == {"Visa": (9_620, 0, 0, 9_620)}
    assert reasons(found.differences) == [("a", reason, 9_620)]
    assert found.differences[0].marker == "V-a"
    assert reasons(found.open_) == [("a", reason, 9_620)]
    assert not found.ready


def test_money_for_which_no_row_was_made_is_missing() -> None:
    found = closed(Told("a", 9_620).taken())
    assert reasons(found.differences) == reasons(found.open_) == [("a", "missing", 9_620)]


def test_a_row_that_a_person_dropped_is_a_difference() -> None:
    dropped = Told("a", 9_620).taken().owed().add("posting_replaced", "V-a")
    assert reasons(closed(dropped).differences) == [("a", "not_entered", 9_620)]
    assert closed(dropped).open_ == ()


def test_fee_and_tip_that_the_site_does_not_enter_are_told_apart() -> None:
    one = Told("a", 10_000, fee_minor=400, tip_minor=2_000).taken(12_400).entered(minor=10_000)
    assert figures(closed(one)) == {"Visa": (12_400, 2_400, 10_000, 0)}
    assert closed(one).agrees


def test_a_fee_that_the_site_enters_belongs_into_the_books() -> None:
    one = Told("a", 10_000, fee_minor=400).taken(10_400).entered(minor=10_400)
    assert figures(closed(one, policy=Policy(fee_in_software=True))) == {"Visa": (10_400, 0, 10_400, 0)}
    assert reasons(closed(one).differences) == [("a", "other_amount", -400)]


def test_a_refund_of_another_day_is_taken_off_on_its_own_day() -> None:
    sale = Told("a", 9_620).taken().entered()
    back = refund_of(sale, "b", 3_850, NEXT).taken(brand="").entered(kind="refund")
    assert figures(closed(sale, back)) == {"Visa": (9_620, 0, 9_620, 0)}
    tomorrow = closed(sale, back, day=TODAY + 1)
    assert figures(tomorrow) == {"Visa": (-3_850, 0, -3_850, 0)}
    assert reasons(tomorrow.given_back) == [("b", "", -3_850)]
    assert tomorrow.agrees


def test_a_refund_that_is_not_entered_yet_is_named() -> None:
    sale = Told("a", 9_620).taken().entered()
    back = refund_of(sale, "b", 3_850, 200).taken(brand="").owed(kind="refund")
    found = closed(sale, back)
    assert figures(found) == {"Visa": (5_770, 0, 9_620, -3_850)}
    assert reasons(found.differences) == [("b", "waits", -3_850)]


def test_what_went_back_before_it_was_entered_stands_in_neither_sum() -> None:
    sale = Told("a", 9_620).taken().owed().add("posting_replaced", "V-a")
    void = refund_of(sale, "b", 9_620, 200, "void").taken(brand="")
    void.add("give_back_told", "", given_minor=9_620, over=False, settled=True)
    found = closed(sale, void)
    assert found.agrees
    assert numbers(found.total) == (0, 0, 0, 0)
    assert found.lines == ()


def test_a_return_that_the_software_has_already_is_not_asked_for() -> None:
    sale = Told("a", 9_620).taken().entered()
    back = refund_of(sale, "b", 3_850, 200, in_software=True).taken(brand="")
    found = closed(sale, back)
    assert figures(found) == {"Visa": (5_770, 0, 5_770, 0)}
    assert found.open_ == ()


def test_a_refund_at_the_processors_own_portal_is_taken_off_when_it_was_told() -> None:
    sale = Told("a", 9_620).taken().entered()
    sale.add("refunded_elsewhere", sale.reference, NEXT, key="k1", returned_minor=3_850)
    sale.add("posting_created", "V-r", NEXT, kind="return", reference=sale.reference, amount_minor=3_850)
    sale.add("posting_owed", "V-r", NEXT)
    assert figures(closed(sale)) == {"Visa": (9_620, 0, 9_620, 0)}
    tomorrow = closed(sale, day=TODAY + 1)
    assert figures(tomorrow) == {"Visa": (-3_850, 0, 0, -3_850)}
    assert reasons(tomorrow.differences) == [("a", "waits", -3_850)]
    for kind in ("posting_safe_moment", "posting_found"):
        sale.add(kind, "V-r", NEXT)
    assert closed(sale, day=TODAY + 1).agrees


def test_a_refund_at_another_terminal_that_the_software_has_already_agrees() -> None:
    sale = Told("a", 9_620).taken().entered()
    sale.add("refunded_elsewhere", sale.reference, NEXT, key="said:1", returned_minor=3_850, in_software=True)
    tomorrow = closed(sale, day=TODAY + 1)
    assert figures(tomorrow) == {"Visa": (-3_850, 0, -3_850, 0)}
    assert tomorrow.agrees


def test_the_same_refund_told_twice_is_taken_off_once() -> None:
    sale = Told("a", 9_620).taken().entered()
    for second in (NEXT, NEXT + 5):
        sale.add(
            "refunded_elsewhere", sale.reference, second, key="k1", returned_minor=3_850, in_software=True
        )
    assert figures(closed(sale, day=TODAY + 1)) == {"Visa": (-3_850, 0, -3_850, 0)}


def test_what_the_bank_returns_after_a_partial_refund_is_the_rest() -> None:
    debit = Told("a", 10_000, entry="keyed_ach").taken(kind="pended", brand="First Bank").entered()
    debit.add("settled", debit.reference)
    back = refund_of(debit, "b", 1_000, 200).taken(brand="").entered(kind="refund")
    debit.add("returned", debit.reference, NEXT, returned_minor=9_000, code="R10")
    assert figures(closed(debit, back)) == {"bank": (9_000, 0, 9_000, 0)}
    assert figures(closed(debit, back, day=TODAY + 1)) == {"bank": (-9_000, 0, 0, -9_000)}


def test_a_debit_that_is_presented_again_comes_in_on_its_own_day() -> None:
    debit = Told("a", 10_000, entry="keyed_ach")
    debit.taken(kind="pended", brand="First Bank", business_day=TODAY).entered()
    debit.add("settled", debit.reference)
    back = refund_of(debit, "b", 1_000, 200).taken(brand="").entered(kind="refund")
    debit.add("returned", debit.reference, NEXT, returned_minor=9_000)
    debit.add("re_presented", debit.reference, 2 * NEXT)
    sums = [closed(debit, back, day=TODAY + days).total.taken.minor for days in range(4)]
    assert sums == [9_000, -9_000, 9_000, 0]


def test_a_charge_that_was_voided_at_the_processor_goes_back_with_its_fee() -> None:
    sale = Told("a", 10_000, fee_minor=400).taken(10_400).entered(minor=10_000)
    sale.add("voided", sale.reference, NEXT)
    assert figures(closed(sale)) == {"Visa": (10_400, 400, 10_000, 0)}
    assert figures(closed(sale, day=TODAY + 1)) == {"Visa": (-10_400, -400, 0, -10_000)}


def test_what_is_given_back_for_an_older_machine_goes_out() -> None:
    credit = (
        Told("a", 3_850, operation="credit", entry="standalone").taken(to_check=True).entered(kind="refund")
    )
    found = closed(credit)
    assert figures(found) == {"Visa": (-3_850, 0, -3_850, 0)}
    assert reasons(found.given_back) == [("a", "", -3_850)]
    assert reasons(found.open_) == [("a", "to_check", -3_850)]


def test_keeping_a_card_moves_nothing() -> None:
    kept = Told("a", 0, operation="store_card", entry="terminal")
    kept.sent().add("approved", kept.reference, amount_minor=0, brand="Visa", last4="4242")
    assert (closed(kept).lines, closed(kept).differences) == ((), ())


def test_a_bank_debit_is_taken_on_its_day_and_its_return_on_another() -> None:
    debit = Told("a", 9_620, entry="keyed_ach").taken(kind="pended", brand="First Bank").entered()
    found = closed(debit)
    assert figures(found) == {"bank": (9_620, 0, 9_620, 0)}
    assert reasons(found.open_) == [("a", "bank_on_its_way", 9_620)]
    assert reasons(closed(debit, day=TODAY + 3).carried) == [("a", "bank_on_its_way", 9_620)]
    debit.add("returned", debit.reference, NEXT, code="R01")
    tomorrow = closed(debit, day=TODAY + 1)
    assert [(item.payment_id, item.detail, item.amount.minor) for item in tomorrow.returned] == [
        ("a", "R01", 9_620)
    ]
    assert closed(debit).returned == ()
    assert figures(tomorrow) == {"bank": (-9_620, 0, 0, -9_620)}
    assert closed(debit).agrees


def test_what_nobody_knows_keeps_a_day_from_being_ready() -> None:
    doubt = Told("a", 9_620).sent()
    doubt.add("no_reply", doubt.reference)
    found = closed(doubt)
    assert (found.agrees, found.ready) == (True, False)
    assert reasons(found.open_) == [("a", "finding_out", 9_620)]


def test_a_link_that_nobody_paid_is_no_doubt_and_a_paid_one_is_listed() -> None:
    waiting = Told("a", 9_620, entry="link").sent()
    waiting.add("acknowledged", waiting.reference, session_id="s", url="https://x.example", lives_ms=1)
    paid = Told("b", 5_000, entry="link").taken().entered()
    late = Told("c", 6_000, entry="link").taken().owed()
    found = closed(waiting, paid, late)
    assert [(item.payment_id, item.in_books) for item in found.links] == [("b", True), ("c", False)]
    assert [item.payment_id for item in found.open_] == ["c"]


def test_the_day_of_a_link_that_was_paid_at_night_is_the_one_that_was_decided() -> None:
    """It was approved at 23:00 of one day by the clock; the site's day had ended by then."""
    night = 15 * 3600
    link = Told("a", 9_620, night, entry="link").taken(business_day=TODAY + 1).entered(night + 9 * 3600 + 60)
    assert closed(link).lines == ()
    found = closed(link, day=TODAY + 1)
    assert figures(found) == {"Visa": (9_620, 0, 9_620, 0)}
    assert [item.payment_id for item in found.links] == ["a"]


def test_a_business_day_may_end_in_the_morning() -> None:
    """An emergency clinic's day goes on until four: what is entered at three belongs to the day before."""
    policy = Policy(day_ends_ms=4 * HOUR)
    three = 19 * 3600
    one = Told("a", 9_620, three).taken().entered(three + 60)
    assert figures(closed(one, policy=policy)) == {"Visa": (9_620, 0, 9_620, 0)}
    assert closed(one, day=TODAY + 1, policy=policy).lines == ()


def test_a_slip_of_another_terminal_is_to_be_checked_until_somebody_did() -> None:
    slip = Told("a", 9_620, entry="standalone").taken(to_check=True).entered()
    assert reasons(closed(slip).open_) == [("a", "to_check", 9_620)]
    assert closed(slip).ready
    assert reasons(closed(slip, day=TODAY + 1).carried) == [("a", "to_check", 9_620)]
    slip.add("slip_checked", slip.reference, person="Kim")
    assert closed(slip).open_ == ()


def test_deposits_are_listed_and_counted() -> None:
    found = closed(Told("a", 80_000, operation="deposit", invoice_number="").taken().entered(kind="deposit"))
    assert reasons(found.deposits) == [("a", "", 80_000)]
    assert figures(found) == {"Visa": (80_000, 0, 80_000, 0)}


def test_a_dispute_is_carried_over() -> None:
    sale = Told("a", 9_620).taken().entered()
    sale.add("dispute_opened", sale.reference, NEXT, key="d1")
    assert reasons(closed(sale, day=TODAY + 1).carried) == [("a", "disputed", 9_620)]


def test_what_waits_since_yesterday_is_carried_with_its_reason() -> None:
    old = Told("a", 9_620).taken().owed()
    new = Told("b", 5_000, NEXT).taken().owed()
    found = closed(new, old, day=TODAY + 1)
    assert reasons(found.open_) == [("a", "waits", 9_620), ("b", "waits", 5_000)]
    assert reasons(found.carried) == [("a", "waits", 9_620)]
    assert reasons(found.differences) == [("b", "waits", 5_000)]
    assert closed(new, old).open_ == closed(old).open_


def test_a_row_that_only_a_person_saw_is_counted_and_named() -> None:
    one = Told("a", 9_620).taken().owed()
    for kind in ("posting_safe_moment", "posting_found_wrong"):
        one.add(kind, one.marker, reason="amount")
    one.add("posting_said_posted", one.marker, person="Kim")
    found = closed(one)
    assert figures(found) == {"Visa": (9_620, 0, 9_620, 0)}
    assert [(item.payment_id, item.detail, item.marker) for item in found.said] == [("a", "Kim", "V-a")]


def test_a_declined_card_is_in_no_sum() -> None:
    one = Told("a", 9_620).sent()
    one.add("declined", one.reference, reason="generic")
    assert closed(one) == closed()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(SENSIBLE, st.integers(0, 5)), max_size=40))
def test_whatever_happened_no_money_is_made_and_none_is_counted_twice(steps: list[tuple[Event, int]]) -> None:
    """Over all days: what was taken and has not gone back; a day end is made of any story."""
    story, day = [], 0
    for step, days in steps:
        day += days
        story.append(replace(step, at=at(day * NEXT)))
    payment, events = tell(created(), [attempt(), *story])
    told = money_moves.Told(payment=payment, events=events)
    ends = [day_end([told], TODAY + number, POLICY) for number in range(day + 1)]
    in_all = sum(end.total.taken.minor for end in ends)
    moves = list(money_moves.money_moves(told, payment, POLICY))
    ever = sum(move.minor for move in moves if move.minor > 0)
    assert in_all == sum(move.minor for move in moves)
    assert in_all <= payment.taken.minor
    if not any(event.kind in money_moves._GOES_BACK for event in events):
        assert in_all == ever == payment.taken.minor
    assert all(end.agrees or end.differences for end in ends)


def test_the_engine_closes_its_own_day() -> None:
    clinic = Clinic()
    clinic.pay("p1", 21_240)
    before = clinic.engine.day_end()
    clinic.lets_pass(HOUR)
    after = clinic.engine.day_end()
    assert (before.agrees, after.agrees, after.ready) == (False, True, True)
    assert numbers(after.total) == (21_240, 0, 21_240, 0)
    assert clinic.engine.day_end(after.day - 1).lines == ()
