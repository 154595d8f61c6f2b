"""What is known of a stored card beside the gateway: when it ends, as the gateway prints it and as it is compared."""

from __future__ import annotations

import re
from datetime import date

_PRINTED = re.compile(r"(0[1-9]|1[0-2])/([0-9]{2})")
_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()
_LAST_PLACE_MS = 12 * 3_600_000
"""So far behind UTC the last place on earth is: a card is refused here only when it is out of date everywhere."""


def expiry_month(printed: str) -> str:
    """`04/28` becomes `2028-04`; anything else is not known."""
    match = _PRINTED.fullmatch(printed.strip())
    return f"20{match[2]}-{match[1]}" if match else ""


def month_of(wall_ms: int) -> str:
    """The month of a moment, where it begins last."""
    day = date.fromordinal(_EPOCH + (wall_ms - _LAST_PLACE_MS) // _DAY_MS)
    return f"{day.year:04d}-{day.month:02d}"
