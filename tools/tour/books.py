"""Three books of the same day, compared: the card network's, the clinic's, and our own record.

Each is read as it stands in its own place, by code that shares nothing with the engine. Money is counted in whole minor
units. An empty list of differences is the only proof that is accepted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
ELSEWHERE = "slip"
"""Where money was taken that no line of this network can show."""
IN, BACK = frozenset({"capture", "pending"}), frozenset({"void", "refund"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """`network`: lines of the card network's books. `clinic`: acts of the clinic's truth log. `ours`: payments as the
    agent tells them. `method`: the payment method that only we use."""

    network: Sequence[Row]
    clinic: Sequence[Row]
    ours: Sequence[Row]
    method: str


def differences(books: Books) -> list[str]:
    """Each difference in one line; empty if all three agree."""
    return [*_money(books), *_rows(books), *_open(books)]


def totals(books: Books) -> dict[str, int]:
    """What each of the three says was taken and kept, in minor units."""
    return {
        "card network": sum(_network(books.network).values()),
        "clinic": sum(_clinic(books).values()) - elsewhere(books),
        "our record": sum(_taken(books.ours).values()) - sum(_given(books.ours).values()),
    }


def elsewhere(books: Books) -> int:
    """What other terminals took by their slips and kept: in the clinic's books, not in this network's."""
    theirs = [
        payment for payment in books.ours if any(each["where"] == ELSEWHERE for each in payment["attempts"])
    ]
    return sum(int(payment["taken"]["minor"]) - int(payment["given_back"]["minor"]) for payment in theirs)


def _money(books: Books) -> Iterable[str]:
    """By our own number of each try: taken less given back."""
    expected = Counter(_taken(books.ours))
    expected.subtract(_given(books.ours))
    yield from _compared("card network", _network(books.network), expected)


def _rows(books: Books) -> Iterable[str]:
    """By the number that stands in the clinic's ledger."""
    yield from _compared("clinic", _clinic(books), _posted(books.ours))


def _open(books: Books) -> Iterable[str]:
    """What only waits for the bank's settlement is money on its way."""
    for payment in books.ours:
        on_its_way = payment["money_state"] == "pending" and set(payment["next"]) <= {"Inquire"}
        if not payment["finished"] and payment["charged"] != "no" and not on_its_way:
            yield f"our record: {payment['payment_id']} is not finished ({', '.join(payment['next'])})"


def _compared(where: str, found: Mapping[str, int], expected: Mapping[str, int]) -> Iterable[str]:
    for key in sorted(set(found) | set(expected)):
        if found.get(key, 0) != expected.get(key, 0):
            yield f"{where}: {key} has {found.get(key, 0)}, our record says {expected.get(key, 0)}"


def _network(lines: Iterable[Row]) -> Counter[str]:
    """Net of each charge. A debit that is pending is money on its way; its capture is not counted again."""
    net: Counter[str] = Counter()
    came: set[str] = set()
    for line in lines:
        reference, amount = str(line.get("reference", "")), int(line.get("amount", 0))
        if line["kind"] in IN and reference not in came:
            came.add(reference)
            net[reference] += amount
        elif line["kind"] in BACK:
            net[str(line.get("of_reference") or reference)] -= amount
    return net


def _clinic(books: Books) -> Counter[str]:
    """Rows with our method, by their number; a reversal counts for the row that it takes back. So does a row of ours
    that takes another one back by a negative amount, as is done where that one cannot be reversed any more."""
    net: Counter[str] = Counter()
    taken_back = {
        str(row["marker"]): str(row["of_marker"])
        for payment in books.ours
        for row in payment["postings"]
        if row["kind"] in ("void", "return") and row["of_marker"]
    }
    number_of: dict[str, str] = {}
    for act in books.clinic:
        if act.get("method") != books.method or act["kind"] not in ("payment", "reversal"):
            continue
        number = number_of.get(str(act.get("of", "")), str(act["reference"]))
        number_of[str(act["id"])] = number
        number = taken_back.get(number, number)
        net[number] += int(act["amount_minor"])
    return net


def _taken(ours: Iterable[Row]) -> dict[str, int]:
    return {
        str(attempt["reference"]): int(attempt["approved"]["minor"])
        for payment in ours
        if payment["charged"] == "yes" and payment["operation"] not in ("void", "refund")
        for attempt in payment["attempts"]
        if attempt["approved"] and attempt["where"] != ELSEWHERE
    }


def _given(ours: Sequence[Row]) -> dict[str, int]:
    """What payments of our own gave back, by the number of the charge."""
    charge_of = {
        str(payment["payment_id"]): str(attempt["reference"])
        for payment in ours
        for attempt in payment["attempts"]
        if attempt["approved"]
    }
    given: Counter[str] = Counter()
    for payment in ours:
        if payment["operation"] in ("void", "refund") and payment["charged"] == "yes":
            given[charge_of.get(str(payment["of"]), str(payment["of"]))] += int(payment["taken"]["minor"])
    return given


def _posted(ours: Sequence[Row]) -> Counter[str]:
    """Rows that we say stand in the clinic's books, less those that we took back there."""
    net: Counter[str] = Counter()
    for payment in ours:
        for row in payment["postings"]:
            if row["state"] != "posted":
                continue
            sign = 1 if row["kind"] in ("sale", "deposit") else -1
            number = row["of_marker"] if row["kind"] in ("void", "return") else row["marker"]
            net[str(number or row["marker"])] += sign * int(row["amount"]["minor"])
    return net
