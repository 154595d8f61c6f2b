"""The docs agree with the code: links lead somewhere, commands exist, made pages are fresh, decisions are listed."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files, text
from tillbridge.apps.cli.main import main as tillbridge
from tillbridge.domain import money_leg, posting_leg
from tillbridge.wiring import load_site
from tillbridge.wiring.site import SECTIONS as SITE
from tools.benches import judge
from tools.docs import decisions, pages
from tools.setup.__main__ import COMMANDS

PAGES = [path for path in files() if path.suffix == ".md"]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
OURS = re.compile(r"(?:`|^|-- )tillbridge ([a-z]\w*)", flags=re.MULTILINE)
PATH = re.compile(r"`([\w.-]+/[\w./-]+\.(?:py|toml|md|sql|json))`")
RUN = re.compile(r"\./run (\w[\w-]*)")
BENCH = re.compile(r"\./run bench (\w+)")
FRAGMENT = re.compile(r"^(\d+|\+[a-z0-9-]+)\.(added|changed|fixed)(\.\d+)?\.md$")
SECTIONS = ["Context", "Options", "Decision", "Consequences"]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [link for link in LINK.findall(text(page)) if not link.startswith(("http:", "https:", "#"))]
    lost = [link for link in targets if not (ROOT / page.parent / link.partition("#")[0]).exists()]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    """Names with a folder in them, below the root, the package or the page's own folder."""
    places = [ROOT, ROOT / "src" / "tillbridge", ROOT / page.parent]
    lost = [name for name in PATH.findall(text(page)) if not any((place / name).exists() for place in places)]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    assert [name for name in RUN.findall(text(page)) if name not in COMMANDS] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_bench_that_a_page_names_has_targets(page: Path) -> None:
    known = {*judge.targets(), "NAME", "all", "merge"}
    assert [name for name in BENCH.findall(text(page)) if name not in known] == []


def test_every_command_of_ours_that_a_page_names_exists() -> None:
    named = {name for page in PAGES for name in OURS.findall(text(page))}
    assert {"doctor", "journal"} <= named
    with pytest.raises(SystemExit), redirect_stdout(StringIO()) as shown:
        tillbridge(["--help"])
    assert [
        name for name in sorted(named) if not re.search(rf"^ +{name}\b", shown.getvalue(), flags=re.MULTILINE)
    ] == []


def test_every_bench_module_has_targets() -> None:
    own = {"__init__", "__main__", "judge", "results"}
    runnable = [
        path.stem
        for path in files()
        if path.parent == Path("tools/benches") and "\ndef run(" in text(path) and path.stem not in own
    ]
    assert [name for name in runnable if name not in judge.targets()] == []


def test_every_command_of_run_is_in_the_readme() -> None:
    assert [
        name for name in COMMANDS if name != "setup" and f"./run {name}" not in text(Path("README.md"))
    ] == []


def test_run_alone_lists_its_commands_in_one_line_each() -> None:
    shown = subprocess.run(
        [str(ROOT / "run")], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert [line.split()[1] for line in shown if line.startswith("  ./run ")] == list(COMMANDS)


def test_a_wrong_command_is_told_and_fails() -> None:
    answer = subprocess.run([str(ROOT / "run"), "pya"], capture_output=True, text=True)
    assert answer.returncode == 2
    assert "no command 'pya'" in answer.stdout


def test_the_pages_made_from_the_code_are_fresh() -> None:
    assert pages.stale() == [], "write them with: just docs"


def test_every_decision_is_in_the_index_and_has_its_four_parts() -> None:
    records = decisions.records()
    index = text(Path("docs/decisions/README.md"))
    numbers = [int(record.name[:4]) for record in records]
    assert [record.name for record in records if f"({record.name})" not in index] == []
    assert len(numbers) == len(set(numbers)), "a number is used once"
    for record in records:
        source = record.read_text()
        assert source.startswith(f"# {record.name[:4]}: "), record.name
        assert re.findall(r"^## (.+)$", source, flags=re.MULTILINE) == SECTIONS, record.name


def test_every_recipe_of_the_justfile_is_one_line_with_a_comment() -> None:
    blocks = [block for block in text(Path("justfile")).split("\n\n") if ":\n" in block]
    assert blocks
    for block in blocks:
        lines = block.strip().splitlines()
        assert lines[0].startswith("# "), f"say what this recipe is for: {block}"
        assert len(lines) == 3, f"one line each: {block}"


def test_just_can_read_the_justfile() -> None:
    just = Path(sys.executable).with_name("just")
    shown = subprocess.run([just, "--summary"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"check", "setup", "test", "bench", "docs", "new-adr"} <= set(shown.stdout.split())


def test_news_fragments_are_well_named_and_say_something() -> None:
    for path in files():
        if path.parts[0] == "news":
            assert FRAGMENT.match(path.name), f"{path}: name it <issue>.<added|changed|fixed>.md"
            assert text(path).strip(), path


def test_the_lock_holds_the_versions_of_pyproject_with_hashes_and_names_no_index() -> None:
    for name in ("run", "test"):
        lock = text(Path(f"requirements/{name}.txt"))
        entries = re.findall(r"^(\S+==\S+) \\\n\s+--hash=sha256:", lock, flags=re.MULTILINE)
        assert len(entries) == len(re.findall(r"^\w", lock, flags=re.MULTILINE)), "every entry has a hash"
        assert "://" not in lock
        assert not re.search(r"^\s*--(?!hash)", lock, flags=re.MULTILINE), (
            "no option that ties it to one machine"
        )
    pinned = re.findall(
        r'^\s+"?([A-Za-z0-9_.-]+==[^"\]]+)"', text(Path("pyproject.toml")), flags=re.MULTILINE
    )
    everything = text(Path("requirements/test.txt")).lower()
    assert pinned
    assert [pin for pin in pinned if f"{pin.lower().replace('_', '-')} \\" not in everything] == []


def test_the_site_settings_of_the_docs_are_understood_and_complete(tmp_path: Path) -> None:
    page = text(Path("docs/operate/desk.md"))
    (block,) = re.findall(r"```toml\n(.+?)```", page, flags=re.DOTALL)
    (tmp_path / "site.toml").write_text(block)
    site = load_site(tmp_path)
    assert (site.gateway, site.pack, site.policy.currency) == ("simulator", "impromed", "USD")
    for section, keys in SITE.items():
        assert f"| {section} |" in page, section
        assert [key for key in keys if not re.search(rf"\| [\w, ]*\b{key}\b[\w, ]* \|", page)] == [], section


def test_a_new_decision_gets_the_next_number_and_the_four_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "FOLDER", tmp_path)
    (tmp_path / "0007-something.md").write_text("# 0007: Something\n")
    made = decisions.new("Two desks, one site", "2026-11-22")
    assert made.name == "0008-two-desks-one-site.md"
    assert made.read_text().startswith("# 0008: Two desks, one site\n\nAccepted, 2026-11-22.")
    assert re.findall(r"^## (.+)$", made.read_text(), flags=re.MULTILINE) == SECTIONS
    assert "[0008: Two desks, one site](0008-two-desks-one-site.md)" in decisions.page()


def test_every_state_of_both_machines_is_on_its_page() -> None:
    page = text(Path("docs/MACHINES.md"))
    states = [*money_leg.MoneyState, *posting_leg.PostingState]
    assert [state for state in states if f"\n| {state} | " not in page] == []
