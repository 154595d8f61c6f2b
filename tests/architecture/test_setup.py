"""What stands behind ./run: what is missing is said with what to do, and nothing that was started stays."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, text
from tools.setup import __main__ as door
from tools.setup import apt, packages, stages, venv
from tools.setup.say import Trouble, step
from tools.setup.stages import Stage

SLEEPER = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {inner!r}]); time.sleep(60)"
INNER = "import os, pathlib, time; pathlib.Path({path!r}).write_text(str(os.getpid())); time.sleep(60)"


def test_an_installed_package_is_not_missing_and_an_unknown_one_is() -> None:
    assert apt.missing(["dpkg", "no-such-package-here"]) == ["no-such-package-here"]


def test_without_root_and_sudo_the_command_to_type_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Trouble) as caught:
        apt.install(["xvfb"])
    assert caught.value.todo == "By hand:  sudo apt-get update && sudo apt-get install xvfb"


def test_without_apt_the_packages_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Trouble) as caught:
        apt.ensure(["xvfb", "openbox"])
    assert "xvfb openbox" in caught.value.todo
    assert "TILLBRIDGE_NO_APT=1" in caught.value.todo


def test_somebody_else_may_look_after_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILLBRIDGE_NO_APT", "1")
    monkeypatch.setattr(apt, "install", lambda wanted: pytest.fail(f"installs {wanted}"))
    apt.ensure(["no-such-package-here"])


def test_a_failed_step_shows_the_end_of_its_log_and_what_to_do(tmp_path: Path) -> None:
    program = "print('first'); print('no space left'); raise SystemExit(3)"
    with pytest.raises(Trouble) as caught:
        step(
            "filling",
            [sys.executable, "-c", program],
            log=tmp_path / "x.log",
            cwd=tmp_path,
            todo="Make room.",
        )
    assert caught.value.what.startswith("filling failed after")
    assert "no space left" in caught.value.what
    assert caught.value.todo == "Make room."


def test_every_system_package_of_the_demo_is_one_of_the_tests() -> None:
    assert set(packages.DEMO) | set(packages.DEMO_GNUCASH) <= set(packages.TEST)


def test_the_stamp_changes_with_the_lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "pyproject.toml").write_text("")
    lock = tmp_path / "requirements" / "run.txt"
    monkeypatch.setattr(venv, "ROOT", tmp_path)
    lock.write_text("apsw==1")
    before = venv.key("run")
    lock.write_text("apsw==2")
    assert venv.key("run") != before


@pytest.mark.parametrize(
    ("arguments", "software"),
    [
        ([], "impromed"),
        (["--software", "gnucash"], "gnucash"),
        (["--software=gnucash", "--keep"], "gnucash"),
        (["--keep"], "impromed"),
    ],
)
def test_the_demo_installs_for_the_software_that_is_asked(arguments: list[str], software: str) -> None:
    assert door.wanted_software(arguments) == software


def test_an_unknown_stage_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(Trouble) as caught:
        stages.chosen(["fsat"])
    assert "fast" in caught.value.todo


def test_every_mark_has_its_stage_and_no_test_falls_between() -> None:
    marks = re.findall(r'^    "(\w+): ', text(Path("pyproject.toml")), flags=re.MULTILINE)
    fast = next(stage for stage in stages.STAGES if stage.name == "fast")
    assert set(marks) <= set(stages.NAMES)
    assert all(f"not {mark}" in fast.command[-1] for mark in marks)


@pytest.mark.parametrize(
    ("mounts", "folder"),
    [
        ("/dev/sda / ext4 rw 0 0\n", "/tmp"),
        ("/dev/sda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n", "/var/tmp"),
        ("tmpfs / tmpfs rw 0 0\n/dev/sda /tmp ext4 rw 0 0\n", "/tmp"),
        ("", "/tmp"),
    ],
)
def test_tests_write_to_a_disk_also_where_the_usual_folder_is_in_memory(mounts: str, folder: str) -> None:
    assert stages.disk_for_files("/tmp", mounts) == folder


def test_a_stage_without_a_test_has_failed(tmp_path: Path) -> None:
    (tmp_path / "test_none.py").write_text("")
    command = (sys.executable, "-m", "pytest", "-q", str(tmp_path))
    result = stages.one(Stage("x", "", command, 30), os.environ)
    assert result.failed_because == "it found no test"


def test_a_stage_over_its_limit_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = SLEEPER.format(inner=INNER.format(path=str(note)))
    result = stages.one(Stage("x", "", (sys.executable, "-c", program), 2), os.environ)
    assert result.failed_because == "not done after 2 s"
    assert gone(int(note.read_text()))


def test_the_longest_stages_run_at_the_same_time_where_there_are_two_processors() -> None:
    names = [[stage.name for stage in group] for group in stages.groups(stages.STAGES, processors=2)]
    assert ["fast", "screen"] in names
    assert [name for group in names for name in group] == stages.NAMES
    assert all(len(group) == 1 for group in stages.groups(stages.STAGES, processors=1))


def test_a_failure_beside_another_stage_is_told_and_so_is_what_both_said(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    good = Stage("good", "", (sys.executable, "-c", "print('well')"), 30, beside=True)
    bad = Stage("bad", "", (sys.executable, "-c", "raise SystemExit('ill')"), 30, beside=True)
    slow = Stage("slow", "", (sys.executable, "-c", "import time; time.sleep(60)"), 1, beside=True)
    assert [r.failed_because for r in stages.together([good, bad, slow], os.environ)] == [
        "", "exit code 1", "not done after 1 s",
    ]  # fmt: skip
    told = capfdbinary.readouterr().out
    assert told.index(b"well") < told.index(b"ill")
    assert stages.run([good, bad], os.environ, 0.0) == 1


def gone(pid: int) -> bool:
    """True once the process is dead (or only waits to be collected), within 5 seconds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


SKIPPING = """
import pytest

def test_a_gap():
    pytest.skip("no display here")

def test_not_claimed():
    pytest.skip("not claimed: refund")

def test_sound():
    assert True
"""


def test_a_skip_is_a_failure_unless_an_adapter_does_not_claim_it(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(SKIPPING)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    answer = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, cwd=tmp_path)
    assert "1 failed, 1 passed, 1 skipped" in answer.stdout
    assert "a missing part is a failure, not a skip: no display here" in answer.stdout
