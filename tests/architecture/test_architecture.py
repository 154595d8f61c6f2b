"""The import rules, run by plain pytest; and that each of them bites, on a small tree with one planted import.

The rules themselves stand in pyproject.toml under [tool.importlinter].
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from tests.architecture.tree import ROOT, text

PACKAGES = [
    *(
        "apps",
        "apps/cli",
        "testing",
        "simulator",
        "simulator/core",
        "stand_ins",
        "engine",
        "gateways",
        "flows",
    ),
    *("gateways/one", "gateways/two", "journal", "ports", "domain", "screen", "screen/backends"),
    *("screen/guards", "strings", "messages"),
]
RULE_ORDER = [
    "apps | testing | simulator | stand_ins",
    "wiring",
    "engine | gateways | flows | journal | messages",
]

PLANTED = {
    "the engine sees an adapter": ("engine/x", "import tillbridge.journal"),
    "an adapter sees the engine": ("gateways/one/x", "import tillbridge.engine"),
    "an adapter sees a stranger": ("flows/x", "import tillbridge.journal"),
    "the domain looks up": ("domain/x", "import tillbridge.ports"),
    "ports look up": ("ports/x", "import tillbridge.flows"),
    "the screen knows of money": ("screen/x", "import tillbridge.domain"),
    "strings know of money": ("strings/x", "import tillbridge.domain"),
    "one gateway knows another": ("gateways/one/x", "import tillbridge.gateways.two"),
    "wiring knows the apps": ("wiring", "import tillbridge.apps"),
    "an app takes a test kit": ("apps/cli/x", "import tillbridge.testing"),
    "an app takes an adapter": ("apps/cli/x", "import tillbridge.gateways.one"),
    "an app opens the journal": ("apps/cli/x", "import tillbridge.journal"),
    "an app sends mail": ("apps/cli/x", "import tillbridge.messages"),
    "the engine sends mail": ("engine/x", "import tillbridge.messages"),
    "an app reads a screen": ("apps/cli/x", "import tillbridge.screen"),
    "a folder without a place": ("shared/x", ""),
    "the domain has a clock": ("domain/x", "import time"),
    "the domain has chance": ("domain/x", "from random import random"),
    "ports have a socket": ("ports/x", "import socket"),
    "the engine has threads": ("engine/x", "import threading"),
    "the engine writes a log": ("engine/x", "import logging"),
    "the engine is asynchronous": ("engine/x", "import asyncio"),
    "the engine opens a database": ("engine/x", "import sqlite3"),
    "the simulator's core has a clock": ("simulator/core/x", "import time"),
    "the engine sees a screen": ("engine/x", "import tillbridge.screen"),
    "a gateway sees a screen": ("gateways/one/x", "import tillbridge.screen"),
    "a platform library in flows": ("flows/x", "import jeepney"),
    "a platform library in the screen's own rules": ("screen/x", "import Xlib"),
    "the simulator borrows the domain": ("simulator/x", "import tillbridge.domain"),
    "a stand-in borrows the screen": ("stand_ins/x", "import tillbridge.screen"),
    "a stand-in knows the simulator": ("stand_ins/x", "import tillbridge.simulator"),
    "the product knows its judge": ("testing/x", "import tillbridge.simulator"),
}
ALLOWED = {
    "doctor looks at the screen": ("apps/cli/doctor", "import tillbridge.screen.backends"),
    "a backend talks to its platform": ("screen/backends/x", "import jeepney"),
    "a guard talks to its platform": ("screen/guards/x", "import Xlib"),
    "wiring joins": ("wiring", "import tillbridge.engine, tillbridge.gateways.one, tillbridge.screen"),
}


def test_the_import_rules_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True, is_debug_mode=False) == 0


def test_the_layers_stand_in_the_order_of_the_architecture() -> None:
    contracts = tomllib.loads(text(Path("pyproject.toml")))["tool"]["importlinter"]["contracts"]
    (layers,) = [each for each in contracts if each["type"] == "layers"]
    found = [each.strip("()") for each in layers["layers"]]
    assert found == [*RULE_ORDER, "ports", "domain | screen | strings"]
    assert layers["exhaustive"] is True
    assert layers["exhaustive_ignores"] == ["packs"], "packs is data; everything else needs a place"


def test_packs_hold_no_python() -> None:
    assert not list((ROOT / "src/tillbridge/packs").rglob("*.py"))


def test_nothing_in_the_product_imports_its_tests_or_tools() -> None:
    wanted = ("import tests", "from tests", "import tools", "from tools")
    lines = [
        f"{path}: {line}"
        for path in sorted((ROOT / "src").rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith(wanted)
    ]
    assert lines == []


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_import_is_found(fault: str, tmp_path: Path) -> None:
    result = lint_small_tree(tmp_path, *PLANTED[fault])
    assert result.returncode == 1, f"{fault!r} passed:\n{result.stdout}{result.stderr}"


@pytest.mark.parametrize("case", ALLOWED)
def test_a_listed_exception_passes(case: str, tmp_path: Path) -> None:
    result = lint_small_tree(tmp_path, *ALLOWED[case])
    assert result.returncode == 0, result.stdout + result.stderr


def lint_small_tree(folder: Path, module: str, source: str) -> subprocess.CompletedProcess[str]:
    """The project's own rules over a tree of empty packages with one line in it."""
    root = folder / "src" / "tillbridge"
    for package in ["", *PACKAGES]:
        (root / package).mkdir(parents=True, exist_ok=True)
        (root / package / "__init__.py").touch()
    (root / "wiring.py").touch()
    planted = root / f"{module}.py"
    planted.parent.mkdir(exist_ok=True)
    (planted.parent / "__init__.py").touch()
    planted.write_text(source + "\n")
    (folder / "pyproject.toml").write_text(text(Path("pyproject.toml")))
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True
    )
