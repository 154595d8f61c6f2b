"""Reading controls, choices and dialogs: many at once, changing nothing."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import replace

from tillbridge.screen import backend as b
from tillbridge.screen.backends.atspi import words as w
from tillbridge.screen.backends.atspi.bus import Bus, Call, Failed, Ref, Reply
from tillbridge.screen.backends.atspi.find import matching
from tillbridge.screen.backends.atspi.tops import (
    ACCESSIBLE,
    bits,
    name_of,
    node,
    refs,
    seen_text,
    state_of,
    text_reply,
)
from tillbridge.screen.backends.atspi.trees import Trees
from tillbridge.screen.pieces import PIECE, may_hold_card

_MOMENT_S = 2.0
TEXT = "org.a11y.atspi.Text"


def text_of(ref: Ref, since: int = 0, length: int = PIECE) -> Call:
    return Call(ref, TEXT, "GetText", "ii", (since, since + length))


def value_of(ref: Ref, role: int, accepted: Collection[str] = ()) -> Call:
    """The one call that tells what a control shows: of a text its beginning, long enough to tell it from `accepted`."""
    length = max(PIECE, *(len(text) + 1 for text in accepted)) if accepted else PIECE
    return text_of(ref, length=length) if role in w.EDITS else name_of(ref)


def value_reply(role: int, reply: Reply) -> str:
    if role in w.EDITS:
        if isinstance(reply, Failed):
            raise b.Gone(reply.text)
        return seen_text(str(reply))
    return text_reply(reply)


class Reader:
    """Reads by role; the role of a control never changes, so it is asked for once."""

    def __init__(self, bus: Bus, roles: dict[Ref, int]) -> None:
        """`roles`: what is known already; added to here."""
        self._bus = bus
        self._roles = roles
        self.trees = Trees(bus)
        self._entries: dict[Ref, tuple[float, list[str]]] = {}

    def roles(self, controls: Sequence[Ref]) -> list[int]:
        unknown = [ref for ref in dict.fromkeys(controls) if ref not in self._roles]
        replies = self._bus.ask([Call(ref, ACCESSIBLE, "GetRole") for ref in unknown])
        for ref, reply in zip(unknown, replies):
            if isinstance(reply, Failed):
                raise b.Gone(reply.text)
            self._roles[ref] = int(reply)
        return [self._roles[ref] for ref in controls]

    def read(self, controls: Sequence[Ref]) -> list[b.Reading]:
        """Value and states of each control, all in one round."""
        roles = self.roles(controls)
        asked = [call for ref, role in zip(controls, roles) for call in (value_of(ref, role), state_of(ref))]
        replies = self._bus.ask(asked)
        readings = [
            _reading(role, replies[2 * at], bits(replies[2 * at + 1])) for at, role in enumerate(roles)
        ]
        for at, (ref, role) in enumerate(zip(controls, roles)):
            if role in w.BRANCHED:
                readings[at] = replace(readings[at], text=self.trees.value(ref, role))
            elif _goes_on(role, replies[2 * at]):
                readings[at] = replace(readings[at], text=self._whole(ref, str(replies[2 * at])))
        return readings

    def text(self, control: Ref) -> str:
        """What a control shows now."""
        (role,) = self.roles([control])
        reply = self._bus.ask_one(value_of(control, role))
        return self._whole(control, str(reply)) if _goes_on(role, reply) else value_reply(role, reply)

    def _whole(self, ref: Ref, first: str) -> str:
        """A long text, piece by piece; empty where it may hold a card number (pieces.py)."""
        pieces = [first]
        while len(pieces[-1]) == PIECE and not may_hold_card(pieces):
            reply = self._bus.ask_one(text_of(ref, len(pieces) * PIECE))
            if isinstance(reply, Failed):
                raise b.Gone(reply.text)
            pieces.append(str(reply))
        return "" if may_hold_card(pieces) else seen_text("".join(pieces))

    def choices(self, control: Ref) -> list[str]:
        """The entries of a choice. It is neither opened nor changed; a tree opens its branches."""
        (role,) = self.roles([control])
        if role in w.BRANCHED:
            return self.trees.choices(control, role)
        entries = refs(self._bus.ask_one(matching(control, w.OPTIONS)))
        names = [text_reply(name) for name in self._bus.ask([name_of(ref) for ref in entries])]
        self._entries = {control: (time.monotonic(), names)}
        return names

    def just_read(self, control: Ref) -> list[str]:
        """The entries of a choice, as they were a moment ago if they were read then. For acts that read back."""
        read_at, names = self._entries.get(control, (0.0, []))
        return names if names and time.monotonic() - read_at < _MOMENT_S else self.choices(control)

    def dialog(self, window: Ref) -> b.DialogText:
        """Texts in the program's own order, which is reading order in Qt and GTK, and all buttons."""
        labels, buttons = (
            refs(reply)
            for reply in self._bus.ask(
                [
                    matching(window, w.LABELS, [w.SHOWING]),
                    matching(window, [w.PUSH_BUTTON], [w.SHOWING]),
                ]
            )
        )
        names = self._bus.ask([name_of(ref) for ref in labels + buttons])
        states = self._bus.ask([state_of(ref) for ref in buttons])
        texts = [text_reply(name) for name in names[: len(labels)]]
        return b.DialogText(
            tuple(text for text in texts if text.strip()),
            tuple(
                b.Button(text_reply(name), node(ref), usable(bits(state)))
                for ref, name, state in zip(buttons, names[len(labels) :], states)
            ),
        )


def _goes_on(role: int, reply: Reply) -> bool:
    """There may be more of this text than was asked for."""
    return role in w.EDITS and not isinstance(reply, Failed) and len(str(reply)) == PIECE


def is_read_only(states: int) -> bool:
    """Of an edit box: Qt marks it read-only, GTK takes its editable mark away."""
    return w.has(states, w.READ_ONLY) or not w.has(states, w.EDITABLE)


def usable(states: int) -> bool:
    return w.has(states, w.ENABLED, w.SENSITIVE)


def _reading(role: int, value: Reply, states: int) -> b.Reading:
    is_edit = role in w.EDITS
    checkable = role in w.ROLES["check"] or role in (w.CHECK_MENU_ITEM, w.RADIO_MENU_ITEM)
    return b.Reading(
        text=value_reply(role, value),
        enabled=usable(states),
        shown=w.has(states, w.SHOWING),
        read_only=is_edit and is_read_only(states),
        checked=w.has(states, w.CHECKED) if checkable or w.has(states, w.CHECKABLE) else None,
        focused=w.has(states, w.FOCUSED),
    )
