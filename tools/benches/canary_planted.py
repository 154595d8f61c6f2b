"""Plants known numbers the way a careless program would leave them, so that a scan that finds none of ours is believed.

Every form in which a number may stand, in every kind of place; each must be found by the scan. Imports nothing of the
product.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from tools.benches.canary_scan import Scan, forms

NUMBER = "4929102947561837"
"""Passes the check digit, and is used nowhere else."""
_HOLDS = """
import base64, sys
held = base64.b16decode(sys.argv[1])
print("ready", flush=True)
sys.stdin.read()
print(len(held))
"""
_PICTURE = """
import sys
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter
app = QGuiApplication([])
image = QImage(420, 60, QImage.Format.Format_RGB32)
image.fill(QColor("white"))
painter = QPainter(image)
painter.setFont(QFont("DejaVu Sans", 14))
painter.drawText(20, 38, sys.argv[2])
painter.end()
image.save(sys.argv[1])
"""


def planted(folder: Path) -> tuple[int, int]:
    """How many were planted, and how many of them the scan found."""
    folder.mkdir(parents=True)
    wanted: set[tuple[str, str]] = set()
    scan = Scan({"planted": NUMBER})
    for form, data in forms(NUMBER).items():
        for kind, plant in PLACES.items():
            place = f"{kind} {form}"
            plant(folder / f"{kind}-{form.replace(' ', '-')}", data)
            wanted.add((place, form))
            for path in sorted(folder.glob(f"{kind}-{form.replace(' ', '-')}*")):
                scan.file(path, place)
        _held_in_memory(scan, form, data, wanted)
    for words in (NUMBER, " ".join(NUMBER[at : at + 4] for at in range(0, 16, 4))):
        place = f"picture of {len(words)} signs"
        _picture(folder / f"{len(words)}.png", words)
        wanted.add((place, "picture"))
        scan.picture(folder / f"{len(words)}.png", place)
    found = {(hit.place.partition(" > ")[0], hit.form) for hit in scan.hits}
    return len(wanted), len(wanted & found)


def _text(path: Path, data: bytes) -> None:
    path.with_suffix(".log").write_bytes(b"2026-11-20 10:42 card=" + data + b" amount=1\n")


def _line(path: Path, data: bytes) -> None:
    path.with_suffix(".jsonl").write_bytes(b'{"at": 1.2, "what": "read", "value": "' + data + b'"}\n')


def _packed(path: Path, data: bytes) -> None:
    with gzip.open(path.with_suffix(".log.gz"), "wb") as file:
        file.write(b"x" * 1000 + data)


def _zipped(path: Path, data: bytes) -> None:
    with zipfile.ZipFile(path.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("story.txt", b"told: " + data)


def _database(path: Path, data: bytes) -> None:
    base = sqlite3.connect(path.with_suffix(".db"))
    base.execute("CREATE TABLE event (facts BLOB)")
    base.execute("INSERT INTO event VALUES (?)", (data,))
    base.commit()
    base.close()


def _write_ahead(path: Path, data: bytes) -> None:
    """Stands in the write-ahead log alone: the process that wrote it was killed."""
    words = "import os,sqlite3,sys; b=sqlite3.connect(sys.argv[1]); b.execute('PRAGMA journal_mode=wal')\n"
    words += "b.execute('CREATE TABLE event (facts BLOB)'); b.execute('INSERT INTO event VALUES (?)',"
    words += "(bytes.fromhex(sys.argv[2]),)); b.commit(); os._exit(0)"
    subprocess.run(
        [sys.executable, "-c", words, str(path.with_suffix(".db")), data.hex()], check=True, timeout=60
    )


PLACES: dict[str, Callable[[Path, bytes], None]] = {
    "log": _text,
    "transcript": _line,
    "packed log": _packed,
    "support file": _zipped,
    "database": _database,
    "write-ahead log": _write_ahead,
}


def _held_in_memory(scan: Scan, form: str, data: bytes, wanted: set[tuple[str, str]]) -> None:
    command = [sys.executable, "-c", _HOLDS, data.hex().upper()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None, "asked for above"
        process.stdout.readline()
        place = f"memory {form}"
        wanted.add((place, form))
        scan.memory(process.pid, place)
        process.communicate(timeout=30)


def _picture(path: Path, words: str) -> None:
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run([sys.executable, "-c", _PICTURE, str(path), words], check=True, timeout=120, env=env)
