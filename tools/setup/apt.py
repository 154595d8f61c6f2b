"""Makes sure that system packages are there. Touches the network only when one is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.setup.say import Trouble, step, tell

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / "var" / "setup"
NO_APT = "TILLBRIDGE_NO_APT"
"""Set to 1 on a machine whose packages somebody else looks after: nothing is checked, nothing installed."""


def missing(packages: Sequence[str]) -> list[str]:
    """The packages that dpkg does not hold as installed. Takes some 20 ms."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages]
    answer = subprocess.run(query, capture_output=True, text=True).stdout
    installed = {line.split()[0] for line in answer.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in installed]


def ensure(packages: Sequence[str]) -> None:
    """Install what is missing. Raises Trouble with the command to type where that cannot be done."""
    if os.environ.get(NO_APT) == "1":
        return
    if not shutil.which("dpkg-query") or not shutil.which("apt-get"):
        raise Trouble(
            "This machine has no apt-get; Tillbridge installs its parts by itself on Debian only.",
            f"Install these yourself: {' '.join(packages)}\n  then start again with {NO_APT}=1",
        )
    wanted = missing(packages)
    if wanted:
        install(wanted)


def install(wanted: list[str]) -> None:
    by_hand = f"By hand:  sudo apt-get update && sudo apt-get install {' '.join(wanted)}"
    root = as_root(by_hand)
    tell(f"System packages to install: {' '.join(wanted)}")
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]
    network = "Is this machine on the network, and are its package sources right?\n  " + by_hand
    step(
        "reading the list of packages", [*apt, "update"], log=LOGS / "apt-update.log", cwd=ROOT, todo=network
    )
    flags = ["-y", "-q", "--no-install-recommends"]
    step(
        "installing them and what they need",
        [*apt, "install", *flags, *wanted],
        log=LOGS / "apt-install.log",
        cwd=ROOT,
        todo=network,
    )
    still = missing(wanted)
    if still:
        raise Trouble(f"apt-get said it was done, but these are missing: {' '.join(still)}", by_hand)


def as_root(by_hand: str) -> list[str]:
    """What to put in front of a command that only root may run."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        raise Trouble("System packages are missing, and this is neither root nor is there sudo.", by_hand)
    ask = ["sudo", "-v"] if sys.stdin.isatty() else ["sudo", "-n", "-v"]
    if subprocess.run(ask).returncode != 0:
        raise Trouble("System packages are missing, and sudo did not let us install them.", by_hand)
    return ["sudo", "-n"]
