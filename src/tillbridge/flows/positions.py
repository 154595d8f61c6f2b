"""Where each key of a TOML file stands, so that a finding can name its line.

The standard reader gives values without lines. This walks a text that the standard reader has already
accepted, and records lines only; it never judges and never gives values.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]
"""Keys and, inside arrays, indexes: ("flow", "post_payment", "check", 2, "is")."""

_SPACE = " \t\r\n"


def positions(text: str) -> Mapping[KeyPath, int]:
    """Line (from 1) of every table, key and array entry of a valid TOML text."""
    walk = _Walk(text)
    walk.document()
    return walk.lines


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {(): 1}
        self.counts: dict[KeyPath, int] = {}

    def document(self) -> None:
        table: KeyPath = ()
        while self.skip():
            if self.text.startswith("[[", self.at):
                table = self.header(2, repeated=True)
            elif self.text[self.at] == "[":
                table = self.header(1, repeated=False)
            else:
                self.pair(table)

    def header(self, brackets: int, *, repeated: bool) -> KeyPath:
        line = self.line()
        self.at += brackets
        keys = self.keys("]")
        self.at += brackets
        path = self.inside_arrays(keys[:-1]) + keys[-1:]
        if repeated:
            index = self.counts.get(path, 0)
            self.counts[path] = index + 1
            self.lines.setdefault(path, line)
            path = (*path, index)
        else:
            path = self.inside_arrays(keys)
        self.mark(path, line)
        return path

    def inside_arrays(self, keys: KeyPath) -> KeyPath:
        path: KeyPath = ()
        for key in keys:
            path = (*path, key)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        return path

    def mark(self, path: KeyPath, line: int) -> None:
        for length in range(1, len(path)):
            self.lines.setdefault(path[:length], line)
        self.lines[path] = line

    def pair(self, table: KeyPath) -> None:
        line = self.line()
        path = table + self.keys("=")
        self.mark(path, line)
        self.at += 1
        self.skip()
        self.value(path)

    def keys(self, end: str) -> KeyPath:
        found: list[str] = []
        while True:
            self.skip()
            start = self.at
            if self.text[self.at] in "\"'":
                self.string()
            else:
                while self.text[self.at] not in "." + end + _SPACE:
                    self.at += 1
            found.append(_key(self.text[start : self.at]))
            self.skip()
            if self.text[self.at] == end:
                return tuple(found)
            self.at += 1

    def value(self, path: KeyPath) -> None:
        first = self.text[self.at]
        if first == "[":
            self.array(path)
        elif first == "{":
            self.inline_table(path)
        elif first in "\"'":
            self.string()
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1

    def array(self, path: KeyPath) -> None:
        self.at += 1
        index = 0
        while self.skip() and self.text[self.at] != "]":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self.mark((*path, index), self.line())
            self.value((*path, index))
            index += 1
        self.at += 1

    def inline_table(self, path: KeyPath) -> None:
        self.at += 1
        while self.skip() and self.text[self.at] != "}":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self.pair(path)
        self.at += 1

    def string(self) -> None:
        quote = self.text[self.at]
        triple = self.text.startswith(quote * 3, self.at)
        mark = quote * 3 if triple else quote
        self.at += len(mark)
        while not self.text.startswith(mark, self.at):
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += len(mark)
        while triple and self.at < len(self.text) and self.text[self.at] == quote:
            self.at += 1

    def skip(self) -> bool:
        """Pass blanks and comments; False at the end of the text."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at] in _SPACE:
                self.at += 1
            else:
                return True
        return False

    def line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1


def _key(raw: str) -> str:
    if raw[0] not in "\"'":
        return raw
    return str(next(iter(tomllib.loads(f"{raw} = 1"))))
