"""Small painted icons and the round application button, drawn at run time: no picture files to ship."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QIcon,
    QLinearGradient,
    QPainter,
    QPen,
    QPixmap,
    QPolygonF,
    QRadialGradient,
)

Paint = Callable[[QPainter], None]
SIZE = 32


def icon(name: str) -> QIcon:
    """The icon of that name at 32 pixels. Raises KeyError for a name that has none."""
    return _undimmed(_pixmap(SIZE, _PAINTERS[name]))


def _pixmap(size: int, paint: Paint) -> QPixmap:
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint(painter)
    painter.end()
    return pixmap


def _undimmed(pixmap: QPixmap) -> QIcon:
    """An icon that stays in colour while its window is disabled, as on Windows."""
    made = QIcon(pixmap)
    made.addPixmap(pixmap, QIcon.Mode.Disabled)
    return made


def application_button(size: int) -> QIcon:
    """The round button with the capital I."""

    def paint(painter: QPainter) -> None:
        painter.setPen(QPen(QColor("#3b5f96"), 1.2))
        painter.setBrush(_round(size, "#ffffff", "#c9dcf4", "#6d97cf"))
        painter.drawEllipse(QRectF(1.5, 1.5, size - 3, size - 3))
        painter.setPen(QPen(QColor(255, 255, 255, 170), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QRectF(3.5, 3.5, size - 7, size - 7))
        font = QFont("DejaVu Serif")
        font.setPixelSize(int(size * 0.58))
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor("#1b3f7d"))
        painter.drawText(QRectF(0, 0, size, size), Qt.AlignmentFlag.AlignCenter, "I")

    return _undimmed(_pixmap(size, paint))


def _round(size: int, light: str, middle: str, dark: str) -> QBrush:
    gradient = QRadialGradient(size * 0.38, size * 0.28, size * 0.8)
    gradient.setColorAt(0, QColor(light))
    gradient.setColorAt(0.45, QColor(middle))
    gradient.setColorAt(1, QColor(dark))
    return QBrush(gradient)


def _down(top: str, bottom: str, height: float = SIZE) -> QBrush:
    gradient = QLinearGradient(0, 0, 0, height)
    gradient.setColorAt(0, QColor(top))
    gradient.setColorAt(1, QColor(bottom))
    return QBrush(gradient)


def _page(painter: QPainter, x: float = 7, y: float = 3, w: float = 18, h: float = 25) -> None:
    painter.setPen(QPen(QColor("#7d95b8"), 1))
    painter.setBrush(_down("#ffffff", "#dbe7f6"))
    painter.drawRect(QRectF(x, y, w, h))
    painter.setPen(QPen(QColor("#9db4d3"), 1))
    for line in range(4):
        painter.drawLine(QPointF(x + 3, y + 6 + line * 4.5), QPointF(x + w - 3, y + 6 + line * 4.5))


def _person(painter: QPainter) -> None:
    painter.setPen(QPen(QColor("#8a5a2b"), 1))
    painter.setBrush(_round(20, "#ffe9cf", "#f5c797", "#d69a5e"))
    painter.drawEllipse(QRectF(9, 3, 12, 12))
    painter.setPen(QPen(QColor("#2f5c9c"), 1))
    painter.setBrush(_down("#8fb6ea", "#3f73ba"))
    painter.drawRoundedRect(QRectF(5, 16, 20, 13), 6, 6)


def _glass(painter: QPainter) -> None:
    painter.setPen(QPen(QColor("#6a4a1e"), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(22, 22), QPointF(28, 28))
    painter.setPen(QPen(QColor("#4b6c9c"), 2))
    painter.setBrush(QColor(214, 233, 255, 190))
    painter.drawEllipse(QRectF(13, 12, 12, 12))


def _find(painter: QPainter) -> None:
    _person(painter)
    _glass(painter)


def _new_client(painter: QPainter) -> None:
    _person(painter)
    _plus(painter)


def _plus(painter: QPainter) -> None:
    painter.setPen(QPen(QColor("#1d6b22"), 1))
    painter.setBrush(_down("#a8e59a", "#3f9e38"))
    points = [
        (22, 17),
        (26, 17),
        (26, 21),
        (30, 21),
        (30, 25),
        (26, 25),
        (26, 29),
        (22, 29),
        (22, 25),
        (18, 25),
    ]
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in [*points, (18, 21), (22, 21)]]))


def _new_invoice(painter: QPainter) -> None:
    _page(painter)
    _plus(painter)


def _estimate(painter: QPainter) -> None:
    _page(painter)
    painter.setPen(QPen(QColor("#b06a10"), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(28, 12), QPointF(17, 25))


def _pay(painter: QPainter) -> None:
    painter.setPen(QPen(QColor("#2d6a2f"), 1))
    painter.setBrush(_down("#d6f0cf", "#7cbd6e"))
    painter.drawRoundedRect(QRectF(2, 7, 25, 14), 2, 2)
    painter.drawEllipse(QRectF(10, 9.5, 9, 9))
    painter.setPen(QPen(QColor("#9a7412"), 1))
    for at in range(3):
        painter.setBrush(_down("#fff3b8", "#e2b53a"))
        painter.drawEllipse(QRectF(17, 24 - at * 4, 13, 6))


def _refund(painter: QPainter) -> None:
    _pay(painter)
    painter.setPen(QPen(QColor("#a8201a"), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(4, 26), QPointF(13, 26))
    painter.drawLine(QPointF(4, 26), QPointF(8, 22))
    painter.drawLine(QPointF(4, 26), QPointF(8, 30))


def _refresh(painter: QPainter) -> None:
    painter.setPen(QPen(QColor("#2b8a3e"), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.drawArc(QRectF(6, 6, 20, 20), 40 * 16, 140 * 16)
    painter.drawArc(QRectF(6, 6, 20, 20), 220 * 16, 140 * 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#2b8a3e"))
    painter.drawPolygon(QPolygonF([QPointF(1, 14), QPointF(12, 14), QPointF(6, 21)]))
    painter.drawPolygon(QPolygonF([QPointF(20, 18), QPointF(31, 18), QPointF(26, 11)]))


def _print(painter: QPainter) -> None:
    _page(painter, 9, 2, 14, 12)
    painter.setPen(QPen(QColor("#5b6d88"), 1))
    painter.setBrush(_down("#eef3f9", "#93a7c4"))
    painter.drawRoundedRect(QRectF(3, 12, 26, 12), 2, 2)
    painter.setBrush(QColor("#ffffff"))
    painter.drawRect(QRectF(8, 20, 16, 9))


def _calendar(painter: QPainter) -> None:
    painter.setPen(QPen(QColor("#7d95b8"), 1))
    painter.setBrush(QColor("#ffffff"))
    painter.drawRect(QRectF(4, 6, 24, 22))
    painter.setBrush(_down("#f39a8e", "#c43d2f"))
    painter.drawRect(QRectF(4, 6, 24, 6))
    painter.setPen(QPen(QColor("#9db4d3"), 1))
    for at in range(3):
        painter.drawLine(QPointF(4, 16 + at * 4), QPointF(28, 16 + at * 4))
        painter.drawLine(QPointF(10 + at * 6, 12), QPointF(10 + at * 6, 28))


def _reminder(painter: QPainter) -> None:
    painter.setPen(QPen(QColor("#9a7412"), 1))
    painter.setBrush(_down("#fff3b8", "#e2b53a"))
    painter.drawPie(QRectF(6, 5, 20, 34), 0, 180 * 16)
    painter.drawEllipse(QRectF(13, 23, 6, 6))


_PAINTERS: dict[str, Paint] = {
    "find": _find,
    "new_client": _new_client,
    "new_invoice": _new_invoice,
    "estimate": _estimate,
    "pay": _pay,
    "refund": _refund,
    "refresh": _refresh,
    "print": _print,
    "calendar": _calendar,
    "reminder": _reminder,
}
