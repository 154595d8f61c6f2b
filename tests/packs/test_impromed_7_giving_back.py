"""Giving back with the pack impromed/7 on the real windows of the stand-in v7: a closed day, a reversal by hand, the
account. That each kind is posted once and found again is in the shipped suite (test_impromed_7_suite.py)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.packs.impromed_lab import MARKER, Lab, trouble
from tillbridge.domain.money import Money
from tillbridge.flows.practice import STILL_S
from tillbridge.flows.shelf import shelf, sound
from tillbridge.ports.practice import AccountSeen, OpenInvoice, PostingOrder
from tillbridge.stand_ins.profile import load

pytestmark = pytest.mark.screen
PROFILE = "v7"
BACK = "V4243-Q2M4"
METHODS = ("Cash", "Check", "CareCredit", "Credit Card (Integrated)", "Gift Card", "Tillbridge", "Write-off")
LEFT_TO_A_PERSON = {"unknown"}
"""Messages that the pack does not name on purpose: they stop everything and are shown."""


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


def void(lab: Lab) -> PostingOrder:
    return lab.order(5000, kind="void", marker=BACK, of_marker=MARKER)


def taken(lab: Lab) -> str:
    """A payment of 50.00 with our number; its id in the books."""
    by_hand = {"invoice": "10482", "amount_minor": 5000, "method": "Tillbridge", "reference": MARKER}
    return str(lab.server.world("by_hand", **by_hand)[0]["id"])


def ours(lab: Lab) -> Sequence[tuple[str, str, int, str]]:
    """What our windows wrote, by the truth log."""
    acts = [act for act in lab.money() if act["by"] == "skin"]
    return [(act["kind"], act["invoice"], act["amount_minor"], act["reference"]) for act in acts]


def test_the_account_tells_what_is_owed_and_what_stands_on_it(lab: Lab) -> None:
    lab.server.world("by_hand", client="01042", amount_minor=2500, method="Check", reference="7")
    seen = lab.practice.read_account(lab.order())
    assert isinstance(seen, AccountSeen), seen
    assert (seen.balance, seen.credit) == (usd(26790 - 2500), usd(2500))
    assert seen.invoices == (
        OpenInvoice(number="10467", balance=usd(5550)),
        OpenInvoice(number="10482", balance=usd(21240)),
    )


def test_where_the_day_of_the_payment_is_closed_a_refund_of_today_stands_for_the_void(lab: Lab) -> None:
    taken(lab)
    lab.server.knobs(dialog_period="opening*1")
    report = lab.practice.post(void(lab))
    assert (report.stage, report.trouble) == ("committed", None), report.transcript
    assert [(row.amount.minor, row.reference) for row in lab.ledger(void(lab)).marked] == [(-5000, BACK)]
    assert ours(lab) == [("payment", "", -5000, BACK)]


def test_what_staff_reversed_by_hand_is_not_taken_back_again(lab: Lab) -> None:
    lab.server.world("reverse", payment=taken(lab))
    report = lab.practice.post(void(lab))
    assert (report.stage, trouble(report).code) == ("not_committed", "already_reversed"), report.transcript
    assert (ours(lab), lab.windows()) == ([], 1)


def test_every_message_of_this_version_is_known_by_its_own_words() -> None:
    pack, profile = sound(shelf() / "impromed" / "7"), load("v7")
    facts = {"money": "25.00", "workstation": "FRONT2", "employee": "Kim", "date": "06/30/2026"}
    facts |= {"number": "10482", "alert": "BITES", "operator": "Kim Tran"}
    known = {
        message.id: {
            spec.id
            for spec in pack.dialogs
            if sorted(spec.buttons) == sorted(message.buttons)
            and any(
                text.match(message.text.format_map(facts), pack.formats) is not None for text in spec.texts
            )
        }
        for message in profile.messages.values()
    }
    assert {name for name, found in known.items() if not found} == LEFT_TO_A_PERSON
    assert {name: found for name, found in known.items() if len(found) > 1} == {
        "period": {"period", "closed_for_reversal"}
    }


def test_the_payment_methods_are_listed_and_the_window_is_left(lab: Lab) -> None:
    lab.until(lambda: lab.practice.idle_s() >= STILL_S, "a still desk")
    assert lab.practice.list_payment_methods() == METHODS
    assert lab.windows() == 1
