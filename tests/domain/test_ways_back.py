"""Which way money goes back, how it is split, and when a bank debit is an error: the rules alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.story import usd
from tillbridge.domain.ach_reversal import banking_days_between, check_reversal
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.giving_back import Kept, choose, given_elsewhere, parts_taken, to_give_back
from tillbridge.domain.money import Money, Parts
from tillbridge.domain.operation import Entry
from tillbridge.domain.outcome import Approved, CannotTell, Found

PAID = Approved(amount=usd(10_000), gateway_ref="g1")
DAY_MS = 86_400_000
MONDAY_MS = 1_700_438_400_000
"""2023-11-20, midnight UTC."""


def found(**changes: Any) -> Found:
    return Found(outcome=PAID, **changes)


def parts(base: int, fee: int = 0, tip: int = 0) -> Parts:
    return Parts(base=usd(base), fee=usd(fee), tip=usd(tip))


def kept(paid: Parts, *back: Parts, elsewhere: int = 0) -> Kept:
    gone = sum(p.whole.minor for p in back) + elsewhere
    left = usd(max(0, paid.whole.minor - gone))
    return Kept(paid=paid, parts_back=back, elsewhere=usd(elsewhere), left=left)


OPEN = {"settle": "open"}


@pytest.mark.parametrize(
    ("seen", "asked", "way"),
    [
        ({**OPEN, "voidable": True}, {"whole": True}, ("void", "now")),
        ({**OPEN, "voidable": True}, {"whole": False}, ("refund", "settled")),
        ({**OPEN, "voidable": True}, {"whole": False, "refunds_early": True}, ("refund", "now")),
        ({"settle": "queued"}, {"whole": True}, ("refund", "settled")),
        ({"settle": "settled", "refundable": True}, {"whole": True}, ("refund", "now")),
        ({"settle": "queued", "refundable": True}, {"whole": True, "bank": True}, ("refund", "settled")),
        ({**OPEN}, {"whole": False, "refunds_early": True, "bank": True}, ("refund", "settled")),
        ({**OPEN, "voidable": True}, {"whole": True, "bank": True}, ("void", "now")),
        ({"settle": "settled", "refundable": True}, {"whole": True, "bank": True}, ("refund", "now")),
    ],
    ids=str,
)
def test_the_way_follows_from_what_the_gateway_says(
    seen: dict[str, Any], asked: dict[str, Any], way: tuple[str, str]
) -> None:
    choice = choose(found(**seen), **({"refunds_early": False} | asked))
    assert (choice.way, choice.when) == way
    assert choice.seen == ("today" if choice.way == "void" else "days")


@pytest.mark.parametrize("settle", ["voided", "returned", "rejected", "settled"])
def test_what_is_gone_already_is_not_given_back(settle: str) -> None:
    with pytest.raises(OperatorError, match="not_refundable"):
        choose(found(settle=settle), whole=True, refunds_early=True)


def test_without_an_answer_nothing_is_chosen() -> None:
    with pytest.raises(OperatorError, match="gateway_does_not_tell"):
        choose(CannotTell(cause="x"), whole=True, refunds_early=True)


@pytest.mark.parametrize(
    ("taken", "split"), [(10_000, (9_000, 300, 700)), (9_100, (9_000, 100, 0)), (10_500, (9_000, 300, 1_200))]
)
def test_what_was_taken_pays_the_base_first_and_what_is_beyond_all_is_a_tip(
    taken: int, split: tuple[int, int, int]
) -> None:
    assert parts_taken(parts(9_000, 300, 700), usd(taken)) == parts(*split)


def test_what_others_gave_back_counts_as_base_first() -> None:
    with pytest.raises(OperatorError, match="over_refund"):
        to_give_back(kept(parts(9_000, 300), elsewhere=5_000), usd(4_001))
    assert to_give_back(kept(parts(9_000, 300), elsewhere=5_000), None) == parts(4_000, 300)


@pytest.mark.parametrize("minor", [0, -5])
def test_a_part_is_something(minor: int) -> None:
    with pytest.raises(OperatorError, match="over_refund"):
        to_give_back(kept(parts(100)), usd(minor))


@pytest.mark.parametrize(
    ("count", "ours", "others"), [(2_500, 0, 2_500), (2_500, 2_500, 0), (2_500, 4_000, 0), (0, 0, 0)]
)
def test_the_gateways_count_less_our_own_is_what_others_gave_back(count: int, ours: int, others: int) -> None:
    assert given_elsewhere(found(given_back=usd(count)), usd(ours)) == others


@given(
    base=st.integers(1, 50_000),
    fee=st.integers(0, 2_000),
    tip=st.integers(0, 5_000),
    elsewhere=st.integers(0, 3_000),
    wishes=st.lists(st.integers(1, 30_000), max_size=6),
)
def test_any_parts_in_any_order_never_give_back_more_and_close_to_the_cent(
    base: int, fee: int, tip: int, elsewhere: int, wishes: list[int]
) -> None:
    paid = parts(base, fee, tip)
    elsewhere = min(elsewhere, paid.whole.minor)
    back: list[Parts] = []
    for wish in wishes:
        now = kept(paid, *back, elsewhere=elsewhere)
        try:
            part = to_give_back(now, usd(wish))
        except OperatorError:
            continue
        assert part.whole.minor <= now.left.minor
        assert part.tip.minor == 0
        back.append(part)
    now = kept(paid, *back, elsewhere=elsewhere)
    if now.left.minor:
        back.append(to_give_back(now, None))
    assert sum(p.whole.minor for p in back) + elsewhere == paid.whole.minor
    assert sum(p.fee.minor for p in back) <= fee


# ---- a bank debit that was an error ---------------------------------------------------------------


def check(error: str = "duplicate", **changes: Any) -> None:
    usual: dict[str, Any] = {"entry": Entry.KEYED_ACH, "whole": True, "settled_wall_ms": MONDAY_MS}
    check_reversal(error, **(usual | {"now_wall_ms": MONDAY_MS + 7 * DAY_MS} | changes))


@pytest.mark.parametrize(
    ("error", "changes", "code"),
    [
        ("duplicate", {"entry": Entry.TERMINAL}, "reversal_bank_only"),
        ("changed_my_mind", {}, "reversal_error_only"),
        ("wrong_amount", {"whole": False}, "reversal_whole_only"),
        ("wrong_date", {"settled_wall_ms": None}, "reversal_not_settled"),
        ("wrong_receiver", {"now_wall_ms": MONDAY_MS + 8 * DAY_MS}, "reversal_too_late"),
    ],
)
def test_a_reversal_that_the_banks_would_refuse_is_not_sent(
    error: str, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(OperatorError, match=code):
        check(error, **changes)


def test_a_reversal_within_five_banking_days_is_allowed() -> None:
    assert banking_days_between(MONDAY_MS, MONDAY_MS + 7 * DAY_MS) == 5
    check()


def test_money_of_one_currency_is_not_counted_in_another() -> None:
    with pytest.raises(ValueError, match="do not mix"):
        to_give_back(kept(parts(100)), Money(minor=10, currency="EUR"))
