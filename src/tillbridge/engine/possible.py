"""What the gateway lets us do with a payment now: asked before a give-back that waits is sent. Moves no money."""

from __future__ import annotations

from dataclasses import dataclass

from tillbridge.domain.outcome import Approved, CannotTell, Found, Inquiry
from tillbridge.domain.payment import Attempt
from tillbridge.ports.gateway import Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPossible:
    """`parent`: the attempt whose money is to go back; None if none of it is taken (any more)."""

    parent: Attempt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    found: Inquiry
    refunds_early: bool


def told_by_the_charge(charge: Attempt, gateway: Gateway) -> Inquiry | None:
    """A void that is not known by its own reference, as the charge tells it: taken back, or None where it says nothing
    of that."""
    found = gateway.inquire(charge.reference, charge.gateway_ref)
    if not isinstance(found, Found) or found.settle != "voided":
        return None
    taken = charge.approved or charge.asked
    return Found(outcome=Approved(amount=taken, gateway_ref=charge.gateway_ref))


def ask(asked: AskPossible, gateway: Gateway) -> Possible:
    """Never raises: a gateway that does not answer tells nothing."""
    if asked.parent is None:
        return Possible(found=CannotTell(cause="nothing_taken"), refunds_early=False)
    try:
        early = "refund_before_settlement" in gateway.capabilities().features
        found = gateway.inquire(asked.parent.reference, asked.parent.gateway_ref)
    except Exception as error:  # noqa: BLE001 - an inquiry that fails proves nothing
        return Possible(found=CannotTell(cause=f"{type(error).__name__}: {error}"[:200]), refunds_early=False)
    return Possible(found=found, refunds_early=early)
