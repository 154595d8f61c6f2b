"""A window of somebody else's program: it writes down every key that reaches it, one a line, and nothing more.

python -m tools.benches.note_window FILE. The first line is "ready" once the window is shown.
"""

from __future__ import annotations

import sys
from pathlib import Path

from Xlib import XK, X
from Xlib.display import Display

TITLE = "Notes"
_CORNER = (760, 640)
_SIZE = (300, 120)


def main(file: Path) -> None:
    display = Display()
    screen = display.screen()
    mask = X.KeyPressMask | X.StructureNotifyMask
    window = screen.root.create_window(
        *_CORNER, *_SIZE, 1, screen.root_depth, X.InputOutput, X.CopyFromParent, event_mask=mask
    )
    window.set_wm_name(TITLE)
    window.set_wm_hints(flags=1, input=1)
    window.map()
    with file.open("a") as lines:
        while True:
            event = display.next_event()
            if event.type == X.MapNotify:
                print("ready", file=lines, flush=True)
            elif event.type == X.KeyPress:
                symbol = display.keycode_to_keysym(event.detail, 0)
                print(XK.keysym_to_string(symbol) or f"key {event.detail}", file=lines, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
