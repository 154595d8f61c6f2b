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
    "domain/fold.py: '0' -> '1' in \"refusals\": before + 1 if said else 0,": (
        "where nothing was said, the next no is another one and is counted from its own beginning"
    ),
    "engine/screen_turn.py: '0' -> '1' in self.turns[payment_id] = max(self.turns.values(), default=0) + 1": (
        "only who has the lower number matters"
    ),
    "engine/cashier.py: '>' -> '>=' in"
    " return max(passed or 0, abs(now.wall_ms - since.wall_ms)) > self.policy.send_within_ms": (
        "one millisecond of two minutes"
    ),
    "domain/fold.py: '0' -> '1' in watched_ms = event.number_or(\"watched_ms\", 0)": "one millisecond of days",
    "engine/still_there.py: '0' -> '1' in"
    " gap = max(0, GAP_MS - surely_passed_ms(self.last, now)) if self.last is not None else 0": (
        "one millisecond before the first look"
    ),
    "engine/still_there.py: '0' -> '1' in young = 0 <= now.wall_ms - posting.since.wall_ms <= DAYS_MS": (
        "one millisecond; the next line asks for another day anyway"
    ),
    "engine/still_there.py: '24' -> '25' in DAYS_MS = 4 * 24 * HOUR": "a long weekend is covered by both",
    "engine/posting_steps.py: 'or' -> 'and' in"
    ' fits = order.kind != "sale" or balance is None or balance.minor >= order.amount.minor': (
        "nothing but a sale is typed yet"
    ),
    "engine/cashier.py: '>=' -> '>' in"
    " return at.mono_ms >= other.mono_ms if at.boot == other.boot else at.wall_ms >= other.wall_ms": (
        "the very same millisecond of two boots; within one boot a test notices"
    ),
    "engine/posting_steps.py: '>=' -> '>' in late = surely_passed_ms(touched, now) >= seen.settle_ms": (
        "the very millisecond of the settling time"
    ),
    "engine/still_there.py: '0' -> '1' in"
    " own = max(0, at.mono_ms - now.mono_ms) if at is not None and at.boot == now.boot else 0": (
        "one millisecond of a minute, or of the ten after a restart"
    ),
    "engine/still_there.py: '10' -> '11' in AGAIN_MS = 10 * MINUTE": "a look that failed is made again soon in both",
    "engine/screen_turn.py: '1' -> '2' in self.turns[payment_id] = max(self.turns.values(), default=0) + 1": (
        "only who has the lower number matters"
    ),
    "engine/work.py: '200' -> '201' in return f\"{type(error).__name__}: {error}\"[:200]": "one letter of a cause",
}
"""`file: 'old' -> 'new' in the line` -> reason."""


def reason(name: str) -> str:
    """The reason for a survivor's name (`file:line: change`), or "" if there is none."""
    file, _, rest = name.partition(":")
    return EXPLAINED.get(f"{file}: {rest.partition(': ')[2]}", "")
