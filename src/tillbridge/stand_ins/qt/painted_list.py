"""A list that the program paints by itself: to accessibility it is one nameless box without rows.

It takes the same columns and rows as `Grid`, scrolls, and knows no selection.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QStyle, QStyleOptionHeader

from tillbridge.stand_ins.profile import Column, Control
from tillbridge.stand_ins.qt.grid import ROW_HEIGHT, Row
from tillbridge.stand_ins.qt.widgets import named

HEAD = 18
GAP = 4


class PaintedList(QAbstractScrollArea):
    """Rows of texts drawn with a painter."""

    def __init__(self, control: Control, columns: Sequence[Column]) -> None:
        super().__init__()
        named(self, control.id)
        self._columns = columns
        self._rows: list[Row] = []
        self.verticalScrollBar().setSingleStep(ROW_HEIGHT)

    def fill(self, rows: Sequence[Row]) -> None:
        """Show these rows."""
        self._rows = list(rows)
        self._measure()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def _measure(self) -> None:
        inside = self.viewport().height() - HEAD
        bar = self.verticalScrollBar()
        bar.setPageStep(max(1, inside))
        bar.setRange(0, max(0, len(self._rows) * ROW_HEIGHT - inside))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), QColor("#ffffff"))
        top = HEAD - self.verticalScrollBar().value()
        for at, row in enumerate(self._rows):
            if -ROW_HEIGHT < top + at * ROW_HEIGHT < self.viewport().height():
                self._row(painter, row, top + at * ROW_HEIGHT)
        self._head(painter)
        painter.end()

    def _places(self) -> list[tuple[Column, int, int]]:
        """Each column with its left edge and width; a width of 0 takes what is left."""
        rest = self.viewport().width() - sum(column.width for column in self._columns)
        places, left = [], 0
        for column in self._columns:
            width = column.width or max(60, rest)
            places.append((column, left, width))
            left += width
        return places

    def _row(self, painter: QPainter, row: Row, top: int) -> None:
        painter.setPen(QColor("#a00000" if row.get("kind") == "Reversal" else "#000000"))
        for column, left, width in self._places():
            box = QRect(left + GAP, top, width - 2 * GAP, ROW_HEIGHT)
            painter.drawText(box, _side(column), str(row.get(column.key, "")))
        painter.setPen(QColor("#e0e0e0"))
        painter.drawLine(0, top + ROW_HEIGHT - 1, self.viewport().width(), top + ROW_HEIGHT - 1)

    def _head(self, painter: QPainter) -> None:
        for column, left, width in self._places():
            option = QStyleOptionHeader()
            option.initFrom(self)
            option.rect = QRect(left, 0, width, HEAD)
            option.text = column.caption
            option.textAlignment = _side(column)
            option.state = QStyle.StateFlag.State_Enabled | QStyle.StateFlag.State_Raised
            self.style().drawControl(QStyle.ControlElement.CE_Header, option, painter, self)


def _side(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.align == "right" else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
