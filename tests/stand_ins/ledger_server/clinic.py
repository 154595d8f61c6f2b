"""A pretend clinic in this process with a clock of our own, for tests of the rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tillbridge.stand_ins import profile
from tillbridge.stand_ins.ledger_server.ledger import Ledger

NOON = datetime(2026, 3, 10, 17, 0, tzinfo=UTC)
ROSA, INVOICE, OTHER = "01042", "10482", "10467"
MARKER = "V4242-K7Q9"


class Clinic:
    """A ledger, one signed-in desk, and short ways to do what a skin does."""

    def __init__(
        self, directory: Path, scene: str = "default", seed: int = 1, like: profile.Profile | None = None
    ) -> None:
        self.now = NOON
        self.directory = directory
        self.ledger = Ledger(like or profile.load("v6"), directory, scene, seed, lambda: self.now)
        self.desk = self.ledger.desks.sign_in(1, "")
        self.knob("ledger_delay_ms", "1000")

    def knob(self, name: str, value: str) -> None:
        self.ledger.turn_knob(name, value)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def pay(self, number: str = INVOICE) -> dict[str, Any]:
        return self.ledger.process_payment(self.desk, ROSA, number)

    def ok(self, amount: int = 21240, **form: Any) -> dict[str, Any]:
        tender = {
            "method": form.pop("method", "Tillbridge"),
            "card_type": "Not Specified",
            "amount_minor": amount,
            "reference": form.pop("reference", MARKER),
        }
        filled = {
            "account": ROSA,
            "invoices": [INVOICE],
            "unapplied": False,
            "tenders": [tender],
            "employee": "Kim Tran",
            "conclude": False,
        }
        return self.ledger.ok_pressed(self.desk, {**filled, **form})

    def press(self, turn: dict[str, Any], button: str) -> dict[str, Any]:
        return self.ledger.answer(turn["conversation"], button)

    def post(self, amount: int = 21240, **form: Any) -> None:
        """Post and decline the receipt."""
        turn = self.ok(amount, **form)
        assert shown(turn) == "Print receipt?", turn
        assert self.press(turn, "No")["turn"] == "close"

    def truth(self, kind: str = "payment") -> list[dict[str, Any]]:
        return [act for act in self.ledger.truth.of_this_scene() if act["kind"] == kind]

    def view(self) -> dict[str, Any]:
        return self.ledger.views.client(ROSA, INVOICE)

    def balance(self, number: str = INVOICE) -> int:
        return self.ledger.books.balance(number)

    def restarted(self) -> Clinic:
        """The server after a kill: only the files are left."""
        self.ledger.truth.close()
        return Clinic(self.directory)


def shown(turn: dict[str, Any]) -> str:
    """The text of a message turn."""
    assert turn["turn"] == "dialog", turn
    return str(turn["dialog"]["text"])
