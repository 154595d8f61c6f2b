"""Where keys and passwords come from. Never logged, never in the journal."""

from __future__ import annotations

from typing import Protocol


class Secrets(Protocol):
    def get(self, name: str) -> str:
        """Raises SetupError `secret_missing` with the name."""
        ...
