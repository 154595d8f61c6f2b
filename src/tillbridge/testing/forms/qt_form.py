"""A small real form in Qt, for the backend suite: everything that a payment window is made of, and its traps.

Started as a process: `python -m tillbridge.testing.forms.qt_form TRUTH_FILE`. Each thing that the form really did
is appended to TRUTH_FILE as one JSON object a line. Must not import the library that drives it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMessageBox,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

METHODS = ("Cash", "Check", "MasterCard", "Visa", "CareCredit")
ROWS = 120
HANG_S = 3.0
"""How long `Hang` freezes the program, in seconds."""

W = TypeVar("W", bound=QWidget)


class Form(QMainWindow):
    """The main window."""

    def __init__(self, truth: Path) -> None:
        super().__init__()
        self._truth = truth
        self.setObjectName("main")
        self.setWindowTitle("Suite form - 0042 Alvarez")
        body = QWidget()
        column = QVBoxLayout(body)
        column.addLayout(self._fields())
        column.addWidget(self._invoices())
        column.addLayout(self._buttons())
        self.setCentralWidget(body)
        self.menuBar().addMenu("File").addAction("Ask by menu").triggered.connect(self._ask)
        self.resize(520, 760)

    def tell(self, **facts: object) -> None:
        with self._truth.open("a", encoding="utf-8") as out:
            out.write(json.dumps(facts) + "\n")

    # ---- parts -----------------------------------------------------------------------------------

    def _fields(self) -> QFormLayout:
        rows = QFormLayout()
        rows.addRow("Account:", _named(QLabel("0042"), "lblAccount"))
        self.name = _named(QLineEdit("Alvarez"), "txtName")
        rows.addRow("&Name", self.name)
        self.note = _named(QLineEdit(), "txtNote")
        rows.addRow("Note", self.note)
        fixed = _named(QLineEdit("cannot be typed into"), "txtFixed")
        fixed.setReadOnly(True)
        rows.addRow("Fixed", fixed)
        self.method = _named(QComboBox(), "cboMethod")
        self.method.addItems(METHODS)
        rows.addRow("Method", self.method)
        self.amount = _named(QLineEdit("$0.00"), "txtAmount")
        self.tendered = _named(QLabel("$0.00"), "lblTendered")
        self.amount.editingFinished.connect(self._validate)
        rows.addRow("Amount", self.amount)
        rows.addRow("Tendered", self.tendered)
        self.apply = self._apply_to()
        rows.addRow("Apply to", self.apply)
        self.done = _named(QCheckBox("Done"), "chkDone")
        rows.addRow(self.done)
        return rows

    def _apply_to(self) -> QTableWidget:
        table = _table("lstApply", ("", "Invoice"), 4)
        for row in range(4):
            box = QTableWidgetItem()
            box.setFlags(
                Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
            )
            box.setCheckState(Qt.CheckState.Checked if row == 1 else Qt.CheckState.Unchecked)
            table.setItem(row, 0, box)
            table.setItem(row, 1, QTableWidgetItem(f"INV-{1000 + row}"))
        table.setFixedHeight(150)
        return table

    def _invoices(self) -> QTableWidget:
        self.invoices = _table("grdInvoices", ("Invoice", "Date", "Balance"), ROWS)
        self.invoices.setAccessibleName("Open invoices")
        for row in range(ROWS):
            for at, text in enumerate((f"INV-{1000 + row}", "11/22/2026", f"${100 + row}.{row % 100:02d}")):
                self.invoices.setItem(row, at, QTableWidgetItem(text))
        return self.invoices

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        presses: dict[str, Callable[[], object]] = {
            "Twice": lambda: self.tell(pressed="A"),
            "Ask": self._ask,
            "Details": self._details,
            "Hide note": lambda: self.note.setVisible(not self.note.isVisible()),
            "Hang": lambda: time.sleep(HANG_S),
            "Post": self._post,
            "Off": lambda: self.tell(pressed="Off"),
        }
        for name, slot in presses.items():
            button = _named(QPushButton(name), "btn" + name.title().replace(" ", ""))
            button.clicked.connect(slot)
            button.setEnabled(name != "Off")
            row.addWidget(button)
        twin = _named(QPushButton("Twice"), "btnTwin")
        twin.clicked.connect(lambda: self.tell(pressed="B"))
        row.addWidget(twin)
        return row

    # ---- what happens ----------------------------------------------------------------------------

    def _validate(self) -> None:
        """As a masked money field does it: nothing is taken before the focus leaves."""
        digits = self.amount.text().replace("$", "").replace(",", "")
        whole, _, cents = digits.partition(".")
        if whole.isdigit():
            text = f"${int(whole):,}.{(cents + '00')[:2]}"
            self.amount.setText(text)
            self.tendered.setText(text)

    def _ask(self) -> None:
        box = QMessageBox(self)
        box.setWindowTitle("Suite form")
        box.setText("Client has a credit balance of $25.00. Apply it?")
        box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No)
        answer = QMessageBox.StandardButton(box.exec())
        self.tell(answered=answer.name)

    def _details(self) -> None:
        dialog = QDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Details")
        rows = QFormLayout(dialog)
        rows.addRow("Remark", _named(QLineEdit(), "txtRemark"))
        close = _named(QPushButton("Close"), "btnClose")
        close.clicked.connect(dialog.close)
        rows.addRow(close)
        dialog.show()

    def _post(self) -> None:
        row = self.invoices.currentRow()
        item = self.invoices.item(row, 0)
        self.tell(
            posted=self.name.text(),
            note=self.note.text(),
            tendered=self.tendered.text(),
            method=self.method.currentText(),
            invoice=item.text() if item else "",
            ticked=[at for at in range(4) if self._is_ticked(at)],
        )

    def _is_ticked(self, row: int) -> bool:
        box = self.apply.item(row, 0)
        return box is not None and box.checkState() is Qt.CheckState.Checked


def _named(widget: W, name: str) -> W:
    widget.setObjectName(name)
    return widget


def _table(name: str, captions: tuple[str, ...], rows: int) -> QTableWidget:
    table = _named(QTableWidget(rows, len(captions)), name)
    table.setHorizontalHeaderLabels(list(captions))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    return table


def main() -> int:
    app = QApplication(sys.argv[:1])
    app.setApplicationName("suite-form")
    form = Form(Path(sys.argv[1]))
    form.show()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
