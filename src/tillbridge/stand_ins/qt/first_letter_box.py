"""The editable list of payment methods of the classic program, with its two habits.

A letter goes on to the next entry that begins with it: a name typed letter by letter ends somewhere else. And a text
that is put into its edit field from outside is only a text: the program goes on with the entry that was chosen last,
and shows that one again as soon as the field is left.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QComboBox, QWidget


class FirstLetterBox(QComboBox):
    """`taken`: what the program goes on with, whatever the edit field shows. `chosen` tells each change of it,
    `left` that the focus went away."""

    chosen = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.taken = ""
        self.activated.connect(lambda at: self._take(self.itemText(at)))

    def fill(self, entries: list[str]) -> None:
        """Show these entries; the first is chosen."""
        self.addItems(entries)
        self._take(self.currentText())

    def settle(self, believes_text: bool) -> None:
        """The field was left: show what counts. `believes_text`: an entry that was only written counts, too."""
        if believes_text and self.findText(self.currentText()) >= 0:
            self._take(self.currentText())
        self.setCurrentText(self.taken)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        letter = event.text()
        if len(letter) != 1 or not letter.isprintable() or letter.isspace():
            super().keyPressEvent(event)
            return
        at = self._next(letter)
        if at >= 0:
            self.setCurrentIndex(at)
            self._take(self.itemText(at))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def _next(self, letter: str) -> int:
        """The entry after the chosen one that begins with a letter, round the end; -1 if none does."""
        start = self.findText(self.taken) + 1
        order = [(start + step) % self.count() for step in range(self.count())]
        return next((at for at in order if self.itemText(at).lower().startswith(letter.lower())), -1)

    def _take(self, entry: str) -> None:
        self.taken = entry
        self.setCurrentIndex(self.findText(entry))
        self.chosen.emit(entry)
