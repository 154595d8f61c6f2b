"""Which system packages each command needs, and why. Data only."""

from __future__ import annotations

DISPLAY = (
    "xvfb",  # a display that needs no monitor
    "at-spi2-core",  # the accessibility bus that the screen library reads
    "dbus-daemon",  # a session bus of our own
    "openbox",  # a window manager, so that windows behave as they do on a desk
    "fonts-dejavu-core",
)
QT = (  # what the stand-in's window needs on a bare machine
    *("libegl1", "libgl1", "libxkbcommon-x11-0", "libxcb-cursor0", "libxcb-icccm4", "libxcb-keysyms1"),
    *("libxcb-image0", "libxcb-render-util0", "libxcb-xinerama0", "libxcb-shape0"),
)
GNUCASH = ("gnucash", "python3-gnucash")  # the real program, and its own bindings to make a book
TESTS = (
    "xdotool",  # the person at the keyboard who disturbs us
    "chromium",  # the pages of the terminal and the cashier
    "tesseract-ocr",  # reads pictures of ours, to see that no card number stands in them
)
VENV = ("python3-venv",)

DEMO = (*DISPLAY, *QT)
DEMO_GNUCASH = (*DISPLAY, *GNUCASH)
TEST = (*DISPLAY, *QT, *GNUCASH, *TESTS)
