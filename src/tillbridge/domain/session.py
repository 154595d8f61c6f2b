"""Where a payer's details are asked for, and what is known of the gateway's page or link. No card number is here.

Rule 3: a page or link can be paid as long as it lives, so the time after which nothing can come of it any more begins
at its end, not at its sending.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from tillbridge.domain.event import Event
from tillbridge.domain.pan import looks_like_card_number

Where = Literal["terminal", "page", "link", "token", "slip"]
"""`token`: a card that the gateway keeps. `slip`: another terminal took it, and a person says what its slip says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A page of the gateway's own origin. `lives_ms`: for so long after its sending it can be paid; `expires_at_ms`:
    the wall time of that, for people, 0 = the gateway does not tell."""

    session_id: str
    url: str
    lives_ms: int
    expires_at_ms: int = 0


def where_of(word: str) -> Where:
    """As an event says it; older events know only terminals."""
    found: list[Where] = [where for where in get_args(Where) if where == word]
    return found[0] if found else "terminal"


def way_told(event: Event) -> dict[str, Any]:
    """What the first event of an attempt says of its way: old ones know only terminals."""
    return {
        "where": where_of(event.text("where")),
        "valid_ms": event.number_or("valid_ms", 0),
        "card_id": event.text("card_id"),
        "by_clinic": event.facts.get("by_clinic") is True,
        "consent_id": event.text("consent_id"),
        "sec_code": event.text("sec_code"),
        "replaces": event.text("replaces"),
    }


def session_told(event: Event) -> dict[str, Any]:
    """What an acknowledgement teaches of a page or link. Raises ValueError for a session without an end."""
    session_id = event.text("session_id")
    if not session_id:
        return {}
    session = Session(
        session_id=session_id,
        url=event.text("url"),
        lives_ms=event.number("lives_ms"),
        expires_at_ms=event.number_or("expires_at_ms", 0),
    )
    return {"session": session}


def receipt_text(lines: tuple[tuple[str, str], ...]) -> str:
    """As an event keeps it. A line that looks like a card number is left out, the others stay (rule 14)."""
    plain = [(" ".join(label.split()), " ".join(value.split())) for label, value in lines]
    kept = [f"{label}\t{value}" for label, value in plain if not looks_like_card_number(f"{label} {value}")]
    return "\n".join(kept)


def receipt_of(event: Event) -> tuple[tuple[str, str], ...]:
    """The lines of a receipt: a label, a tabulator and a value each."""
    lines = [line.partition("\t") for line in event.text("receipt").splitlines() if line]
    return tuple((label, value) for label, _, value in lines)
