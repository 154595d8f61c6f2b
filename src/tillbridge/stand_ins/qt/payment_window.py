"""The payment window of the Qt skin: fields in the profile's order, totals, tenders, OK and Cancel.

It decides nothing about money: OK sends what it holds to the server and plays the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tillbridge.stand_ins import money_text
from tillbridge.stand_ins.profile import Control, Profile
from tillbridge.stand_ins.qt.conversation import Conversation, held, is_held
from tillbridge.stand_ins.qt.drift import drifted
from tillbridge.stand_ins.qt.grid import Grid
from tillbridge.stand_ins.qt.payment_form import PaymentForm
from tillbridge.stand_ins.qt.widgets import label_for, named

UNAPPLIED = "Unapplied"
WATCH_MS = 40


class PaymentWindow(QDialog):
    """One opened payment. Runs modally; ends accepted after a close turn, rejected after Cancel."""

    def __init__(
        self, owner: QWidget, profile: Profile, conversation: Conversation, opened: dict[str, Any]
    ) -> None:
        super().__init__(owner)
        profile = drifted(profile, opened["drift"])
        self._profile = profile
        self._conversation = conversation
        self._form = PaymentForm(opened)
        self._number = next((row["number"] for row in opened["apply_to"] if row["ticked"]), "")
        self.setObjectName("PaymentWindow")
        self.setWindowTitle(
            profile.titles["payment"].format(account=opened["account"], client=opened["client"])
        )
        self.setModal(profile.behaviour.payment_is_modal)
        self._fields: dict[str, QWidget] = {}
        self._labels: dict[str, QLabel] = {}
        self._build()
        self._fill()
        self._at_first = self._filled()
        self._last_focus: QWidget | None = None
        self._watch = QTimer(self, interval=WATCH_MS)
        self._watch.timeout.connect(self._notice_leaving)
        self._watch.start()

    # ---- building ----

    def _build(self) -> None:
        self._make_fields()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(12, 10, 12, 10)
        whole.setSpacing(8)
        whole.addLayout(self._field_rows())
        whole.addLayout(self._tender_rows())
        whole.addLayout(self._total_row())
        whole.addLayout(self._button_row())
        self._set_tab_order()
        whole.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)

    def _set_tab_order(self) -> None:
        """Tab goes as the profile orders the fields, then through the rest; the read-only box is last."""
        order = [self._fields[name] for name in self._profile.behaviour.fields]
        order += [
            self._tenders,
            self._add,
            self._remove,
            self._conclude,
            self._ok,
            self._cancel,
            self._parking,
        ]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _make_fields(self) -> None:
        self._apply = Grid(self._control("apply_to"), self._profile.columns["apply_to"], "number")
        self._apply.setFixedSize(404, 104)
        self._method = self._choice("method")
        self._card_type = self._choice("card_type")
        self._employee = self._choice("employee")
        self._amount = named(QLineEdit(), self._control("amount").id)
        self._amount.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._amount.setFixedWidth(120)
        self._reference = named(QLineEdit(), self._control("reference").id)
        self._reference.setMaxLength(self._profile.behaviour.reference_max)
        self._fields = {
            "apply_to": self._apply,
            "method": self._method,
            "card_type": self._card_type,
            "amount": self._amount,
            "reference": self._reference,
            "employee": self._employee,
        }

    def _choice(self, name: str) -> QComboBox:
        box = named(QComboBox(), self._control(name).id)
        box.setEditable(bool(self._form.opened["choice_text_settable"]))
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        return box

    def _field_rows(self) -> QGridLayout:
        rows = QGridLayout()
        rows.setHorizontalSpacing(10)
        rows.setVerticalSpacing(6)
        rows.setColumnMinimumWidth(0, 104)
        self._parking = named(QLineEdit(), self._control("parking").id)
        self._parking.setReadOnly(True)
        rows.addWidget(self._label("parking", self._parking), 0, 0)
        rows.addWidget(self._parking, 0, 1)
        for at, name in enumerate(self._profile.behaviour.fields, start=1):
            field = self._fields[name]
            top = Qt.AlignmentFlag.AlignTop if name == "apply_to" else Qt.AlignmentFlag.AlignVCenter
            rows.addWidget(self._label(name, field), at, 0, top)
            left = Qt.AlignmentFlag.AlignLeft if name == "amount" else Qt.AlignmentFlag(0)
            rows.addWidget(field, at, 1, left)
        return rows

    def _label(self, name: str, buddy: QWidget) -> QLabel:
        label = label_for(self._control(name).caption, buddy)
        self._labels[name] = label
        return label

    def _tender_rows(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._tenders = Grid(self._control("tenders"), self._profile.columns["tenders"], "method")
        self._tenders.setFixedHeight(84)
        row.addWidget(self._tenders)
        buttons = QVBoxLayout()
        self._add = self._button("add_tender", self._add_tender)
        self._remove = self._button("remove_tender", self._remove_tender)
        buttons.addWidget(self._add)
        buttons.addWidget(self._remove)
        buttons.addStretch()
        row.addLayout(buttons)
        return row

    def _total_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._totals: dict[str, QLabel] = {}
        for name in ("due", "tendered", "change"):
            value = named(QLabel(), self._control(name).id)
            value.setProperty("total", True)
            value.setMinimumWidth(84)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            row.addWidget(self._label(name, value))
            row.addWidget(value)
            row.addStretch()
            self._totals[name] = value
        return row

    def _button_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._conclude = named(QCheckBox(self._control("conclude").caption), self._control("conclude").id)
        row.addWidget(self._conclude)
        row.addStretch()
        self._ok = self._button("ok", self._ok_pressed)
        self._ok.setDefault(self._profile.behaviour.enter_commits)
        self._cancel = self._button("cancel", self._cancel_pressed)
        row.addWidget(self._ok)
        row.addWidget(self._cancel)
        return row

    def _button(self, name: str, slot: Callable[[], None]) -> QPushButton:
        control = self._control(name)
        button = named(QPushButton(control.caption), control.id)
        button.setAutoDefault(False)
        button.clicked.connect(slot)
        return button

    def _control(self, name: str) -> Control:
        return self._profile.controls[name]

    # ---- filling ----

    def _fill(self) -> None:
        opened = self._form.opened
        self._parking.setText(f"{opened['account']} {opened['client']}")
        self._method.addItems([method["name"] for method in opened["methods"]])
        self._card_type.addItems(opened["card_types"])
        self._employee.addItems(opened["employees"])
        self._employee.setCurrentText(opened["employee"])
        self._conclude.setChecked(self._profile.behaviour.conclude_default)
        self._fill_apply()
        self._form.amount_minor = self._first_amount()
        self._amount.setText(self._form.money(self._form.amount_minor))
        self._show_method()
        self._show_totals()
        self._method.currentTextChanged.connect(self._show_method)
        self._apply.itemChanged.connect(self._tick_changed)
        self._amount.editingFinished.connect(self._validate)
        self._amount.textChanged.connect(self._amount_typed)
        self._apply.setFocus()

    def _first_amount(self) -> int:
        start = self._profile.behaviour.amount_default
        account = int(self._form.opened["account_balance_minor"])
        return {"invoice": self._form.due_minor, "account": max(0, account), "empty": 0}[start]

    def _fill_apply(self) -> None:
        rows = [
            *self._form.opened["apply_to"],
            {"number": UNAPPLIED, "balance": self._form.opened["credit"], "ticked": False},
        ]
        self._apply.silence("apply_to" in self._form.opened["silent"])
        self._apply.fill([{**row, "ticked": ""} for row in rows])
        for at, row in enumerate(rows):
            item = self._apply.cell(at, 0)
            item.setFlags(
                Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable
            )
            item.setCheckState(Qt.CheckState.Checked if row["ticked"] else Qt.CheckState.Unchecked)

    def showEvent(self, event: QShowEvent) -> None:
        """Bring the ticked invoice into view; possible only once the list has its size."""
        super().showEvent(event)
        self._apply.show_key(self._number)

    def _tick_changed(self, item: QTableWidgetItem) -> None:
        if item.column() != 0 or is_held(self):
            return
        number = self._apply.cell(item.row(), 1).text()
        ticked = item.checkState() == Qt.CheckState.Checked
        if number == UNAPPLIED:
            self._form.unapplied = ticked
        elif ticked:
            self._form.ticked.add(number)
        else:
            self._form.ticked.discard(number)
        self._show_totals()

    def _show_method(self) -> None:
        method = self._form.method(self._method.currentText())
        self._reference.setVisible(method["asks_reference"])
        self._labels["reference"].setVisible(method["asks_reference"])
        self._card_type.setEnabled(not method["cash"])
        self._card_type.setCurrentText(method["card_type"])

    def _show_totals(self) -> None:
        self._totals["due"].setText(self._form.money(self._form.due_minor))
        self._totals["tendered"].setText(self._form.money(self._form.tendered_minor))
        self._totals["change"].setText(self._form.money(self._form.change_minor))

    # ---- what happens while it is open ----

    def _amount_typed(self) -> None:
        if self._form.opened["validates_on"] == "change":
            self._form.amount_minor = money_text.read(self._amount.text()) or 0
            self._show_totals()

    def _validate(self) -> None:
        """The mask: what is no amount becomes zero; what is one is written in full."""
        self._form.amount_minor = money_text.read(self._amount.text()) or 0
        self._amount.setText(self._form.money(self._form.amount_minor))
        self._show_totals()

    def _notice_leaving(self) -> None:
        """A field is left when the window's focus moves on, also while another program has the keyboard.

        Qt sends no focus events inside a window that is not active; Windows does for a set focus. So we look.
        """
        now, before = self.focusWidget(), self._last_focus
        self._last_focus = now
        if before is now or is_held(self):
            return
        if before is self._amount:
            self._validate()
        elif before is self._method:
            self._method_left()

    def _method_left(self) -> None:
        self._conversation.begin(
            self,
            "/skin/method",
            client=self._form.opened["account"],
            invoice=self._number,
            method=self._method.currentText(),
        )

    def _tender(self) -> dict[str, Any]:
        method = self._form.method(self._method.currentText())
        return {
            "method": method["name"],
            "card_type": self._card_type.currentText(),
            "amount_minor": self._form.amount_minor,
            "reference": self._reference.text() if method["asks_reference"] else "",
        }

    def _add_tender(self) -> None:
        if is_held(self) or self._form.amount_minor <= 0:
            return
        self._form.tenders.append(self._tender())
        self._form.amount_minor = 0
        self._amount.setText(self._form.money(0))
        self._reference.clear()
        self._show_tenders()

    def _remove_tender(self) -> None:
        at = self._tenders.chosen_at()
        if is_held(self) or at < 0:
            return
        del self._form.tenders[at]
        self._show_tenders()

    def _show_tenders(self) -> None:
        money = self._form.money
        self._tenders.fill([{**t, "amount": money(t["amount_minor"])} for t in self._form.tenders])
        self._show_totals()

    def _ok_pressed(self) -> None:
        if is_held(self):
            return
        filled = self._filled()
        with held(self):
            turn = self._conversation.begin(self, "/skin/ok", form=filled)
        if turn["turn"] == "close":
            self.accept()

    def _filled(self) -> dict[str, Any]:
        tenders = list(self._form.tenders)
        if self._form.amount_minor or not tenders:
            tenders.append(self._tender())
        return {
            "account": self._form.opened["account"],
            "invoices": self._form.in_order(),
            "unapplied": self._form.unapplied,
            "tenders": tenders,
            "employee": self._employee.currentText(),
            "conclude": self._conclude.isChecked(),
        }

    def _cancel_pressed(self) -> None:
        if not is_held(self):
            self.reject()

    def reject(self) -> None:
        """Esc and the close box come here as well; a window under a message does not close."""
        if is_held(self):
            return
        with held(self):
            unsaved = self._filled() != self._at_first
            turn = self._conversation.leave(self, self._form.opened, self._number, unsaved=unsaved)
        if turn == "close":
            super().reject()
        elif turn == "post":
            self._ok_pressed()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Where Enter does not commit it goes to the next field."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not self._profile.behaviour.enter_commits:
            self.focusNextChild()
            return
        super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """Stop watching before the window goes."""
        self._watch.stop()
        super().done(result)
