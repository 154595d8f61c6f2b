"""Giving money back: what may go back, how, when, and how it is split. Pure; the engine asks the gateway first.

Rules of money that live here:
10. Never more than is left after everything given back, running, unknown, returned or disputed, by us or by others.
    What the gateway counted beyond what we know was given back elsewhere. While it is unknown whether one give-back
    happened no other one is chosen.
11. Base, fee and tip stay apart. A part of the base takes its part of the fee along, by cumulative rounding; the tip
    goes back only with all that is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tillbridge.domain.errors import OperatorError
from tillbridge.domain.money import Money, Parts, fee_to_return
from tillbridge.domain.outcome import Found, Inquiry

Way = Literal["void", "refund"]
When = Literal["now", "settled"]
"""`settled`: queued, and sent by itself when the gateway has settled the payment."""
ClientSees = Literal["today", "days"]
"""A charge that is taken back before settlement vanishes; a refund takes the bank some days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    way: Way
    when: When

    @property
    def seen(self) -> ClientSees:
        return "today" if self.way == "void" else "days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is still there of a payment. `paid`: what was taken. `parts_back`: what our own give-backs gave, or are
    giving, back. `left`: the most that may still go back, in minor units."""

    paid: Parts
    parts_back: tuple[Parts, ...]
    elsewhere: Money
    left: Money

    @property
    def base_back(self) -> Money:
        """Others say no parts: what they gave back counts as base first."""
        ours = sum(parts.base.minor for parts in self.parts_back)
        minor = min(self.paid.base.minor, ours + self.elsewhere.minor)
        return Money(minor=minor, currency=self.left.currency)

    @property
    def untouched(self) -> bool:
        return self.left == self.paid.whole


def parts_taken(parts: Parts, taken: Money) -> Parts:
    """What was really taken, in its parts: of a smaller approval the base is paid first, then the fee, then the tip.
    What is beyond all of them is a tip that was added on the terminal."""
    base = min(taken.minor, parts.base.minor)
    fee = min(taken.minor - base, parts.fee.minor)
    return _parts(base, fee, taken.minor - base - fee, taken.currency)


def to_give_back(kept: Kept, base: Money | None) -> Parts:
    """The parts that go back: all that is left (None), or a part of the base with its part of the fee.

    Raises OperatorError `nothing_to_give_back`, `over_refund` (facts `left_minor`, `currency`).
    """
    left = kept.left.minor
    if left <= 0:
        raise OperatorError("nothing_to_give_back")
    base_left = min(left, kept.paid.base.minor - kept.base_back.minor)
    if base is None:
        fee_back = sum(parts.fee.minor for parts in kept.parts_back)
        fee = min(left - base_left, kept.paid.fee.minor - fee_back)
        return _parts(base_left, fee, left - base_left - fee, kept.left.currency)
    if not 0 < base.minor <= base_left:
        raise OperatorError("over_refund", left_minor=base_left, currency=kept.left.currency)
    fee = min(left - base.minor, fee_to_return(kept.paid, kept.base_back, base).minor)
    return _parts(base.minor, fee, 0, kept.left.currency)


def choose(found: Inquiry, *, whole: bool, refunds_early: bool, bank: bool = False) -> Choice:
    """Void or refund, now or when it is settled. `whole`: all that was taken goes back, and nothing went back before.
    `refunds_early`: the gateway refunds before settlement. `bank`: a bank debit, which may still be returned: it is
    refunded after its settlement, whatever the gateway would let us do.

    Raises OperatorError `gateway_does_not_tell`, `not_refundable`.
    """
    if not isinstance(found, Found):
        raise OperatorError("gateway_does_not_tell")
    if whole and found.voidable:
        return Choice(way="void", when="now")
    if found.refundable and (not bank or found.settle == "settled"):
        return Choice(way="refund", when="now")
    if found.settle in ("voided", "returned", "rejected", "settled"):
        raise OperatorError("not_refundable")
    return Choice(way="refund", when="now" if refunds_early and not bank else "settled")


def given_elsewhere(found: Inquiry, ours: Money) -> int:
    """Minor units that others gave back, as the gateway counts: all of it less what payments of ours gave back."""
    if not isinstance(found, Found) or found.given_back is None or found.settle in ("voided", "returned"):
        return 0
    return max(0, found.given_back.minor - ours.minor)


def _parts(base: int, fee: int, tip: int, currency: str) -> Parts:
    base_, fee_, tip_ = (Money(minor=minor, currency=currency) for minor in (base, fee, tip))
    return Parts(base=base_, fee=fee_, tip=tip_)
