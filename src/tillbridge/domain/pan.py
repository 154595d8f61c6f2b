"""Does a text hold a card number? Asked at every door, so that none ever enters (rule 14).

A detector, not a filter: whoever asks refuses the text and says so. It finds 13 to 19 digits that pass the check
digit, with anything a person or a program puts between digits, in any script's digits, with other digits before or
after. It leaves our own references, times and uuids alone.

Two rules, because a false alarm stops a payment:
* digits that stand together, or in groups of one length (4 4 4 4): every number with a right check digit counts;
* digits in uneven groups (4 6 5, but also telephone numbers, dates, columns of money): only with a card's first digits
  and length.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from tillbridge.domain.errors import OperatorError

_BETWEEN = r"(?:[\s.,_'\-\u00ad\u00b7\u2022\u2010-\u2015\u2212\u200b-\u200f\u2060\ufeff]{1,3})"
_RUN = re.compile(rf"[0-9]+(?:{_BETWEEN}[0-9]+)*")
_GROUP = re.compile(r"[0-9]+")
_UUID = re.compile(
    r"(?i)(?<![0-9a-z])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-z])"
)
_LONG_HEX = re.compile(r"(?i)(?<![0-9a-z])(?=[0-9]*[a-f])[0-9a-f]{32,}(?![0-9a-z])")
_TIME = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-6]\d(?:\d{3})?"
)
_EPOCH = re.compile(r"1[0-9]{12}")
"""Milliseconds since 1970, from 2001 to 2033. Cards of 13 digits begin with 4."""

_ISSUERS = re.compile(
    r"4\d{12}|4\d{15}|4\d{18}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11,16}|35\d{14,17}"
    r"|5\d{15}|2[2-7]\d{14}|6\d{15,18}|8[12]\d{14,17}|9792\d{12}|1\d{14}"
)
"""First digits and lengths: Visa, American Express, Diners Club, JCB, Mastercard, Discover and Maestro and UnionPay,
RuPay, Troy, air travel cards."""


def looks_like_card_number(text: str) -> bool:
    """True if `text` holds what may be a card number. Texts of any length and script."""
    if sum(character.isdigit() for character in text) < 13:
        return False
    bare = _LONG_HEX.sub(" x ", _UUID.sub(" x ", _plain_digits(text)))
    return any(_card(groups) for run in _RUN.findall(bare) for groups in _windows(_GROUP.findall(run)))


def refuse_card_numbers(*values: object) -> None:
    """Raises OperatorError `card_number_typed`: looked for in every name and value, however deep."""
    if any(looks_like_card_number(text) for value in values for text in _texts(value)):
        raise OperatorError("card_number_typed")


def _texts(value: object) -> Iterator[str]:
    match value:
        case dict():
            for name, inner in value.items():
                yield str(name)
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
        case _:
            yield str(value)


def luhn_valid(digits: str) -> bool:
    """The check digit of ISO/IEC 7812. `digits` is ASCII digits."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _plain_digits(text: str) -> str:
    """Digits of every script as ASCII digits, everything else as it was."""
    return "".join(_digit(character) for character in text)


def _digit(character: str) -> str:
    value = unicodedata.digit(character, None)
    return character if value is None else str(value)


def _windows(groups: list[str]) -> Iterator[tuple[str, ...]]:
    """Every stretch of neighbouring groups with 13 to 19 digits, and the beginning and end of solid ones: something
    may be glued to the number."""
    for first in range(len(groups)):
        yield from (((part),) for part in _ends(groups[first]))
        size = 0
        for last in range(first, len(groups)):
            size += len(groups[last])
            if size > 19:
                break
            if size >= 13:
                yield tuple(groups[first : last + 1])


def _ends(solid: str) -> Iterator[str]:
    """What may be a card number with its code (three digits or more) or anything longer glued to it."""
    sizes = range(13, 20) if len(solid) > 19 else (15, 16)
    for size in () if _is_time(solid) else sizes:
        if len(solid) >= size + 3:
            yield from (part for part in (solid[:size], solid[-size:]) if _ISSUERS.fullmatch(part))


def _is_time(solid: str) -> bool:
    return (_TIME.fullmatch(solid) or _EPOCH.fullmatch(solid)) is not None


def _card(groups: tuple[str, ...]) -> bool:
    digits = "".join(groups)
    if not luhn_valid(digits) or digits[0] == "0":
        return False
    if len(groups) == 1 and _is_time(digits):
        return False
    return _card_like(groups) or _ISSUERS.fullmatch(digits) is not None


def _card_like(groups: tuple[str, ...]) -> bool:
    sizes = tuple(len(group) for group in groups)
    return len(set(sizes[:-1])) <= 1 and sizes[-1] <= sizes[0]
