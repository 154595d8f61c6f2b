"""What a screen backend can do, and what a guard can do. Protocols and values only.

A backend's unit is the burst, not the call: resolve everything first, then send sets, checks and the
commit without a pause. Everything here can be sent to another process or a web page as plain data, so
the same interpreter drives AT-SPI, Win32, MSAA and a browser panel. Nothing here knows of money.

Every call is bounded: it returns within its own time limit or raises `NotAnswering`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, NewType, Protocol

Role = Literal[
    "button",
    "edit",
    "choice",
    "check",
    "tab",
    "tabs",
    "list",
    "tree",
    "menu",
    "menu_bar",
    "menu_item",
    "text",
]
"""`tabs` (a row of tabs) and `tree` are choices of one entry. A tree's entries are paths: "Assets:Card Clearing"."""
EvidenceKind = Literal["id", "number", "name", "label", "only"]
Way = Literal["text", "pick", "keys"]

Handle = NewType("Handle", str)
"""A top-level window, opaque to everybody but the backend that gave it."""
Node = NewType("Node", str)
"""A control inside a window, opaque; valid until the window goes away."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One way to point at a control: `id`, `number`, `name`, `label`, or `only` (value "")."""

    kind: EvidenceKind
    value: str


@dataclass(frozen=True, slots=True)
class Target:
    """A recipe for one control. All evidence that the backend can see must agree on one control."""

    name: str
    """The pack's own word for it; used in transcripts."""
    role: Role
    evidence: tuple[Evidence, ...]
    within: tuple[Target, ...] = ()
    """Containers to find first, outermost first (a pane, a group). Usually empty."""


@dataclass(frozen=True, slots=True)
class Found:
    node: Node


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing matches. `tried` names the evidence kinds that were looked at."""

    tried: tuple[EvidenceKind, ...]


@dataclass(frozen=True, slots=True)
class Several:
    """More than one control matches: never guessed."""

    count: int
    kind: EvidenceKind


@dataclass(frozen=True, slots=True)
class Disagree:
    """Two kinds of evidence point at different controls: the screen is not as described."""

    kinds: tuple[EvidenceKind, ...]


Resolution = Found | Missing | Several | Disagree


@dataclass(frozen=True, slots=True)
class Program:
    """A running program as the backend sees it."""

    key: str
    """Opaque; changes when the program restarts."""
    name: str
    pid: int
    toolkit: str = ""
    version: str = ""
    """Version resource or build stamp where the platform offers one; else empty."""


@dataclass(frozen=True, slots=True)
class Window:
    handle: Handle
    title: str
    kind: Literal["window", "dialog"]
    modal: bool
    enabled: bool
    """False while another window of the program is modal above it: never act on it then."""
    shown: bool
    owner: Handle | None = None
    minimised: bool = False
    level: int = -1
    """Of two windows, whoever owns them, the one with the higher level lies further up; -1: not known."""


@dataclass(frozen=True, slots=True)
class Button:
    name: str
    node: Node
    enabled: bool


@dataclass(frozen=True, slots=True)
class DialogText:
    """What a dialog says and offers: all static texts in reading order and every button."""

    texts: tuple[str, ...]
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One control, read once. `text` is the value for edits and choices, the caption otherwise."""

    text: str
    enabled: bool
    shown: bool
    read_only: bool = False
    checked: bool | None = None
    focused: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    index: int
    cells: tuple[str, ...]
    """In the order of the captions asked for."""
    ticked: bool | None
    selected: bool


@dataclass(frozen=True, slots=True)
class Rows:
    captions: tuple[str, ...]
    rows: tuple[Row, ...]
    complete: bool
    """True only if every row of the list was seen (not merely the visible ones)."""


# ---- acts: what a burst may hold -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Press:
    """Invoke a button, tab or menu item. `opens` says that a window may come and the call may not return."""

    node: Node
    opens: bool = False


@dataclass(frozen=True, slots=True)
class SetText:
    node: Node
    text: str
    leave: bool = False
    """Move the focus away afterwards, so that a value validated on leaving is validated."""
    secret: bool = False
    """Never read back, never in a transcript."""


@dataclass(frozen=True, slots=True)
class Choose:
    """Pick one entry of a choice by its exact text, by the given ways in order; each is read back.

    `greyed`: also while the program does not offer it (it looks at what stands beside it only when this is chosen).
    """

    node: Node
    text: str
    ways: tuple[Way, ...] = ("pick", "keys")
    greyed: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    node: Node
    on: bool


@dataclass(frozen=True, slots=True)
class SelectRow:
    node: Node
    row: int


@dataclass(frozen=True, slots=True)
class TickRow:
    node: Node
    row: int
    on: bool


@dataclass(frozen=True, slots=True)
class Park:
    """Leave the keyboard focus on a harmless, read-only control."""

    node: Node


Act = Press | SetText | Choose | Tick | SelectRow | TickRow | Park


@dataclass(frozen=True, slots=True)
class Check:
    """One fact that must hold just before the commit. Plain data, so that a page can judge it too."""

    node: Node
    facet: Literal["text", "checked", "enabled", "read_only", "row_text", "row_ticked", "row_selected"]
    accepted: frozenset[str]
    """Every spelling that counts as right; booleans are "true" and "false"."""
    row: int = -1
    column: str = ""
    """Caption, for `row_text`."""
    what: str = ""
    """The pack's word for it, for transcripts."""


@dataclass(frozen=True, slots=True)
class Burst:
    """Sets, then checks in one go, then at most one commit.

    `number` is never used twice: a repeat is refused.
    """

    number: int
    acts: tuple[Act, ...]
    checks: tuple[Check, ...] = ()
    commit: Press | None = None
    commit_within_s: float | None = None
    """Send the commit only within so many seconds from the burst's start, else "too_late": a guard's shield
    ends on time whatever happens, and a commit behind it would be open to a person's keys."""


@dataclass(frozen=True, slots=True)
class Difference:
    check: Check
    seen: str


@dataclass(frozen=True, slots=True)
class BurstReport:
    """How far a burst came.

    `stage` is `not_committed` when the commit was surely not sent, `committed` when it was sent and
    acknowledged, `doubt` when it may have been sent. Anything not proved is `doubt`.
    """

    stage: Literal["not_committed", "committed", "doubt"]
    acts_done: int
    differences: tuple[Difference, ...] = ()
    cause: str = ""
    """Why it went no further: a `Cause`, sometimes with ": detail" behind it. Empty when nothing failed."""

    @property
    def code(self) -> str:
        """The cause without its detail."""
        return self.cause.partition(":")[0]


Cause = Literal[
    "repeated",  # this burst number was used before
    "owner_disabled",  # another window of the program is modal above
    "disabled",
    "hidden",
    "read_only",
    "no_such_choice",
    "no_such_row",
    "no_tick",
    "too_late",  # the checks agreed, but only after `commit_within_s`
    "value_not_taken",  # set by every way asked for, and the read-back still says something else
    "unsupported",  # this backend has no way to do that to this control
    "not_answering",
    "gone",
    "channel_lost",
]


class NotAnswering(Exception):
    """The program (or the channel to it) did not answer in time. Says nothing about what it did."""


class Gone(Exception):
    """The window or control no longer exists."""


class DesktopGone(Gone):
    """The display or the accessibility bus ended, and every window with it. Only a new connection helps."""


class Refused(Exception):
    """The act was surely not done, because it must not or cannot be. Inside a burst it becomes its cause."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.cause = cause


def cause_of(error: NotAnswering | Gone | Refused) -> str:
    """The error as the cause of a burst report."""
    match error:
        case NotAnswering():
            return f"not_answering: {error}"
        case Gone():
            return f"gone: {error}"
        case Refused():
            return str(error)


@dataclass(frozen=True, slots=True)
class BackendFacts:
    name: str
    evidence: frozenset[EvidenceKind]
    ways: frozenset[Way]


class Backend(Protocol):
    """One way to see and drive programs. Not thread-safe: one thread owns it."""

    facts: BackendFacts

    def programs(self) -> Sequence[Program]:
        """Every program that shows windows to this backend."""
        ...

    def windows(self, program: Program) -> Sequence[Window]:
        """Top-level windows and dialogs, topmost first where known. Raises NotAnswering."""
        ...

    def ping(self, program: Program, timeout_s: float) -> float | None:
        """Seconds a cheap call took, or None if it was not answered within `timeout_s`."""
        ...

    def resolve(self, window: Handle, targets: Sequence[Target]) -> Sequence[Resolution]:
        """Find all targets in one go, strictly. Raises Gone, NotAnswering."""
        ...

    def read(self, nodes: Sequence[Node]) -> Sequence[Reading]:
        """Read all nodes in one go. Raises Gone, NotAnswering."""
        ...

    def rows(self, node: Node, captions: Sequence[str], where: tuple[str, str] | None = None) -> Rows:
        """Read a list by column caption. Caption "#check" is the row's tick and gives no cell.

        With `where` = (caption, text) only the rows whose cell says exactly that are given, all of them; with
        ("#selected", "true") the selected rows. `complete` is True only if every row was looked at for that.
        """
        ...

    def choices(self, node: Node) -> Sequence[str]:
        """The entries of a choice, in order, without opening or changing it."""
        ...

    def focused(self, window: Handle) -> Node | None:
        """The control of a window that takes the person's keys, or will take them when that window is in front again.

        Moves nothing. None where it cannot be told. Raises Gone, NotAnswering.
        """
        ...

    def dialog(self, window: Handle) -> DialogText:
        """Texts and buttons of a dialog."""
        ...

    def burst(self, burst: Burst) -> BurstReport:
        """Send acts, checks and commit without a pause. Never raises once the commit may have been sent."""
        ...

    def wait_change(self, timeout_s: float) -> bool:
        """Block until something on the screen changed or the time is up. True if something changed."""
        ...

    def close(self) -> None: ...


# ---- guards: is a person using mouse and keyboard? --------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment as the guard counts it."""

    at_ms: int
    detail: str = ""


@dataclass(slots=True)
class ShieldReport:
    """What a shield did. `swallowed` is final only after the shield has ended."""

    held: bool
    """False when the shield could not be had (somebody else holds the input)."""
    swallowed: int = field(default=0)
    """Key presses and clicks that a person made and that reached nobody."""


class Guard(Protocol):
    """A second axis beside the backend: knows about the person, nothing about controls. Raises DesktopGone."""

    name: str
    swallowed: int
    """Key presses and clicks that all shields so far kept away, and that reached nobody."""

    def watch(self) -> Mark:
        """Remember this moment."""
        ...

    def disturbed(self, since: Mark) -> bool:
        """Did a person press a key or click since then? A moved mouse changes nothing; our own acts never count."""
        ...

    def idle_s(self) -> float:
        """Seconds since a person last touched mouse or keyboard."""
        ...

    def shield(self, max_s: float, pid: int = 0) -> AbstractContextManager[ShieldReport]:
        """Keep a person's input away for at most `max_s` (1.5 s), released by a watchdog whatever happens.

        Keys that go to a window of another program than that of `pid` are only kept waiting: nothing of them is lost.

        Its end raises nothing: a commit may lie inside.
        """
        ...

    def close(self) -> None: ...
