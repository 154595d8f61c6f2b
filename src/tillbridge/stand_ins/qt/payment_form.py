"""What the payment window knows and adds up while it is open: ticks, tenders, due, tendered, change.

Plain arithmetic in cents for the labels; what is committed is decided by the server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tillbridge.stand_ins import money_text


@dataclass
class PaymentForm:
    """State behind the window. `opened` is the server's form."""

    opened: dict[str, Any]
    amount_minor: int = 0
    tenders: list[dict[str, Any]] = field(default_factory=list)
    ticked: set[str] = field(default_factory=set)
    unapplied: bool = False

    def __post_init__(self) -> None:
        self.ticked = {row["number"] for row in self.opened["apply_to"] if row["ticked"]}

    @property
    def due_minor(self) -> int:
        """Cents owed on the ticked invoices."""
        rows = self.opened["apply_to"]
        return sum(max(0, int(row["balance_minor"])) for row in rows if row["number"] in self.ticked)

    @property
    def tendered_minor(self) -> int:
        """Cents in the tenders list plus the amount box as last validated."""
        return self.amount_minor + sum(int(tender["amount_minor"]) for tender in self.tenders)

    @property
    def change_minor(self) -> int:
        """Cents tendered beyond what is due; never negative. Nothing is due on account money."""
        return 0 if self.unapplied else max(0, self.tendered_minor - self.due_minor)

    def money(self, minor: int) -> str:
        """Cents in the format that the server says is in force."""
        return money_text.write(minor, self.opened["money_format"])

    def method(self, name: str) -> dict[str, Any]:
        """What is known of a method; an unknown one asks nothing."""
        blank = {"name": name, "card_type": "Not Specified", "asks_reference": False, "cash": False}
        return next((method for method in self.opened["methods"] if method["name"] == name), blank)

    def in_order(self) -> list[str]:
        """Ticked invoice numbers in the order of the list."""
        return [row["number"] for row in self.opened["apply_to"] if row["number"] in self.ticked]
