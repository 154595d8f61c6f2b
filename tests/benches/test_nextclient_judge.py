"""The judge of the bench `nextclient` knows every right end and every wrong one, and nothing but the books."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import pytest

from tools.benches import nextclient, nextclient_judge
from tools.benches.crash_judge_real import Line, Wanted
from tools.benches.nextclient_judge import BY_HAND, NO_FIT, Ended, judge, question

WANTED = Wanted(client="01042", invoice="10482", minor=10_000, currency="USD", method="Tillbridge")
BALANCE = 21_240
CAPTURE: Line = {"kind": "capture", "provider_ref": "SIM1", "amount": 10_000}
DONE = Ended(finished=True, asked="", front="00415", next="00415")


def ours(**other: object) -> Line:
    plain = {
        "kind": "payment",
        "client": "01042",
        "invoice": "10482",
        "amount_minor": 10_000,
        "currency": "USD",
        "method": "Tillbridge",
        "reference": "V4242-VG9W",
        "posting": "c1",
        "by": "skin",
    }
    return plain | other


def world(kind: str = "payment", amount: int = 10_000, method: str = "Check", invoice: str = "10482") -> Line:
    return {
        "kind": kind,
        "invoice": invoice,
        "amount_minor": amount,
        "method": method,
        "by": "world",
        "client": "01042",
    }


CASH = world(amount=5_000, method="Cash")
MUCH = world(amount=20_000, method="Cash")
LINE = world("line_added", 4_500, "")
TWIN = world()


def ended(asked: str = "", finished: bool = True, front: str = "00415") -> Ended:
    return Ended(finished=finished, asked=asked, front=front, next="00415")


@pytest.mark.parametrize(
    ("rows", "end"),
    [
        ([ours()], DONE),
        ([CASH, ours()], DONE),
        ([ours(), MUCH], DONE),
        ([LINE, ours()], DONE),
        ([MUCH, world("line_added", 9_000, ""), ours()], DONE),
        ([ours(), TWIN], DONE),
        ([world(invoice="10467"), ours()], DONE),
        ([TWIN], ended(BY_HAND)),
        ([MUCH], ended(NO_FIT, finished=False)),
    ],
)
def test_the_right_ends_are_right(rows: list[Line], end: Ended) -> None:
    verdict = judge(WANTED, BALANCE, [CAPTURE], rows, end)
    assert (verdict.why, verdict.wrong) == ("", False)


@pytest.mark.parametrize(
    ("rows", "end", "why"),
    [
        ([], DONE, "taken, not posted"),
        ([CASH], ended(NO_FIT, finished=False), "taken, not posted"),
        ([ours(), ours(posting="c2")], DONE, "double posting"),
        ([TWIN, ours()], DONE, "posted beside the same payment typed by hand"),
        ([TWIN], DONE, "nobody was asked whether it is the same"),
        ([MUCH, ours()], DONE, "posted more than was owed"),
        ([MUCH], DONE, "nobody was asked what to do with the rest"),
        ([ours(client="00415")], DONE, "the row is not the wanted one"),
        ([ours(invoice="10467")], DONE, "the row is not the wanted one"),
        ([ours(amount_minor=10_001)], DONE, "the row is not the wanted one"),
        ([ours(method="Cash")], DONE, "the row is not the wanted one"),
        ([ours(reference="")], DONE, "the row is not the wanted one"),
        ([ours()], ended(front="01042"), "client 01042 is in front, and not 00415"),
        ([ours()], ended(finished=False), "it never came to its end"),
    ],
)
def test_every_wrong_end_is_seen(rows: list[Line], end: Ended, why: str) -> None:
    verdict = judge(WANTED, BALANCE, [CAPTURE], rows, end)
    assert verdict.wrong
    assert why in verdict.why


@pytest.mark.parametrize(
    "network", [[], [CAPTURE, {**CAPTURE, "provider_ref": "SIM2"}], [{**CAPTURE, "amount": 9_999}]]
)
def test_the_card_is_charged_exactly_once_and_right(network: list[Line]) -> None:
    assert judge(WANTED, BALANCE, network, [ours()], DONE).wrong


@pytest.mark.parametrize(
    ("rows", "asked", "kind"),
    [
        ([ours()], "", "none"),
        ([TWIN], BY_HAND, "inherent"),
        ([MUCH], NO_FIT, "inherent"),
        ([CASH], NO_FIT, "needless"),
        ([CASH], BY_HAND, "needless"),
        ([], "settle_limit", "needless"),
        ([ours(), TWIN], BY_HAND, "needless"),
    ],
)
def test_only_what_the_books_make_inevitable_is_no_attention(rows: list[Line], asked: str, kind: str) -> None:
    assert question(WANTED, BALANCE, rows, asked) == kind


def test_every_kind_of_world_comes_up_alike_and_its_moments_cover_tap_and_posting() -> None:
    plans = nextclient.plans(nextclient.FULL, random.Random(1))
    kinds = [plan.kind for plan in plans]
    assert {kinds.count(kind) for kind in nextclient.KINDS} == {nextclient.FULL // len(nextclient.KINDS)}
    assert len(plans) >= 200
    moments = [plan.act_at if plan.act_at is not None else plan.next_at for plan in plans]
    assert all(moment is not None for moment in moments)
    times = sorted(moment for moment in moments if moment is not None)
    assert times[0] < 0.2
    assert times[-1] > 2.4


def test_the_judge_imports_nothing_of_the_product() -> None:
    tree = ast.parse(Path(nextclient_judge.__file__).read_text("utf-8"))
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert [name for name in names if name.startswith("tillbridge")] == []
