"""The guards of both tables: what a cell needs beside state and event, decided from the payment and the facts.

Rules of money that live here:
 3. A late approval is adopted only while nothing else of its payment was taken and no newer attempt is live; an
    attempt is killed only after three acknowledged kills with nothing left to give back.
 8. What went back while nobody knew whether it was posted is reversed or dropped once that is known.
10. The same refund or dispute is counted once.
"""

from __future__ import annotations

from tillbridge.domain import money_leg, posting_leg
from tillbridge.domain.event import Event
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.payment import Attempt, Payment, Posting
from tillbridge.domain.posting_leg import PostingEvent

KILLS_NEEDED = 3

_MONEY = {str(event): event for event in MoneyEvent}
_POSTING = {str(event): event for event in PostingEvent}


def money_cell(payment: Payment, event: Event) -> money_leg.Cell | None:
    """What an event does to the attempt it names; None if it is not the money leg's, or impossible."""
    attempt, kind = payment.attempt(event.subject), _MONEY.get(event.kind)
    if attempt is None or kind is None:
        return None
    cell = money_leg.cell(attempt.state, kind)
    while cell is not None and cell.guard and not _money_guard(cell.guard, payment, attempt, event):
        cell = cell.otherwise
    return cell


def posting_cell(payment: Payment, event: Event) -> posting_leg.Cell | None:
    """What an event does to the posting it names; None if it is not the posting leg's, or impossible."""
    posting, kind = payment.posting(event.subject), _POSTING.get(event.kind)
    if posting is None or kind is None:
        return None
    cell = posting_leg.cell(posting.state, kind)
    while cell is not None and cell.guard and not _posting_guard(cell.guard, payment, posting):
        cell = cell.otherwise
    return cell


def _money_guard(guard: money_leg.Guard, payment: Payment, attempt: Attempt, event: Event) -> bool:
    match guard:
        case money_leg.Guard.WANTED:
            return wanted(payment, attempt)
        case money_leg.Guard.CAN_GO_BACK:
            return payment.row.direction != "out"
        case money_leg.Guard.ALL_BACK:
            return _all_back(attempt, event)
        case money_leg.Guard.COVERED:
            return _behind_the_door(attempt) <= told_back(attempt, event)
        case money_leg.Guard.NOTHING_LATE:
            return attempt.owed_back == 0
        case money_leg.Guard.KILLS_DONE:
            return attempt.kills >= KILLS_NEEDED and attempt.owed_back == 0
        case money_leg.Guard.NEW:
            return event.text("key") not in attempt.counted
        case money_leg.Guard.UNDECIDED:
            return payment.undecided(attempt)
        case money_leg.Guard.OUR_VOID:
            return any(child.operation == "void" and not child.over for child in payment.children)
        case money_leg.Guard.TAKEN_BACK:
            return any(child.operation == "void" and child.given_minor for child in payment.children)
        case money_leg.Guard.SAME_AMOUNT:
            known = attempt.approved or attempt.asked
            return event.number_or("amount_minor", known.minor) == known.minor


def _posting_guard(guard: posting_leg.Guard, payment: Payment, posting: Posting) -> bool:
    match guard:
        case posting_leg.Guard.ONLY_ONE:
            may = payment.may_post(posting.reference, posting.amount, posting.debt)
            return may or not payment.is_primary(posting)
        case posting_leg.Guard.STILL_OWED:
            return not posting.settle_first
        case posting_leg.Guard.EVER_COMMITTED:
            return posting.touched_at is not None
        case posting_leg.Guard.SURELY_ABSENT:
            return not posting.may_be_posted and not posting.suspected


def wanted(payment: Payment, attempt: Attempt) -> bool:
    """May an approval of this attempt still be adopted? Not if another one took money, or a newer one is live."""
    newer = False
    for other in payment.attempts:
        if other.reference == attempt.reference:
            newer = True
        elif not other.over and (newer or other.state not in money_leg.IN_DOUBT | {MoneyState.CREATED}):
            return False
    return True


def _all_back(attempt: Attempt, event: Event) -> bool:
    """A void that settled all the same gave nothing back."""
    if attempt.late is None or (event.kind == MoneyEvent.SETTLED and attempt.late_voided):
        return False
    told = event.number_or("amount_minor", attempt.late.minor)
    return attempt.late_back >= max(told, attempt.late.minor)


def _behind_the_door(attempt: Attempt) -> int:
    """Minor units that may have been taken behind the door and are not back; the whole amount while nobody knows."""
    return (attempt.late or attempt.asked).minor - attempt.late_back


def told_back(attempt: Attempt, event: Event) -> int:
    """How much an event says went back, in minor units: all of it if it names no sum, nothing if it was counted."""
    if event.text("key") in attempt.counted:
        return 0
    return max(0, event.number_or("returned_minor", _behind_the_door(attempt)))
