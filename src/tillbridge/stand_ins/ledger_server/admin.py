"""The judge's and the test's side: what may be done to the world by POST /world. One function per act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from tillbridge.stand_ins.ledger_server.ledger import Ledger

Words = Mapping[str, Any]
Acts = list[dict[str, Any]]


class BadAct(ValueError):
    """An act that does not exist, or without something that it needs."""


def do(ledger: Ledger, words: Words) -> Acts:
    """Do one act; returns what was written to the truth log (nothing for orders). Raises BadAct."""
    name = words.get("act")
    if name not in ACTS:
        raise BadAct(f"there is no act {name!r}; acts: {' '.join(sorted(ACTS))}")
    try:
        written = ACTS[name](ledger, words)
    except (KeyError, ValueError, TypeError) as error:
        raise BadAct(f"{name}: {type(error).__name__} {error}") from error
    if written and words.get("refresh", True):
        ledger.desks.tell("", what="refresh")
    return written


def _cash(ledger: Ledger, words: Words) -> Acts:
    return ledger.world.post_cash(words["invoice"], words["amount_minor"])


def _by_hand(ledger: Ledger, words: Words) -> Acts:
    return ledger.world.post_by_hand(
        words.get("invoice", ""),
        words["amount_minor"],
        words["method"],
        words.get("reference", ""),
        words.get("client", ""),
    )


def _line(ledger: Ledger, words: Words) -> Acts:
    return ledger.world.add_line(
        words["invoice"], words.get("description", "Nail trim"), words["amount_minor"]
    )


def _return_item(ledger: Ledger, words: Words) -> Acts:
    described = words.get("description", "Returned item")
    return ledger.world.return_item(words["invoice"], described, words["amount_minor"])


def _conclude(ledger: Ledger, words: Words) -> Acts:
    return ledger.world.conclude(words["invoice"])


def _reverse(ledger: Ledger, words: Words) -> Acts:
    return ledger.world.reverse(words["payment"])


def _delete(ledger: Ledger, words: Words) -> Acts:
    return ledger.world.delete(words["payment"])


def _close_period(ledger: Ledger, words: Words) -> Acts:
    through = words.get("through")
    return ledger.world.close_period(date.fromisoformat(through) if through else None)


def _open_period(ledger: Ledger, words: Words) -> Acts:
    return ledger.world.open_period()


def _lock(ledger: Ledger, words: Words) -> Acts:
    place = words.get("workstation", ledger.profile.workstations[1])
    ledger.desks.lock_for(words["client"], place, words.get("employee", "Kim"))
    return []


def _unlock(ledger: Ledger, words: Words) -> Acts:
    ledger.desks.unlock(words["client"])
    return []


def _show(ledger: Ledger, words: Words) -> Acts:
    client = ledger.books.clients[words["client"]].account
    ledger.desks.tell("", what="show", client=client, invoice=words.get("invoice", ""))
    return []


def _pop(ledger: Ledger, words: Words) -> Acts:
    message = ledger.profile.messages[words["dialog"]]
    text = words.get("text", message.text)
    dialog = {
        "id": message.id,
        "title": words.get("title", ledger.profile.titles["message"]),
        "text": text,
        "buttons": list(words.get("buttons", message.buttons)),
        "icon": message.icon,
        "escape": words.get("escape", message.escape),
    }
    ledger.desks.tell("", what="pop", dialog=dialog)
    return []


def _freeze(ledger: Ledger, words: Words) -> Acts:
    ledger.desks.tell("", what="freeze", seconds=float(words["seconds"]))
    return []


def _plain_order(what: str) -> Callable[[Ledger, Words], Acts]:
    def order(ledger: Ledger, words: Words) -> Acts:
        ledger.desks.tell("", what=what)
        return []

    return order


ACTS: dict[str, Callable[[Ledger, Words], Acts]] = {
    "cash": _cash,
    "by_hand": _by_hand,
    "line": _line,
    "return_item": _return_item,
    "conclude": _conclude,
    "reverse": _reverse,
    "delete": _delete,
    "close_period": _close_period,
    "open_period": _open_period,
    "lock": _lock,
    "unlock": _unlock,
    "show": _show,
    "pop": _pop,
    "freeze": _freeze,
    "refresh": _plain_order("refresh"),
    "minimise": _plain_order("minimise"),
    "restore": _plain_order("restore"),
    "close": _plain_order("close"),
    "crash": _plain_order("crash"),
}
