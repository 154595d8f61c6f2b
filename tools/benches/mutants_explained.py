"""Why a mechanical change that no test notices changes nothing that matters. Found by file, change and line of code."""

from __future__ import annotations

EXPLAINED: dict[str, str] = {}
"""`file: 'old' -> 'new' in the line` -> reason."""


def reason(name: str) -> str:
    """The reason for a survivor's name (`file:line: change`), or "" if there is none."""
    file, _, rest = name.partition(":")
    return EXPLAINED.get(f"{file}: {rest.partition(': ')[2]}", "")
