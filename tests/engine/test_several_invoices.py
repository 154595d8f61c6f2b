"""Several payments on one invoice, and one payment over several invoices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.clinic import ROSA, Clinic
from tests.engine.scripted_desk import PAID, SESSION, Desk, usd
from tests.engine.test_on_a_file import OnFile
from tillbridge.domain.errors import Fact, OperatorError
from tillbridge.domain.event import Event
from tillbridge.domain.fold import fold
from tillbridge.domain.invoice import Debt
from tillbridge.domain.money import Parts, only_base
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.next_command import Send
from tillbridge.domain.operation import Entry
from tillbridge.domain.outcome import Cancelled, Declined, Found, PartiallyApproved, Unknown
from tillbridge.domain.posting_leg import PostingState
from tillbridge.domain.shares import Share, held, spread
from tillbridge.engine.policy import HOUR, MINUTE
from tillbridge.engine.requests import PayRequest
from tillbridge.journal.sqlite import open_journal

FIRST, SECOND, THIRD = 12_000, 9_240, 4_800
NUMBERS = ("10482", "10483", "10484")


def owed(number: str, minor: int, **changes: Any) -> Debt:
    usual: dict[str, Any] = {"software": "model", "account_id": ROSA[0], "client": ROSA[1]}
    return Debt(**(usual | {"invoice_number": number, "balance": usd(minor)} | changes))


def three(*minors: int) -> tuple[Share, ...]:
    balances = (FIRST, SECOND, THIRD)
    return tuple(
        Share(debt=owed(number, balance), minor=minor)
        for number, balance, minor in zip(NUMBERS, balances, minors, strict=False)
    )


ALL = three(FIRST, SECOND, THIRD)


def wish(shares: tuple[Share, ...] = ALL, **changes: Any) -> dict[str, Any]:
    base = sum(share.minor for share in shares)
    return {"parts": only_base(usd(base)), "debt": shares[0].debt, "shares": shares} | changes


@pytest.fixture
def clinic() -> Clinic:
    clinic = Clinic()
    for number, minor in zip(NUMBERS, (FIRST, SECOND, THIRD), strict=True):
        clinic.owe(minor, ROSA, number)
    return clinic


def rows(clinic: Clinic) -> dict[str, int]:
    return {row.invoice_number: row.amount.minor for row in clinic.books.rows}


# ---- one payment over several invoices ------------------------------------------------------------


def test_one_tap_pays_several_invoices_each_with_a_row_of_its_own(clinic: Clinic) -> None:
    clinic.pay("p1", FIRST + SECOND + THIRD, **wish())
    clinic.lets_pass(5 * MINUTE)
    assert rows(clinic) == {"10482": FIRST, "10483": SECOND, "10484": THIRD}
    payment = clinic.payment("p1")
    assert len({p.marker for p in payment.postings}) == 3
    assert {p.state for p in payment.postings} == {PostingState.POSTED}
    assert payment.finished
    assert len(clinic.gateway.asked) == 1


def test_each_invoices_share_is_held_until_its_own_row_is_seen(clinic: Clinic) -> None:
    clinic.gateway.started = Unknown(cause="read_timeout")
    clinic.engine.begin(_request(ALL))
    scopes = [share.debt.scope for share in ALL]
    assert [clinic.journal.held_minor(scope) for scope in scopes] == [FIRST, SECOND, THIRD]
    clinic = _paid(clinic)
    assert [clinic.journal.held_minor(scope) for scope in scopes] == [FIRST, SECOND, THIRD]
    clinic.lets_pass(5 * MINUTE)
    assert [clinic.journal.held_minor(scope) for scope in scopes] == [0, 0, 0]


def _request(shares: tuple[Share, ...], **changes: Any) -> Any:
    usual: dict[str, Any] = {"payment_id": "p1", "operation": "sale", "entry": Entry.TERMINAL}
    return PayRequest(**(usual | {"terminal_id": "t1"} | wish(shares) | changes))


def _paid(clinic: Clinic) -> Clinic:
    clinic.gateway.started = replace(PAID, amount=usd(FIRST + SECOND + THIRD))
    [send] = [d for d in clinic.engine.due() if isinstance(d.command, Send)]
    clinic.engine.step("p1", send.command)
    return clinic


def test_one_invoice_that_is_taken_already_refuses_the_whole(clinic: Clinic) -> None:
    """In one transaction: nothing of it is held then."""
    clinic.pay("p0", 100, ROSA, "10484")
    clinic.gateway.started = Unknown(cause="read_timeout")
    with pytest.raises(OperatorError) as refused:
        clinic.engine.begin(_request(ALL))
    assert refused.value.code == "not_chargeable"
    assert clinic.journal.payment("p1") is None
    assert clinic.journal.held_minor(ALL[0].debt.scope) == 0


def test_another_card_for_several_invoices_is_held_against_each_of_them(clinic: Clinic) -> None:
    clinic.gateway.started = Declined(category="generic", retry="other_card")
    clinic.engine.begin(_request(ALL))
    [send] = [d for d in clinic.engine.due() if isinstance(d.command, Send)]
    clinic.engine.step("p1", send.command)
    clinic.pay("p2", SECOND, ROSA, "10483")
    with pytest.raises(OperatorError) as refused:
        clinic.engine.try_again("p1")
    assert refused.value.code == "not_chargeable"


def test_a_smaller_approval_pays_the_invoices_in_their_order(clinic: Clinic) -> None:
    clinic.engine.begin(_request(ALL))
    asked = usd(FIRST + SECOND + THIRD)
    clinic.gateway.started = PartiallyApproved(amount=usd(15_000), asked=asked, gateway_ref="g1")
    [send] = [d for d in clinic.engine.due() if isinstance(d.command, Send)]
    clinic.engine.step("p1", send.command)
    clinic.engine.keep_partial("p1", True, "Kim")
    clinic.lets_pass(5 * MINUTE)
    assert rows(clinic) == {"10482": FIRST, "10483": 3_000}
    assert clinic.payment("p1").finished
    assert clinic.journal.held_minor(ALL[2].debt.scope) == 0


def test_a_return_by_the_bank_takes_back_every_row(clinic: Clinic) -> None:
    clinic.pay("p1", FIRST + SECOND + THIRD, **wish())
    clinic.lets_pass(5 * MINUTE)
    payment = clinic.payment("p1")
    event = Event(kind="returned", at=clinic.clock.now(), subject=payment.attempts[0].reference)
    clinic.engine._append("p1", payment, (event,))
    backs = [p for p in clinic.payment("p1").postings if p.kind == "return"]
    assert [(b.amount.minor, clinic.payment("p1").debt_of(b).invoice_number) for b in backs] == [
        (FIRST, "10482"),
        (SECOND, "10483"),
        (THIRD, "10484"),
    ]


@pytest.mark.parametrize("posted", [True, False])
def test_a_part_that_went_back_elsewhere_is_taken_from_the_newest_rows(clinic: Clinic, posted: bool) -> None:
    clinic.pay("p1", FIRST + SECOND + THIRD, **wish())
    if posted:
        clinic.lets_pass(5 * MINUTE)
    payment = clinic.payment("p1")
    facts: dict[str, Fact] = {"returned_minor": THIRD + 1_200, "key": "portal-1"}
    told = Event(
        kind="refunded_elsewhere", at=clinic.clock.now(), subject=payment.attempts[0].reference, facts=facts
    )
    clinic.engine._append("p1", payment, (told,))
    clinic.lets_pass(5 * MINUTE)
    after = clinic.payment("p1")
    backs = [(p.amount.minor, after.debt_of(p).invoice_number) for p in after.postings if p.kind != "sale"]
    assert backs == ([(THIRD, "10484"), (1_200, "10483")] if posted else [])
    if not posted:
        assert rows(clinic) == {"10482": FIRST, "10483": SECOND - 1_200}


def test_a_crash_between_the_rows_posts_each_of_them_once(clinic: Clinic) -> None:
    clinic.pay("p1", FIRST + SECOND + THIRD, **wish())
    while len(clinic.books.rows) < 2:
        due = clinic.engine.due()[0]
        clinic.clock.now_ms += due.in_ms
        clinic.engine.step(due.payment_id, due.command)
    clinic.clock.reboot()
    clinic.restarted()
    clinic.lets_pass(HOUR)
    assert rows(clinic) == {"10482": FIRST, "10483": SECOND, "10484": THIRD}
    assert len(clinic.books.rows) == 3


def test_a_link_over_several_invoices_is_closed_when_one_of_them_is_paid_otherwise(clinic: Clinic) -> None:
    clinic.gateway.opened = SESSION
    clinic.engine.begin(_request(ALL, entry=Entry.LINK))
    [send] = [d for d in clinic.engine.due() if isinstance(d.command, Send)]
    clinic.engine.step("p1", send.command)
    assert clinic.engine.balance_read(owed("10484", THIRD)) == []
    assert len(clinic.engine.balance_read(owed("10484", THIRD - 1))) == 1
    assert clinic.payment("p1").attempts[0].closing == "paid_otherwise"


@pytest.mark.parametrize(
    ("shares", "changes", "code"),
    [
        (ALL, {"parts": only_base(usd(FIRST))}, "shares_sum"),
        (three(FIRST, 0, THIRD), {}, "shares_sum"),
        (three(FIRST + 1, -1), {}, "shares_sum"),
        (ALL[:1], {}, "shares_invoices"),
        ((ALL[0], ALL[0]), {}, "shares_invoices"),
        (ALL, {"debt": ALL[1].debt}, "shares_invoices"),
        ((ALL[0], Share(debt=owed("2", 1, balance=None), minor=1)), {}, "shares_invoices"),
        ((ALL[0], Share(debt=owed("2", 1, balance_of="account"), minor=1)), {}, "shares_invoices"),
        ((ALL[0], Share(debt=owed("2", 1, account_id="00017"), minor=1)), {}, "shares_client"),
        (ALL, {"operation": "deposit"}, "operation_unknown"),
    ],
)
def test_an_allocation_that_cannot_be_right_is_refused(
    clinic: Clinic, shares: tuple[Share, ...], changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(OperatorError) as refused:
        clinic.engine.begin(_request(shares, **changes))
    assert refused.value.code == code
    assert clinic.journal.since(0) == ()


def test_the_same_id_with_another_allocation_is_another_payment(clinic: Clinic) -> None:
    begun = clinic.engine.begin(_request(ALL))
    assert clinic.engine.begin(_request(ALL)) == begun
    other = three(FIRST, SECOND - 1, THIRD + 1)
    with pytest.raises(OperatorError) as refused:
        clinic.engine.begin(_request(other))
    assert refused.value.code == "payment_id_used"


def test_a_fee_goes_with_the_first_invoice_where_the_site_books_it(clinic: Clinic) -> None:
    clinic.with_policy(fee_in_software=True)
    clinic.owe(FIRST + 300, ROSA, "10482")
    parts = Parts(base=usd(FIRST + SECOND), fee=usd(300), tip=usd(0))
    clinic.pay("p1", FIRST + SECOND + 300, **wish(ALL[:2], parts=parts))
    assert [p.amount.minor for p in clinic.payment("p1").postings] == [FIRST + 300, SECOND]


def test_an_allocation_that_does_not_sum_makes_no_attempt(clinic: Clinic) -> None:
    """The journal of a program that was changed by hand: it is shown, never sent."""
    clinic.engine.begin(_request(ALL))
    events = [stored.event for stored in clinic.journal.events("p1")]
    lacking = [event for event in events if event.text("invoice_number") != "10484"]
    with pytest.raises(Exception, match="impossible"):
        fold("p1", lacking)


@given(parts=st.lists(st.integers(1, 5_000), min_size=1, max_size=6), taken=st.integers(0, 40_000))
def test_what_was_taken_is_spread_to_the_cent(parts: list[int], taken: int) -> None:
    shares = [Share(debt=owed(str(n), 5_000), minor=minor) for n, minor in enumerate(parts)]
    found = spread(shares, taken)
    assert sum(share.minor for share in found) == taken
    assert sum(held(shares, taken).values()) == taken
    beyond = max(0, taken - sum(parts))
    for share in found:
        most = parts[int(share.debt.invoice_number)] + (beyond if share is found[0] else 0)
        assert 0 < share.minor <= most


# ---- several payments on one invoice --------------------------------------------------------------


def test_two_cards_and_cash_pay_one_invoice_between_them(clinic: Clinic) -> None:
    """Split tender: each payment is bound by what the others hold or took."""
    clinic.pay("p1", 5_000, ROSA, "10482")
    with pytest.raises(OperatorError) as refused:
        clinic.pay("p2", FIRST - 5_000 + 1, ROSA, "10482")
    assert refused.value.code == "not_chargeable"
    clinic.pay("p2", 4_000, ROSA, "10482")
    clinic.lets_pass(5 * MINUTE)
    clinic.books.put(ROSA[0], "10482", 3_000)
    assert clinic.books.balance(ROSA[0], "10482") == 0
    assert clinic.payment("p1").finished
    assert clinic.payment("p2").finished


def test_a_link_for_the_rest_beside_a_card_for_a_part(clinic: Clinic) -> None:
    clinic.gateway.opened = SESSION
    clinic.pay("p1", 5_000, ROSA, "10482", entry=Entry.LINK)
    clinic.pay("p2", FIRST - 5_000, ROSA, "10482")
    with pytest.raises(OperatorError):
        clinic.pay("p3", 1, ROSA, "10482")
    clinic.engine.cancel("p1")
    clinic.gateway.told = Found(outcome=Cancelled(by="cashier"))
    clinic.lets_pass(MINUTE)
    assert clinic.payment("p1").attempts[0].state is MoneyState.CANCELLED
    assert rows(clinic) == {"10482": FIRST - 5_000}
    clinic.pay("p3", 5_000, ROSA, "10482")
    clinic.lets_pass(5 * MINUTE)
    assert clinic.books.balance(ROSA[0], "10482") == 0


def test_on_a_disk_each_invoice_is_held_alike_and_reads_back_the_same(tmp_path: Path) -> None:
    clinic = OnFile(tmp_path / "journal.db")
    for number, minor in zip(NUMBERS, (FIRST, SECOND, THIRD), strict=True):
        clinic.owe(minor, ROSA, number)
    clinic.pay("p0", 100, ROSA, "10484")
    with pytest.raises(OperatorError):
        clinic.engine.begin(_request(ALL))
    assert clinic.journal.payment("p1") is None
    clinic.engine.begin(_request(three(FIRST, SECOND, THIRD - 100)))
    before = clinic.payment("p1")
    clinic.journal.close()
    again = open_journal(tmp_path / "journal.db")
    assert again.payment("p1") == before
    assert again.held_minor(ALL[2].debt.scope) == THIRD
    again.close()


def test_a_desk_without_shares_is_as_before() -> None:
    desk = Desk()
    payment = desk.begin()
    assert payment.shares == ()
    assert payment.spread_held(5) == {payment.debt.scope: 5}


def test_a_further_invoice_that_was_paid_meanwhile_is_not_charged_once_more(clinic: Clinic) -> None:
    clinic.gateway.started = Declined(category="generic", retry="other_card")
    clinic.engine.begin(_request(ALL))
    clinic.lets_pass(MINUTE)
    clinic.pay("p2", SECOND, ROSA, "10483")
    clinic.lets_pass(5 * MINUTE)
    assert clinic.payment("p2").finished
    with pytest.raises(OperatorError) as refused:
        clinic.engine.try_again("p1")
    assert refused.value.code == "balance_changed"
