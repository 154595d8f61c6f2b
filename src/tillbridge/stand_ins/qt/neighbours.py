"""Starts what knobs want to see beside the program: a window of another one, or the program once more.

They end with the program that started them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence

_CHAT = ("--title", "Messages - Front desk", "--text", "Luis: room 2 is ready, can you check in Bella?")
_NOTICE = ("--title", "Windows Update", "--text", "Your computer will restart in 10 minutes.", "--on-top")
SECOND = "--second"
_running: list[subprocess.Popen[bytes]] = []


def start(what: str, shown: threading.Event) -> None:
    """Start one of the server's mishaps; `shown` is set when its window is up. Raises KeyError for another word."""
    words = {
        "focus_theft": ("-m", "tillbridge.stand_ins.qt.stranger", *_CHAT),
        "other_process": ("-m", "tillbridge.stand_ins.qt.stranger", *_NOTICE),
        "second_instance": ("-m", "tillbridge.stand_ins.qt", *_again(sys.argv[1:])),
    }[what]
    pipe = subprocess.PIPE
    child = subprocess.Popen([sys.executable, *words], stdin=pipe, stdout=pipe, env=dict(os.environ))
    _running.append(child)
    threading.Thread(target=_tell, args=(child, shown), daemon=True).start()


def _again(arguments: Sequence[str]) -> list[str]:
    """The same program at another desk."""
    return [*arguments, "--workstation", "FRONT3", SECOND]


def _tell(child: subprocess.Popen[bytes], shown: threading.Event) -> None:
    if child.stdout is not None:
        child.stdout.readline()
    shown.set()
