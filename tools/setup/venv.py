"""Makes the virtual environment in .venv and fills it from a lock file, every file checked by its hash."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.setup import apt, packages
from tools.setup.say import Trouble, step, tell

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOGS = ROOT / "var" / "setup"


def ensure(lock: str) -> None:
    """After this, .venv holds at least what requirements/<lock>.txt lists, and the product itself."""
    if filled(lock):
        return
    with turn():
        if filled(lock):
            return
        if not usable():
            make()
        fill(lock)
        written = {key(lock)} | ({key("run")} if lock == "test" else set())
        stamp().write_text("\n".join(sorted(written)) + "\n")


def filled(lock: str) -> bool:
    return PYTHON.exists() and key(lock) in stamps()


@contextmanager
def turn() -> Iterator[None]:
    """One at a time: two commands started together must not fill the same folder."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / "turn").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("  another ./run is installing; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def key(lock: str) -> str:
    """Changes when the lock, the product's own metadata or the place of the clone changes."""
    content = (ROOT / "requirements" / f"{lock}.txt").read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    return f"{lock} {hashlib.sha256(content + str(ROOT).encode()).hexdigest()}"


def stamp() -> Path:
    return VENV / "tillbridge-stamp"


def stamps() -> set[str]:
    return set(stamp().read_text().splitlines()) if stamp().exists() else set()


def usable() -> bool:
    """A Python that starts, is new enough and has pip. A half-made or moved environment is not."""
    if not PYTHON.exists():
        return False
    test = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([str(PYTHON), "-c", test], capture_output=True).returncode == 0


def make() -> None:
    if VENV.exists():
        tell("  the environment in .venv does not start; making it anew")
        shutil.rmtree(VENV)
    if lacks_venv():
        provide_venv_module()
    step(
        "making the environment in .venv",
        [sys.executable, "-m", "venv", str(VENV)],
        log=LOGS / "venv.log",
        cwd=ROOT,
        todo="Remove the folder .venv and start again.",
    )


def system_packages() -> tuple[str, ...]:
    """Debian keeps `venv` in a package of its own: asked for with the others, so that apt runs once."""
    needed = lacks_venv() and is_debians() and not PYTHON.exists()
    return packages.VENV if needed else ()


def lacks_venv() -> bool:
    return importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None


def is_debians() -> bool:
    return sys.executable.startswith("/usr/bin/") and shutil.which("apt-get") is not None


def provide_venv_module() -> None:
    if not is_debians():
        raise Trouble(
            f"{sys.executable} comes without the module venv.",
            "Use another one:  TILLBRIDGE_PYTHON=/usr/bin/python3 ./run",
        )
    apt.ensure(packages.VENV)


def fill(lock: str) -> None:
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    todo = "Is this machine on the network? Start again: what was done is kept."
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    step(
        "installing Python packages, each checked by its hash",
        [*pip, "--require-hashes", "--only-binary=:all:", "-r", f"requirements/{lock}.txt"],
        log=LOGS / f"pip-{lock}.log",
        cwd=ROOT,
        todo=todo,
        env=env,
    )
    step(
        "installing Tillbridge itself from this folder",
        [*pip, "--no-deps", "--no-build-isolation", "--no-index", "-e", "."],
        log=LOGS / "pip-self.log",
        cwd=ROOT,
        todo=todo,
        env=env,
    )
