"""Payment gateways: each is one folder here with a `gateway.toml`; being there is enough, nothing is registered.

A folder holds `gateway.toml` (what it is and what settings it needs), `adapter.py` (class `Adapter`, the port),
`wire.py` (pure mapping of its messages) and `MAPPING.md`. No gateway imports another.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from typing import Protocol, cast

from tillbridge.domain.errors import SetupError
from tillbridge.ports.gateway import Gateway
from tillbridge.ports.secrets import Secrets


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of a gateway's settings. `secret` ones come from `ports/secrets`, never from site.toml."""

    name: str
    what: str
    secret: bool
    default: str | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a `gateway.toml` says."""

    name: str
    title: str
    about: str
    settings: tuple[Setting, ...]


class MakeGateway(Protocol):
    """How each adapter is made: settings by name (text), and where its keys come from. Raises SetupError."""

    def __call__(self, settings: Mapping[str, str], secrets: Secrets) -> Gateway: ...


def available() -> dict[str, Manifest]:
    """Every gateway folder by name. Raises SetupError `gateway_manifest` for a broken one."""
    folders = (folder for folder in files(__name__).iterdir() if folder.is_dir())
    found = [
        _manifest(folder.name, manifest.read_text(encoding="utf-8"))
        for folder in folders
        if (manifest := folder / "gateway.toml").is_file()
    ]
    return {manifest.name: manifest for manifest in sorted(found, key=lambda manifest: manifest.name)}


def load(name: str) -> MakeGateway:
    """The adapter class of a gateway. Raises SetupError `gateway_unknown`."""
    names = available()
    if name not in names:
        raise SetupError("gateway_unknown", name=name, known=", ".join(names))
    return cast(MakeGateway, import_module(f"{__name__}.{name}.adapter").Adapter)


def _manifest(folder: str, text: str) -> Manifest:
    try:
        table = tomllib.loads(text)
        settings = tuple(
            Setting(str(row["name"]), str(row["what"]), bool(row.get("secret", False)), row.get("default"))
            for row in table.get("setting", [])
        )
        manifest = Manifest(str(table["name"]), str(table["title"]), str(table["about"]), settings)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise SetupError("gateway_manifest", folder=folder, cause=str(error)) from error
    if manifest.name != folder:
        raise SetupError("gateway_manifest", folder=folder, cause=f"it calls itself {manifest.name!r}")
    return manifest
