"""What a filled payment window means in money: which rows it writes. Pure; no faults, no messages.

The money rule `applies_to`: "chosen" pays the ticked invoices in their order, "oldest" ignores the ticks. Money for the
account pays no invoice. An amount below zero is money given back: it stands on the account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tillbridge.stand_ins.ledger_server.books import Books, Method, Payment


@dataclass(frozen=True)
class Tender:
    """One way in which the client pays, in cents."""

    method: str
    card_type: str
    amount_minor: int
    reference: str


@dataclass(frozen=True)
class Form:
    """What the payment window held when OK was pressed."""

    account: str
    invoices: tuple[str, ...]
    unapplied: bool
    tenders: tuple[Tender, ...]
    employee: str
    conclude: bool
    workstation: str
    day: date | None = None
    """The day that the window said; None = today. A day that is none never comes here."""
    receipt: bool = False
    """A tick in the window asked for a receipt; other versions ask afterwards."""

    @property
    def tendered(self) -> int:
        """Sum of the tenders, in cents."""
        return sum(tender.amount_minor for tender in self.tenders)

    @property
    def gives_back(self) -> bool:
        """Money goes to the client."""
        return self.tendered < 0


@dataclass(frozen=True)
class Row:
    """A row to be written: cents of one tender on one invoice ("" is unapplied)."""

    invoice: str
    tender: Tender
    amount_minor: int


def form_from(data: Mapping[str, Any], workstation: str) -> Form:
    """Read a skin's JSON. Raises KeyError or TypeError when a part is missing or odd."""
    return Form(
        account=data["account"],
        invoices=tuple(data["invoices"]),
        unapplied=bool(data["unapplied"]),
        tenders=tuple(Tender(**tender) for tender in data["tenders"]),
        employee=data["employee"],
        conclude=bool(data["conclude"]),
        workstation=workstation,
        day=date.fromisoformat(data["day"]) if data.get("day") else None,
        receipt=bool(data.get("receipt")),
    )


def targets(books: Books, form: Form, applies_to: str) -> list[str]:
    """Invoices that the money goes to, in order."""
    if applies_to == "oldest" and form.unapplied:
        return []
    if applies_to == "oldest":
        return [invoice.number for invoice in books.invoices_of(form.account, open_only=True)]
    return list(form.invoices)


def due(books: Books, numbers: Sequence[str]) -> int:
    """Cents owed on these invoices together."""
    return sum(max(0, books.balance(number)) for number in numbers)


def less_change(form: Form, owed: int, methods: Mapping[str, Method]) -> list[Tender]:
    """The tenders after change is given back from those that give change (cash)."""
    surplus, kept = max(0, form.tendered - owed), []
    for tender in form.tenders:
        back = min(surplus, tender.amount_minor) if methods[tender.method].gives_change else 0
        surplus -= back
        amount = tender.amount_minor - back
        kept.append(Tender(tender.method, tender.card_type, amount, tender.reference))
    return [tender for tender in kept if tender.amount_minor > 0]


def written(books: Books, form: Form, applies_to: str, methods: Mapping[str, Method]) -> list[Row]:
    """The rows that this window writes."""
    if form.gives_back:
        return [Row("", tender, tender.amount_minor) for tender in form.tenders]
    numbers = targets(books, form, applies_to)
    kept = form.tenders if form.unapplied else less_change(form, due(books, numbers), methods)
    return rows(books, kept, numbers)


def rows(books: Books, tenders: Sequence[Tender], numbers: Sequence[str]) -> list[Row]:
    """Spread tenders over invoices in order; what is left over is unapplied."""
    left = {number: max(0, books.balance(number)) for number in numbers}
    written = []
    for tender in tenders:
        amount = tender.amount_minor
        for number in numbers:
            part = min(amount, left[number])
            if part > 0:
                written.append(Row(number, tender, part))
                left[number] -= part
                amount -= part
        if amount > 0:
            written.append(Row("", tender, amount))
    return written


@dataclass(frozen=True)
class Receipt:
    """One payment as the client made it: the rows that one tender of one payment window wrote, in cents."""

    rows: tuple[Payment, ...]

    @property
    def first(self) -> Payment:
        """Any row: all share method, reference, employee and time."""
        return self.rows[0]

    @property
    def amount_minor(self) -> int:
        """What the client paid, on however many invoices it went."""
        return sum(row.amount_minor for row in self.rows)

    @property
    def at(self) -> datetime:
        """When it was entered."""
        return self.first.at


def receipts(payments: Iterable[Payment]) -> list[Receipt]:
    """Rows put together again to what the client paid, in their order. A reversal stays a receipt of its own."""
    together: dict[tuple[str, str, str, bool], list[Payment]] = {}
    for row in payments:
        key = (row.posting or row.id, row.method, row.reference, bool(row.reverses))
        together.setdefault(key, []).append(row)
    return [Receipt(tuple(rows)) for rows in together.values()]


def reversible(payments: Sequence[Payment], after: date | None) -> list[Receipt]:
    """Receipts that may still be reversed: not reversed yet, and of a day `after` which nothing is closed."""
    undone = {row.reverses for row in payments}
    alive = [row for row in payments if row.id not in undone and not row.reverses]
    return [each for each in receipts(alive) if after is None or each.at.astimezone().date() > after]
