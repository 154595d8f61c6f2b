"""A worn keyboard: some keystrokes are lost, or caps lock is on. It sits between the desktop and the windows."""

from __future__ import annotations

import random
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtGui import QKeyEvent


class WornKeyboard(QObject):
    """Filters the key events of the whole program. `told` takes the server's words about it."""

    def __init__(self, words: dict[str, Any]) -> None:
        super().__init__()
        self.told({"what": "keyboard", **words})

    def told(self, order: dict[str, Any]) -> None:
        """One order of the server; all but those about the keyboard are for others."""
        if order["what"] == "keyboard":
            self._drop, self._caps = order["drop"], order["caps"]
            self._random = random.Random(order["seed"])

    def eventFilter(self, target: QObject, event: QEvent) -> bool:
        """True swallows the event."""
        if (
            event.type() != QEvent.Type.KeyPress
            or not isinstance(event, QKeyEvent)
            or not event.spontaneous()
        ):
            return False
        if self._drop and self._random.randrange(self._drop) == 0:
            return True
        if self._caps and event.text() != event.text().swapcase():
            other = QKeyEvent(event.type(), event.key(), event.modifiers(), event.text().swapcase())
            QCoreApplication.sendEvent(target, other)
            return True
        return False
