"""Every sentence that a person reads: code and facts in, text out. Code elsewhere never holds a sentence.

One file per language; `en.toml` is complete, the others may lack sentences and fall back to it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

Fact = str | int | bool | None


@cache
def _table(language: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = tomllib.loads(
        files(__package__).joinpath(f"{language}.toml").read_text("utf-8")
    )
    return found


def codes(section: str = "error", language: str = "en") -> frozenset[str]:
    """All codes that have a sentence in a section: `error`, `reason`, `task`, `state`, `step`, `cli`, `doctor`."""
    return frozenset(_table(language)[section])


def sentence(
    code: str, facts: Mapping[str, Fact] | None = None, section: str = "error", language: str = "en"
) -> str:
    """The sentence of a code with its facts filled in. An unknown code still gives something to read aloud.

    A code with the fact `reason` may have a sentence of its own for it: `damaged_empty` before `damaged`.
    """
    facts = facts or {}
    template = _table(language)[section].get(_variant(code, facts, section, language))
    if template is None:
        return f"{_table(language)['error']['unlisted']} {code}"
    return template.format_map(_Facts(_shown(facts)))


def number(code: str, facts: Mapping[str, Fact] | None = None, section: str = "error") -> str:
    """`TB-214`: what can be read over the telephone for a sentence of `error`, `reason` or `task`; the same for ever.

    "" for a code that has none.
    """
    found = _numbers().get(section, {}).get(_variant(code, facts or {}, section, "en"))
    return f"TB-{found}" if found is not None else ""


@cache
def _numbers() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = tomllib.loads(
        files(__package__).joinpath("numbers.toml").read_text("utf-8")
    )
    return found


def _variant(code: str, facts: Mapping[str, Fact], section: str, language: str) -> str:
    """Which sentence a code has with these facts."""
    own = f"{code}_{facts['reason']}" if facts.get("reason") else ""
    return own if own in _table(language)[section] else code


class _Facts(dict[str, object]):
    """A missing fact shows as three dots instead of hiding the whole sentence."""

    def __missing__(self, key: str) -> str:
        return "..."


def _shown(facts: Mapping[str, Fact]) -> dict[str, object]:
    """Amounts arrive as `..._minor` with a currency beside them; a sentence names them without that word."""
    shown: dict[str, object] = {key: "" if value is None else value for key, value in facts.items()}
    for key, value in facts.items():
        bare = key.replace("_minor", "")
        if bare != key and isinstance(value, int):
            shown[bare] = amount(value, str(facts.get("currency") or "USD"))
    return shown


_SIGNS = {"USD": "$", "CAD": "$", "EUR": "\u20ac", "GBP": "\u00a3"}
_WITHOUT_CENTS = frozenset({"JPY"})


def amount(minor: int, currency: str = "USD") -> str:
    """`$1,212.40` for 121240 cents."""
    sign, unit = "-" if minor < 0 else "", _SIGNS.get(currency, f"{currency} ")
    if currency in _WITHOUT_CENTS:
        return f"{sign}{unit}{abs(minor):,}"
    whole, part = divmod(abs(minor), 100)
    return f"{sign}{unit}{whole:,}.{part:02d}"
