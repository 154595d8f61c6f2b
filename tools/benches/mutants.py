"""Are the tests worth anything? The rules of money are broken one by one, and the tests must notice each time.

`broken`: small, plausible mistakes written by hand, at each place where a rule is enforced; all must be caught.
`generated`: mechanical changes of domain and engine, a sample drawn by the seed; the survivors are listed with the
reason why they change nothing that matters, or as what they are: a hole in the tests.
Each version is tested in a copy of the code; nothing here touches the working tree.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tools.benches.mutants_broken import ENGINE, TESTS, Broken, every
from tools.benches.mutants_explained import reason
from tools.benches.mutants_generated import SOURCE, Generated, generated

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
GENERATED_FULL = 260
GENERATED_QUICK = 12
LIMIT_S = 240
"""A version that makes the tests run for ever is noticed, too."""

DOMAIN_TESTS = tuple(
    f"tests/domain/test_{name}.py"
    for name in (
        "tables", "attempts", "postings", "giving_back", "next_command", "matching", "event", "money", "moment",
        "marker", "operation", "pan", "random_stories",
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
    by_hand = [_broken(number, each) for number, each in _chosen(quick, chance)]
    changes = generated(ROOT)
    sample = chance.sample(changes, min(len(changes), GENERATED_QUICK if quick else GENERATED_FULL))
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        places = _places(Path(folder))
        _must_pass(next(places), by_hand)
        print(f"{len(by_hand)} versions broken by hand, in {len({each.file for each in by_hand})} files")
        missed = _survivors(by_hand, places, "NOT NOTICED")
        print(f"{len(sample)} of {len(changes)} mechanical changes of domain and engine")
        survived = _survivors([_generated(each) for each in sample], places, "survived")
    unexplained = [name for name in survived if not reason(name)]
    for name in survived:
        print(f"  survived: {name}\n            {reason(name) or 'NOT EXPLAINED: a hole in the tests'}")
    return {
        "broken": len(by_hand),
        "caught": len(by_hand) - len(missed),
        "generated": len(sample),
        "survived": len(survived),
        "unexplained": len(unexplained),
        "rules": len({each.rule for _, each in _chosen(quick, random.Random(seed))}),
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


def _broken(number: int, each: Broken) -> Version:
    text = (ROOT / SOURCE / each.file).read_text()
    if text.count(each.old) != 1:
        raise ValueError(
            f"broken version {number} of rule {each.rule} does not fit {each.file}: {each.old!r}"
        )
    changed = text.replace(each.old, each.new)
    return Version(
        f"rule {each.rule}, {each.file}: {each.new.strip()!r}", each.file, changed, TESTS[each.tests]
    )


def _generated(each: Generated) -> Version:
    text = (ROOT / SOURCE / each.file).read_text()
    tests = DOMAIN_TESTS if each.file.startswith("domain/") else ENGINE
    return Version(each.name, each.file, text[: each.start] + each.new + text[each.end :], tests)


def _places(folder: Path) -> Iterator[Path]:
    """Copies of the code, one for each worker, made when they are asked for; then the same ones again."""
    made: list[Path] = []
    while len(made) < WORKERS:
        place = folder / f"copy-{len(made)}"
        for part in ("src", "tests", "tools"):
            shutil.copytree(ROOT / part, place / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", place)
        made.append(place)
        yield place
    while True:
        yield from made


def _must_pass(place: Path, versions: list[Version]) -> None:
    """What fails without a change proves nothing about one. Raises RuntimeError."""
    tests = list(dict.fromkeys(test for version in versions for test in version.tests))
    code, said = _tested(place, tests)
    if code != 0:
        raise RuntimeError(f"the tests fail on the unchanged code:\n{said[-2000:]}")


def _tested(place: Path, tests: list[str]) -> tuple[int, str]:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{place}/src:{place}",
        "HYPOTHESIS_STORAGE_DIRECTORY": f"{place}/.h",
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=line", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return -1, "out of time"
    return done.returncode, done.stdout + done.stderr


_stamp_lock = threading.Lock()
_stamps = iter(range(1_600_000_000, 1_700_000_000))


def _write(target: Path, text: str) -> None:
    """With a date of its own, so that nothing compiled earlier is taken for it."""
    with _stamp_lock:
        stamp = next(_stamps)
    target.write_text(text)
    os.utime(target, (stamp, stamp))


def _survives(version: Version, place: Path) -> bool:
    target = place / SOURCE / version.file
    whole = target.read_text()
    _write(target, version.text)
    try:
        code, said = _tested(place, list(version.tests))
    finally:
        _write(target, whole)
    if code not in (-1, 0, 1, 2):
        raise RuntimeError(f"pytest ended with {code} for {version.name}:\n{said[-2000:]}")
    return code == 0


def _survivors(versions: list[Version], places: Iterator[Path], word: str) -> list[str]:
    """Names of the versions that no test noticed, in the order in which they were given."""
    free: SimpleQueue[Path] = SimpleQueue()
    for _ in range(WORKERS):
        free.put(next(places))
    tell = _teller(len(versions), word)

    def one(version: Version) -> bool:
        place = free.get()
        try:
            survives = _survives(version, place)
        finally:
            free.put(place)
        tell(version.name, survives)
        return survives

    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(one, versions))
    return [version.name for version, survives in zip(versions, answers) if survives]


def _teller(total: int, word: str) -> Callable[[str, bool], None]:
    lock, started, done = threading.Lock(), time.monotonic(), [0]

    def tell(name: str, survives: bool) -> None:
        with lock:
            done[0] += 1
            if survives:
                print(f"  {word}: {name}", flush=True)
            if done[0] % 20 == 0 or done[0] == total:
                print(f"  {done[0]} of {total} in {time.monotonic() - started:.0f} s", flush=True)

    return tell
