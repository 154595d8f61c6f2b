"""What others change in the books meanwhile, on the real windows: what we posted is deleted or reversed; less is owed
than was taken, and a person keeps the rest as the client's credit."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tests.engine.scripted_desk import Says, usd
from tests.packs.impromed_lab import MARKER, Lab, order
from tillbridge.domain import matching
from tillbridge.domain.invoice import Debt
from tillbridge.domain.moment import Moment
from tillbridge.domain.money import only_base
from tillbridge.domain.operation import Entry
from tillbridge.domain.outcome import Approved
from tillbridge.domain.payment import Posting
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import MINUTE, Policy
from tillbridge.engine.posting_steps import wanted
from tillbridge.engine.requests import PayRequest
from tillbridge.journal.memory import MemoryJournal
from tillbridge.ports.gateway import Gateway
from tillbridge.ports.practice import InvoiceSeen, PostingOrder
from tillbridge.testing.world import CountedIds, VirtualClock, run

pytestmark = pytest.mark.screen


class Till:
    """The engine over the real windows; its own time is virtual."""

    def __init__(self, lab: Lab) -> None:
        self.clock, self.journal = VirtualClock(), MemoryJournal()
        gateway = Says(lambda: None)
        gateway.started = Approved(amount=usd(10_000), gateway_ref="g1")
        policy = Policy(payment_method=lab.site.payment_method, employee=lab.site.employee)
        self.engine = Engine(
            journal=self.journal,
            gateway=cast("Gateway", gateway),
            practice=lab.practice,
            clock=self.clock,
            ids=CountedIds(),
            policy=policy,
        )

    def pay(self, seen: InvoiceSeen) -> None:
        debt = Debt(
            software=seen.software.software, account_id=seen.account_id, client=seen.client,
            invoice_number=seen.invoice_number, balance=seen.balance,
        )  # fmt: skip
        asked: dict[str, Any] = {"operation": "sale", "entry": Entry.TERMINAL, "terminal_id": "t1"}
        self.engine.begin(PayRequest(payment_id="p1", parts=only_base(usd(10_000)), debt=debt, **asked))
        self.passes()

    def passes(self) -> None:
        run(self.engine, self.clock, self.clock.now_ms + 3 * MINUTE)

    @property
    def posting(self) -> Posting:
        payment = self.journal.payment("p1")
        assert payment is not None
        return payment.postings[0]


@pytest.mark.parametrize(("what", "reason"), [("delete", "row_vanished"), ("reverse", "reversed")])
def test_what_a_colleague_took_out_of_the_books_is_noticed_at_the_end_of_the_day(
    lab: Lab, what: str, reason: str
) -> None:
    till = Till(lab)
    seen = lab.practice.read_invoice()
    assert isinstance(seen, InvoiceSeen)
    till.pay(seen)
    assert till.posting.state == "posted"
    lab.server.world(what, payment=lab.payments()[0]["id"])
    left = list(lab.payments())
    till.engine.recheck()
    till.passes()
    assert (till.posting.state, till.posting.reason) == ("needs_attention", reason)
    assert list(lab.payments()) == left


# ---- a rest that a person keeps ----

NOW = Moment(wall_ms=0, boot="b", mono_ms=0)


def verdict(lab: Lab, ordered: PostingOrder) -> matching.Verdict:
    seen = lab.ledger(ordered)
    return matching.match(order=wanted(ordered), seen=seen, last_touch=NOW, now=NOW)


def test_the_rest_is_kept_and_what_the_software_makes_of_it_is_known_as_ours(lab: Lab) -> None:
    ordered = order(25_000, rest_as_credit=True)
    report = lab.practice.post(ordered)
    assert (report.stage, report.means) == ("committed", "nothing"), report.transcript
    assert [(row["invoice"], row["amount_minor"]) for row in lab.payments()] == [
        ("10482", 21_240),
        ("", 3_760),
    ]
    assert {row["reference"] for row in lab.payments()} == {MARKER}
    assert isinstance(verdict(lab, ordered), matching.FoundRight)


def test_without_a_persons_word_nothing_is_kept_and_nothing_posted(lab: Lab) -> None:
    report = lab.practice.post(order(25_000))
    assert report.stage == "not_committed", report.transcript
    lab.nothing_posted()
