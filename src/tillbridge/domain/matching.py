"""Is our posting in the books? Decided from one look into the client's ledger.

Rules of money that live here:
 6. Our marker is searched, and an unmarked row of the same client, amount and day that staff may have typed.
 7. After a commit that may have happened, absence is proved only by the whole list, read when the program was quiet
    and the pack's settling time had surely passed. Everything less is `NotProven`: never a ground for typing again.
A marker that the software cut counts only while no other marker of ours begins alike.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from tillbridge.domain.ledger import LedgerRow, LedgerSeen, PostingKind
from tillbridge.domain.marker import shaped_like_marker
from tillbridge.domain.moment import Moment, surely_passed_ms
from tillbridge.domain.money import Money

Wrong = Literal["amount", "client", "invoice", "twice", "method", "reversed", "number"]
NUMBER_GONE: Wrong = "number"
"""A row that was ours carries our marker no longer, or somebody put another one in its place."""
WhyNot = Literal["list_incomplete", "not_quiet", "too_early", "marker_cut", "marker_unclear"]

CUT_LENGTH_MIN = 5
"""Fewer characters of a marker than this prove nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The posting that is looked for. `amount` is positive; empty texts are not compared."""

    kind: PostingKind
    account_id: str
    invoice_number: str
    amount: Money
    marker: str
    method: str = ""
    may_split: bool = False
    """More than is owed: the software may write what is owed and the client's credit as two rows."""

    @property
    def shown(self) -> Money:
        """The amount as a ledger row carries it: what the client paid."""
        return self.amount if self.kind in ("sale", "deposit") else -self.amount


@dataclass(frozen=True, slots=True)
class FoundRight:
    row: LedgerRow


@dataclass(frozen=True, slots=True)
class FoundWrong:
    why: Wrong
    row: LedgerRow


@dataclass(frozen=True, slots=True)
class Suspect:
    """Not ours by its marker, ours by everything else: only a person knows. While our own row may still be on its way,
    nobody is asked."""

    row: LedgerRow


@dataclass(frozen=True, slots=True)
class ProvenAbsent:
    pass


@dataclass(frozen=True, slots=True)
class NotProven:
    why: WhyNot


Verdict = FoundRight | FoundWrong | Suspect | ProvenAbsent | NotProven


def match(
    *,
    order: Wanted,
    seen: LedgerSeen,
    last_touch: Moment | None,
    now: Moment,
    other_markers: Collection[str] | None = None,
    vouched: bool = False,
) -> Verdict:
    """`last_touch`: the last moment at which a commit of ours may have been sent (the end of the last typing, or the
    restart after it); None for a posting that was never typed. `other_markers`: all other markers of the journal;
    without them (None) a marker that the software cut proves nothing, and short ones of ours look like staff's typing.
    `vouched`: a named person said after the last touch that it is not in the books.
    """
    rows = (*seen.marked, *seen.today)
    ours = [row for row in rows if carries(row.reference, order.marker)]
    if not ours:
        cut = [row for row in rows if _cut(row.reference, order.marker, seen.reference_length)]
        alike = other_markers is None or any(_same_cut(order.marker, other, seen) for other in other_markers)
        if cut and alike:
            return NotProven("marker_cut")
        ours = cut
    if ours:
        return _found(order, ours)
    if seen.marked:
        return NotProven("marker_unclear")
    suspect = next((row for row in seen.today if _suspicious(order, row, other_markers or ())), None)
    verdict = _absent(seen, last_touch, now, vouched)
    if suspect is not None and (last_touch is None or verdict == ProvenAbsent()):
        return Suspect(suspect)
    return verdict


def carries(reference: str, marker: str) -> bool:
    """Does a reference field hold this marker, whole, whatever the software or a person put around it?"""
    alone = rf"(?<![A-Z0-9]){re.escape(marker.upper())}(?![A-Z0-9])"
    return bool(marker) and re.search(alone, reference.upper()) is not None


def shows(seen: LedgerSeen, marker: str) -> bool:
    """Does any row carry this marker, whole or as the software cuts it?"""
    references = [row.reference for row in (*seen.marked, *seen.today)]
    return any(carries(text, marker) or _cut(text, marker, seen.reference_length) for text in references)


def _cut(reference: str, marker: str, length: int) -> bool:
    """Is the reference exactly what the software leaves of this marker?"""
    left = marker[:length].rstrip().upper()
    cuts = CUT_LENGTH_MIN <= length < len(marker)
    return cuts and reference.strip().upper() == left


def _same_cut(marker: str, other: str, seen: LedgerSeen) -> bool:
    return _cut(marker[: seen.reference_length], other, seen.reference_length)


def _found(order: Wanted, ours: list[LedgerRow]) -> Verdict:
    row = ours[0]
    if order.may_split and _split(order, ours):
        return FoundRight(row)
    if len(ours) > 1:
        undone = len(ours) == 2 and ours[0].amount.minor + ours[1].amount.minor == 0
        return FoundWrong("reversed" if undone else "twice", row)
    if _differ(order.account_id, row.account_id):
        return FoundWrong("client", row)
    if row.amount != order.shown:
        return FoundWrong("amount", row)
    if _differ(order.invoice_number, row.invoice_number):
        return FoundWrong("invoice", row)
    if _differ(order.method.casefold(), row.method.casefold()):
        return FoundWrong("method", row)
    return FoundRight(row)


def _split(order: Wanted, ours: list[LedgerRow]) -> bool:
    """One row on the invoice and one as credit, together what was ordered; two payments would be twice that."""
    if len(ours) != 2 or any(row.amount.minor <= 0 for row in ours):
        return False
    whole = sum(row.amount.minor for row in ours) == order.shown.minor
    invoices = {row.invoice_number.strip() for row in ours}
    right = not any(
        _differ(order.account_id, row.account_id) or _differ(order.invoice_number, row.invoice_number)
        for row in ours
    )
    return whole and right and "" in invoices


def _differ(wanted: str, shown: str) -> bool:
    """A text that one side does not say is not compared."""
    return bool(wanted.strip() and shown.strip()) and wanted.strip() != shown.strip()


def _suspicious(order: Wanted, row: LedgerRow, other_markers: Collection[str]) -> bool:
    """Typed by hand: same client, amount and day (the look gives today's rows), and no marker of ours."""
    same = row.amount == order.shown and not _differ(order.account_id, row.account_id)
    ours = shaped_like_marker(row.reference) or any(carries(row.reference, other) for other in other_markers)
    return same and not ours


def _absent(seen: LedgerSeen, last_touch: Moment | None, now: Moment, vouched: bool) -> Verdict:
    """A restart of the program shortens no wait: the books may be kept by a server that is still busy with them.

    Where the list may lack rows, a person's word stands for them; it shortens no wait either."""
    enough = seen.read_to_end and (last_touch is None or vouched)
    if not (seen.complete or enough):
        return NotProven("list_incomplete")
    if last_touch is None:
        return ProvenAbsent()
    if not seen.quiet:
        return NotProven("not_quiet")
    settled = surely_passed_ms(last_touch, now) >= seen.settle_ms
    return ProvenAbsent() if settled else NotProven("too_early")
