"""What a desk remembers of its rehearsals: when the payment window was last tried, and what was found.

A small file beside the record of payments, replaced as a whole. It may be lost or damaged at any time: then the
window is tried again. It decides nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from tillbridge.apps.agent.small_file import replace_file
from tillbridge.domain.errors import Fact
from tillbridge.domain.pan import looks_like_card_number

FILE = "rehearsals.json"
KEPT = 30

Found = Literal["as_expected", "drift", "not_done"]
"""`drift`: the pack or the set-up does not fit the screen. `not_done`: it could not be tried then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a rehearsal holds for: another day, build of the software, pack or set-up, or user needs a new one.

    `day`: the desk's own date, ISO. `set_up`: hash of the packs and of the settings that a posting uses.
    """

    day: str
    software: str
    version: str
    build: str
    set_up: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """One rehearsal. `code` and `facts`: the trouble, empty for `as_expected`. `by`: who asked for it, "" = nobody."""

    occasion: Occasion
    at_wall_ms: int
    found: Found
    who: str = ""
    """Who can mend the trouble: `operator`, `pack`, `setup`."""
    code: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    by: str = ""


class RehearsalMemory:
    """The newest rehearsals, oldest first. Used by several threads."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._lock = threading.Lock()
        self._kept = _read(self._path)
        self.complaint = ""
        """Why the file could not be written the last time: then the window is tried once more than needed."""

    def newest(self) -> Rehearsed | None:
        with self._lock:
            return self._kept[-1] if self._kept else None

    def of(self, occasion: Occasion) -> Rehearsed | None:
        """The newest one for an occasion that came to a result."""
        with self._lock:
            mine = [r for r in self._kept if r.occasion == occasion and r.found != "not_done"]
        return mine[-1] if mine else None

    def note(self, rehearsed: Rehearsed) -> None:
        """Remember it. A disk that does not take it is a complaint, never an end."""
        with self._lock:
            self._kept = [*self._kept, rehearsed][-KEPT:]
            lines = [asdict(one) for one in self._kept]
            try:
                replace_file(self._path, json.dumps({"rehearsals": lines}))
            except OSError as error:
                self.complaint = f"{type(error).__name__}: {error}"
            else:
                self.complaint = ""


def kept_facts(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """The facts of a trouble as they may lie on the disk (rule 14)."""
    return {
        name: "" if isinstance(value, str) and looks_like_card_number(value) else value
        for name, value in facts.items()
    }


def facts_of(rehearsed: Rehearsed) -> dict[str, Fact]:
    """The facts of its trouble, for its sentence."""
    return dict(rehearsed.facts)


def _read(path: Path) -> list[Rehearsed]:
    """What can be read; nothing of a file that is not there, damaged, or not ours."""
    try:
        lines = json.loads(path.read_text("utf-8"))["rehearsals"]
        return [_one(line) for line in lines]
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _one(line: Mapping[str, Any]) -> Rehearsed:
    """Raises ValueError, LookupError or TypeError for anything that we did not write."""
    occasion = Occasion(**{name: str(value) for name, value in line["occasion"].items()})
    found = line["found"]
    if found not in ("as_expected", "drift", "not_done") or type(line["at_wall_ms"]) is not int:
        raise ValueError("not a rehearsal")
    return Rehearsed(
        occasion=occasion,
        at_wall_ms=line["at_wall_ms"],
        found=found,
        who=str(line["who"]),
        code=str(line["code"]),
        facts=dict(line["facts"]),
        by=str(line["by"]),
    )
