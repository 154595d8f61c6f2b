"""What a gateway's sandbox must be able to do for the conformance suite, and small words of that suite.

It must not know any gateway: a sandbox implements `Laboratory`, the suite (`gateway_suite.py`) only asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from tillbridge.domain.money import Money
from tillbridge.domain.outcome import Found, Inquiry
from tillbridge.ports.gateway import AttemptRequest, Gateway

FaultName = Literal[
    "lose_request", "lose_reply_before_commit", "lose_reply", "commit_late", "duplicate", "slow",
    "error_before_commit", "error_after_commit", "error_with_answer", "garbled",
]  # fmt: skip
"""What a sandbox must be able to do to the next call. `slow` is longer than the adapter's own time-out."""

NOTHING_HAPPENED: tuple[FaultName, ...] = ("lose_request", "lose_reply_before_commit", "error_before_commit")
IT_HAPPENED: tuple[FaultName, ...] = ("lose_reply", "error_after_commit", "garbled", "slow")
Deed = Literal[
    "tap", "insert", "remove", "decline", "partial", "cancel", "pull", "plug", "tip", "lose_bank", "find_bank"
]
"""`tip` adds a tenth of the amount; `lose_bank` and `find_bank` cut and mend the line behind the terminal."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The sandbox's own books for one reference, in minor units. `captures`: how many times money was taken."""

    captures: int
    captured: int
    given_back: int


class Laboratory(Protocol):
    """What a sandbox gives to the suite. Time is the sandbox's own: the suite never sleeps."""

    gateway: Gateway

    def request(
        self, amount_minor: int, kind: Literal["sale", "keyed", "auth_only", "store_card"] = "sale"
    ) -> AttemptRequest:
        """A new attempt on an idle terminal, with a reference never used before."""
        ...

    def new_reference(self) -> str: ...

    def fault(self, kind: FaultName, operation: str, delay_ms: int = 0) -> None:
        """Let the next call of this port operation (`start void refund inquire kill cancel`) go wrong."""
        ...

    def hand(self, terminal_id: str, deed: Deed) -> None:
        """A person does something at the terminal; returns without waiting for what follows."""
        ...

    def fill_in(self, session_id: str, kind: Literal["card", "bank"]) -> None:
        """The client types a good number on an entry page and presses its button."""
        ...

    def bank_takes_back(self, reference: str, code: str) -> None:
        """What was settled is returned (R-code)."""
        ...

    def others_give_back(self, reference: str, amount_minor: int) -> None:
        """Somebody refunds in the merchant's portal."""
        ...

    def dispute(self, reference: str, case: str, deed: Literal["open", "win", "lose"]) -> None: ...

    def pass_time(self, ms: int) -> None: ...

    def close_batch(self) -> None: ...

    def kept(self, reference: str) -> Kept: ...

    def lines(self) -> int:
        """How long the sandbox's books are."""
        ...

    def requests_seen(self) -> list[str]:
        """Everything that the adapter sent, as text."""
        ...

    def with_wrong_key(self) -> Gateway: ...

    def unreachable(self) -> Gateway: ...


def calls(gateway: Gateway, request: AttemptRequest) -> dict[str, Callable[[], object]]:
    """Every operation of the port, ready to be called."""
    reference, amount = request.reference, request.amount
    return {
        "terminals": gateway.terminals,
        "start_terminal": lambda: gateway.start_terminal(request),
        "cancel_terminal": lambda: gateway.cancel_terminal(request),
        "open_entry": lambda: gateway.open_entry(request, "card", "page"),
        "close_entry": lambda: gateway.close_entry("NOSUCHSESSION"),
        "charge_token": lambda: gateway.charge_token(request, "TOKNOSUCH", "clinic"),
        "capture": lambda: gateway.capture(reference, "", amount),
        "void": lambda: gateway.void(reference, "", f"{reference}V"),
        "refund": lambda: gateway.refund(reference, "", amount, f"{reference}R"),
        "inquire": lambda: gateway.inquire(reference),
        "kill": lambda: gateway.kill(reference),
        "forget_token": lambda: gateway.forget_token("TOKNOSUCH"),
        "list_since": lambda: gateway.list_since(0),
        "notices": lambda: gateway.notices(""),
        "card_of": lambda: gateway.card_of(reference),
    }


def found(inquiry: Inquiry) -> Found:
    assert isinstance(inquiry, Found), inquiry
    return inquiry


def money(request: AttemptRequest, minor: int) -> Money:
    return Money(minor=minor, currency=request.amount.currency)


def at_terminal(request: AttemptRequest, terminal_id: str) -> AttemptRequest:
    """The same attempt, sent to another terminal."""
    return AttemptRequest(
        reference=request.reference, amount=request.amount, tip=request.tip, fee=request.fee,
        terminal_id=terminal_id,
    )  # fmt: skip


def holds_card_number(text: str) -> bool:
    """Any run of 13 to 19 digits (spaces and dashes between them do not hide it) that passes the Luhn check."""
    digits = ""
    for sign in f"{text}\n":
        if sign.isdecimal():
            digits += sign
        elif sign not in " -" or not digits:
            if 13 <= len(digits) <= 19 and _luhn(digits):
                return True
            digits = ""
    return False


def _luhn(digits: str) -> bool:
    doubled = [int(sign) * (1 + place % 2) for place, sign in enumerate(reversed(digits))]
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0
