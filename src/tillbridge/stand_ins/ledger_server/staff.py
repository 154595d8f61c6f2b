"""Employees by their initials, as programs of the older kind ask for them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

_TITLES = ("Dr.",)


def initials(name: str) -> str:
    """`Dana Brooks` is DB, `Dr. Helen Marsh` is HM."""
    return "".join(word[0] for word in name.split() if word not in _TITLES).upper()


def named(text: str, employees: Iterable[str]) -> str:
    """The employee of these initials, in any case; empty when nobody has them."""
    wanted = text.strip().upper()
    return next((name for name in employees if initials(name) == wanted), "")
