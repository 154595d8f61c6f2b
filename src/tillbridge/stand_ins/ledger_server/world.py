"""Everything that happens to the books from outside the payment window, and the one door to the truth log.

A colleague posts cash, adds a line, closes the day, reverses a payment. Each is an act in the log, marked
`"by": "world"`; what a skin's payment window did is marked `"by": "skin"`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from tillbridge.stand_ins.ledger_server import posting
from tillbridge.stand_ins.ledger_server.books import Books, Payment
from tillbridge.stand_ins.ledger_server.faults import Faults
from tillbridge.stand_ins.ledger_server.truth import TruthLog
from tillbridge.stand_ins.profile import Profile

Clock = Callable[[], datetime]


class World:
    """Commits acts and applies them; knows the time."""

    def __init__(self, profile: Profile, books: Books, faults: Faults, truth: TruthLog, clock: Clock) -> None:
        self._profile = profile
        self._books = books
        self._faults = faults
        self._truth = truth
        self.clock = clock

    def commit(self, acts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Write acts to the truth log, then to the books. Returns them numbered."""
        written = self._truth.append(acts, self.clock())
        for act in written:
            self._books.apply(act)
        return written

    def today(self) -> date:
        """The clinic's day."""
        return self.day(self.clock())

    def day(self, at: datetime) -> date:
        """The clinic's day of a moment."""
        return at.astimezone().date()

    def shown_at(self) -> float:
        """When a row committed now appears on screens (POSIX seconds)."""
        low, high = self._profile.behaviour.ledger_delay_ms
        fixed = self._faults.number("ledger_delay_ms")
        delay_ms = fixed if fixed >= 0 else self._faults.random.randint(low, high)
        return self.clock().timestamp() + delay_ms / 1000

    def post_cash(self, invoice: str, amount_minor: int) -> list[dict[str, Any]]:
        """A colleague takes cash on the invoice; seen at once."""
        return self.post_by_hand(invoice, amount_minor, "Cash", "", "")

    def post_by_hand(
        self, invoice: str, amount_minor: int, method: str, reference: str, account: str
    ) -> list[dict[str, Any]]:
        """A colleague types a payment at another desk; on account when `invoice` is empty.

        Where the money goes to the oldest balance the invoice only says whose account it is.
        """
        account = self._books.invoices[invoice].client if invoice else account
        tender = posting.Tender(method, "Not Specified", amount_minor, reference)
        rows = [posting.Row(invoice, tender, amount_minor)]
        if self._profile.behaviour.applies_to == "oldest":
            numbers = [one.number for one in self._books.invoices_of(account, open_only=True)]
            rows = posting.rows(self._books, [tender], numbers)
        return self.commit([self._typed(account, row, at, len(rows) > 1) for at, row in enumerate(rows)])

    def _typed(self, account: str, row: posting.Row, at: int, several: bool) -> dict[str, Any]:
        first = len(self._books.payments) + 1
        return {
            "kind": "payment",
            "id": f"P{first + at:05d}",
            "client": account,
            "invoice": row.invoice,
            "amount_minor": row.amount_minor,
            "currency": "USD",
            "method": row.tender.method,
            "card_type": row.tender.card_type,
            "reference": row.tender.reference,
            "employee": "Dana Brooks",
            "workstation": self._profile.workstations[-1],
            "posting": f"hand-{first}" if several else "",
            "shown_at": self.clock().timestamp(),
            "by": "world",
        }

    def add_line(self, invoice: str, description: str, amount_minor: int) -> list[dict[str, Any]]:
        """A colleague adds a line to the invoice. Raises KeyError for no such invoice."""
        invoice = self._books.invoices[invoice].number
        act = {"kind": "line_added", "invoice": invoice, "patient": "", "description": description}
        return self.commit([{**act, "amount_minor": amount_minor, "by": "world"}])

    def conclude(self, invoice: str) -> list[dict[str, Any]]:
        """A colleague concludes the invoice. Raises KeyError for no such invoice."""
        invoice = self._books.invoices[invoice].number
        return self.commit([{"kind": "concluded", "invoice": invoice, "by": "world"}])

    def return_item(self, invoice: str, description: str, amount_minor: int) -> list[dict[str, Any]]:
        """Something is brought back: less to pay on an invoice that still owes that much, else credit for the client.

        Raises KeyError for no such invoice."""
        sold = self._books.invoices[invoice]
        if self._books.balance(invoice) >= amount_minor:
            return self.add_line(invoice, description, -amount_minor)
        act = {"kind": "item_returned", "client": sold.client, "invoice": invoice, "by": "world"}
        return self.commit([{**act, "description": description, "amount_minor": amount_minor}])

    def close_period(self, through: date | None) -> list[dict[str, Any]]:
        """Close every day up to and with `through` (today when None)."""
        closed = through or self.today()
        return self.commit([{"kind": "period", "closed_through": closed.isoformat(), "by": "world"}])

    def open_period(self) -> list[dict[str, Any]]:
        """Open today again: only days before it stay closed."""
        before = self.today() - timedelta(days=1)
        return self.commit([{"kind": "period", "closed_through": before.isoformat(), "by": "world"}])

    def reverse(self, payment: str) -> list[dict[str, Any]]:
        """A colleague reverses a payment: a row of the opposite sum. Raises KeyError for no such payment.

        Where the money goes to the oldest balance a payment is one thing: all its rows are reversed.
        """
        first = self._books.payments[payment]
        whole = self._profile.behaviour.applies_to == "oldest" and first.posting
        alike = [p for p in self._books.payments.values() if p.posting == first.posting and not p.reverses]
        acts = [self._reversal(row, at) for at, row in enumerate(alike if whole else [first])]
        return self.commit([{**act, "posting": f"undo-{first.posting}"} for act in acts] if whole else acts)

    def _reversal(self, old: Payment, at: int) -> dict[str, Any]:
        return {
            "kind": "reversal",
            "id": f"R{len(self._books.payments) + 1 + at:05d}",
            "of": old.id,
            "client": old.client,
            "invoice": old.invoice,
            "amount_minor": -old.amount_minor,
            "currency": "USD",
            "method": old.method,
            "card_type": old.card_type,
            "reference": old.reference,
            "employee": "Dana Brooks",
            "workstation": self._profile.workstations[-1],
            "shown_at": self.clock().timestamp(),
            "by": "world",
        }

    def delete(self, payment: str) -> list[dict[str, Any]]:
        """A colleague deletes a payment: its row is gone from every screen. Raises KeyError."""
        old = self._books.payments[payment]
        return self.commit([{"kind": "deletion", "of": payment, "client": old.client, "by": "world"}])
