"""A text that people type freely may be a card number in the wrong place: it is read in pieces too short to hold one.

Rule of money 14: card numbers never enter our processes. Whoever finds out by the pieces that the whole may be one
takes the text for empty; the pieces are never put together.
"""

from __future__ import annotations

from collections.abc import Sequence

PIECE = 12
"""Characters at once. The shortest card numbers have 13 digits (ISO/IEC 7812)."""
SHORTEST = 13


def may_hold_card(pieces: Sequence[str]) -> bool:
    """Are there digits enough for a card number in it, whatever stands between them?"""
    return sum(character.isdigit() for piece in pieces for character in piece) >= SHORTEST
