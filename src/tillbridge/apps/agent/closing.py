"""Ready to close? as a desk's faces see it: the sums by brand, and a sentence for everything that is named.

`hold` keeps the screen free while a person closes the day in the practice software: nothing is entered in the
background until the pause ends. No money rule lives here (engine/closing.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tillbridge.apps.agent.asking import flag_of, number_of
from tillbridge.apps.agent.ground import OnGround
from tillbridge.apps.agent.pausing import MINUTES
from tillbridge.apps.agent.views import View, bank_text, money, reason_text
from tillbridge.domain.errors import Fact, OperatorError
from tillbridge.domain.posting_leg import PostingEvent
from tillbridge.engine.cashier import Engine
from tillbridge.engine.closing import BrandLine, DayEnd, Item
from tillbridge.engine.money_moves import BANK, OTHER
from tillbridge.strings import amount, sentence

DAYS_MAX = 400
"""Who looks further back asks for the books of the year."""


class ClosingDesk(OnGround):
    def ready_to_close(self, body: dict[str, Any]) -> View:
        """`days_ago`: 0 (if it does not say) is today. `hold`: nothing is entered for half an hour from now.

        The pause begins before the sums are made, so that nothing changes behind them.
        """
        days_ago = _days_ago(body)
        if flag_of(body, "hold"):
            self._ground.pause.begin(MINUTES)
            self._ground.news.tell()
        found = self._runner.ask(lambda engine: _of_day(engine, days_ago))
        return {**day_view(found, self._ground.name), **self._ground.pause.told()}


def _days_ago(body: dict[str, Any]) -> int:
    """Raises OperatorError `field_wrong`."""
    days = number_of(body, "days_ago") or 0
    if not 0 <= days <= DAYS_MAX:
        raise OperatorError("field_wrong", field="days_ago")
    return days


def _of_day(engine: Engine, days_ago: int) -> DayEnd:
    today = engine.policy.business_day(engine.clock.now().wall_ms)
    return engine.day_end(today - days_ago)


def day_view(found: DayEnd, name: str) -> View:
    """`name`: what the site calls its practice software."""
    return {
        "ready": found.ready,
        "agrees": found.agrees,
        "headline": _headline(found),
        "lines": [_line(line) for line in found.lines],
        "total": _line(found.total),
        "differences": _items(found.differences, found.day, name),
        "open": _items((item for item in found.open_ if item.day == found.day), found.day, name),
        "carried": _items(found.carried, found.day, name),
        "deposits": _items(found.deposits, found.day, name),
        "given_back": _items(found.given_back, found.day, name),
        "links": _items(found.links, found.day, name),
        "said": _items(found.said, found.day, name),
        "returned": [_returned(item, found.day, name) for item in found.returned],
    }


def _headline(found: DayEnd) -> str:
    if not found.agrees:
        minor = found.total.difference.minor
        told = amount(abs(minor), found.total.taken.currency)
        several: dict[str, Fact] = {"count": len(found.differences), "difference": told}
        return sentence("differs" if minor else "differs_inside", several, section="closing")
    code = "agrees" if found.ready else "agrees_but"
    return sentence(
        code, {"total": amount(found.total.taken.minor, found.total.taken.currency)}, section="closing"
    )


def _line(line: BrandLine) -> View:
    names = {BANK: "brand_bank", OTHER: "brand_other"}
    brand = sentence(names[line.brand], section="closing") if line.brand in names else line.brand
    return {
        "brand": brand,
        "taken": money(line.taken),
        "apart": money(line.apart),
        "in_books": money(line.in_books),
        "difference": money(line.difference),
    }


def _items(items: Iterable[Item], day: int, name: str) -> list[View]:
    return [_item(item, day, name) for item in items]


def _returned(item: Item, day: int, name: str) -> View:
    """Why the bank returned it, in words."""
    return {**_item(item, day, name), "said_by": "", "text": bank_text(item.detail) if item.detail else ""}


def _item(item: Item, day: int, name: str) -> View:
    return {
        "payment_id": item.payment_id,
        "client": item.client,
        "invoice_number": item.invoice_number,
        "amount": money(item.amount),
        "reason": item.reason,
        "text": _text(item, name),
        "marker": item.marker,
        "days_ago": day - item.day,
        "in_books": item.in_books,
        "said_by": "" if item.reason else item.detail,
    }


def _text(item: Item, name: str) -> str:
    """What it waits for, where that is known, instead of that it goes in by itself."""
    if not item.reason:
        return ""
    days = abs(item.other_day - item.day) if item.other_day else 0
    facts: dict[str, Fact] = {"name": name, "days": days, "payment_id": item.payment_id}
    why = reason_text(PostingEvent.BLOCKED, {**facts, "reason": item.detail}) if item.detail else ""
    code = "waits_for" if item.reason == "waits" and why else item.reason
    told = sentence(f"reason_{code}", facts, section="closing")
    return f"{told} {why}".strip()
