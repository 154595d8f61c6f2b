"""The files of the project as the tests see them: what git keeps or would keep, nothing that was made."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = {".py", ".md", ".toml", ".sql", ".txt", ".html", ".css", ".js", ".json", ".svg", ".yml", ".cfg", ""}


@cache
def files() -> tuple[Path, ...]:
    """Paths relative to the root, sorted. Files that are tracked but deleted are left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = sorted({Path(name) for name in listed.split("\0") if name})
    return tuple(path for path in found if (ROOT / path).is_file())


@cache
def text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def under(*folders: str, suffix: str = ".py") -> list[Path]:
    return [
        path
        for path in files()
        if path.suffix == suffix and any(path.as_posix().startswith(f"{folder}/") for folder in folders)
    ]


def readable() -> list[Path]:
    """Every text file of the tree."""
    return [path for path in files() if path.suffix in TEXT]
