"""The rows of the site store's tables: from values and back. Nothing here runs anything."""

from __future__ import annotations

from typing import Any

from tillbridge.domain.lease import Lease
from tillbridge.domain.moment import Moment
from tillbridge.ports.site_store import Consent, StoredCard

OF_CONSENT = (
    "consent_id, kind, software, account_id, text, version, how, given_by, recorded_by, given_wall_ms,"
    " revoked_wall_ms, revoked_by"
)
OF_CARD = (
    "card_id, account, token, software, account_id, brand, last4, expiry, consent_id, created_wall_ms,"
    " replaced_by, deleted_wall_ms"
)
OF_LEASE = "terminal, desk, reference, fence, wall_ms, boot, mono_ms, length_ms, needs_idle"
OF_CURSOR = "account, cursor"

COLUMNS = {"consent": OF_CONSENT, "stored_card": OF_CARD, "settlement_cursor": OF_CURSOR, "lease": OF_LEASE}
"""Each table of the site store with its columns, those first that others point to."""


_KEYS = {"settlement_cursor": "account", "lease": "terminal"}
"""Tables of which a row may be written again."""


def insert(table: str) -> str:
    """Write a row; in a table of _KEYS over the one of the same key (never REPLACE: it passes by the triggers)."""
    columns = COLUMNS[table]
    names = [name.strip() for name in columns.split(",")]
    places = ", ".join("?" for _ in names)
    new = f"INSERT INTO {table} ({columns}) VALUES ({places})"
    if table not in _KEYS:
        return new
    others = ", ".join(f"{name} = excluded.{name}" for name in names if name != _KEYS[table])
    return f"{new} ON CONFLICT ({_KEYS[table]}) DO UPDATE SET {others}"


def select(table: str) -> str:
    return f"SELECT {COLUMNS[table]} FROM {table}"


def row_of_consent(consent: Consent) -> tuple[Any, ...]:
    return tuple(getattr(consent, name.strip()) for name in OF_CONSENT.split(","))


def consent_of(row: tuple[Any, ...]) -> Consent:
    return Consent(**dict(zip((name.strip() for name in OF_CONSENT.split(",")), row, strict=True)))


def row_of_card(card: StoredCard) -> tuple[Any, ...]:
    return tuple(getattr(card, name.strip()) for name in OF_CARD.split(","))


def card_of(row: tuple[Any, ...]) -> StoredCard:
    return StoredCard(**dict(zip((name.strip() for name in OF_CARD.split(",")), row, strict=True)))


def row_of_lease(lease: Lease) -> tuple[Any, ...]:
    since = lease.since
    about = (lease.terminal, lease.desk, lease.reference, lease.fence)
    return (*about, since.wall_ms, since.boot, since.mono_ms, lease.length_ms, int(lease.needs_idle))


def lease_of(row: tuple[Any, ...]) -> Lease:
    terminal, desk, reference, fence, wall_ms, boot, mono_ms, length_ms, needs_idle = row
    return Lease(
        terminal=terminal,
        desk=desk,
        reference=reference,
        fence=fence,
        since=Moment(wall_ms, boot, mono_ms),
        length_ms=length_ms,
        needs_idle=bool(needs_idle),
    )
