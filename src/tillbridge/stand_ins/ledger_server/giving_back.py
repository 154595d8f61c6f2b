"""Reversing a payment: which messages come, and the rows that it writes.

A refund is a payment below zero and passes through the payment window (rules.py). A reversal takes one payment back
whole: as many rows of the opposite sums. It is committed in one place, `_commit`; it needs who, why, an open day, and
where the profile says so a supervisor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tillbridge.stand_ins.ledger_server import staff
from tillbridge.stand_ins.ledger_server.books import Books, Payment
from tillbridge.stand_ins.ledger_server.desks import Desk
from tillbridge.stand_ins.ledger_server.faults import Faults
from tillbridge.stand_ins.ledger_server.habits import day_text, save_seconds
from tillbridge.stand_ins.ledger_server.rules import Rules
from tillbridge.stand_ins.ledger_server.turns import (
    AGAIN,
    CLOSE,
    CRASH,
    Conversation,
    Step,
    Turn,
    freeze,
    wait,
)
from tillbridge.stand_ins.ledger_server.world import World
from tillbridge.stand_ins.profile import Profile


@dataclass(frozen=True)
class Reversal:
    """What was filled in. `reference`: the number of the new row; empty where the window has none: then the reason
    stands in its place."""

    account: str
    payment: str
    reason: str
    reference: str
    employee: str
    workstation: str


class Reversing:
    """The reversals of one profile over one set of books."""

    def __init__(self, profile: Profile, books: Books, faults: Faults, world: World, rules: Rules) -> None:
        self._profile = profile
        self._books = books
        self._faults = faults
        self._world = world
        self._rules = rules

    def opening(self, desk: Desk, account: str, payment: str, form: Callable[[], Turn]) -> Conversation:
        """Reverse was pressed on a payment. Ends in open (with the form), stay or exit."""
        yield from freeze(self._faults, "opening")
        while True:
            ended = yield from self._may_open(desk, account, payment)
            if ended is not AGAIN:
                break
        return ended if ended is not None else {"turn": "open", "form": form()}

    def _may_open(self, desk: Desk, account: str, payment: str) -> Step:
        for step in (self._rules.forced("opening", account, ""), self._rules.locked(desk, account)):
            ended = yield from step
            if ended is not None:
                return ended
        return (yield from self._allowed(self._books.payments[payment], at="opening"))

    def finishing(self, act: Reversal, conversation: str) -> Conversation:
        """The reversal was confirmed in its window. Ends in close, stay, exit or crash."""
        act = self._staffed(act)
        yield from freeze(self._faults, "ok")
        save_s = save_seconds(self._faults, self._profile)
        share = self._faults.number("save_commits_at")
        yield from wait(save_s * share)
        if self._faults.strikes("close_without_posting"):
            return CLOSE
        while True:
            ended = yield from self._attempt(act, conversation, save_s * (1 - share))
            if ended is not AGAIN:
                return CLOSE if ended is None else ended

    def _attempt(self, act: Reversal, conversation: str, rest_s: float) -> Step:
        for step in (self._rules.forced("before_commit", act.account, ""), self._checks(act)):
            ended = yield from step
            if ended is not None:
                return ended
        if self._faults.strikes("crash_before_commit"):
            return CRASH
        self._commit(act, conversation)
        if self._faults.strikes("crash_after_commit"):
            return CRASH
        yield from freeze(self._faults, "after_commit")
        yield from wait(rest_s)
        return (yield from self._rules.forced("after_commit", act.account, ""))

    def _checks(self, act: Reversal) -> Step:
        """Who and why, and whether it may be."""
        missing = "no_employee" if not act.employee else "no_reason" if not act.reason.strip() else ""
        if missing:
            return (yield from self._rules.messages.ask(missing, {}))
        return (yield from self._allowed(self._books.payments[act.payment], at="ok"))

    def _allowed(self, old: Payment, at: str) -> Step:
        """What cannot be is refused again at the end, wherever it was looked at first; a supervisor is asked there."""
        if at == "ok" or self._profile.behaviour.reverse_checks_at == "opening":
            ended = yield from self._refused(old)
            if ended is not None:
                return ended
        if at == "ok" and self._needs_permission(old):
            return (yield from self._rules.messages.ask("permission", self._rules.facts(old.client, "")))
        return None

    def _refused(self, old: Payment) -> Step:
        if self._is_undone(old):
            return (yield from self._rules.messages.ask("reversed", {}))
        closed = self._books.closed_through
        if closed is not None and min(self._day(old), self._world.today()) <= closed:
            facts = {"date": day_text(closed, self._faults, self._profile)}
            return (yield from self._rules.messages.ask("period", facts))
        return None

    def _is_undone(self, old: Payment) -> bool:
        undone = {row.reverses for row in self._books.payments.values() if not row.deleted}
        return old.deleted or bool(old.reverses) or old.id in undone

    def _needs_permission(self, old: Payment) -> bool:
        turned = self._faults.choice("reverse_permission")
        habit = self._profile.behaviour.reverse_permission if turned == "profile" else turned
        return habit == "always" or (habit == "earlier" and self._day(old) < self._world.today())

    def _day(self, old: Payment) -> date:
        return old.day or self._world.day(old.at)

    def _rows(self, old: Payment) -> Sequence[Payment]:
        """One row; where the money goes to the oldest balance, all that the one payment wrote."""
        if self._profile.behaviour.applies_to != "oldest" or not old.posting:
            return [old]
        alike = (p for p in self._books.payments.values() if p.posting == old.posting and not p.reverses)
        return [row for row in alike if (row.method, row.reference) == (old.method, old.reference)]

    def _commit(self, act: Reversal, conversation: str) -> None:
        """The one place where a reversal writes money."""
        shown_at, first = self._world.shown_at(), len(self._books.payments) + 1
        rows = self._rows(self._books.payments[act.payment])
        self._world.commit(
            [
                {
                    **self._act(act, old),
                    "id": f"R{first + at:05d}",
                    "posting": conversation,
                    "shown_at": shown_at,
                }
                for at, old in enumerate(rows)
            ]
        )

    def _act(self, act: Reversal, old: Payment) -> dict[str, Any]:
        return {
            "kind": "reversal",
            "of": old.id,
            "client": old.client,
            "invoice": old.invoice,
            "amount_minor": -old.amount_minor,
            "currency": "USD",
            "method": old.method,
            "card_type": old.card_type,
            "reference": act.reference or act.reason,
            "reason": act.reason,
            "employee": act.employee,
            "workstation": act.workstation,
            "by": "skin",
        }

    def _staffed(self, act: Reversal) -> Reversal:
        """With the employee's name where the window has initials."""
        if not self._profile.behaviour.staff_by_initials:
            return act
        named = staff.named(act.employee, self._rules.employees())
        return Reversal(act.account, act.payment, act.reason, act.reference, named, act.workstation)
