"""What paper and messages of a desk go through: where PDFs are kept, how clients are written to, the printer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tillbridge.ports.messages import Messenger, Printer


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """`folder`: readable by the desk's own user alone; made when it is first needed. `contact`: how clients reach the
    clinic, as agreements tell them."""

    folder: Path
    messenger: Messenger
    printer: Printer
    contact: str = ""
