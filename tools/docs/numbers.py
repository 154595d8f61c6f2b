"""Short numbers of sentences, to be read over the telephone: kept in strings/numbers.toml, listed in docs.

A number is given once and never changed or given again; a sentence that is gone leaves its number behind. Writing the
pages gives new sentences the next ones.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

STRINGS = Path(__file__).resolve().parents[2] / "src" / "tillbridge" / "strings"
NUMBERED = ("error", "reason", "task")
"""Sections of en.toml whose sentences say that something is refused, waits or needs a person."""
FIRST = 101
HEAD = """# The short number of each sentence that refuses, waits or asks: TB-nnn, to be read over the telephone.
# Written by `just docs`: new sentences get the next numbers. Never change one, never give one again.
"""
TITLE = """# What a number means

Drawn by `just docs`. Every refusal, every reason to wait and every task for a person has a short number that can be
read over the telephone. Words in braces are filled in at the desk.

| number | what is said |
|---|---|
"""
Numbers = dict[str, dict[str, int]]


def kept() -> Numbers:
    """As they were given so far."""
    file = STRINGS / "numbers.toml"
    found: Numbers = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
    return {section: dict(found.get(section, {})) for section in NUMBERED}


def sentences() -> dict[str, dict[str, str]]:
    table = tomllib.loads((STRINGS / "en.toml").read_text("utf-8"))
    return {section: table[section] for section in NUMBERED}


def given() -> Numbers:
    """Every sentence with its number."""
    numbers = kept()
    newest = max((number for section in numbers.values() for number in section.values()), default=FIRST - 1)
    for section, table in sentences().items():
        for code in table:
            if code not in numbers[section]:
                newest += 1
                numbers[section][code] = newest
    return numbers


def table() -> str:
    """strings/numbers.toml"""
    parts = [HEAD]
    for section, numbers in given().items():
        lines = [f"{code} = {number}" for code, number in sorted(numbers.items(), key=lambda each: each[1])]
        parts.append("\n".join([f"[{section}]", *lines, ""]))
    return "\n".join(parts)


def page() -> str:
    numbers, said = given(), sentences()
    rows = [
        (number, said[section][code])
        for section, found in numbers.items()
        for code, number in found.items()
        if code in said[section]
    ]
    lines = [f"| TB-{number} | {text.replace('|', '/')} |" for number, text in sorted(rows)]
    return TITLE + "\n".join(lines) + "\n"
