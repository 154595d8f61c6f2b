"""The stages of `./run test`, each a command of its own with a limit, and the table at the end.

A stage that finds nothing to do has failed: a missing part is a failure, never a skip.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.setup.say import Trouble, tell

ROOT = Path(__file__).resolve().parents[2]
NO_TEST_FOUND = 5
"""pytest's exit code."""
PYTEST = ("pytest", "-q", "--durations=5", "--continue-on-collection-errors")


@dataclass(frozen=True)
class Stage:
    """`limit_s`: after this the stage is stopped, with everything that it started."""

    name: str
    what: str
    command: tuple[str, ...]
    limit_s: int


STAGES = (
    Stage("format", "is the code in the house format?", ("ruff", "format", "--check", "."), 60),
    Stage("lint", "do the style rules hold?", ("ruff", "check", "."), 60),
    Stage("types", "do the types hold?", ("mypy",), 240),
    Stage(
        "fast",
        "contracts and everything without a window",
        (*PYTEST, "-m", "not screen and not gnucash and not browser"),
        420,
    ),
    Stage(
        "screen",
        "real windows on a display of their own",
        (*PYTEST, "-m", "screen and not gnucash and not browser"),
        420,
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
    results = [Result("install", installed_s, "")]
    for stage in stages:
        tell(f"\n== {stage.name}: {stage.what}")
        results.append(one(stage, env))
    total = sum(result.seconds for result in results)
    tell("\nSeconds per stage")
    for result in results:
        tell(result.line)
    failed = [result.name for result in results if result.failed_because]
    tell(f"  {'all':<10} {total:7.1f} s  {'FAILED: ' + ' '.join(failed) if failed else 'ok'}")
    return 1 if failed else 0


def disk_for_files(default: str, mounts: str) -> str:
    """Where tests may write: the journal's tests need a real disk, and /tmp is in memory on some machines.

    `mounts`: the text of /proc/mounts. /var/tmp is on disk wherever the rules of the file system are kept.
    """
    kinds = {fields[1]: fields[2] for line in mounts.splitlines() if len(fields := line.split()) > 2}
    around = [path for path in kinds if Path(default).is_relative_to(path)]
    kind = kinds[max(around, key=len)] if around else ""
    return "/var/tmp" if kind in {"tmpfs", "ramfs"} else default


def one(stage: Stage, env: Mapping[str, str]) -> Result:
    started = time.monotonic()
    child = subprocess.Popen(
        stage.command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        code = child.wait(stage.limit_s)
        because = reason(code)
    except subprocess.TimeoutExpired:
        because = f"not done after {stage.limit_s} s"
    finally:
        end(child)
    return Result(stage.name, time.monotonic() - started, because)


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
