"""The main window of the Qt skin: one client with invoices, transactions and notes.

It shows what the server says and opens the payment window; it knows no rule. Versions that look otherwise subclass
it: `_build`, `_status`, `_draw`, `_chosen_number` and `_open_payment` are theirs to replace.
"""

from __future__ import annotations

import os
import time
from typing import Any

import shiboken6
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QSplitter,
    QStatusBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from tillbridge.stand_ins.profile import Profile
from tillbridge.stand_ins.qt.conversation import CRASHED, Conversation, held, is_held, show_message
from tillbridge.stand_ins.qt.grid import Grid
from tillbridge.stand_ins.qt.link import Link
from tillbridge.stand_ins.qt.panes import ClientSearch, Header, pane
from tillbridge.stand_ins.qt.payment_window import PaymentWindow
from tillbridge.stand_ins.qt.reverse_window import ReverseWindow
from tillbridge.stand_ins.qt.ribbon import Ribbon
from tillbridge.stand_ins.qt.widgets import named, words

SIZE = (1180, 760)


class MainWindow(QMainWindow):
    """Shows one client at a time."""

    def __init__(self, profile: Profile, link: Link, first: dict[str, Any]) -> None:
        super().__init__()
        self._profile = profile
        self._conversation = Conversation(link, profile)
        self._view: dict[str, Any] = {}
        self._waiting: list[dict[str, Any]] = []
        self.setObjectName("MainWindow")
        self.setWindowTitle(profile.titles["empty"])
        self._build()
        self.setStatusBar(self._status(first["workstation"], first["today"]))
        self.resize(*SIZE)
        self._more = QTimer(self, singleShot=True)
        self._more.timeout.connect(self.refresh)
        link.ordered.connect(self._ordered, Qt.ConnectionType.QueuedConnection)

    # ---- building ----

    def _build(self) -> None:
        slots = {"pay": self._pay, "refresh": self.refresh, "new_client": self._find, "exit": self._exit}
        slots["reverse"] = self._reverse
        centre = named(QWidget(), "centre")
        column = QVBoxLayout(centre)
        column.setContentsMargins(4, 0, 4, 4)
        column.setSpacing(4)
        column.addWidget(Ribbon(self._profile, slots, self._not_here))
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._left())
        row.addLayout(self._middle(), 1)
        column.addLayout(row, 1)
        self.setCentralWidget(centre)

    def _left(self) -> QWidget:
        self._search = ClientSearch(self._profile)
        self._search.opened.connect(lambda account: self.show_client(account, ""))
        self._patients = Grid(self._profile.controls["patients"], self._profile.columns["patients"], "name")
        side = QSplitter(Qt.Orientation.Vertical)
        side.addWidget(pane("Client Search", self._search))
        side.addWidget(pane("Patients", self._patients))
        side.setSizes([430, 130])
        side.setFixedWidth(286)
        return side

    def _middle(self) -> QVBoxLayout:
        self._header = Header(self._profile)
        self._tabs = named(QTabWidget(), self._profile.controls["tabs"].id)
        self._invoices = self._grid("invoices", "number")
        self._lines = self._grid("lines", "description")
        self._transactions = self._grid("transactions", "reference")
        self._notes = self._grid("notes", "date")
        self._page("invoices_tab", self._split(self._invoices, pane("Invoice Detail", self._lines)))
        self._page("transactions_tab", self._transactions)
        self._page("notes_tab", self._notes)
        self._invoices.itemSelectionChanged.connect(self._show_lines)
        self._invoices.doubleClicked.connect(self._pay)
        self._tabs.currentChanged.connect(self._tab_changed)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(self._header)
        column.addWidget(self._tabs, 1)
        return column

    def _grid(self, name: str, key: str) -> Grid:
        return Grid(self._profile.controls[name], self._profile.columns[name], key)

    def _page(self, name: str, part: QWidget) -> None:
        control = self._profile.controls[name]
        page = named(QWidget(), control.id)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(part)
        self._tabs.addTab(page, control.caption)

    def _split(self, top: QWidget, bottom: QWidget) -> QSplitter:
        both = QSplitter(Qt.Orientation.Vertical)
        both.addWidget(top)
        both.addWidget(bottom)
        both.setSizes([190, 230])
        return both

    def _status(self, workstation: str, today: str) -> QStatusBar:
        bar = QStatusBar()
        bar.setSizeGripEnabled(False)
        profile = self._profile
        texts = (f"Operator: {profile.operator}", profile.practice, f"Workstation: {workstation}")
        for text in texts:
            bar.addWidget(QLabel(text))
        bar.addPermanentWidget(QLabel(f"{profile.software} {profile.version}"))
        bar.addPermanentWidget(QLabel(today))
        return bar

    # ---- showing ----

    def begin(self, account: str, number: str) -> None:
        """Fill the lookup and open the first client."""
        self._search.fill(self._conversation.fetch(self, "/skin/clients")["clients"])
        self.show_client(account, number)

    def show_client(self, account: str, number: str) -> None:
        """Open a client, with an invoice selected ("" lets the server choose)."""
        if is_held(self):
            return
        view = self._conversation.fetch(self, "/skin/client", client=account, invoice=number)
        if view["freeze_s"] > 0:
            time.sleep(view["freeze_s"])
        self._view = view
        self.setWindowTitle(self._profile.title("main", view["account"], view["name"]))
        for name, grid in self._real_lists().items():
            grid.silence(name in view["silent"])
        self._draw(view)
        self._more.stop()  # what the client before waited for is nothing to this one
        if view["more_in_ms"] >= 0:
            self._more.start(view["more_in_ms"])

    def _real_lists(self) -> dict[str, Grid]:
        """Lists that accessibility can read, unless a knob silences them."""
        return {"invoices": self._invoices, "transactions": self._transactions}

    def _draw(self, view: dict[str, Any]) -> None:
        """Put a client's texts where they belong."""
        self._header.fill(view)
        self._search.show_chosen(view["account"])
        self._patients.fill(view["patients"])
        self._notes.fill(view["notes"])
        self._transactions.fill(view["transactions"])
        self._invoices.fill(view["invoices"])
        self._invoices.choose(view["selected"])
        self._show_lines()

    def refresh(self) -> None:
        """Read the same client again, keeping the selected invoice."""
        if self._view and not is_held(self):
            account, number = self._view["account"], self._chosen_number()
            self._conversation.begin(self, "/skin/reading", client=account, invoice=number)
            self.show_client(account, number)

    def _chosen_number(self) -> str:
        row = self._invoices.chosen()
        return str(row["number"]) if row else ""

    def _show_lines(self) -> None:
        row = self._invoices.chosen()
        self._lines.fill(row["lines"] if row else [])

    def _tab_changed(self, at: int) -> None:
        if self._tabs.widget(at) is self._transactions.parentWidget():
            self.refresh()

    # ---- acts ----

    def _pay(self) -> None:
        if is_held(self) or not self._view:
            return
        account, number = self._view["account"], self._chosen_number()
        with held(self):
            turn = self._conversation.begin(self, "/skin/pay", client=account, invoice=number)
            if turn["turn"] == "open":
                self._open_payment(turn["form"])
                self._conversation.fetch(self, "/skin/closed", client=account)
        self.refresh()
        self._catch_up()

    def _open_payment(self, form: dict[str, Any]) -> None:
        """Show the payment window and come back when it is gone."""
        window = PaymentWindow(self, self._profile, self._conversation, form)
        window.exec()
        shiboken6.delete(window)

    def _reverse(self) -> None:
        """Reverse Payment: the row that is selected in the transactions; nothing without one."""
        row = self._transactions.chosen()
        if is_held(self) or not self._view or row is None or not row.get("id"):
            return
        account = self._view["account"]
        with held(self):
            turn = self._conversation.begin(self, "/skin/reversing", client=account, payment=row["id"])
            if turn["turn"] == "open":
                window = ReverseWindow(self, self._profile, self._conversation, turn["form"])
                window.exec()
                shiboken6.delete(window)
        self.refresh()
        self._catch_up()

    def _find(self) -> None:
        if not is_held(self):
            self._search.box.setFocus()
            self._search.box.selectAll()

    def _not_here(self) -> None:
        if is_held(self):
            return
        show_message(self, words(self._profile, "This function is not part of the training copy."))
        self._catch_up()

    def _exit(self) -> None:
        if not is_held(self):
            QApplication.quit()

    # ---- orders from the test or demo ----

    def _ordered(self, order: dict[str, Any]) -> None:
        what = order["what"]
        if what == "crash":
            os._exit(CRASHED)
        elif what == "freeze":
            time.sleep(order["seconds"])
        elif what == "pop":
            show_message(QApplication.activeModalWidget() or self, order["dialog"])
            self._catch_up()
        elif is_held(self) and what in ("show", "refresh"):
            self._waiting.append(order)
        else:
            self._obey(order)

    def _obey(self, order: dict[str, Any]) -> None:
        what = order["what"]
        if what == "show":
            self.show_client(order["client"], order["invoice"])
        elif what == "refresh":
            self.refresh()
        elif what == "minimise":
            self.showMinimized()
        elif what == "restore":
            self.showNormal()
        elif what == "close":
            os._exit(0)

    def _catch_up(self) -> None:
        """Do what was ordered while a modal window was up: nobody can open a client through one."""
        if is_held(self):
            return
        waiting, self._waiting = self._waiting, []
        for order in waiting:
            self._obey(order)
