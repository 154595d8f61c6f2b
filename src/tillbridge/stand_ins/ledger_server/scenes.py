"""Scenes: "default" (client 01042, invoice 10482, $212.40), "busy" (the same with a long ledger and many
open invoices), "long" (a ledger of over 500 rows), "credit" (01042 has $25.00 unapplied), "closed"
(today's period is closed).
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from tillbridge.stand_ins.ledger_server import scene_names as names
from tillbridge.stand_ins.ledger_server.books import (
    Books,
    Client,
    Invoice,
    Line,
    Method,
    Note,
    Patient,
    Payment,
)

SCENES = ("default", "busy", "long", "credit", "closed")
ROSA, BELLA_INVOICE = "01042", "10482"
NAMESAKE = "10042"
BELLA_LINES = (
    ("Bella", "Office visit - exam", 6800),
    ("Bella", "Rabies vaccine, 3 year", 2850),
    ("Bella", "DA2PP vaccine", 3100),
    ("Bella", "Heartworm/tick test", 5200),
    ("Bella", "Carprofen 75 mg, 30 tabs", 3290),
)
METHODS = (
    Method("Cash", gives_change=True),
    Method("Check", asks_reference=True),
    Method("CareCredit", asks_reference=True, is_refundable=False),
    Method("Credit Card (Integrated)", card_type="Visa", card_module=True),
    Method("Gift Card", asks_reference=True),
    Method("Tillbridge", asks_reference=True),
    Method("Write-off"),
)


class NoSuchScene(ValueError):
    """A scene name that is not in SCENES."""


def build(scene: str, seed: int, now: datetime) -> Books:
    """The books of a scene, as of `now`. Raises NoSuchScene."""
    if scene not in SCENES:
        raise NoSuchScene(f"there is no scene {scene}; scenes: {' '.join(SCENES)}")
    maker = _Maker(random.Random(seed), now)
    maker.clients()
    maker.rosa()
    for account in list(maker.books.clients):
        if account != ROSA:
            maker.past(account, maker.random.randint(1, 4))
            maker.open_invoices(account, maker.random.choice((0, 1, 1, 2)))
    maker.past(ROSA, {"busy": 29, "long": 250}.get(scene, 4))
    if scene == "busy":
        maker.open_invoices(ROSA, 6)
    if scene == "credit":
        maker.unapplied(ROSA, 2500)
    if scene == "closed":
        maker.books.closed_through = now.date()
    return maker.books


def namesake(books: Books, now: datetime) -> None:
    """Add a second client with Rosa's name and an invoice of the same sum (fault two_names)."""
    first = books.clients[ROSA]
    patients = [Patient("Bella", "Poodle", "2 y")]
    books.clients[NAMESAKE] = Client(
        NAMESAKE, first.name, "90 Sunset Rd, Dover", "(555) 010-0042", "", patients
    )
    lines = [Line(patient, text, 1, price) for patient, text, price in BELLA_LINES]
    books.invoices["10488"] = Invoice("10488", NAMESAKE, "Vaccines", now, lines)


class _Maker:
    """Fills books step by step, all chance from one generator."""

    def __init__(self, generator: random.Random, now: datetime) -> None:
        self.random = generator
        self.now = now
        self.books = Books(
            methods=list(METHODS),
            card_types=list(names.CARD_TYPES),
            employees=list(names.EMPLOYEES),
            first_client=ROSA,
            first_invoice=BELLA_INVOICE,
        )
        self._past_number = 7000
        self._open_number = 10400

    def clients(self) -> None:
        for account, name, address, phone, alert, patients in names.CLIENTS:
            notes = [
                Note(self._ago(20, 400).date(), self.random.choice(names.EMPLOYEES), text)
                for text in self.random.sample(names.NOTES, 3)
            ]
            notes.sort(key=lambda note: note.day, reverse=True)
            animals = [Patient(*patient) for patient in patients]
            self.books.clients[account] = Client(account, name, address, phone, alert, animals, notes)

    def rosa(self) -> None:
        lines = [Line(patient, text, 1, price) for patient, text, price in BELLA_LINES]
        made = self.now - timedelta(minutes=25)
        self.books.invoices[BELLA_INVOICE] = Invoice(BELLA_INVOICE, ROSA, "Bella - annual", made, lines)
        dental = [Line("Tico", "Ear cytology", 1, 3650), Line("Tico", "Nail trim", 1, 1900)]
        older = self.now - timedelta(days=1)
        self.books.invoices["10467"] = Invoice("10467", ROSA, "Tico - recheck", older, dental)

    def past(self, account: str, count: int) -> None:
        for _ in range(count):
            self._past_number += 1
            number, made = str(self._past_number), self._ago(30, 900)
            invoice = Invoice(number, account, "", made, self._lines(account), concluded=True)
            self.books.invoices[number] = invoice
            self._pay(invoice, made + timedelta(minutes=6))

    def open_invoices(self, account: str, count: int) -> None:
        for _ in range(count):
            self._open_number += 1
            number, made = str(self._open_number), self._ago(1, 12)
            lines = self._lines(account)
            label = f"{lines[0].patient} - visit"
            self.books.invoices[number] = Invoice(number, account, label, made, lines)

    def unapplied(self, account: str, amount_minor: int) -> None:
        self._money(account, "", amount_minor, "Check", "1181", self._ago(30, 31))

    def _pay(self, invoice: Invoice, at: datetime) -> None:
        method = self.random.choice(("Cash", "Check", "CareCredit", "Check"))
        reference = "" if method == "Cash" else str(self.random.randint(1000, 9999))
        self._money(invoice.client, invoice.number, invoice.total, method, reference, at)

    def _money(
        self, account: str, invoice: str, amount: int, method: str, reference: str, at: datetime
    ) -> None:
        key = f"H{len(self.books.payments) + 1:05d}"
        employee = self.random.choice(names.EMPLOYEES[:3])
        self.books.payments[key] = Payment(
            key, account, invoice, method, "Not Specified", amount, reference, employee, at, 0.0
        )

    def _lines(self, account: str) -> list[Line]:
        animal = self.random.choice(self.books.clients[account].patients).name
        chosen = self.random.sample(names.SERVICES, self.random.randint(1, 4))
        return [Line(animal, text, 1, price) for text, price in chosen]

    def _ago(self, least_days: int, most_days: int) -> datetime:
        days = self.random.randint(least_days, most_days)
        return self.now - timedelta(days=days, minutes=self.random.randint(0, 360))
