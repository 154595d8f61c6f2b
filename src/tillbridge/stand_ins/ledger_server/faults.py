"""The fault knobs: what may go wrong, how often, and when. Seeded, so that a run can be repeated.

A knob's text is VALUE or VALUE*N: after it has struck N times it falls back to its default.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tillbridge.stand_ins.money_text import FORMATS

MOMENTS = ("opening", "filling", "before_commit", "after_commit", "abandon", "reading")
FREEZE_AT = ("opening", "filling", "ok", "after_commit", "refresh")
LISTS = ("invoices", "transactions", "apply_to")
MISHAPS = ("focus_theft", "other_process", "second_instance")
DIALOGS = (
    "credit",
    "locked",
    "duplicate",
    "overpay",
    "period",
    "card_module",
    "print",
    "printer",
    "connection",
    "network",
    "unknown",
    "update",
    "licence",
    "alert",
    "medical",
    "drawer",
    "seats",
    "sign_in",
    "permission",
    "crash_box",
    "changed",
    "unsaved",
    "inactive",
)


class BadKnob(ValueError):
    """A knob that does not exist, or a value that it does not take."""


@dataclass(frozen=True)
class Knob:
    """`kind` is number, chance (0 to 1) or choice; a choice lists what it takes."""

    kind: str
    default: str
    choices: tuple[str, ...] = ()
    about: str = ""


def _of_the_window() -> dict[str, Knob]:
    """What happens to windows, keys and lists rather than to the books."""
    moments = ("none", *MOMENTS)
    return {
        "drop_keys": Knob("number", "0", about="one of so many keystrokes is lost; 0: none"),
        "caps_lock": Knob("chance", "0", about="letters come in the other case"),
        "focus_theft": Knob("choice", "none", moments, "a window of another program takes the keyboard"),
        "other_process": Knob("choice", "none", moments, "a message of another program on top of all"),
        "second_instance": Knob("choice", "none", moments, "the program is started once more"),
        "renamed_ids": Knob("chance", "0", about="an update gave the payment window's controls other ids"),
        "renamed_title": Knob("chance", "0", about="an update gave the payment window another title"),
        "swapped_order": Knob("chance", "0", about="the fields of the payment window in another order"),
        "owner_drawn": Knob("choice", "none", ("none", *LISTS), "this list tells accessibility no texts"),
        "method_renamed": Knob("chance", "0"),
        "method_inactive": Knob("chance", "0", about="our method is listed and refused"),
        "method_not_refundable": Knob("chance", "0", about="our method takes money and gives none back"),
        "reverse_permission": Knob("choice", "profile", ("profile", "always", "earlier", "never")),
        "methods_stale": Knob("chance", "0", about="our method is seen only by skins started from now on"),
        "employee_missing": Knob("chance", "0", about="Dana Brooks has left the practice"),
        "rounding": Knob("choice", "none", ("none", "three", "cent"), "totals of three decimals"),
        "asks_unsaved": Knob("choice", "profile", ("profile", "always", "never")),
    }


def _knobs() -> dict[str, Knob]:
    knobs = {
        "latency_ms": Knob("number", "0", about="the server waits so long before each answer to a skin"),
        "freeze_s": Knob("number", "0", about="the skin's window thread stands still so long, at freeze_at"),
        "freeze_at": Knob("choice", "ok", FREEZE_AT),
        "ledger_delay_ms": Knob("number", "-1", about="-1 draws from the profile's range"),
        "save_ms": Knob("number", "-1", about="how long a save runs on; -1 draws from the profile's range"),
        "save_commits_at": Knob(
            "chance", "0.5", about="the part of that time after which it is in the books"
        ),
        "recalculates_ms": Knob(
            "number", "-1", about="new totals after the amount was left; -1: the profile's"
        ),
        "title_lag_ms": Knob(
            "number", "-1", about="a re-used window names the client before; -1: the profile's"
        ),
        "crash_before_commit": Knob("chance", "0", about="the skin dies after OK, nothing posted"),
        "crash_after_commit": Knob("chance", "0", about="the skin dies after OK, payment posted"),
        "close_without_posting": Knob("chance", "0", about="OK closes the window and posts nothing"),
        "method_ignores_set": Knob("chance", "1", about="0: the method list takes text by accessibility"),
        "validate_on_blur_only": Knob("chance", "1", about="0: totals follow each change of the amount"),
        "money_format": Knob("choice", "profile", ("profile", *FORMATS)),
        "locale": Knob("choice", "profile", ("profile", "eu"), about="eu: 1.234,56 and 31.12.2026"),
        "two_names": Knob("chance", "0", about="a second client of the same name with a like invoice"),
        "other_invoice": Knob("choice", "none", ("none", "client", "invoice", "form")),
        "truncate_reference_10": Knob("chance", "1", about="the ledger column cuts the reference"),
        "method_hides_reference": Knob("chance", "0"),
        "method_missing": Knob("chance", "0"),
        "balance_changes": Knob("choice", "none", ("none", "line", "cash")),
        "balance_changes_at": Knob("choice", "filling", MOMENTS[:3]),
        "invoice_concluded": Knob("chance", "0", about="a colleague concludes it while the window is up"),
        "printer_fails": Knob("chance", "0"),
        **_of_the_window(),
    }
    for name in DIALOGS:
        knobs[f"dialog_{name}"] = Knob("choice", "none", ("none", *MOMENTS))
    return knobs


KNOBS = _knobs()
_WORDS = {"true": "1", "on": "1", "yes": "1", "false": "0", "off": "0", "no": "0"}


class Faults:
    """All knobs with their present values. Every draw comes from one seeded generator."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._values = {name: knob.default for name, knob in KNOBS.items()}
        self._left: dict[str, int] = {}

    def turn(self, name: str, text: str) -> None:
        """Set one knob. Raises BadKnob."""
        if name not in KNOBS:
            raise BadKnob(f"there is no knob {name}; knobs: {' '.join(sorted(KNOBS))}")
        value, star, count = text.strip().partition("*")
        knob = KNOBS[name]
        value = _WORDS.get(value.lower(), value) if knob.kind != "choice" else value
        if not _takes(knob, value) or (star and not (count.isdigit() and int(count) > 0)):
            raise BadKnob(f"{name} does not take {text!r}; kind {knob.kind} {' '.join(knob.choices)}".strip())
        self._values[name] = value
        self._left.pop(name, None)
        if star:
            self._left[name] = int(count)

    def shown(self) -> dict[str, str]:
        """Every knob as text, with what is left of its count."""
        return {
            name: f"{value}*{self._left[name]}" if name in self._left else value
            for name, value in self._values.items()
        }

    def number(self, name: str) -> float:
        """A number knob's value; does not count as striking."""
        return float(self._values[name])

    def choice(self, name: str) -> str:
        """A choice knob's value; does not count as striking."""
        return self._values[name]

    def strikes(self, name: str) -> bool:
        """Draw a chance knob. A sure value (0 or 1) uses no draw, so that knobs do not disturb each other."""
        chance = float(self._values[name])
        hit = chance >= 1 or (chance > 0 and self.random.random() < chance)
        if hit:
            self._struck(name)
        return hit

    def chosen(self, name: str, value: str) -> bool:
        """Whether a choice knob says `value` now; if so it has struck once."""
        if self._values[name] != value:
            return False
        self._struck(name)
        return True

    def dialogs(self, moment: str) -> list[str]:
        """Messages forced at a moment, in a fixed order."""
        return [name for name in DIALOGS if self.chosen(f"dialog_{name}", moment)]

    def mishaps(self, moment: str) -> list[str]:
        """What another program does at a moment, in a fixed order."""
        return [name for name in MISHAPS if self.chosen(name, moment)]

    def freeze_s(self, at: str) -> float:
        """Seconds for which the skin shall stand still at this moment; mostly 0."""
        seconds = self.number("freeze_s")
        if seconds <= 0 or self.choice("freeze_at") != at:
            return 0.0
        self._struck("freeze_s")
        return seconds

    def _struck(self, name: str) -> None:
        if name not in self._left:
            return
        self._left[name] -= 1
        if self._left[name] == 0:
            del self._left[name]
            self._values[name] = KNOBS[name].default


def _takes(knob: Knob, value: str) -> bool:
    if knob.kind == "choice":
        return value in knob.choices
    try:
        number = float(value)
    except ValueError:
        return False
    return knob.kind == "number" or 0 <= number <= 1
