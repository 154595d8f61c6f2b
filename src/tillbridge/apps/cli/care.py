"""journal check and salvage, pack lint: looking after the files, without an agent."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from tillbridge.apps.agent.system import SystemClock
from tillbridge.apps.cli.client import any_agent, running_agent
from tillbridge.domain.errors import SetupError
from tillbridge.strings import sentence
from tillbridge.wiring import Site, check_journal, home_folder, lint, load_site, salvage_journal


def run(name: str, options: argparse.Namespace) -> int:
    if name == "pack":
        return _lint(options)
    site = load_site(options.home or home_folder())
    if options.what in ("missing", "accept"):
        return _restored(site, options)
    return _check(site) if options.what == "check" else _salvage(site)


def _restored(site: Site, options: argparse.Namespace) -> int:
    """After a backup was put back: what the card processor took meanwhile; a named person says that it was seen."""
    with any_agent(site) as agent:
        told = agent.post(f"/v1/journal/{options.what}", {"person": options.person})
    for row in told["missing"]:
        at = datetime.fromtimestamp(row["wall_ms"] / 1000, UTC).astimezone()
        print(f"  {at:%m-%d %H:%M}  {row['amount']['text']:>12}  {row['reference']}")
    facts = {"count": len(told["missing"])}
    print(sentence("missing_still" if told["closed"] else "missing_settled", facts, section="cli"))
    return 1 if told["closed"] else 0


def _lint(options: argparse.Namespace) -> int:
    """One finding a line, `file:line: severity code: text`, as compilers say it."""
    findings = lint(options.folder)
    for finding in findings:
        print(finding)
    faults = sum(finding.severity == "error" for finding in findings)
    print(
        sentence("linted", {"faults": faults, "warnings": len(findings) - faults}, section="cli"),
        file=sys.stderr,
    )
    return 1 if faults else 0


def _check(site: Site) -> int:
    """Asks a running agent, which holds the file's lock; else reads the file itself."""
    with running_agent(site) as agent:
        if agent is not None:
            found = agent.post("/v1/journal/check")
            sound, events, seq, reason = found["sound"], found["events"], found["bad_seq"], found["reason"]
        else:
            checked = check_journal(site)
            sound, events, seq, reason = checked.sound, checked.events, checked.bad_seq, checked.reason
    damaged = "journal_unreadable" if seq is None else "journal_damaged"
    code = "journal_sound" if sound else damaged
    print(sentence(code, {"events": events, "seq": seq, "reason": reason}, section="cli"))
    return 0 if sound else 1


def _salvage(site: Site) -> int:
    with running_agent(site) as agent:
        if agent is not None:
            raise SetupError("opened_twice")
    report = salvage_journal(site, SystemClock())
    facts: dict[str, str | int | bool | None] = {
        "kept": report.events,
        "aside": ", ".join(report.aside),
        "tasks": len(report.tasks),
    }
    print(sentence("journal_salvaged", facts, section="cli"))
    if report.lost:
        print(sentence("journal_lost", {"lost": ", ".join(report.lost)}, section="cli"))
    return 0
