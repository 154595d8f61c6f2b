"""Money as the pretend practice software writes and reads it: minor units to text and back.

Only whole cents here, never float. Reading is as lenient as an old currency mask: that is what it models.
"""

from __future__ import annotations

import re

FORMATS = ("dollar", "plain", "short", "paren", "cr", "minus", "nbsp", "comma")
_NOT_AMOUNT = re.compile(r"[^0-9.]")
_SWAPPED = str.maketrans(".,", ",.")


def write(minor: int, style: str) -> str:
    """Text of an amount in cents. `style` is one of FORMATS; any other raises KeyError."""
    whole, cents = divmod(abs(minor), 100)
    grouped, plain = f"{whole:,}.{cents:02d}", f"{whole}.{cents:02d}"
    negative = minor < 0
    minus = "-" if negative else ""
    return {
        "dollar": f"{minus}${grouped}",
        "plain": minus + plain,
        "short": minus + (plain.removesuffix("0")),
        "paren": f"({grouped})" if negative else grouped,
        "cr": f"{grouped} CR" if negative else grouped,
        "minus": minus + grouped,
        "nbsp": f"{minus}$\u00a0{grouped}",
        "comma": minus + grouped.translate(_SWAPPED),
    }[style]


def read(text: str, style: str = "dollar") -> int | None:
    """Cents typed by a person, or None when it is no amount. A third decimal is refused."""
    text = text.translate(_SWAPPED) if style == "comma" else text
    digits = _NOT_AMOUNT.sub("", text)
    match = re.fullmatch(r"(\d*)(?:\.(\d{0,2}))?", digits)
    if match is None or not digits.strip("."):
        return None
    minor = int(match[1] or "0") * 100 + int((match[2] or "").ljust(2, "0") or "0")
    return -minor if text.strip().startswith(("-", "(")) or text.strip().endswith("CR") else minor
