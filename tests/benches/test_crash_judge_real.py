"""The judge of the real kills sees every wrong end, and nothing but the books."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.benches import crash_judge, crash_judge_real
from tools.benches.crash_judge_real import Line, Wanted, judge_books, judge_waiting, oldest_first

WANTED = Wanted(client="01042", invoice="10482", minor=21_240, currency="USD", method="Tillbridge")
STARTED: Line = {"kind": "started", "reference": "TBA", "at_ms": 1}


def capture(amount: int = 21_240, name: str = "SIM1") -> Line:
    return {"kind": "capture", "reference": "TBA", "provider_ref": name, "amount": amount, "at_ms": 2}


def void(amount: int = 21_240, name: str = "SIM1") -> Line:
    return {"kind": "void", "reference": "TBAGB", "of": name, "of_reference": "TBA", "amount": amount}


def row(**other: object) -> Line:
    plain = {
        "kind": "payment",
        "client": "01042",
        "invoice": "10482",
        "amount_minor": 21_240,
        "currency": "USD",
        "method": "Tillbridge",
        "reference": "V4242-VG9W",
        "by": "skin",
    }
    return plain | other


@pytest.mark.parametrize(
    ("network", "rows"),
    [
        ([STARTED, capture()], [row()]),
        ([], []),
        ([STARTED, capture(name="SIM1"), void(name="SIM1"), capture(name="SIM2")], [row()]),
    ],
)
def test_the_two_right_ends_are_right(network: list[Line], rows: list[Line]) -> None:
    verdict = judge_books(WANTED, network, rows)
    assert verdict.why == ""
    assert not verdict.wrong


@pytest.mark.parametrize(
    ("network", "rows", "why"),
    [
        ([STARTED, capture(name="SIM1"), capture(name="SIM2")], [row()], "double charge"),
        ([STARTED, capture()], [row(), row()], "double posting"),
        ([STARTED, capture()], [row(), row(client="01077", invoice="10500")], "double posting"),
        ([STARTED, capture()], [row(), row(kind="reversal", amount_minor=-21_240)], "double posting"),
        ([STARTED, capture()], [row(posting="c1"), row(posting="c2")], "double posting"),
        ([STARTED, capture()], [row(posting="c1"), row(posting="c1")], "the row is not the wanted one"),
        ([STARTED, capture()], [{"kind": "deletion", "of": "P1", "client": "01042"}], "not the wanted one"),
        ([STARTED, capture()], [], "taken, not posted"),
        ([STARTED, capture(), void(100)], [], "taken, not posted"),
        ([], [row()], "posted, not taken"),
        ([STARTED, capture(), void()], [row()], "posted, not taken"),
        ([STARTED, capture(21_241)], [row()], "another amount was taken"),
        ([STARTED, capture(), void()], [], "the request arrived, no money was taken"),
        ([STARTED, capture()], [row(client="01077")], "the row is not the wanted one"),
        ([STARTED, capture()], [row(invoice="10467")], "the row is not the wanted one"),
        ([STARTED, capture()], [row(amount_minor=21_241)], "the row is not the wanted one"),
        ([STARTED, capture()], [row(method="Cash")], "the row is not the wanted one"),
        ([STARTED, capture()], [row(reference="")], "the row is not the wanted one"),
        ([STARTED, capture()], [row(currency="CAD")], "the row is not the wanted one"),
        ([STARTED, capture()], [row(by="world")], "the row is not the wanted one"),
    ],
)
def test_every_other_end_is_wrong_and_says_why(network: list[Line], rows: list[Line], why: str) -> None:
    verdict = judge_books(WANTED, network, rows)
    assert verdict.wrong
    assert why in verdict.why


OLDEST = Wanted(
    client="01042",
    invoice="10482",
    minor=21_240,
    currency="USD",
    method="Tillbridge",
    spread=(("10467", 5_550), ("10482", 15_690)),
)


def part(invoice: str, minor: int, **other: object) -> Line:
    return row(invoice=invoice, amount_minor=minor, posting="c1", **other)


def test_one_posting_over_the_oldest_invoices_is_right() -> None:
    rows = [part("10467", 5_550), part("10482", 15_690)]
    assert not judge_books(OLDEST, [STARTED, capture()], rows).wrong


@pytest.mark.parametrize(
    "rows",
    [
        [part("10482", 21_240)],
        [part("10467", 5_550), part("10482", 15_691)],
        [part("10467", 5_550), part("10482", 15_690, reference="V4242-OTHER")],
        [part("10467", 5_550), part("10482", 15_690, client="01077")],
        [part("10467", 5_550), part("10482", 15_690), part("", 1)],
    ],
)
def test_a_posting_spread_otherwise_is_wrong(rows: list[Line]) -> None:
    assert "the row is not the wanted one" in judge_books(OLDEST, [STARTED, capture()], rows).why


def test_the_oldest_balances_come_first_and_the_rest_is_unapplied() -> None:
    def invoice(at: str, minor: int, client: str = "01042", *, concluded: bool = False) -> Line:
        return {"at": at, "balance_minor": minor, "client": client, "concluded": concluded}

    invoices = {
        "10482": invoice("2026-05-02", 21_240),
        "10467": invoice("2026-05-01", 5_550),
        "10400": invoice("2026-04-01", 900, "01077"),
        "7001": invoice("2026-03-01", 700, concluded=True),
        "10401": invoice("2026-02-01", 0),
    }
    assert oldest_first(invoices, "01042", 21_240) == (("10467", 5_550), ("10482", 15_690))
    assert oldest_first(invoices, "01042", 5_550) == (("10467", 5_550),)
    assert oldest_first(invoices, "01042", 27_000) == (("10467", 5_550), ("10482", 21_240), ("", 210))


def test_a_payment_that_must_wait_is_taken_once_and_not_in_the_books() -> None:
    assert not judge_waiting(WANTED, [STARTED, capture()], []).wrong
    assert (
        judge_waiting(WANTED, [STARTED, capture()], [row()]).why == "posted, though the software refused it"
    )
    assert judge_waiting(WANTED, [STARTED, capture(), void()], []).why == "no money was taken"
    twice = [STARTED, capture(name="SIM1"), capture(name="SIM2")]
    assert judge_waiting(WANTED, twice, []).double_charge


@pytest.mark.parametrize("module", [crash_judge, crash_judge_real])
def test_the_judges_import_nothing_of_the_product(module: object) -> None:
    file = getattr(module, "__file__", None)
    assert file is not None
    tree = ast.parse(Path(file).read_text("utf-8"))
    named = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not any(name.startswith("tillbridge") for name in named)
