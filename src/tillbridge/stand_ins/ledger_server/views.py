"""What a skin shows, as texts ready to draw. Amounts that a skin must add up come in cents beside their text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from tillbridge.stand_ins import money_text
from tillbridge.stand_ins.ledger_server import posting, staff
from tillbridge.stand_ins.ledger_server.books import Books, Invoice, ItemReturned, Method
from tillbridge.stand_ins.ledger_server.faults import Faults
from tillbridge.stand_ins.ledger_server.habits import day_text, milliseconds, money_style
from tillbridge.stand_ins.ledger_server.world import World
from tillbridge.stand_ins.profile import Profile


class Views:
    """Draws one set of books in one profile's formats."""

    def __init__(self, profile: Profile, books: Books, faults: Faults, world: World) -> None:
        self._profile = profile
        self._books = books
        self._faults = faults
        self._world = world

    def clients(self) -> list[dict[str, str]]:
        """All clients for the lookup, by name."""
        found = sorted(self._books.clients.values(), key=lambda c: (c.name, c.account))
        return [
            {
                "account": c.account,
                "name": c.name,
                "phone": c.phone,
                "patients": ", ".join(p.name for p in c.patients),
            }
            for c in found
        ]

    def client(self, account: str, number: str) -> dict[str, Any]:
        """The main window for a client. Raises KeyError for no such client."""
        if self._faults.chosen("other_invoice", "client"):
            account = self._other_client(account)
        client, now = self._books.clients[account], self._world.clock().timestamp()
        invoices = self._books.invoices_of(account, open_only=True)
        return {
            "account": account,
            "name": client.name,
            "address": client.address,
            "phone": client.phone,
            "alert": client.alert,
            "balance": self._money(self._books.account_balance(account, now)),
            "credit": self._money(self._books.credit(account, now)),
            "patients": [{"name": p.name, "breed": p.breed, "age": p.age} for p in client.patients],
            "notes": [
                {"date": self._day(n.day), "employee": n.employee, "text": n.text} for n in client.notes
            ],
            "invoices": [self._invoice(invoice, now) for invoice in invoices],
            "selected": self._selected([invoice.number for invoice in invoices], number),
            "transactions": self._transactions(account, now),
            "more_in_ms": self._more_in_ms(account, now),
            "freeze_s": self._faults.freeze_s("refresh"),
        }

    def _selected(self, numbers: Sequence[str], number: str) -> str:
        if number in numbers and self._faults.chosen("other_invoice", "invoice"):
            number = next((other for other in numbers if other != number), number)
        if number in numbers:
            return number
        return numbers[-1] if numbers else ""

    def _other_client(self, account: str) -> str:
        name = self._books.clients[account].name
        others = [a for a in self._books.clients if a != account]
        same = [a for a in others if self._books.clients[a].name == name]
        return (same or others)[0]

    def _invoice(self, invoice: Invoice, now: float) -> dict[str, Any]:
        return {
            "number": invoice.number,
            "date": self._date(invoice.at),
            "label": invoice.label,
            "total": self._money(invoice.total),
            "paid": self._money(self._books.paid(invoice.number, now)),
            "balance": self._money(self._books.balance(invoice.number, now)),
            "lines": [
                {
                    "patient": line.patient,
                    "description": line.description,
                    "quantity": str(line.quantity),
                    "amount": self._money(line.amount_minor),
                }
                for line in invoice.lines
            ],
        }

    def _transactions(self, account: str, now: float) -> list[dict[str, str]]:
        rows = [
            (invoice.at, self._charge(invoice))
            for invoice in self._books.invoices_of(account, open_only=False)
        ]
        money = posting.receipts(self._books.money_of(account, now))
        if self._profile.behaviour.applies_to == "chosen":
            money = [posting.Receipt((row,)) for each in money for row in each.rows]
        rows += [(each.at, self._payment(each)) for each in money]
        rows += [(item.at, self._returned(item)) for item in self._books.returned if item.client == account]
        rows.sort(key=lambda row: row[0], reverse=self._profile.behaviour.ledger_order == "newest")
        return [row for _, row in rows]

    def _charge(self, invoice: Invoice) -> dict[str, str]:
        return {
            "date": self._date(invoice.at),
            "id": "",
            "kind": "Invoice",
            "method": "",
            "amount": self._money(invoice.total),
            "reference": "",
            "invoice": invoice.number,
            "employee": "",
            "initials": "",
        }

    def _returned(self, item: ItemReturned) -> dict[str, str]:
        """Something came back: a charge below zero."""
        charge = {
            "kind": "Return",
            "method": item.description,
            "reference": "",
            "employee": "",
            "initials": "",
        }
        amount = self._money(-item.amount_minor)
        return {**charge, "id": "", "date": self._date(item.at), "amount": amount, "invoice": item.invoice}

    def _payment(self, receipt: posting.Receipt) -> dict[str, str]:
        sign, payment = -1 if self._profile.behaviour.payments_are_negative else 1, receipt.first
        kind = "Refund" if receipt.amount_minor < 0 else "Payment"
        return {
            "id": payment.id,
            "date": self._day(payment.day) if payment.day else self._date(payment.at),
            "kind": "Reversal" if payment.reverses else kind,
            "method": payment.method,
            "amount": self._money(sign * receipt.amount_minor),
            "reference": self._cut(payment.reference),
            "invoice": payment.invoice if len(receipt.rows) == 1 else "",
            "employee": payment.employee,
            "initials": staff.initials(payment.employee),
        }

    def reversible(self, account: str) -> list[dict[str, str]]:
        """The Reverse... window: payments of a client that may still be reversed, newest first."""
        money = self._books.money_of(account, self._world.clock().timestamp())
        found = posting.reversible(money, self._books.closed_through)
        found.sort(key=lambda each: each.at, reverse=True)
        return [self._payment(each) for each in found]

    def reversals_today(self, account: str) -> list[dict[str, str]]:
        """What was reversed today, newest first: why, and which number the payment had."""
        money = self._books.money_of(account, self._world.clock().timestamp())
        rows = [row for row in money if row.reverses and self._world.day(row.at) == self._world.today()]
        found = sorted(posting.receipts(rows), key=lambda each: each.at, reverse=True)
        return [
            {
                **self._payment(each),
                "reason": each.first.reference,
                "reversed": self._cut(self._books.payments[each.first.reverses].reference),
            }
            for each in found
        ]

    def reversal_form(self, payment: str) -> dict[str, Any]:
        """The window that reverses a payment, when it opens. Raises KeyError for no such payment."""
        old = self._books.payments[payment]
        return {
            "account": old.client,
            "client": self._books.clients[old.client].name,
            "payment": self._payment(posting.Receipt((old,))),
            "employee": self._profile.operator,
        }

    def _cut(self, reference: str) -> str:
        if self._faults.strikes("truncate_reference_10"):
            return reference[: self._profile.behaviour.ledger_cut]
        return reference

    def _more_in_ms(self, account: str, now: float) -> int:
        """When the next row of this client appears, or -1."""
        coming = [p.shown_at for p in self._books.money_of(account) if p.shown_at > now]
        return int((min(coming) - now) * 1000) + 1 if coming else -1

    def form(self, account: str, number: str, methods: Sequence[Method]) -> dict[str, Any]:
        """The payment window when it opens."""
        behaviour = self._profile.behaviour
        invoices = self._books.invoices_of(account, open_only=True)
        numbers = [invoice.number for invoice in invoices]
        if self._faults.chosen("other_invoice", "form"):
            number = next((other for other in numbers if other != number), number)
        return {
            "account": account,
            "client": self._books.clients[account].name,
            "apply_to": [
                {
                    "number": n,
                    "balance": self._money(self._books.balance(n)),
                    "balance_minor": self._books.balance(n),
                    "ticked": n == number,
                }
                for n in numbers
            ],
            "credit": self._money(self._books.credit(account)),
            "methods": [
                {
                    "name": m.name,
                    "card_type": m.card_type,
                    "asks_reference": m.asks_reference,
                    "cash": m.gives_change,
                    "refundable": m.is_refundable,
                }
                for m in methods
            ],
            "card_types": self._books.card_types,
            "employees": self._books.employees,
            "employee": self._profile.operator,
            "staff": [{"initials": staff.initials(name), "name": name} for name in self._books.employees],
            "today": self._day(self._world.today()),
            "account_balance_minor": self._books.account_balance(account),
            "money_format": money_style(self._faults, self._profile),
            "validates_on": behaviour.validates_on
            if self._faults.strikes("validate_on_blur_only")
            else "change",
            "recalculates_ms": milliseconds(self._faults, "recalculates_ms", behaviour.recalculates_ms),
            "title_lag_ms": milliseconds(self._faults, "title_lag_ms", behaviour.title_lag_ms),
            "choice_text_settable": not self._faults.strikes("method_ignores_set"),
        }

    def _money(self, minor: int) -> str:
        return money_text.write(minor, money_style(self._faults, self._profile))

    def _date(self, at: datetime) -> str:
        return self._day(self._world.day(at))

    def _day(self, day: date) -> str:
        return day_text(day, self._faults, self._profile)
