"""Start the Qt skin: `python -m tillbridge.stand_ins.qt --server URL [--client ACCOUNT --invoice N]`."""

from __future__ import annotations

import argparse
import os
import sys
import threading

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tillbridge.stand_ins import profile
from tillbridge.stand_ins.qt import classic_look, flat_look, icons, look, nothing
from tillbridge.stand_ins.qt.classic_window import ClassicWindow
from tillbridge.stand_ins.qt.flat_window import FlatWindow
from tillbridge.stand_ins.qt.keyboard import WornKeyboard
from tillbridge.stand_ins.qt.link import LineLost, Link
from tillbridge.stand_ins.qt.main_window import MainWindow
from tillbridge.stand_ins.qt.neighbours import SECOND

LOOKS = {
    "ribbon": (look.dress, MainWindow),
    "menu": (classic_look.dress, ClassicWindow),
    "flat": (flat_look.dress, FlatWindow),
}
"""What a profile's `look` means: who dresses the program, and its main window."""


def main(arguments: list[str]) -> int:
    """Run until the window closes. Returns 1 when the server cannot be reached at start."""
    options = _options(arguments)
    nothing.keep()
    os.environ.setdefault("QT_LINUX_ACCESSIBILITY_ALWAYS_ON", "1")
    chosen = profile.load(options.profile)
    app = QApplication([sys.argv[0]])
    app.setApplicationName(chosen.software)
    app.setApplicationVersion(chosen.version)
    link = Link(options.server, options.workstation or chosen.workstations[0])
    try:
        first = link.hello()
    except LineLost as error:
        print(f"no ledger server at {options.server}: {error}", file=sys.stderr)
        return 1
    dress, main_window = LOOKS[chosen.behaviour.look]
    dress(app)
    app.setWindowIcon(icons.application_button(32))
    window = main_window(chosen, link, first)
    account = options.client or first["client"]
    window.begin(account, options.invoice or ("" if options.client else first["invoice"]))
    window.show()
    worn = WornKeyboard(first["keyboard"])
    app.installEventFilter(worn)
    link.ordered.connect(worn.told, Qt.ConnectionType.QueuedConnection)
    link.listen()
    if options.second:
        _end_with_the_first()
    return app.exec()


def _end_with_the_first() -> None:
    """Say that the window is up, and go when the program that started this one has gone."""
    print("shown", flush=True)

    def wait() -> None:
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tillbridge.stand_ins.qt")
    parser.add_argument("--profile", default="v6")
    parser.add_argument("--server", required=True)
    parser.add_argument("--client", default="")
    parser.add_argument("--invoice", default="")
    parser.add_argument("--workstation", default="")
    parser.add_argument(
        SECOND, action="store_true", help="started by a knob: ends with the one that started it"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
