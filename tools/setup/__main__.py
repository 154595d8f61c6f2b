"""The commands of ./run. Each installs what it needs first, and says so; a second start skips what is there."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.setup import apt, packages, stages, venv
from tools.setup.say import Trouble, tell

ROOT = Path(__file__).resolve().parents[2]
DEVELOPERS_PROGRAMS = frozenset(
    {"hypothesis", "just", "lint-imports", "mypy", "pip-compile", "playwright", "pytest", "ruff", "towncrier"}
)
"""They come with the lock of the tests, which is three times as large as what a user needs."""


@dataclass(frozen=True)
class Command:
    usage: str
    what: str
    act: Callable[[list[str]], int]


def demo(arguments: list[str]) -> int:
    software = wanted_software(arguments)
    install(packages.DEMO_GNUCASH if software == "gnucash" else packages.DEMO, "run")
    return become(["python", "-m", "tools.demo", *arguments], ROOT)


def tour(arguments: list[str]) -> int:
    install(packages.DEMO, "run")
    return become(["python", "-m", "tools.tour", *arguments], ROOT)


def wanted_software(arguments: Sequence[str]) -> str:
    for number, argument in enumerate(arguments):
        if argument.startswith("--software="):
            return argument.partition("=")[2]
        if argument == "--software" and number + 1 < len(arguments):
            return arguments[number + 1]
    return "impromed"


def test(arguments: list[str]) -> int:
    wanted = stages.chosen(arguments)
    started = time.monotonic()
    everything()
    files = stages.disk_for_files(tempfile.gettempdir(), Path("/proc/mounts").read_text())
    return stages.run(wanted, {**environment(), "TMPDIR": files}, time.monotonic() - started)


def bench(arguments: list[str]) -> int:
    everything()
    return become(["python", "-m", "tools.benches", *arguments], ROOT)


def execute(arguments: list[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        raise Trouble("There is no command to run.", "For example:  ./run exec -- tillbridge doctor")
    venv.ensure("run")
    if command[0] in DEVELOPERS_PROGRAMS:
        venv.ensure("test")
    return become(command, Path(os.environ.get("TILLBRIDGE_CALLED_FROM", ROOT)))


def setup(_arguments: list[str]) -> int:
    everything()
    tell("Everything is installed.")
    return 0


def everything() -> None:
    install(packages.TEST, "test")


def install(system: Sequence[str], lock: str) -> None:
    apt.ensure([*system, *venv.system_packages()])
    venv.ensure(lock)


def environment() -> dict[str, str]:
    """The caller's, with our programs in front."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    path = f"{venv.VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**inherited, "PATH": path, "VIRTUAL_ENV": str(venv.VENV)}


def become(command: list[str], folder: Path) -> int:
    """Replace this process, so that signals and the exit code are the command's own."""
    env = environment()
    program = shutil.which(command[0], path=env["PATH"])
    if program is None:
        raise Trouble(
            f"There is no program {command[0]!r}.", "Is it spelt right? Programs of ours are in .venv/bin"
        )
    os.chdir(folder)
    sys.stdout.flush()
    os.execve(program, command, env)


COMMANDS = {
    "demo": Command(
        "demo [--software gnucash] [--keep]",
        "take a payment from a window on a display, and post it back",
        demo,
    ),
    "tour": Command(
        "tour [--profile v5] [--only STEP ...]",
        "every way to pay and to give back, with a picture of each and the books compared",
        tour,
    ),
    "exec": Command(
        "exec -- COMMAND", "run a command in the project's environment, e.g. tillbridge doctor", execute
    ),
    "test": Command("test [STAGE ...]", f"all tests, or these stages: {' '.join(stages.NAMES)}", test),
    "bench": Command(
        "bench NAME [--quick] [--seed N]", "one proof or figure; `bench all` resumes; `bench` lists", bench
    ),
    "setup": Command("setup", "install all that the others need, and do nothing else", setup),
}


def overview() -> str:
    width = max(len(command.usage) for command in COMMANDS.values())
    lines = [f"  ./run {command.usage:<{width}}  {command.what}" for command in COMMANDS.values()]
    return "\n".join(["Tillbridge. What there is to run:", *lines])


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in {"help", "-h", "--help"}:
        tell(overview())
        return 0
    command = COMMANDS.get(arguments[0])
    if command is None:
        tell(f"There is no command {arguments[0]!r}.\n{overview()}")
        return 2
    try:
        return command.act(arguments[1:])
    except Trouble as trouble:
        tell(f"\n{trouble.what}\n  What to do: {trouble.todo}")
        return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        tell("\nStopped. What was installed is kept; start again to go on.")
        sys.exit(130)
