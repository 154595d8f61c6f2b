"""Reverse payment of the flat look: one payment of the history is taken back by a named cashier, for a reason.

Made anew each time and modal. It saves by itself while it says so. Whether the payment may be reversed, and what that
writes, is the server's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tillbridge.stand_ins.profile import Profile
from tillbridge.stand_ins.qt.conversation import Conversation, is_held
from tillbridge.stand_ins.qt.grid import Row
from tillbridge.stand_ins.qt.widgets import label_for, named

CHOOSE = "Choose..."
REASONS = (CHOOSE, "Entry error", "Payment taken back", "Wrong client")
NOBODY = "Not signed in"
WAITING = "Reversing... please wait"
WATCH_MS = 40
WIDTH = 460
FACTS = (("reversed_reference", "reference"), ("reversed_amount", "amount"), ("reversed_tender", "method"))


class ReversePayment(QDialog):
    """`form`: the server's, with client and payment. Ends accepted when it is reversed."""

    def __init__(
        self, owner: QWidget, profile: Profile, conversation: Conversation, form: Mapping[str, Any]
    ) -> None:
        super().__init__(owner)
        self._profile = profile
        self._conversation = conversation
        row: Row = form["payment"]
        self._account, self._payment = str(form["account"]), str(row["id"])
        self._busy = False
        self._last_focus: QWidget | None = None
        self.setWindowTitle(profile.title("reverse", self._account, str(form["client"])))
        self.setModal(True)
        self._make()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._head(row))
        whole.addLayout(self._body())
        self.setFixedWidth(WIDTH)
        self._watch = QTimer(self, interval=WATCH_MS)
        self._watch.timeout.connect(self._notice_leaving)
        self._watch.start()
        self.password.setFocus()

    # ---- building ----

    def _make(self) -> None:
        self.password = named(QLineEdit(), self._id("reverse_password"))
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setFixedWidth(150)
        self.cashier = named(QLabel(NOBODY), self._id("reverse_cashier"))
        self.reason = named(QComboBox(), self._id("reason"))
        self.reason.addItems(list(REASONS))
        self.note = named(QLineEdit(), self._id("reversal_reference"))
        self.note.setMaxLength(self._profile.behaviour.reference_max)
        self.progress = named(QLabel(), self._id("reverse_progress"))
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setVisible(False)
        self.ok = self._button("reverse_it", primary=True)
        self.cancel = self._button("close_reverse")
        self.ok.setEnabled(False)
        self.ok.clicked.connect(self._pressed)
        self.cancel.clicked.connect(self.reject)
        for box in (self.password, self.note):
            box.textChanged.connect(self._notice_leaving)

    def _id(self, name: str) -> str:
        return self._profile.controls[name].id

    def _label(self, name: str, field: QWidget) -> QLabel:
        label = label_for(self._profile.controls[name].caption, field)
        label.setProperty("caption", True)
        return label

    def _button(self, name: str, *, primary: bool = False) -> QPushButton:
        button = named(QPushButton(self._profile.controls[name].caption), self._id(name))
        button.setProperty("primary", primary)
        button.setAutoDefault(False)
        return button

    def _head(self, row: Row) -> QFrame:
        head = named(QFrame(), "paymentHead")
        grid = QGridLayout(head)
        grid.setContentsMargins(20, 12, 20, 12)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(2)
        grid.addWidget(named(QLabel(self._profile.titles["reverse_first"]), "paymentTitle"), 0, 0, 1, 5)
        self.parking = named(QLineEdit(self._account), self._id("reverse_client"))
        self.parking.setReadOnly(True)
        self.parking.setFixedWidth(80)
        shown: list[tuple[str, QWidget]] = [("reverse_client", self.parking)]
        shown += [(name, named(QLabel(str(row[key])), self._id(name))) for name, key in FACTS]
        for at, (name, field) in enumerate(shown):
            grid.addWidget(self._label(name, field), 1, at)
            grid.addWidget(field, 2, at)
        grid.setColumnStretch(len(shown), 1)
        return head

    def _body(self) -> QVBoxLayout:
        body = QVBoxLayout()
        body.setContentsMargins(20, 14, 20, 16)
        body.setSpacing(12)
        rows = QGridLayout()
        rows.setHorizontalSpacing(16)
        rows.setVerticalSpacing(9)
        signing = QHBoxLayout()
        signing.setSpacing(14)
        signing.addWidget(self.password)
        signing.addWidget(self._label("reverse_cashier", self.cashier))
        signing.addWidget(self.cashier, 1)
        rows.addWidget(self._label("reverse_password", self.password), 0, 0)
        rows.addLayout(signing, 0, 1)
        for at, (name, field) in enumerate((("reason", self.reason), ("reversal_reference", self.note)), 1):
            rows.addWidget(self._label(name, field), at, 0)
            rows.addWidget(field, at, 1)
        feet = QHBoxLayout()
        feet.addStretch()
        feet.addWidget(self.cancel)
        feet.addWidget(self.ok)
        body.addLayout(rows)
        body.addWidget(self.bar)
        body.addWidget(self.progress)
        body.addLayout(feet)
        return body

    # ---- while it is open ----

    def _notice_leaving(self) -> None:
        """The cashier is looked up when the password is left, also while another program has the keyboard."""
        now, before = self.focusWidget(), self._last_focus
        self._last_focus = now
        if before is not now and before is self.password and not self._busy and not is_held(self):
            self._sign_in()

    def _sign_in(self) -> None:
        typed = self.password.text()
        found = self._conversation.fetch(self, "/skin/cashier", password=typed)["employee"] if typed else ""
        self.cashier.setText(found or NOBODY)
        self.ok.setEnabled(bool(found))

    def _pressed(self) -> None:
        if not (self._busy or is_held(self)):
            self._be_busy(True)
            QTimer.singleShot(0, self, self._save)

    def _save(self) -> None:
        act = {
            "client": self._account,
            "payment": self._payment,
            "reason": "" if self.reason.currentText() == CHOOSE else self.reason.currentText(),
            "reference": self.note.text(),
            "employee": self.cashier.text(),
        }
        turn = self._conversation.begin(self, "/skin/reverse", **act)
        self._be_busy(False)
        if turn["turn"] == "close":
            self.accept()

    def _be_busy(self, busy: bool) -> None:
        self._busy = busy
        for part in (self.password, self.reason, self.note, self.cancel, self.ok):
            part.setEnabled(not busy)
        self.progress.setText(WAITING if busy else "")
        self.bar.setVisible(busy)

    def reject(self) -> None:
        """Back, Esc and the close box; nothing while a save is under way or a message stands over it."""
        if not (self._busy or is_held(self)):
            super().reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the next field: nothing is reversed by a key."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.focusNextChild()
        else:
            super().keyPressEvent(event)
