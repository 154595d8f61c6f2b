"""The in-memory twin of the site store: the same answers and refusals, nothing durable.

Several desks may share one of them; it is kept outside of their simulated processes, so it survives their crashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tillbridge.domain.lease import Lease, LeaseStep, moved
from tillbridge.journal.site_refusals import known, new_card, new_consent, refuse_card_numbers
from tillbridge.ports.site_store import Consent, StoredCard


class MemorySiteStore:
    """A site store that lives as long as this object."""

    def __init__(self) -> None:
        self._consents: dict[str, Consent] = {}
        self._cards: dict[str, StoredCard] = {}
        self._cursors: dict[str, str] = {}
        self._leases: dict[str, Lease] = {}

    # ---- consents

    def add_consent(self, consent: Consent) -> None:
        if new_consent(consent, self._consents.get(consent.consent_id)):
            self._consents[consent.consent_id] = consent

    def consent(self, consent_id: str) -> Consent | None:
        return self._consents.get(consent_id)

    def consents_of(self, software: str, account_id: str) -> Sequence[Consent]:
        mine = [c for c in self._consents.values() if (c.software, c.account_id) == (software, account_id)]
        return tuple(reversed(mine))

    def revoke_consent(self, consent_id: str, by: str, at_wall_ms: int) -> None:
        refuse_card_numbers(by)
        found = known(self._consents.get(consent_id), consent_id)
        if found.holds:
            self._consents[consent_id] = replace(found, revoked_wall_ms=at_wall_ms, revoked_by=by)

    # ---- stored cards

    def add_card(self, card: StoredCard, replaces: str = "") -> None:
        if not new_card(card, self._cards.get(card.card_id)):
            return
        known(self._consents.get(card.consent_id), card.consent_id)
        old = known(self._cards.get(replaces), replaces) if replaces else None
        self._cards[card.card_id] = card
        if old is not None:
            self._cards[replaces] = replace(old, replaced_by=card.card_id)

    def card(self, card_id: str) -> StoredCard | None:
        return self._cards.get(card_id)

    def cards_of(self, software: str, account_id: str) -> Sequence[StoredCard]:
        mine = [c for c in self._cards.values() if (c.software, c.account_id) == (software, account_id)]
        return tuple(card for card in reversed(mine) if card.usable)

    def delete_card(self, card_id: str, at_wall_ms: int) -> None:
        found = known(self._cards.get(card_id), card_id)
        if found.deleted_wall_ms is None:
            self._cards[card_id] = replace(found, token="", deleted_wall_ms=at_wall_ms)

    # ---- settlement

    def cursor(self, account: str) -> str:
        return self._cursors.get(account, "")

    def set_cursor(self, account: str, cursor: str) -> None:
        self._cursors[account] = cursor

    # ---- terminals

    def lease(self, terminal: str) -> Lease | None:
        return self._leases.get(terminal)

    def leases(self) -> Sequence[Lease]:
        return tuple(self._leases[name] for name in sorted(self._leases))

    def move_lease(self, step: LeaseStep) -> Lease:
        after = moved(self._leases.get(step.terminal), step)
        self._leases[step.terminal] = after
        return after
