"""Small makers used by every window of the Qt skin."""

from __future__ import annotations

from typing import Any, TypeVar

from PySide6.QtWidgets import QLabel, QWidget

from tillbridge.stand_ins.profile import Profile

Some = TypeVar("Some", bound=QWidget)


def named(widget: Some, name: str) -> Some:
    """Give a widget its object name, by which accessibility knows it."""
    widget.setObjectName(name)
    return widget


def label_for(caption: str, field: QWidget) -> QLabel:
    """The caption of a field, tied to it so that accessibility knows what it labels."""
    label = QLabel(caption)
    label.setBuddy(field)
    return label


def words(profile: Profile, text: str, icon: str = "information") -> dict[str, Any]:
    """A message with one OK that the skin says by itself, without the server."""
    title = profile.titles["message"]
    return {"title": title, "text": text, "buttons": ["OK"], "icon": icon, "escape": "OK"}
