"""The small windows of the classic program that hold one list: Find Client, Employees on F2.

Each is modal over its owner. None of them writes money; the one that does stands in classic_reverse.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from tillbridge.stand_ins.profile import Profile
from tillbridge.stand_ins.qt.captions import static
from tillbridge.stand_ins.qt.conversation import held, is_held
from tillbridge.stand_ins.qt.grid import Grid, Row
from tillbridge.stand_ins.qt.widgets import named


def plain_list(profile: Profile, name: str, key: str) -> Grid:
    """A list without name and without stripes, as a common control has it."""
    grid = Grid(profile.controls[name], profile.columns[name], key)
    grid.setAccessibleName("")
    grid.setAlternatingRowColors(False)
    grid.setShowGrid(False)
    return grid


class ListWindow(QDialog):
    """One list with its caption above and buttons at the right; `chosen` is the row that was taken."""

    def __init__(self, owner: QWidget, profile: Profile, title: str, listed: str, key: str) -> None:
        super().__init__(owner)
        self.profile = profile
        self.chosen: Row | None = None
        self.setWindowTitle(profile.titles[title])
        self.setModal(True)
        self.grid = plain_list(profile, listed, key)
        self.left = QVBoxLayout()
        self.left.addWidget(QLabel(profile.controls[listed].caption))
        self.left.addWidget(self.grid, 1)
        self.right = QVBoxLayout()
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 10, 10, 10)
        row.setSpacing(10)
        row.addLayout(self.left, 1)
        row.addLayout(self.right)
        self.grid.doubleClicked.connect(self.take)

    def button(self, name: str, slot: Callable[[], object]) -> QPushButton:
        """A push button in the column at the right; no key but its own presses it."""
        control = self.profile.controls[name]
        made = named(QPushButton(control.caption), control.id)
        made.setAutoDefault(False)
        made.setFixedSize(75, 23)
        made.clicked.connect(lambda: QTimer.singleShot(0, self, slot))
        self.right.addWidget(made)
        return made

    def take(self) -> None:
        """Close with the chosen row; nothing happens while none is chosen."""
        self.chosen = self.grid.chosen()
        if self.chosen is not None and not is_held(self):
            self.accept()

    def run(self, owner: QWidget) -> Row | None:
        """Show it over its owner until it is closed."""
        with held(owner):
            self.setEnabled(True)
            self.exec()
        return self.chosen


class FindClient(ListWindow):
    """Narrows the list of clients by account number or name."""

    def __init__(self, owner: QWidget, profile: Profile, clients: Sequence[Mapping[str, str]]) -> None:
        super().__init__(owner, profile, "find", "clients", "account")
        self._clients = clients
        self._box = named(QLineEdit(), profile.controls["find"].id)
        line = QHBoxLayout()
        line.addWidget(static(profile.controls["find"], self._box))
        line.addWidget(self._box, 1)
        self.left.insertLayout(0, line)
        self.button("open_client", self.take)
        self.button("close_find", self.reject)
        self.right.addStretch()
        self.resize(470, 330)
        self._box.textChanged.connect(self._narrow)
        self._box.setFocus()
        self._narrow()

    def _narrow(self) -> None:
        wanted = self._box.text().strip().lower()
        hits = [c for c in self._clients if wanted in c["account"] or wanted in c["name"].lower()]
        self.grid.fill(hits)
        if wanted and hits:
            self.grid.choose(hits[0]["account"])


class StaffLookup(ListWindow):
    """Employees and their initials."""

    def __init__(self, owner: QWidget, profile: Profile, staff: Sequence[Row]) -> None:
        super().__init__(owner, profile, "lookup", "staff", "initials")
        self.grid.fill(staff)
        self.button("take_staff", self.take)
        self.button("close_staff", self.reject)
        self.right.addStretch()
        self.resize(330, 190)
