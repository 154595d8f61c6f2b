"""Writes requirements/run.txt and requirements/test.txt: every package with its exact version and hashes.

Not part of `./run`: a developer starts it (`just lock`) after changing a dependency in pyproject.toml.
The files must not name any index, so that they work with whichever index a machine is set up for.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = {"run": ["stand-in", "demo"], "test": ["stand-in", "demo", "dev"]}
HEADER = "# Made by `just lock` from pyproject.toml: exact versions with hashes. Do not edit by hand.\n"
FLAGS = [
    "--quiet",
    "--generate-hashes",
    "--allow-unsafe",
    "--strip-extras",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-emit-trusted-host",
    "--no-emit-options",
]


def lock(name: str) -> None:
    target = ROOT / "requirements" / f"{name}.txt"
    extras = [part for extra in EXTRAS[name] for part in ("--extra", extra)]
    constraint = [] if name == "run" else ["-c", str(ROOT / "requirements" / "run.txt")]
    command = [sys.executable, "-m", "piptools", "compile", *FLAGS, *extras, *constraint]
    subprocess.run([*command, "-o", str(target), "pyproject.toml"], cwd=ROOT, check=True)
    target.write_text(HEADER + without_origins(target.read_text()))
    print(f"{target.relative_to(ROOT)} written")


def without_origins(text: str) -> str:
    """Leave out the `# via` comments: they name paths, and they change without reason."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#") and line.strip()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for lock_name in EXTRAS:
        lock(lock_name)
