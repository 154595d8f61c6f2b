"""Which cells of the two tables a bench hit: counted from the events as they are journalled.

It judges no money: it folds each event once more to see the state that it met.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tillbridge.domain import money_leg, posting_leg
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.fold import apply
from tillbridge.domain.payment import Payment
from tillbridge.ports.journal import Append

Cell = tuple[str, str, str]
"""(leg, state, event)."""

ALL: frozenset[Cell] = frozenset(
    {("money", str(s), str(e)) for s, row in money_leg.TABLE.items() for e in row}
    | {("posting", str(s), str(e)) for s, row in posting_leg.TABLE.items() for e in row}
)


_OVER = ("not_sent", "declined", "cancelled")
_ANSWERS = (
    "acknowledged",
    "pended",
    "approved",
    "authorized",
    "declined",
    "cancelled",
    "not_sent",
    "not_found",
)
_LOOKED = ("found", "found_wrong", "suspected", "not_proven", "proven_absent", "blocked", "restarted")

_UNDER_WAY = "only what was being sent, or ran, is told of a restart"
_NO_NEWS = "an answer without news is not kept; met only where it crosses a report"
_OVER_IS_OVER = "nobody asks about an attempt that is over; only a report speaks of it"

UNMET: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("money", ("created", "authorized", "killing", "killed", "approved", "settled", "pending", "returned", "voided",
               "unknown", *_OVER), ("restarted",), _UNDER_WAY),
    ("money", _OVER, (*_ANSWERS, "no_reply"), _OVER_IS_OVER),
    ("money", ("authorized",), (*_ANSWERS[:2], *_ANSWERS[4:], "no_reply", "horizon_passed"),
     "a hold is captured, not asked about"),
    ("money", ("approved", "settled", "returned", "voided"), _ANSWERS, "nobody asks about an attempt that is decided"),
    ("money", ("pending",), ("acknowledged", "pended", "not_found"), _NO_NEWS),
    ("money", ("unknown",), ("not_found",), _NO_NEWS),
    ("money", ("running",), ("horizon_passed", "acknowledged"), _NO_NEWS),
    ("money", ("killing",), ("no_reply", "not_found", "horizon_passed", "acknowledged"), _NO_NEWS),
    ("money", ("killed",), ("no_reply", "not_found", "declined", "cancelled", "not_sent", "given_back",
                            "kill_acknowledged", "kills_proved"), _NO_NEWS),
    ("posting", ("checking",), (*_LOOKED, "said_posted", "said_not_posted", "dropped", "money_returned", "replaced"),
     "a look and what follows from it are one append: nobody ever meets a checking"),
    ("posting", ("typing",), ("blocked",), "one append holds the start of typing and its commit"),
    ("posting", ("committing",), (*_LOOKED, "money_returned"), "its end is told before anybody looks"),
    ("posting", ("unsure", "needs_attention", "waiting", "posted", "not_needed"), ("restarted",), _UNDER_WAY),
    ("posting", ("unsure",), ("safe_moment", "commit_returned"), "it is only looked for"),
    ("posting", ("waiting",), ("owed",), "it is owed once"),
    ("posting", ("needs_attention",), (*_LOOKED, "commit_returned"), "only the person looks"),
    ("posting", ("posted", "unsure"), ("suspected",), "what is ours, or may be, is looked for by its marker"),
    ("posting", ("not_needed",), ("found", "found_wrong"), "nobody looks for what is not needed"),
)  # fmt: skip
"""Cells that stand in the tables as a belt and cannot be met through the engine as it is, and why. One that is met all
the same is told by the bench."""


def unmet() -> frozenset[Cell]:
    """The cells of `UNMET` that there are."""
    rows = {
        (leg, state, f"posting_{event}" if leg == "posting" else event)
        for leg, states, events, _ in UNMET
        for state in states
        for event in events
    }
    return frozenset(rows) & ALL


class Cells:
    """Follows a journal's appends. `impossible`: events that the tables refused."""

    def __init__(self) -> None:
        self.hits: Counter[Cell] = Counter()
        self.impossible: Counter[tuple[str, str]] = Counter()
        self._payments: dict[str, Payment] = {}

    def forget(self) -> None:
        """Another world begins."""
        self._payments.clear()

    def __call__(self, append: Append) -> None:
        payment = self._payments.get(append.payment_id)
        for event in append.events:
            self._count(payment, event)
            payment = apply(append.payment_id, payment, event)
        if payment is not None:
            self._payments[append.payment_id] = payment

    def _count(self, payment: Payment | None, event: Event) -> None:
        if event.kind == PaymentEvent.IMPOSSIBLE:
            self.impossible[event.text("state"), event.text("kind")] += 1
        if payment is None:
            return
        attempt, posting = payment.attempt(event.subject), payment.posting(event.subject)
        if attempt is not None:
            self.hits["money", str(attempt.state), str(event.kind)] += 1
        if posting is not None:
            self.hits["posting", str(posting.state), str(event.kind)] += 1


def short(hits: Counter[Cell], wanted: Iterable[Cell], times: int) -> list[Cell]:
    """The cells that were met less often, in order."""
    return sorted(cell for cell in wanted if hits[cell] < times)
