"""The look of a Windows program of about 2000: grey faces, raised and sunken edges, small type. No behaviour."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFont, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from tillbridge.stand_ins.qt import icons

FACE, NAVY, SHADOW, LIGHT = "#d4d0c8", "#0a246a", "#808080", "#ffffff"
TOOL = 16
STYLE = f"""
QLabel[sunken="true"] {{ border: 1px solid; border-color: {SHADOW} {LIGHT} {LIGHT} {SHADOW}; padding: 1px 3px; }}
QLabel[money="true"] {{ qproperty-alignment: 'AlignRight | AlignVCenter'; }}
QLabel[warning="true"] {{ color: #c00000; font-weight: bold; }}
QTableWidget {{ background: #ffffff; }}
QToolTip {{ background: #ffffe1; border: 1px solid #000000; color: #000000; padding: 1px; }}
QStatusBar::item {{ border: none; }}
QStatusBar QLabel {{ border: 1px solid; border-color: {SHADOW} {LIGHT} {LIGHT} {SHADOW}; padding: 0px 5px; }}
"""


def dress(app: QApplication) -> None:
    """Give the whole program its look."""
    app.setStyle(QStyleFactory.create("Windows"))
    font = QFont()
    font.setFamilies(["Tahoma", "Liberation Sans", "Nimbus Sans", "DejaVu Sans Condensed"])
    font.setPixelSize(11)
    font.setHintingPreference(QFont.HintingPreference.PreferFullHinting)
    app.setFont(font)
    app.setPalette(_palette())
    app.setStyleSheet(STYLE)


def tool(name: str) -> QIcon:
    """A small picture for the tool bar, in colour also while its window is disabled."""
    small = icons.icon(name).pixmap(QSize(icons.SIZE, icons.SIZE)).scaled(TOOL, TOOL)
    made = QIcon(small)
    made.addPixmap(small, QIcon.Mode.Disabled)
    return made


def _palette() -> QPalette:
    """A disabled owner window looks as before, as it does on Windows: only its controls refuse."""
    palette = QPalette(QColor(FACE))
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    for part in (group.Active, group.Inactive, group.Disabled):
        palette.setColor(part, role.Base, QColor("#ffffff"))
        palette.setColor(part, role.Highlight, QColor(NAVY))
        palette.setColor(part, role.HighlightedText, QColor("#ffffff"))
        for text in (role.Text, role.WindowText, role.ButtonText):
            palette.setColor(part, text, QColor("#000000"))
        palette.setColor(part, role.Light, QColor(LIGHT))
        palette.setColor(part, role.Dark, QColor(SHADOW))
        palette.setColor(part, role.Mid, QColor(SHADOW))
        palette.setColor(part, role.Shadow, QColor("#404040"))
    return palette
