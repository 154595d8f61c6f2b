"""What is shipped: every file under src/ that is no Python is named as package data, and the entry point is there."""

from __future__ import annotations

import importlib
import tomllib
from importlib.metadata import version
from pathlib import Path

import tillbridge
from tests.architecture.tree import ROOT, files, text

PROJECT = tomllib.loads(text(Path("pyproject.toml")))


def test_every_data_file_is_shipped() -> None:
    package = ROOT / "src" / "tillbridge"
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["tillbridge"]
    shipped = {found.relative_to(ROOT) for pattern in patterns for found in package.glob(pattern)}
    data = [path for path in files() if path.parts[0] == "src" and path.suffix != ".py"]
    assert data
    assert [str(path) for path in data if path not in shipped] == []


def test_the_command_line_is_where_the_entry_point_says() -> None:
    module, _, name = PROJECT["project"]["scripts"]["tillbridge"].partition(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_the_installed_version_is_the_one_of_the_tree() -> None:
    assert version("tillbridge") == PROJECT["project"]["version"]
    assert Path(tillbridge.__file__).is_relative_to(ROOT / "src")


def test_nothing_that_a_clinic_installs_is_under_the_lesser_licence_of_the_stand_in() -> None:
    assert not [name for name in PROJECT["project"]["dependencies"] if name.lower().startswith("pyside")]
