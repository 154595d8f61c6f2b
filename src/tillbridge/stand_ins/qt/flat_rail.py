"""The dark rail at the left of the flat look: the I button with its menu, and the parts of the program."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from tillbridge.stand_ins.profile import Profile
from tillbridge.stand_ins.qt.widgets import named

Slot = Callable[[], None]
WIDTH, PICTURE = 84, 22
PARTS = ("Today", "Patient\nProcessing", "Calendar", "Inventory", "Reports", "Setup")
HERE = PARTS[1]


class Rail(QWidget):
    """`exit_` ends the program; `other` is for all that the training copy does not have."""

    def __init__(self, profile: Profile, exit_: Slot, other: Slot) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        self._other = other
        self._exit = exit_
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._application_button(profile))
        for at, caption in enumerate(PARTS):
            column.addWidget(self._part(at, caption))
        column.addStretch()

    def _part(self, at: int, caption: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("rail", True)
        button.setText(caption)
        button.setIcon(_picture(at))
        button.setIconSize(QSize(PICTURE, PICTURE))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setCheckable(True)
        button.setChecked(caption == HERE)
        button.setFixedWidth(WIDTH)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda _: self._go(button, caption))
        return button

    def _go(self, button: QToolButton, caption: str) -> None:
        button.setChecked(caption == HERE)
        if caption != HERE:
            self._later(self._other)

    def _later(self, slot: Slot) -> None:
        """Let the press return first: a modal window opened inside it would hold up the caller."""
        QTimer.singleShot(0, self, slot)

    def _application_button(self, profile: Profile) -> QPushButton:
        control = profile.controls["app_button"]
        button = named(QPushButton(control.caption), control.id)
        button.setFixedSize(WIDTH, 56)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        menu = self._menu()
        button.clicked.connect(lambda: menu.popup(button.mapToGlobal(button.rect().topRight())))
        return button

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        processing = menu.addMenu("Setup").addMenu("Patient Processing")
        for caption in ("Tenders", "Invoice Labels", "Cashiers"):
            processing.addAction(caption).triggered.connect(lambda: self._later(self._other))
        menu.addAction("Close of Day").triggered.connect(lambda: self._later(self._other))
        menu.addSeparator()
        menu.addAction("Exit").triggered.connect(lambda: self._later(self._exit))
        return menu


def _picture(at: int) -> QIcon:
    pixmap = QPixmap(PICTURE, PICTURE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor("#d7e2e8"), 1.6))
    _SHAPES[at](painter)
    painter.end()
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Disabled)
    return icon


def _today(painter: QPainter) -> None:
    painter.drawPolyline(QPolygonF([QPointF(3, 11), QPointF(11, 4), QPointF(19, 11)]))
    painter.drawRect(QRectF(6, 11, 10, 8))


def _patient(painter: QPainter) -> None:
    painter.setBrush(QColor("#d7e2e8"))
    painter.drawEllipse(QRectF(7, 11, 8, 7))
    for x, y in ((3.0, 8.0), (8.0, 3.5), (13.0, 3.5), (17.0, 8.0)):
        painter.drawEllipse(QPointF(x + 0.8, y + 1), 1.7, 2.2)


def _calendar(painter: QPainter) -> None:
    painter.drawRect(QRectF(3, 5, 16, 14))
    painter.drawLine(QPointF(3, 9), QPointF(19, 9))
    for x in (7.0, 11.0, 15.0):
        painter.drawPoint(QPointF(x, 13))


def _box(painter: QPainter) -> None:
    painter.drawRect(QRectF(3, 8, 16, 11))
    painter.drawPolyline(QPolygonF([QPointF(3, 8), QPointF(6, 3), QPointF(16, 3), QPointF(19, 8)]))


def _bars(painter: QPainter) -> None:
    for x, height in ((4.0, 6.0), (9.5, 11.0), (15.0, 15.0)):
        painter.drawRect(QRectF(x, 19 - height, 3, height))


def _wheel(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(11, 11), 7, 7)
    painter.drawEllipse(QPointF(11, 11), 2.5, 2.5)


_SHAPES: tuple[Callable[[QPainter], None], ...] = (_today, _patient, _calendar, _box, _bars, _wheel)
