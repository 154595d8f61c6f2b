"""When an append is refused, decided alike for every journal. Pure: the caller looks the numbers up and rolls back."""

from __future__ import annotations

from tillbridge.domain.errors import JournalError, OperatorError
from tillbridge.ports.journal import Append, Limit


def refuse_nonsense(append: Append) -> None:
    """A mistake of the caller, never of the world. Raises ValueError."""
    if not append.events:
        raise ValueError("an append without events")
    if append.payment.payment_id != append.payment_id:
        raise ValueError("the folded payment is another one")
    if append.payment.version != append.version + len(append.events):
        raise ValueError("the payment was not folded up to the new events")


def refuse_stale(append: Append, version: int) -> None:
    """Raises JournalError `stale`: somebody else added to this payment since the writer read it."""
    if append.version != version:
        raise JournalError("stale", payment_id=append.payment_id, seen=append.version, stored=version)


def refuse_taken(code: str, what: str, owner: str | None, payment_id: str) -> None:
    """Raises JournalError `reference_used` or `marker_used`: it belongs to another payment, for ever."""
    if owner is not None and owner != payment_id:
        raise JournalError(code, subject=what, payment_id=owner)


def refuse_above(limit: Limit, held_minor: int, own_minor: int) -> None:
    """Rules 4 and 10. `held_minor`: held by others; `own_minor`: what this payment holds after the append."""
    if held_minor + own_minor > limit.minor:
        raise OperatorError("not_chargeable", limit_minor=limit.minor, held_minor=held_minor)
