"""Reverse Payment of the ribbon look: one payment is taken back whole, by somebody, for a reason.

Made anew each time and modal. It shows which payment it is and sends what was filled in; whether that payment may be
reversed was asked before it opened, and the server judges again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tillbridge.stand_ins.profile import Profile
from tillbridge.stand_ins.qt.conversation import Conversation, held, is_held
from tillbridge.stand_ins.qt.widgets import label_for, named

REASONS = ("(none)", "Entry error", "Wrong client", "Returned by the bank")
SHOWN = (("reversed_reference", "reference"), ("reversed_method", "method"), ("reversed_amount", "amount"))
FIELD_WIDTH = 330


class ReverseWindow(QDialog):
    """`form`: the server's, with client, payment and employees. Ends accepted when it is reversed."""

    def __init__(
        self, owner: QWidget, profile: Profile, conversation: Conversation, form: Mapping[str, Any]
    ) -> None:
        super().__init__(owner)
        self._profile = profile
        self._conversation = conversation
        self._form = form
        self.setObjectName("ReverseWindow")
        self.setWindowTitle(profile.title("reverse", str(form["account"]), str(form["client"])))
        self.setModal(True)
        self._make()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(12, 10, 12, 10)
        whole.setSpacing(8)
        whole.addLayout(self._rows())
        whole.addLayout(self._buttons())
        whole.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        self._reason.setFocus()

    def _make(self) -> None:
        self._reason = named(QComboBox(), self._id("reason"))
        self._reason.addItems(list(REASONS))
        self._number = named(QLineEdit(), self._id("reversal_no"))
        self._number.setMaxLength(self._profile.behaviour.reference_max)
        self._by = named(QComboBox(), self._id("reversed_by"))
        self._by.addItems(self._form["employees"])
        self._by.setCurrentText(self._form["employee"])
        self._client = named(QLineEdit(), self._id("reversed_client"))
        self._client.setText(f"{self._form['account']} {self._form['client']}")
        self._client.setReadOnly(True)

    def _id(self, name: str) -> str:
        return self._profile.controls[name].id

    def _rows(self) -> QGridLayout:
        rows = QGridLayout()
        rows.setHorizontalSpacing(10)
        rows.setVerticalSpacing(6)
        fields: list[tuple[str, QWidget]] = [("reversed_client", self._client)]
        for name, key in SHOWN:
            fields.append((name, named(QLabel(str(self._form["payment"][key])), self._id(name))))
        fields += [("reason", self._reason), ("reversal_no", self._number), ("reversed_by", self._by)]
        for at, (name, field) in enumerate(fields):
            field.setMinimumWidth(FIELD_WIDTH)
            rows.addWidget(label_for(self._profile.controls[name].caption, field), at, 0)
            rows.addWidget(field, at, 1)
        return rows

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addStretch()
        for name, slot in (("do_reverse", self._pressed), ("keep", self.reject)):
            button = named(QPushButton(self._profile.controls[name].caption), self._id(name))
            button.setAutoDefault(False)
            button.setDefault(name == "do_reverse" and self._profile.behaviour.enter_commits)
            button.clicked.connect(slot)
            row.addWidget(button)
        return row

    def _pressed(self) -> None:
        if is_held(self):
            return
        act = {
            "client": self._form["account"],
            "payment": self._form["payment"]["id"],
            "reason": self._reason.currentText() if self._reason.currentIndex() else "",
            "reference": self._number.text(),
            "employee": self._by.currentText(),
        }
        with held(self):
            turn = self._conversation.begin(self, "/skin/reverse", **act)
        if turn["turn"] == "close":
            self.accept()

    def reject(self) -> None:
        """Cancel, Esc and the close box; a window under a message does not close."""
        if not is_held(self):
            super().reject()
