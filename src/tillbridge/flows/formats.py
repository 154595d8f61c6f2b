"""Money and dates as a practice software writes them, read strictly and written in one form.

Amounts are integers in minor units; nothing here is ever a float, and nothing is rounded. A text that
is not exactly one of the pack's forms is refused, so that "1,234" never becomes a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import product
from typing import Literal

FormatWord = Literal["money", "date", "code", "text"]
FORMAT_WORDS: tuple[FormatWord, ...] = ("money", "date", "code", "text")

_SPACES = ("\u00a0", "\u202f")
"""No-break spaces: they look like a space to everybody, so they count as one."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A text that is not in one of the pack's forms. Never a guess."""

    text: str
    format: FormatWord
    reason: Literal["empty", "form", "ambiguous", "no_such_day"]


@dataclass(frozen=True)
class MoneyFormat:
    """How one program writes money. `signs` show negative amounts around a `1`: "-1", "(1)", "1 CR".

    `symbol` may or may not stand before the number; `write` is an example amount in the form to type.
    """

    currency: str
    places: int = 2
    decimal: str = "."
    grouping: str = ""
    symbol: str = ""
    signs: tuple[str, ...] = ("-1",)
    write_as: str = "142.50"

    def read(self, text: str) -> int | Unreadable:
        """Minor units of an amount, or why it cannot be read."""
        plain = _plain_spaces(text).strip()
        if not plain:
            return Unreadable(text, "money", "empty")
        found: set[int] = set()
        for before, after in self._frames:
            negative = bool(before or after)
            inner = plain[len(before) : len(plain) - len(after)]
            if plain != before + inner + after:
                continue
            minor = self._number(inner)
            if minor is not None:
                found.add(-minor if negative else minor)
        if len(found) == 1:
            return found.pop()
        return Unreadable(text, "money", "ambiguous" if found else "form")

    def write(self, minor: int) -> str:
        """The one form in which this amount is typed."""
        shows_symbol = bool(self.symbol) and self.symbol in self.write_as
        shows_groups = bool(self.grouping) and self.grouping in self.write_as
        number = self._spell(abs(minor), grouped=shows_groups)
        text = (self.symbol if shows_symbol else "") + number
        if minor >= 0:
            return text
        before, after = self.signs[0].split("1")
        return before + text + after

    def spellings(self, minor: int) -> frozenset[str]:
        """Every text that reads as this amount: what a check just before a commit may accept."""
        frames = [("", "")] if minor >= 0 else self._frames[1:]
        symbols = {"", self.symbol}
        grouped = {False, bool(self.grouping)}
        texts = {
            before + symbol + self._spell(abs(minor), grouped=group) + after
            for (before, after), symbol, group in product(frames, symbols, grouped)
        }
        return frozenset(texts | {text.replace(" ", space) for text in texts for space in _SPACES})

    @cached_property
    def pattern(self) -> str:
        """A pattern that finds an amount inside a longer text; `read` still judges what it found."""
        digits = r"\d[\d" + re.escape(self.grouping + self.decimal) + r"\s]*?"
        number = f"(?:{re.escape(self.symbol)})?{digits}" if self.symbol else digits
        forms = [re.escape(before) + number + re.escape(after) for before, after in self._frames]
        return "(?:" + "|".join(reversed(forms)) + ")"

    @cached_property
    def _frames(self) -> list[tuple[str, str]]:
        pairs = [sign.split("1") for sign in self.signs]
        return [("", ""), *((before, after) for before, after in pairs)]

    @cached_property
    def _shape(self) -> re.Pattern[str]:
        whole = r"(?:0|[1-9]\d*)"
        if self.grouping:
            group = re.escape(self.grouping)
            whole = rf"(?:0|[1-9]\d{{0,2}}(?:{group}\d{{3}})+|[1-9]\d*)"
        cents = rf"{re.escape(self.decimal)}\d{{{self.places}}}" if self.places else ""
        return re.compile(whole + cents, re.ASCII)

    def _number(self, text: str) -> int | None:
        inner = text.removeprefix(self.symbol) if self.symbol else text
        if not self._shape.fullmatch(inner):
            return None
        return int(inner.replace(self.grouping, "").replace(self.decimal, "")) if inner else None

    def _spell(self, minor: int, *, grouped: bool) -> str:
        whole, cents = divmod(minor, 10**self.places)
        digits = f"{whole:,}".replace(",", self.grouping) if grouped else str(whole)
        return f"{digits}{self.decimal}{cents:0{self.places}d}" if self.places else digits

    def faults(self) -> tuple[str, ...]:
        """What is wrong with this format itself, in plain words."""
        wrong = []
        if self.grouping == self.decimal:
            wrong.append("grouping and decimal are the same sign")
        if any(char.isdigit() for char in self.grouping + self.decimal + self.symbol):
            wrong.append("a digit cannot be a sign of the format")
        if not self.signs or any(sign.count("1") != 1 or sign == "1" for sign in self.signs):
            wrong.append('each of signs holds one 1 and something around it, as in "(1)"')
        elif isinstance(self.read(self.write_as), Unreadable):
            wrong.append(f'the example to write, "{self.write_as}", is not a form that is read')
        return tuple(wrong)


_DATE_PARTS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<year>\d{2})",
    "MM": r"(?P<month>\d{2})",
    "DD": r"(?P<day>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "D": r"(?P<day>\d{1,2})",
}
_DATE_TOKENS = re.compile("YYYY|YY|MM|DD|M|D")


@dataclass(frozen=True)
class DateFormat:
    """How one program writes days. Tokens: YYYY YY MM DD M D; YY is 20YY.

    `short` forms lack the year: for dialogs only.
    """

    read_as: tuple[str, ...] = ("YYYY-MM-DD",)
    write_as: str = "YYYY-MM-DD"
    short: tuple[str, ...] = field(default=())

    def read(self, text: str) -> date | Unreadable:
        """The day that a text means, or why it cannot be read."""
        plain = text.strip()
        if not plain:
            return Unreadable(text, "date", "empty")
        found: set[date] = set()
        shaped = False
        for form in self.read_as:
            match = re.fullmatch(_date_pattern(form), plain, re.ASCII)
            if match is None:
                continue
            shaped = True
            day = _day(match)
            if day is not None:
                found.add(day)
        if len(found) == 1:
            return found.pop()
        if found:
            return Unreadable(text, "date", "ambiguous")
        return Unreadable(text, "date", "no_such_day" if shaped else "form")

    def write(self, day: date) -> str:
        """The one form in which a day is typed."""
        return _spell_date(self.write_as, day)

    def spellings(self, day: date) -> frozenset[str]:
        """Every text that reads as this day."""
        return frozenset(_spell_date(form, day) for form in self.read_as)

    @cached_property
    def pattern(self) -> str:
        """A pattern that finds a day, short forms too, inside a longer text."""
        forms = [re.sub(r"\?P<\w+>", "?:", _date_pattern(form)) for form in (*self.read_as, *self.short)]
        return "(?:" + "|".join(forms) + ")"

    def faults(self) -> tuple[str, ...]:
        """What is wrong with this format itself, in plain words."""
        wrong = []
        for form in (*self.read_as, self.write_as):
            if sorted(token[0] for token in _DATE_TOKENS.findall(form)) != ["D", "M", "Y"]:
                wrong.append(f'"{form}" must hold one year (YYYY or YY), one month and one day')
        for form in self.short:
            if sorted(token[0] for token in _DATE_TOKENS.findall(form)) != ["D", "M"]:
                wrong.append(f'the short form "{form}" must hold one month and one day and no year')
        if not wrong and self.write_as not in self.read_as:
            wrong.append("the form to write is not among the forms to read")
        return tuple(wrong)


def _date_pattern(form: str) -> str:
    pieces = []
    at = 0
    for token in _DATE_TOKENS.finditer(form):
        pieces.append(re.escape(form[at : token.start()]))
        pieces.append(_DATE_PARTS[token.group()])
        at = token.end()
    return "".join(pieces) + re.escape(form[at:])


def _day(match: re.Match[str]) -> date | None:
    try:
        year = match["year"]
        return date(int(year) if len(year) == 4 else 2000 + int(year), int(match["month"]), int(match["day"]))
    except ValueError:
        return None  # the caller says no_such_day: the shape was right and the calendar disagrees


def _spell_date(form: str, day: date) -> str:
    parts = {
        "YYYY": f"{day.year:04d}",
        "YY": f"{day.year % 100:02d}",
        "MM": f"{day.month:02d}",
        "DD": f"{day.day:02d}",
        "M": str(day.month),
        "D": str(day.day),
    }
    return _DATE_TOKENS.sub(lambda token: parts[token.group()], form)


def _plain_spaces(text: str) -> str:
    for space in _SPACES:
        text = text.replace(space, " ")
    return text


@dataclass(frozen=True)
class Formats:
    """The forms of one pack."""

    money: MoneyFormat
    day: DateFormat

    def read(self, text: str, form: FormatWord) -> int | date | str | Unreadable:
        """One text by the named format: minor units, a day, or the text itself without outer blanks."""
        if form == "money":
            return self.money.read(text)
        if form == "date":
            return self.day.read(text)
        plain = _plain_spaces(text).strip()
        if form == "code" and not plain:
            return Unreadable(text, "code", "empty")
        return plain

    def spellings(self, value: int | date | str | bool, form: FormatWord) -> frozenset[str]:
        """Every text that would read as this value."""
        if isinstance(value, bool):
            return frozenset({"true" if value else "false"})
        if isinstance(value, int):
            return self.money.spellings(value)
        if isinstance(value, date):
            return self.day.spellings(value)
        return frozenset({value})

    def write(self, value: int | date | str) -> str:
        """The text to type for a value."""
        if isinstance(value, int):
            return self.money.write(value)
        if isinstance(value, date):
            return self.day.write(value)
        return value
