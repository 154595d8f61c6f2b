"""A profile: one version of the pretend practice software as data, read from TOML.

It holds words, order, formats and switches. It must not hold rules: those are in the ledger server.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Control:
    """One control: `id` is its object name, `caption` what people read on it or beside it."""

    id: str
    caption: str


@dataclass(frozen=True)
class Column:
    """One column of a list. `width` is in pixels; 0 takes what is left. `align` is left or right."""

    key: str
    caption: str
    width: int = 0
    align: str = "left"


@dataclass(frozen=True)
class Message:
    """A message box. `escape` names the button that Esc and the close box stand for."""

    id: str
    text: str
    buttons: tuple[str, ...]
    icon: str
    escape: str


@dataclass(frozen=True)
class Behaviour:
    """Switches in which versions differ; each is explained in the profile file."""

    look: str
    payment_is_modal: bool
    applies_to: str
    amount_default: str
    validates_on: str
    choice_text_settable: bool
    conclude_default: bool
    reference_max: int
    ledger_cut: int
    ledger_delay_ms: tuple[int, int]
    ledger_order: str
    payments_are_negative: bool
    asks_print: bool
    enter_commits: bool
    fields: tuple[str, ...]
    ledger_painted: bool = False
    """The transaction list is drawn by the program itself: accessibility sees no rows."""
    staff_by_initials: bool = False
    """Employees are typed as initials, with a lookup on F2; else chosen from a list."""


@dataclass(frozen=True)
class Profile:
    """One version, whole."""

    name: str
    software: str
    version: str
    practice: str
    operator: str
    workstations: tuple[str, ...]
    titles: Mapping[str, str]
    controls: Mapping[str, Control]
    columns: Mapping[str, tuple[Column, ...]]
    messages: Mapping[str, Message]
    behaviour: Behaviour
    money_format: str
    date_format: str

    def title(self, window: str, account: str, client: str) -> str:
        """The title of a window for a client; `account_plain` is the account without its leading zeros."""
        plain = account.lstrip("0") or account
        return self.titles[window].format(account=account, account_plain=plain, client=client)


def load(name: str) -> Profile:
    """Read the profile `name` (for example "v6"). Raises FileNotFoundError when there is none."""
    text = resources.files(__package__).joinpath("profiles", f"{name}.toml").read_text(encoding="utf-8")
    return parse(tomllib.loads(text))


def parse(data: Mapping[str, Any]) -> Profile:
    """Build a profile from parsed TOML. Raises KeyError or TypeError when a part is missing or odd."""
    head = data["profile"]
    return Profile(
        name=head["name"],
        software=head["software"],
        version=head["version"],
        practice=head["practice"],
        operator=head["operator"],
        workstations=tuple(head["workstations"]),
        titles=data["titles"],
        controls={name: Control(**control) for name, control in data["control"].items()},
        columns={name: tuple(Column(**c) for c in columns) for name, columns in data["columns"].items()},
        messages={name: _message(name, message) for name, message in data["dialog"].items()},
        behaviour=_behaviour(data["behaviour"]),
        money_format=data["format"]["money"],
        date_format=data["format"]["date"],
    )


def _message(name: str, message: Mapping[str, Any]) -> Message:
    return Message(
        id=name,
        text=message["text"],
        buttons=tuple(message["buttons"]),
        icon=message["icon"],
        escape=message["escape"],
    )


def _behaviour(values: Mapping[str, Any]) -> Behaviour:
    low, high = values["ledger_delay_ms"]
    return Behaviour(**{**values, "ledger_delay_ms": (low, high), "fields": tuple(values["fields"])})
