"""Markers and references: the two names of our own that other programs keep for us.

A marker (`V4242-K7Q9`) goes into the practice software's reference field: brand, last four, four characters of our
own, so that a person recognises the card and a search finds the row. A reference goes to the gateway. Both begin
with a letter, hold at most 20 characters, and can never be taken for a card number (rule 14).
"""

from __future__ import annotations

import re

from tillbridge.domain.pan import looks_like_card_number

LENGTH_MAX = 20
TAIL_LENGTH = 4
_DIGITS_MAX = 12
"""Card numbers have 13 to 19 digits: a name of ours never has that many."""

_LETTERS = {
    "visa": "V",
    "mastercard": "M",
    "mc": "M",
    "american express": "A",
    "americanexpress": "A",
    "amex": "A",
    "discover": "D",
    "carecredit": "C",
    "care credit": "C",
    "bank": "E",
    "ach": "E",
    "echeck": "E",
}
"""Brand as printed, in small letters -> its letter. Every other brand is X."""

_TAIL = re.compile(r"[A-Z][A-Z0-9]{3}|[A-Z0-9]{4}")
_MARKER = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*")
_REFERENCE = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*")


def brand_letter(brand: str) -> str:
    return _LETTERS.get(" ".join(brand.lower().split()), "X")


def make_marker(brand: str, last4: str, tail: str, length_max: int) -> str:
    """The marker for one posting, at most `length_max` characters; `tail` (four own characters) is kept first.

    10 and more: `V4242-K7Q9`; 9: `V4242K7Q9`; 6 to 8: `V-K7Q9`; 5: `VK7Q9`. Digits that are not exactly a last four
    are left out. Raises ValueError if the tail is not four capital letters or digits, or if not even brand letter
    and tail fit: a shorter marker would not be found again with certainty.
    """
    if not (tail.isascii() and _TAIL.fullmatch(tail)):
        raise ValueError("a marker's tail is four capital letters or digits")
    letter = brand_letter(brand)
    digits = last4 if re.fullmatch(r"[0-9]{4}", last4) else ""
    forms = (f"{letter}{digits}-{tail}", f"{letter}{digits}{tail}", f"{letter}-{tail}", f"{letter}{tail}")
    for form in forms:
        if len(form) <= min(length_max, LENGTH_MAX):
            return form
    raise ValueError("a reference field of fewer than five characters cannot hold a marker")


def valid_marker(text: str) -> bool:
    """Capital letters, digits and inner dashes, a letter first, at most 20; never like a card number."""
    return _own_name(text, _MARKER) and len(text) > TAIL_LENGTH


def valid_reference(text: str) -> bool:
    """Letters, digits and inner dashes, a letter first, at most 20; never like a card number."""
    return _own_name(text, _REFERENCE)


def shaped_like_marker(text: str) -> bool:
    """Was this typed by us, here or at another desk? True for the forms that a person would not type: letter with
    four digits or a dash, and tail. (`VK7Q9` has the form of a word such as CHECK: only the journal knows it.)"""
    return re.fullmatch(r"[VMADCEX](?:[0-9]{4}-?|-)[A-Z0-9]{4}", text.strip().upper()) is not None


def _own_name(text: str, form: re.Pattern[str]) -> bool:
    if not text.isascii() or len(text) > LENGTH_MAX or form.fullmatch(text) is None:
        return False
    digits = sum(character.isdigit() for character in text)
    return digits <= _DIGITS_MAX and not looks_like_card_number(text)
