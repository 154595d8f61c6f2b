"""./run demo: take the open invoice's payment by terminal and enter it into the practice software, on real windows."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tillbridge.apps.cli.client import AgentClient
from tools.demo import parts

VAR = parts.ROOT / "var" / "demo"
CONSOLE = Console(highlight=False)
TYPED_BY_US = ("posting_clear", "posting_commit_reached")


class Times:
    """How long each part took, in seconds, in order."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float]] = []

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        with CONSOLE.status(f"{what} ..."):
            yield
        took = time.monotonic() - began
        self.rows.append((what, took))
        CONSOLE.print(f"[green]*[/] {what}  [dim]{took:.1f} s[/]")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run demo", description=__doc__)
    parser.add_argument("--software", choices=parts.SOFTWARE, default="impromed")
    parser.add_argument(
        "--keep", action="store_true", help="leave everything running, with addresses to open"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = _fresh(VAR / options.software)
    try:
        with ExitStack() as stack:
            return play(options.software, options.keep, folder, stack)
    except parts.NotReady as error:
        CONSOLE.print(f"[red]{error}[/]")
        return 1
    except KeyboardInterrupt:
        CONSOLE.print("Stopped.")
        return 130


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "screenshots").mkdir(parents=True)
    return folder


def play(software: str, keep: bool, folder: Path, stack: ExitStack) -> int:
    times = Times()
    with times.of("Display"):
        screen = parts.open_screen(stack)
    with times.of("Card network (simulator: no real money moves)"):
        data = ["-m", "tillbridge.simulator", "--data", str(folder / "simulator"), "--auto", "--no-magic"]
        simulator = parts.start_ready(data, screen.env, folder / "simulator.log", stack)
    with times.of("Practice software" + (": the real GnuCash" if software == "gnucash" else ": a stand-in")):
        shown = parts.start_software(software, screen, folder, stack)
    home = folder / "home"
    parts.write_site(home, simulator, shown)
    with times.of("Agent"):
        agent = parts.start_agent(screen, home, folder, stack)
    with times.of("The invoice on the screen, read"):
        before = parts.until_seen(agent)
    screen.shot(folder / "screenshots" / "1-before.png")
    _tell_invoice("Before", before)
    payment = pay(agent, screen, folder, times)
    after = agent.post("/v1/invoice")
    screen.shot(folder / "screenshots" / "4-after.png")
    _end(agent, payment, before, after, times, screen, folder)
    if keep:
        _keep(simulator, shown, home, screen)
    return 0 if payment["posting_state"] == "posted" else 1


def pay(agent: AgentClient, screen: parts.Screen, folder: Path, times: Times) -> dict[str, Any]:
    """One press of the button, then every step as it happens."""
    payment_id = str(uuid.uuid4())
    CONSOLE.rule("The payment")
    agent.post("/v1/payments", {"payment_id": payment_id, "terminal_id": "front-desk-1"})
    story: list[dict[str, Any]] = []
    pictures = {"acknowledged": "2-card-at-the-terminal.png", "posting_clear": "3-being-entered.png"}
    while True:
        told = agent.get(f"/v1/payments/{payment_id}", after=len(story), wait_ms=5_000)
        for step in told["story"][len(story) :]:
            CONSOLE.print(f"  {step['after_ms'] / 1000:5.1f} s  {step['text']}", markup=False)
            if step["kind"] in pictures:
                _picture(screen, folder / "screenshots" / pictures[step["kind"]], step["kind"])
        story = told["story"]
        payment: dict[str, Any] = told["payment"]
        if payment["finished"] or set(payment["next"]) <= {"AskPerson"} or payment["money_state"] == "killed":
            times.rows += _parts_of(story)
            return payment


def _picture(screen: parts.Screen, path: Path, kind: str) -> None:
    if kind in TYPED_BY_US:
        screen.fullest_shot(path)
    else:
        screen.shot(path)


def _parts_of(story: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """Where the time of the payment went, from the journal's own moments."""
    at = {step["kind"]: step["after_ms"] / 1000 for step in story}
    marks = [
        ("card at the terminal", "send_started", "approved"),
        ("right client and invoice, searched for an earlier entry", "approved", "posting_clear"),
        ("typed, read back, saved", "posting_clear", "posting_commit_reached"),
        ("seen again in the ledger", "posting_commit_reached", "posting_found"),
    ]
    return [(f"  {what}", at[to] - at[since]) for what, since, to in marks if since in at and to in at]


def _tell_invoice(when: str, seen: dict[str, Any]) -> None:
    if "trouble" in seen:
        CONSOLE.print(f"  {when}: {seen['trouble']['text']}", markup=False)
        return
    CONSOLE.print(
        f"  {when}: {seen['client']}, invoice {seen['invoice_number']} in {seen['name']}: "
        f"total {seen['total']['text']}, owed [bold]{seen['balance']['text']}[/]"
    )


def _end(
    agent: AgentClient,
    payment: dict[str, Any],
    before: dict[str, Any],
    after: dict[str, Any],
    times: Times,
    screen: parts.Screen,
    folder: Path,
) -> None:
    CONSOLE.rule("The invoice, as the practice software shows it")
    _tell_invoice("Before", before)
    _tell_invoice("After ", after)
    CONSOLE.rule("The journal of this payment")
    for step in agent.get(f"/v1/payments/{payment['payment_id']}")["story"]:
        at = datetime.fromtimestamp(step["wall_ms"] / 1000, UTC).astimezone().strftime("%H:%M:%S")
        CONSOLE.print(
            f"  {step['seq']:3d}  {at}  {step['kind']:24s} {step['subject']:18s} {step['chain']}",
            markup=False,
        )
    sound = agent.post("/v1/journal/check")
    CONSOLE.print(f"  {sound['events']} entries, chain {'sound' if sound['sound'] else 'BROKEN'}")
    CONSOLE.rule("Time of each part")
    table = Table(box=None, show_header=False)
    for what, took in times.rows:
        table.add_row(what, f"{took:.2f} s")
    CONSOLE.print(table)
    if screen.shots:
        CONSOLE.print(
            f"Screenshots: {_short(folder / 'screenshots')}/", *(shot.name for shot in screen.shots)
        )
    CONSOLE.print(f"Everything else of this run: {_short(folder)}/")


def _short(path: Path) -> str:
    return str(path.relative_to(parts.ROOT))


def _keep(
    simulator: dict[str, Any], shown: parts.StandIn | parts.RealGnuCash, home: Path, screen: parts.Screen
) -> None:
    CONSOLE.rule("Still running: Ctrl+C ends it")
    for page in simulator["terminal_pages"]:
        CONSOLE.print(f"  card terminal        {page}", markup=False)
    CONSOLE.print(f"  card network's books {simulator['url']}/", markup=False)
    for what, address in shown.addresses.items():
        CONSOLE.print(f"  {what}: {address}", markup=False)
    CONSOLE.print(f"  display              DISPLAY={screen.env['DISPLAY']}", markup=False)
    home_text = f"TILLBRIDGE_HOME={_short(home)}"
    CONSOLE.print(
        f"  the next payment     {home_text} ./run exec -- tillbridge pay --terminal front-desk-1",
        markup=False,
    )
    signal.pause()


if __name__ == "__main__":
    sys.exit(main())
