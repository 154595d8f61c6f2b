"""One file that a person can send to support: the story of a payment, its runs on the screen, and their pictures.

Clients' names are replaced, a line that looks as if it held a card number is left out. Nothing is sent by itself.
"""

from __future__ import annotations

import json
import platform
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tillbridge.apps.agent.runs import Runs
from tillbridge.domain.pan import looks_like_card_number

RUNS_MAX = 40
FILES_KEPT = 20
CLIENT = "(client)"
HIDDEN = "(left out: looks like a card number)"
_WORD_MIN = 3


@dataclass(frozen=True, slots=True)
class Redaction:
    """What must not leave the clinic. `names`: clients as the practice software writes them."""

    names: tuple[str, ...]

    def text(self, text: str) -> str:
        """Line by line, without clients' names and card numbers."""
        return "\n".join(self._line(line) for line in text.split("\n"))

    def _line(self, line: str) -> str:
        if looks_like_card_number(line):
            return HIDDEN
        for name in self._hidden():
            line = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", CLIENT, line, flags=re.IGNORECASE)
        return line

    def _hidden(self) -> list[str]:
        """Whole names first, then their words."""
        words = {word for name in self.names for word in re.findall(r"\w+", name) if len(word) >= _WORD_MIN}
        return sorted({name for name in self.names if name} | words, key=lambda name: (-len(name), name))


@dataclass(frozen=True, slots=True)
class Support:
    """`folder`: where the files are put. `pictures`: where those of the runs lie."""

    folder: Path
    runs: Runs
    pictures: Path

    def packed(self, payment: dict[str, Any], steps: Sequence[dict[str, Any]], names: Iterable[str]) -> Path:
        """Make the file. Raises OSError where the disk does not take it."""
        redaction = Redaction(tuple(names))
        marks = [str(posting["marker"]) for posting in payment["postings"]]
        runs = self.runs.names_of(marks)[-RUNS_MAX:]
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"support-{str(payment['payment_id'])[:8]}.zip"
        made = path.with_suffix(".new")
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("about.txt", _about(payment))
            out.writestr("story.txt", redaction.text(_story(steps)))
            for name in runs:
                out.writestr(f"runs/{name}.txt", redaction.text(_as_text(self.runs.lines(name))))
                for picture in sorted(self.pictures.glob(f"{name}.*")):
                    if picture.suffix in (".png", ".txt"):
                        out.write(picture, f"pictures/{picture.name}")
        made.replace(path)
        self._forget_old()
        return path

    def _forget_old(self) -> None:
        files = sorted(self.folder.glob("support-*.zip"), key=lambda path: path.stat().st_mtime)
        for path in files[:-FILES_KEPT]:
            path.unlink(missing_ok=True)


def _about(payment: dict[str, Any]) -> str:
    try:
        own = version("tillbridge")
    except PackageNotFoundError:
        own = "?"
    lines = {
        "tillbridge": own,
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "payment": payment["payment_id"],
        "software": payment["software"],
        "charged": payment["charged"],
        "money": payment["money_state"],
        "books": payment["posting_state"],
        "tasks": ", ".join(payment["tasks"]),
    }
    return "".join(f"{name:12}{value}\n" for name, value in lines.items())


def _story(steps: Sequence[dict[str, Any]]) -> str:
    """With the inner numbers that the person's own view leaves out."""
    lines = []
    for step in steps:
        at = datetime.fromtimestamp(step["wall_ms"] / 1000, UTC).astimezone()
        text = " ".join([step["told"] or step["text"], *step["details"]])
        lines.append(f"{at:%Y-%m-%d %H:%M:%S %z}  {text}  [{step['seq']} {step['kind']} {step['chain'][:6]}]")
    return "\n".join(lines) + "\n"


def _as_text(lines: Sequence[dict[str, Any]]) -> str:
    """The lines of a run: time since it began, what happened, facts."""
    shown = []
    for line in lines:
        facts = {key: value for key, value in line.items() if key not in ("at", "what")}
        shown.append(
            f"{line.get('at', 0):>9} s  {line.get('what', ''):<14}  {json.dumps(facts, ensure_ascii=False)}"
        )
    return "\n".join(shown) + "\n"
