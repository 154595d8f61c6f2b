"""How an attempt leaves: by its payment's entry. The only place that knows which call of the gateway belongs to which.

Rules of money that live here:
 3. A page or link whose reply was lost is asked about, not made twice; only where the gateway gives the same one for
    the same reference it is asked for again, because nobody can pay on a page that nobody knows.
12. A cancel is a request: it closes the page or asks the terminal, and the outcome comes by inquiry.
14. A card or account number is typed on the terminal or on the gateway's page: there is no field for one here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from tillbridge.domain.errors import Fact, OperatorError
from tillbridge.domain.event import Event
from tillbridge.domain.moment import Moment
from tillbridge.domain.money_leg import MoneyEvent
from tillbridge.domain.operation import OPERATIONS, Entry
from tillbridge.domain.outcome import Found, Inquiry, NotSent, Outcome, Pending
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.domain.session import Where
from tillbridge.engine.policy import Policy
from tillbridge.ports.gateway import AttemptRequest, Capabilities, EntrySession, Feature, Gateway

SecCode = Literal["", "PPD", "TEL", "WEB", "CCD"]
Kind = Literal["sale", "keyed", "auth_only", "store_card"]

_NEEDS: dict[tuple[Entry, Where], frozenset[Feature]] = {
    (Entry.TERMINAL, "terminal"): frozenset({"terminal"}),
    (Entry.KEYED_CARD, "terminal"): frozenset({"terminal", "terminal_keyed"}),
    (Entry.KEYED_CARD, "page"): frozenset({"entry_page"}),
    (Entry.KEYED_ACH, "page"): frozenset({"entry_page", "ach"}),
    (Entry.LINK, "link"): frozenset({"entry_link"}),
    (Entry.STORED_CARD, "token"): frozenset({"token"}),
    (Entry.STANDALONE, "slip"): frozenset(),
}
"""Every way to pay, and what a gateway must offer for it."""

_LACKS: dict[Feature, str] = {
    "terminal": "terminal_not_offered",
    "terminal_keyed": "keypad_not_offered",
    "entry_page": "page_not_offered",
    "entry_link": "link_not_offered",
    "token": "stored_card_not_offered",
    "store_card": "stored_card_not_offered",
    "ach": "ach_not_offered",
}


_TAKES = frozenset({MoneyEvent.APPROVED, MoneyEvent.PENDED, MoneyEvent.SETTLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A card that the gateway keeps. `by_clinic`: charged while the client is not there, as they agreed before."""

    token: str = field(repr=False)
    by_clinic: bool = False


def where_for(entry: Entry | None, *, page: bool) -> Where:
    """Where the details of an entry are asked for. A card is typed on the terminal's keypad unless a page is wished."""
    match entry:
        case Entry.KEYED_CARD if page:
            return "page"
        case Entry.KEYED_ACH:
            return "page"
        case Entry.LINK:
            return "link"
        case Entry.STORED_CARD:
            return "token"
        case Entry.STANDALONE:
            return "slip"
    return "terminal"


def refuse_lacking(operation: str, entry: Entry | None, where: Where, capabilities: Capabilities) -> None:
    """Before anything is journalled. Raises OperatorError `entry_not_offered` for a way that does not exist, and for
    what this gateway cannot do: `terminal_not_offered`, `keypad_not_offered`, `page_not_offered`,
    `link_not_offered`, `stored_card_not_offered`, `ach_not_offered`."""
    row = OPERATIONS[operation]
    if not row.entries:
        return
    needs = _NEEDS.get((entry, where)) if entry in row.entries and entry is not None else None
    if needs is None:
        raise OperatorError("entry_not_offered", entry=str(entry))
    keeps: frozenset[Feature] = frozenset({"store_card"} if operation == "store_card" else ())
    wanted = needs | keeps
    for lacking in (code for feature, code in _LACKS.items() if feature in wanted - capabilities.features):
        raise OperatorError(lacking)


def send(
    payment: Payment, attempt: Attempt, request: AttemptRequest, gateway: Gateway, token: Token | None
) -> Outcome | EntrySession:
    """The one call that may take money."""
    match attempt.where:
        case "page" | "link" as where:
            bank = payment.entry is Entry.KEYED_ACH
            return gateway.open_entry(request, "bank" if bank else "card", where)
        case "token" if token is not None:
            return gateway.charge_token(request, token.token, "clinic" if token.by_clinic else "client")
        case "token":
            return NotSent(code="token_gone")
        case "slip":
            return NotSent(code="unsupported")
    return gateway.start_terminal(request)


def ask_to_stop(attempt: Attempt, request: AttemptRequest, gateway: Gateway) -> None:
    """What it answers proves nothing: the inquiry that follows does. A page whose address nobody knows is given up by
    our reference: nobody can have paid on it."""
    if attempt.session is not None:
        gateway.close_entry(attempt.session.session_id)
    elif attempt.where == "terminal" and attempt.terminal_id:
        gateway.cancel_terminal(request)
    elif attempt.where in ("page", "link"):
        gateway.kill(attempt.reference, attempt.gateway_ref)


def kind_of(payment: Payment, attempt: Attempt) -> Kind:
    """What the gateway is asked to do with the card."""
    if payment.operation == "store_card":
        return "store_card"
    keyed = payment.entry is Entry.KEYED_CARD and attempt.where == "terminal"
    return "keyed" if keyed else "sale"


def sec_code_of(word: str) -> SecCode:
    found: list[SecCode] = [code for code in get_args(SecCode) if code == word]
    return found[0] if found else ""


def is_lost(attempt: Attempt, told: Inquiry) -> bool:
    """Its page is open, and nobody here knows its address: the reply that told it was lost."""
    waits = isinstance(told, Found) and isinstance(told.outcome, Pending) and told.outcome.kind == "entry"
    return waits and attempt.session is None and attempt.where in ("page", "link")


def opened_again(
    payment: Payment, attempt: Attempt, request: AttemptRequest, gateway: Gateway
) -> EntrySession | None:
    """The same page once more, from a gateway that never makes two for one reference; else None."""
    if not gateway.capabilities().idempotent:
        return None
    session = send(payment, attempt, request, gateway, None)
    return session if isinstance(session, EntrySession) else None


def dated(events: list[Event], policy: Policy) -> list[Event]:
    """An approval belongs to one business day, decided when it is written down: a link that was paid at night too."""

    def with_day(event: Event) -> Event:
        if event.kind not in _TAKES:
            return event
        return replace(event, facts={**event.facts, "business_day": policy.business_day(event.at.wall_ms)})

    return [with_day(event) for event in events]


def acknowledged(attempt: Attempt, session: EntrySession, now: Moment) -> Event:
    """It is open: from now on it can be paid until it ends, and for the gateway's own time after that."""
    told_ms = session.expires_wall_ms - now.wall_ms if session.expires_wall_ms else 0
    lives_ms = max(attempt.valid_ms, told_ms, 0)
    facts: dict[str, Fact] = {
        "session_id": session.session_id,
        "url": session.url,
        "lives_ms": lives_ms,
        "expires_at_ms": session.expires_wall_ms or (now.wall_ms + lives_ms if lives_ms else 0),
    }
    return Event(kind=MoneyEvent.ACKNOWLEDGED, at=now, subject=attempt.reference, facts=facts)
