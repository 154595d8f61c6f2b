"""The main window of the flat look: rail, search, the client's card, lists of a third party.

Its payment window is not modal and only one: it is shown again for the next client. It knows no rule.
"""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStatusBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from tillbridge.stand_ins.profile import Profile
from tillbridge.stand_ins.qt.conversation import held, is_held
from tillbridge.stand_ins.qt.drawn_grid import DrawnGrid, with_strip
from tillbridge.stand_ins.qt.drift import drifted
from tillbridge.stand_ins.qt.flat_header import FlatHeader
from tillbridge.stand_ins.qt.flat_rail import Rail
from tillbridge.stand_ins.qt.flat_reverse import ReversePayment
from tillbridge.stand_ins.qt.grid import Grid
from tillbridge.stand_ins.qt.main_window import MainWindow
from tillbridge.stand_ins.qt.panes import ClientSearch
from tillbridge.stand_ins.qt.take_payment import TakePayment
from tillbridge.stand_ins.qt.widgets import named


class FlatWindow(MainWindow):
    """One client at a time, and beside it the one payment window."""

    def _build(self) -> None:
        self._drift = {"renamed_ids": False, "renamed_title": False, "swapped_order": False}
        self._make_taking(self._profile)
        centre = named(QWidget(), "centre")
        row = QHBoxLayout(centre)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(Rail(self._profile, self._exit, self._not_here))
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self._top_bar())
        parts = QHBoxLayout()
        parts.setContentsMargins(12, 12, 12, 12)
        parts.setSpacing(12)
        parts.addWidget(self._left())
        parts.addLayout(self._middle(), 1)
        right.addLayout(parts, 1)
        row.addLayout(right, 1)
        self.setCentralWidget(centre)

    def _make_taking(self, profile: Profile) -> None:
        self._taking = TakePayment(self, profile, self._conversation)
        self._taking.ended.connect(self._payment_ended)

    def _top_bar(self) -> QWidget:
        bar = named(QWidget(), "topBar")
        bar.setFixedHeight(56)
        row = QHBoxLayout(bar)
        row.setContentsMargins(18, 0, 18, 0)
        row.setSpacing(8)
        row.addWidget(named(QLabel("Patient Processing"), "screenName"))
        row.addStretch()
        row.addWidget(named(QLabel(f"{self._profile.practice}   ·   {self._profile.operator}"), "who"))
        initials = "".join(word[0] for word in self._profile.operator.split())
        avatar = named(QLabel(initials), "avatar")
        avatar.setFixedSize(26, 26)
        avatar.setContentsMargins(5, 0, 0, 0)
        row.addWidget(avatar)
        return bar

    def _left(self) -> QWidget:
        self._search = ClientSearch(self._profile)
        self._search.opened.connect(lambda account: self.show_client(account, ""))
        self._patients = self._grid("patients", "name")
        side = QSplitter(self)
        side.setOrientation(side.orientation().Vertical)
        side.addWidget(_card("CLIENTS", self._search))
        side.addWidget(_card("PATIENTS", self._patients))
        side.setSizes([430, 120])
        side.setFixedWidth(264)
        return side

    def _middle(self) -> QVBoxLayout:
        self._card = FlatHeader(self._profile, lambda: QTimer.singleShot(0, self, self._pay), self.refresh)
        self._header = self._card  # type: ignore[assignment]  # filled in the same way
        self._tabs = named(QTabWidget(), self._profile.controls["tabs"].id)
        self._invoices = self._grid("invoices", "number")
        self._lines = self._grid("lines", "description")
        self._transactions = self._grid("transactions", "reference")
        self._notes = self._grid("notes", "date")
        self._page("invoices_tab", self._split(with_strip(self._invoices), _card("ITEMS", self._lines)))
        self._page("transactions_tab", self._history())
        self._page("notes_tab", self._notes)
        self._invoices.itemSelectionChanged.connect(self._show_lines)
        self._invoices.doubleClicked.connect(self._pay)
        self._tabs.currentChanged.connect(self._tab_changed)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(self._card)
        column.addWidget(self._tabs, 1)
        return column

    def _history(self) -> QWidget:
        """The account history, and what can be done with money that was taken."""
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._transactions, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(10, 8, 10, 8)
        foot.addStretch()
        for name, slot in (("refund", self._refund), ("reverse", self._reverse)):
            control = self._profile.controls[name]
            button = named(QPushButton(control.caption), control.id)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, slot=slot: QTimer.singleShot(0, self, slot))
            foot.addWidget(button)
        column.addLayout(foot)
        return page

    def _tab_changed(self, at: int) -> None:
        page = self._tabs.widget(at)
        if page is not None and page.isAncestorOf(self._transactions):
            self.refresh()

    def _grid(self, name: str, key: str) -> Grid:
        return DrawnGrid(self._profile.controls[name], self._profile.columns[name], key)

    def _status(self, workstation: str, today: str) -> QStatusBar:
        bar = QStatusBar()
        bar.setSizeGripEnabled(False)
        bar.addWidget(QLabel("Connected"))
        bar.addWidget(QLabel(workstation))
        bar.addPermanentWidget(QLabel(f"{self._profile.software} {self._profile.version}"))
        bar.addPermanentWidget(QLabel(today))
        return bar

    # ---- acts ----

    def _pay(self) -> None:
        """Open the payment window on this client; one that is open on another client changes over."""
        self._open_taking("payment", self._chosen_number())

    def _refund(self) -> None:
        """The same window, to give money back from the account."""
        self._open_taking("refund", "")

    def _open_taking(self, kind: str, number: str) -> None:
        if is_held(self) or not self._view or self._taking.is_busy():
            return
        account = self._view["account"]
        turn = self._conversation.begin(self, "/skin/pay", client=account, invoice=number, kind=kind)
        if turn["turn"] != "open":
            return
        left = self._taking.account()
        if left not in ("", account):
            self._conversation.fetch(self, "/skin/closed", client=left)
        self._with_drift(turn["form"]["drift"])
        self._taking.take(turn["form"])

    def _reverse(self) -> None:
        """Reverse the payment that is selected in the history."""
        row = self._transactions.chosen()
        if is_held(self) or not self._view or self._taking.is_busy() or row is None or not row["id"]:
            return
        account = self._view["account"]
        with held(self):
            turn = self._conversation.begin(self, "/skin/reversing", client=account, payment=row["id"])
            if turn["turn"] == "open":
                window = ReversePayment(self, self._profile, self._conversation, turn["form"])
                window.exec()
                shiboken6.delete(window)
        self.refresh()
        self._catch_up()

    def _with_drift(self, drift: dict[str, bool]) -> None:
        """The payment window is made anew only when an update has changed it."""
        if drift == self._drift:
            return
        self._drift = drift
        self._taking.ended.disconnect()
        self._taking.deleteLater()
        self._make_taking(drifted(self._profile, drift))

    def _payment_ended(self, account: str) -> None:
        self._conversation.fetch(self, "/skin/closed", client=account)
        self.refresh()
        self._catch_up()


def _card(title: str, part: QWidget) -> QFrame:
    """A white card with a small title."""
    frame = QFrame()
    frame.setProperty("card", True)
    column = QVBoxLayout(frame)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    label = QLabel(title)
    label.setProperty("cardTitle", True)
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    column.addWidget(label)
    column.addWidget(part, 1)
    return frame
