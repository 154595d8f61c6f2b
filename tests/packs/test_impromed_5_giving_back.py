"""Giving back with the pack impromed/5 on the real windows of the stand-in v5: a supervisor, a closed day, the account.

That each kind is posted once and found again is in the shipped suite (test_impromed_5_suite.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.packs.impromed_lab import MARKER, ON_ACCOUNT, Lab, trouble
from tests.stand_ins.qt.eyes import Eyes
from tillbridge.domain import matching
from tillbridge.domain.moment import Moment
from tillbridge.domain.money import Money
from tillbridge.flows.practice import STILL_S
from tillbridge.flows.shelf import shelf, sound
from tillbridge.flows.steps import Expect, ExpectRow, Given
from tillbridge.ports.practice import AccountSeen, LedgerSeen, OpenInvoice, PostingOrder

pytestmark = pytest.mark.screen
PROFILE = "v5"
BACK = "V4243-Q2M4"
METHODS = ("Cash", "Check", "CareCredit", "Credit Card (Integrated)", "Gift Card", "Tillbridge", "Write-off")


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


def back(lab: Lab, kind: str, amount: int, of: str = MARKER) -> PostingOrder:
    return lab.order(amount, kind=kind, marker=BACK, of_marker=of)


def ours(lab: Lab) -> Sequence[tuple[str, str, int, str]]:
    """What our windows wrote, by the truth log."""
    acts = [act for act in lab.money() if act["by"] == "skin"]
    return [(act["kind"], act["invoice"], act["amount_minor"], act["reference"]) for act in acts]


def test_the_account_tells_what_is_owed_and_what_stands_on_it(lab: Lab) -> None:
    lab.server.world(
        "by_hand", invoice="10467", amount_minor=ON_ACCOUNT + 2500, method="Check", reference="7"
    )
    lab.until(lambda: _balance(lab) == -2500, "more than is owed")
    seen = lab.practice.read_account(lab.order())
    assert isinstance(seen, AccountSeen), seen
    assert (seen.account_id, seen.client) == ("01042", "Alvarez, Rosa")
    assert (seen.balance, seen.credit) == (usd(-2500), usd(2500))
    assert seen.invoices == (
        OpenInvoice(number="10467", balance=usd(0)),
        OpenInvoice(number="10482", balance=usd(0)),
    )


def _balance(lab: Lab) -> int:
    seen = lab.practice.read_account(lab.order())
    return seen.balance.minor if isinstance(seen, AccountSeen) else 0


def test_a_supervisor_s_password_is_a_person_s_and_the_reversal_is_found_afterwards(lab: Lab) -> None:
    lab.server.world("by_hand", invoice="10467", amount_minor=6000, method="Tillbridge", reference=MARKER)
    lab.server.knobs(reverse_permission="always")
    void = back(lab, "void", 6000)
    report = lab.practice.post(void)
    assert (report.stage, trouble(report).code) == ("doubt", "supervisor_needed"), report.transcript
    assert ours(lab) == []
    eyes = Eyes(lab.desktop)
    box = eyes.window("ImproMed Infinity")
    assert eyes.text(eyes.find(box, "txtPassword")) == "", "nothing was typed there"
    eyes.press(eyes.by_name(box, "push button", "OK"))
    eyes.close()
    lab.until(lambda: lab.windows() == 1, "the end of the reversal")
    seen = lab.ledger(void)
    assert [(row.amount.minor, row.reference) for row in seen.marked] == [(-6000, BACK)]
    assert ours(lab) == [("reversal", "10467", -5550, BACK), ("reversal", "10482", -450, BACK)]


def test_what_was_reversed_today_proves_what_is_there_and_never_what_is_not(lab: Lab) -> None:
    void = back(lab, "void", 21240)
    seen = lab.practice.read_ledger(void)
    assert isinstance(seen, LedgerSeen), seen
    assert (seen.marked, seen.read_to_end, seen.complete) == ((), True, False)
    assert judged(void, seen, touched=False) == matching.ProvenAbsent()
    assert judged(void, seen, touched=True) == matching.NotProven("list_incomplete")


def judged(order: PostingOrder, seen: LedgerSeen, *, touched: bool) -> matching.Verdict:
    wanted = matching.Wanted(
        kind=order.kind,
        account_id=order.account_id,
        invoice_number=order.invoice_number,
        amount=order.amount,
        marker=order.marker,
    )
    then = Moment(wall_ms=0, mono_ms=0, boot="b") if touched else None
    now = Moment(wall_ms=3_600_000, mono_ms=3_600_000, boot="b")
    return matching.match(order=wanted, seen=seen, last_touch=then, now=now, other_markers=())


def test_what_a_closed_day_refuses_is_told_and_leaves_nothing_open(lab: Lab) -> None:
    lab.server.world("close_period")
    report = lab.practice.post(back(lab, "refund", 2500))
    assert (report.stage, report.means, trouble(report).code) == ("doubt", "not_posted", "period_closed")
    assert (ours(lab), lab.windows()) == ([], 1)


def test_a_payment_that_is_not_listed_is_never_taken_back_in_another_way_by_itself() -> None:
    void = sound(shelf() / "impromed" / "5").flows["post_void"]
    assert void.instead is None, "it may have been reversed by hand: a refund would be the second time"


@pytest.mark.parametrize("version", ["5", "6", "7"])
def test_a_reversal_is_committed_only_for_the_whole_of_our_sum_and_the_payment_that_we_mean(
    version: str,
) -> None:
    check = sound(shelf() / "impromed" / version).flows["post_void"].check
    rows = [step for step in check if isinstance(step, ExpectRow)]
    compared = {
        step.value.name for step in check if isinstance(step, Expect) and isinstance(step.value, Given)
    }
    for step in rows:
        terms = (*step.where.values(), *step.has.values())
        compared |= {term.name for term in terms if isinstance(term, Given)}
    assert compared >= {"account_id", "of_marker", "amount", "marker", "employee"}


def test_the_payment_methods_are_listed_and_the_window_is_left(lab: Lab) -> None:
    lab.until(lambda: lab.practice.idle_s() >= STILL_S, "a still desk")
    assert lab.practice.list_payment_methods() == METHODS
    assert lab.windows() == 1
