"""Colours, fonts and style sheet of the flat look of 2013 to 2018. No behaviour."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

ARROW = Path(__file__).parents[1] / "profiles" / "arrow.xpm"
ACCENT, DARK, PAPER, LINE, INK, QUIET = "#00799e", "#243b4a", "#f3f5f7", "#d9dfe4", "#22313b", "#6d7d88"

_STYLE = """
QMainWindow, QWidget#centre { background: PAPER; }
QWidget#rail { background: DARK; }
QToolButton[rail="true"] { color: #b9c7d0; border: none; border-left: 3px solid transparent; padding: 8px 2px 7px 0px;
    font-size: 8pt; }
QToolButton[rail="true"]:hover { background: #2d4858; color: #ffffff; }
QToolButton[rail="true"]:checked { background: #1b2e3a; color: #ffffff; border-left: 3px solid #29b1d6; }
QPushButton#ImproMedButton { background: ACCENT; color: #ffffff; border: none; border-radius: 0; padding: 0;
    font-size: 20pt; font-weight: bold; min-width: 0; }
QPushButton#ImproMedButton:hover { background: #0a8fb8; }
QWidget#topBar { background: #ffffff; border-bottom: 1px solid LINE; }
QLabel#screenName { font-size: 14pt; color: INK; }
QLabel#who { color: QUIET; }
QLabel#avatar { background: #7a9aab; color: #ffffff; border-radius: 13px; font-weight: bold; }
QFrame[card="true"] { background: #ffffff; border: 1px solid LINE; }
QFrame[card="true"] QLabel { border: none; }
QLabel[cardTitle="true"] { color: QUIET; font-size: 8pt; font-weight: bold; padding: 7px 8px 2px 8px; }
QLabel[caption="true"] { color: QUIET; font-size: 8pt; }
QLabel[big="true"] { font-size: 16pt; color: INK; }
QLabel[fact="true"] { font-size: 11pt; color: INK; }
QLabel#ClientBalanceText { font-size: 16pt; color: ACCENT; }
QLabel#AlertText { background: #fff3d6; color: #8a5a00; padding: 3px 8px; font-size: 9pt; }
QLabel#where { color: QUIET; }
QLabel[groupStrip="true"] { background: #eef2f5; color: #93a1ab; font-style: italic; padding: 5px 8px; border: none; }
QTableWidget { background: #ffffff; alternate-background-color: #ffffff; border: none; gridline-color: #edf0f2;
    selection-background-color: #d5edf5; selection-color: INK; }
QTableWidget::item:selected { background: #d5edf5; color: INK; }
QHeaderView::section { background: #ffffff; color: QUIET; border: none; border-bottom: 2px solid LINE;
    padding: 1px 5px; }
QTabWidget::pane { border: 1px solid LINE; border-top: none; background: #ffffff; }
QTabBar::tab { background: transparent; border: none; border-bottom: 3px solid transparent; padding: 7px 14px 5px 14px;
    color: QUIET; font-size: 10pt; }
QTabBar::tab:selected { color: ACCENT; border-bottom: 3px solid ACCENT; }
QTabBar::tab:hover { color: INK; }
QLineEdit, QComboBox { border: 1px solid #b8c4cc; background: #ffffff; padding: 3px 6px; min-height: 20px; color: INK; }
QLineEdit:focus, QComboBox:focus { border: 1px solid ACCENT; }
QLineEdit:read-only { background: PAPER; border: 1px solid PAPER; color: INK; }
QLineEdit:disabled, QComboBox:disabled { background: PAPER; color: QUIET; }
QLineEdit#AmountBox { font-size: 14pt; }
QLineEdit#SearchBox { border: none; border-bottom: 1px solid #b8c4cc; }
QComboBox { combobox-popup: 0; }
QComboBox QAbstractItemView { background: #ffffff; border: 1px solid #b8c4cc; selection-background-color: #d5edf5;
    selection-color: INK; }
QComboBox::drop-down { width: 20px; border: none; background: #ffffff; }
QComboBox::down-arrow { image: url(ARROW); width: 7px; height: 4px; }
QPushButton { border: 1px solid #b8c4cc; background: #ffffff; color: INK; padding: 5px 16px; min-width: 52px; }
QPushButton:hover { background: #eef6f9; border-color: ACCENT; }
QPushButton:pressed { background: #d5edf5; }
QPushButton:disabled { color: #a9b4bb; background: PAPER; border-color: LINE; }
QPushButton[primary="true"] { background: ACCENT; border: 1px solid ACCENT; color: #ffffff; font-weight: bold;
    padding: 7px 22px; }
QPushButton[primary="true"]:hover { background: #0a8fb8; }
QPushButton[primary="true"]:disabled { background: #bcd6df; border-color: #bcd6df; color: #f3f9fb; }
QDialog { background: #ffffff; }
QFrame#paymentHead { background: ACCENT; }
QFrame#paymentHead QLabel { color: #d3edf5; }
QFrame#paymentHead QLabel#paymentTitle { color: #ffffff; font-size: 15pt; }
QFrame#paymentHead QLabel#PaymentNameText, QFrame#paymentHead QLabel#EntryKindText { color: #ffffff; font-size: 11pt; }
QFrame#paymentHead QLineEdit { background: ACCENT; color: #ffffff; border: none; padding: 0; font-size: 11pt; }
QFrame#totals { background: PAPER; }
QLabel[total="true"] { font-size: 12pt; color: INK; }
QLabel#ProgressText { color: ACCENT; font-weight: bold; }
QDialog QTableWidget { border: 1px solid LINE; }
QProgressBar { border: none; background: LINE; max-height: 4px; }
QProgressBar::chunk { background: ACCENT; }
QMessageBox { background: #ffffff; }
QMessageBox QPushButton { min-width: 76px; }
QStatusBar { background: #ffffff; border-top: 1px solid LINE; color: QUIET; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: QUIET; padding: 1px 10px; font-size: 8pt; }
QMenu { background: #ffffff; border: 1px solid #b8c4cc; padding: 3px 0; }
QMenu::item { padding: 6px 30px 6px 18px; }
QMenu::item:selected { background: #d5edf5; color: INK; }
QScrollBar:vertical { background: PAPER; width: 10px; margin: 0; }
QScrollBar::handle:vertical { background: #c3ccd2; min-height: 24px; }
QScrollBar::add-line, QScrollBar::sub-line { height: 0; width: 0; }
QCheckBox { color: INK; }
"""


def dress(app: QApplication) -> None:
    """Give the whole program its look."""
    app.setStyle("Fusion")
    font = QFont("Segoe UI", 9)
    font.setFamilies(["Segoe UI", "Open Sans", "Noto Sans", "DejaVu Sans Condensed", "Liberation Sans"])
    app.setFont(font)
    app.setPalette(_palette())
    style = _STYLE.replace("ARROW", ARROW.as_posix())
    words = {"ACCENT": ACCENT, "DARK": DARK, "PAPER": PAPER, "LINE": LINE, "INK": INK, "QUIET": QUIET}
    for word, colour in words.items():
        style = style.replace(word, colour)
    app.setStyleSheet(style)


def _palette() -> QPalette:
    """A disabled owner window looks as before, as it does on Windows: only its controls refuse."""
    palette = QPalette(QColor(PAPER))
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette.setColor(role.Window, QColor("#ffffff"))
    for text in (role.Text, role.WindowText, role.ButtonText, role.HighlightedText):
        for part in (group.Active, group.Inactive, group.Disabled):
            palette.setColor(part, text, QColor(INK))
    palette.setColor(role.Highlight, QColor("#d5edf5"))
    return palette
