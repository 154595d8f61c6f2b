"""./run tour: every way to pay and to give back on real windows, with a picture of each, and three books compared."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from tillbridge.strings import amount
from tools.demo import parts
from tools.tour import books
from tools.tour.play import Stage, StepFailed, play
from tools.tour.steps import STEPS, Step

VAR = parts.ROOT / "var" / "tour"
CONSOLE = Console(highlight=False)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run tour", description=__doc__)
    parser.add_argument("--only", nargs="*", default=None, metavar="STEP", help="these steps alone")
    parser.add_argument("--profile", default="v6", choices=["v5", "v6", "v7"], help="which version")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    wanted = [step for step in STEPS if options.only is None or step.name in options.only]
    for step in [step for step in wanted if options.profile in step.not_on]:
        CONSOLE.print(f"Left out: {step.title} ({step.not_on[options.profile]})")
        wanted.remove(step)
    try:
        with ExitStack() as stack:
            return tour(open_stage(VAR, options.profile, stack), wanted)
    except parts.NotReady as error:
        CONSOLE.print(f"[red]{error}[/]")
        return 1
    except KeyboardInterrupt:
        return 130


def open_stage(folder: Path, profile: str, stack: ExitStack) -> Stage:
    """Display, card network, practice software and agent, each in its own process."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "pictures").mkdir(parents=True)
    screen = parts.open_screen(stack)
    network = ["-m", "tillbridge.simulator", "--data", str(folder / "simulator"), "--auto", "--no-magic"]
    simulator = parts.start_ready(network, screen.env, folder / "simulator.log", stack)
    shown = parts.start_stand_in(screen, folder, stack, profile)
    home = folder / "home"
    parts.write_site(home, simulator, shown, rehearse="never")
    agent = parts.start_agent(screen, home, folder, stack)
    parts.until_seen(agent)
    ledger_url = next(iter(shown.addresses.values())).removesuffix("/truth")
    return Stage(agent, screen, simulator, ledger_url, shown.desk.payment_method, folder)


def tour(stage: Stage, steps: list[Step]) -> int:
    """0 if every step ended as it says and the books agree."""
    failed = [step.name for step in steps if not _told(stage, step)]
    found = stage.books()
    CONSOLE.rule("The books")
    for where, minor in books.totals(found).items():
        CONSOLE.print(f"  {where:<14} {amount(minor):>12}")
    differ = books.differences(found)
    for line in differ:
        CONSOLE.print(f"  [red]{line}[/]")
    if stage.screen.shots:
        CONSOLE.print(f"Pictures: {stage.folder.relative_to(parts.ROOT)}/pictures/")
    verdict = f"{len(steps) - len(failed)} of {len(steps)} steps; the books {'differ' if differ else 'agree'}"
    CONSOLE.print(f"[bold]{verdict}[/]")
    return 1 if failed or differ else 0


def _told(stage: Stage, step: Step) -> bool:
    CONSOLE.rule(f"{step.title}", align="left")
    try:
        played = play(stage, step)
    except StepFailed as failure:
        CONSOLE.print(f"  [red]{failure}[/]")
        return False
    except Exception as error:  # noqa: BLE001 - one step that breaks down is told, the others are still played
        CONSOLE.print(f"  [red]{type(error).__name__}: {error}[/]")
        return False
    for line in played.story:
        CONSOLE.print(f"  {line}", markup=False)
    return True


if __name__ == "__main__":
    sys.exit(main())
