"""Looks for known numbers wherever a program may leave them: files as they are, packed files, pictures, live memory.

A number is looked for as plain digits, in groups with spaces or dashes, in UTF-16 (both orders), in base64 at each of
the three places it may begin, and as digits of a picture that a text reader reads. Imports nothing of the product.
"""

from __future__ import annotations

import base64
import gzip
import io
import re
import subprocess
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

CHUNK = 1 << 22
OVERLAP = 256
PACKED_MAX = 1 << 28
_DIGIT = re.compile(rb"[0-9]")


@dataclass(frozen=True, slots=True)
class Hit:
    """`name`: what the number is called in the bench; the number itself is never told. `form`: how it stood there."""

    place: str
    name: str
    form: str


@dataclass(slots=True)
class Scan:
    """`places`: how many files, pictures and memories were read through."""

    numbers: Mapping[str, str]
    hits: list[Hit] = field(default_factory=list)
    bytes_scanned: int = 0
    places: int = 0

    def bytes_of(self, place: str, data: bytes) -> None:
        self.bytes_scanned += len(data)
        for name, number in self.numbers.items():
            for form, needle in forms(number).items():
                if needle in data:
                    self._found(place, name, form)

    def stream(self, place: str, file: io.BufferedIOBase) -> None:
        tail = b""
        while chunk := file.read(CHUNK):
            self.bytes_of(place, tail + chunk)
            tail = chunk[-OVERLAP:]

    def file(self, path: Path, place: str = "") -> None:
        """As it stands, and what is packed inside it."""
        place = place or str(path)
        self.places += 1
        with path.open("rb") as file:
            self.stream(place, file)
        for inside, data in unpacked(path):
            self.bytes_of(f"{place} > {inside}", data)
        if path.suffix == ".png":
            self.picture(path, place)

    def folder(self, root: Path) -> None:
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                self.file(path, str(path.relative_to(root.parent)))

    def picture(self, path: Path, place: str) -> None:
        """Digits that can be read in it, in whatever groups."""
        digits = b"".join(_DIGIT.findall(read_picture(path)))
        for name, number in self.numbers.items():
            if number.encode() in digits:
                self._found(place, name, "picture")

    def memory(self, pid: int, place: str) -> None:
        """All that a process can write to. Raises PermissionError where another user's may not be read."""
        self.places += 1
        maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
        with Path(f"/proc/{pid}/mem").open("rb", 0) as mem:
            for line in maps:
                span, mode = line.split()[:2]
                if not mode.startswith("rw"):
                    continue
                first, last = (int(part, 16) for part in span.split("-"))
                self._region(mem, first, last, place)

    def _region(self, mem: io.RawIOBase, first: int, last: int, place: str) -> None:
        tail = b""
        for at in range(first, last, CHUNK):
            try:
                mem.seek(at)
                data = mem.read(min(CHUNK, last - at)) or b""
            except (OSError, ValueError):  # given back meanwhile, or not readable at all ([vvar])
                return
            self.bytes_of(place, tail + data)
            tail = data[-OVERLAP:]

    def _found(self, place: str, name: str, form: str) -> None:
        hit = Hit(place, name, form)
        if hit not in self.hits:
            self.hits.append(hit)


def forms(number: str) -> dict[str, bytes]:
    """What a number may look like in bytes."""
    grouped = [number[at : at + 4] for at in range(0, len(number), 4)]
    plain = number.encode()
    found = {
        "plain": plain,
        "spaced": " ".join(grouped).encode(),
        "dashed": "-".join(grouped).encode(),
        "utf-16": number.encode("utf-16-le"),
        "utf-16 other order": number.encode("utf-16-be"),
    }
    for shift in range(3):
        # letters that are made of the number alone, whatever stands before and behind it
        first, last = -(-shift // 3), (shift + len(plain)) // 3
        whole = base64.b64encode(b"\0" * shift + plain + b"\0" * 3)
        found[f"base64 at {shift}"] = whole[4 * first : 4 * last]
    return found


def unpacked(path: Path) -> Iterator[tuple[str, bytes]]:
    """What stands inside a packed file; nothing for any other."""
    if path.suffix in (".gz", ".tgz"):
        try:
            with gzip.open(path) as file:
                yield "unpacked", file.read(PACKED_MAX)
        except (OSError, EOFError, zlib.error):
            return
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as pack:
            for one in pack.namelist():
                yield one, pack.read(one)


def read_picture(path: Path) -> bytes:
    """What a text reader makes of a picture, small letters made larger first. Raises FileNotFoundError without it."""
    command = ["tesseract", str(path), "stdout", "--psm", "11", "--dpi", "150"]
    return subprocess.run(command, capture_output=True, timeout=120, check=True).stdout
