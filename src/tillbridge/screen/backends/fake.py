"""Windows in memory, for unit tests of everything that is written against `Backend`. Never shipped to a desk.

It shares the strict rules of real backends and nothing else: what a control does when it is set or pressed
is a function that the test gives.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tillbridge.screen import backend as b
from tillbridge.screen.locator import caption, judge_shown_first, same_words, usable
from tillbridge.screen.pieces import may_hold_card

KINDS: frozenset[b.EvidenceKind] = frozenset({"id", "number", "name", "label", "only"})


@dataclass(eq=False, slots=True)
class FakeControl:
    """One control. `on_press` and `on_set` run inside the act, like a program's own slots."""

    role: b.Role
    id: str = ""
    name: str = ""
    label: str = ""
    number: str = ""
    text: str = ""
    enabled: bool = True
    shown: bool = True
    read_only: bool = False
    checked: bool | None = None
    focused: bool = False
    options: tuple[str, ...] = ()
    ways: frozenset[b.Way] = frozenset({"text", "pick", "keys"})
    """The ways that really change this choice; any other is ignored in silence, as real lists do."""
    captions: tuple[str, ...] = ()
    cells: list[list[str]] = field(default_factory=list)
    ticks: list[bool] | None = None
    selected: int = -1
    all_rows: bool = True
    """False: the list never proves that these are all its rows."""
    inside: FakeControl | None = None
    on_press: Callable[[], object] | None = None
    on_set: Callable[[FakeControl], object] | None = None
    """Called after the control took a new value, selection or tick; may put something else there."""

    def says(self, kind: b.EvidenceKind, value: str) -> bool:
        if kind == "only":
            return True
        if kind in ("id", "number"):
            return value == (self.id if kind == "id" else self.number)
        return same_words(value, self.name if kind == "name" else self.label)


def _shown_text(control: FakeControl) -> str:
    if control.role == "edit" and may_hold_card([control.text]):
        return ""
    return control.text or (control.name if control.role not in ("edit", "choice") else "")


@dataclass(eq=False, slots=True)
class FakeWindow:
    """One window. A dialog's texts are its `text` controls, its buttons its `button` controls."""

    title: str
    controls: list[FakeControl] = field(default_factory=list)
    kind: Literal["window", "dialog"] = "window"
    modal: bool = False
    owner: FakeWindow | None = None
    shown: bool = True
    minimised: bool = False

    def __getitem__(self, id_or_name: str) -> FakeControl:
        return next(c for c in self.controls if id_or_name in (c.id, c.name, c.label))


class FakeBackend:
    """A program whose windows are the list `open`, bottom first. Change it freely while a test runs."""

    def __init__(
        self, *windows: FakeWindow, name: str = "fake", version: str = "", toolkit: str = "fake"
    ) -> None:
        self.facts = b.BackendFacts("fake", KINDS, frozenset({"text", "pick", "keys"}))
        self.open = list(windows)
        self.program = b.Program("1", name, 1, toolkit, version)
        self.running = True
        self.hung = False
        self.later: deque[Callable[[], object]] = deque()
        """What happens on the screen, one per `wait_change`."""
        self.now = 0.0
        """Seconds that waiting has taken so far; pass `lambda: fake.now` as the clock."""
        self.log: list[b.Act] = []
        """Every act that was carried out, commits included."""
        self.lose_commit: Literal["", "before", "after"] = ""
        """Break the channel before or after the next commit reaches the program: the report is `doubt`."""
        self.burst_s = 0.0
        """How long a burst takes, for `commit_within_s`."""
        self._ids: dict[int, object] = {}
        self._used: set[int] = set()
        self._changed = False

    # ---- looking ---------------------------------------------------------------------------------

    def programs(self) -> Sequence[b.Program]:
        return [self.program] if self.running else []

    def windows(self, program: b.Program) -> Sequence[b.Window]:
        self._answer()
        if program.key != self.program.key:
            raise b.Gone(f"program {program.key}")
        return [self._window(window) for window in reversed(self.open)]

    def ping(self, program: b.Program, timeout_s: float) -> float | None:
        if self.hung or not self.running or program.key != self.program.key:
            self.now += timeout_s
            return None
        return 0.001

    def resolve(self, window: b.Handle, targets: Sequence[b.Target]) -> Sequence[b.Resolution]:
        self._answer()
        controls = self._opened(window).controls
        return [self._resolve(controls, target) for target in targets]

    def read(self, nodes: Sequence[b.Node]) -> Sequence[b.Reading]:
        self._answer()
        return [self._reading(self._control(node)) for node in nodes]

    def rows(self, node: b.Node, captions: Sequence[str], where: tuple[str, str] | None = None) -> b.Rows:
        self._answer()
        control = self._control(node)
        wanted = [name for name in captions if name != "#check"]
        columns = [_column(control, name) for name in wanted]
        rows = tuple(
            b.Row(
                at,
                tuple(cells[column] for column in columns),
                control.ticks[at] if control.ticks is not None else None,
                at == control.selected,
            )
            for at, cells in enumerate(control.cells)
        )
        if where is None:
            return b.Rows(tuple(wanted), rows, control.all_rows)
        if where == ("#selected", "true"):
            return b.Rows(tuple(wanted), tuple(row for row in rows if row.selected), complete=False)
        key = _column(control, where[0])
        fitting = tuple(row for row in rows if control.cells[row.index][key] == where[1])
        return b.Rows(tuple(wanted), fitting, control.all_rows)

    def choices(self, node: b.Node) -> Sequence[str]:
        self._answer()
        return self._control(node).options

    def focused(self, window: b.Handle) -> b.Node | None:
        self._answer()
        holder = next((control for control in self._opened(window).controls if control.focused), None)
        return self._node(holder) if holder is not None else None

    def dialog(self, window: b.Handle) -> b.DialogText:
        self._answer()
        shown = [control for control in self._opened(window).controls if control.shown]
        return b.DialogText(
            tuple(control.text for control in shown if control.role == "text"),
            tuple(
                b.Button(control.name, self._node(control), control.enabled)
                for control in shown
                if control.role == "button"
            ),
        )

    # ---- acting ----------------------------------------------------------------------------------

    def burst(self, burst: b.Burst) -> b.BurstReport:
        if burst.number in self._used:
            return b.BurstReport("not_committed", 0, cause="repeated")
        self._used.add(burst.number)
        done = 0
        try:
            self._answer()
            for act in burst.acts:
                self._act(act)
                done += 1
            differences = tuple(d for check in burst.checks if (d := self._differs(check)) is not None)
            if differences:
                return b.BurstReport("not_committed", done, differences)
            if burst.commit is None:
                return b.BurstReport("not_committed", done)
            self._ready(burst.commit.node)
            if burst.commit_within_s is not None and self.burst_s > burst.commit_within_s:
                raise b.Refused("too_late")
        except (b.NotAnswering, b.Gone, b.Refused) as cause:
            return b.BurstReport("not_committed", done, cause=b.cause_of(cause))
        lost, self.lose_commit = self.lose_commit, ""
        if lost == "before":
            return b.BurstReport("doubt", done, cause="channel_lost")
        self._act(burst.commit)
        return b.BurstReport("doubt" if lost else "committed", done, cause="channel_lost" if lost else "")

    def wait_change(self, timeout_s: float) -> bool:
        changed, self._changed = self._changed, False
        if self.later:
            self.now += min(timeout_s, 0.01)
            self.later.popleft()()
            return True
        if changed:
            return True
        self.now += timeout_s
        return False

    def close(self) -> None:
        self.open.clear()

    # ---- inside ----------------------------------------------------------------------------------

    def _answer(self) -> None:
        if self.hung:
            self.now += 1.0
            raise b.NotAnswering("hung")
        if not self.running:
            raise b.Gone("the program has ended")

    def handle(self, window: FakeWindow) -> b.Handle:
        """The handle that `windows` reports for this window."""
        self._ids[id(window)] = window
        return b.Handle(str(id(window)))

    def _node(self, control: FakeControl) -> b.Node:
        self._ids[id(control)] = control
        return b.Node(str(id(control)))

    def _window(self, window: FakeWindow) -> b.Window:
        return b.Window(
            handle=self.handle(window),
            title=window.title,
            kind=window.kind,
            modal=window.modal,
            enabled=not self._blocked(window),
            shown=window.shown,
            owner=self.handle(window.owner) if window.owner else None,
            minimised=window.minimised,
        )

    def _blocked(self, window: FakeWindow) -> bool:
        above = self.open[self.open.index(window) + 1 :]
        return any(other.modal and other.shown for other in above)

    def _opened(self, handle: b.Handle) -> FakeWindow:
        window = self._ids.get(int(handle))
        if not isinstance(window, FakeWindow) or window not in self.open:
            raise b.Gone(f"window {handle}")
        return window

    def _home(self, control: FakeControl) -> FakeWindow:
        home = next((window for window in self.open if control in window.controls), None)
        if home is None:
            raise b.Gone(f"control {control.id or control.name}")
        return home

    def _control(self, node: b.Node) -> FakeControl:
        control = self._ids.get(int(node))
        if not isinstance(control, FakeControl):
            raise b.Gone(f"control {node}")
        self._home(control)
        return control

    def _resolve(self, controls: Sequence[FakeControl], target: b.Target) -> b.Resolution:
        outer: FakeControl | None = None
        for container in target.within:
            step = self._pick([c for c in controls if c.inside is outer or outer is None], container)
            if not isinstance(step, b.Found):
                return step
            outer = self._control(step.node)
        return self._pick([c for c in controls if outer is None or c.inside is outer], target)

    def _pick(self, controls: Sequence[FakeControl], target: b.Target) -> b.Resolution:
        def matches(shown: bool) -> list[tuple[b.EvidenceKind, list[b.Node]]]:
            pool = [c for c in controls if c.role == target.role and c.shown is shown]
            return [
                (e.kind, [self._node(c) for c in pool if c.says(e.kind, e.value)])
                for e in usable(target, self.facts.evidence)
            ]

        return judge_shown_first(matches(True), matches(False))

    def _reading(self, control: FakeControl) -> b.Reading:
        return b.Reading(
            _shown_text(control),
            control.enabled,
            control.shown and self._home(control).shown,
            control.read_only,
            control.checked,
            control.focused,
        )

    def _ready(self, node: b.Node, *, greyed: bool = False) -> FakeControl:
        """The control, if a person could use it now."""
        control = self._control(node)
        if self._blocked(self._home(control)):
            raise b.Refused("owner_disabled")
        if not (control.enabled or greyed):
            raise b.Refused("disabled")
        if not control.shown and control.role not in ("menu", "menu_item"):
            raise b.Refused("hidden")
        return control

    def _act(self, act: b.Act) -> None:
        control = self._ready(act.node, greyed=isinstance(act, b.Choose) and act.greyed)
        self.log.append(act)
        self._changed = True
        if isinstance(act, b.Press):
            if control.on_press:
                control.on_press()
            return
        for other in self._home(control).controls:  # whoever sets something goes into it first
            other.focused = other is control
        match act:
            case b.Park():
                return
            case b.SetText(text=text):
                if control.read_only:
                    raise b.Refused("read_only")
                control.text = text
            case b.Choose(text=text, ways=ways):
                if text not in control.options:
                    raise b.Refused("no_such_choice")
                if not control.ways & set(ways):
                    raise b.Refused("value_not_taken")
                control.text = text
            case b.Tick(on=on):
                control.checked = on
            case b.SelectRow(row=row):
                if not 0 <= row < len(control.cells):
                    raise b.Refused("no_such_row")
                control.selected = row
            case b.TickRow(row=row, on=on):
                if control.ticks is None:
                    raise b.Refused("no_tick")
                control.ticks[row] = on
        if control.on_set:
            control.on_set(control)

    def _differs(self, check: b.Check) -> b.Difference | None:
        seen = self._seen(self._control(check.node), check)
        return None if seen in check.accepted else b.Difference(check, seen)

    def _seen(self, control: FakeControl, check: b.Check) -> str:
        reading = self._reading(control)
        match check.facet:
            case "text":
                return reading.text
            case "checked":
                return _word(reading.checked)
            case "enabled":
                return _word(reading.enabled)
            case "read_only":
                return _word(reading.read_only)
            case "row_text":
                return control.cells[check.row][_column(control, check.column)]
            case "row_ticked":
                return _word(control.ticks[check.row] if control.ticks is not None else None)
            case "row_selected":
                return _word(control.selected == check.row)


def _column(control: FakeControl, name: str) -> int:
    names = [caption(each) for each in control.captions]
    if names.count(caption(name)) != 1:
        raise b.Refused("unsupported", f"{names.count(caption(name))} columns are called {name!r}")
    return names.index(caption(name))


def _word(value: bool | None) -> str:
    return {True: "true", False: "false", None: ""}[value]
