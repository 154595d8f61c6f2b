"""Which control belongs to a label that says so only by its place. A last resort; everything is read back.

Rectangles only; asks nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tillbridge.screen.backends.atspi.bus import Ref


class Box(NamedTuple):
    """A rectangle inside its window, in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height


def labelled_by_place(label: Ref, boxes: Mapping[Ref, Box]) -> Ref | None:
    """What stands nearest to the right of a label on its own row; else what stands right below it.

    The nearest thing wins even if it is another label: then this label has no control on that side.
    """
    mine = boxes.get(label)
    if mine is None or mine.width <= 0:
        return None
    others = [(ref, box) for ref, box in boxes.items() if ref != label and box.width > 0 and box.height > 0]
    beside = [(box.left - mine.right, ref) for ref, box in others if _on_row(mine, box)]
    if beside:
        return min(beside)[1]
    below = [(box.top - mine.bottom, ref) for ref, box in others if _right_below(mine, box)]
    return min(below)[1] if below else None


def _on_row(mine: Box, other: Box) -> bool:
    """To the right, and sharing at least half of the lower one's height."""
    shared = min(mine.bottom, other.bottom) - max(mine.top, other.top)
    return other.left >= mine.right - 2 and 2 * shared >= min(mine.height, other.height)


def _right_below(mine: Box, other: Box) -> bool:
    """Starting at about the same left edge, less than one and a half lines below."""
    gap = other.top - mine.bottom
    return -2 <= gap <= 1.5 * mine.height and abs(other.left - mine.left) <= mine.height
