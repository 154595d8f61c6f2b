"""The posting leg: what may happen to one posting record in the practice software. A table, with its rules on top.

Rules of money that live here:
 2. The start of typing is durable before the first key: TYPING is journalled before anything is prepared.
 5. A posting waits for its safe moment and stays with its client and invoice, whoever is on the screen.
 6. CHECKING (same client, same invoice, ledger searched for our marker) stands before every TYPING.
 7. One commit point: after COMMITTING nothing is typed again before the ledger was read completely (UNSURE).
    A restart in TYPING or COMMITTING is UNSURE, because no fsync may stand inside the burst: nobody knows how far
    the old process came. (The draft's row had TYPING -> WAITING; its own footnote says UNSURE, and that is safe.)
 8. The two legs are never one status: NEEDS_ATTENTION says whether the row may be in the books.
A pair that is not in the table is impossible: the caller journals it, keeps the state and shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PostingState(StrEnum):
    NOT_NEEDED = "not_needed"
    WAITING = "waiting"
    CHECKING = "checking"
    TYPING = "typing"
    COMMITTING = "committing"
    UNSURE = "unsure"
    POSTED = "posted"
    NEEDS_ATTENTION = "needs_attention"


class PostingEvent(StrEnum):
    OWED = "posting_owed"
    SAFE_MOMENT = "posting_safe_moment"
    CLEAR = "posting_clear"
    """Identity right and the marker absent: typing may start."""
    BLOCKED = "posting_blocked"
    """Identity wrong, software closed, a person typing, a dialog: nothing was committed."""
    FOUND = "posting_found"
    FOUND_WRONG = "posting_found_wrong"
    SUSPECTED = "posting_suspected"
    """A row without a marker, of the same client, amount and day: typed by hand?"""
    COMMIT_REACHED = "posting_commit_reached"
    COMMIT_RETURNED = "posting_commit_returned"
    FLOW_FAILED = "posting_flow_failed"
    """Typing stopped before the commit, proved."""
    RESTARTED = "posting_restarted"
    PROVEN_ABSENT = "posting_proven_absent"
    NOT_PROVEN = "posting_not_proven"
    LIMIT_PASSED = "posting_limit_passed"
    """Looked for it for too long: a person is asked."""
    SAID_POSTED = "posting_said_posted"
    SAID_NOT_POSTED = "posting_said_not_posted"
    REST_AS_CREDIT = "posting_rest_as_credit"
    """More was taken than is still owed: a person keeps the rest as the client's credit."""
    REPLACED = "posting_replaced"
    """It was never typed, and another record (or none) stands for its money."""
    DROPPED = "posting_dropped"
    MONEY_RETURNED = "posting_money_returned"
    """The money was given back or returned."""
    ROW_VANISHED = "posting_row_vanished"


class PostingEffect(StrEnum):
    CLEAR_FORM = "clear_form"
    DROP_BOTH = "drop_both"
    """Neither this posting nor its reversal is needed."""
    OWE_REVERSAL = "owe_reversal"
    SETTLE_FIRST = "settle_first"
    """Finish finding out, then reverse."""
    ALERT = "alert"
    MAY_BE_POSTED = "may_be_posted"
    SURELY_NOT_POSTED = "surely_not_posted"


class Guard(StrEnum):
    """What a cell needs beside state and event. Decided in guards.py from the posting."""

    STILL_OWED = "still_owed"
    """Its money did not go back in the meantime."""
    ONLY_ONE = "only_one"
    """No other posting of the same money is open, or in the books and not reversed."""
    EVER_COMMITTED = "ever_committed"
    """A commit of it may once have been sent."""
    SURELY_ABSENT = "surely_absent"
    """It cannot be in the books, neither typed by us nor by hand."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where to, and what else. Where `guard` does not hold, `otherwise` stands instead."""

    to: PostingState
    effects: tuple[PostingEffect, ...] = ()
    guard: Guard | None = None
    otherwise: Cell | None = None


S, E, F = PostingState, PostingEvent, PostingEffect
Row = dict[PostingEvent, Cell]


def _to(state: PostingState, *effects: PostingEffect) -> Cell:
    return Cell(state, effects)


def _if(guard: Guard, cell: Cell, otherwise: Cell) -> Cell:
    return Cell(cell.to, cell.effects, guard, otherwise)


def _owed(cell: Cell) -> Cell:
    """It is not in the books: go on only if its money is still ours."""
    return _if(Guard.STILL_OWED, cell, _to(S.NOT_NEEDED, F.DROP_BOTH))


def _stay(state: PostingState, *events: PostingEvent) -> Row:
    return {event: _to(state) for event in events}


_POSTED = _if(Guard.STILL_OWED, _to(S.POSTED), _to(S.POSTED, F.OWE_REVERSAL))
"""It is in the books. If its money went back while we were finding out, a reversal is owed now."""
_PERHAPS = _to(S.NEEDS_ATTENTION, F.MAY_BE_POSTED)
_ABSENT = _to(S.NEEDS_ATTENTION, F.SURELY_NOT_POSTED)

TABLE: dict[PostingState, Row] = {
    S.NOT_NEEDED: {
        **_stay(S.NOT_NEEDED, E.RESTARTED, E.MONEY_RETURNED),
        E.OWED: Cell(S.WAITING, guard=Guard.ONLY_ONE),
        E.FOUND: _to(S.NOT_NEEDED, F.ALERT),
        E.FOUND_WRONG: _to(S.NOT_NEEDED, F.ALERT),
    },
    S.WAITING: {
        **_stay(S.WAITING, E.OWED, E.BLOCKED, E.RESTARTED, E.SAID_NOT_POSTED),
        E.SAFE_MOMENT: _to(S.CHECKING),
        E.FOUND: _POSTED,
        E.FOUND_WRONG: _PERHAPS,
        E.SUSPECTED: _ABSENT,
        E.LIMIT_PASSED: _ABSENT,
        E.SAID_POSTED: _POSTED,
        E.DROPPED: _to(S.NOT_NEEDED),
        E.REPLACED: _to(S.NOT_NEEDED),
        E.MONEY_RETURNED: _to(S.NOT_NEEDED, F.DROP_BOTH),
    },
    S.CHECKING: {
        E.CLEAR: _owed(_to(S.TYPING)),
        E.PROVEN_ABSENT: _owed(_to(S.TYPING)),
        E.BLOCKED: _owed(_to(S.WAITING)),
        E.RESTARTED: _owed(_to(S.WAITING)),
        E.NOT_PROVEN: _if(Guard.EVER_COMMITTED, _PERHAPS, _to(S.WAITING)),
        E.FOUND: _POSTED,
        E.FOUND_WRONG: _PERHAPS,
        E.SUSPECTED: _ABSENT,
        E.SAID_POSTED: _POSTED,
        E.SAID_NOT_POSTED: _owed(_to(S.WAITING)),
        E.DROPPED: _to(S.NOT_NEEDED),
        E.REPLACED: _to(S.NOT_NEEDED),
        E.MONEY_RETURNED: _to(S.CHECKING, F.SETTLE_FIRST),
    },
    S.TYPING: {
        E.BLOCKED: _owed(_to(S.WAITING, F.CLEAR_FORM)),
        E.FLOW_FAILED: _owed(_to(S.WAITING, F.CLEAR_FORM)),
        E.COMMIT_REACHED: _to(S.COMMITTING),
        E.RESTARTED: _to(S.UNSURE),
        E.MONEY_RETURNED: _to(S.TYPING, F.SETTLE_FIRST),
    },
    S.COMMITTING: {
        **_stay(
            S.UNSURE, E.BLOCKED, E.COMMIT_RETURNED, E.RESTARTED, E.SUSPECTED, E.PROVEN_ABSENT, E.NOT_PROVEN
        ),
        E.FOUND: _POSTED,
        E.FOUND_WRONG: _PERHAPS,
        E.MONEY_RETURNED: _to(S.COMMITTING, F.SETTLE_FIRST),
    },
    S.UNSURE: {
        **_stay(S.UNSURE, E.SAFE_MOMENT, E.BLOCKED, E.COMMIT_RETURNED, E.RESTARTED, E.NOT_PROVEN),
        E.FOUND: _POSTED,
        E.FOUND_WRONG: _PERHAPS,
        E.SUSPECTED: _PERHAPS,
        E.PROVEN_ABSENT: _owed(_to(S.WAITING)),
        E.LIMIT_PASSED: _PERHAPS,
        E.SAID_POSTED: _POSTED,
        E.SAID_NOT_POSTED: _owed(_to(S.WAITING)),
        E.MONEY_RETURNED: _to(S.UNSURE, F.SETTLE_FIRST),
    },
    S.POSTED: {
        **_stay(S.POSTED, E.FOUND, E.RESTARTED, E.SAID_POSTED),
        E.FOUND_WRONG: _PERHAPS,
        E.SUSPECTED: _to(S.POSTED, F.ALERT),
        E.ROW_VANISHED: _ABSENT,
        E.MONEY_RETURNED: _to(S.POSTED, F.OWE_REVERSAL),
    },
    S.NEEDS_ATTENTION: {
        **_stay(S.NEEDS_ATTENTION, E.FOUND_WRONG, E.SUSPECTED, E.RESTARTED, E.COMMIT_RETURNED, E.NOT_PROVEN),
        E.FOUND: _POSTED,
        E.PROVEN_ABSENT: _ABSENT,
        E.SAID_POSTED: _POSTED,
        E.SAID_NOT_POSTED: _owed(_to(S.WAITING)),
        E.REST_AS_CREDIT: Cell(S.WAITING, guard=Guard.SURELY_ABSENT),
        E.REPLACED: Cell(S.NOT_NEEDED, guard=Guard.SURELY_ABSENT),
        E.DROPPED: _to(S.NOT_NEEDED),
        E.MONEY_RETURNED: _if(
            Guard.SURELY_ABSENT, _to(S.NOT_NEEDED, F.DROP_BOTH), _to(S.NEEDS_ATTENTION, F.SETTLE_FIRST)
        ),
    },
}

MAY_HAVE_BEEN_TYPED = frozenset({S.TYPING, S.COMMITTING, S.UNSURE})
CLOSED = frozenset({S.POSTED, S.NOT_NEEDED})


def cell(state: PostingState, event: PostingEvent) -> Cell | None:
    """The cell for a pair, its guard not yet decided (guards.py does that), or None: impossible."""
    return TABLE[state].get(event)
