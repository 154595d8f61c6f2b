"""Where each house rule holds, over the whole tree; and that each rule bites, on planted faults."""

from __future__ import annotations

from pathlib import Path, PurePath
from statistics import median

import pytest

from tests.architecture import tidy
from tests.architecture.tree import readable, text, under

PURE = [f"src/tillbridge/{name}" for name in ("domain", "ports", "engine", "simulator/core")]
NUMBERS_ARE_MONEY = ["src/tillbridge/domain", "src/tillbridge/engine", "src/tillbridge/journal"]
MAY_PRINT = (
    "src/tillbridge/apps/cli/",
    "src/tillbridge/apps/agent/process.py",
    "src/tillbridge/simulator/",
    "src/tillbridge/stand_ins/",
)
"""The command line, and the programs of their own that tell on standard output where they listen."""

SHIPPED_FOR_TESTS = ("tillbridge.testing.", "tillbridge.screen.backends.fake")
ALL_CODE = under("src", "tests", "tools")

RULES: dict[str, tuple[tidy.Checker, list[Path]]] = {
    "modules have 500 lines at most": (tidy.module_size, under("src", "tests", "tools")),
    "functions have 70 lines at most": (tidy.function_size, under("src", "tests", "tools")),
    "modules say what they are": (tidy.module_docstring, under("src", "tools")),
    "no float where numbers are money": (tidy.no_float_at_all, under(*NUMBERS_ARE_MONEY)),
    "no true division of money": (
        tidy.no_true_division,
        under("src/tillbridge/domain", "src/tillbridge/engine"),
    ),
    "no float money anywhere": (tidy.no_float_money, under("src", "tests", "tools")),
    "no clock in the core": (tidy.no_clock, under(*PURE)),
    "only the command line prints": (
        tidy.no_print,
        [path for path in under("src") if not path.as_posix().startswith(MAY_PRINT)],
    ),
    "no exception is swallowed": (tidy.no_swallowing, under("src", "tests", "tools")),
    "nothing is left unfinished": (tidy.nothing_unfinished, readable()),
    "nothing of one machine": (tidy.no_machine, readable()),
    "pages start with a title": (
        tidy.starts_with_title,
        [path for path in readable() if path.suffix == ".md" and path.parts[0] != "news"],
    ),
    "every test can fail": (tidy.tests_assert, under("tests", "src/tillbridge/testing")),
    "no test is hidden": (tidy.no_hiding_marks, under("tests")),
    "no sleep as synchronisation": (
        tidy.sleeps_only_in_loops,
        under("tests", "src/tillbridge/screen", "src/tillbridge/flows"),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_tree_keeps_the_rule(rule: str) -> None:
    checker, paths = RULES[rule]
    sound = [path for path in paths if path.suffix != ".py" or not tidy.does_not_parse(text(path))]
    faults = [f"{path}:{fault}" for path in sound for fault in checker(text(path))]
    assert not faults, "\n".join([rule, *faults])


def test_every_module_parses_as_the_oldest_python_that_we_support() -> None:
    faults = [f"{path}:{fault}" for path in ALL_CODE for fault in tidy.does_not_parse(text(path))]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_has_files_to_look_at(rule: str) -> None:
    assert RULES[rule][1], f"the rule '{rule}' looks at nothing: its folder has moved"


def test_half_of_the_functions_fit_in_thirteen_lines() -> None:
    sizes = [tidy.lines_of(each) for path in parsing("src") for each in tidy.functions(text(path))]
    assert median(sizes) <= tidy.FUNCTION_LINES_MEDIAN


def test_every_module_and_folder_has_a_name_of_its_own() -> None:
    faults = [
        f"{path}:{fault}" for path in under("src", "tests", "tools") for fault in tidy.module_name(path)
    ]
    assert not faults, "\n".join(faults)


def test_no_module_is_dead() -> None:
    """The product's own use counts; what is shipped for tests may be used by tests."""
    modules = {dotted(path): text(path) for path in parsing("src")}
    users = {path.as_posix(): text(path) for path in parsing("tools", "tests/architecture")}
    tests = {path.as_posix(): text(path) for path in parsing("tests")}
    for_tests = {name for name in modules if name.startswith(SHIPPED_FOR_TESTS)}
    dead = {*tidy.dead_modules(modules, users)} - for_tests
    dead |= {*tidy.dead_modules(modules, users | tests)} & for_tests
    assert not dead, "imported by nobody:\n" + "\n".join(sorted(dead))


def parsing(*folders: str) -> list[Path]:
    """The others have a test of their own, which has then failed."""
    return [path for path in under(*folders) if not tidy.does_not_parse(text(path))]


def dotted(path: Path) -> str:
    """`src/tillbridge/x/__init__.py` keeps its last part: a folder is an entry of its own."""
    return ".".join(path.relative_to("src").with_suffix("").parts)


# ---------------------------------------------------------------- each rule bites

FAULTS: dict[str, tuple[tidy.Checker, str]] = {
    "newer Python": (tidy.does_not_parse, "def first[T](rows: list[T]) -> T: ...\n"),
    "long module": (tidy.module_size, "x = 1\n" * 501),
    "long function": (tidy.function_size, "def f() -> None:\n" + "    x = 1\n" * 70),
    "long method": (tidy.function_size, "class C:\n    async def f(self):\n" + "        x = 1\n" * 70),
    "no docstring": (tidy.module_docstring, "import os\n\nx = os.name\n"),
    "float literal": (tidy.no_float_at_all, "rate = 2.5\n"),
    "float annotation": (tidy.no_float_at_all, "def f(seconds: float) -> None: ...\n"),
    "float call": (tidy.no_float_at_all, "x = float('1')\n"),
    "true division": (tidy.no_true_division, "half = amount / 2\n"),
    "true division in place": (tidy.no_true_division, "amount /= 2\n"),
    "money annotated as float": (tidy.no_float_money, "amount: float = 0\n"),
    "money given a float": (tidy.no_float_money, "fee_minor = 1.5\n"),
    "money argument as float": (tidy.no_float_money, "def pay(*, amount_minor: float) -> None: ...\n"),
    "money argument as maybe float": (tidy.no_float_money, "def pay(balance: int | float) -> None: ...\n"),
    "money passed as float": (tidy.no_float_money, "pay(total=1.0)\n"),
    "money answered as float": (tidy.no_float_money, "def amount() -> float: ...\n"),
    "money turned into float": (tidy.no_float_money, "x = float(refund.amount)\n"),
    "now": (tidy.no_clock, "from datetime import datetime\nx = datetime.now()\n"),
    "now by its module": (tidy.no_clock, "import datetime\nx = datetime.datetime.now()\n"),
    "now under another name": (tidy.no_clock, "from datetime import datetime as d\nx = d.utcnow()\n"),
    "today": (tidy.no_clock, "from datetime import date\nx = date.today()\n"),
    "time": (tidy.no_clock, "import time\nx = time.monotonic()\n"),
    "clock as default": (tidy.no_clock, "import time as t\ndef f(now=t.time): ...\n"),
    "chance": (tidy.no_clock, "import uuid\nx = uuid.uuid4()\n"),
    "print": (tidy.no_print, "print('paid')\n"),
    "swallow all": (tidy.no_swallowing, "try:\n    f()\nexcept Exception:\n    pass\n"),
    "swallow in a tuple": (tidy.no_swallowing, "try:\n    f()\nexcept (OSError, Exception): ...\n"),
    "swallow bare": (tidy.no_swallowing, "try:\n    f()\nexcept:\n    pass\n"),
    "turn all into False": (
        tidy.no_swallowing,
        "def f():\n    try:\n        g()\n    except Exception:\n        return False\n",
    ),
    "suppress all": (tidy.no_swallowing, "with contextlib.suppress(Exception):\n    f()\n"),
    "unfinished": (tidy.nothing_unfinished, "x = 1  # TO" + "DO later\n"),
    "unfinished in prose": (tidy.nothing_unfinished, "We must FIX" + "ME soon.\n"),
    "path of a machine": (tidy.no_machine, "open('/wo" + "rk/main/x')\n"),
    "somebody's home": (tidy.no_machine, "see /ho" + "me/anna/notes\n"),
    "registry host": (tidy.no_machine, "--index-url https://py" + "pi.org/simple\n"),
    "page without title": (tidy.starts_with_title, "Some words.\n"),
    "test that asserts nothing": (tidy.tests_assert, "def test_it_runs():\n    f()\n"),
    "test that calls what asserts nothing": (
        tidy.tests_assert,
        "def pay():\n    return 1\n\ndef test_it_runs():\n    pay()\n",
    ),
    "skipped test": (tidy.no_hiding_marks, "@pytest.mark.skipif(True, reason='')\ndef test_x(): ...\n"),
    "skip inside": (tidy.no_hiding_marks, "def test_x():\n    pytest.skip('no display')\n"),
    "sleep": (tidy.sleeps_only_in_loops, "def test_x():\n    press()\n    time.sleep(1)\n"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str) -> None:
    checker, source = FAULTS[fault]
    assert checker(source), f"{checker.__name__} let {fault!r} pass"


SOUND: dict[str, tuple[tidy.Checker, str]] = {
    "500 lines": (tidy.module_size, "x = 1\n" * 500),
    "70 lines": (tidy.function_size, "def f() -> None:\n" + "    x = 1\n" * 69),
    "folder file that only hands on": (tidy.module_docstring, "from a import b\n\n__all__ = ['b']\n"),
    "seconds may be a float": (tidy.no_float_money, "timeout_s: float = 1.5\n"),
    "whole division": (tidy.no_true_division, "half = amount // 2\n"),
    "a clock that was given": (tidy.no_clock, "def f(clock: Clock) -> Moment:\n    return clock.now()\n"),
    "time of day as a value": (tidy.no_clock, "from datetime import date\nx = date(2026, 11, 22)\n"),
    "named exception": (tidy.no_swallowing, "try:\n    f()\nexcept FileNotFoundError:\n    pass\n"),
    "cause kept": (tidy.no_swallowing, "try:\n    f()\nexcept Exception as error:\n    x = Unknown(error)\n"),
    "polling": (tidy.sleeps_only_in_loops, "while not done() and now() < deadline:\n    time.sleep(0.01)\n"),
    "raises": (tidy.tests_assert, "def test_x():\n    with pytest.raises(PackError):\n        f()\n"),
    "asserts by another name": (
        tidy.tests_assert,
        "def refused(x):\n    assert x\n\ndef stops(x):\n    refused(x)\n\ndef test_x():\n    stops(1)\n",
    ),
    "address that looks like a path": (tidy.no_machine, "https://example.org/root/x\n"),
}


@pytest.mark.parametrize("case", SOUND)
def test_sound_code_passes(case: str) -> None:
    checker, source = SOUND[case]
    assert checker(source) == []


@pytest.mark.parametrize(
    "path",
    ["src/tillbridge/helpers/x.py", "src/tillbridge/engine/utils.py", "tests/common.py", "tools/x/base.py"],
)
def test_a_name_without_meaning_is_found(path: str) -> None:
    assert tidy.module_name(PurePath(path))


@pytest.mark.parametrize(
    "path", ["src/tillbridge/simulator/core/books.py", "tests/simulator/core/test_books.py"]
)
def test_the_simulators_core_has_its_place(path: str) -> None:
    assert tidy.module_name(PurePath(path)) == []


def test_a_dead_module_is_found_and_a_started_one_is_not() -> None:
    modules = {
        "tillbridge.a": "from tillbridge import b\n",
        "tillbridge.b": "",
        "tillbridge.c": "",
        "tillbridge.apps.cli.main": "",
        "tillbridge.gateways.simulator.adapter": "",
    }
    users = {"tools/x.py": "run(['-m', 'tillbridge.a'])\n"}
    assert tidy.dead_modules(modules, users) == ["tillbridge.c"]
