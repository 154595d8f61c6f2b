"""The texts that clients agree to, with their versions: data in agreements.toml, filled in here and nowhere else."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """`text`: what the client reads or hears. `do`: what the person at the desk does. `lacking`: facts that the text
    needs and nobody gave; then there is no text."""

    kind: str
    version: str
    do: str
    text: str
    lacking: tuple[str, ...] = ()


def kinds() -> tuple[str, ...]:
    return tuple(dict.fromkeys(row["kind"] for row in rows()))


def agreement(kind: str, facts: Mapping[str, str]) -> Agreement | None:
    """The newest text of a kind; None if there is none."""
    of_kind = [row for row in rows() if row["kind"] == kind]
    if not of_kind:
        return None
    row = of_kind[-1]
    wanted = [name for _, name, _, _ in string.Formatter().parse(row["text"]) if name]
    lacking = tuple(dict.fromkeys(name for name in wanted if not facts.get(name, "").strip()))
    text = "" if lacking else row["text"].format_map(dict(facts))
    return Agreement(kind=kind, version=row["version"], do=row["do"], text=text, lacking=lacking)


@cache
def rows() -> tuple[dict[str, str], ...]:
    """Every version that there ever was, oldest first."""
    table = tomllib.loads(files(__package__).joinpath("agreements.toml").read_text("utf-8"))
    return tuple(table["agreement"])
