"""The judge of the tour is judged: whatever one of the three books says alone is told."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tools.tour.books import Books, differences, totals
from tools.tour.steps import STEPS

METHOD = "Tillbridge"


def money(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "USD", "text": ""}


def payment(payment_id: str, reference: str, minor: int, **more: Any) -> dict[str, Any]:
    return {
        "payment_id": payment_id,
        "operation": "sale",
        "of": "",
        "charged": "yes",
        "money_state": "approved",
        "finished": True,
        "next": [],
        "taken": money(minor),
        "attempts": [{"reference": reference, "approved": money(minor), "where": "terminal"}],
        "postings": [row("sale", f"V-{payment_id}", minor)],
        **more,
    }


def row(kind: str, marker: str, minor: int, of_marker: str = "") -> dict[str, Any]:
    return {
        "kind": kind,
        "marker": marker,
        "amount": money(minor),
        "state": "posted",
        "of_marker": of_marker,
    }


def day() -> dict[str, list[dict[str, Any]]]:
    """A sale that stands, one that was taken back, and a bank debit on its way."""
    ours = [
        payment("one", "TB1", 2_101),
        payment("two", "TB2", 2_002, postings=[row("sale", "V-two", 2_002)]),
        payment("three", "TB3", 1_000, money_state="pending", finished=False, next=["Inquire"]),
        payment(
            "back",
            "TB4",
            2_002,
            operation="void",
            of="two",
            postings=[row("void", "V-back", 2_002, of_marker="V-two")],
        ),
    ]
    network = [
        {"kind": "capture", "reference": "TB1", "amount": 2_101},
        {"kind": "capture", "reference": "TB2", "amount": 2_002},
        {"kind": "void", "reference": "TB4", "of_reference": "TB2", "amount": 2_002},
        {"kind": "pending", "reference": "TB3", "amount": 1_000},
        {"kind": "capture", "reference": "TB3", "amount": 1_000},
    ]
    clinic = [
        {"kind": "payment", "id": "P1", "method": METHOD, "reference": "V-one", "amount_minor": 2_101},
        {"kind": "payment", "id": "P2", "method": METHOD, "reference": "V-two", "amount_minor": 2_002},
        {
            "kind": "reversal",
            "id": "R3",
            "of": "P2",
            "method": METHOD,
            "reference": "wrong",
            "amount_minor": -2_002,
        },
        {"kind": "payment", "id": "P4", "method": METHOD, "reference": "V-three", "amount_minor": 1_000},
        {"kind": "payment", "id": "P5", "method": "Cash", "reference": "", "amount_minor": 500},
    ]
    return {"ours": ours, "network": network, "clinic": clinic}


def told(changed: dict[str, list[dict[str, Any]]]) -> list[str]:
    return differences(Books(method=METHOD, **changed))


def test_three_books_that_agree_have_no_difference() -> None:
    assert told(day()) == []
    assert set(totals(Books(method=METHOD, **day())).values()) == {3_101}


@pytest.mark.parametrize("book", ["network", "clinic", "ours"])
def test_a_line_that_one_book_lacks_is_told(book: str) -> None:
    for at in range(len(day()[book])):
        changed = day()
        gone = changed[book].pop(at)
        kept_elsewhere = gone.get("method") == "Cash" or (book == "network" and gone["reference"] == "TB3")
        assert bool(told(changed)) != kept_elsewhere, gone


@pytest.mark.parametrize("book", ["network", "clinic"])
def test_a_line_that_stands_twice_is_told(book: str) -> None:
    """The card charged twice is charged under two numbers; the clinic's row has the same one twice."""
    changed = day()
    twice = deepcopy(changed[book][0])
    twice |= {"reference": "TB9"} if book == "network" else {"id": "P9"}
    changed[book].append(twice)
    assert told(changed) != []


def test_a_row_taken_back_by_a_negative_one_agrees_as_well() -> None:
    """Where the day is closed, nothing can be reversed any more."""
    changed = day()
    changed["clinic"][2] |= {"kind": "payment", "of": "", "reference": "V-back"}
    assert told(changed) == []
    changed["clinic"][2]["reference"] = "V-other"
    assert told(changed) != []


def test_a_cent_is_told() -> None:
    for book, name in (("network", "amount"), ("clinic", "amount_minor")):
        changed = day()
        changed[book][0][name] += 1
        assert told(changed) != []


def test_what_is_taken_and_not_entered_is_told() -> None:
    changed = day()
    changed["ours"][0] |= {"finished": False, "next": ["Post"]}
    assert any("not finished" in line for line in told(changed))


def test_every_step_has_a_name_and_an_amount_of_its_own() -> None:
    """A row of any book belongs to one step."""
    amounts = [step.body["amount"] for step in STEPS if "amount" in step.body]
    assert len({step.name for step in STEPS}) == len(STEPS)
    assert len(set(amounts)) == len(amounts)
    assert all(step.of in {"", *(earlier.name for earlier in STEPS[:at])} for at, step in enumerate(STEPS))
