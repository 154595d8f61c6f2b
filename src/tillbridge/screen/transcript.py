"""The record of one run on the screen, for a support person: what was looked for, found, set, read back; how long.

Kept as JSON lines, written at once so that a crash leaves what came before it, and shown as plain text. Holds no
private value and no card number: a text that looks like one is replaced before it is kept anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import count
from pathlib import Path

Hides = Callable[[str], bool]
"""True for a text that must never be kept (it looks like a card number)."""

HIDDEN = "(hidden: looks like a card number)"
_SECONDS = "at"


class Transcript:
    """One run. `note` adds a line; `close` gives the name under which it is found."""

    def __init__(
        self, path: Path, title: str, *, clock: Callable[[], float], now: datetime, hides: Hides
    ) -> None:
        """`path` ends in `.jsonl`. `clock`: seconds, monotonic. `now`: when the run began, with its time zone."""
        self._clock = clock
        self._started = clock()
        self._hides = hides
        self.name = path.stem
        self._out = path.open("x", encoding="utf-8")
        self.note("begin", title=title, at_time=now.isoformat(timespec="seconds"))

    def note(self, what: str, **facts: object) -> None:
        """Add a line. Facts are kept as text, numbers and lists of them."""
        line = {_SECONDS: round(self._clock() - self._started, 3), "what": what}
        line |= {key: self._clean(value) for key, value in facts.items()}
        self._out.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._out.flush()

    def close(self) -> str:
        """End the run. May be called twice."""
        if not self._out.closed:
            self._out.close()
        return self.name

    def _clean(self, value: object) -> object:
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, Mapping):
            return {str(key): self._clean(part) for key, part in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            # Together first: a number may be spread over neighbours.
            if self._hides(" ".join(str(part) for part in value)):
                return HIDDEN
            return [self._clean(part) for part in value]
        text = str(value)
        if self._hides(text):
            return HIDDEN
        return value if isinstance(value, int) else text


class TranscriptFolder:
    """Where the transcripts of a desk lie. Keeps the newest `keep` and forgets older ones."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        hides: Hides,
        keep: int = 500,
    ) -> None:
        self.folder = folder
        self._clock = clock
        self._now = now
        self._hides = hides
        self._keep = keep
        self._numbers = count(1)

    def open(self, title: str) -> Transcript:
        """Begin a transcript. Its name is the time and the title, so that a folder sorts by age."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._forget_old()
        now = self._now()
        words = "".join(letter if letter.isalnum() else "-" for letter in title)[:60].strip("-")
        while True:  # a name is never used twice, also not by another process of this desk
            # Letters between the numbers: a name must never look like a card number to whoever reads it.
            stem = f"{now:%Y%m%dT%H%M%S}-n{next(self._numbers):03d}-{words}"
            try:
                return Transcript(
                    self.folder / f"{stem}.jsonl", title, clock=self._clock, now=now, hides=self._hides
                )
            except FileExistsError:
                continue

    def text(self, name: str) -> str:
        """A transcript for reading. Raises FileNotFoundError."""
        path = self.folder / f"{Path(name).name}.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines()
        return as_text(json.loads(line) for line in lines if line.endswith("}"))

    def _forget_old(self) -> None:
        for path in sorted(self.folder.glob("*.jsonl"))[: -self._keep]:
            path.unlink(missing_ok=True)


def as_text(lines: Iterable[Mapping[str, object]]) -> str:
    """Lines as a support person reads them: time since the start, what happened, facts."""
    shown = []
    for line in lines:
        facts = "  ".join(
            f"{key}={_word(value)}" for key, value in line.items() if key not in (_SECONDS, "what")
        )
        shown.append(f"{line[_SECONDS]:>9.3f} s  {line['what']:<14}  {facts}".rstrip())
    return "\n".join(shown) + "\n"


def _word(value: object) -> str:
    if isinstance(value, list):
        return "[" + "; ".join(_word(part) for part in value) + "]"
    if isinstance(value, dict):
        return "{" + "; ".join(f"{key}: {_word(part)}" for key, part in value.items()) + "}"
    return f'"{value}"' if isinstance(value, str) and (" " in value or not value) else str(value)
