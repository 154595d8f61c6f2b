"""The controls of the flat payment window and where they stand. No behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
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
from tillbridge.stand_ins.qt.drawn_grid import DrawnGrid
from tillbridge.stand_ins.qt.widgets import label_for, named

WIDTH = 500
ON_ACCOUNT = "On account"
PAYMENT, REFUND = "Payment", "Refund"
POST_REFUND = "Post refund"


class Parts:
    """Makes the controls inside `window` in the profile's order."""

    def __init__(self, window: QDialog, profile: Profile) -> None:
        self._profile = profile
        self._make_fields()
        self._make_buttons()
        whole = QVBoxLayout(window)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._head())
        body = QVBoxLayout()
        body.setContentsMargins(20, 14, 20, 16)
        body.setSpacing(12)
        body.addLayout(self._rows())
        body.addWidget(self._sums())
        body.addWidget(self.bar)
        body.addWidget(self.progress)
        body.addLayout(self._feet())
        whole.addLayout(body)
        window.setFixedWidth(WIDTH)
        self._set_tab_order()

    def _make_fields(self) -> None:
        behaviour = self._profile.behaviour
        self.password = named(QLineEdit(), self._id("password"))
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setFixedWidth(150)
        self.cashier = named(QLabel(), self._id("cashier"))
        self.amount = named(QLineEdit(), self._id("amount"))
        self.amount.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.amount.setFixedWidth(150)
        self.amount.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.method = named(QComboBox(), self._id("method"))
        self.reference = named(QLineEdit(), self._id("reference"))
        self.reference.setMaxLength(behaviour.reference_max)
        self.apply_to = DrawnGrid(
            self._profile.controls["apply_to"], self._profile.columns["apply_to"], "number"
        )
        self.apply_to.setFixedHeight(116)
        self.fields: dict[str, QWidget] = {
            "amount": self.amount,
            "method": self.method,
            "reference": self.reference,
            "apply_to": self.apply_to,
        }

    def _make_buttons(self) -> None:
        self.conclude = named(QCheckBox(self._caption("conclude")), self._id("conclude"))
        self.progress = named(QLabel(), self._id("progress"))
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setVisible(False)
        self.ok = self._button("ok")
        self.ok.setProperty("primary", True)
        self.cancel = self._button("cancel")

    def _button(self, name: str) -> QPushButton:
        button = named(QPushButton(self._caption(name)), self._id(name))
        button.setAutoDefault(False)
        return button

    def _id(self, name: str) -> str:
        return self._profile.controls[name].id

    def _caption(self, name: str) -> str:
        return self._profile.controls[name].caption

    def _label(self, name: str, field: QWidget) -> QLabel:
        label = label_for(self._caption(name), field)
        label.setProperty("caption", True)
        return label

    # ---- where they stand ----

    def _head(self) -> QFrame:
        head = named(QFrame(), "paymentHead")
        grid = QGridLayout(head)
        grid.setContentsMargins(20, 12, 20, 12)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(2)
        self.title = named(QLabel(), "paymentTitle")
        grid.addWidget(self.title, 0, 0, 1, 4)
        self.parking = named(QLineEdit(), self._id("parking"))
        self.parking.setReadOnly(True)
        self.parking.setFixedWidth(96)
        self.payer = named(QLabel(), self._id("payer"))
        self.kind = named(QLabel(), self._id("kind"))
        shown = (("parking", self.parking), ("payer", self.payer), ("kind", self.kind))
        for at, (name, field) in enumerate(shown):
            grid.addWidget(self._label(name, field), 1, at)
            grid.addWidget(field, 2, at)
        grid.setColumnStretch(3, 1)
        return head

    def _rows(self) -> QGridLayout:
        rows = QGridLayout()
        rows.setHorizontalSpacing(16)
        rows.setVerticalSpacing(9)
        rows.setColumnMinimumWidth(0, 104)
        left, middle = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignVCenter
        signing = QHBoxLayout()
        signing.setSpacing(14)
        signing.addWidget(self.password)
        signing.addWidget(self._label("cashier", self.cashier))
        signing.addWidget(self.cashier, 1)
        rows.addWidget(self._label("password", self.password), 0, 0, middle)
        rows.addLayout(signing, 0, 1)
        self._labels: dict[str, QLabel] = {}
        for at, name in enumerate(self._profile.behaviour.fields, start=1):
            self._labels[name] = self._label(name, self.fields[name])
            top = Qt.AlignmentFlag.AlignTop if name == "apply_to" else middle
            rows.addWidget(self._labels[name], at, 0, top)
            rows.addWidget(self.fields[name], at, 1, left if name == "amount" else Qt.AlignmentFlag(0))
        return rows

    def _sums(self) -> QFrame:
        frame = named(QFrame(), "totals")
        row = QHBoxLayout(frame)
        row.setContentsMargins(14, 8, 14, 8)
        self.totals: dict[str, QLabel] = {}
        for name in ("due", "tendered", "change", "left"):
            value = named(QLabel(), self._id(name))
            value.setProperty("total", True)
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(self._label(name, value))
            column.addWidget(value)
            row.addLayout(column)
            self.totals[name] = value
        return frame

    def _feet(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self.conclude)
        row.addStretch()
        row.addWidget(self.cancel)
        row.addWidget(self.ok)
        return row

    def _set_tab_order(self) -> None:
        fields = [self.fields[name] for name in self._profile.behaviour.fields]
        order = [self.password, *fields, self.conclude, self.ok, self.cancel, self.parking]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    # ---- filling ----

    def fill_choices(self, methods: Sequence[str]) -> None:
        """The tenders that may be chosen, the first one chosen."""
        self.method.blockSignals(True)
        self.method.clear()
        self.method.addItems(list(methods))
        self.method.blockSignals(False)

    def fill_invoices(self, rows: Sequence[dict[str, Any]]) -> None:
        """The open invoices, the one that was open chosen."""
        self.apply_to.blockSignals(True)
        self.apply_to.fill(rows)
        self.apply_to.clearSelection()
        for row in rows:
            if row["ticked"]:
                self.apply_to.choose(row["number"])
                self.apply_to.show_key(row["number"])
        self.apply_to.blockSignals(False)

    def show_kind(self, *, refund: bool) -> None:
        """What posting would do: take a payment, or give money back."""
        self.kind.setText(REFUND if refund else PAYMENT)
        self.title.setText(REFUND if refund else self._profile.titles["payment_first"])
        self.ok.setText(POST_REFUND if refund else self._caption("ok"))
        self.conclude.setVisible(not refund)

    def show_reference(self, asked: bool) -> None:
        """The reference is there only for tenders that ask for one."""
        self.reference.setVisible(asked)
        self._labels["reference"].setVisible(asked)

    def enable(self, on: bool) -> None:
        """Everything but the texts refuses while a save is under way."""
        for part in (self.password, *self.fields.values(), self.conclude, self.cancel):
            part.setEnabled(on)
