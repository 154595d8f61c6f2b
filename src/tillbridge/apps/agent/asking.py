"""Reads what a request says: texts, the operation, the entry, what the face showed. Refuses what cannot be meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tillbridge.apps.agent.pausing import MINUTES
from tillbridge.domain.errors import OperatorError
from tillbridge.domain.invoice import Debt
from tillbridge.domain.operation import Entry

PAYMENT_ID_MAX = 64
OWN_IDS = frozenset({"payment_id", "give_back_id", "record_id"})
"""Numbers that whoever asks has made."""


def text_of(body: dict[str, Any], name: str, default: str | None = None) -> str:
    """A text of a request. Raises OperatorError `field_wrong`: missing, too long, or not a text."""
    value = body.get(name, default)
    if not isinstance(value, str) or len(value) > 200:
        raise OperatorError("field_wrong", field=name)
    if name in OWN_IDS and not (8 <= len(value) <= PAYMENT_ID_MAX and value.replace("-", "").isalnum()):
        raise OperatorError("field_wrong", field=name)
    return value


LONG_TEXT = 4_000
"""Letters of what a client agreed to."""


def long_text_of(body: dict[str, Any], name: str) -> str:
    """A text of some paragraphs. Raises OperatorError `field_wrong`: missing, too long, or not a text."""
    value = body.get(name)
    if not isinstance(value, str) or len(value) > LONG_TEXT:
        raise OperatorError("field_wrong", field=name)
    return value


OFFERED: dict[str, frozenset[Entry]] = {
    "sale": frozenset(Entry),
    "deposit": frozenset(Entry),
    "credit": frozenset({Entry.STANDALONE}),
    "store_card": frozenset({Entry.TERMINAL, Entry.KEYED_CARD, Entry.LINK}),
}
"""What is carried through to its end today, and how the payer's details may arrive for it."""


def operation_of(body: dict[str, Any]) -> str:
    name = text_of(body, "operation", "sale")
    if name not in OFFERED:
        raise OperatorError("operation_unknown", operation=name)
    return name


def entry_of(body: dict[str, Any], operation: str) -> Entry:
    """Raises OperatorError `entry_not_offered`."""
    name = text_of(body, "entry", "terminal")
    if name not in {str(entry) for entry in OFFERED[operation]}:
        raise OperatorError("entry_not_offered", entry=name)
    return Entry(name)


def refuse_newcomer(debt: Debt, body: dict[str, Any]) -> None:
    """It charges what the face showed. Raises OperatorError `other_client`, `other_invoice`."""
    shown = {name: text_of(body, name, "").strip() for name in ("client", "account_id", "invoice_number")}
    if shown["client"] not in ("", debt.client) or shown["account_id"] not in ("", debt.account_id):
        raise OperatorError("other_client")
    if shown["invoice_number"] not in ("", debt.invoice_number):
        raise OperatorError("other_invoice")


def named(person: str) -> str:
    if not person.strip():
        raise OperatorError("person_missing")
    return person


def flag_of(body: dict[str, Any], name: str) -> bool:
    """True or false; false if it is not said. Raises OperatorError `field_wrong`."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise OperatorError("field_wrong", field=name)
    return value


def number_of(body: dict[str, Any], name: str) -> int | None:
    """A whole number, None if it is not said. Raises OperatorError `field_wrong`."""
    value = body.get(name)
    if value is not None and type(value) is not int:
        raise OperatorError("field_wrong", field=name)
    return value


def minutes_of(body: dict[str, Any]) -> int:
    """A whole number of minutes, 30 if it is not said. Raises OperatorError `field_wrong`."""
    value = body.get("minutes", MINUTES)
    if type(value) is not int:
        raise OperatorError("field_wrong", field="minutes")
    return value


def count_of(query: Mapping[str, str], name: str) -> int:
    """A whole number in the address, 0 if it is not there. Raises OperatorError `field_wrong`."""
    text = query.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise OperatorError("field_wrong", field=name)
    return int(text)
