"""Keeps one result file a bench under var/bench/, and merges the full ones into docs/RESULTS.md."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from tools.benches import judge

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "var" / "bench"
PAGE = ROOT / "docs" / "RESULTS.md"
TITLE = """# Results

Made by `./run bench all` and `./run bench merge`: each block is the last full run of one bench, with its date,
commit and machine. What each figure means and must reach stands in `tools/benches/targets.toml`. Compare within
one machine only; counts and ratios carry further than milliseconds.
"""


def path(name: str, sample: str) -> Path:
    return FOLDER / (f"{name}.json" if sample == "full" else f"{name}.{sample}.json")


def save(result: dict[str, object]) -> Path:
    """Write the result with where and when it was made. Returns the file."""
    target = path(str(result["bench"]), str(result["sample"]))
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        "result": result,
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit(),
        "machine": machine(),
    }
    target.write_text(json.dumps(kept, indent=1) + "\n")
    return target


def is_current(name: str, sample: str, seed: int) -> bool:
    """True if this bench ran well on this very commit with this seed: `all` need not run it again."""
    target = path(name, sample)
    if not target.exists():
        return False
    kept = json.loads(target.read_text())
    result = kept["result"]
    here = commit()
    return bool(result["ok"] and result["seed"] == seed and kept["commit"] == here and not here.endswith("+"))


def commit() -> str:
    """Short hash of the commit, with a plus if the tree differs from it (the results page apart)."""
    head = _git("rev-parse", "--short=10", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/RESULTS.md")
    return (head or "no commit") + ("+" if changed else "")


def part(bench: str, name: str, *, quick: bool, seed: int, make: Callable[[], T]) -> T:
    """One part of a long bench, as plain data: kept, and not made again on this very commit with this seed."""
    sample, here = "quick" if quick else "full", commit()
    target = FOLDER / "parts" / f"{bench}.{name}.{sample}.{seed}.json"
    if target.exists() and not here.endswith("+"):
        kept = json.loads(target.read_text())
        if kept["commit"] == here:
            print(f"{name}: kept from before", flush=True)
            found: T = kept["made"]
            return found
    made = make()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"commit": here, "made": made}) + "\n")
    return made


def _git(*arguments: str) -> str:
    answer = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return answer.stdout.strip()


def machine() -> str:
    info = Path("/proc/cpuinfo")
    models = re.findall(r"model name\s*: (.+)", info.read_text()) if info.exists() else []
    name = models[0] if models else platform.processor() or platform.machine()
    return f"{os.cpu_count()} x {name}, {platform.system()}, Python {platform.python_version()}"


def merge() -> list[str]:
    """Put every full result into docs/RESULTS.md; blocks of other benches stay. Returns the names merged."""
    text = PAGE.read_text() if PAGE.exists() else ""
    blocks = {block.split("\n", 1)[0]: block for block in re.split(r"^## ", text, flags=re.MULTILINE)[1:]}
    merged = []
    for name in judge.targets():
        target = path(name, "full")
        if target.exists():
            blocks[name] = block(json.loads(target.read_text()))
            merged.append(name)
    ordered = [f"## {blocks[name].strip()}\n" for name in judge.targets() if name in blocks]
    PAGE.write_text("\n".join([TITLE, *ordered]))
    return merged


def block(kept: dict[str, object]) -> str:
    result = kept["result"]
    assert isinstance(result, dict)
    name = str(result["bench"])
    target = judge.targets()[name]
    figures = {key: value for key, value in result.items() if key not in {"bench", "sample", "seed", "ok"}}
    rows = [
        f"| {verdict.key} | {verdict.value} | {verdict.target} | {'missed' if verdict.missed else ''} |"
        for verdict in judge.judge(figures, target, quick=False)
    ]
    head = [
        f"{name}\n\n{target['what']}. {'**Reached.**' if result['ok'] else '**Not reached.**'}",
        f"{kept['date']}, commit {kept['commit']}, seed {result['seed']}, {kept['machine']}.\n",
        "| figure | value | target | |",
        "|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"
