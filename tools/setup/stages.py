"""The stages of `./run test`, each a command of its own with a limit, and the table at the end.

A stage that finds nothing to do has failed: a missing part is a failure, never a skip. Where there are two processors,
the two longest stages run at the same time; what they said is then told one after the other.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO

from tools.setup.say import Trouble, tell

ROOT = Path(__file__).resolve().parents[2]
NO_TEST_FOUND = 5
"""pytest's exit code."""
LOOK_S = 0.05
PYTEST = ("pytest", "-q", "--durations=5", "--continue-on-collection-errors")


@dataclass(frozen=True)
class Stage:
    """`limit_s`: after this the stage is stopped, with everything that it started. `beside`: may run at the same
    time as a neighbour that may, too."""

    name: str
    what: str
    command: tuple[str, ...]
    limit_s: int
    beside: bool = False


STAGES = (
    Stage("format", "is the code in the house format?", ("ruff", "format", "--check", "."), 60),
    Stage("lint", "do the style rules hold?", ("ruff", "check", "."), 60),
    Stage("types", "do the types hold?", ("mypy",), 240),
    Stage(
        "fast",
        "contracts and everything without a window",
        (*PYTEST, "-m", "not screen and not gnucash and not browser"),
        900,
        beside=True,
    ),
    Stage(
        "screen",
        "real windows on a display of their own",
        (*PYTEST, "-m", "screen and not gnucash and not browser"),
        900,
        beside=True,
    ),
    Stage("gnucash", "the real GnuCash", (*PYTEST, "-m", "gnucash"), 300),
    Stage("browser", "pages in a real browser", (*PYTEST, "-m", "browser"), 180),
)
NAMES = [stage.name for stage in STAGES]


@dataclass(frozen=True)
class Result:
    name: str
    seconds: float
    failed_because: str

    @property
    def line(self) -> str:
        verdict = f"FAILED: {self.failed_because}" if self.failed_because else "ok"
        return f"  {self.name:<10} {self.seconds:7.1f} s  {verdict}"


def chosen(names: Sequence[str]) -> list[Stage]:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise Trouble(f"There is no test stage {unknown[0]!r}.", f"The stages are: {' '.join(NAMES)}")
    return [stage for stage in STAGES if not names or stage.name in names]


def run(stages: Sequence[Stage], env: Mapping[str, str], installed_s: float) -> int:
    """Every stage, even after a failure, so that one run tells everything. 0 if all passed."""
    started = time.monotonic()
    results = [Result("install", installed_s, "")]
    for group in groups(stages, os.cpu_count() or 1):
        results += alone(group[0], env) if len(group) == 1 else together(group, env)
    tell("\nSeconds per stage")
    for result in results:
        tell(result.line)
    failed = [result.name for result in results if result.failed_because]
    verdict = f"FAILED: {' '.join(failed)}" if failed else "ok"
    tell(f"  {'all':<10} {installed_s + time.monotonic() - started:7.1f} s  {verdict}")
    return 1 if failed else 0


def groups(stages: Sequence[Stage], processors: int) -> Iterator[list[Stage]]:
    """Neighbours that may run at the same time, if there is a processor for each of two."""
    for beside, neighbours in groupby(stages, lambda stage: stage.beside):
        if beside and processors > 1:
            yield list(neighbours)
        else:
            yield from ([stage] for stage in neighbours)


def alone(stage: Stage, env: Mapping[str, str]) -> list[Result]:
    tell(f"\n== {stage.name}: {stage.what}")
    return [one(stage, env)]


def together(group: Sequence[Stage], env: Mapping[str, str]) -> list[Result]:
    tell(f"\n== at the same time: {' and '.join(stage.name for stage in group)}")
    with ExitStack() as files:
        words = [files.enter_context(tempfile.TemporaryFile()) for _ in group]
        results = watched([Running(stage, env, file) for stage, file in zip(group, words)])
        for stage, file in zip(group, words):
            tell(f"\n== {stage.name}: {stage.what}")
            file.seek(0)
            sys.stdout.buffer.write(file.read())
            sys.stdout.flush()
    return results


def disk_for_files(default: str, mounts: str) -> str:
    """Where tests may write: the journal's tests need a real disk, and /tmp is in memory on some machines.

    `mounts`: the text of /proc/mounts. /var/tmp is on disk wherever the rules of the file system are kept.
    """
    kinds = {fields[1]: fields[2] for line in mounts.splitlines() if len(fields := line.split()) > 2}
    around = [path for path in kinds if Path(default).is_relative_to(path)]
    kind = kinds[max(around, key=len)] if around else ""
    return "/var/tmp" if kind in {"tmpfs", "ramfs"} else default


class Running:
    """A stage that was started. `words`: where it writes, instead of this process's own output."""

    def __init__(self, stage: Stage, env: Mapping[str, str], words: IO[bytes] | None = None) -> None:
        self.stage = stage
        self.result: Result | None = None
        self._started = time.monotonic()
        self.child = subprocess.Popen(
            stage.command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
        )

    def look(self) -> None:
        """Has it ended, or is its time up? Then all that it started ends, too."""
        if self.result is not None:
            return
        seconds, code = time.monotonic() - self._started, self.child.poll()
        if code is not None:
            self.result = Result(self.stage.name, seconds, reason(code))
        elif seconds > self.stage.limit_s:
            self.result = Result(self.stage.name, seconds, f"not done after {self.stage.limit_s} s")
        if self.result is not None:
            end(self.child)


def one(stage: Stage, env: Mapping[str, str]) -> Result:
    return watched([Running(stage, env)])[0]


def watched(running: Sequence[Running]) -> list[Result]:
    """Wait for all of them. Whatever stops us ends them, too."""
    results: list[Result] = []
    try:
        while len(results) < len(running):
            time.sleep(LOOK_S)
            for each in running:
                each.look()
            results = [each.result for each in running if each.result]
    finally:
        for each in running:
            end(each.child)
    return results


def reason(code: int) -> str:
    if code == NO_TEST_FOUND:
        return "it found no test"
    return f"exit code {code}" if code else ""


def end(child: subprocess.Popen[bytes]) -> None:
    """Nothing that a stage started may outlive it: first politely, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
            child.wait(5)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
