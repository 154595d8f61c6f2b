"""The numbers and names that a site may set for the engine. Times in milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
DAY = 24 * HOUR


def utc_day(wall_ms: int) -> int:
    """The number of the day, where nobody says what the site's own day is."""
    return wall_ms // (24 * HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`payment_methods`: card brand -> the practice software's payment method; `payment_method` for all others."""

    currency: str = "USD"
    desk: str = "Desk 1"
    """What people call this desk: another one is told that a terminal is in use here."""
    gateway: str = ""
    """Which gateway account this is: written beside each attempt, so that no other one is asked about it."""
    payment_method: str = "Card"
    payment_methods: Mapping[str, str] = field(default_factory=dict)
    employee: str = ""
    fee_in_software: bool = False
    """A fee is entered together with what is owed. Else it is the clinic's income and stands in no invoice."""
    marker_length_max: int = 10
    clinic_name: str = ""
    send_within_ms: int = 2 * MINUTE
    """A payment that could not be sent within this time is dropped: nobody stands at the terminal any more."""
    partial_decide_ms: int = 60 * SECOND
    """How long the cashier may think about a partial approval; then it is kept."""
    posting_limit_ms: int = 15 * MINUTE
    """How long we look for a posting that may have been committed before a person is asked."""
    posting_hold_ms: int = 15 * MINUTE
    """How long a payment may wait for a quiet moment before people are told that it waits; it goes on waiting."""
    day_of: Callable[[int], int] = utc_day
    """Which day of the site's a moment of wall time (ms) falls on: only compared with other days."""
    page_valid_ms: int = 15 * MINUTE
    """How long a page for a typed card or bank account may be used."""
    link_valid_ms: int = 7 * DAY
    """How long a payment link may be paid."""
    remind_after_ms: int = 3 * DAY
    """When a client is reminded of a link that was not paid; 0 = never."""
    day_ends_ms: int = 0
    """When the site's business day ends, from midnight: two hours before is -2 * HOUR, four in the morning 4 * HOUR."""
    settlement_every_ms: int = 15 * MINUTE
    """How often the settlement report is read; 0 = never."""
    sweep_ms: int = 96 * HOUR
    """How long a given-up attempt is watched: 72 hours at least and one banking day more (rule 3)."""

    def remind_in_ms(self, valid_ms: int) -> int:
        """0 where a link ends before anybody would be reminded."""
        return self.remind_after_ms if self.remind_after_ms < valid_ms else 0

    def business_day(self, wall_ms: int) -> int:
        """The day of the site's own calendar (as `day_of`) that money belongs to which is taken at this moment."""
        return self.day_of(wall_ms - self.day_ends_ms)

    def method_for(self, brand: str) -> str:
        return self.payment_methods.get(brand, self.payment_method)
