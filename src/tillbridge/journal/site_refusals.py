"""When the site store refuses something, decided alike for every one of them. Pure: the caller looks up what is there.

Rule 14 stands here for what is kept: a text that looks like a card number is refused, whichever field it is in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from tillbridge.domain.errors import JournalError, OperatorError
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.ports.site_store import Consent, StoredCard

T = TypeVar("T")


def refuse_card_numbers(*texts: str) -> None:
    """Raises OperatorError `card_number_typed`."""
    if any(looks_like_card_number(text) for text in texts):
        raise OperatorError("card_number_typed")


def known(found: T | None, name: str) -> T:
    """Raises JournalError `id_unknown`."""
    if found is None:
        raise JournalError("id_unknown", subject=name)
    return found


def new_consent(consent: Consent, there: Consent | None) -> bool:
    """False if it is there already, with or without its end. Raises JournalError `id_used` for another one."""
    words = (consent.text, consent.version, consent.how, consent.given_by, consent.recorded_by)
    refuse_card_numbers(consent.consent_id, consent.software, consent.account_id, *words, consent.revoked_by)
    if there is None:
        return True
    if replace(there, revoked_wall_ms=None, revoked_by="") != consent:
        raise JournalError("id_used", subject=consent.consent_id)
    return False


def new_card(card: StoredCard, there: StoredCard | None) -> bool:
    """False if it is there already, whatever became of it since. Raises JournalError `id_used` for another one."""
    told = (card.token, card.brand, card.last4, card.expiry, card.consent_id, card.replaced_by)
    refuse_card_numbers(card.card_id, card.account, card.software, card.account_id, *told)
    if there is None:
        return True
    token = card.token if there.deleted_wall_ms is not None else there.token
    if replace(there, token=token, replaced_by="", deleted_wall_ms=None) != card:
        raise JournalError("id_used", subject=card.card_id)
    return False
