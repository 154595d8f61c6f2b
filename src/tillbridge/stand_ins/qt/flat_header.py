"""The client's card on top of the flat main window: who it is, what is owed, and the button that takes money."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QPushButton, QVBoxLayout

from tillbridge.stand_ins.profile import Profile
from tillbridge.stand_ins.qt.widgets import label_for, named


class FlatHeader(QFrame):
    """Fills itself from the server's view of a client."""

    def __init__(self, profile: Profile, pay: Callable[[], None], refresh: Callable[[], None]) -> None:
        super().__init__()
        self._controls = profile.controls
        self._values: dict[str, QLabel] = {}
        self.setProperty("card", True)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(18, 12, 18, 12)
        whole.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(26)
        row.addLayout(self._fact("client", "big"))
        row.addLayout(self._fact("account", "big"))
        row.addStretch()
        row.addLayout(self._fact("credit", "fact"))
        row.addLayout(self._fact("balance", "big"))
        row.addWidget(self._button("refresh", refresh))
        row.addWidget(self._button("pay", pay, primary=True))
        whole.addLayout(row)
        whole.addLayout(self._second_row())

    def _second_row(self) -> QLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self._where = named(QLabel(), "where")
        row.addWidget(self._where)
        row.addStretch()
        control = self._controls["alert"]
        value = named(QLabel(), control.id)
        self._alert_caption = label_for(control.caption, value)
        self._alert_caption.setProperty("caption", True)
        row.addWidget(self._alert_caption)
        row.addWidget(value)
        self._values["alert"] = value
        return row

    def _fact(self, name: str, kind: str) -> QVBoxLayout:
        control = self._controls[name]
        value = named(QLabel(), control.id)
        value.setProperty(kind, True)
        caption = label_for(control.caption, value)
        caption.setProperty("caption", True)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(caption)
        column.addWidget(value)
        if name in ("balance", "credit"):
            for label in (caption, value):
                label.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._values[name] = value
        return column

    def _button(self, name: str, slot: Callable[[], None], *, primary: bool = False) -> QPushButton:
        button = named(QPushButton(self._controls[name].caption), self._controls[name].id)
        button.setProperty("primary", primary)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(slot)
        return button

    def fill(self, view: dict[str, Any]) -> None:
        """Show a client; the notice is there only when there is one."""
        texts = {"account": view["account"], "client": view["name"], "alert": view["alert"]}
        for name, text in {**texts, "balance": view["balance"], "credit": view["credit"]}.items():
            self._values[name].setText(text)
        for label in (self._alert_caption, self._values["alert"]):
            label.setVisible(bool(view["alert"]))
        self._where.setText(f"{view['address']}   ·   {view['phone']}")
