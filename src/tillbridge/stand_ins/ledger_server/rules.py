"""The conversations of the payment window: which messages come, and what is committed when.

Everything a skin may do with money passes here. A row is committed in one place, `_commit`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tillbridge.stand_ins import money_text
from tillbridge.stand_ins.ledger_server import posting, staff
from tillbridge.stand_ins.ledger_server.books import Books, Method
from tillbridge.stand_ins.ledger_server.desks import Desk, Desks
from tillbridge.stand_ins.ledger_server.faults import Faults
from tillbridge.stand_ins.ledger_server.habits import day_text, money_style, save_seconds
from tillbridge.stand_ins.ledger_server.marring import OURS
from tillbridge.stand_ins.ledger_server.posting import Form
from tillbridge.stand_ins.ledger_server.turns import (
    AGAIN,
    CLOSE,
    CRASH,
    STAY,
    Conversation,
    Messages,
    Step,
    Turn,
    freeze,
    mishaps,
    wait,
)
from tillbridge.stand_ins.ledger_server.world import World
from tillbridge.stand_ins.profile import Profile

LEAVER = "Dana Brooks"


class Rules:
    """The rules of one profile over one set of books."""

    def __init__(self, profile: Profile, books: Books, faults: Faults, desks: Desks, world: World) -> None:
        self._profile = profile
        self._books = books
        self._faults = faults
        self._desks = desks
        self._world = world
        self.messages = Messages(profile.messages, profile.titles["message"])

    def methods(self) -> list[Method]:
        """Payment methods as this clinic has them today, faults included."""
        found = list(self._books.methods)
        if self._faults.strikes("method_missing"):
            found = [method for method in found if method.name != OURS]
        if self._faults.strikes("method_hides_reference"):
            found = [replace(m, asks_reference=False) for m in found]
        if self._faults.strikes("method_renamed"):
            found = [replace(m, name=f"{OURS} (old)") if m.name == OURS else m for m in found]
        return found

    def employees(self) -> list[str]:
        """Employees of the practice; one may have left, as the knobs say."""
        gone = LEAVER if self._faults.strikes("employee_missing") else ""
        return [name for name in self._books.employees if name != gone]

    def opening(
        self, desk: Desk, account: str, number: str, form: Callable[[], Turn], kind: str = "payment"
    ) -> Conversation:
        """Process Payment was pressed; `kind`: payment, deposit or refund. Ends in open (with the form), stay, exit."""
        yield from freeze(self._faults, "opening")
        while True:
            ended = yield from self._may_open(desk, account, number, kind)
            if ended is not AGAIN:
                break
        if ended is not None:
            return ended
        self._desks.lock(account, desk)
        opened = {"turn": "open", "form": form()}
        self._colleague("opening", number)
        return opened

    def _may_open(self, desk: Desk, account: str, number: str, kind: str) -> Step:
        ended = yield from self.forced("opening", account, number)
        if ended is None:
            ended = yield from self.locked(desk, account)
        if ended is not None or kind != "payment":
            return ended
        return (yield from self._offer_credit(account, number))

    def locked(self, desk: Desk, account: str) -> Step:
        """Somebody else holds the client: asks until nobody does, or the person gives up."""
        while (holder := self._desks.locked_by_other(account, desk)) is not None:
            pressed = yield from self.messages.put("locked", holder)
            if pressed != "Retry":
                return STAY
        return None

    def _offer_credit(self, account: str, number: str) -> Step:
        credit = self._books.credit(account)
        if credit <= 0:
            return None
        pressed = yield from self.messages.put("credit", {"money": self._money(credit)})
        if pressed == "Yes" and number:
            amount = min(credit, max(0, self._books.balance(number)))
            act = {"kind": "credit_applied", "client": account, "invoice": number, "amount_minor": amount}
            self._world.commit([{**act, "by": "skin"}])
        return STAY if pressed == "Cancel" else None

    def filling(self, desk: Desk, account: str, number: str, method: str) -> Conversation:
        """A payment method was chosen in the open window. Ends in stay or exit."""
        yield from freeze(self._faults, "filling")
        self._colleague("filling", number)
        chosen = self._method(method)
        if chosen is not None and chosen.card_module:
            yield from self.messages.put("card_module", {})
        ended = yield from self.forced("filling", account, number)
        return STAY if ended in (None, AGAIN) else ended

    def leaving(self, account: str, number: str, *, unsaved: bool) -> Conversation:
        """Cancel was pressed in the payment window. Ends in close, stay, post (as if OK was pressed) or exit."""
        ended = yield from self.forced("abandon", account, number)
        if ended is None and unsaved and self._asks_unsaved():
            ended = yield from self.messages.ask("unsaved", self.facts(account, number))
        return CLOSE if ended in (None, AGAIN) else ended

    def _asks_unsaved(self) -> bool:
        asks = self._faults.choice("asks_unsaved")
        return asks == "always" or (asks == "profile" and self._profile.behaviour.asks_unsaved)

    def reading(self, account: str, number: str) -> Conversation:
        """The client's lists are about to be read anew. Ends in stay or exit."""
        ended = yield from self.forced("reading", account, number)
        return STAY if ended in (None, AGAIN) else ended

    def finishing(self, form: Form, conversation: str) -> Conversation:
        """OK was pressed. Ends in close, stay, exit or crash."""
        form = self._staffed(form)
        yield from freeze(self._faults, "ok")
        save_s = save_seconds(self._faults, self._profile)
        share = self._faults.number("save_commits_at")
        yield from wait(save_s * share)
        if self._faults.strikes("close_without_posting"):
            return CLOSE
        while True:
            ended = yield from self._attempt(form, conversation, save_s * (1 - share))
            if ended is not AGAIN:
                return CLOSE if ended is None else ended

    def _attempt(self, form: Form, conversation: str, rest_s: float) -> Step:
        number = form.invoices[0] if form.invoices else ""
        self._colleague("before_commit", number)
        for step in (self.forced("before_commit", form.account, number), self._checks(form)):
            ended = yield from step
            if ended is not None:
                return ended
        if self._faults.strikes("crash_before_commit"):
            return CRASH
        self._commit(form, conversation)
        if self._faults.strikes("crash_after_commit"):
            return CRASH
        yield from freeze(self._faults, "after_commit")
        yield from wait(rest_s)
        ended = yield from self.forced("after_commit", form.account, number)
        if ended is not None:
            return ended
        return (yield from self._print(form.receipt))

    def _checks(self, form: Form) -> Step:
        complaint = self._complaint(form)
        if complaint is not None:
            return (yield from self.messages.ask(*complaint))
        if self._back_dated(form):
            ended = yield from self.messages.ask("permission", self.facts(form.account, ""))
            if ended is not None:
                return ended
        numbers = posting.targets(self._books, form, self._profile.behaviour.applies_to)
        owed = posting.due(self._books, numbers)
        kept = sum(t.amount_minor for t in posting.less_change(form, owed, self._by_name()))
        if kept > owed and not form.unapplied and not form.gives_back:
            ended = yield from self.messages.ask("overpay", {})
            if ended is not None:
                return ended
        return (yield from self._duplicates(form))

    def _complaint(self, form: Form) -> tuple[str, dict[str, str]] | None:
        """The first thing that is wrong with the form: message and its facts."""
        known = self._by_name()
        if not form.employee:
            return "no_employee", {}
        if not form.tenders or not self._amounts_fit(form):
            return "zero", {}
        if any(tender.method not in known for tender in form.tenders):
            return "no_method", {}
        if any(known[tender.method].card_module for tender in form.tenders):
            return "card_module", {}
        if any(t.method == OURS for t in form.tenders) and self._faults.strikes("method_inactive"):
            return "inactive", {}
        if form.gives_back and any(self._keeps(known[tender.method]) for tender in form.tenders):
            return "not_refundable", {}
        if self._chooses() and not form.invoices and not form.unapplied:
            return "nothing_chosen", {}
        gone = [number for number in form.invoices if self._books.invoices[number].concluded]
        if gone:
            return "concluded", {"number": gone[0]}
        closed = self._books.closed_through
        if closed is not None and (form.day or self._world.today()) <= closed:
            return "period", {"date": day_text(closed, self._faults, self._profile)}
        return None

    def _amounts_fit(self, form: Form) -> bool:
        """All above zero; or all below, which is money given back: from the account, never from an invoice."""
        signs = {(t.amount_minor > 0) - (t.amount_minor < 0) for t in form.tenders}
        return signs == {1} or (signs == {-1} and (form.unapplied or not self._chooses()))

    def _chooses(self) -> bool:
        return self._profile.behaviour.applies_to == "chosen"

    def _keeps(self, method: Method) -> bool:
        """Nothing goes back by this method."""
        ours = method.name == OURS and self._faults.strikes("method_not_refundable")
        return ours or not method.is_refundable

    def _back_dated(self, form: Form) -> bool:
        return form.day is not None and form.day < self._world.today()

    def _duplicates(self, form: Form) -> Step:
        today = self._world.today()
        money = self._books.money_of(form.account)
        entered = {
            receipt.amount_minor
            for receipt in posting.reversible(money, None)
            if self._world.day(receipt.at) == today
        }
        for tender in form.tenders:
            if tender.amount_minor in entered:
                facts = {"money": self._money(tender.amount_minor)}
                return (yield from self.messages.ask("duplicate", facts))
        return None

    def _commit(self, form: Form, conversation: str) -> None:
        """The one place where a payment window writes money."""
        rows = posting.written(self._books, form, self._profile.behaviour.applies_to, self._by_name())
        self._world.commit(self._acts(form, conversation, rows))
        paid = [n for n in form.invoices if form.conclude and self._books.balance(n) <= 0]
        if paid:
            self._world.commit([{"kind": "concluded", "invoice": n, "by": "skin"} for n in paid])

    def _acts(self, form: Form, conversation: str, rows: Sequence[posting.Row]) -> list[dict[str, Any]]:
        shown_at = self._world.shown_at()
        day = {"day": form.day.isoformat()} if form.day is not None and self._back_dated(form) else {}
        return [
            {
                **day,
                "kind": "payment",
                "id": f"P{len(self._books.payments) + 1 + i:05d}",
                "client": form.account,
                "invoice": row.invoice,
                "amount_minor": row.amount_minor,
                "currency": "USD",
                "method": row.tender.method,
                "card_type": row.tender.card_type,
                "reference": row.tender.reference,
                "employee": form.employee,
                "workstation": form.workstation,
                "posting": conversation,
                "shown_at": shown_at,
                "by": "skin",
            }
            for i, row in enumerate(rows)
        ]

    def _print(self, ticked: bool) -> Step:
        """The receipt: asked for now, or by a tick in the window."""
        pressed = "Yes" if ticked else "No"
        if self._profile.behaviour.asks_print:
            pressed = yield from self.messages.put("print", {})
        while pressed == "Yes" or pressed == "Retry":
            if not self._faults.strikes("printer_fails"):
                break
            pressed = yield from self.messages.put("printer", {})
        return None

    def forced(self, moment: str, account: str, number: str) -> Step:
        """Messages and other programs that the knobs throw in at this moment."""
        yield from mishaps(self._faults, moment)
        for name in self._faults.dialogs(moment):
            ended = yield from self.messages.ask(name, self.facts(account, number))
            if ended is not None:
                return ended
        return None

    def facts(self, account: str, number: str) -> dict[str, str]:
        """What stands in the holes of messages."""
        balance = self._books.balance(number) if number else 0
        return {
            "money": self._money(max(balance, 2500)),
            "workstation": self._profile.workstations[1],
            "employee": "Kim",
            "date": day_text(self._world.today(), self._faults, self._profile),
            "number": number,
            "operator": self._profile.operator,
            "alert": self._books.clients[account].alert.upper() or "SEE MANAGER",
        }

    def _colleague(self, moment: str, number: str) -> None:
        """Somebody else works on the same invoice while our window is up, if the knobs say so."""
        if number and self._faults.choice("balance_changes_at") == moment:
            if self._faults.chosen("balance_changes", "line"):
                self._world.add_line(number, "Nail trim", 1900)
            elif self._faults.chosen("balance_changes", "cash"):
                self._world.post_cash(number, min(5000, max(1, self._books.balance(number))))
        if number and moment == "filling" and self._faults.strikes("invoice_concluded"):
            self._world.conclude(number)

    def _staffed(self, form: Form) -> Form:
        """With the employee's name where the window has initials; no name for initials that nobody has."""
        if not self._profile.behaviour.staff_by_initials:
            return form
        return replace(form, employee=staff.named(form.employee, self.employees()))

    def _by_name(self) -> dict[str, Method]:
        return {method.name: method for method in self._books.methods}

    def _method(self, name: str) -> Method | None:
        return self._by_name().get(name)

    def _money(self, minor: int) -> str:
        return money_text.write(minor, money_style(self._faults, self._profile))
