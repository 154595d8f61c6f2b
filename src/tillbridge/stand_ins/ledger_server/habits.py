"""Habits of a version that knobs may change: how money and days are written, how long things take.

Values only; no conversations and no books.
"""

from __future__ import annotations

from datetime import date

from tillbridge.stand_ins.ledger_server.faults import Faults
from tillbridge.stand_ins.profile import Profile

DAYS = {"MM/DD/YYYY": "%m/%d/%Y", "DD.MM.YYYY": "%d.%m.%Y"}


def money_style(faults: Faults, profile: Profile) -> str:
    """The money format in force: the profile's, unless a knob says otherwise."""
    style = faults.choice("money_format")
    if style != "profile":
        return style
    return "comma" if faults.choice("locale") == "eu" else profile.money_format


def day_text(day: date, faults: Faults, profile: Profile) -> str:
    """A day as this version shows it."""
    form = "DD.MM.YYYY" if faults.choice("locale") == "eu" else profile.date_format
    return f"{day:{DAYS[form]}}"


def save_seconds(faults: Faults, profile: Profile) -> float:
    """How long this save runs on by itself."""
    fixed = faults.number("save_ms")
    low, high = profile.behaviour.save_ms
    return (fixed if fixed >= 0 else faults.random.randint(low, high)) / 1000


def milliseconds(faults: Faults, knob: str, usual: int) -> int:
    """A knob in milliseconds; below zero the profile's usual value."""
    value = faults.number(knob)
    return usual if value < 0 else int(value)
