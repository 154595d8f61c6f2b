"""The judge of the real kills sees every wrong end, and nothing but the books."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.benches import crash_judge, crash_judge_real
from tools.benches.crash_judge_real import Line, Wanted, judge_books

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


@pytest.mark.parametrize("module", [crash_judge, crash_judge_real])
def test_the_judges_import_nothing_of_the_product(module: object) -> None:
    file = getattr(module, "__file__", None)
    assert file is not None
    tree = ast.parse(Path(file).read_text("utf-8"))
    named = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not any(name.startswith("tillbridge") for name in named)
