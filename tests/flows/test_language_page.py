"""docs/PACK-LANGUAGE.md says what the code does: every code of a finding, every step, every table's words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from tests.flows.test_lint import BAD
from tillbridge.flows.pack import During
from tillbridge.flows.step_reader import _READERS, WAIT_WORDS
from tillbridge.flows.steps import ABSENT_WORDS, FACTS, FLOW_NAMES
from tillbridge.screen.backend import EvidenceKind, Role

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/PACK-LANGUAGE.md").read_text("utf-8")
SOURCES = [(ROOT / "src/tillbridge/flows" / f"{name}.py").read_text("utf-8") for name in (
    "tables", "table_reader", "step_reader", "loader", "lint", "lint_flows",
)]  # fmt: skip
_CODE = re.compile(r'(?:fault|warn|add)\(\s*(?:[\w."{}\[\]]+(?:\([^()]*\))?,\s*)?"([a-z_]+)",')


def codes() -> set[str]:
    found = {code for source in SOURCES for code in _CODE.findall(source)}
    return found - {"pack", "flows", "inherits", "without"} | {"inherits", "amount_not_last"}


def test_every_code_of_a_finding_is_on_the_page() -> None:
    assert len(codes()) > 30
    assert [code for code in sorted(codes()) if code not in PAGE] == []


def test_every_code_of_a_finding_has_a_broken_pack() -> None:
    elsewhere = {"unreadable_file", "inherits", "second_identity", "identity_missing"}
    assert sorted(codes() - {bad.code for bad in BAD} - elsewhere) == []


@pytest.mark.parametrize(
    "word",
    [
        *_READERS,
        *WAIT_WORDS,
        *ABSENT_WORDS,
        *FACTS,
        *FLOW_NAMES,
        *get_args(EvidenceKind),
        *get_args(Role),
        *get_args(During),
    ],
)
def test_every_word_of_the_language_is_on_the_page(word: str) -> None:
    assert re.search(rf"\b{word}\b", PAGE)
