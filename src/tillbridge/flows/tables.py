"""Typed reading of a TOML table: every wrong type, missing key or unknown key becomes a finding with its line.

Reading never stops at the first fault: a person who mends a pack sees all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar, cast

from tillbridge.flows.positions import KeyPath

Word = TypeVar("Word", bound=str)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault of a pack. `code` is a word of a closed list (docs/PACK-LANGUAGE.md); a warning does not stop."""

    file: str
    line: int
    code: str
    text: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity} {self.code}: {self.text}"


@dataclass(slots=True)
class Report:
    """Collects findings while a pack is read and judged."""

    findings: list[Finding] = field(default_factory=list)

    def add(
        self, place: Place, code: str, text: str, severity: Literal["error", "warning"] = "error"
    ) -> None:
        finding = Finding(place.file, place.line, code, text, severity)
        if finding not in self.findings:
            self.findings.append(finding)

    @property
    def failed(self) -> bool:
        return any(finding.severity == "error" for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Place:
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a pack and the line of each of its keys."""

    path: Path
    lines: Mapping[KeyPath, int]

    def place(self, path: KeyPath) -> Place:
        while path and path not in self.lines:
            path = path[:-1]
        return Place(str(self.path), self.lines.get(path, 1))


class Table:
    """One table while it is read. Ask for each key once; `done` reports the keys that nobody asked for."""

    def __init__(self, raw: Mapping[str, object], path: KeyPath, source: Source, report: Report) -> None:
        self.raw = raw
        self.path = path
        self.source = source
        self.report = report
        self.asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self.raw

    def place(self, *keys: str | int) -> Place:
        return self.source.place((*self.path, *keys))

    def fault(self, code: str, text: str, *keys: str | int) -> None:
        self.report.add(self.place(*keys), code, text)

    def _get(self, key: str, *, required: bool) -> object | None:
        self.asked.add(key)
        if key not in self.raw and required:
            self.fault("missing_key", f'"{key}" is missing here')
        return self.raw.get(key)

    def _wrong(self, key: str, wanted: str) -> None:
        self.fault("wrong_type", f'"{key}" must be {wanted}', key)

    def text(self, key: str, default: str | None = None) -> str:
        value = self._get(key, required=default is None)
        if isinstance(value, str):
            return value
        if value is not None:
            self._wrong(key, "a text")
        return default or ""

    def word(self, key: str, words: Sequence[Word], default: Word | None = None) -> Word:
        value = self.text(key, default)
        if value in words or (default is not None and value == default):
            return cast(Word, value)
        if key in self.raw:
            self.fault("unknown_word", f'"{key}" is "{value}"; it can be {", ".join(words)}', key)
        return default if default is not None else words[0]

    def words(self, key: str, words: Sequence[Word], default: Sequence[Word] = ()) -> tuple[Word, ...]:
        found = self.texts(key, default=default)
        for index, value in enumerate(found):
            if value not in words:
                self.fault("unknown_word", f'"{value}" is none of {", ".join(words)}', key, index)
        return tuple(cast(Word, value) for value in found if value in words)

    def number(self, key: str, default: int) -> int:
        value = self._get(key, required=False)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        if value is not None:
            self._wrong(key, "a whole number, zero or more")
        return default

    def truth(self, key: str, default: bool = False) -> bool:
        value = self._get(key, required=False)
        if isinstance(value, bool):
            return value
        if value is not None:
            self._wrong(key, "true or false")
        return default

    def texts(self, key: str, *, required: bool = False, default: Sequence[str] = ()) -> tuple[str, ...]:
        value = self._get(key, required=required)
        if isinstance(value, str):
            return (value,)
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        if value is not None:
            self._wrong(key, "a text or a list of texts")
        return tuple(default)

    def numbers(self, key: str) -> tuple[int, ...]:
        value = self._get(key, required=False)
        if isinstance(value, list) and all(type(one) is int and one >= 0 for one in value):
            return tuple(value)
        if value is not None:
            self._wrong(key, "a list of whole numbers")
        return ()

    def mapping(self, key: str, *, required: bool = False) -> Mapping[str, object]:
        """A small table of texts, numbers or truths, as in `where = { number = "$invoice_number" }`."""
        value = self._get(key, required=required)
        if isinstance(value, dict):
            return value
        if value is not None:
            self._wrong(key, "a table { name = value }")
        return {}

    def table(self, key: str, *, required: bool = False) -> Table:
        return Table(self.mapping(key, required=required), (*self.path, key), self.source, self.report)

    def tables(self, key: str, *, required: bool = False) -> tuple[Table, ...]:
        """A list of tables, as in `find = [{ id = "x" }]`."""
        value = self._get(key, required=required)
        if isinstance(value, list) and all(isinstance(one, dict) for one in value):
            path = (*self.path, key)
            return tuple(
                Table(one, (*path, index), self.source, self.report) for index, one in enumerate(value)
            )
        if value is not None:
            self._wrong(key, "a list of tables")
        return ()

    def items(self, key: str) -> Iterator[tuple[str, Table]]:
        """The named tables below a key, as in [control.x]."""
        for name, value in self.mapping(key).items():
            if isinstance(value, dict):
                yield name, Table(value, (*self.path, key, name), self.source, self.report)
            else:
                self.fault("wrong_type", f"[{key}.{name}] must be a table", key, name)

    def done(self) -> None:
        for key in self.raw:
            if key not in self.asked:
                self.fault("unknown_key", f'"{key}" is not a word of the language here', key)
