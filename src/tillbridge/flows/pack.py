"""One version of a pack as values: what the language can say, and nothing about how a screen is driven.

A pack is data. It names no toolkit: a locator lists evidence, and every kind of evidence that a backend
can see must point at one single control.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from tillbridge.flows.formats import Formats, FormatWord
from tillbridge.flows.steps import Flow
from tillbridge.flows.templates import Template
from tillbridge.screen.backend import Evidence, Role, Way

LANGUAGE = 1

SeenHow = Literal["seen", "documented", "inferred"]
DialogMeans = Literal["nothing", "not_posted", "posted", "doubt"]
DialogDo = Literal["answer", "retry", "stop", "refuse"]
During = Literal["before_commit", "after_commit", "abandon", "reading"]
SettingKind = Literal["text"]

ROLES: tuple[str, ...] = get_args(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds of responsive time at machine speed 1.0, and the longest marker that survives in the ledger."""

    flow_s: int = 30
    hang_s: int = 180
    settle_s: int = 60
    marker_length_max: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a site must say once. `choices_from` names the choice on the screen that must offer it."""

    name: str
    kind: SettingKind = "text"
    choices_from: str = ""
    must_allow: tuple[str, ...] = ()
    """Controls that must show themselves once this is chosen (a method that hides its reference is no use)."""
    not_card_module: bool = False
    """The site must confirm that choosing this never starts the software's own card module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """How a version looks before anything is touched. Every line that is given must hold."""

    window: str
    program: str = ""
    """Shape of the program's name, with * and ?."""
    program_version: str = ""
    """Shape of the version that the program states about itself; passed over where it states none."""
    page: str = ""
    """Shape of a page's address: only a backend of pages can match it."""
    has: tuple[str, ...] = ()
    has_not: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    """Fields whose text must be readable in this pack's formats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSpec:
    """A window that the pack knows. One with an owner comes and goes; one without is there all the time."""

    name: str
    titles: tuple[Template, ...]
    instances: int = 1
    owner: str = ""
    opened_by: str = ""
    modal: bool = False
    reused: bool = False
    """The same window shows the next client later: its title alone is no identity."""
    gone_when_done: bool = False

    @property
    def comes_and_goes(self) -> bool:
        return bool(self.owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSpec:
    name: str
    window: str
    role: Role
    find: tuple[Evidence, ...]
    within: str = ""
    """Another control that holds this one; found first."""
    set_by: tuple[Way, ...] = ("pick", "keys")
    format: FormatWord = "text"
    validates_on: Literal["", "leave"] = ""
    greyed: bool = False
    """Chosen also while the program greys it: it takes the amount to heart only when this is chosen."""
    read_only: bool = False
    optional: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """A read-only text with a meaning."""

    name: str
    window: str
    role: Role
    find: tuple[Evidence, ...]
    within: str = ""
    format: FormatWord = "text"
    private: bool = False
    """Never in a transcript."""
    optional: bool = False


TICK = "#check"
"""The column that stands for the tick of a row."""
SELECTED = "#selected"
"""The column that stands for a row being selected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSpec:
    """A list read by the captions of its columns. `key` is the column by which a row is known."""

    name: str
    window: str
    find: tuple[Evidence, ...]
    key: str
    columns: Mapping[str, str]
    formats: Mapping[str, FormatWord] = field(default_factory=dict)
    cut: Mapping[str, int] = field(default_factory=dict)
    """Columns that show only so many characters."""
    within: str = ""
    complete: bool = True
    """False: this list never shows that it was read to its end, so nothing is ever proved absent by it."""

    @property
    def role(self) -> Role:
        return "list"

    def format_of(self, column: str) -> FormatWord:
        return self.formats.get(column, "text")

    @property
    def captions(self) -> tuple[str, ...]:
        """What a backend is asked for: the tick too, but not the selection, which every row tells."""
        return tuple(caption for caption in self.columns.values() if caption != SELECTED)

    @property
    def cell_columns(self) -> tuple[str, ...]:
        return tuple(name for name, caption in self.columns.items() if caption not in (TICK, SELECTED))


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogSpec:
    """A known dialog: its whole text (any of `texts`), its exact buttons, and what to do with it.

    `means` says what it proves about this posting. It never stands in for the look into the ledger.
    """

    id: str
    texts: tuple[Template, ...]
    buttons: frozenset[str]
    during: frozenset[During]
    do: DialogDo
    means: DialogMeans
    press: str = ""
    keeps_rest: str = ""
    """Pressed instead when a person keeps what was taken beyond the balance as credit; then it means nothing."""
    wait_s: tuple[int, ...] = ()
    reason: str = ""
    recheck: bool = False
    """Read everything again before going on: the dialog may have changed what is owed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One version, whole: inherited tables are already in place."""

    software: str
    version: str
    title: str
    evidence: SeenHow
    limits: Limits
    formats: Formats
    settings: Mapping[str, Setting]
    fingerprints: tuple[Fingerprint, ...]
    windows: Mapping[str, WindowSpec]
    controls: Mapping[str, ControlSpec]
    fields: Mapping[str, FieldSpec]
    lists: Mapping[str, ListSpec]
    dialogs: tuple[DialogSpec, ...]
    flows: Mapping[str, Flow]

    @property
    def key(self) -> str:
        return f"{self.software}/{self.version}"

    def place(self, name: str) -> ControlSpec | FieldSpec | ListSpec | None:
        """A control, field or list by its bare name or with its kind: `amount`, `control.amount`."""
        kind, _, bare = name.rpartition(".")
        tables: dict[str, Mapping[str, ControlSpec | FieldSpec | ListSpec]] = {
            "control": self.controls,
            "field": self.fields,
            "list": self.lists,
        }
        if kind:
            return tables[kind].get(bare) if kind in tables else None
        for table in tables.values():
            if bare in table:
                return table[bare]
        return None
