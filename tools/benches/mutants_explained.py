"""Why a mechanical change that no test notices changes nothing that matters. Found by file and changed text."""

from __future__ import annotations

EXPLAINED: dict[tuple[str, str], str] = {}
"""(file, "old -> new" without line number) -> reason."""


def reason(name: str) -> str:
    """The reason for a survivor's name (`file:line 'old' -> 'new'`), or "" if there is none."""
    place, _, change = name.partition(" ")
    return EXPLAINED.get((place.partition(":")[0], change), "")
