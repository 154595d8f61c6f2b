"""Plays the server's turns on the screen: message boxes, freezes, exits, crashes.

It answers nothing by itself; every button is pressed by a person or a program outside.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import shiboken6
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QMessageBox, QWidget

from tillbridge.stand_ins.profile import Profile
from tillbridge.stand_ins.qt.link import LineLost, Link

Turn = dict[str, Any]
CRASHED = 70
ICONS = {
    "question": QMessageBox.Icon.Question,
    "warning": QMessageBox.Icon.Warning,
    "information": QMessageBox.Icon.Information,
    "critical": QMessageBox.Icon.Critical,
}


@contextmanager
def held(owner: QWidget) -> Iterator[None]:
    """Disable the owner window while a modal one is up, as Windows does; nested holds count."""
    depth, focused = int(owner.property("held") or 0), owner.focusWidget()
    owner.setProperty("held", depth + 1)
    owner.setEnabled(False)
    try:
        yield
    finally:
        owner.setProperty("held", depth)
        owner.setEnabled(depth == 0)
        if depth == 0 and focused is not None:
            focused.setFocus()


def is_held(window: QWidget) -> bool:
    """Whether a modal window is up over this one. Slots ask, because accessibility can bypass modality."""
    return int(window.property("held") or 0) > 0


class Conversation:
    """Asks the server in the program's name and plays what it answers."""

    def __init__(self, link: Link, profile: Profile) -> None:
        self._link = link
        self._profile = profile

    def begin(self, owner: QWidget, path: str, **words: Any) -> Turn:
        """Ask, play turns over `owner`, and return the one that ends the act."""
        turn = self.fetch(owner, path, **words)
        while turn["turn"] in ("dialog", "freeze", "wait"):
            pressed = self._play(owner, turn)
            turn = self.fetch(owner, "/skin/answer", conversation=turn["conversation"], press=pressed)
        if turn["turn"] == "crash":
            os._exit(CRASHED)
        if turn["turn"] == "exit":
            os._exit(0)
        return turn

    def fetch(self, owner: QWidget, path: str, **words: Any) -> Turn:
        """One request; a lost line shows the program's own time-out message until it works or Exit."""
        while True:
            try:
                return self._link.ask(path, **words)
            except LineLost:
                message = self._profile.messages["connection"]
                facts = {
                    "title": self._profile.titles["message"],
                    "text": message.text,
                    "buttons": list(message.buttons),
                    "icon": message.icon,
                    "escape": message.escape,
                }
                if message.answer(show_message(owner, facts)) == "Exit":
                    os._exit(0)

    def _play(self, owner: QWidget, turn: Turn) -> str:
        if turn["turn"] == "freeze":
            time.sleep(turn["seconds"])
            return "thawed"
        if turn["turn"] == "wait":
            _stay_alive(turn["seconds"])
            return "waited"
        return show_message(owner, turn["dialog"])


def _stay_alive(seconds: float) -> None:
    """Let time pass while the windows go on working."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def show_message(owner: QWidget, dialog: dict[str, Any]) -> str:
    """Show a modal message over `owner` and return the caption of the pressed button."""
    box = QMessageBox(owner)
    box.setObjectName("msgBox")
    box.setWindowTitle(dialog["title"])
    box.setText(dialog["text"])
    box.setIcon(ICONS[dialog["icon"]])
    for caption in dialog["buttons"]:
        button = box.addButton(caption, QMessageBox.ButtonRole.ActionRole)
        button.setObjectName("btn" + caption.replace(" ", ""))
        if caption == dialog["buttons"][0]:
            box.setDefaultButton(button)
        if caption == dialog["escape"]:
            box.setEscapeButton(button)
    with held(owner):
        box.setEnabled(True)
        box.exec()
    pressed = [button.text() for button in box.buttons() if button is box.clickedButton()]
    shiboken6.delete(box)  # at once: deleteLater would wait for the outermost event loop
    return pressed[0] if pressed else str(dialog["escape"])
