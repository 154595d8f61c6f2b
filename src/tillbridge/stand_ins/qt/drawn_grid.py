"""A list as makers of list controls sell them: every cell is drawn by the control itself.

What stands in a cell is told to accessibility and to nobody else; rows are high, a strip on top offers grouping.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QLabel, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from tillbridge.stand_ins.profile import Column, Control
from tillbridge.stand_ins.qt.grid import DRAWN, Grid, Row

ROW = 27
TOLD = Qt.ItemDataRole.AccessibleTextRole
STRIP = "Drag a column header here to group by that column"


class DrawnGrid(Grid):
    """Looks and reads as a list; asked for the text of a cell in the toolkit's own way it has none."""

    def __init__(
        self, control: Control, columns: Sequence[Column], key: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(control, columns, key, parent)
        self.setAlternatingRowColors(False)
        self.setShowGrid(False)
        self.verticalHeader().setDefaultSectionSize(ROW)
        self.horizontalHeader().setFixedHeight(ROW + 1)
        self.setItemDelegate(_Painter(self))

    def fill(self, rows: Sequence[Row]) -> None:
        """As every list; then the texts go where only accessibility looks."""
        super().fill(rows)
        for at in range(self.rowCount()):
            for across in range(self.columnCount()):
                item = self.cell(at, across)
                if item.text():
                    item.setData(TOLD, item.text())
                    item.setText("")


class _Painter(QStyledItemDelegate):
    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        painter.save()
        rect: QRect = option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(rect, QColor("#d5edf5" if chosen else "#ffffff"))
        painter.setPen(QColor("#edf0f2"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.setPen(QColor("#22313b"))
        side = Qt.AlignmentFlag(index.data(Qt.ItemDataRole.TextAlignmentRole) or Qt.AlignmentFlag.AlignLeft)
        text = painter.fontMetrics().elidedText(
            str(index.data(DRAWN) or ""), Qt.TextElideMode.ElideRight, rect.width() - 10
        )
        painter.drawText(rect.adjusted(5, 0, -5, 0), side | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()


def with_strip(grid: QWidget) -> QWidget:
    """A list below its grouping strip."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    strip = QLabel(STRIP)
    strip.setProperty("groupStrip", True)
    column.addWidget(strip)
    column.addWidget(grid)
    return whole
