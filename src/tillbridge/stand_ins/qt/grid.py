"""A dense read-only list as practice software of the decade drew it, filled from the server's texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from tillbridge.stand_ins.profile import Column, Control

ROW_HEIGHT = 19
DRAWN = Qt.ItemDataRole.UserRole
"""The text of a cell as it is drawn."""
Row = Mapping[str, Any]


class Grid(QTableWidget):
    """Rows of texts; one row may be selected. `key` names the column by which a row is known."""

    def __init__(
        self, control: Control, columns: Sequence[Column], key: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(0, len(columns), parent)
        self._columns = columns
        self._key = key
        self._rows: list[Row] = []
        self._silent = False
        self.setObjectName(control.id)
        self.setAccessibleName(control.caption)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(ROW_HEIGHT)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.setItemDelegate(_Drawing(self))
        self._head()

    def _head(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setFixedHeight(20)
        header.setMinimumSectionSize(20)
        for at, column in enumerate(self._columns):
            item = QTableWidgetItem(column.caption)
            item.setTextAlignment(_alignment(column))
            self.setHorizontalHeaderItem(at, item)
            if column.width:
                header.setSectionResizeMode(at, QHeaderView.ResizeMode.Interactive)
                self.setColumnWidth(at, column.width)
            else:
                header.setSectionResizeMode(at, QHeaderView.ResizeMode.Stretch)

    def fill(self, rows: Sequence[Row]) -> None:
        """Show these rows. The same rows again change nothing, so a reader is not disturbed."""
        if list(rows) == self._rows:
            return
        self._rows = list(rows)
        self.setRowCount(len(rows))
        for at, row in enumerate(rows):
            for across, column in enumerate(self._columns):
                text = str(row.get(column.key, ""))
                item = QTableWidgetItem("" if self._silent else text)
                item.setData(DRAWN, text)
                item.setTextAlignment(_alignment(column))
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                self.setItem(at, across, item)

    def silence(self, on: bool) -> None:
        """Draw the cells by hand from now on, telling accessibility none of their texts; or as usual again."""
        if on == self._silent:
            return
        self._silent = on
        rows, self._rows = self._rows, []
        self.fill(rows)

    def cell(self, row: int, column: int) -> QTableWidgetItem:
        """One cell. Raises IndexError outside the filled rows."""
        item = self.item(row, column)
        if item is None:
            raise IndexError(f"no cell {row}, {column}")
        return item

    def chosen(self) -> Row | None:
        """The selected row."""
        at = self.chosen_at()
        return self._rows[at] if 0 <= at < len(self._rows) else None

    def chosen_at(self) -> int:
        """Index of the selected row, or -1."""
        rows = self.selectionModel().selectedRows()
        return rows[0].row() if rows else -1

    def show_key(self, value: str) -> None:
        """Scroll to the row with this key; nothing if there is none."""
        for at, row in enumerate(self._rows):
            if row[self._key] == value:
                self.scrollTo(self.model().index(at, 0))

    def choose(self, value: str) -> None:
        """Select the row with this key; nothing if there is none."""
        for at, row in enumerate(self._rows):
            if row[self._key] == value:
                self.selectRow(at)
                return


class _Drawing(QStyledItemDelegate):
    """Draws the text that is kept for drawing, whatever the cell tells others."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        drawn = str(index.data(DRAWN) or "")
        if drawn:
            option.text = drawn
            option.features |= QStyleOptionViewItem.ViewItemFeature.HasDisplay


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.align == "right" else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
