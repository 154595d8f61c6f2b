"""The main window of the classic program: menu bar, tool bar, one client as a form of sunken boxes, no ribbon.

The transaction list is painted by the program itself; the only real list of payments is behind Reverse...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import shiboken6
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStatusBar,
    QTabWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tillbridge.stand_ins.qt import classic_look
from tillbridge.stand_ins.qt.captions import static, sunken
from tillbridge.stand_ins.qt.classic_lists import FindClient, plain_list
from tillbridge.stand_ins.qt.classic_payment import ClassicPayment
from tillbridge.stand_ins.qt.classic_reverse import ReverseWindow
from tillbridge.stand_ins.qt.conversation import held, is_held
from tillbridge.stand_ins.qt.grid import Grid
from tillbridge.stand_ins.qt.main_window import MainWindow
from tillbridge.stand_ins.qt.painted_list import PaintedList
from tillbridge.stand_ins.qt.widgets import named

Slot = Callable[[], None]
SIZE = (980, 690)
# Menus: caption and key; the first of a menu's entries are told in `_menus`, the rest only say that they are not here.
OTHER_MENUS = (
    ("&Edit", ("Cu&t", "&Copy", "&Paste")),
    ("&Patient", ("&New Patient...", "&Medical Record...", "&Reminders...")),
    ("&Reports", ("&End of Day...", "&Aged Receivables...")),
    ("&Window", ("&Cascade", "&Tile", "1 Client")),
    ("&Help", ("&Contents", "&About ImproMed Infinity...")),
)
TOOLS = (
    "find",
    "new_client",
    "",
    "new_invoice",
    "estimate",
    "",
    "pay",
    "refund",
    "",
    "calendar",
    "print",
    "refresh",
)
FACTS = (  # name, row, column; a caption and its box take two columns
    ("account", 0, 0),
    ("client", 0, 2),
    ("balance", 0, 4),
    ("phone", 1, 0),
    ("address", 1, 2),
    ("credit", 1, 4),
    ("alert", 2, 0),
)


class ClassicWindow(MainWindow):
    """See MainWindow; drawn as of the year 2000."""

    # ---- building ----

    def _build(self) -> None:
        self._clients: list[dict[str, str]] = []
        self._menus()
        self.addToolBar(self._tools())
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(8, 8, 8, 6)
        column.setSpacing(8)
        column.addWidget(self._form_of_client())
        middle = QHBoxLayout()
        middle.setSpacing(10)
        middle.addLayout(self._left_side())
        middle.addLayout(self._right_side(), 1)
        column.addLayout(middle, 1)
        column.addLayout(self._buttons())
        self.setCentralWidget(centre)

    def _menus(self) -> None:
        named(self.menuBar(), self._profile.controls["menu_bar"].id)
        self._menu("&File", (("&Print...", "Ctrl+P", self._not_here), ("E&xit", "Alt+F4", self._exit)))
        edit, *others = OTHER_MENUS
        self._menu(edit[0], tuple((entry, "", self._not_here) for entry in edit[1]))
        client = (("&Find...", "Ctrl+F", self._find), ("&New Client...", "", self._not_here))
        self._menu("&Client", (*client, ("&Refresh", "F5", self.refresh)))
        account = (
            ("&Payment...", "F9", self._pay),
            ("Payment on &Account...", "", self._deposit),
            ("Re&verse Payment...", "", self._reverse),
        )
        self._menu("&Account", (*account, ("&Statement...", "", self._not_here)))
        for caption, entries in others:
            self._menu(caption, tuple((entry, "", self._not_here) for entry in entries))

    def _menu(self, caption: str, entries: tuple[tuple[str, str, Slot], ...]) -> QMenu:
        menu = self.menuBar().addMenu(caption)
        for text, key, slot in entries:
            action = menu.addAction(text)
            if key:
                action.setShortcut(QKeySequence(key))
            action.triggered.connect(lambda _=False, slot=slot: self._later(slot))
        return menu

    def _later(self, slot: Slot) -> None:
        """Let the press return first: a modal window opened inside it would hold up the caller."""
        QTimer.singleShot(0, self, slot)

    def _tools(self) -> QToolBar:
        bar = QToolBar()
        bar.setMovable(False)
        bar.setIconSize(QSize(classic_look.TOOL, classic_look.TOOL))
        slots = {"find": self._find, "pay": self._pay, "refresh": self.refresh, "refund": self._reverse}
        for name in TOOLS:
            if not name:
                bar.addSeparator()
                continue
            button = QToolButton()
            button.setIcon(classic_look.tool(name))
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            slot = slots.get(name, self._not_here)
            button.clicked.connect(lambda _=False, slot=slot: self._later(slot))
            bar.addWidget(button)
        return bar

    def _form_of_client(self) -> QFrame:
        frame = QFrame()
        frame.setFrameStyle(QFrame.Shape.Panel | QFrame.Shadow.Raised)
        grid = QGridLayout(frame)
        grid.setContentsMargins(10, 8, 10, 8)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(5)
        self._facts: dict[str, tuple[QLabel, QLabel]] = {}
        for name, row, column in FACTS:
            control = self._profile.controls[name]
            value = sunken(control, money=column == 4)
            caption = static(control, value)
            grid.addWidget(caption, row, column)
            grid.addWidget(value, row, column + 1, 1, 5 if name == "alert" else 1)
            self._facts[name] = (caption, value)
        self._facts["alert"][1].setProperty("warning", True)
        for column, width in ((1, 96), (5, 92)):
            grid.setColumnMinimumWidth(column, width)
        grid.setColumnStretch(3, 1)
        return frame

    def _left_side(self) -> QVBoxLayout:
        self._patients = plain_list(self._profile, "patients", "name")
        self._patients.setFixedWidth(220)
        side = QVBoxLayout()
        side.setSpacing(3)
        side.addWidget(QLabel(self._profile.controls["patients"].caption))
        side.addWidget(self._patients, 1)
        return side

    def _right_side(self) -> QVBoxLayout:
        """The open invoices, always there, and a property sheet below them."""
        self._invoices = plain_list(self._profile, "invoices", "number")
        self._invoices.setFixedHeight(124)
        side = QVBoxLayout()
        side.setSpacing(3)
        side.addWidget(QLabel(self._profile.controls["invoices"].caption))
        side.addWidget(self._invoices)
        side.addSpacing(6)
        side.addWidget(self._pages(), 1)
        return side

    def _pages(self) -> QTabWidget:
        profile = self._profile
        self._tabs = named(QTabWidget(), profile.controls["tabs"].id)
        self._lines = plain_list(profile, "lines", "description")
        self._notes = plain_list(profile, "notes", "date")
        self._painted = PaintedList(profile.controls["transactions"], profile.columns["transactions"])
        self._sheet("charges_tab", ("lines", self._lines))
        self._sheet("transactions_tab", ("transactions", self._painted))
        self._sheet("notes_tab", ("notes", self._notes))
        self._invoices.itemSelectionChanged.connect(self._show_lines)
        self._tabs.currentChanged.connect(self._tab_changed)
        return self._tabs

    def _sheet(self, name: str, *parts: tuple[str, QWidget]) -> None:
        control = self._profile.controls[name]
        page = named(QWidget(), control.id)
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(3)
        for listed, part in parts:
            caption = self._profile.controls[listed].caption
            if caption:
                column.addWidget(QLabel(caption))
            column.addWidget(part, 1)
        self._tabs.addTab(page, control.caption)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addStretch()
        slots = {"pay": self._pay, "reverse": self._reverse, "refresh": self.refresh}
        for name, slot in slots.items():
            control = self._profile.controls[name]
            button = named(QPushButton(control.caption), control.id)
            button.setFixedSize(84, 23)
            button.clicked.connect(lambda _=False, slot=slot: self._later(slot))
            row.addWidget(button)
        return row

    def _status(self, workstation: str, today: str) -> QStatusBar:
        bar = QStatusBar()
        bar.setSizeGripEnabled(True)
        bar.addWidget(QLabel("For Help, press F1"), 1)
        for text in (self._profile.operator, workstation, today, "NUM"):
            bar.addPermanentWidget(QLabel(text))
        return bar

    # ---- showing ----

    def begin(self, account: str, number: str) -> None:
        self._clients = self._conversation.fetch(self, "/skin/clients")["clients"]
        self.resize(*SIZE)
        self.show_client(account, number)

    def _real_lists(self) -> dict[str, Grid]:
        return {"invoices": self._invoices}

    def _draw(self, view: dict[str, Any]) -> None:
        texts = {**{name: view[name] for name, _, _ in FACTS if name in view}, "client": view["name"]}
        for name, text in texts.items():
            self._facts[name][1].setText(text)
        for label in self._facts["alert"]:
            label.setVisible(bool(view["alert"]))
        self._patients.fill(view["patients"])
        self._notes.fill(view["notes"])
        self._painted.fill(view["transactions"])
        self._invoices.fill(view["invoices"])
        self._invoices.choose(view["selected"])
        self._show_lines()

    def _tab_changed(self, at: int) -> None:
        if self._tabs.widget(at) is self._painted.parentWidget():
            self.refresh()

    # ---- acts ----

    def _open_payment(self, form: dict[str, Any]) -> None:
        window = ClassicPayment(self, self._profile, self._conversation, form)
        window.exec()
        shiboken6.delete(window)

    def _find(self) -> None:
        if is_held(self):
            return
        window = FindClient(self, self._profile, self._clients)
        found = window.run(self)
        shiboken6.delete(window)
        if found is not None:
            self.show_client(str(found["account"]), "")
        self._catch_up()

    def _deposit(self) -> None:
        """The payment window for money that pays no invoice: it stays on the account."""
        if is_held(self) or not self._view:
            return
        account = self._view["account"]
        with held(self):
            turn = self._conversation.begin(self, "/skin/pay", client=account, invoice="", kind="deposit")
            if turn["turn"] == "open":
                self._open_payment(turn["form"])
                self._conversation.fetch(self, "/skin/closed", client=account)
        self.refresh()
        self._catch_up()

    def _reverse(self) -> None:
        if is_held(self) or not self._view:
            return
        account = self._view["account"]
        with held(self):
            self._conversation.begin(self, "/skin/reading", client=account, invoice="")
            lists = self._conversation.fetch(self, "/skin/reversible", client=account)
            window = ReverseWindow(self, self._profile, lists, lambda act: self._send(window, act))
            window.silence("transactions" in self._view["silent"])
            window.run(self)
            reversed_now = window.result() == QDialog.DialogCode.Accepted
            shiboken6.delete(window)
        if reversed_now:
            self.refresh()
        self._catch_up()

    def _send(self, window: ReverseWindow, act: dict[str, str]) -> bool:
        """Whether the reversal is done: then its window closes."""
        turn = self._conversation.begin(window, "/skin/reverse", client=self._view["account"], **act)
        return bool(turn["turn"] == "close")
