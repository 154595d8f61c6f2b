"""What a run on the screen left behind: its transcript, read for a story and for support. Changes nothing.

A transcript holds no client's name and no card number (screen/transcript.py); nothing is added to it here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTold:
    """One run. `read_back`: values compared before saving. `messages`: what the program asked, and what was pressed.
    `swallowed`: keys and clicks that a shield kept away."""

    name: str
    seconds: float = 0.0
    read_back: int = 0
    messages: tuple[tuple[str, str], ...] = ()
    started_over: int = 0
    shielded: int = 0
    swallowed: int = 0
    visited: bool = False
    """Another client was open, and was open again afterwards unless `not_put_back`."""
    not_put_back: bool = False


class Runs:
    """The transcripts of a desk. `folder`: where they lie."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def told(self, name: str) -> RunTold | None:
        """None if it is gone (old ones are forgotten), or cannot be read."""
        lines = self.lines(name)
        if not lines:
            return None
        return RunTold(
            name=name,
            seconds=float(lines[-1].get("at", 0.0)),
            read_back=max(
                (_number(line, "checks") for line in _of(lines, "burst") if line.get("commit")), default=0
            ),
            messages=tuple((str(d.get("text", "")), str(d.get("press", ""))) for d in _of(lines, "dialog")),
            started_over=len(_of(lines, "starting over")),
            shielded=sum(line.get("held") is True for line in _of(lines, "shielded")),
            swallowed=sum(_number(line, "swallowed") for line in _of(lines, "shielded")),
            visited=bool(_of(lines, "visit")),
            not_put_back=bool(_of(lines, "not put back")),
        )

    def lines(self, name: str) -> list[dict[str, Any]]:
        """Its lines as they can be read; a run that was cut off ends in the middle of one."""
        try:
            text = (self.folder / f"{Path(name).name}.jsonl").read_text("utf-8", "replace")
        except OSError:
            return []
        return [line for line in map(_line, text.splitlines()) if line]

    def names_of(self, marks: Sequence[str]) -> list[str]:
        """The runs that were about one of these numbers, oldest first."""
        names = sorted(path.stem for path in self.folder.glob("*.jsonl"))
        return [name for name in names if any(mark and name.endswith(mark) for mark in marks)]


def _line(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def _of(lines: Sequence[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    return [line for line in lines if line.get("what") == what]


def _number(line: dict[str, Any], name: str) -> int:
    value = line.get(name)
    return value if type(value) is int else 0
