"""Is a card number anywhere in what a desk keeps: its files, its logs, the memory of its process?"""

from __future__ import annotations

import re
from pathlib import Path

CARD_PLAIN = "5105105105105100"
CARD_SPACED = "5105 1051 0510 5100"
CARD_DASHED = "5105-1051-0510-5100"
FORMS = tuple(form.encode() for form in (CARD_PLAIN, CARD_SPACED, CARD_DASHED))


def in_files(folder: Path) -> list[str]:
    """The files that hold it, in any of its forms. Never empty by itself: there must be files to look at."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files, f"nothing to look at in {folder}"
    return [str(path) for path in files if any(form in path.read_bytes() for form in FORMS)]


def in_memory(pid: int, forms: tuple[bytes, ...] = FORMS) -> list[str]:
    """Where the memory of a process holds it. Raises PermissionError where it may not be read."""
    found, looked_at = [], 0
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text("ascii").splitlines():
            span = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if span is None:
                continue
            start, end = int(span[1], 16), int(span[2], 16)
            memory.seek(start)
            try:
                held = memory.read(end - start)
            except OSError:
                continue  # a mapping of the kernel's own
            looked_at += len(held)
            found += [f"{line.split()[0]} {form.decode()}" for form in forms if form in held]
    assert looked_at > 5_000_000, "the memory was not read"
    return found
