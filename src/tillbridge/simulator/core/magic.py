"""Magic amounts: the last two digits of the amount choose the bank's answer. The README table is made of this.

Only terminals that answer by themselves (`auto`) and charges of stored cards obey them; at a pressed
terminal the person decides. The digits 61 to 74 were chosen since real prices seldom end so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Deed(StrEnum):
    """What the card, the client or the line does."""

    APPROVE = "approve"
    PARTIAL = "partial"
    DECLINE = "decline"
    CANCEL = "cancel"
    WALK_AWAY = "walk_away"
    PULL_CABLE = "pull_cable"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a bank says no. `retry` is the law of the card networks for trying again."""

    category: str
    retry: str
    code: str
    text: str


REASONS = {
    reason.category: reason
    for reason in (
        Reason("generic", "other_card", "05", "Do not honor"),
        Reason("insufficient_funds", "later", "51", "Insufficient funds"),
        Reason("expired_card", "fix_data", "54", "Expired card"),
        Reason("lost_or_stolen", "never", "43", "Stolen card"),
        Reason("call_bank", "call", "01", "Refer to card issuer"),
        Reason("invalid_pin", "now", "55", "Incorrect PIN"),
        Reason("bank_unreachable", "later", "91", "Bank not reached"),
    )
}


@dataclass(frozen=True, slots=True)
class Magic:
    """One row of the table. `slow_ms` is added to the processing time; `later`: the bank's word days after."""

    deed: Deed
    says: str
    reason: str = "generic"
    slow_ms: int = 0
    later: str = ""


TABLE: dict[int, Magic] = {
    61: Magic(Deed.DECLINE, "declined, the bank gave no reason"),
    62: Magic(Deed.DECLINE, "declined: insufficient funds", "insufficient_funds"),
    63: Magic(Deed.DECLINE, "declined: expired card", "expired_card"),
    64: Magic(Deed.DECLINE, "declined: stolen card, never try again", "lost_or_stolen"),
    65: Magic(Deed.DECLINE, "declined: call the bank", "call_bank"),
    66: Magic(Deed.DECLINE, "declined: wrong PIN", "invalid_pin"),
    67: Magic(Deed.PARTIAL, "the card has only half: partial approval"),
    68: Magic(Deed.CANCEL, "the client presses the red key"),
    69: Magic(Deed.WALK_AWAY, "nobody presents a card: the terminal times out"),
    70: Magic(Deed.APPROVE, "approved after 20 slow seconds", slow_ms=20_000),
    71: Magic(Deed.PULL_CABLE, "the cable is pulled while processing: approved, but not seen for a while"),
}

WIRE_TABLE: dict[int, str] = {72: "lose_request", 73: "lose_reply", 74: "error_after_commit"}
"""Amounts whose starting request goes wrong on the way (fault kinds of `faults.py`)."""

PLAIN = Magic(Deed.APPROVE, "approved")


def of_amount(amount: int, obey: bool) -> Magic:
    """The row for an amount in minor units; every other amount is approved."""
    return TABLE.get(amount % 100, PLAIN) if obey else PLAIN


TEST_CARDS: dict[str, tuple[str, Magic]] = {
    "4242424242424242": ("Visa", PLAIN),
    "5555555555554444": ("Mastercard", PLAIN),
    "378282246310005": ("Amex", PLAIN),
    "4000000000000002": ("Visa", TABLE[61]),
    "4000000000009995": ("Visa", TABLE[62]),
    "4000000000000069": ("Visa", TABLE[63]),
}
"""The only card numbers that the simulator's own pages and keypads take. They stay inside the simulator."""

TEST_ACCOUNTS: dict[str, Magic] = {
    "000123456789": PLAIN,
    "000111111116": TABLE[61],
    "000222222227": Magic(Deed.APPROVE, "settles, and is returned two days later", later="R01"),
    "000333333335": Magic(Deed.APPROVE, "settles, and is returned two days later", later="R10"),
    "000444444440": Magic(Deed.APPROVE, "settles, with a notice of change two days later", later="C01"),
}
"""Bank account numbers for the entry page (routing number 110000000)."""

RE_PRESENTABLE = frozenset({"R01", "R09"})
"""Returns after which the same debit may be presented again, twice at most (Nacha Operating Rules, reinitiation)."""

EXPIRY = "12/29"
"""What every test card says about itself."""
