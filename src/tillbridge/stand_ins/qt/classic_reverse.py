"""Reverse Payment of the classic program: which payments may still be reversed, and what was reversed today.

A reversal asks for a reason and for the initials of who does it. The window decides nothing: the server may ask, ask
for a supervisor, or refuse, and only then the payment is reversed. It opens with nothing chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from tillbridge.stand_ins.profile import Profile
from tillbridge.stand_ins.qt.captions import static
from tillbridge.stand_ins.qt.classic_lists import ListWindow, plain_list
from tillbridge.stand_ins.qt.conversation import held, is_held
from tillbridge.stand_ins.qt.grid import Row
from tillbridge.stand_ins.qt.widgets import named

Act = dict[str, str]
SIZE = (620, 400)
DONE_HEIGHT = 104


class ReverseWindow(ListWindow):
    """`lists`: the server's `rows` and `reversals`. `send` does the reversal and says whether it is done."""

    def __init__(
        self,
        owner: QWidget,
        profile: Profile,
        lists: Mapping[str, Sequence[Row]],
        send: Callable[[Act], bool],
    ) -> None:
        super().__init__(owner, profile, "reverse", "reversible", "id")
        self._send = send
        self.grid.fill(lists["rows"])
        self.grid.doubleClicked.disconnect()
        self._add_fields()
        self._done = plain_list(profile, "reversals", "id")
        self._done.fill(lists["reversals"])
        self._done.setFixedHeight(DONE_HEIGHT)
        self.left.addWidget(QLabel(profile.controls["reversals"].caption))
        self.left.addWidget(self._done)
        self.button("reverse_it", self._reverse)
        self.button("close_reverse", self.reject)
        self.right.addStretch()
        self.resize(*SIZE)

    def _add_fields(self) -> None:
        controls = self.profile.controls
        self._reason = named(QLineEdit(), controls["reason"].id)
        self._reason.setMaxLength(self.profile.behaviour.reason_max)
        self._by = named(QLineEdit(), controls["reversed_by"].id)
        self._by.setFixedWidth(40)
        line = QHBoxLayout()
        line.addWidget(static(controls["reason"], self._reason))
        line.addWidget(self._reason, 1)
        line.addSpacing(10)
        line.addWidget(static(controls["reversed_by"], self._by))
        line.addWidget(self._by)
        self.left.addLayout(line)

    def silence(self, silent: bool) -> None:
        """A knob: neither list tells accessibility its texts."""
        for grid in (self.grid, self._done):
            grid.silence(silent)

    def _reverse(self) -> None:
        row = self.grid.chosen()
        if is_held(self) or row is None:
            return
        with held(self):
            act = {"payment": str(row["id"]), "reason": self._reason.text(), "employee": self._by.text()}
            done = self._send(act)
        if done:
            self.accept()
