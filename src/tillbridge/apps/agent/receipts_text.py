"""A receipt as plain text, 40 columns: for a text message, an e-mail's plain part and a narrow printer."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator

from tillbridge.apps.agent.receipts_sheet import Row, Sheet

COLUMNS = 40


def text_of(sheet: Sheet) -> str:
    return "\n".join(line.rstrip() for line in _lines(sheet)) + "\n"


def _lines(sheet: Sheet) -> Iterator[str]:
    yield from (_centred(line) for line in _folded(sheet.title))
    yield from (_centred(line) for line in _folded(sheet.heading))
    if sheet.banner:
        yield _centred(f"** {sheet.banner} **")
    for block in sheet.blocks:
        yield "-" * COLUMNS
        for row in block:
            yield from _row(row)
    for note in sheet.notes:
        yield "-" * COLUMNS
        yield from _folded(note)


def _row(row: Row) -> Iterator[str]:
    """Label left, value right; what does not fit on one line gets one of its own."""
    room = COLUMNS - width(row.label) - width(row.value)
    if room >= 1:
        yield f"{row.label}{' ' * room}{row.value}"
        return
    yield from _folded(row.label)
    yield from (" " * max(0, COLUMNS - width(line)) + line for line in _folded(row.value))


def _centred(line: str) -> str:
    return " " * ((COLUMNS - width(line)) // 2) + line


def width(text: str) -> int:
    """Columns on a screen: East Asian letters take two, accents none (Unicode annex 11)."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _folded(text: str) -> list[str]:
    """Broken between words, and within a word only where it is longer than a line."""
    lines = textwrap.wrap(text, COLUMNS) or [""]
    return [part for line in lines for part in _cut(line)]


def _cut(line: str) -> Iterator[str]:
    """A line of wide letters may be twice as long as it counts."""
    part = ""
    for character in line:
        if width(part + character) > COLUMNS:
            yield part
            part = ""
        part += character
    yield part
