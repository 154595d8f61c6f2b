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
    """A message box. `escape` names the button that Esc and the close box stand for.

    `answers`: what each button means to the program, whatever its caption. `secret`: it has a box for a password.
    """

    id: str
    text: str
    buttons: tuple[str, ...]
    icon: str
    escape: str
    answers: tuple[str, ...]
    secret: bool = False

    def answer(self, pressed: str) -> str:
        """What a pressed caption means; a word that is no button of this message means itself."""
        return dict(zip(self.buttons, self.answers, strict=True)).get(pressed, pressed)


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
    cashier_password: bool = False
    """Who takes the money is known by a password typed into the payment window; there is no list of employees."""
    save_ms: tuple[int, int] = (0, 0)
    """How long a save runs on by itself, in milliseconds, from and to; zeros: OK waits for it."""
    title_lag_ms: int = 0
    """How long a re-used payment window still names the client before, in milliseconds."""
    recalculates_ms: int = 0
    """How long new totals take after the amount was left; nothing can be posted before."""
    asks_unsaved: bool = False
    """Leaving a payment window with something typed asks first."""
    reason_max: int = 30
    """How much of a reason the window that reverses a payment takes."""
    reverse_checks_at: str = "ok"
    """When it is first looked whether a payment can be reversed: ok | opening (of its window). A supervisor is asked at
    OK."""
    reverse_permission: str = "never"
    """When a supervisor has to allow it: never | earlier (a payment of an earlier day) | always."""
    filtered_lists: bool = False
    """Lists of a third party: cells drawn by themselves, their texts known to accessibility only."""


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
    cashiers: Mapping[str, str]
    """Pretend passwords of the payment window, with the employee whom each names."""

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
        cashiers=data.get("cashiers", {}),
    )


def _message(name: str, message: Mapping[str, Any]) -> Message:
    return Message(
        id=name,
        text=message["text"],
        buttons=tuple(message["buttons"]),
        icon=message["icon"],
        escape=message["escape"],
        answers=tuple(message.get("answers", message["buttons"])),
        secret=message.get("secret", False),
    )


def _behaviour(values: Mapping[str, Any]) -> Behaviour:
    lists = ("ledger_delay_ms", "save_ms", "fields")
    return Behaviour(**{**values, **{name: tuple(values[name]) for name in lists if name in values}})
