"""python -m tools.benches NAME [--quick] [--seed N] | all | merge | (nothing: list them)

A bench is tools/benches/NAME.py with `run(quick, seed)`, which prints what it does and returns figures.
Here they are judged, shown as a table, kept, and printed as one JSON object on the last line.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from typing import cast

from tools.benches import judge, results

Run = Callable[[bool, int], dict[str, object]]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench", description="one proof or figure")
    parser.add_argument("name", nargs="?", help="a bench, `all` (resumes), or `merge` (into docs/RESULTS.md)")
    parser.add_argument("--quick", action="store_true", help="a small sample: zeros and ratios are judged")
    parser.add_argument("--seed", type=int, default=1, help="start of every random choice (default 1)")
    chosen = parser.parse_args(arguments)
    if chosen.name is None:
        return overview()
    if chosen.name == "merge":
        print(f"merged into docs/RESULTS.md: {' '.join(results.merge()) or 'nothing'}")
        return 0
    if chosen.name == "all":
        return every(quick=chosen.quick, seed=chosen.seed)
    return one(chosen.name, quick=chosen.quick, seed=chosen.seed)


def overview() -> int:
    built = there()
    for name, target in judge.targets().items():
        print(f"  {name:<13} {target['what']}" + ("" if name in built else "   (not built yet)"))
    return 0


def there() -> list[str]:
    """The benches that are built, in the order of the targets."""
    return [name for name in judge.targets() if importlib.util.find_spec(f"tools.benches.{name}")]


def every(*, quick: bool, seed: int) -> int:
    """Each bench in a process of its own; what ran well on this very commit is not run again."""
    sample = "quick" if quick else "full"
    verdicts: dict[str, str] = {}
    for name in there():
        if results.is_current(name, sample, seed):
            verdicts[name] = "ok (kept)"
            continue
        print(f"\n== {name}", flush=True)
        command = [sys.executable, "-m", "tools.benches", name, "--seed", str(seed)]
        code = subprocess.run([*command, *(["--quick"] if quick else [])], cwd=results.ROOT).returncode
        verdicts[name] = "ok" if code == 0 else "NOT REACHED"
    if not quick:
        results.merge()
    print()
    for name, verdict in verdicts.items():
        print(f"  {name:<13} {verdict}")
    return 0 if all(verdict.startswith("ok") for verdict in verdicts.values()) else 1


def one(name: str, *, quick: bool, seed: int) -> int:
    if name not in there():
        print(f"There is no bench {name!r}. These are built: {' '.join(there()) or 'none yet'}")
        return 2
    started = time.monotonic()
    figures = measure(name, quick=quick, seed=seed)
    verdicts = judge.judge(figures, judge.targets()[name], quick=quick)
    ok = "error" not in figures and not any(verdict.missed for verdict in verdicts)
    show(verdicts)
    print(
        f"\n{name}: {'reached' if ok else 'NOT REACHED'} in {time.monotonic() - started:.0f} s, seed {seed}"
    )
    sample = "quick" if quick else "full"
    head: dict[str, object] = {"bench": name, "sample": sample, "seed": seed, "ok": ok}
    result = {
        **head,
        **figures,
        **head,
    }  # first in the line, and last to be written: nothing sets them by hand
    results.save(result)
    print(json.dumps(result), flush=True)
    return 0 if ok else 1


def measure(name: str, *, quick: bool, seed: int) -> dict[str, object]:
    """The bench's figures. A bench that breaks has one figure: its error."""
    run = cast("Run", importlib.import_module(f"tools.benches.{name}").run)
    try:
        return run(quick, seed)
    except Exception as error:  # noqa: BLE001 - whatever it is becomes a figure that no target forgives
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"}


def show(verdicts: list[judge.Verdict]) -> None:
    width = max((len(verdict.key) for verdict in verdicts), default=0)
    print()
    for verdict in verdicts:
        mark = "MISSED" if verdict.missed else ""
        print(f"  {verdict.key:<{width}}  {verdict.value!s:>12}  {verdict.target:<45} {mark}".rstrip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
