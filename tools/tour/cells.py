"""The steps of the matrix: every operation with every entry, as data, for one version of the software.

Three sales for each entry: one is undone on the same day, one is moved and given back after the batch, one goes back in
two parts. What cannot be stands here with its reason; it is not played.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from tools.tour.steps import Deed, Step

OPERATIONS = ("sale", "deposit", "void", "refund", "split_refund", "move")
ENTRIES = ("terminal", "keyed_card", "keyed_ach", "link", "stored_card", "standalone")
VERSIONS: Mapping[str, str] = {"v5": "ImproMed 5", "v6": "ImproMed 6", "v7": "ImproMed 7"}
Cell = tuple[str, str]

CANNOT: Mapping[Cell, str] = {
    ("void", "standalone"): "another terminal took it, and only that one can take it back: see refund",
}
"""Cells that there cannot be, and why."""
ELSEWHERE = "standalone"
"""Given back where it was taken, and written down here."""

_BODY: Mapping[str, Mapping[str, object]] = {
    "keyed_ach": {"consent_id": "tour-debit"},
    "stored_card": {"card_id": "of keep-card"},
    "standalone": {"slip_last4": "4242", "slip_code": "A1B2C3", "slip_brand": "Visa"},
}
_MEANWHILE: Mapping[str, tuple[Deed, ...]] = {"keyed_ach": ("type_on_page",), "link": ("type_on_page",)}


def steps(entries: Sequence[str] = ENTRIES) -> list[Step]:
    """In the order of a day: everything is taken, undone, moved; then comes the batch, and the rest goes back."""
    amounts = count(101)
    taken = [step for entry in entries for step in _taking(entry, amounts)]
    undone = [_back("void", entry, "a") for entry in entries if ("void", entry) not in CANNOT]
    return [*_agreed(entries), *taken, *undone, *_moves(entries), *_after_the_batch(entries)]


def cells(entries: Sequence[str] = ENTRIES) -> list[Cell]:
    """Those that can be."""
    return [
        (operation, entry)
        for operation in OPERATIONS
        for entry in entries
        if (operation, entry) not in CANNOT
    ]


def _agreed(entries: Sequence[str]) -> Iterator[Step]:
    if "stored_card" in entries:
        yield Step(
            name="keep-card",
            title="A card is kept",
            cell=("store_card", "terminal"),
            body={"operation": "store_card", "consent_id": "tour-card"},
            before=("agree_to_keeping",),
            ends="not_needed",
        )


def _taking(entry: str, amounts: Iterator[int]) -> Iterator[Step]:
    """Three sales and a deposit."""
    for which in "abc":
        first = entry == "keyed_ach" and which == "a"
        yield _taken("sale", entry, which, next(amounts), ("agree_to_debit",) if first else ())
    yield _taken("deposit", entry, "d", next(amounts), ())


def _taken(operation: str, entry: str, which: str, minor: int, before: tuple[Deed, ...]) -> Step:
    body = {"amount": f"{minor // 100}.{minor % 100:02d}", "operation": operation, "entry": entry}
    return Step(
        name=_name(entry, which),
        title=f"{operation}, {entry} ({which})",
        cell=(operation, entry),
        body={**body, **_BODY.get(entry, {})},
        before=before,
        meanwhile=_MEANWHILE.get(entry, ()),
    )


def _back(operation: str, entry: str, which: str, part: str = "", before: tuple[Deed, ...] = ()) -> Step:
    """`part`: how much of it, "" = all that is left."""
    written_down = entry == ELSEWHERE
    return Step(
        name=_name(entry, which, operation, *(["part"] if part else [])),
        title=f"{operation}, {entry} ({which})",
        cell=(operation, entry),
        ask="record_given_back" if written_down else "give_back",
        body={"amount": part} if part else {},
        of=_name(entry, which),
        before=before,
    )


def _name(*words: str) -> str:
    """Letters and dashes: a payment's own number is made of it."""
    return "-".join(words).replace("_", "-")


def _moves(entries: Sequence[str]) -> Iterator[Step]:
    """Somebody opens the next client once, and the first one again at the end."""
    for at, entry in enumerate(entries):
        yield Step(
            name=_name(entry, "b", "move"),
            title=f"move, {entry} (b)",
            cell=("move", entry),
            ask="move",
            of=_name(entry, "b"),
            before=("next_client",) if at == 0 else (),
            after=("first_client",) if at == len(entries) - 1 else (),
        )


def _after_the_batch(entries: Sequence[str]) -> Iterator[Step]:
    for at, entry in enumerate(entries):
        settled: tuple[Deed, ...] = ("settle_batch",) if at == 0 else ()
        yield _back("refund", entry, "b", before=settled)
        # each another amount: the software asks whether an equal one of today is the same, and a person answers that
        yield _back("split_refund", entry, "c", part=f"0.{20 + at}")
        yield _back("split_refund", entry, "c")
