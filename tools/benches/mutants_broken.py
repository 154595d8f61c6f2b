"""The rules of money, broken one by one: read from the lists broken_*.txt beside it, where each entry says the
rule, the file under src/tillbridge, which tests must notice, the text that stands there once, and what replaces it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

LISTS = [
    Path(__file__).with_name(name)
    for name in (
        "broken_domain.txt", "broken_outside.txt", "broken_entries.txt", "broken_site.txt", "broken_paper.txt",
        "broken_settling.txt",
    )
]  # fmt: skip
"""What is broken in the domain, what in engine, journal, flows and gateway, what in the ways to pay, in what desks
share, in paper and messages, and where the settlement is read."""


class Broken(NamedTuple):
    """`tests`: a name in TESTS."""

    rule: int
    file: str
    tests: str
    old: str
    new: str


def _domain(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/domain/test_{name}.py" for name in names)


ENGINE = tuple(
    f"tests/engine/test_{name}.py"
    for name in (
        "answers", "small_rules", "when_due", "card_numbers", "pause", "next_client", "still_there", "typed",
        "rules_at_the_engine", "posting_rules", "attacks", "one_payment", "patience", "long_waits",
        "account_balance", "swallowed",
        "giving_back", "given_back_books", "moving", "rest",
        "rules_hold",
    )
)  # fmt: skip
"""Fastest first."""
ENTRIES = tuple(
    f"tests/engine/test_{name}.py"
    for name in ("entries", "links", "stored_cards", "slips", "bank_debits", "several_invoices")
)
TESTS: dict[str, tuple[str, ...]] = {
    "money_leg": _domain("attempts", "giving_back", "tables"),
    "posting_leg": _domain("postings", "tables"),
    "both_legs": _domain("postings", "own_debt", "attempts", "giving_back", "tables"),
    "next": _domain("next_command", "attempts"),
    "match": _domain("matching"),
    "sums": _domain("money"),
    "names": _domain("marker", "pan"),
    "time": _domain("moment"),
    "told": _domain("event"),
    "ways": _domain("ways_back"),
    "engine": ENGINE,
    "back": tuple(
        f"tests/engine/test_{name}.py"
        for name in (
            "giving_back",
            "given_back_books",
            "what_is_booked",
            "moving",
            "rest",
            "given_elsewhere",
            "give_back_doubts",
        )
    ),
    "entries": ENTRIES,
    "told_later": ("tests/engine/test_told_later.py",),
    "settling": ("tests/engine/test_settling.py",),
    "terminals": ("tests/engine/test_terminals.py", "tests/engine/test_two_desks.py"),
    "site": ("tests/journal/test_site.py",),
    "allowed": ("tests/engine/test_allow_another.py",),
    "journal": ("tests/journal/test_memory.py",),
    "sqlite": ("tests/journal/test_sqlite.py", "tests/journal/test_trouble.py"),
    "journals": ("tests/journal/test_memory.py", "tests/journal/test_sqlite.py"),
    "flows": tuple(
        f"tests/flows/test_{name}.py" for name in ("posting", "posting_ends", "dialogs", "reading")
    ),
    "messages": (
        "tests/messages/test_messenger.py",
        "tests/messages/test_text.py",
        "tests/messages/test_mail.py",
    ),
    "receipts": ("tests/receipts/test_model.py", "tests/receipts/test_desk.py"),
    "closing": ("tests/engine/test_closing.py", "tests/engine/test_paper_of_a_till.py"),
    "pieces": ("tests/screen/test_fake_suite.py",),
    "client": ("tests/apps/test_client.py",),
    "wire": ("tests/gateways/test_simulator_wire.py", "tests/gateways/test_in_process_gateway.py"),
}
"""Which tests are run for an entry, fastest first."""


def every() -> list[Broken]:
    return [entry for path in LISTS for entry in _read(path)]


def _read(path: Path) -> list[Broken]:
    blocks = path.read_text().split("\n@ ")[1:]
    return [_entry(block.split("\n")) for block in blocks]


def _entry(lines: list[str]) -> Broken:
    rule, file, tests = lines[0].split()
    old = "\n".join(line[1:] for line in lines[1:] if line.startswith("-"))
    new = [line[1:] for line in lines[1:] if line.startswith("+")]
    if tests not in TESTS:
        raise ValueError(f"no tests are called {tests!r}")
    return Broken(int(rule), file, tests, old if new else f"{old}\n", "\n".join(new))
