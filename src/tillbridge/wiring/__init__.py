"""The only place that joins ports to adapters: settings in, a ready engine out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tillbridge.domain.errors import SetupError
from tillbridge.engine.cashier import Engine
from tillbridge.flows.lint import lint as lint_pack
from tillbridge.flows.shelf import installed, shelf
from tillbridge.flows.tables import Finding
from tillbridge.gateways import load as load_gateway
from tillbridge.journal.check import check_file
from tillbridge.journal.salvage import SalvageReport, salvage_file
from tillbridge.journal.sqlite import open_journal
from tillbridge.messages import open_messenger, open_printer
from tillbridge.ports.clock import Clock
from tillbridge.ports.ids import Ids
from tillbridge.ports.journal import Check
from tillbridge.ports.messages import Messenger, Printer
from tillbridge.wiring.late import LatePractice
from tillbridge.wiring.screen import build_practice
from tillbridge.wiring.site import FileSecrets, Site, home_folder, load_site

__all__ = [
    "FileSecrets",
    "LatePractice",
    "Parts",
    "Site",
    "build",
    "build_practice",
    "check_journal",
    "home_folder",
    "lint",
    "load_site",
    "mark_of",
    "salvage_journal",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A ready engine and what has to be closed after it."""

    engine: Engine
    found: tuple[str, ...]
    """Codes of what the journal found at its opening: `migrated`, `restored_from_backup`, `ram_disk` ..."""
    set_up: str
    """What a rehearsal of the payment window holds for, as a hash: the packs and the settings of a posting."""
    messenger: Messenger
    """How clients are written to."""
    printer: Printer
    accept: Callable[[], None]
    """Tell a restored or replaced journal that it is the right one from now on (rule 9)."""

    def close(self) -> None:
        self.messenger.close()
        self.engine.gateway.close()
        self.engine.journal.close()


RESTORED = frozenset({"restored_from_backup", "journal_replaced"})
"""Findings after which events may be missing: nothing is sent again, and no sale begins (rule 9)."""


def mark_of(home: Path) -> Path:
    """How far a desk's journal came, remembered away from it, so that a restored home does not bring it back too.

    TILLBRIDGE_STATE, else the user's own state folder.
    """
    named = os.environ.get("TILLBRIDGE_STATE")
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    folder = Path(named) if named else Path(base) / "tillbridge"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]}.mark"


def account_of(site: Site) -> str:
    """Which gateway and which address or account of it, as a short name; times of its settings do not matter."""
    told = sorted((name, value) for name, value in site.gateway_settings.items() if not name.endswith("_ms"))
    return f"{site.gateway}:{hashlib.sha256(repr(told).encode()).hexdigest()[:12]}"


def build(site: Site, clock: Clock, ids: Ids) -> Parts:
    """Open the journal and the gateway; the screen is opened at its first use. Raises TillbridgeError."""
    packs = installed(site.pack, site.shelf)
    journal = open_journal(site.journal, mark=mark_of(site.home))
    if RESTORED & {finding.code for finding in journal.found}:
        journal.put_in_doubt(clock.now())
    secrets = FileSecrets(site.home)
    try:
        messenger = open_messenger(site.messages, secrets, site.home)
        gateway = load_gateway(site.gateway)(site.gateway_settings, secrets)
    except BaseException:
        journal.close()
        raise
    length = min(pack.limits.marker_length_max for pack in packs)
    engine = Engine(
        journal=journal,
        gateway=gateway,
        messenger=messenger,
        practice=LatePractice(site.software_name, lambda: build_practice(site, packs)),
        clock=clock,
        ids=ids,
        policy=replace(site.policy, marker_length_max=length, gateway=account_of(site)),
    )
    try:
        engine.refuse_other_gateway()
    except SetupError:
        gateway.close()
        journal.close()
        raise
    return Parts(
        engine=engine,
        found=tuple(finding.code for finding in journal.found),
        set_up=set_up_of(site),
        messenger=messenger,
        printer=open_printer(site.messages),
        accept=journal.accept_as_it_is,
    )


def set_up_of(site: Site) -> str:
    """A short hash that changes with any file of the software's packs and any setting that a posting uses."""
    policy = site.policy
    told = [policy.payment_method, policy.employee, sorted(policy.payment_methods.items())]
    found = hashlib.sha256(repr([*told, sorted(site.settings.items())]).encode())
    root = (site.shelf or shelf()) / site.pack
    for file in sorted(path for path in root.rglob("*") if path.is_file() and path.suffix == ".toml"):
        found.update(f"\n{file.relative_to(root).as_posix()}\n".encode())
        found.update(file.read_bytes())
    return found.hexdigest()[:16]


# ---- looking after files ------------------------------------------------------------------------


def lint(folder: Path) -> list[Finding]:
    """The findings of a pack folder or file."""
    return lint_pack(folder)


def check_journal(site: Site) -> Check:
    """Read the whole record without an agent. Raises JournalError `opened_twice`, `newer`."""
    return check_file(site.journal)


def salvage_journal(site: Site, clock: Clock) -> SalvageReport:
    """Copy the damaged record aside and begin a new one with everything that verifies."""
    return salvage_file(site.journal, clock.now(), mark=mark_of(site.home))
