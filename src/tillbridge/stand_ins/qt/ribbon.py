"""The ribbon of the main window: tab strip, groups of big buttons, the round application button.

Buttons without a part in the model say so when they are pressed; none of them touches money.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from tillbridge.stand_ins.profile import Profile
from tillbridge.stand_ins.qt import icons
from tillbridge.stand_ins.qt.widgets import named

Slot = Callable[[], None]
BUTTON = 44
TABS = ("Patient Processing", "Appointments", "Inventory", "Reminders", "Reports")
# group, then (caption, icon, name of the profile's control or "")
GROUPS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    ("Clients", (("Find Client", "find", "new_client"), ("New Client", "new_client", ""))),
    ("Invoicing", (("New Invoice", "new_invoice", ""), ("Estimate", "estimate", ""))),
    ("Payments", (("Process Payment", "pay", "pay"), ("Reverse Payment", "refund", "reverse"))),
    ("Schedule", (("Calendar", "calendar", ""), ("Reminders", "reminder", ""))),
    ("View", (("Refresh", "refresh", "refresh"), ("Print", "print", ""))),
)


class Ribbon(QWidget):
    """`slots` are the acts of the profile's controls by name; `other` is for all the rest."""

    def __init__(self, profile: Profile, slots: dict[str, Slot], other: Slot) -> None:
        super().__init__()
        self._profile = profile
        self._slots = slots
        self._other = other
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._strip())
        whole.addWidget(self._groups())
        self._application_button()

    def _strip(self) -> QWidget:
        strip = named(QWidget(), "tabStrip")
        row = QHBoxLayout(strip)
        row.setContentsMargins(BUTTON + 14, 6, 6, 0)
        row.setSpacing(1)
        for caption in TABS:
            tab = QToolButton()
            tab.setText(caption)
            tab.setProperty("ribbonTab", True)
            tab.setCheckable(True)
            tab.setChecked(caption == TABS[0])
            tab.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            tab.clicked.connect(lambda _, tab=tab, first=caption == TABS[0]: self._tab(tab, first))
            row.addWidget(tab)
        row.addStretch()
        return strip

    def _tab(self, tab: QToolButton, first: bool) -> None:
        tab.setChecked(first)
        if not first:
            self._later(self._other)

    def _groups(self) -> QWidget:
        band = named(QWidget(), "ribbon")
        row = QHBoxLayout(band)
        row.setContentsMargins(6, 4, 6, 4)
        row.setSpacing(4)
        for title, buttons in GROUPS:
            row.addWidget(self._group(title, buttons))
        row.addStretch()
        return band

    def _group(self, title: str, buttons: tuple[tuple[str, str, str], ...]) -> QWidget:
        group = QWidget()
        group.setProperty("ribbonGroup", True)
        group.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(group)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(4, 2, 4, 2)
        row.setSpacing(2)
        for caption, picture, control in buttons:
            row.addWidget(self._button(caption, picture, control))
        column.addLayout(row)
        label = QLabel(title)
        label.setProperty("groupTitle", True)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(label)
        return group

    def _button(self, caption: str, picture: str, control: str) -> QToolButton:
        button = QToolButton()
        slot = self._other
        if control:
            known = self._profile.controls[control]
            button.setObjectName(known.id)
            caption, slot = known.caption, self._slots[control]
        button.setText(caption)
        button.setIcon(icons.icon(picture))
        button.setIconSize(QSize(icons.SIZE, icons.SIZE))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setProperty("ribbonButton", True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setMinimumWidth(66)
        button.clicked.connect(lambda: self._later(slot))
        return button

    def _later(self, slot: Slot) -> None:
        """Let the press return first: a modal window opened inside it would hold up the caller."""
        QTimer.singleShot(0, self, slot)

    def _application_button(self) -> None:
        control = self._profile.controls["app_button"]
        button = named(QPushButton(self), control.id)
        button.setAccessibleName(control.caption)
        button.setIcon(icons.application_button(BUTTON))
        button.setIconSize(QSize(BUTTON, BUTTON))
        button.setGeometry(5, 3, BUTTON + 2, BUTTON + 2)
        button.setStyleSheet(
            "QPushButton { border: none; background: transparent; padding: 0; min-width: 0; }"
        )
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        menu = self._menu()
        button.clicked.connect(lambda: menu.popup(button.mapToGlobal(button.rect().bottomLeft())))
        button.raise_()

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        setup = menu.addMenu("Setup")
        processing = setup.addMenu("Patient Processing")
        for caption in ("Payment Methods", "Invoice Labels", "Credit Codes"):
            processing.addAction(caption).triggered.connect(lambda: self._later(self._other))
        menu.addAction("End of Day").triggered.connect(lambda: self._later(self._other))
        menu.addSeparator()
        menu.addAction("Exit").triggered.connect(lambda: self._later(self._slots["exit"]))
        return menu
