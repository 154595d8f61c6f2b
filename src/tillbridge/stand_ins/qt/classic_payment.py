"""The payment window of the classic program: a masked date, an editable list, amount, number, initials, OK and Cancel.

There is no choice of an invoice: the server puts the money on the oldest balance, or leaves it on the account where the
window was opened from the Account menu. An amount below zero is money given back. Enter goes to the next field. It
decides nothing about money: OK sends what the program holds, which is not always what its fields show.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tillbridge.stand_ins import money_text
from tillbridge.stand_ins.profile import Profile
from tillbridge.stand_ins.qt.captions import static, sunken
from tillbridge.stand_ins.qt.classic_lists import StaffLookup
from tillbridge.stand_ins.qt.conversation import Conversation, held, is_held, show_message
from tillbridge.stand_ins.qt.drift import drifted
from tillbridge.stand_ins.qt.first_letter_box import FirstLetterBox
from tillbridge.stand_ins.qt.payment_form import PaymentForm
from tillbridge.stand_ins.qt.widgets import named, words

WATCH_MS = 40
OLDEST, ON_ACCOUNT = "Oldest balance", "On account"
MASK = "99/99/9999;_"


class ClassicPayment(QDialog):
    """One opened payment. Ends accepted after a close turn, rejected after Cancel."""

    def __init__(
        self, owner: QWidget, profile: Profile, conversation: Conversation, opened: dict[str, Any]
    ) -> None:
        super().__init__(owner)
        profile = drifted(profile, opened["drift"])
        self._profile = profile
        self._conversation = conversation
        self._opened = opened
        self._form = PaymentForm(opened)
        self._number = next((row["number"] for row in opened["apply_to"] if row["ticked"]), "")
        self.setWindowTitle(profile.title("payment", opened["account"], opened["client"]))
        self.setModal(True)
        self._make_fields()
        self._build()
        self._fill()
        self._at_first = self._shown()
        self._asked = self._method.taken
        self._last_focus: QWidget | None = None
        self._watch = QTimer(self, interval=WATCH_MS)
        self._watch.timeout.connect(self._notice_leaving)
        self._watch.start()

    # ---- building ----

    def _make_fields(self) -> None:
        self._date = self._edit("date", 76)
        self._date.setInputMask(MASK)
        self._method = named(FirstLetterBox(), self._profile.controls["method"].id)
        self._method.setFixedSize(186, 21)
        self._amount = self._edit("amount", 92)
        self._amount.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._reference = self._edit("reference", 92)
        self._reference.setMaxLength(self._profile.behaviour.reference_max)
        self._employee = self._edit("employee", 40)
        self._name = QLabel()
        self._fields: dict[str, QWidget] = {
            "date": self._date,
            "method": self._method,
            "amount": self._amount,
            "reference": self._reference,
            "employee": self._employee,
        }
        self._totals = {
            name: sunken(self._profile.controls[name], money=True) for name in ("due", "tendered", "change")
        }
        self._applies = sunken(self._profile.controls["applies"])

    def _edit(self, name: str, width: int) -> QLineEdit:
        edit = named(QLineEdit(), self._profile.controls[name].id)
        edit.setFixedSize(width, 21)
        return edit

    def _build(self) -> None:
        box = QGroupBox()
        rows = QGridLayout(box)
        rows.setContentsMargins(12, 10, 12, 12)
        rows.setHorizontalSpacing(8)
        rows.setVerticalSpacing(6)
        for at, name in enumerate(self._profile.behaviour.fields):
            rows.addWidget(static(self._profile.controls[name], self._fields[name]), at, 0)
            rows.addLayout(self._beside(name), at, 1)
        shown = {"applies": self._applies, **self._totals}
        for at, (name, value) in enumerate(shown.items(), start=len(self._fields)):
            value.setFixedWidth(92)
            rows.addWidget(static(self._profile.controls[name], value), at, 0)
            rows.addWidget(value, at, 1, Qt.AlignmentFlag.AlignLeft)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(10, 6, 10, 10)
        whole.setSpacing(10)
        whole.addWidget(box)
        whole.addLayout(self._buttons())
        whole.setSizeConstraint(QHBoxLayout.SizeConstraint.SetFixedSize)
        order = [*self._fields.values(), self._ok, self._cancel, self._print]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _beside(self, name: str) -> QHBoxLayout:
        """A field with what stands to its right."""
        row = QHBoxLayout()
        row.addWidget(self._fields[name])
        if name == "employee":
            row.addSpacing(6)
            row.addWidget(self._name)
            row.addStretch()
            row.addWidget(QLabel("F2 = list"))
        row.addStretch()
        return row

    def _buttons(self) -> QVBoxLayout:
        column = QVBoxLayout()
        self._ok = self._button("ok", self._ok_pressed)
        self._cancel = self._button("cancel", self._cancel_pressed)
        control = self._profile.controls["print"]
        self._print = named(QCheckBox(control.caption), control.id)
        self._print.setChecked(True)
        for part in (self._ok, self._cancel):
            column.addWidget(part)
        column.addSpacing(8)
        column.addWidget(self._print)
        column.addStretch()
        return column

    def _button(self, name: str, slot: Callable[[], None]) -> QPushButton:
        control = self._profile.controls[name]
        button = named(QPushButton(control.caption), control.id)
        button.setAutoDefault(False)
        button.setFixedSize(75, 23)
        button.clicked.connect(slot)
        return button

    def _fill(self) -> None:
        self._date.setText(self._opened["today"])
        self._method.fill([method["name"] for method in self._opened["methods"]])
        self._employee.setText(self._initials_of(self._opened["employee"]))
        owed = 0 if self._on_account() else int(self._opened["account_balance_minor"])
        self._form.amount_minor = max(0, owed)
        self._amount.setText(self._form.money(self._form.amount_minor))
        self._show_method()
        self._show_name()
        self._show_totals()
        self._method.chosen.connect(self._show_method)
        self._method.left.connect(lambda: QTimer.singleShot(0, self, self._method_left))
        self._amount.editingFinished.connect(self._amount_left)
        self._employee.editingFinished.connect(self._show_name)
        self._date.setFocus()

    def _on_account(self) -> bool:
        """Opened from the Account menu: the money stays with the account, whatever is owed."""
        return bool(self._opened.get("kind") == "deposit")

    def _initials_of(self, name: str) -> str:
        return next((one["initials"] for one in self._opened["staff"] if one["name"] == name), "")

    # ---- showing ----

    def _show_method(self) -> None:
        self._reference.setEnabled(bool(self._form.method(self._method.taken)["asks_reference"]))

    def _show_name(self) -> None:
        typed = self._employee.text().strip().upper()
        self._name.setText(
            next((one["name"] for one in self._opened["staff"] if one["initials"] == typed), "")
        )

    def _show_totals(self) -> None:
        due = int(self._opened["account_balance_minor"])
        amounts = {"due": due, "tendered": self._form.amount_minor, "change": due - self._form.amount_minor}
        for name, minor in amounts.items():
            self._totals[name].setText(self._form.money(minor))
        account = self._on_account() or self._form.amount_minor < 0
        self._applies.setText(ON_ACCOUNT if account else OLDEST)

    # ---- what happens while it is open ----

    def _notice_leaving(self) -> None:
        """A field is left when the window's focus moves on, also while another program has the keyboard."""
        now, before = self.focusWidget(), self._last_focus
        self._last_focus = now
        if before is now or is_held(self):
            return
        if before is self._amount:
            self._amount_left()
        elif before is self._method:
            self._method_left()
        elif before is self._employee:
            self._show_name()

    def _amount_left(self) -> None:
        self._form.amount_minor = money_text.read(self._amount.text()) or 0
        self._amount.setText(self._form.money(self._form.amount_minor))
        self._show_totals()

    def _method_left(self) -> None:
        """The server is asked once about each choice; it may have something to say."""
        if is_held(self):
            return
        self._method.settle(bool(self._opened["choice_text_settable"]))
        if self._method.taken == self._asked:
            return
        self._asked = self._method.taken
        self._conversation.begin(
            self,
            "/skin/method",
            client=self._opened["account"],
            invoice=self._number,
            method=self._method.taken,
        )

    def _ok_pressed(self) -> None:
        if is_held(self):
            return
        day = self._day()
        if day is None:
            message = self._profile.messages["bad_date"]
            show_message(self, words(self._profile, message.text, message.icon))
            return
        with held(self):
            turn = self._conversation.begin(self, "/skin/ok", form=self._filled(day))
        if turn["turn"] == "close":
            self.accept()

    def _day(self) -> str | None:
        """The typed day as ISO text; None when it is none."""
        month, _, rest = self._date.text().partition("/")
        day, _, year = rest.partition("/")
        try:
            return date(int(year), int(month), int(day)).isoformat()
        except ValueError:
            return None

    def _shown(self) -> list[str]:
        """What stands in the fields."""
        edits = (self._date, self._amount, self._reference, self._employee)
        return [self._method.currentText(), *(edit.text() for edit in edits)]

    def _filled(self, day: str) -> dict[str, Any]:
        method = self._form.method(self._method.taken)
        tender = {
            "method": method["name"],
            "card_type": method["card_type"],
            "amount_minor": self._form.amount_minor,
            "reference": self._reference.text() if method["asks_reference"] else "",
        }
        return {
            "account": self._opened["account"],
            "invoices": [],
            "unapplied": self._on_account(),
            "tenders": [tender],
            "employee": self._employee.text(),
            "conclude": False,
            "day": day,
            "receipt": self._print.isChecked(),
        }

    def _look_up(self) -> None:
        found = StaffLookup(self, self._profile, self._opened["staff"]).run(self)
        if found is not None:
            self._employee.setText(str(found["initials"]))
            self._show_name()

    def _cancel_pressed(self) -> None:
        if not is_held(self):
            self.reject()

    def reject(self) -> None:
        """Esc and the close box come here as well; a window under a message does not close."""
        if is_held(self):
            return
        with held(self):
            unsaved = self._shown() != self._at_first
            turn = self._conversation.leave(self, self._opened, self._number, unsaved=unsaved)
        if turn == "close":
            super().reject()
        elif turn == "post":
            self._ok_pressed()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the next field, whichever has the focus; F2 in the initials opens the list."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.focusNextChild()
        elif event.key() == Qt.Key.Key_F2 and self.focusWidget() is self._employee:
            self._look_up()
        else:
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """Stop watching before the window goes."""
        self._watch.stop()
        super().done(result)
