"""Why a mechanical change that no test notices changes nothing that matters. Found by file, change and line of code."""

from __future__ import annotations

EXPLAINED: dict[str, str] = {
    "domain/fold.py: '>' -> '>=' in more = over > payment.over_returned.minor": "equal sums returned above",
    "engine/posting_steps.py: '1' -> '2' in last_touch = pending[-1].at if pending else posting.touched_at": (
        "both events that ride with a look carry the same moment"
    ),
    "engine/posting_steps.py: '1' -> '2' in"
    ' return posting.refusals + 1 if posting.refused == said.text("refused") else 1': (
        "REFUSALS is 2: the second same no asks, whether it counts as the second or the third"
    ),
}
"""`file: 'old' -> 'new' in the line` -> reason."""


def reason(name: str) -> str:
    """The reason for a survivor's name (`file:line: change`), or "" if there is none."""
    file, _, rest = name.partition(":")
    return EXPLAINED.get(f"{file}: {rest.partition(': ')[2]}", "")
