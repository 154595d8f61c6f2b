"""The rules that a flow must keep before it may run: each breach is a finding with file and line.

The heart of them: one commit, pressed nowhere else; everything that is typed is read back in `check`; there is
always a way out (`abandon`) and a way to find out (`verify`); nothing is "proved absent" on half a proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tillbridge.flows.formats import FormatWord
from tillbridge.flows.pack import ControlSpec, FieldSpec, ListSpec, Pack
from tillbridge.flows.steps import (
    ABSENT_WORDS,
    FACTS,
    GO_TO_CLIENT,
    READ_ON_ACCOUNT,
    READ_REVERSALS,
    WRITERS,
    AnyStep,
    ChooseStep,
    Expect,
    ExpectRow,
    Flow,
    Given,
    MenuStep,
    ParkStep,
    Part,
    PressStep,
    Read,
    ReadChoices,
    ReadEach,
    ReadRow,
    ReadRows,
    SelectStep,
    SetStep,
    Term,
    TickOnly,
    TickStep,
    Verify,
    WaitStep,
)
from tillbridge.flows.tables import Place, Report

_LOOK = (Read, ReadRow, ReadRows, ReadChoices, Expect, ExpectRow, WaitStep)
_TYPE = (SetStep, ChooseStep, TickStep, TickOnly, ParkStep)
_MOVE = (PressStep, MenuStep, SelectStep, ReadEach)
_ALLOWED: Mapping[Part, tuple[type, ...]] = {
    "remember": (Read, ReadRow),
    "steps": (*_LOOK, *_TYPE, *_MOVE),
    "restore": (*_LOOK, *_MOVE, SetStep, ChooseStep),
    "identity": (*_LOOK, *_TYPE, *_MOVE),
    "prepare": (*_LOOK, *_TYPE, *_MOVE),
    "burst": _TYPE,
    "check": (Expect, ExpectRow),
    "after": (WaitStep, PressStep, MenuStep, Read, Expect, ExpectRow),
    "abandon": (WaitStep, PressStep, MenuStep),
}
_RETURNS: Mapping[str, tuple[str, ...]] = {
    "read_invoice": ("account_id", "client", "number", "total", "balance"),
    "read_ledger": ("rows",),
    READ_REVERSALS: ("rows",),
    READ_ON_ACCOUNT: ("rows",),
    "read_open_payment": ("amount",),
    "read_account": ("account_id", "balance", "rows"),
    "list_payment_methods": ("methods",),
}
_RETURNS_MORE: Mapping[str, tuple[str, ...]] = {
    "read_open_payment": ("method", "reference"),
    "read_invoice": ("alert", "patient"),
    "read_ledger": ("balance", "account_id"),
    READ_REVERSALS: (),
    READ_ON_ACCOUNT: (),
    "read_account": ("client", "credit"),
    "list_payment_methods": (),
}
_LISTED: Mapping[str, tuple[str, ...]] = {"read_account": ("number", "balance")}
"""Columns that the list behind `rows` must have; those of a ledger are asked for by `verify`."""
_LEDGER_COLUMNS = ("amount", "reference", "date")
_IDENTITY = ("account_id", "invoice_number")
_WHOSE = ("account_id", "client", "invoice_number")


def judge_flow(pack: Pack, flow: Flow, place: Place, report: Report) -> None:
    """Add a finding for every rule that this flow breaks."""
    _FlowJudge(pack, flow, place, report).all()


def parts_of(flow: Flow) -> Iterator[tuple[Part, AnyStep]]:
    """Every step of a flow with the part it stands in; the commit too."""
    parts: Mapping[Part, Iterable[AnyStep]] = {
        "remember": flow.remember,
        "steps": flow.steps,
        "restore": flow.restore,
        "identity": flow.identity,
        "prepare": flow.prepare,
        "burst": flow.burst,
        "check": flow.check,
        "commit": [flow.commit] if flow.commit else [],
        "after": flow.after,
        "abandon": flow.abandon,
    }
    for part, steps in parts.items():
        for step in steps:
            yield part, step


class _FlowJudge:
    def __init__(self, pack: Pack, flow: Flow, place: Place, report: Report) -> None:
        self.pack = pack
        self.flow = flow
        self.place = place
        self.report = report

    def fault(self, code: str, text: str, step: AnyStep | None = None) -> None:
        line = step.line if step and step.line else self.place.line
        self.report.add(Place(self.place.file, line), code, text)

    def all(self) -> None:
        for part, step in parts_of(self.flow):
            self.part(part, step)
            self.names(step)
            self.terms(step)
        self.secrets()
        self.returns()
        self.listed()
        if self.flow.name in WRITERS.values() or self.flow.writes:
            self.writing()
            return
        self.no_commit()
        if self.flow.name == GO_TO_CLIENT:
            self.visit()
        elif any(parts_of(self.flow)) and not self.flow.steps:
            self.fault("missing_key", "a reading flow has steps")

    # ---- one step at a time ----

    def part(self, part: Part, step: AnyStep) -> None:
        if part != "commit" and not isinstance(step, _ALLOWED[part]):
            self.fault("wrong_part", f"{_word(step)} has no place in {part}", step)
        if part == "commit" and step.when is not None:
            self.fault("wrong_part", "the commit is never conditional", step)
        if part != "commit" and self.flow.commit is not None and _same_act(step, self.flow.commit):
            self.fault("commit_twice", "the commit's own control is pressed by the commit alone", step)
        if part == "remember" and self.flow.name != GO_TO_CLIENT:
            self.fault("wrong_part", f"only {GO_TO_CLIENT} remembers", step)
        if not self.flow.touches and not isinstance(step, _LOOK):
            self.fault("wrong_part", "a flow that touches nothing only looks", step)

    def names(self, step: AnyStep) -> None:
        if isinstance(step, Read):
            for name in step.names:
                self.read_name(name, step)
        elif isinstance(step, PressStep | SetStep | ChooseStep | ParkStep | ReadChoices):
            self.control(step)
        elif isinstance(step, MenuStep):
            self.window(step.window, step)
        elif isinstance(step, TickStep):
            self.tick(step)
        elif isinstance(step, ReadRow | ReadRows | ReadEach | TickOnly | SelectStep | ExpectRow):
            self.rows(step)
        elif isinstance(step, Expect):
            self.watched(step.what, step)
        else:
            self.waited(step)
        if isinstance(step, PressStep | MenuStep) and step.opens:
            self.window(step.opens, step)
        if isinstance(step, MenuStep) and step.until_gone:
            self.window(step.until_gone, step)
        if step.when is not None and step.when.kind == "window":
            self.window(step.when.word, step)

    def read_name(self, name: str, step: AnyStep) -> None:
        if not isinstance(self.pack.place(name), ControlSpec | FieldSpec):
            self.fault("dangling_name", f'"{name}" is no field or control', step)

    def control(self, step: PressStep | SetStep | ChooseStep | ParkStep | ReadChoices) -> None:
        spec = self.pack.controls.get(step.control)
        if spec is None:
            return self.fault("dangling_name", f'"{step.control}" is no control', step)
        fits: Mapping[type, tuple[str, ...]] = {
            PressStep: ("button", "tab", "menu_item", "menu", "check"),
            SetStep: ("edit",),
            ChooseStep: ("choice", "tree", "tabs"),
            ReadChoices: ("choice", "tree"),
        }
        if type(step) in fits and spec.role not in fits[type(step)]:
            self.fault("wrong_role", f'"{step.control}" is a {spec.role}: {_word(step)} does not fit', step)
        if isinstance(step, ParkStep) and not spec.read_only:
            self.fault("wrong_role", "focus is parked on a read_only control only", step)
        if not isinstance(step, PressStep | ParkStep | ReadChoices) and spec.read_only:
            self.fault("wrong_role", f'"{step.control}" is read_only', step)
        return None

    def window(self, name: str, step: AnyStep) -> None:
        if name not in self.pack.windows:
            self.fault("dangling_name", f'"{name}" is no window of this pack', step)

    def tick(self, step: TickStep) -> None:
        spec = self.pack.place(step.name)
        if isinstance(spec, ListSpec):
            self.columns(spec, step.where, step)
            if not step.where:
                self.fault("missing_key", "which row? where is missing", step)
        elif not isinstance(spec, ControlSpec) or spec.role != "check":
            self.fault("dangling_name", f'"{step.name}" is no check box and no list', step)

    def rows(self, step: ReadRow | ReadRows | ReadEach | TickOnly | SelectStep | ExpectRow) -> None:
        spec = self.pack.lists.get(step.list)
        if spec is None:
            return self.fault("dangling_name", f'"{step.list}" is no list', step)
        self.columns(spec, step.where, step)
        if isinstance(step, ExpectRow):
            self.columns(spec, step.has, step)
            self.columns(spec, step.others, step)
        if isinstance(step, ReadEach) and step.shows not in self.pack.lists:
            self.fault("dangling_name", f'"{step.shows}" is no list', step)
        if isinstance(step, ReadRow) and bool(step.where) == bool(step.which):
            self.fault("step_keys", "one row: by where or by which", step)
        return None

    def columns(self, spec: ListSpec, names: Iterable[str], step: AnyStep) -> None:
        for name in names:
            if name not in spec.columns:
                self.fault("dangling_name", f'the list "{spec.name}" has no column "{name}"', step)

    def watched(self, what: str, step: AnyStep) -> None:
        kind, _, rest = what.partition(".")
        if kind == "window":
            name, _, hole = rest.partition(".")
            spec = self.pack.windows.get(name)
            if spec is None or not all(hole in title.names() for title in spec.titles):
                self.fault("dangling_name", f'"{what}" is in no title of this pack', step)
        elif kind not in ("field", "control") or not isinstance(
            self.pack.place(what), ControlSpec | FieldSpec
        ):
            self.fault("dangling_name", f'"{what}" is no field.x, control.x or window.x.hole', step)

    def waited(self, step: WaitStep) -> None:
        kind, _, rest = step.of.partition(".")
        if kind == "window" and rest:
            self.window(rest, step)
            if step.word not in ("gone", "shown", "enabled"):
                self.fault("wrong_role", f"a window is never {step.word}", step)
        else:
            spec = self.pack.place(step.of)
            if spec is None:
                self.fault("dangling_name", f'"{step.of}" is nothing to wait for', step)
            elif step.word == "settled" and not isinstance(spec, ListSpec):
                self.fault("wrong_role", "only a list settles", step)

    # ---- what is filled in ----

    def terms(self, step: AnyStep) -> None:
        for key, term in terms_of(step):
            if isinstance(term, Given):
                self.given(term, self.format_of(step, key), step)
        if step.when is not None and step.when.kind == "fact":
            self.given(Given(step.when.word), "", step)

    def format_of(self, step: AnyStep, key: str) -> FormatWord | str:
        if isinstance(step, ReadRow | ReadRows | ReadEach | TickOnly | SelectStep | ExpectRow):
            spec = self.pack.lists.get(step.list)
            return spec.format_of(key) if spec else ""
        name = step.what if isinstance(step, Expect) else getattr(step, "control", "")
        place = self.pack.place(name)
        return place.format if isinstance(place, ControlSpec | FieldSpec) else ""

    def given(self, term: Given, form: str, step: AnyStep) -> None:
        known = {**dict.fromkeys(self.pack.settings, "text"), **FACTS, **self.readings()}
        if term.name not in known:
            return self.fault("unknown_fact", f'nobody gives "${term.name}"', step)
        kind = known[term.name]
        if term.before and kind != "text":
            self.fault("not_a_term", f'"{term}": text stands before a text only', step)
        if term.negative and kind != "money":
            self.fault("minus", f'"{term}": a minus stands before money only', step)
        if form == "money" and kind != "money":
            self.fault("wrong_type", f'"{term}" is no money, and it stands where money is wanted', step)
        if kind != "bool" and not term.seen and term.name not in self.flow.needs:
            self.fault("need_missing", f'"${term.name}" is used and not listed in needs', step)
        return None

    def readings(self) -> Mapping[str, str]:
        """What this flow reads, as `$seen.NAME`, with the kind of each."""
        kinds: dict[str, str] = {}
        for _, step in parts_of(self.flow):
            names = step.names if isinstance(step, Read) else ()
            for place in map(self.pack.place, names):
                if isinstance(place, ControlSpec | FieldSpec):
                    kinds[f"seen.{place.name}"] = place.format
            spec = self.pack.lists.get(step.list) if isinstance(step, ReadRow) else None
            if spec is not None:
                kinds |= {f"seen.{column}": spec.format_of(column) for column in spec.cell_columns}
        return {name: "text" if kind == "code" else kind for name, kind in kinds.items()}

    # ---- the flow as a whole ----

    def secrets(self) -> None:
        secret = {
            step.control for _, step in parts_of(self.flow) if isinstance(step, SetStep) and step.secret
        }
        for _, step in parts_of(self.flow):
            names = step.names if isinstance(step, Read) else [step.what] if isinstance(step, Expect) else []
            if any(name.rpartition(".")[2] in secret for name in names):
                self.fault("secret_read_back", "a secret is never read back", step)

    def returns(self) -> None:
        wanted = _RETURNS.get(self.flow.name, ())
        for name in wanted:
            if name not in self.flow.returns:
                self.fault("missing_key", f'returns lacks "{name}"')
        sources = set(self.sources())
        for name, source in self.flow.returns.items():
            if wanted and name not in (*wanted, *_RETURNS_MORE[self.flow.name]):
                self.fault("unknown_key", f'nobody asks this flow for "{name}"')
            if source not in sources:
                self.fault("dangling_name", f'"{source}" was not read by this flow')

    def listed(self) -> None:
        """The rows that a flow returns say what their reader asks for."""
        for step in self.flow.steps:
            spec = self.pack.lists.get(step.list) if isinstance(step, ReadRows) else None
            for column in _LISTED.get(self.flow.name, ()):
                if spec is not None and column not in spec.columns:
                    self.fault("dangling_name", f'the list "{spec.name}" has no column "{column}"', step)

    def sources(self) -> Iterator[str]:
        """What `returns` may name: all that the steps have read by then."""
        for step in (*self.flow.remember, *self.flow.steps):
            if isinstance(step, Read):
                for name in step.names:
                    bare = name.rpartition(".")[2]
                    yield f"{'field' if bare in self.pack.fields else 'control'}.{bare}"
            elif isinstance(step, ReadRow) and step.list in self.pack.lists:
                yield from (f"row.{column}" for column in self.pack.lists[step.list].columns)
            elif isinstance(step, ReadRows | ReadEach):
                yield "rows"
            elif isinstance(step, ReadChoices):
                yield f"choices.{step.control}"
        for window in self.pack.windows.values():
            for title in window.titles:
                yield from (f"window.{window.name}.{hole}" for hole in title.names())

    def visit(self) -> None:
        """The way to a client is gone twice: to the order's, and back to the one that a person had in front."""
        if not self.flow.remember:
            self.fault("missing_key", "remember is missing: nobody could put the screen back")
        for name in self.flow.returns:
            if name not in _WHOSE:
                self.fault("unknown_key", f'nobody asks this flow for "{name}"')
        for step in self.flow.steps:
            for _, term in terms_of(step):
                if isinstance(term, Given) and not term.seen and term.name not in self.flow.returns:
                    self.fault(
                        "no_way_back", f'"${term.name}" leads there, and returns does not give it', step
                    )

    def no_commit(self) -> None:
        """A flow that writes nothing never presses what writes."""
        commits = [flow.commit for flow in self.pack.flows.values() if flow.commit is not None]
        for _, step in parts_of(self.flow):
            if any(_same_act(step, commit) for commit in commits):
                self.fault("commit_twice", "the commit's own control is pressed by the commit alone", step)

    def writing(self) -> None:
        flow = self.flow
        if flow.commit is None:
            self.fault("commit_missing", "a writing flow has one commit")
        if not flow.abandon:
            self.fault("abandon_missing", "no way out: abandon is missing")
        if not flow.after:
            self.fault("after_missing", "after is missing: nobody waits for the program")
        if flow.verify is None:
            self.fault("verify_missing", "verify is missing: nobody could tell whether it landed")
        else:
            self.verify(flow.verify)
        self.read_back()
        self.identity()
        self.marker()

    def read_back(self) -> None:
        """Everything typed is read again just before the commit."""
        checked = {step.what.rpartition(".")[2] for step in self.flow.check if isinstance(step, Expect)}
        checked |= {step.list for step in self.flow.check if isinstance(step, ExpectRow)}
        for step in (*self.flow.prepare, *self.flow.burst):
            if isinstance(step, SetStep) and step.secret:
                continue
            name = _typed(step)
            spec = self.pack.place(name) if name else None
            if spec is not None and name not in checked and self._at_commit(spec.window):
                self.fault("not_read_back", f'"{name}" is set and not read back in check', step)

    def _at_commit(self, window: str) -> bool:
        """Only what stands in the window of the commit can be read back beside it."""
        commit = self.flow.commit
        if isinstance(commit, MenuStep):
            return commit.window == window
        spec = self.pack.controls.get(commit.control) if commit else None
        return spec is None or spec.window == window

    def identity(self) -> None:
        """The check names the client or the invoice; a window that is reused names it inside, too."""
        watched = [
            step for step in self.flow.check if isinstance(step, Expect) and _gives(step.value, _IDENTITY)
        ]
        rows = [
            step
            for step in self.flow.check
            if isinstance(step, ExpectRow) and any(_gives(term, _IDENTITY) for term in step.where.values())
        ]
        if not watched and not rows:
            self.fault("identity_missing", "check never looks at $account_id or $invoice_number")
        commit = self.flow.commit
        spec = self.pack.controls.get(commit.control) if isinstance(commit, PressStep) else None
        window = self.pack.windows.get(spec.window) if spec else None
        inside = rows or any(not step.what.startswith("window.") for step in watched)
        if window is not None and window.reused and not inside:
            self.fault(
                "second_identity",
                f'the window "{window.name}" is reused and its title lags: check one more identity inside it',
            )

    def marker(self) -> None:
        typed = [
            step
            for step in (*self.flow.prepare, *self.flow.burst)
            if isinstance(step, SetStep) and _gives(step.value, ("marker",))
        ]
        if not typed:
            self.fault("marker_missing", "nothing types $marker: the posting could never be found again")
        sets = [step for step in self.flow.burst if isinstance(step, SetStep)]
        money = [step for step in sets if _gives(step.value, ("amount",))]
        if money and sets[-1] is not money[-1]:
            text = "the amount is set last, so that a stray Enter meets an unfinished form"
            self.report.add(Place(self.place.file, money[-1].line), "amount_not_last", text, "warning")

    def verify(self, verify: Verify) -> None:
        reading = self.pack.flows.get(verify.by)
        if reading is None or reading.writes:
            return self.fault("dangling_name", f'verify.by names no reading flow: "{verify.by}"')
        lists = [self.pack.lists.get(step.list) for step in reading.steps if isinstance(step, ReadRows)]
        lists += [self.pack.lists.get(step.shows) for step in reading.steps if isinstance(step, ReadEach)]
        for spec in lists:
            if spec is not None:
                self.ledger(verify, spec)
        if verify.absent_when and set(verify.absent_when) != set(ABSENT_WORDS):
            self.fault("absent_incomplete", f"absent_when needs all of: {', '.join(ABSENT_WORDS)}")
        return None

    def ledger(self, verify: Verify, spec: ListSpec) -> None:
        for column in (*_LEDGER_COLUMNS, *verify.one_row):
            if column not in spec.columns:
                self.fault("dangling_name", f'the list "{spec.name}" has no column "{column}"')
        for column, term in verify.one_row.items():
            if isinstance(term, Given):
                self.given(term, spec.format_of(column), Expect(what="", value=term, line=self.place.line))
        if not _gives(verify.one_row.get("reference", ""), ("marker",)):
            self.fault("marker_missing", "one_row does not look for $marker")
        if spec.cut.get("reference", 99) < self.pack.limits.marker_length_max:
            self.fault("marker_cut", "the ledger cuts the reference shorter than marker_length_max")
        if not spec.complete and verify.absent_when:
            self.fault("absence_unprovable", f'the list "{spec.name}" is never complete: drop absent_when')


def terms_of(step: AnyStep) -> Iterator[tuple[str, Term]]:
    """Everything that is filled into a step, by the name it is filled in for."""
    for group in ("where", "has", "others"):
        yield from getattr(step, group, {}).items()
    for single in ("value", "changed_by"):
        if hasattr(step, single):
            yield single, getattr(step, single)


def _typed(step: AnyStep) -> str:
    if isinstance(step, SetStep | ChooseStep):
        return step.control
    if isinstance(step, TickStep):
        return step.name
    return step.list if isinstance(step, TickOnly) else ""


def _gives(term: Term, names: tuple[str, ...]) -> bool:
    return isinstance(term, Given) and term.name in names


def _same_act(step: AnyStep, commit: PressStep | MenuStep) -> bool:
    if isinstance(step, PressStep) and isinstance(commit, PressStep):
        return step.control == commit.control
    return isinstance(step, MenuStep) and isinstance(commit, MenuStep) and step.path == commit.path


def _word(step: AnyStep) -> str:
    return type(step).__name__.removesuffix("Step").lower()
