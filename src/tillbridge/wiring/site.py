"""The site's settings: `site.toml` for what is not secret, `secrets.toml` (owner-only) for what is.

Both lie in the agent's home folder (TILLBRIDGE_HOME, else the user's data folder). Unknown keys are refused, so that a
misspelt setting is not silently ignored.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tillbridge.domain.errors import SetupError
from tillbridge.domain.money import EXPONENTS
from tillbridge.engine.policy import Policy
from tillbridge.messages import MessageSettings

SECTIONS: dict[str, frozenset[str]] = {
    "site": frozenset({"clinic_name", "contact", "currency", "desk"}),
    "gateway": frozenset({"name", "settings", "terminal"}),
    "software": frozenset({"pack", "name", "shelf"}),
    "posting": frozenset({"payment_method", "employee", "payment_methods", "fee_in_software"}),
    "screen": frozenset({"backend", "guard", "rehearse"}),
    "messages": frozenset({"email", "text", "email_settings", "text_settings", "printer"}),
    "agent": frozenset({"port"}),
    "settings": frozenset(),
}
"""`settings` holds what the pack asks for; the pack, not this list, knows its keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """`home`: where journal, transcripts and the agent's address lie. `port`: loopback port, 0 = any free one.
    `terminal`: the one beside this desk, "" = the only one there is.
    `messages`: how clients are written to.
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
    messages: MessageSettings = field(default_factory=MessageSettings)
    backend: str = "auto"
    guard: str = "auto"
    rehearse: str = "auto"
    port: int = 0
    contact: str = ""
    """How clients reach the clinic, as agreements tell them."""

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
        known = SECTIONS.get(section)
        if known is None or not isinstance(keys, dict):
            raise SetupError("site_section", section=section, known=", ".join(SECTIONS))
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
        messages=MessageSettings(
            email=_setting(table, "messages", "email", ""),
            text=_setting(table, "messages", "text", ""),
            email_settings=_named(table, "messages", "email_settings"),
            text_settings=_named(table, "messages", "text_settings"),
            printer=_setting(table, "messages", "printer", ""),
        ),
        settings={str(key): str(value) for key, value in table.get("settings", {}).items()},
        backend=_setting(table, "screen", "backend", "auto"),
        guard=_setting(table, "screen", "guard", "auto"),
        rehearse=rehearse,
        port=port,
        contact=_setting(table, "site", "contact", ""),
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
        fee_in_software=_flag(table, "posting", "fee_in_software"),
        desk=_setting(table, "site", "desk", "Desk 1"),
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


def _flag(table: Mapping[str, Any], section: str, key: str) -> bool:
    """True or false, false if it is not there. Raises SetupError `site_value`."""
    value = table.get(section, {}).get(key, False)
    if not isinstance(value, bool):
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
