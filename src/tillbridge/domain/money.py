"""Money: integer minor units with a currency, the three parts of an amount, and the rounding of fees.

Rule 11: base, fee and tip stay apart and sum to the whole; never float; ambiguous text is refused,
never rounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tillbridge.domain.errors import OperatorError

EXPONENTS = {"USD": 2, "CAD": 2, "EUR": 2, "GBP": 2, "AUD": 2, "NZD": 2, "CHF": 2, "JPY": 0, "KWD": 3}
"""ISO 4217: digits after the decimal point."""

MINOR_MAX = 99_999_999_99
"""A bound on every amount (in minor units), so that a misread screen cannot ask for nonsense."""

_TYPED = re.compile(r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<part>\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """`minor`: minor units (cents for USD), may be negative. `currency`: ISO 4217 code.

    Raises ValueError for an unknown currency, a non-integer or an absurd amount.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in EXPONENTS:
            raise ValueError(f"unknown currency {self.currency!r}")
        if type(self.minor) is not int:
            raise ValueError("an amount is an integer of minor units")
        if abs(self.minor) > MINOR_MAX:
            raise ValueError("an amount beyond all bounds")

    def __add__(self, other: Money) -> Money:
        return Money(minor=self.minor + _same(self, other).minor, currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(minor=self.minor - _same(self, other).minor, currency=self.currency)

    def __neg__(self) -> Money:
        return Money(minor=-self.minor, currency=self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < _same(self, other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= _same(self, other).minor

    def plain(self) -> str:
        """`142.50`: plain digits, a point, a leading minus; for logs, gateways and typing."""
        exponent = EXPONENTS[self.currency]
        sign = "-" if self.minor < 0 else ""
        if exponent == 0:
            return f"{sign}{abs(self.minor)}"
        whole, part = divmod(abs(self.minor), 10**exponent)
        return f"{sign}{whole}.{part:0{exponent}d}"


def _same(one: Money, other: Money) -> Money:
    if one.currency != other.currency:
        raise ValueError(f"{one.currency} and {other.currency} do not mix")
    return other


def zero(currency: str) -> Money:
    return Money(minor=0, currency=currency)


def parse_typed(text: str, currency: str) -> Money:
    """An amount that a person typed: `212.40`, `$1,212.40`, `212`.

    Raises OperatorError `amount_unreadable` for anything that could be read in two ways (`212,40`, `1.5`),
    `amount_not_positive` for zero and below, `amount_too_large` beyond the bound.
    """
    bare = text.strip().removeprefix("$").strip()
    if bare.startswith("-"):
        raise OperatorError("amount_not_positive", text=text)
    match = _TYPED.fullmatch(bare) if bare.isascii() else None
    exponent = EXPONENTS[currency]
    if match is None or (match["part"] is not None and len(match["part"]) != exponent):
        raise OperatorError("amount_unreadable", text=text)
    minor = int(match["whole"].replace(",", "")) * 10**exponent + int(match["part"] or 0)
    if minor == 0:
        raise OperatorError("amount_not_positive", text=text)
    if minor > MINOR_MAX:
        raise OperatorError("amount_too_large", text=text)
    return Money(minor=minor, currency=currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of one amount: `base` (what is owed), `fee` (surcharge), `tip`. All of one currency, none negative."""

    base: Money
    fee: Money
    tip: Money

    def __post_init__(self) -> None:
        if min(self.base.minor, self.fee.minor, self.tip.minor) < 0:
            raise ValueError("a part of an amount is never negative")
        _same(self.base, self.fee), _same(self.base, self.tip)

    @property
    def whole(self) -> Money:
        return self.base + self.fee + self.tip


def only_base(base: Money) -> Parts:
    return Parts(base=base, fee=zero(base.currency), tip=zero(base.currency))


def pro_rata(part_minor: int, whole_minor: int, share_minor: int) -> int:
    """`part * share / whole`, rounded half up, in integers."""
    return (2 * part_minor * share_minor + whole_minor) // (2 * whole_minor)


def fee_to_return(paid: Parts, base_returned_before: Money, base_to_return: Money) -> Money:
    """The fee that goes back with a partial refund of `base_to_return`.

    Cumulative rounding: what was returned so far and now is rounded as one sum, so that the refund that
    returns the last of the base closes the fee to the cent.
    Raises ValueError if more base would be returned than was paid.
    """
    before, after = base_returned_before.minor, (base_returned_before + base_to_return).minor
    if before < 0 or base_to_return.minor < 0 or after > paid.base.minor:
        raise ValueError("more than was paid cannot be returned")
    if paid.base.minor == 0:
        return zero(paid.base.currency)
    due = pro_rata(paid.fee.minor, paid.base.minor, after) - pro_rata(paid.fee.minor, paid.base.minor, before)
    return Money(minor=due, currency=paid.fee.currency)
