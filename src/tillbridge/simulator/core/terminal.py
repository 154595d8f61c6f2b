"""One card terminal: what it shows, what is in its slot, and which run it is busy with.

It must not touch the books: it says what happened at the counter (`Happening`), the network writes it down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tillbridge.simulator.core.magic import Magic


class Face(StrEnum):
    """What the screen of the terminal says."""

    IDLE = "idle"
    WAITING = "waiting_for_card"
    CARD_IN_SLOT = "card_in_slot"
    PROCESSING = "processing"
    APPROVED = "approved"
    PARTIAL = "partially_approved"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    OFFLINE = "offline"
    TIP = "choosing_tip"


@dataclass(slots=True)
class Run:
    """One attempt that a terminal is busy with. Times are absolute milliseconds; 0 = not set."""

    provider_ref: str
    reference: str
    kind: str
    amount: int
    currency: str
    partial_ok: bool
    deadline_ms: int
    show: tuple[str, ...] = ()
    present_at_ms: int = 0
    cancel_at_ms: int = 0
    cancel_by: str = ""
    decide_at_ms: int = 0
    deed: Magic | None = None
    entry_mode: str = "contactless"
    brand: str = "Visa"
    last4: str = "4242"
    keep: bool = False
    ask_tip: bool = False
    tip: int = 0


@dataclass(slots=True)
class Terminal:
    """`auto` terminals answer by themselves; `online` False means that the cable is pulled; `bank_online` False that
    the terminal can be spoken to, but does not reach its bank."""

    terminal_id: str
    name: str
    auto: bool = False
    online: bool = True
    bank_online: bool = True
    card_in: bool = False
    run: Run | None = None
    shown: Face = Face.IDLE
    shown_until_ms: int = 0
    shown_amount: int = 0
    shown_currency: str = ""
    shown_show: tuple[str, ...] = ()
    shown_text: str = ""
    plug_in_at_ms: int = 0
    revision: int = field(default=0)

    @property
    def processing(self) -> bool:
        """True once a card was presented and the bank is being asked: too late to cancel."""
        return self.run is not None and self.run.decide_at_ms > 0

    @property
    def busy(self) -> bool:
        """A run, or a card in the slot: either way it must not be armed."""
        return self.run is not None or self.card_in

    @property
    def face(self) -> Face:
        """What a person in front of it reads."""
        if not self.online:
            return Face.OFFLINE
        if self.run is not None:
            if self.processing:
                return Face.PROCESSING
            if self.run.ask_tip:
                return Face.TIP
            return Face.CARD_IN_SLOT if self.card_in else Face.WAITING
        if self.shown is not Face.IDLE:
            return self.shown
        return Face.CARD_IN_SLOT if self.card_in else Face.IDLE

    def arm(self, run: Run) -> None:
        self.run = run
        self.shown, self.shown_until_ms = Face.IDLE, 0
        self.changed()

    def finish(self, face: Face, amount: int, text: str, until_ms: int) -> None:
        """The run is over; the result stays on the screen until `until_ms` (longer while a card is in)."""
        run = self.run
        if run is not None:
            self.shown_currency, self.shown_show = run.currency, run.show
        self.run = None
        self.shown, self.shown_until_ms, self.shown_amount, self.shown_text = face, until_ms, amount, text
        self.changed()

    def wipe(self) -> None:
        """Back to the idle screen."""
        self.shown, self.shown_until_ms = Face.IDLE, 0
        self.changed()

    def changed(self) -> None:
        self.revision += 1
