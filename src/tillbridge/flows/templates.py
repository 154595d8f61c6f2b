"""Titles and dialog texts with typed holes: `Process Payment - {account_id:code} {client_name:text}`.

A template matches a whole text or not at all. Holes are `{kind}` or `{name:kind}`; kinds are the pack's
formats: money date code text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tillbridge.flows.formats import FORMAT_WORDS, Formats, FormatWord, Unreadable

HoleValue = int | date | str

_HOLE = re.compile(r"\{(?:(?P<name>[a-z_]+):)?(?P<kind>[a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Hole:
    """One typed hole. `name` is "" when nobody needs the value."""

    name: str
    kind: FormatWord


@dataclass(frozen=True, slots=True)
class Template:
    """Fixed texts with holes between them: one more fixed text than holes."""

    source: str
    fixed: tuple[str, ...]
    holes: tuple[Hole, ...]

    def match(self, text: str, formats: Formats) -> Mapping[str, HoleValue] | None:
        """The named values if the whole text fits, else None. Runs of blanks count as one blank."""
        found = re.fullmatch(self._pattern(formats), one_line(text), re.DOTALL)
        if found is None:
            return None
        values: dict[str, HoleValue] = {}
        for hole, seen in zip(self.holes, found.groups(), strict=True):
            value = formats.read(seen, hole.kind)
            if isinstance(value, Unreadable):
                if hole.name or hole.kind != "date":
                    return None
                continue  # a short date inside a dialog names no year; nobody asked for its value
            if hole.name:
                values[hole.name] = value
        return values

    def names(self) -> frozenset[str]:
        return frozenset(hole.name for hole in self.holes if hole.name)

    def _pattern(self, formats: Formats) -> str:
        shapes = {
            "money": formats.money.pattern,
            "date": formats.day.pattern,
            "code": r"\S+",
            "text": r"\S(?:.*\S)?",
        }
        pieces = [re.escape(one_line(self.fixed[0], strip=False))]
        for hole, after in zip(self.holes, self.fixed[1:], strict=True):
            pieces.append(f"({shapes[hole.kind]})")
            pieces.append(re.escape(one_line(after, strip=False)))
        return "".join(pieces)


def parse_template(source: str) -> Template | str:
    """A template, or in plain words why it is none."""
    fixed: list[str] = []
    holes: list[Hole] = []
    at = 0
    for found in _HOLE.finditer(source):
        kind = found["kind"]
        if kind not in FORMAT_WORDS:
            return f"{{{kind}}} is no kind of hole; there are {', '.join(FORMAT_WORDS)}"
        fixed.append(source[at : found.start()])
        holes.append(Hole(found["name"] or "", kind))
        at = found.end()
    fixed.append(source[at:])
    if any(not between for between in fixed[1:-1]):
        return "two holes touch: nobody could say where one ends"
    if "{" in "".join(fixed) or "}" in "".join(fixed):
        return "a brace that is no hole: holes are written {kind} or {name:kind}"
    return Template(source, tuple(fixed), tuple(holes))


def one_line(text: str, *, strip: bool = True) -> str:
    """Every run of blanks (line ends too) as one blank."""
    joined = re.sub(r"[\s\u00a0\u202f]+", " ", text)
    return joined.strip() if strip else joined
