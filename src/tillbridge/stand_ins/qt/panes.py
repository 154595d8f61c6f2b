"""The panes round the main window: client search and patients at the left, the client's header on top."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tillbridge.stand_ins.profile import Profile
from tillbridge.stand_ins.qt.grid import Grid
from tillbridge.stand_ins.qt.widgets import label_for, named


def pane(title: str, *parts: QWidget) -> QFrame:
    """A framed pane with a title strip."""
    frame = QFrame()
    frame.setProperty("pane", True)
    column = QVBoxLayout(frame)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    label = QLabel(title)
    label.setProperty("paneTitle", True)
    column.addWidget(label)
    for part in parts:
        column.addWidget(part)
    return frame


class ClientSearch(QWidget):
    """The docked lookup: a search box, the list of clients, and Open Client."""

    opened = Signal(str)

    def __init__(self, profile: Profile) -> None:
        super().__init__()
        self._clients: list[dict[str, str]] = []
        control = profile.controls
        self.box = named(QLineEdit(), control["find"].id)
        self.box.setPlaceholderText("Name, account, phone or patient")
        label = label_for(control["find"].caption, self.box)
        self._grid = Grid(control["clients"], profile.columns["clients"], "account")
        self._open = named(QPushButton(control["open_client"].caption), control["open_client"].id)
        search = QHBoxLayout()
        search.setContentsMargins(5, 5, 5, 5)
        search.setSpacing(6)
        search.addWidget(label)
        search.addWidget(self.box)
        foot = QHBoxLayout()
        foot.setContentsMargins(5, 4, 5, 5)
        foot.addStretch()
        foot.addWidget(self._open)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(search)
        column.addWidget(self._grid)
        column.addLayout(foot)
        self.box.textChanged.connect(self._filter)
        self.box.returnPressed.connect(self._take)
        self._grid.doubleClicked.connect(self._take)
        self._open.clicked.connect(self._take)

    def fill(self, clients: list[dict[str, str]]) -> None:
        """All clients of the practice."""
        self._clients = clients
        self._filter()

    def show_chosen(self, account: str) -> None:
        """Mark the client that is open."""
        self._grid.choose(account)

    def _filter(self) -> None:
        wanted = self.box.text().strip().lower()
        hits = [c for c in self._clients if wanted in " ".join(c.values()).lower()]
        self._grid.fill(hits)
        if len(hits) == 1:
            self._grid.choose(hits[0]["account"])

    def _take(self) -> None:
        row = self._grid.chosen()
        if row is not None:
            self.opened.emit(row["account"])


class Header(QWidget):
    """Who the client is: account, name, alert strip, balances."""

    def __init__(self, profile: Profile) -> None:
        super().__init__()
        self.setObjectName("header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._controls = profile.controls
        self._labels: dict[str, tuple[QLabel, QLabel]] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 8, 12, 8)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        self._fact(grid, "account", 0, 0, "big")
        self._fact(grid, "client", 0, 2, "big")
        self._fact(grid, "balance", 0, 4, "fact")
        self._fact(grid, "credit", 1, 4, "fact")
        self._fact(grid, "alert", 2, 0, "fact")
        self._where = QLabel()
        grid.addWidget(self._where, 1, 0, 1, 4)
        grid.setColumnStretch(3, 1)
        grid.setColumnMinimumWidth(5, 86)

    def _fact(self, grid: QGridLayout, name: str, row: int, column: int, kind: str) -> None:
        control = self._controls[name]
        value = named(QLabel(), control.id)
        caption = label_for(control.caption, value)
        caption.setProperty("caption", True)
        value.setProperty(kind, True)
        grid.addWidget(caption, row, column)
        grid.addWidget(value, row, column + 1, 1, 3 if name == "alert" else 1)
        if column == 4:
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._labels[name] = (caption, value)

    def fill(self, view: dict[str, Any]) -> None:
        """Show a client; the alert strip is there only when there is an alert."""
        texts = {"account": view["account"], "client": view["name"], "alert": view["alert"]}
        texts |= {"balance": view["balance"], "credit": view["credit"]}
        for name, text in texts.items():
            self._labels[name][1].setText(text)
        for label in self._labels["alert"]:
            label.setVisible(bool(view["alert"]))
        self._where.setText(f"{view['address']}      {view['phone']}")
