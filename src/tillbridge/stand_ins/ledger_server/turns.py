"""What the ledger server tells a skin to do next, as plain JSON objects.

A conversation is a generator: it yields turns that need an answer (a message box, a freeze) and returns the
turn that ends it (open, stay, close, exit, crash). Skins follow; they decide nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from tillbridge.stand_ins.ledger_server.faults import Faults
from tillbridge.stand_ins.profile import Message

Turn = dict[str, Any]
Conversation = Generator[Turn, str, Turn]
Step = Generator[Turn, str, Turn | None]

STAY: Turn = {"turn": "stay"}
CLOSE: Turn = {"turn": "close"}
EXIT: Turn = {"turn": "exit"}
CRASH: Turn = {"turn": "crash"}
AGAIN: Turn = {"turn": "again"}
POST: Turn = {"turn": "post"}

# What a pressed button does to the act that asked; a pair that is not here lets it go on.
_PRESSED: dict[tuple[str, str], Turn] = {
    ("credit", "Cancel"): STAY,
    ("locked", "Cancel"): STAY,
    ("locked", "View Only"): STAY,
    ("duplicate", "No"): STAY,
    ("overpay", "No"): STAY,
    ("period", "OK"): STAY,
    ("zero", "OK"): STAY,
    ("no_method", "OK"): STAY,
    ("no_employee", "OK"): STAY,
    ("nothing_chosen", "OK"): STAY,
    ("concluded", "OK"): STAY,
    ("changed", "OK"): STAY,
    ("card_module", "Cancel"): STAY,
    ("connection", "Retry"): AGAIN,
    ("connection", "Exit"): EXIT,
    ("network", "Retry"): AGAIN,
    ("network", "Exit"): EXIT,
    ("unknown", "Quit"): EXIT,
    ("update", "Yes"): EXIT,
    ("crash_box", "Quit"): EXIT,
    ("seats", "OK"): STAY,
    ("sign_in", "Exit"): EXIT,
    ("permission", "Cancel"): STAY,
    ("inactive", "OK"): STAY,
    ("not_refundable", "OK"): STAY,
    ("no_reason", "OK"): STAY,
    ("reversed", "OK"): STAY,
    ("unsaved", "Yes"): POST,
    ("unsaved", "No"): CLOSE,
    ("unsaved", "Cancel"): STAY,
}


class Messages:
    """Words messages from the profile and tells what a pressed button means."""

    def __init__(self, messages: Mapping[str, Message], title: str) -> None:
        self._messages = messages
        self._title = title

    def turn(self, name: str, facts: Mapping[str, str]) -> Turn:
        """The turn that shows message `name` with its holes filled."""
        message = self._messages[name]
        return {
            "turn": "dialog",
            "dialog": {
                "id": name,
                "title": self._title,
                "text": message.text.format_map(dict(facts)),
                "buttons": list(message.buttons),
                "icon": message.icon,
                "escape": message.escape,
                "secret": message.secret,
            },
        }

    def put(self, name: str, facts: Mapping[str, str]) -> Generator[Turn, str, str]:
        """Show a message and wait for its answer, which is told in the program's own words, not by its caption."""
        pressed = yield self.turn(name, facts)
        return self._messages[name].answer(pressed)

    def ask(self, name: str, facts: Mapping[str, str]) -> Step:
        """Show a message and wait for its answer; returns the turn that ends the act, or None to go on."""
        pressed = yield from self.put(name, facts)
        return _PRESSED.get((name, pressed))


def freeze(faults: Faults, at: str) -> Generator[Turn, str, None]:
    """Make the skin stand still if the knobs say so at this moment."""
    seconds = faults.freeze_s(at)
    if seconds > 0:
        yield {"turn": "freeze", "seconds": seconds}


def wait(seconds: float) -> Generator[Turn, str, None]:
    """A save that goes on by itself: the skin says so for so long, and its windows stay alive."""
    if seconds > 0:
        yield {"turn": "wait", "seconds": seconds}


def mishaps(faults: Faults, moment: str) -> Generator[Turn, str, None]:
    """Other programs that get in the way at this moment; the skin's desktop starts them."""
    for name in faults.mishaps(moment):
        yield {"turn": "mishap", "what": name}
