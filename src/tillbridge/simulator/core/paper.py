"""The lines that card rules want on a receipt of a chip card, made up the same way each time.

The labels are those of terminals' own slips (EMV tags 50, 9F06, 95, 9B, 9F26); the values are pretended.
"""

from __future__ import annotations

from collections.abc import Callable

from tillbridge.simulator.core.terminal import Run

_AIDS = {
    "Visa": ("VISA CREDIT", "A0000000031010"),
    "Mastercard": ("MASTERCARD", "A0000000041010"),
    "Amex": ("AMERICAN EXPRESS", "A000000025010801"),
}
_MODES = {"chip": "Chip read", "contactless": "Contactless", "keyed": "Keyed"}

Line = tuple[str, str]


def emv_lines(run: Run, auth_code: str, word: Callable[[str, int], str]) -> tuple[Line, ...]:
    """(label, value) in the order to print them. A typed number has no chip to tell of."""
    card: Line = ("Card", f"{run.brand} ****{run.last4}")
    entry: Line = ("Entry", _MODES.get(run.entry_mode, run.entry_mode))
    approval: Line = ("Approval", auth_code)
    if run.entry_mode == "keyed" or run.brand not in _AIDS:
        return card, entry, approval
    label, aid = _AIDS[run.brand]
    cryptogram = word("cryptogram", 16).encode().hex().upper()[:16]
    chip: tuple[Line, ...] = (
        ("Application", label), ("AID", aid), ("TVR", "0000008000"), ("TSI", "E800"), ("ARQC", cryptogram),
        ("Verified by", "No signature"),
    )  # fmt: skip
    return card, entry, *chip, approval
