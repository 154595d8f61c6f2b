"""The books of the pretend clinic: clients, invoices, payments, credit, periods.

State changes only through `apply(act)`, the same for a live act and for one read back from the truth log.
No clock, no randomness, no sockets here: acts carry their time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

Act = Mapping[str, Any]


@dataclass(frozen=True)
class Patient:
    """An animal of a client."""

    name: str
    breed: str
    age: str


@dataclass(frozen=True)
class Note:
    """A dated remark on a client."""

    day: date
    employee: str
    text: str


@dataclass(frozen=True)
class Line:
    """One line of an invoice; amount in cents."""

    patient: str
    description: str
    quantity: int
    amount_minor: int


@dataclass
class Client:
    """Who owes. `account` is text: leading zeros belong to it."""

    account: str
    name: str
    address: str
    phone: str
    alert: str = ""
    patients: list[Patient] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


@dataclass
class Invoice:
    """What is owed. It stays open, even when paid, until somebody concludes it."""

    number: str
    client: str
    label: str
    at: datetime
    lines: list[Line]
    concluded: bool = False

    @property
    def total(self) -> int:
        """Sum of the lines, in cents."""
        return sum(line.amount_minor for line in self.lines)


@dataclass
class Payment:
    """One row of money in the ledger: on an invoice, or unapplied when `invoice` is empty."""

    id: str
    client: str
    invoice: str
    method: str
    card_type: str
    amount_minor: int
    reference: str
    employee: str
    at: datetime
    shown_at: float
    reverses: str = ""
    deleted: bool = False
    posting: str = ""
    """The payment window that wrote it; rows of one window share it."""
    day: date | None = None
    """The day it was entered for, where a supervisor let it be another than that of `at`."""


@dataclass(frozen=True)
class AppliedCredit:
    """Unapplied credit moved onto an invoice, in cents."""

    client: str
    invoice: str
    amount_minor: int


@dataclass(frozen=True)
class ItemReturned:
    """Something of a paid invoice came back, worth so many cents to the client."""

    client: str
    invoice: str
    description: str
    amount_minor: int
    at: datetime


@dataclass(frozen=True)
class Method:
    """A payment method as the practice has set it up."""

    name: str
    card_type: str = "Not Specified"
    asks_reference: bool = False
    gives_change: bool = False
    card_module: bool = False
    is_refundable: bool = True


@dataclass
class Books:
    """Everything that the pretend clinic knows."""

    clients: dict[str, Client] = field(default_factory=dict)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    applied: list[AppliedCredit] = field(default_factory=list)
    returned: list[ItemReturned] = field(default_factory=list)
    methods: list[Method] = field(default_factory=list)
    card_types: list[str] = field(default_factory=list)
    employees: list[str] = field(default_factory=list)
    closed_through: date | None = None
    first_client: str = ""
    first_invoice: str = ""

    def apply(self, act: Act) -> None:
        """Take one committed act into the books. An unknown kind raises KeyError."""
        {
            "payment": self._paid,
            "reversal": self._paid,
            "deletion": self._deleted,
            "credit_applied": self._credit_applied,
            "item_returned": self._item_returned,
            "line_added": self._line_added,
            "concluded": self._concluded,
            "period": self._period,
            "scene": self._of_the_scene,
            "namesake": self._of_the_scene,
        }[act["kind"]](act)

    def _of_the_scene(self, act: Act) -> None:
        """Says what the scene is made of; whoever builds the scene acts on it, nothing changes here."""

    def _paid(self, act: Act) -> None:
        self.payments[act["id"]] = Payment(
            id=act["id"],
            client=act["client"],
            invoice=act["invoice"],
            method=act["method"],
            card_type=act["card_type"],
            amount_minor=act["amount_minor"],
            reference=act["reference"],
            employee=act["employee"],
            at=datetime.fromisoformat(act["at"]),
            shown_at=act["shown_at"],
            reverses=act.get("of", ""),
            posting=act.get("posting", ""),
            day=date.fromisoformat(act["day"]) if act.get("day") else None,
        )

    def _deleted(self, act: Act) -> None:
        self.payments[act["of"]].deleted = True

    def _credit_applied(self, act: Act) -> None:
        self.applied.append(AppliedCredit(act["client"], act["invoice"], act["amount_minor"]))

    def _item_returned(self, act: Act) -> None:
        at = datetime.fromisoformat(act["at"])
        made = (act["client"], act["invoice"], act["description"], act["amount_minor"], at)
        self.returned.append(ItemReturned(*made))

    def _line_added(self, act: Act) -> None:
        line = Line(act["patient"], act["description"], 1, act["amount_minor"])
        self.invoices[act["invoice"]].lines.append(line)

    def _concluded(self, act: Act) -> None:
        self.invoices[act["invoice"]].concluded = True

    def _period(self, act: Act) -> None:
        self.closed_through = date.fromisoformat(act["closed_through"]) if act["closed_through"] else None

    def money_of(self, client: str, shown_by: float | None = None) -> list[Payment]:
        """Payments and reversals of a client; with `shown_by` only rows that a screen shows by then."""
        return [
            p
            for p in self.payments.values()
            if p.client == client and not p.deleted and (shown_by is None or p.shown_at <= shown_by)
        ]

    def invoices_of(self, client: str, *, open_only: bool) -> list[Invoice]:
        """Invoices of a client, oldest first."""
        found = [i for i in self.invoices.values() if i.client == client and not (open_only and i.concluded)]
        return sorted(found, key=lambda i: (i.at, i.number))

    def paid(self, number: str, shown_by: float | None = None) -> int:
        """Cents on an invoice, applied credit included."""
        money = self.money_of(self.invoices[number].client, shown_by)
        credit = sum(c.amount_minor for c in self.applied if c.invoice == number)
        return credit + sum(p.amount_minor for p in money if p.invoice == number)

    def balance(self, number: str, shown_by: float | None = None) -> int:
        """Cents still owed on an invoice."""
        return self.invoices[number].total - self.paid(number, shown_by)

    def credit(self, client: str, shown_by: float | None = None) -> int:
        """Unapplied cents of a client."""
        unapplied = sum(p.amount_minor for p in self.money_of(client, shown_by) if not p.invoice)
        unapplied += self._worth_returned(client)
        return unapplied - sum(c.amount_minor for c in self.applied if c.client == client)

    def account_balance(self, client: str, shown_by: float | None = None) -> int:
        """Cents owed on all invoices less everything paid."""
        charged = sum(i.total for i in self.invoices_of(client, open_only=False))
        charged -= self._worth_returned(client)
        return charged - sum(p.amount_minor for p in self.money_of(client, shown_by))

    def _worth_returned(self, client: str) -> int:
        return sum(item.amount_minor for item in self.returned if item.client == client)
