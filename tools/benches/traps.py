"""Are the traps of docs/TRAPS.md really watched? Each counter-measure is taken out once, and its test must turn red.

The list is broken_traps.txt. Each version is tested in a copy of the code by the one test that is named beside it, on
windows in memory or on a real window; nothing here touches the working tree.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tools.benches.mutants import _place

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("broken_traps.txt")
LIMIT_S = 120
FAILED, NOTHING_RUN = 1, (4, 5)
QUICK_EVERY = 6


class Trap(NamedTuple):
    """`name`: as in docs/TRAPS.md; `test`: file and function; `old` stands once in `file` below src/tillbridge."""

    name: str
    file: str
    test: str
    old: str
    new: str


def every() -> list[Trap]:
    return [_entry(block.split("\n")) for block in LIST.read_text().split("\n@ ")[1:]]


def _entry(lines: list[str]) -> Trap:
    name, file, test = lines[0].split()
    old = "\n".join(line[1:] for line in lines[1:] if line.startswith("-"))
    new = [line[1:] for line in lines[1:] if line.startswith("+")]
    return Trap(name, file, test, old if new else f"{old}\n", "\n".join(new))


def run(quick: bool, seed: int) -> dict[str, object]:
    """`seed` shifts which ones a quick sample takes."""
    traps = every()[seed % QUICK_EVERY :: QUICK_EVERY] if quick else every()
    missed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="traps-") as folder:
        place = _place(Path(folder) / "copy")
        tests = sorted({trap.test for trap in traps})
        if (code := _pytest(place, *tests)) != 0:
            raise RuntimeError(f"the tests fail with nothing taken out: pytest ended with {code}")
        for trap in traps:
            started = time.monotonic()
            is_red = _is_red(place, trap)
            missed += [] if is_red else [f"{trap.name} {trap.file}"]
            word = "red" if is_red else "NOT NOTICED"
            print(
                f"  {trap.name:<3} {trap.file:<42} {word:<12} {time.monotonic() - started:.1f} s", flush=True
            )
    return {"counter_measures": len(traps), "red": len(traps) - len(missed), "missed": missed}


def _is_red(place: Path, trap: Trap) -> bool:
    target = place / "src" / "tillbridge" / trap.file
    whole = target.read_text()
    if whole.count(trap.old) != 1:
        raise ValueError(f"trap {trap.name} does not fit {trap.file}: {trap.old!r}")
    target.write_text(whole.replace(trap.old, trap.new))
    try:
        code = _pytest(place, trap.test)
    finally:
        target.write_text(whole)
    if code in NOTHING_RUN:
        raise RuntimeError(f"{trap.test} is not there")
    return code != 0


def _pytest(place: Path, *tests: str) -> int:
    """Pytest's exit code; a test that never ends is red, too."""
    env = {**os.environ, "PYTHONPATH": f"{place / 'src'}:{place}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=line", "-p", "no:cacheprovider", *tests]
    try:
        ran = subprocess.run(
            command, cwd=place, env=env, capture_output=True, timeout=LIMIT_S * max(1, len(tests) // 4)
        )
    except subprocess.TimeoutExpired:
        return FAILED
    if ran.returncode not in (0, FAILED):
        print(ran.stdout.decode(errors="replace")[-800:], flush=True)
    return ran.returncode
