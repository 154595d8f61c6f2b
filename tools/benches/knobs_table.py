"""Every fault knob once, and how a payment under it may end. Plain data: it imports nothing of the product.

The knobs are turned after the desk has begun its day, so that each of them meets a payment and not the rehearsal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

POSTED = frozenset({"posted"})
"""By itself, exactly once."""
MENDED = frozenset({"posted", "told"})
"""By itself, or it waits, says why, and is posted exactly once as soon as a person has mended it."""
UNREAD = frozenset({"posted", "told", "refused"})
"""As before, or what is on the screen is refused before the card is charged, with a reason."""
ASKED = frozenset({"posted", "asked"})
"""Posted, or surely not in the books and a person is asked, with a reason: what is owed is another sum now."""

ACT = "world."
"""Begins the name of something that happens to the clinic beside the knobs; its value names a word it needs."""
UNDONE_BY = {"close_period": "open_period", "lock": "unlock"}
MOMENTS = ("opening", "filling", "before_commit", "after_commit", "abandon", "reading")
BEFORE = MOMENTS[:3]


@dataclass(frozen=True, slots=True)
class Row:
    """Knobs that are turned together. `ends`: every end that is right. `profiles`: empty for all versions."""

    knobs: tuple[tuple[str, str], ...]
    ends: Collection[str]
    profiles: tuple[str, ...] = field(default=())

    @property
    def acts(self) -> list[tuple[str, str]]:
        return [(name.removeprefix(ACT), word) for name, word in self.knobs if name.startswith(ACT)]

    @property
    def values(self) -> dict[str, str]:
        return {name: value for name, value in self.knobs if not name.startswith(ACT)}

    @property
    def key(self) -> str:
        return ",".join(f"{name}={value}" for name, value in self.knobs)


def _each(name: str, values: Iterable[str], ends: Collection[str]) -> list[Row]:
    return [Row(((name, value),), ends) for value in values]


ROWS: Sequence[Row] = (
    *_each("latency_ms", ["400"], POSTED),
    *[
        Row((("freeze_s", "5*1"), ("freeze_at", at)), POSTED)
        for at in ("opening", "filling", "ok", "after_commit", "refresh")
    ],
    *_each("ledger_delay_ms", ["4000"], POSTED),
    Row((("save_ms", "12000"), ("save_commits_at", "0")), POSTED),
    Row((("save_ms", "12000"), ("save_commits_at", "1")), POSTED),
    *_each("recalculates_ms", ["1500"], POSTED),
    *_each("title_lag_ms", ["3000"], POSTED),
    *_each("crash_before_commit", ["1*1"], MENDED),
    *_each("crash_after_commit", ["1*1"], MENDED),
    *_each("close_without_posting", ["1*1"], MENDED),
    *_each("method_ignores_set", ["0"], POSTED),
    *_each("validate_on_blur_only", ["0"], POSTED),
    *_each("money_format", ["dollar", "plain", "short", "paren", "cr", "minus", "nbsp", "comma"], UNREAD),
    *_each("locale", ["eu"], UNREAD),
    *_each("two_names", ["1"], POSTED),
    *_each("other_invoice", ["client*1", "invoice*1", "form*1"], UNREAD),
    *_each("truncate_reference_10", ["0"], POSTED),
    *_each("method_hides_reference", ["1"], UNREAD),
    *_each("method_missing", ["1"], UNREAD),
    *[
        Row((("balance_changes", f"{what}*1"), ("balance_changes_at", at)), ASKED | MENDED)
        for what in ("line", "cash")
        for at in BEFORE
    ],
    *_each("invoice_concluded", ["1*1"], ASKED | MENDED),
    *[Row(((f"{ACT}{act}", words),), MENDED) for act, words in (("close_period", ""), ("lock", "client"))],
    *_each("dialog_card_module", ["before_commit"], MENDED),
    *_each("printer_fails", ["1"], POSTED),
    *_each("drop_keys", ["3"], MENDED),
    *_each("caps_lock", ["1"], MENDED),
    *_each("focus_theft", MOMENTS, MENDED),
    *_each("other_process", MOMENTS, MENDED),
    *_each("second_instance", MOMENTS, UNREAD),
    *_each("renamed_ids", ["1"], UNREAD),
    *_each("renamed_title", ["1"], UNREAD),
    *_each("swapped_order", ["1"], MENDED),
    *_each("owner_drawn", ["invoices", "transactions", "apply_to"], UNREAD),
    *_each("method_renamed", ["1"], UNREAD),
    *_each("method_inactive", ["1"], UNREAD),
    *_each("method_not_refundable", ["1"], POSTED),
    *_each("reverse_permission", ["always"], POSTED),
    *_each("methods_stale", ["1"], UNREAD),
    *_each("employee_missing", ["1"], UNREAD),
    *_each("rounding", ["three", "cent"], UNREAD | ASKED),
    *_each("asks_unsaved", ["always"], POSTED),
)

QUICK = (
    "freeze_s=5*1,freeze_at=ok",
    "two_names=1",
    "method_missing=1",
    "crash_after_commit=1*1",
    "caps_lock=1",
)


def rows_for(profile: str, known: Collection[str], quick: bool) -> list[Row]:
    """What is played in one version. Raises ValueError for a knob that no row turns (those of messages apart, which
    the bench `dialogs` throws), and for a row whose knob is not there."""
    turned = {name for row in ROWS for name in row.values if not name.startswith("dialog_")}
    odd = {name for name in known if not name.startswith("dialog_")} ^ turned
    if odd:
        raise ValueError(f"knobs without a row, or rows without a knob: {sorted(odd)}")
    mine = [row for row in ROWS if not row.profiles or profile in row.profiles]
    return [row for row in mine if not quick or row.key in QUICK]


def row_of(key: str) -> Row:
    """Raises StopIteration for a key that no row has."""
    return next(row for row in ROWS if row.key == key)
