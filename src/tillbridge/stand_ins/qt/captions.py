"""Captions of the older kind: a text to the left of its box that belongs to it by its place alone.

No relation says which box a text labels, as with separate static texts of Win32; an underlined letter moves the focus.
"""

from __future__ import annotations

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel, QWidget

from tillbridge.stand_ins.profile import Control
from tillbridge.stand_ins.qt.widgets import named


def plain(caption: str) -> str:
    """The caption as it is read aloud: without the mark of its underlined letter."""
    return caption.replace("&", "")


def static(control: Control, field: QWidget) -> QLabel:
    """The text for a field, with nothing that ties it to the field but the key of its underlined letter."""
    before, mark, after = control.caption.partition("&")
    if not mark:
        return QLabel(control.caption)
    key = QShortcut(QKeySequence(f"Alt+{after[0]}"), field)
    key.activated.connect(field.setFocus)
    return QLabel(f"{before}<u>{after[0]}</u>{after[1:]}")


def sunken(control: Control, *, money: bool = False) -> QLabel:
    """A read-only text in a sunken frame."""
    value = named(QLabel(), control.id)
    value.setProperty("sunken", True)
    value.setProperty("money", money)
    return value
