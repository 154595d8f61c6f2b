"""Walks the free steps of a flow: everything before the commit, after it, and every step of a reading flow.

A step is tried until it works or its time is up; between tries known dialogs are answered. What is read is kept
in `read`. Nothing here sends a commit.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from tillbridge.domain.errors import OperatorError, PackError, SetupError, TillbridgeError
from tillbridge.flows.apart import Apart
from tillbridge.flows.dialogs import Dialogs
from tillbridge.flows.expecting import Expecting, differs
from tillbridge.flows.filling import Filling, Secrets
from tillbridge.flows.hands import SHIELD_S, Hands, NotNow
from tillbridge.flows.order_facts import Facts, Value, same
from tillbridge.flows.pack import SELECTED, During, ListSpec
from tillbridge.flows.scene import ListSeen, RowSeen, Scene
from tillbridge.flows.steps import (
    AnyStep,
    ChooseStep,
    Expect,
    ExpectRow,
    MenuStep,
    ParkStep,
    PressStep,
    Read,
    ReadChoices,
    ReadEach,
    ReadRow,
    ReadRows,
    SelectStep,
    SetStep,
    TickOnly,
    TickStep,
    WaitStep,
    When,
)
from tillbridge.screen.backend import (
    Found,
    Gone,
    Guard,
    Mark,
    Missing,
    NotAnswering,
    Press,
    SelectRow,
)
from tillbridge.screen.deadline import PING_S

STEP_S = 3.0
"""A control that is not ready yet becomes ready within this time."""
AGREE_S = 1.0
"""A text that is not right yet becomes right within this time (a title that lags)."""
STILL_S = 1.0
"""A step that is done quietly waits until a person has been still for this long."""
OPEN_S = 10.0
"""A window comes or goes within this time."""


class Walk:
    """The steps of one run on one screen."""

    def __init__(
        self,
        scene: Scene,
        facts: Facts,
        hands: Hands,
        dialogs: Dialogs,
        note: Callable[..., None],
        secrets: Secrets,
        apart: Apart,
        guard: Guard,
    ) -> None:
        self.scene = scene
        self.facts = facts
        self.hands = hands
        hands.pid = scene.program.pid
        self.dialogs = dialogs
        self.note = note
        self.apart = apart
        self.guard = guard
        self.expecting = Expecting(scene, facts)
        self.filling = Filling(scene, facts, self.expecting, secrets)
        self.read: dict[str, Value] = {}
        self.lists: dict[str, ListSeen] = {}
        self.choices: tuple[str, ...] = ()
        self.columns: frozenset[str] = frozenset()
        """Of a selected row only these columns are wanted; empty: all."""
        self.watched_since: Mark | None = None
        """Set while another client than a person's own is in front: the first key or click ends the run."""

    def beside(self, facts: Facts) -> Walk:
        """Another walk on the same screen, with facts of its own."""
        return Walk(
            self.scene,
            facts,
            self.hands,
            self.dialogs,
            self.note,
            self.filling.secrets,
            self.apart,
            self.guard,
        )

    def give_way(self) -> None:
        """Raises OperatorError `user_typing` if a person began to work since this run took the screen away."""
        if self.watched_since is not None and self.guard.disturbed(self.watched_since):
            raise OperatorError("user_typing")

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """For what has to be done whatever a person does: leaving our own window, putting a tab back."""
        since, self.watched_since = self.watched_since, None
        try:
            yield
        finally:
            self.watched_since = since

    def steps(self, steps: Iterable[AnyStep], *during: During) -> None:
        """All steps in order. Raises TillbridgeError at the first that cannot be done."""
        for step in steps:
            self.step(step, *during)

    def step(self, step: AnyStep, *during: During) -> None:
        """One step, with patience."""
        if step.when is not None and not self.holds(step.when, step):
            self.note("skipped", line=step.line, when=step.when.word)
            return
        self.note("step", line=step.line, about=_name(step))
        if isinstance(step, PressStep | MenuStep) and self._is_open(step.opens):
            raise OperatorError("window_open", window=step.opens)  # a person's: nothing of ours is open now
        trouble: list[TillbridgeError] = []

        def attempt() -> bool | None:
            self.give_way()
            try:
                if not (trouble and isinstance(step, PressStep | MenuStep) and self._is_open(step.opens)):
                    self._do(step, during)  # else an earlier try was slow and did open it
            except NotNow as cause:
                self.scene.touched()
                trouble.append(_blocked(cause, _name(step)))
            except Gone:
                self.scene.forget()
                trouble.append(OperatorError("window_closed", control=_name(step)))
            except NotAnswering:
                trouble.append(OperatorError("not_answering", control=_name(step)))
                raise  # its silence is counted where the time is kept
            except (PackError, OperatorError) as error:
                if error.code not in _MAY_PASS:
                    raise
                self.scene.touched()
                trouble.append(error)
            else:
                return True
            if self.dialogs.clear(*during):
                self.scene.forget()
            self.scene.backend.wait_change(_BREATH_S)  # our own try was a change, too
            return None

        limit = AGREE_S if isinstance(step, Expect | ExpectRow) else STEP_S
        if self.scene.pace.until(attempt, limit) is None:
            raise trouble[-1]

    def _is_open(self, window: str) -> bool:
        return bool(window) and self.scene.glance().named(window) is not None

    def holds(self, when: When, step: AnyStep) -> bool:
        """Is the step's condition true now?"""
        if when.kind == "fact":
            return self.facts.holds(when)
        if when.kind == "window":
            return self.scene.glance().named(when.word) is not None
        name = _name(step)
        reading = self.scene.readings([name])[name]
        return reading is not None and (when.word == "shown" or reading.enabled)

    def _do(self, step: AnyStep, during: tuple[During, ...]) -> None:
        match step:
            case Read() | ReadRow() | ReadRows():
                self._read(step)
            case ReadEach():
                self.lists["rows"] = self._read_each(step)
            case ReadChoices():
                node = self.scene.node(step.control)
                self.choices = tuple(self.scene.pace.patiently(lambda: self.scene.backend.choices(node)))
            case Expect():
                self._expect(step)
            case ExpectRow():
                self._expect_row(step)
            case WaitStep():
                self._wait(step, during)
            case PressStep() | MenuStep():
                self._press(step, during)
            case _:
                self.hands.do(self.filling.acts(step), _name(step))
                self.scene.touched()

    # ---- looking ----

    def _read(self, step: Read | ReadRow | ReadRows) -> None:
        if isinstance(step, Read):
            for name, value in self.scene.values(step.names).items():
                kind = "field" if name.rpartition(".")[2] in self.scene.pack.fields else "control"
                self.read[f"{kind}.{name.rpartition('.')[2]}"] = value
                self.facts.remember(name, value)
            return
        if isinstance(step, ReadRows):
            listed = self.scene.rows(step.list)
            wanted = {name: self.facts.fill(term) for name, term in step.where.items()}
            self.lists["rows"] = replace(listed, rows=listed.matching(wanted))
            return
        listed, row = self._one(step)
        for column in row.cells:
            if column != SELECTED:
                self.read[f"row.{column}"] = listed.value(row, column)
                self.facts.remember(column, self.read[f"row.{column}"])

    def _read_each(self, step: ReadEach) -> ListSeen:
        listed = self.scene.rows(step.list)
        wanted = {name: self.facts.fill(term) for name, term in step.where.items()}
        whole = ListSeen(self.scene.pack.lists[step.shows], (), listed.complete, listed.to_end)
        for row in listed.matching(wanted):
            self.hands.do([SelectRow(self.scene.node(step.list), row.index)], step.list)
            self.scene.touched()
            if self.scene.pace.until(lambda: self._settled(step.shows) or None, OPEN_S) is None:
                raise OperatorError("software_busy", waited_for=f"{step.shows} settled")
            shown = self.scene.rows(step.shows)
            whole = ListSeen(
                shown.spec,
                (*whole.rows, *shown.rows),
                whole.complete and shown.complete,
                whole.to_end and shown.to_end,
            )
        return whole

    def _one(self, step: ReadRow) -> tuple[ListSeen, RowSeen]:
        if step.where:
            return self.expecting.find_row(step.list, step.where)
        wanted: dict[str, Value] = {SELECTED: True} if step.which == "selected" else {}
        listed = self.scene.rows(step.list, wanted, self.columns)
        rows = listed.matching(wanted)
        if len(rows) != 1:
            raise OperatorError("no_invoice_open", list=step.list, count=len(rows))
        return listed, rows[0]

    def _expect(self, step: Expect) -> None:
        if not self.facts.knows(step.value):
            return
        wanted = self.facts.fill(step.value)
        if step.what.startswith("window."):
            _, window, hole = step.what.split(".")
            seen = self.scene.window(window).holes[hole]
            form = next(
                one.kind
                for title in self.scene.pack.windows[window].titles
                for one in title.holes
                if one.name == hole
            )
        else:
            seen = self.scene.values([step.what])[step.what]
            form = self.expecting.form(step.what)
        if not same(seen, wanted, form):
            raise differs(step.what, step.value, seen, wanted, form, self.scene.pack.formats)

    def _expect_row(self, step: ExpectRow) -> None:
        listed, row = self.expecting.find_row(step.list, step.where, whole=bool(step.others))
        pairs = [(row, name, term) for name, term in self.expecting.known(step.has).items()]
        pairs += [
            (other, name, term)
            for other in listed.rows
            for name, term in step.others.items()
            if other is not row
        ]
        for one, column, term in pairs:
            wanted = self.facts.fill(term)
            if not listed.cell_is(one, column, wanted):
                seen = listed.value(one, column)
                form = listed.spec.format_of(column)
                raise differs(f"{step.list}.{column}", term, seen, wanted, form, self.scene.pack.formats)

    # ---- waiting ----

    def _wait(self, step: WaitStep, during: tuple[During, ...]) -> None:
        def there() -> bool | None:
            self.scene.touched()
            self.dialogs.clear(*during)
            return True if self._is(step) else None

        limit = OPEN_S if step.of.startswith("window.") or step.word == "settled" else STEP_S
        if self.scene.pace.until(there, None if "after_commit" in during else limit) is None:
            raise self._waited_for_nothing(step)

    def _waited_for_nothing(self, step: WaitStep) -> TillbridgeError:
        bare = step.of.rpartition(".")[2]
        for setting in self.scene.pack.settings.values():
            if bare in setting.must_allow:
                chosen = str(self.facts.values.get(setting.name, ""))
                return SetupError(f"{bare}_hidden", control=bare, setting=setting.name, chosen=chosen)
        return OperatorError("software_busy", waited_for=f"{step.of} {step.word}")

    def done(self, step: AnyStep) -> bool | None:
        """A step after the commit: waits are asked once, everything else is done. None: not yet."""
        if isinstance(step, WaitStep):
            return True if self._is(step) else None
        self.step(step, "after_commit")
        return True

    def _is(self, step: WaitStep) -> bool:
        if step.word == "settled":
            return self._settled(step.of)
        kind, _, name = step.of.partition(".")
        if kind == "window" and name:
            seen = self.scene.glance().named(name)
            if step.word == "gone":
                return seen is None
            return seen is not None and (step.word == "shown" or seen.window.enabled)
        reading = self._there(step.of)
        if step.word == "gone":
            return reading is None
        return reading is not None and (step.word == "shown" or reading)

    def _there(self, name: str) -> bool | None:
        """None: not on the screen; else whether it is enabled."""
        try:
            if isinstance(self.scene.spec(name), ListSpec):
                return True if isinstance(self.scene.find([name])[name], Found) else None
            found = self.scene.find([name])[name]
            if not isinstance(found, Found | Missing):
                raise self.scene.not_found(name, found)
            reading = self.scene.readings([name])[name]
        except Gone:
            self.scene.forget()
            return None
        return None if reading is None else reading.enabled

    def _settled(self, name: str) -> bool:
        """Two looks with a wait between them show the same rows."""
        before = self.scene.rows(name)
        self.scene.pace.rest(_SETTLE_TICK_S)
        self.scene.touched()
        return self.scene.rows(name).rows == before.rows

    # ---- acting ----

    def _press(self, step: PressStep | MenuStep, during: tuple[During, ...]) -> None:
        if isinstance(step, MenuStep) and step.until_gone:
            self._press_until_gone(step, during)
            return
        self._press_once(step)
        if step.opens:
            self._await(step.opens, during)

    def _press_once(self, step: PressStep | MenuStep) -> None:
        if isinstance(step, MenuStep):
            self._keep_apart(step)
            press = Press(self.scene.menu_item(step.window, step.path), opens=bool(step.opens))
        else:
            press = Press(self.scene.node(step.control), opens=bool(step.opens))
        try:
            with self._kept_still(step):
                self.hands.do([press], _name(step))
        finally:
            self.scene.touched()
            if isinstance(step, MenuStep):
                self.apart.used(step.path)

    def _press_until_gone(self, step: MenuStep, during: tuple[During, ...]) -> None:
        """Again and again, each time with a look whether it worked."""

        def gone() -> bool | None:
            self.scene.touched()
            self.dialogs.clear(*during)
            return True if self.scene.glance().named(step.until_gone) is None else None

        def worked() -> bool | None:
            self._press_once(step)
            return self.scene.pace.until(gone, AGREE_S)

        if self.scene.pace.until(worked, None if "after_commit" in during else OPEN_S) is None:
            raise OperatorError("software_busy", waited_for=f"window.{step.until_gone} gone")
        self.apart.used(step.path)

    @contextmanager
    def _kept_still(self, step: PressStep | MenuStep) -> Iterator[None]:
        """For a step that is done quietly: wait for a still moment, and keep a person's keys away while inside.

        Raises OperatorError `user_typing`.
        """
        if not isinstance(step, MenuStep) or not step.quiet:
            yield
            return
        if self.scene.pace.until(lambda: True if self.guard.idle_s() >= STILL_S else None) is None:
            raise OperatorError("user_typing")
        with self.guard.shield(SHIELD_S, self.scene.program.pid) as shield:
            if not shield.held:
                raise OperatorError("user_typing")
            for _ in range(2):  # keys that were on their way have been worked off when these are answered
                self.scene.backend.ping(self.scene.program, PING_S)
            yield

    def _keep_apart(self, step: MenuStep) -> None:
        if step.apart_ms:
            rest_s = self.apart.wait_s(step.path, step.apart_ms)
            if rest_s > 0:
                self.scene.pace.pause(rest_s)

    def _await(self, window: str, during: tuple[During, ...]) -> None:
        def there() -> bool | None:
            if self.scene.glance().named(window) is not None:
                return True
            self.dialogs.clear(*during)
            return None

        if self.scene.pace.until(there, OPEN_S) is None:
            raise OperatorError("software_busy", waited_for=f"window.{window} shown")


_SETTLE_TICK_S = 0.1
_BREATH_S = 0.05
_MAY_PASS = frozenset(
    {
        "control_missing",
        "control_hidden",
        "control_ambiguous",
        "money_unreadable",
        "text_unreadable",
        "read_back_differs",
        "other_client",
        "other_invoice",
        "balance_changed",
        "invoice_not_listed",
        "payment_not_listed",
        "row_missing",
        "choice_missing",
        "value_not_taken",
        "user_typing",
        "window_closed",
    }
)
"""Troubles that may be over in a moment: the program is still drawing."""


def _blocked(cause: NotNow, name: str) -> TillbridgeError:
    if cause.code == "owner_disabled":
        return OperatorError("dialog_in_the_way", control=name)
    if cause.code in ("disabled", "hidden"):
        return PackError(f"control_{cause.code}", control=name)
    return OperatorError("window_closed" if cause.code == "gone" else "software_busy", control=name)


def _name(step: AnyStep) -> str:
    """The control, list or window that a step is about."""
    match step:
        case PressStep() | SetStep() | ChooseStep() | ParkStep() | ReadChoices():
            return step.control
        case ReadRow() | ReadRows() | ReadEach() | TickOnly() | SelectStep() | ExpectRow():
            return step.list
        case Expect():
            return step.what
        case MenuStep():
            return " > ".join(step.path)
        case TickStep():
            return step.name
        case WaitStep():
            return step.of
        case Read():
            return ", ".join(step.names)


def names_of(steps: Iterable[AnyStep], known: Container[str]) -> frozenset[str]:
    """The bare names of controls, fields and lists that these steps will need."""
    named: set[str] = set()
    for step in steps:
        parts = step.names if isinstance(step, Read) else [_name(step)]
        named |= {part.rpartition(".")[2] for part in parts}
        if isinstance(step, ReadEach):
            named.add(step.shows)
    return frozenset(name for name in named if name in known)
