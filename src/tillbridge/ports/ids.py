"""Where the agent's own references and markers come from. The payment id comes from the face (rule 1)."""

from __future__ import annotations

from typing import Protocol


class Ids(Protocol):
    def reference(self) -> str:
        """A new reference of an attempt: `TB` and 16 letters or digits (80 bits); never reused."""
        ...

    def marker_tail(self) -> str:
        """Four characters for a marker, from an alphabet without look-alikes."""
        ...
