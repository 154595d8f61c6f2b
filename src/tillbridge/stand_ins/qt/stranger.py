"""Another program on the same desktop: a chat that takes the keyboard, or a notice on top of everything.

It has nothing to do with the practice software. It prints one line when its window is up, and ends after its time,
at a press, or when whoever started it has gone.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget


class Stranger(QWidget):
    """A small window with a text, a line to type into, and a button."""

    def __init__(self, title: str, text: str, on_top: bool) -> None:
        super().__init__()
        self.setWindowTitle(title)
        if on_top:
            self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint)
        column = QVBoxLayout(self)
        column.addWidget(QLabel(text))
        self.line = QLineEdit()
        column.addWidget(self.line)
        button = QPushButton("Dismiss")
        button.clicked.connect(QApplication.quit)
        column.addWidget(button)
        self.resize(360, 150)

    def take_over(self) -> None:
        """Come to the front and take the keyboard."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.line.setFocus()
        QTimer.singleShot(0, lambda: print("shown", flush=True))


def main(arguments: list[str]) -> int:
    """Run until the time is over."""
    parser = argparse.ArgumentParser(prog="tillbridge.stand_ins.qt.stranger")
    parser.add_argument("--title", required=True)
    parser.add_argument("--text", required=True)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--on-top", action="store_true")
    options = parser.parse_args(arguments)
    app = QApplication([sys.argv[0]])
    window = Stranger(options.title, options.text, options.on_top)
    window.take_over()
    QTimer.singleShot(int(options.seconds * 1000), app.quit)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return app.exec()


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
