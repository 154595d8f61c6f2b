"""The numbers of the accessibility protocol (AT-SPI 2), and which of its roles our closed list means.

Source: at-spi2-core 2.46, `atspi-constants.h`. Data only.
"""

from __future__ import annotations

from typing import Final

from tillbridge.screen.backend import Role

ALERT, CHECK_BOX, CHECK_MENU_ITEM, COMBO_BOX, DIALOG = 2, 7, 8, 11, 16
FILE_CHOOSER, FRAME, LABEL, LIST, LIST_ITEM, MENU, MENU_BAR, MENU_ITEM = 19, 23, 29, 31, 32, 33, 34, 35
PAGE_TAB, PAGE_TAB_LIST, PANEL, PASSWORD_TEXT, PUSH_BUTTON, RADIO_BUTTON, RADIO_MENU_ITEM = (
    37,
    38,
    39,
    40,
    43,
    44,
    45,
)
SPIN_BUTTON, STATUS_BAR, TABLE, TABLE_CELL, TEXT, TOGGLE_BUTTON, TREE, TREE_TABLE = (
    52,
    54,
    55,
    56,
    61,
    62,
    65,
    66,
)
WINDOW, PARAGRAPH, ENTRY, HEADING, TREE_ITEM, LIST_BOX, STATIC = 69, 73, 79, 83, 91, 98, 116
FILLER: Final = 20
GROUPING: Final = 99

ROLES: Final[dict[Role, frozenset[int]]] = {
    "button": frozenset({PUSH_BUTTON, TOGGLE_BUTTON}),
    "edit": frozenset({TEXT, ENTRY, PASSWORD_TEXT, SPIN_BUTTON}),
    "choice": frozenset({COMBO_BOX}),
    "check": frozenset({CHECK_BOX, RADIO_BUTTON}),
    "tab": frozenset({PAGE_TAB}),
    "tabs": frozenset({PAGE_TAB_LIST}),
    "tree": frozenset({TREE, TREE_TABLE}),
    "list": frozenset({TABLE, TREE_TABLE, LIST, TREE, LIST_BOX}),
    # Qt gives a menu in the bar the role of an item; only its name tells them apart.
    "menu": frozenset({MENU, MENU_ITEM}),
    "menu_bar": frozenset({MENU_BAR}),
    "menu_item": frozenset({MENU_ITEM, CHECK_MENU_ITEM, RADIO_MENU_ITEM, MENU}),
    "text": frozenset({LABEL, STATIC, STATUS_BAR, HEADING, PARAGRAPH}),
}
TAB_LISTS: Final = frozenset({PAGE_TAB_LIST})
TREES: Final = frozenset({TREE, TREE_TABLE})
BRANCHED: Final = TAB_LISTS | TREES
STANDS_FOR: Final[dict[Role, int]] = {
    "button": PUSH_BUTTON,
    "edit": TEXT,
    "choice": COMBO_BOX,
    "check": CHECK_BOX,
    "tab": PAGE_TAB,
    "text": LABEL,
}
"""Where all roles of a word are read alike: the one that is as good as any, so that none is asked for."""
LABELS: Final = frozenset({LABEL, STATIC})
CELLS: Final = frozenset({TABLE_CELL, LIST_ITEM, TREE_ITEM})
OPTIONS: Final = frozenset({LIST_ITEM, MENU_ITEM, CHECK_MENU_ITEM, RADIO_MENU_ITEM})
EDITS: Final = frozenset({TEXT, ENTRY, PASSWORD_TEXT, SPIN_BUTTON})
TOPS: Final = frozenset({FRAME, WINDOW, DIALOG, ALERT, FILE_CHOOSER})
DIALOGS: Final = frozenset({DIALOG, ALERT, FILE_CHOOSER})

# States are bits; a state set travels as two 32-bit words.
ACTIVE, CHECKED, EDITABLE, ENABLED, FOCUSED, ICONIFIED, MODAL = 1, 4, 7, 8, 12, 15, 16
EXPANDABLE, EXPANDED = 9, 10
PRESSED, SELECTED, SENSITIVE, SHOWING, VISIBLE, CHECKABLE, READ_ONLY = 20, 23, 24, 25, 30, 41, 43

SHOWN: Final = 1 << SHOWING | 1 << VISIBLE
"""The states of what the X server shows."""

LABEL_FOR, LABELLED_BY, NODE_CHILD_OF = 1, 2, 7

ROOT: Final = "/org/a11y/atspi/accessible/root"
NULL: Final = "/org/a11y/atspi/null"
REGISTRY: Final = "org.a11y.atspi.Registry"


def has(states: int, *wanted: int) -> bool:
    """True if every wanted state bit is set."""
    return all(states >> state & 1 for state in wanted)


def words32(numbers: frozenset[int], count: int) -> list[int]:
    """Bit numbers as `count` signed 32-bit words, the form in which match rules carry them."""
    bits = sum(1 << number for number in numbers)
    parts = [bits >> 32 * at & 0xFFFFFFFF for at in range(count)]
    return [part - (1 << 32) if part >= 1 << 31 else part for part in parts]
