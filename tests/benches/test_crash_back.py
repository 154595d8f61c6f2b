"""The judge of money given back finds each way to be wrong, and lets only the one right end pass."""

from __future__ import annotations

from typing import Any

import pytest

from tools.benches.crash_back import figures
from tools.benches.crash_back_judge import Kind, WantedBack, judge_back

Line = dict[str, Any]
SALE: Line = {"kind": "capture", "amount": 1000, "provider_ref": "c1"}
BACK: Line = {"kind": "refund", "amount": 300, "of": "c1"}
SOLD: Line = {"kind": "payment", "client": "01042", "method": "Tillbridge", "by": "skin", "invoice": "10482",
              "amount_minor": 1000, "reference": "V1-AAAA"}  # fmt: skip
WENT: Line = {**SOLD, "invoice": "", "amount_minor": -300, "reference": "B1-BBBB"}


def wanted(kind: Kind = "refund", minor: int = 300) -> WantedBack:
    invoice = "" if kind == "deposit" else "10482"
    return WantedBack(
        kind=kind, client="01042", invoice=invoice, taken=1000, minor=minor, method="Tillbridge"
    )


def test_one_refund_and_its_row_are_right() -> None:
    verdict = judge_back(wanted(), [SALE, BACK], [SOLD, WENT])
    assert (verdict.wrong, verdict.why) == (False, "")


def test_a_reversal_of_all_and_a_deposit_are_right() -> None:
    void = {**BACK, "kind": "void", "amount": 1000}
    reversal = {**WENT, "kind": "reversal", "invoice": "10482", "amount_minor": -1000}
    assert not judge_back(wanted("void", 1000), [SALE, void], [SOLD, reversal]).wrong
    assert not judge_back(wanted("deposit", 0), [SALE], [{**SOLD, "invoice": ""}]).wrong


@pytest.mark.parametrize(
    ("network", "rows", "why"),
    [
        ([SALE], [SOLD], "nothing went back"),
        ([SALE, BACK, BACK], [SOLD, WENT], "given back twice"),
        ([SALE, {**BACK, "amount": 301}], [SOLD, WENT], "another amount went back"),
        ([SALE, BACK], [SOLD], "gone back, not posted"),
        ([SALE], [SOLD, WENT], "posted, not gone back"),
        ([SALE, BACK], [SOLD, WENT, {**WENT, "reference": "B1-CCCC"}], "double posting"),
        ([SALE, BACK], [SOLD, {**WENT, "amount_minor": -301}], "a row is not the wanted one"),
        ([SALE, BACK], [SOLD, {**WENT, "client": "00017"}], "a row is not the wanted one"),
        ([SALE, BACK], [SOLD, {**WENT, "reference": "V1-AAAA"}], "a row is not the wanted one"),
        ([SALE, BACK], [{**SOLD, "invoice": "10467"}, WENT], "a row is not the wanted one"),
        ([SALE, SALE, BACK], [SOLD, WENT], "double charge"),
        ([SALE, BACK], [WENT], "taken, not posted"),
    ],
)
def test_every_other_end_is_wrong(network: list[Line], rows: list[Line], why: str) -> None:
    verdict = judge_back(wanted(), network, rows)
    assert verdict.wrong
    assert why in verdict.why


def test_a_deposit_that_landed_on_an_invoice_is_wrong() -> None:
    assert judge_back(wanted("deposit", 0), [SALE], [SOLD]).wrong


def test_a_void_that_became_a_negative_payment_on_an_open_day_is_wrong() -> None:
    void = {**BACK, "kind": "void", "amount": 1000}
    instead = {**WENT, "amount_minor": -1000}
    assert judge_back(wanted("void", 1000), [SALE, void], [SOLD, instead]).wrong


def test_the_figures_count_each_kind_and_each_fault() -> None:
    clean = {
        "kind": "void",
        "wrong": False,
        "double": False,
        "lost": False,
        "stuck": False,
        "attention": False,
    }
    told = figures([clean, {**clean, "kind": "refund", "wrong": True, "lost": True}])
    assert told["kills_by_kind"] == {"void": 1, "refund": 1, "deposit": 0}
    assert (told["kills"], told["wrong_ends"], told["lost"], told["doubles"]) == (2, 1, 1, 0)
