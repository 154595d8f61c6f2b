"""Colours, fonts and style sheet of the ribbon look of 2007 to 2010. No behaviour."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

ARROW = Path(__file__).parents[1] / "profiles" / "arrow.xpm"

STYLE = """
QMainWindow, QWidget#centre { background: #bfdbff; }
QWidget#ribbon { background: qlineargradient(x1:0, y1:0, x2:0, y2:1,
    stop:0 #dbe8f8, stop:0.18 #d3e3f6, stop:0.19 #c5d9f1, stop:1 #e3effd);
    border: 1px solid #8db2e3; border-radius: 3px; }
QWidget#tabStrip { background: qlineargradient(x1:0, y1:0, x2:0, y2:1, stop:0 #e4eefb, stop:1 #bfdbff); }
QToolButton[ribbonTab="true"] { border: 1px solid transparent; padding: 3px 12px 4px 12px; color: #15428b; }
QToolButton[ribbonTab="true"]:hover { background: #f7e9b8; border-color: #e3c26a; border-radius: 3px; }
QToolButton[ribbonTab="true"]:checked { background: #e6f0fc; border: 1px solid #8db2e3; border-bottom: none;
    border-top-left-radius: 3px; border-top-right-radius: 3px; color: #15428b; }
QWidget[ribbonGroup="true"] { border: 1px solid #a8c4e8; border-radius: 3px; background: transparent; }
QLabel[groupTitle="true"] { background: #c2d9f1; color: #3e6aaa; padding: 1px 6px; font-size: 8pt; border: none; }
QToolButton[ribbonButton="true"] { border: 1px solid transparent; border-radius: 3px; padding: 3px 6px;
    color: #15428b; }
QToolButton[ribbonButton="true"]:hover { border-color: #dbb45c; background: qlineargradient(x1:0, y1:0, x2:0, y2:1,
    stop:0 #fffbe2, stop:0.45 #ffe9a0, stop:0.46 #ffd657, stop:1 #ffe793); }
QToolButton[ribbonButton="true"]:pressed { background: #fda050; border-color: #8b7654; }
QFrame[pane="true"] { background: #ffffff; border: 1px solid #8db2e3; }
QLabel[paneTitle="true"] { background: qlineargradient(x1:0, y1:0, x2:0, y2:1, stop:0 #e3effd, stop:0.5 #cfe2fa,
    stop:0.51 #bcd5f5, stop:1 #cfe2fa); color: #15428b; font-weight: bold; padding: 3px 6px;
    border: none; border-bottom: 1px solid #8db2e3; }
QWidget#header { background: qlineargradient(x1:0, y1:0, x2:0, y2:1, stop:0 #ffffff, stop:1 #e6f0fc);
    border: 1px solid #8db2e3; }
QWidget#header QLabel { border: none; background: transparent; }
QLabel[caption="true"] { color: #54709a; }
QLabel[big="true"] { font-size: 13pt; font-weight: bold; color: #15428b; }
QLabel[fact="true"] { font-weight: bold; color: #1a1a1a; }
QLabel#lblBalance { font-size: 11pt; font-weight: bold; color: #8b1a1a; }
QWidget#header QLabel#lblAlert { background: #fff6c9; border: 1px solid #e0c35a; color: #7a3d00;
    font-weight: bold; padding: 1px 6px; }
QTableWidget { background: #ffffff; alternate-background-color: #f2f7fd; gridline-color: #d5e2f2; border: none;
    selection-background-color: #ffd58d; selection-color: #000000; }
QTableWidget::item { padding: 0px 3px; }
QTableWidget::item:selected { background: #ffd58d; color: #000000; }
QHeaderView::section { background: qlineargradient(x1:0, y1:0, x2:0, y2:1, stop:0 #f7fafe, stop:0.5 #e3edf9,
    stop:0.51 #d3e2f4, stop:1 #dfebf9); color: #15428b; border: none; border-right: 1px solid #b5cbe6;
    border-bottom: 1px solid #8db2e3; padding: 1px 4px; }
QTabWidget::pane { border: 1px solid #8db2e3; background: #ffffff; top: -1px; }
QTabBar::tab { background: qlineargradient(x1:0, y1:0, x2:0, y2:1, stop:0 #e9f2fd, stop:1 #c3d9f4);
    border: 1px solid #8db2e3; padding: 3px 14px; margin-right: 2px; color: #15428b;
    border-top-left-radius: 3px; border-top-right-radius: 3px; }
QTabBar::tab:selected { background: #ffffff; border-bottom-color: #ffffff; font-weight: bold; }
QLineEdit, QComboBox { border: 1px solid #96b3d8; background: #ffffff; padding: 1px 3px; min-height: 17px; }
QLineEdit:focus, QComboBox:focus { border-color: #d9a33a; }
QLineEdit:read-only { background: #eef3fa; color: #3b4a60; }
QComboBox:disabled, QLineEdit:disabled { color: #1a1a1a; }
QComboBox { combobox-popup: 0; }
QComboBox QAbstractItemView { background: #ffffff; border: 1px solid #5b7fb2; selection-background-color: #ffd58d;
    selection-color: #000000; }
QComboBox::drop-down { width: 16px; border-left: 1px solid #96b3d8;
    background: qlineargradient(x1:0, y1:0, x2:0, y2:1, stop:0 #f3f8fe, stop:1 #c6dbf4); }
QComboBox::down-arrow { image: url(ARROW); width: 7px; height: 4px; }
QPushButton { border: 1px solid #8ba5c9; border-radius: 2px; padding: 3px 12px; min-width: 52px; color: #15305c;
    background: qlineargradient(x1:0, y1:0, x2:0, y2:1, stop:0 #fdfeff, stop:0.49 #e4eefa, stop:0.5 #d2e2f5,
    stop:1 #e6f0fb); }
QPushButton:hover { border-color: #d9a33a; background: qlineargradient(x1:0, y1:0, x2:0, y2:1, stop:0 #fffbe2,
    stop:0.49 #ffeeb5, stop:0.5 #ffdf85, stop:1 #fff0b8); }
QPushButton:pressed { background: #fdb25a; }
QPushButton:default { border: 2px solid #5b86c4; }
QDialog { background: #e3eefb; border: 1px solid #5b7fb2; }
QDialog QTableWidget { border: 1px solid #96b3d8; }
QLabel[total="true"] { background: #ffffff; border: 1px solid #96b3d8; padding: 2px 4px; font-weight: bold; }
QMessageBox { background: #f4f8fd; }
QStatusBar { background: qlineargradient(x1:0, y1:0, x2:0, y2:1, stop:0 #d7e6f9, stop:0.5 #c7dcf8, stop:0.51 #b3d0f5,
    stop:1 #c7dcf8); border-top: 1px solid #8db2e3; color: #15428b; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: #15428b; padding: 1px 8px; border-right: 1px solid #9dbde6; }
QMenu { background: #fafcff; border: 1px solid #868686; padding: 2px; }
QMenu::item { padding: 4px 26px 4px 22px; }
QMenu::item:selected { background: #ffe79b; border: 1px solid #dbb45c; color: #000000; }
QToolTip { background: #f1f5fb; border: 1px solid #767676; color: #4c4c4c; }
"""


def dress(app: QApplication) -> None:
    """Give the whole program its look."""
    app.setStyle("Fusion")
    font = QFont("Tahoma", 9)
    font.setFamilies(["Tahoma", "DejaVu Sans Condensed", "Liberation Sans"])
    app.setFont(font)
    app.setPalette(_palette())
    app.setStyleSheet(STYLE.replace("ARROW", ARROW.as_posix()))


def _palette() -> QPalette:
    """A disabled owner window looks as before, as it does on Windows: only its controls refuse."""
    palette = QPalette(QColor("#d6e5f7"))
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette.setColor(role.Window, QColor("#e3eefb"))
    for text in (role.Text, role.WindowText, role.ButtonText, role.HighlightedText):
        for part in (group.Active, group.Inactive, group.Disabled):
            palette.setColor(part, text, QColor("#000000"))
    palette.setColor(role.Highlight, QColor("#ffd58d"))
    return palette
