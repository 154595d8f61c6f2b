"""One desk for a test: display, ledger server, Qt skin, and the steps a cashier does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.stand_ins.qt.eyes import SHOWING, Eyes, Gone, Node
from tests.stand_ins.running import Server, until
from tillbridge.testing.desktop import Desktop

MAIN = "ImproMed - 01042 Alvarez, Rosa"
PAYMENT = "Process Payment - 01042 Alvarez, Rosa"
MESSAGE = "ImproMed"
MARKER = "V4242-K7Q9"


class Stage:
    """Holds what runs; `start_skin` again after a crash."""

    def __init__(self, desktop: Desktop, eyes: Eyes, server: Server) -> None:
        self.desktop = desktop
        self.eyes = eyes
        self.server = server
        self.skin = self.start_skin()

    def start_skin(self, *options: str) -> subprocess.Popen[bytes]:
        source = str(Path(__file__).parents[3] / "src")
        command = [sys.executable, "-m", "tillbridge.stand_ins.qt", "--server", self.server.url, *options]
        return self.desktop.spawn(command, env={"PYTHONPATH": source})

    def stop_skin(self) -> None:
        self.skin.kill()
        self.skin.wait()

    # ---- looking ----

    def main(self) -> Node:
        return self.eyes.window(MAIN)

    def payment(self) -> Node:
        return self.eyes.window(PAYMENT)

    def message(self) -> str:
        """The text of the message box that is up, waited for."""
        return self.eyes.name(self.eyes.find(self.eyes.window(MESSAGE), "qt_msgbox_label"))

    def label(self, window: Node, key: str) -> str:
        return self.eyes.name(self.eyes.find(window, key))

    def gone(self, title: str) -> None:
        until(lambda: title not in self.eyes.titles(), f"{title!r} gone")

    # ---- doing ----

    def answer(self, button: str) -> None:
        box = self.eyes.window(MESSAGE)
        self.eyes.press(self.eyes.by_name(box, "push button", button))
        until(lambda: not self._still_there(box), f"message gone after {button}")

    def answer_exit(self) -> None:
        """Exit ends the program, so nothing is waited for."""
        self.eyes.press(self.eyes.by_name(self.eyes.window(MESSAGE), "push button", "Exit"))

    def _still_there(self, box: Node) -> bool:
        try:
            return self.eyes.has(box, SHOWING)
        except Gone:
            return False

    def open_payment(self) -> Node:
        self.eyes.press(self.eyes.find(self.main(), "btnPay"))
        return self.payment()

    def choose_method(self, window: Node, letter: str, name: str) -> None:
        """By keys sent to the window: the list takes no text."""
        self.eyes.focus(self.eyes.find(window, "lstApply"))
        self.eyes.keys(PAYMENT, "Tab", letter)
        box = self.eyes.find(window, "cboMethod")
        until(lambda: self.eyes.name(box) == name, f"method {name}")

    def fill(self, window: Node, amount: str, marker: str = MARKER) -> None:
        self.choose_method(window, "t", "Tillbridge")
        self.eyes.write(self.eyes.find(window, "txtReference"), marker)
        field = self.eyes.find(window, "txtAmount")
        self.eyes.focus(field)
        self.eyes.write(field, amount)
        self.eyes.focus(self.eyes.find(window, "txtClient"))

    def ok(self, window: Node) -> None:
        self.eyes.press(self.eyes.find(window, "btnOK"))
