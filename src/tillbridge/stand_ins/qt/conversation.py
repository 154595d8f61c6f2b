"""Plays the server's turns on the screen: message boxes, freezes, exits, crashes.

It answers nothing by itself; every button is pressed by a person or a program outside.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import shiboken6
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QGridLayout, QLayout, QLineEdit, QMessageBox, QWidget

from tillbridge.stand_ins.profile import Profile
from tillbridge.stand_ins.qt import neighbours
from tillbridge.stand_ins.qt.link import LineLost, Link

Turn = dict[str, Any]
CRASHED = 70
_TICK_S, _TICKS = 0.05, 200
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
        return self._to_the_end(owner, self.fetch(owner, path, **words))

    def _to_the_end(self, owner: QWidget, turn: Turn) -> Turn:
        while turn["turn"] in ("dialog", "freeze", "wait", "mishap"):
            pressed = self._play(owner, turn)
            turn = self.fetch(owner, "/skin/answer", conversation=turn["conversation"], press=pressed)
        if turn["turn"] == "crash":
            os._exit(CRASHED)
        if turn["turn"] == "exit":
            os._exit(0)
        return turn

    def leave(self, owner: QWidget, opened: Mapping[str, Any], number: str, *, unsaved: bool) -> str:
        """The payment window is to go without posting: "close", "stay", or "post" for what stands in it.

        A program that has lost its server closes without asking.
        """
        words = {"client": opened["account"], "invoice": number, "unsaved": unsaved}
        try:
            turn = self._link.ask("/skin/leave", **words)
        except LineLost:
            return "close"
        return str(self._to_the_end(owner, turn)["turn"])

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
        if turn["turn"] == "mishap":
            _beside(turn["what"])
            return "started"
        return show_message(owner, turn["dialog"])


def _stay_alive(seconds: float) -> None:
    """Let time pass while the windows go on working."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def _beside(what: str) -> None:
    """Start another program's window and let it come up before going on."""
    shown = threading.Event()
    neighbours.start(what, shown)
    for _ in range(_TICKS):
        if shown.is_set():
            return
        _stay_alive(_TICK_S)


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
    if dialog.get("secret"):
        _ask_secret(box)
    with held(owner):
        box.setEnabled(True)
        box.exec()
    pressed = [button.text() for button in box.buttons() if button is box.clickedButton()]
    shiboken6.delete(box)  # at once: deleteLater would wait for the outermost event loop
    return pressed[0] if pressed else str(dialog["escape"])


def _ask_secret(box: QMessageBox) -> None:
    """A box for a password below the text. What is typed there goes nowhere."""
    line = QLineEdit()
    line.setObjectName("txtPassword")
    line.setEchoMode(QLineEdit.EchoMode.Password)
    layout: QLayout | None = box.layout()
    if isinstance(layout, QGridLayout):
        layout.addWidget(line, 1, layout.columnCount() - 1)
    line.setFocus()
