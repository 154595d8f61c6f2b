"""Are the tests worth anything? The rules of money are broken one by one, and the tests must notice each time.

`broken`: small, plausible mistakes written by hand, at each place where a rule is enforced; all must be caught.
`generated`: mechanical changes of domain and engine, a sample drawn by the seed; the survivors are listed with the
reason why they change nothing that matters, or as what they are: a hole in the tests.
Each version is tested in a copy of the code, in a process forked from this one (which has loaded everything heavy but
nothing of ours); nothing here touches the working tree.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from tools.benches.mutants_broken import ENGINE, TESTS, Broken, every
from tools.benches.mutants_explained import reason
from tools.benches.mutants_generated import SOURCE, Generated, generated

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
GENERATED_FULL = 260
GENERATED_QUICK = 12
LIMIT_S = 150
"""A version that makes the tests run for ever is noticed, too."""

OUT_OF_TIME, WRONG_CODE = -99, 99
NOTICED = (1, 2, OUT_OF_TIME)
"""A failed test, code that cannot even be loaded, or tests that never end."""
OUTPUT = "output.txt"
OPTIONS = (
    "-x",
    "-q",
    "--tb=line",
    "-p",
    "no:cacheprovider",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)
"""Stop at the first failure; what was loaded before the fork cannot be rewritten, and need not be."""

PRELOADED = (
    "hypothesis",
    "hypothesis.strategies",
    "httpx",
    "apsw",
    "anyio",
    "starlette.applications",
    "tomllib",
)

DOMAIN_TESTS = tuple(
    f"tests/domain/test_{name}.py"
    for name in (
        "tables", "attempts", "postings", "giving_back", "next_command", "matching", "event", "money", "moment",
        "marker", "operation", "pan", "whose", "small_steps", "random_stories",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Version:
    """One changed file, and the tests that should notice."""

    name: str
    file: str
    text: str
    tests: tuple[str, ...]


def run(quick: bool, seed: int) -> dict[str, object]:
    chance = random.Random(seed)
    chosen = _chosen(quick, chance)
    for name in PRELOADED:
        import_module(name)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        whole = _place(Path(folder) / "whole")
        places = [_place(Path(folder) / f"copy-{number}", whole) for number in range(WORKERS)]
        by_hand = [_broken(whole, number, each) for number, each in chosen]
        changes = generated(whole)
        sample = chance.sample(changes, min(len(changes), GENERATED_QUICK if quick else GENERATED_FULL))
        _must_pass(places[0], by_hand)
        print(f"{len(by_hand)} versions broken by hand, in {len({each.file for each in by_hand})} files")
        missed = _survivors(by_hand, whole, places, "NOT NOTICED")
        print(f"{len(sample)} of {len(changes)} mechanical changes of domain and engine")
        survived = _survivors([_generated(whole, each) for each in sample], whole, places, "survived")
    for name in survived:
        print(f"  survived: {name}\n            {reason(name) or 'NOT EXPLAINED: a hole in the tests'}")
    return {
        "broken": len(by_hand),
        "caught": len(by_hand) - len(missed),
        "generated": len(sample),
        "survived": len(survived),
        "unexplained": sum(not reason(name) for name in survived),
        "rules": len({each.rule for _, each in chosen}),
        "missed": missed,
        "survivors": survived,
    }


def _chosen(quick: bool, chance: random.Random) -> list[tuple[int, Broken]]:
    """All of them, or three of each rule."""
    numbered = list(enumerate(every(), 1))
    if not quick:
        return numbered
    rules = sorted({each.rule for _, each in numbered})
    picked = [chance.sample([pair for pair in numbered if pair[1].rule == rule], 3) for rule in rules]
    return [pair for three in picked for pair in three]


def _broken(whole: Path, number: int, each: Broken) -> Version:
    text = (whole / SOURCE / each.file).read_text()
    if text.count(each.old) != 1:
        raise ValueError(
            f"broken version {number} of rule {each.rule} does not fit {each.file}: {each.old!r}"
        )
    changed = text.replace(each.old, each.new)
    return Version(
        f"rule {each.rule}, {each.file}: {each.new.strip()!r}", each.file, changed, TESTS[each.tests]
    )


def _generated(whole: Path, each: Generated) -> Version:
    text = (whole / SOURCE / each.file).read_text()
    tests = (*DOMAIN_TESTS, *ENGINE) if each.file.startswith("domain/") else ENGINE
    return Version(each.name, each.file, text[: each.start] + each.new + text[each.end :], tests)


def _place(folder: Path, source: Path = ROOT) -> Path:
    """A copy of the code. All come from the first one, so that work that goes on in the tree disturbs nothing."""
    for part in ("src", "tests", "tools"):
        shutil.copytree(source / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(source / "pyproject.toml", folder)
    return folder


def _must_pass(place: Path, versions: Sequence[Version]) -> None:
    """What fails without a change proves nothing about one. Raises RuntimeError."""
    tests = list(dict.fromkeys(test for version in versions for test in version.tests))
    running = Running.begin(place, tests)
    while running.code is None:
        running.look()
    if running.code != 0:
        raise RuntimeError(f"the tests fail on the unchanged code:\n{running.said()[-2000:]}")


@dataclass(slots=True)
class Running:
    """The tests at work in a copy. `code`: pytest's, once they have ended; OUT_OF_TIME if they never would."""

    place: Path
    pid: int
    until: float
    code: int | None = None

    @classmethod
    def begin(cls, place: Path, tests: Sequence[str]) -> Running:
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            _child(place, tests)
        return cls(place, pid, time.monotonic() + LIMIT_S)

    def look(self) -> None:
        """Has it ended? Looks for a moment."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.code = os.waitstatus_to_exitcode(status)
        elif time.monotonic() > self.until:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.code = OUT_OF_TIME
        else:
            time.sleep(0.02)

    def said(self) -> str:
        return (self.place / OUTPUT).read_text(errors="replace")


def _child(place: Path, tests: Sequence[str]) -> None:
    """In the forked process: forget everything of ours, and run the tests of the copy. Never returns."""
    code = WRONG_CODE
    try:
        os.chdir(place)
        output = os.open(place / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        for name in [
            name for name in sys.modules if name.partition(".")[0] in ("tillbridge", "tools", "tests")
        ]:
            del sys.modules[name]
        sys.path[:] = [
            str(place / "src"),
            str(place),
            *(p for p in sys.path if not p.startswith(str(ROOT / "src"))),
        ]
        found = find_spec("tillbridge")
        if found is not None and str(found.origin).startswith(str(place)):
            code = int(pytest.main([*OPTIONS, *tests]))
        else:
            print(f"the copy would be judged by {found}")
    except BaseException:  # noqa: BLE001 - the parent must hear of it, and the child must end here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


_stamps = iter(range(1_600_000_000, 1_700_000_000))


def _write(target: Path, text: str) -> None:
    """With a date of its own, so that nothing compiled earlier is taken for it."""
    stamp = next(_stamps)
    target.write_text(text)
    os.utime(target, (stamp, stamp))


def _survivors(versions: Sequence[Version], whole: Path, places: Sequence[Path], word: str) -> list[str]:
    """Names of the versions that no test noticed. Raises RuntimeError when pytest itself failed."""
    survived: list[str] = []
    waiting, free, busy = list(reversed(versions)), list(places), list[tuple[Version, Running]]()
    started, done = time.monotonic(), 0
    while waiting or busy:
        while waiting and free:
            version, place = waiting.pop(), free.pop()
            _write(place / SOURCE / version.file, version.text)
            busy.append((version, Running.begin(place, version.tests)))
        for version, running in list(busy):
            running.look()
            if running.code is None:
                continue
            if running.code not in NOTICED and running.code != 0:
                raise RuntimeError(
                    f"pytest ended with {running.code} for {version.name}:\n{running.said()[-2000:]}"
                )
            busy.remove((version, running))
            _write(running.place / SOURCE / version.file, (whole / SOURCE / version.file).read_text())
            free.append(running.place)
            done += 1
            if running.code == 0:
                survived.append(version.name)
                print(f"  {word}: {version.name}", flush=True)
            if done % 20 == 0 or done == len(versions):
                print(f"  {done} of {len(versions)} in {time.monotonic() - started:.0f} s", flush=True)
    return survived
