"""The only module that joins ports to adapters: settings in, a ready engine out.

The site's settings: `site.toml` for what is not secret, `secrets.toml` (owner-only) for what is. Both lie in the
agent's home folder (TILLBRIDGE_HOME, else the user's data folder). Unknown keys are refused, so that a misspelt
setting is not silently ignored.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

from tillbridge.domain.errors import Fact, SetupError
from tillbridge.domain.money import EXPONENTS
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.engine.cashier import Engine
from tillbridge.engine.policy import Policy
from tillbridge.engine.work import cause_of
from tillbridge.flows.lint import lint as lint_pack
from tillbridge.flows.pack import Pack
from tillbridge.flows.practice import Desk, PackPractice
from tillbridge.flows.shelf import installed, shelf
from tillbridge.flows.tables import Finding
from tillbridge.flows.visible import shown_in_pictures
from tillbridge.gateways import load as load_gateway
from tillbridge.journal.check import check_file
from tillbridge.journal.salvage import SalvageReport, salvage_file
from tillbridge.journal.sqlite import open_journal
from tillbridge.ports.clock import Clock
from tillbridge.ports.ids import Ids
from tillbridge.ports.journal import Check
from tillbridge.ports.practice import (
    AccountSeen,
    InvoiceSeen,
    LedgerSeen,
    PostingOrder,
    PostingReport,
    Practice,
    SoftwareSeen,
    Trouble,
)
from tillbridge.screen.backend import Gone, Guard
from tillbridge.screen.guards.none import NoGuard
from tillbridge.screen.pictures import Album, Camera, Photographed, PicturedLog
from tillbridge.screen.transcript import Transcript, TranscriptFolder

T = TypeVar("T")

_SECTIONS: dict[str, frozenset[str]] = {
    "site": frozenset({"clinic_name", "currency"}),
    "gateway": frozenset({"name", "settings", "terminal"}),
    "software": frozenset({"pack", "name", "shelf"}),
    "posting": frozenset({"payment_method", "employee", "payment_methods"}),
    "screen": frozenset({"backend", "guard", "rehearse"}),
    "agent": frozenset({"port"}),
    "settings": frozenset(),
}
"""`settings` holds what the pack asks for; the pack, not this list, knows its keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """`home`: where journal, transcripts and the agent's address lie. `port`: loopback port, 0 = any free one.
    `terminal`: the one beside this desk, "" = the only one there is.
    `pack`: the software's folder in packs; its versions are all offered. `shelf`: the folder of packs, None = those
    that ship with the product. `backend`, `guard`: `auto` or a name.
    `rehearse`: `auto`, or `never` for a lab whose screen nobody else may touch."""

    home: Path
    gateway: str
    gateway_settings: Mapping[str, str] = field(default_factory=dict)
    terminal: str = ""
    pack: str
    shelf: Path | None = None
    software_name: str
    policy: Policy
    settings: Mapping[str, str] = field(default_factory=dict)
    backend: str = "auto"
    guard: str = "auto"
    rehearse: str = "auto"
    port: int = 0

    @property
    def journal(self) -> Path:
        return self.home / "journal.db"

    @property
    def transcripts(self) -> Path:
        return self.home / "transcripts"

    @property
    def pictures(self) -> Path:
        return self.home / "pictures"

    @property
    def address(self) -> Path:
        return self.home / "agent.json"


def home_folder() -> Path:
    """TILLBRIDGE_HOME, else the user's own data folder."""
    named = os.environ.get("TILLBRIDGE_HOME")
    if named:
        return Path(named)
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "tillbridge"


def load_site(home: Path) -> Site:
    """Raises SetupError `site_missing`, `site_unreadable`, `site_section`, `site_key`, `site_lacks`, `site_value`."""
    file = home / "site.toml"
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise SetupError("site_missing", path=str(home)) from error
    except (OSError, ValueError) as error:
        raise SetupError("site_unreadable", why=str(error)) from error
    _refuse_unknown(table)
    return _site(home, table)


def _refuse_unknown(table: Mapping[str, Any]) -> None:
    for section, keys in table.items():
        known = _SECTIONS.get(section)
        if known is None or not isinstance(keys, dict):
            raise SetupError("site_section", section=section, known=", ".join(_SECTIONS))
        for key in keys if known else ():
            if key not in known:
                raise SetupError("site_key", section=section, key=key, known=", ".join(sorted(known)))


def _site(home: Path, table: Mapping[str, Any]) -> Site:
    port = table.get("agent", {}).get("port", 0)
    if type(port) is not int or not 0 <= port <= 65_535:
        raise SetupError("site_value", section="agent", key="port")
    rehearse = _setting(table, "screen", "rehearse", "auto")
    if rehearse not in ("auto", "never"):
        raise SetupError("site_value", section="screen", key="rehearse")
    pack, own = _setting(table, "software", "pack"), _setting(table, "software", "shelf", "")
    return Site(
        home=home,
        gateway=_setting(table, "gateway", "name"),
        gateway_settings=_named(table, "gateway", "settings"),
        terminal=_setting(table, "gateway", "terminal", ""),
        pack=pack,
        shelf=Path(own) if own else None,
        software_name=_setting(table, "software", "name", pack),
        policy=_policy(table),
        settings={str(key): str(value) for key, value in table.get("settings", {}).items()},
        backend=_setting(table, "screen", "backend", "auto"),
        guard=_setting(table, "screen", "guard", "auto"),
        rehearse=rehearse,
        port=port,
    )


def _policy(table: Mapping[str, Any]) -> Policy:
    currency = _setting(table, "site", "currency", "USD")
    if currency not in EXPONENTS:
        raise SetupError("site_value", section="site", key="currency")
    return Policy(
        currency=currency,
        payment_method=_setting(table, "posting", "payment_method"),
        payment_methods=_named(table, "posting", "payment_methods"),
        employee=_setting(table, "posting", "employee", ""),
        clinic_name=_setting(table, "site", "clinic_name", ""),
        day_of=local_day,
    )


def local_day(wall_ms: int) -> int:
    """The day of the site's own calendar on which a moment falls, as a number."""
    return datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone().toordinal()


def _setting(table: Mapping[str, Any], section: str, key: str, default: str | None = None) -> str:
    """A text. Raises SetupError `site_lacks` where there is none and no default, `site_value` for anything else."""
    value = table.get(section, {}).get(key, default)
    if value is None:
        raise SetupError("site_lacks", section=section, key=key)
    if not isinstance(value, str):
        raise SetupError("site_value", section=section, key=key)
    return value


def _named(table: Mapping[str, Any], section: str, key: str) -> dict[str, str]:
    """A table of texts by name, empty if it is not there."""
    value = table.get(section, {}).get(key, {})
    if not isinstance(value, dict):
        raise SetupError("site_value", section=section, key=key)
    return {str(name): str(one) for name, one in value.items()}


def _place(error: tomllib.TOMLDecodeError) -> str:
    """Where a file is wrong, without what stands there: it may be a key."""
    found = re.search(r"line \d+", str(error))
    return found[0] if found else "its end"


class FileSecrets:
    """`secrets.toml` in the home folder, readable by its owner only."""

    def __init__(self, home: Path) -> None:
        self._file = home / "secrets.toml"

    def get(self, name: str) -> str:
        """Raises SetupError `secret_missing`, `secrets_open` (others on this computer can read the file; looked at
        before it is read), `secrets_unreadable`."""
        try:
            if os.name == "posix" and self._file.stat().st_mode & 0o077:
                raise SetupError("secrets_open", path=str(self._file))
            table = tomllib.loads(self._file.read_text("utf-8"))
        except FileNotFoundError as error:
            raise SetupError("secret_missing", name=name) from error
        except tomllib.TOMLDecodeError as error:
            raise SetupError("secrets_unreadable", why=_place(error)) from error
        except (OSError, ValueError) as error:
            raise SetupError("secrets_unreadable", why=type(error).__name__) from error
        value = table.get(name)
        if not isinstance(value, str) or not value:
            raise SetupError("secret_missing", name=name)
        return value


# ---- joining ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A ready engine and what has to be closed after it."""

    engine: Engine
    found: tuple[str, ...]
    """Codes of what the journal found at its opening: `migrated`, `restored_from_backup`, `ram_disk` ..."""
    set_up: str
    """What a rehearsal of the payment window holds for, as a hash: the packs and the settings of a posting."""
    accept: Callable[[], None]
    """Tell a restored or replaced journal that it is the right one from now on (rule 9)."""

    def close(self) -> None:
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
    try:
        gateway = load_gateway(site.gateway)(site.gateway_settings, FileSecrets(site.home))
    except BaseException:
        journal.close()
        raise
    length = min(pack.limits.marker_length_max for pack in packs)
    engine = Engine(
        journal=journal,
        gateway=gateway,
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


def build_practice(site: Site, packs: Sequence[Pack]) -> Practice:
    """Connect to the desktop this process runs in. Raises SetupError `no_display`, `no_accessibility`."""
    if os.name == "posix" and not os.environ.get("DISPLAY"):
        raise SetupError("no_display")
    from tillbridge.screen.backends.atspi.driver import connect  # late: platform libraries weigh on the start

    try:
        backend = connect()
    except Gone as error:
        raise SetupError("no_accessibility", why=str(error)) from error
    try:
        guard = _guard(site.guard)
    except Gone as error:
        backend.close()
        raise SetupError("no_accessibility", why=str(error)) from error
    folder = TranscriptFolder(
        site.transcripts,
        clock=time.monotonic,
        now=lambda: datetime.now().astimezone(),
        hides=looks_like_card_number,
    )
    album = Album(
        site.pictures, open_camera=_camera, shown=shown_in_pictures(packs), hides=looks_like_card_number
    )
    desk = Desk(
        backend=Photographed(backend, album),
        guard=guard,
        clock=time.monotonic,
        today=date.today,
        log=lambda title: pictured(folder.open(title), title, album),
        secrets=FileSecrets(site.home).get,
        settings=site.settings,
    )
    # Never used before on this desk, and too short to be taken for a card number in a transcript.
    return PackPractice(desk, packs, first_burst=time.time_ns() // 10_000_000 % 10**11)


def pictured(log: Transcript, title: str, album: Album) -> Transcript | PicturedLog:
    """Runs that type something are photographed; those that read happen all the time, and are not."""
    if not PICTURED & set(title.split()):
        return log
    album.begin(log.name)
    return PicturedLog(log, album)


PICTURED = frozenset({"post", "rehearse"})


def _camera() -> Camera:
    from tillbridge.screen.backends.atspi.camera import ScreenCamera

    return ScreenCamera()


def _guard(name: str) -> Guard:
    if name == "none" or (name == "auto" and not os.environ.get("DISPLAY")):
        return NoGuard()
    from tillbridge.screen.guards.x11 import X11Guard

    return X11Guard()


class LatePractice:
    """The practice software, connected to at the first use and again after the desktop went away.

    A missing screen is a Trouble, never an end: cards still work (rule 13). Owned by the screen's thread.
    """

    def __init__(self, name: str, make: Callable[[], Practice]) -> None:
        self._name, self._make = name, make
        self._made: Practice | None = None
        self.complaint = ""

    def identify(self) -> SoftwareSeen | Trouble:
        return self._with(lambda practice: practice.identify())

    def read_invoice(self) -> InvoiceSeen | Trouble:
        return self._with(lambda practice: practice.read_invoice())

    def read_ledger(self, order: PostingOrder) -> LedgerSeen | Trouble:
        """A typed amount without an account cannot be looked for: a person enters it (rule 13)."""
        if not order.account_id:
            return self._named(enter_yourself(order))
        return self._with(lambda practice: practice.read_ledger(order))

    def read_account(self, order: PostingOrder) -> AccountSeen | Trouble:
        if not order.account_id:
            return self._named(enter_yourself(order))
        return self._with(lambda practice: practice.read_account(order))

    def list_payment_methods(self) -> tuple[str, ...] | Trouble:
        return self._with(lambda practice: practice.list_payment_methods())

    def post(self, order: PostingOrder) -> PostingReport:
        if not order.account_id:
            return PostingReport(stage="not_committed", trouble=self._named(enter_yourself(order)))
        return self._reported(lambda practice: practice.post(order))

    def rehearse(self, order: PostingOrder) -> PostingReport:
        return self._reported(lambda practice: practice.rehearse(order))

    def idle_s(self) -> float:
        found = self._with(lambda practice: practice.idle_s())
        return 0.0 if isinstance(found, Trouble) else found

    def close(self) -> None:
        """Let the desktop go. One that ended by itself complains when it is told so; `complaint` keeps what it said."""
        made, self._made = self._made, None
        try:
            if made is not None:
                made.close()
        except Exception as error:  # noqa: BLE001 - it is let go all the same
            self.complaint = cause_of(error)

    def _connected(self) -> Practice | Trouble:
        try:
            self._made = self._made or self._make()
        except SetupError as error:
            return Trouble(who="setup", code=error.code, facts=dict(error.facts), retry_in_ms=10_000)
        return self._made

    def _with(self, look: Callable[[Practice], T]) -> T | Trouble:
        """Read something. A surprise is a trouble, and the next look begins with a new connection."""
        practice = self._connected()
        if isinstance(practice, Trouble):
            return self._named(practice)
        try:
            found = look(practice)
        except Exception as error:  # noqa: BLE001 - whatever a desktop that ends makes of a look
            self.close()
            facts: dict[str, Fact] = {"cause": cause_of(error)}
            return self._named(Trouble(who="pack", code="screen_failed", facts=facts, retry_in_ms=5_000))
        return self._named(found) if isinstance(found, Trouble) else found

    def _reported(self, act: Callable[[Practice], PostingReport]) -> PostingReport:
        """Type something. After a surprise nobody knows how far it came: the engine takes what is raised as a doubt."""
        practice = self._connected()
        if isinstance(practice, Trouble):
            return PostingReport(stage="not_committed", trouble=self._named(practice))
        try:
            report = act(practice)
        except Exception:
            self.close()
            raise
        return replace(report, trouble=self._named(report.trouble)) if report.trouble else report

    def _named(self, trouble: Trouble) -> Trouble:
        """People know the software by the name that the site calls it."""
        if trouble.code == "desktop_gone":
            self.close()
        return replace(trouble, facts={"name": self._name, **trouble.facts})


def enter_yourself(order: PostingOrder) -> Trouble:
    return Trouble(who="operator", code="enter_yourself", facts={"payment_id": order.payment_id})


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
