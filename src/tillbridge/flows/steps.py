"""The steps of a flow as values. A flow is a straight line: no loops, no jumps; `when` is the only condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tillbridge.domain.ledger import PostingKind

Part = Literal[
    "remember", "steps", "restore", "identity", "prepare", "burst", "check", "commit", "after", "abandon"
]
WaitWord = Literal["gone", "shown", "enabled", "settled"]
AbsentWord = Literal["list_complete", "window_gone", "program_idle", "settle_passed"]
AppliesTo = Literal["chosen", "oldest"]

ABSENT_WORDS: tuple[AbsentWord, ...] = ("list_complete", "window_gone", "program_idle", "settle_passed")

GO_TO_CLIENT = "go_to_client"
READ_OPEN_PAYMENT = "read_open_payment"
READ_REVERSALS = "read_reversals"
READ_ON_ACCOUNT = "read_on_account"
READ_ACCOUNT = "read_account"
LIST_PAYMENT_METHODS = "list_payment_methods"
WRITERS: Mapping[PostingKind, str] = {
    "sale": "post_payment",
    "deposit": "post_deposit",
    "refund": "post_refund",
    "void": "post_void",
    "return": "post_return",
}
"""The writing flow of each kind of posting record."""
GIVE_BACK: frozenset[str] = frozenset({"post_refund", "post_void", "post_return"})
"""The writing flows whose rows take money out of the client's account with us."""
FLOW_NAMES: tuple[str, ...] = (
    "read_invoice",
    READ_OPEN_PAYMENT,
    GO_TO_CLIENT,
    "read_ledger",
    READ_REVERSALS,
    READ_ON_ACCOUNT,
    READ_ACCOUNT,
    LIST_PAYMENT_METHODS,
    *WRITERS.values(),
)

FACTS: Mapping[str, str] = {
    "invoice_number": "text",
    "account_id": "text",
    "client": "text",
    "amount": "money",
    "balance": "money",
    "marker": "text",
    "of_marker": "text",
    "is_partial": "bool",
    "rest": "money",
    "is_full": "bool",
    "today": "date",
}
"""What the interpreter can fill in, beside the pack's own settings."""


@dataclass(frozen=True, slots=True)
class Given:
    """`$amount` or `-$amount`: a fact or a setting, filled in when the flow runs. The minus is for money only.

    `before`: fixed text in front of a text fact, as in "Invoice $invoice_number". A name that begins with
    `seen.` is what this flow itself has read by then: a control, a field, or a column of the one row.
    """

    name: str
    negative: bool = False
    before: str = ""

    def __str__(self) -> str:
        return self.before + ("-$" if self.negative else "$") + self.name

    @property
    def seen(self) -> str:
        """The name of what was read; empty if this is a fact or a setting."""
        return self.name.removeprefix("seen.") if self.name.startswith("seen.") else ""


Term = str | int | bool | Given
"""A literal or a given. A literal number is minor units of the pack's currency, zero in practice."""


@dataclass(frozen=True, slots=True)
class When:
    """The only condition: `enabled` or `shown` of the step's own control, a window, or a fact that is true."""

    kind: Literal["state", "window", "fact"]
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    when: When | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Step):
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow(Step):
    list: str
    where: Mapping[str, Term] = field(default_factory=dict)
    which: Literal["", "selected", "only"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRows(Step):
    list: str
    where: Mapping[str, Term] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEach(Step):
    """Select one row of a list after the other, and read what another list shows of each, as one list of rows."""

    list: str
    shows: str
    where: Mapping[str, Term] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadChoices(Step):
    """All that a choice offers, in its order. Nothing is chosen."""

    control: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PressStep(Step):
    control: str
    opens: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuStep(Step):
    """A path through the menus of a window, by the words a person reads: outermost first."""

    path: tuple[str, ...]
    window: str
    opens: str = ""
    apart_ms: int = 0
    """Never used twice within this time: the program does not bear it."""
    quiet: bool = False
    """Only at a still moment and with a person's keys kept away: the program hangs if one types meanwhile."""
    until_gone: str = ""
    """A window (a name of one) that goes when it worked: done again until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStep(Step):
    control: str
    value: Term = ""
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseStep(Step):
    control: str
    value: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class TickStep(Step):
    """Tick or clear a check box (`name` is a control) or one row (`name` is a list, with `where`)."""

    name: str
    on: bool
    where: Mapping[str, Term] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TickOnly(Step):
    list: str
    where: Mapping[str, Term]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectStep(Step):
    list: str
    where: Mapping[str, Term]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkStep(Step):
    control: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect(Step):
    """`what` is `field.x`, `control.x` or `window.w.hole`."""

    what: str
    value: Term


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectRow(Step):
    list: str
    where: Mapping[str, Term]
    has: Mapping[str, Term] = field(default_factory=dict)
    others: Mapping[str, Term] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitStep(Step):
    word: WaitWord
    of: str
    """`window.w`, or the bare or full name of a control, field or list."""


AnyStep = (
    Read
    | ReadRow
    | ReadRows
    | ReadEach
    | ReadChoices
    | PressStep
    | MenuStep
    | SetStep
    | ChooseStep
    | TickStep
    | TickOnly
    | SelectStep
    | ParkStep
    | Expect
    | ExpectRow
    | WaitStep
)
Actions = PressStep | MenuStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """How the ledger answers "did it land?". `absent_when` is empty where absence can never be proved."""

    by: str
    one_row: Mapping[str, Term]
    absent_when: tuple[AbsentWord, ...] = ()


ROW_UNKNOWN = "row_unknown"
"""Reason: the row that is to be taken back carries no marker of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """The flow that is run for the same order where this one ended, provably before its commit, for such a reason."""

    flow: str
    when: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A reading flow has `steps`; a writing flow has a `commit` and the parts around it."""

    name: str
    line: int = 0
    touches: bool = True
    remember: tuple[AnyStep, ...] = ()
    """What a person has in front, read before anything is touched, to be put back afterwards."""
    steps: tuple[AnyStep, ...] = ()
    returns: Mapping[str, str] = field(default_factory=dict)
    restore: tuple[AnyStep, ...] = ()
    needs: tuple[str, ...] = ()
    applies_to: AppliesTo = "chosen"
    """`oldest`: the software puts the money on the oldest balance, so a row's invoice proves nothing."""
    identity: tuple[AnyStep, ...] = ()
    prepare: tuple[AnyStep, ...] = ()
    burst: tuple[AnyStep, ...] = ()
    check: tuple[AnyStep, ...] = ()
    commit: Actions | None = None
    after: tuple[AnyStep, ...] = ()
    abandon: tuple[AnyStep, ...] = ()
    verify: Verify | None = None
    instead: Instead | None = None
    same_as: str = ""
    """This flow is another one of the pack under a second name."""

    @property
    def writes(self) -> bool:
        return self.commit is not None
