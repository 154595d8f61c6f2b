"""Reads a saved GnuCash book and says what was paid. A judge: it shares no code with Tillbridge or GnuCash.

Only gzip and ElementTree. Amounts are whole cents; an amount that is no whole number of cents is an error.
It reads what is on disk: save first. Must not write anything.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

_NAMES = {
    "gnc": "http://www.gnucash.org/XML/gnc",
    "act": "http://www.gnucash.org/XML/act",
    "trn": "http://www.gnucash.org/XML/trn",
    "split": "http://www.gnucash.org/XML/split",
    "slot": "http://www.gnucash.org/XML/slot",
    "invoice": "http://www.gnucash.org/XML/invoice",
}


@dataclass(frozen=True, slots=True)
class Payment:
    """One transaction of type P (payment) and the part of it that fell on one invoice ("" = on none)."""

    invoice: str
    cents: int
    """What it took off the invoice: positive for a payment, negative for a refund."""
    account: str
    """Where the money went, as a path: Assets:Card Clearing."""
    account_cents: int
    num: str
    memo: str
    transaction: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a saved book says of one invoice."""

    number: str
    total_cents: int
    balance_cents: int
    payments: tuple[Payment, ...]


class Book:
    """One saved book, read whole."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        self._root = ElementTree.fromstring(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
        self._accounts = self._account_paths()
        self._lots = {
            _text(made, "invoice:postlot"): _text(made, "invoice:id")
            for made in self._root.iter(_tag("gnc:GncInvoice"))
        }

    def payments(self) -> tuple[Payment, ...]:
        """Every payment in the book, also those on no invoice."""
        found: list[Payment] = []
        for entry in self._root.iter(_tag("gnc:transaction")):
            if _kind(entry) == "P":
                found.extend(self._parts(entry))
        return tuple(found)

    def invoice(self, number: str) -> Judgement:
        """What one invoice was, what is left, and who paid it. Raises LookupError if it is not posted once."""
        lots = [lot for lot, name in self._lots.items() if name == number and lot]
        if len(lots) != 1:
            raise LookupError(f"invoice {number} is posted {len(lots)} times")
        values = [
            (_cents(_text(split, "split:value")), _kind(entry))
            for entry in self._root.iter(_tag("gnc:transaction"))
            for split in entry.iter(_tag("trn:split"))
            if _text(split, "split:lot") == lots[0]
        ]
        total = sum(cents for cents, kind in values if kind == "I")
        paid = tuple(payment for payment in self.payments() if payment.invoice == number)
        return Judgement(number, total, sum(cents for cents, _ in values), paid)

    def _parts(self, entry: ElementTree.Element) -> list[Payment]:
        splits = list(entry.iter(_tag("trn:split")))
        ours = [split for split in splits if _text(split, "split:lot")]
        others = [split for split in splits if not _text(split, "split:lot")]
        account = "+".join(sorted(self._accounts.get(_text(part, "split:account"), "?") for part in others))
        moved = sum(_cents(_text(part, "split:value")) for part in others)
        return [
            Payment(
                self._lots.get(_text(part, "split:lot"), ""),
                -_cents(_text(part, "split:value")),
                account,
                moved,
                _text(entry, "trn:num"),
                _text(part, "split:memo"),
                _text(entry, "trn:id"),
            )
            for part in ours
        ]

    def _account_paths(self) -> dict[str, str]:
        rows = {
            _text(row, "act:id"): (_text(row, "act:name"), _text(row, "act:parent"))
            for row in self._root.iter(_tag("gnc:account"))
        }

        def path(key: str) -> str:
            name, parent = rows[key]
            above = path(parent) if parent in rows and rows[parent][1] else ""
            return f"{above}:{name}" if above else name

        return {key: path(key) for key in rows}


def judge(path: Path, number: str) -> Judgement:
    """What the saved book says of one invoice."""
    return Book(path).invoice(number)


def _tag(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_NAMES[prefix]}}}{local}"


def _text(element: ElementTree.Element, name: str) -> str:
    return (element.findtext(_tag(name)) or "").strip()


def _kind(entry: ElementTree.Element) -> str:
    """The type of a transaction: I (invoice), P (payment), or "" for anything else."""
    slots = entry.find(_tag("trn:slots"))
    for slot in slots if slots is not None else ():
        if _text(slot, "slot:key") == "trans-txn-type":
            return _text(slot, "slot:value")
    return ""


def _cents(text: str) -> int:
    cents = Fraction(text) * 100
    if cents.denominator != 1:
        raise ValueError(f"not a whole number of cents: {text}")
    return cents.numerator


def main(arguments: list[str]) -> int:
    """Command line: BOOK [NUMBER]. Prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("book", type=Path)
    parser.add_argument("number", nargs="?")
    chosen = parser.parse_args(arguments)
    book = Book(chosen.book)
    told = asdict(book.invoice(chosen.number)) if chosen.number else [asdict(row) for row in book.payments()]
    print(json.dumps(told, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
