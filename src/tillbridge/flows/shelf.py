"""The packs that ship with the product: found by their folders, judged before they are used."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

from tillbridge.domain.errors import SetupError
from tillbridge.flows.lint import judged
from tillbridge.flows.loader import FILE, load
from tillbridge.flows.pack import Pack


def shelf() -> Path:
    """The folder <software>/<version>/pack.toml of this installation."""
    with as_file(files("tillbridge").joinpath("packs")) as path:
        return path


def folders(root: Path, software: str = "") -> Sequence[Path]:
    """Every pack folder below a shelf, of one software or of all."""
    return sorted(file.parent for file in root.glob(f"{software or '*'}/*/{FILE}"))


def sound(folder: Path) -> Pack:
    """A pack without errors. Raises SetupError `pack_broken` with the first finding."""
    loaded = load(folder)
    errors = [finding for finding in judged(loaded) if finding.severity == "error"]
    if errors or loaded.pack is None:
        raise SetupError("pack_broken", pack=str(folder), finding=str(errors[0]), count=len(errors))
    return loaded.pack


def installed(software: str = "", root: Path | None = None) -> tuple[Pack, ...]:
    """Every sound version of one software (or of all). Raises SetupError `pack_broken`, `pack_unknown`."""
    packs = tuple(sound(folder) for folder in folders(root or shelf(), software))
    if not packs:
        raise SetupError("pack_unknown", software=software)
    return packs
