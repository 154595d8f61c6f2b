"""The texts that clients agree to: complete, versioned, never changed once they were used."""

from __future__ import annotations

import hashlib
import re

import pytest

from tillbridge.domain.pan import looks_like_card_number
from tillbridge.ports.site_store import CONSENT_KINDS
from tillbridge.strings import agreements
from tillbridge.strings.agreements import agreement, kinds, rows

FACTS = {
    "client": "Rosa Alvarez",
    "clinic": "Pine Street Vet",
    "contact": "(555) 234-0100",
    "amount": "$212.40",
    "day": "Jan 15, 2027",
}

SHIPPED = {
    "PPD-2026-1": "4098dc212ad1",
    "TEL-2026-1": "00f49057dd8a",
    "WEB-2026-1": "08ebdb5646f0",
    "CCD-2026-1": "0e3a41946dc7",
    "CARD-2026-1": "5f2b889a481a",
}
"""What was shipped stays as it was: a new text is a new version (and a new line here)."""


def test_every_way_to_agree_has_a_text() -> None:
    assert kinds() == CONSENT_KINDS


def test_a_version_stands_for_one_text_for_ever() -> None:
    versions = [row["version"] for row in rows()]
    assert len(set(versions)) == len(versions)
    assert {
        row["version"]: hashlib.sha256(row["text"].encode()).hexdigest()[:12] for row in rows()
    } == SHIPPED


@pytest.mark.parametrize("kind", CONSENT_KINDS)
def test_a_text_names_clinic_client_and_how_to_end_it(kind: str) -> None:
    found = agreement(kind, FACTS)
    assert found is not None
    assert found.lacking == ()
    assert found.do
    for fact in ("client", "clinic", "contact"):
        assert FACTS[fact] in found.text
    assert not re.search(r"[{}]", found.text)
    assert not looks_like_card_number(found.text)


@pytest.mark.parametrize("kind", ["PPD", "TEL", "WEB", "CCD"])
def test_a_debit_names_its_amount_and_its_day(kind: str) -> None:
    """Nacha Operating Rules: an entry's authorization has the amount and the date, and says how it is revoked."""
    found = agreement(kind, FACTS)
    assert found is not None
    assert "$212.40" in found.text
    assert "on or after Jan 15, 2027" in found.text
    assert "once" in found.text


def test_what_is_not_known_makes_no_text() -> None:
    for gone in ("contact", "amount"):
        found = agreement("TEL", {**FACTS, gone: " "})
        assert found is not None
        assert (found.text, found.lacking) == ("", (gone,))


def test_a_kind_that_does_not_exist_has_no_text_and_the_newest_of_one_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert agreement("POP", FACTS) is None
    newer = {"kind": "TEL", "version": "TEL-2027-1", "do": "Read it.", "text": "{clinic} again"}
    both = (*rows(), newer)
    monkeypatch.setattr(agreements, "rows", lambda: both)
    found = agreement("TEL", FACTS)
    assert found is not None
    assert (found.version, found.text) == ("TEL-2027-1", "Pine Street Vet again")
