"""A read ledger as the engine's port wants it: the rows with our marker, the other rows of the day, and how sure.

It matches texts and turns signs; it judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tillbridge.domain.errors import PackError
from tillbridge.domain.money import Money
from tillbridge.flows.formats import Unreadable
from tillbridge.flows.order_facts import Facts, Value
from tillbridge.flows.pack import Pack
from tillbridge.flows.reading_run import Read
from tillbridge.flows.scene import ListSeen, RowSeen
from tillbridge.flows.steps import AppliesTo, Given, Verify
from tillbridge.ports.practice import LedgerRow, LedgerSeen, SoftwareSeen


@dataclass(frozen=True, slots=True)
class Look:
    """What a look into the ledger was for and in which state the screen was afterwards. `since`: the first day on
    which staff may have typed it."""

    pack: Pack
    verify: Verify
    applies_to: AppliesTo
    facts: Facts
    software: SoftwareSeen
    since: date
    quiet: bool
    gives_back: bool = False
    """`verify` is that of a flow whose rows take money back."""


def ledger_seen(look: Look, read: Read) -> LedgerSeen:
    """The rows that carry the order's marker, and the other rows since the day of its payment.

    Raises PackError `money_unreadable` when a row with our marker cannot be read.
    """
    if read.rows is None:
        raise PackError("ledger_missing", flow=look.verify.by)
    marked: list[LedgerRow] = []
    others: list[LedgerRow] = []
    riddles = False
    for row in read.rows.rows:
        ours = _is_ours(look, read.rows, row)
        amount = row.cells["amount"]
        if isinstance(amount, Unreadable) and not ours:
            riddles = (
                riddles or amount.reason != "empty" or _silent(row)
            )  # a note has no amount; a riddle may be ours
            continue
        made = _row(look, read.rows, row)
        if ours:
            marked.append(made)
        elif made.date >= look.since.isoformat():
            others.append(made)
    balance = read.values.get("balance")
    currency = look.pack.formats.money.currency
    return LedgerSeen(
        software=look.software,
        marked=tuple(marked),
        today=tuple(others),
        complete=read.rows.complete and bool(look.verify.absent_when) and not riddles,
        read_to_end=read.rows.to_end and not riddles,
        quiet=look.quiet,
        settle_ms=look.pack.limits.settle_s * 1000,
        reference_length=read.rows.spec.cut.get("reference", 0),
        balance=Money(minor=balance, currency=currency) if type(balance) is int else None,
    )


def _silent(row: RowSeen) -> bool:
    """A row that says nothing at all: the list draws its cells by hand and keeps their texts to itself."""
    return not any(text.strip() for text in row.texts.values())


def _is_ours(look: Look, listed: ListSeen, row: RowSeen) -> bool:
    """Does the reference hold our marker, or what the software leaves of it? Staff may have typed around it."""
    marker = str(look.facts.values["marker"])
    return marker.upper() in row.texts["reference"].upper() or listed.cell_is(row, "reference", marker)


def _row(look: Look, listed: ListSeen, row: RowSeen) -> LedgerRow:
    amount = listed.value(row, "amount")
    minor = amount if type(amount) is int else 0
    texts: Mapping[str, Value | Unreadable] = row.cells
    day = texts["date"]
    return LedgerRow(
        account_id=str(look.facts.values["account_id"]),
        invoice_number=_text(texts.get("invoice", "")) if look.applies_to == "chosen" else "",
        amount=Money(minor=-minor if _flipped(look) else minor, currency=look.pack.formats.money.currency),
        reference=_text(texts["reference"]),
        method=_text(texts.get("method", "")),
        date=day.isoformat() if isinstance(day, date) else row.texts["date"],
        text=_text(texts.get("kind", "")),
    )


def _flipped(look: Look) -> bool:
    """Does this ledger show a payment as a negative amount, and money that went back as a positive one?"""
    term = look.verify.one_row.get("amount")
    return isinstance(term, Given) and term.negative != look.gives_back


def _text(value: Value | Unreadable) -> str:
    return value.text if isinstance(value, Unreadable) else str(value)
