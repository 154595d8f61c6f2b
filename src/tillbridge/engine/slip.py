"""A payment that a terminal of any make took without us: a named person says what its slip says.

It is never asked about at the gateway. It posts like the rest, and stays marked until somebody has held it against that
terminal's own report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tillbridge.domain.errors import Fact, OperatorError
from tillbridge.domain.event import Event
from tillbridge.domain.moment import Moment
from tillbridge.domain.money import Money
from tillbridge.domain.money_leg import MoneyEvent

_LAST4 = re.compile(r"[0-9]{4}")
_CODE = re.compile(r"[A-Za-z0-9]{2,10}")
"""Networks give six characters; some processors print fewer or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """`last4`: the last four digits of the card. `auth_code`: the authorization code. `brand`: as printed, if it is."""

    last4: str
    auth_code: str
    brand: str = ""


def check_slip(slip: Slip | None, person: str) -> None:
    """Raises OperatorError `person_missing`, `slip_missing`, `slip_last4`, `slip_code`."""
    if not person.strip():
        raise OperatorError("person_missing")
    if slip is None:
        raise OperatorError("slip_missing")
    if _LAST4.fullmatch(slip.last4) is None:
        raise OperatorError("slip_last4")
    if _CODE.fullmatch(slip.auth_code) is None:
        raise OperatorError("slip_code")


def taken_elsewhere(reference: str, slip: Slip, amount: Money, person: str, now: Moment) -> list[Event]:
    """The slip is the approval: nothing is sent, and nobody else can tell."""
    facts: dict[str, Fact] = {
        "amount_minor": amount.minor,
        "currency": amount.currency,
        "auth_code": slip.auth_code.upper(),
        "brand": slip.brand,
        "last4": slip.last4,
        "entry_mode": "standalone",
        "to_check": True,
        "person": person,
    }
    started = Event(kind=MoneyEvent.SEND_STARTED, at=now, subject=reference)
    return [started, Event(kind=MoneyEvent.APPROVED, at=now, subject=reference, facts=facts)]
