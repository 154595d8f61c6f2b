"""A stay on the screen for one order: what a person has in front is remembered, the order's client is brought to the
front, and everything is put back.

Another client is left only when a person has been still for a while and has no window open; whoever begins to work
meanwhile goes first. Who is in front is proved by the run's own `identity`, never by the way that was gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tillbridge.domain.errors import Fact, OperatorError, PackError, TillbridgeError
from tillbridge.flows.dialogs import DialogRetry
from tillbridge.flows.hands import NotNow
from tillbridge.flows.lint_flows import terms_of
from tillbridge.flows.order_facts import Facts, Value
from tillbridge.flows.reading_run import returned
from tillbridge.flows.steps import GO_TO_CLIENT, AnyStep, Flow, Given, Read, ReadRow, SelectStep, SetStep
from tillbridge.flows.walk import OPEN_S, STILL_S, Walk, names_of
from tillbridge.screen.backend import Gone, Handle, Node, NotAnswering, Park, Refused, Resolution

QUIET_S = 5.0
"""Another client is brought to the front only after mouse and keyboard were still for this long."""
THIRD_S = 1.0
"""A client who is neither the one that was left nor the one to come is no half drawn screen after this time."""
BACK_WITHIN_S = 5.0
"""After a person worked, so long is waited for a still second in which the screen can be put back."""
NO_WAY = Flow(name=GO_TO_CLIENT)
"""Of a pack that says no way to a client: nothing is remembered, and nobody is gone to."""
_TROUBLE = (TillbridgeError, Gone, NotAnswering, Refused, NotNow, DialogRetry)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a person had in front: `whose` by the names that lead back to it, `seen` all that was read, and which
    control of which window had the focus."""

    whose: Mapping[str, Value]
    seen: Mapping[str, Value]
    window: Handle | None = None
    focus: Node | None = None


class Visit:
    """One stay. `flow`: the pack's way to a client. `fresh`: a walk with a full measure of time, for the way back.
    `stays`: whoever is in front is the right one."""

    def __init__(
        self, flow: Flow, walk: Walk, fresh: Callable[[Facts], Walk], *, stays: bool = False
    ) -> None:
        self.flow = flow
        self.walk = walk
        self.fresh = fresh
        self.went = False
        self.whole = False
        """Remembered is also what only the way itself changes; nobody asks about that while it is not gone."""
        self.memory: Memory | None = None
        self.since = walk.guard.watch()
        self.leads = frozenset() if stays else _given(flow.steps)
        self.kept = _given(flow.restore)
        self.way = frozenset(
            step.list if isinstance(step, SelectStep) else step.control
            for step in flow.steps
            if isinstance(step, SelectStep | SetStep)
        )
        rows = (source for source in flow.returns.values() if source.startswith("row."))
        self.columns = frozenset(name.rpartition(".")[2] for name in (*self.kept, *rows))
        self.found: Mapping[tuple[Handle, str], Resolution] = {}

    @contextmanager
    def stay(self) -> Iterator[None]:
        """Inside, the order's client is in front as far as that could be had. Raises what `begin` raises."""
        try:
            self.begin()
            yield
        finally:
            self.end()

    def begin(self) -> None:
        """Bring the order's client to the front. Whatever comes of it, `end` must follow.

        Raises OperatorError `other_client` (not now), `client_not_listed`, `two_of_one_name`, `user_typing`,
        `window_open`, `dialog_in_the_way`, and what steps raise. Nothing was typed into a form then.
        """
        self.memory = self._remember(self.walk)
        self.found = self.walk.scene.found()
        name = self._elsewhere()
        if name is not None:
            self._refuse_haste(name)
            self.whole = True
            self.memory = self._remember(self.walk)
            if self.memory is None:
                raise self._not_now(name)
            self._go(name)

    def end(self) -> None:
        """Put everything back. Never raises: what the run brought matters more."""
        self.walk.watched_since = None
        if self.memory is None:
            return
        try:
            why = self._back(self.memory)
        except _TROUBLE as cause:
            why = str(cause) or type(cause).__name__
        if why:
            self.walk.note("not put back", why=why)

    # ---- looking ----

    def _remember(self, walk: Walk) -> Memory | None:
        """None where it cannot be read: then no other client is gone to, and the run itself tells the trouble."""
        beside = walk.beside(Facts(walk.facts.values))
        beside.columns = self.columns
        try:
            for step in self.flow.remember:
                kept = step if self.whole else self._beside_the_way(step)
                if kept is not None:
                    self._read(beside, kept)
            window = self._window(walk)
            focus = walk.scene.focused(window) if window is not None else None
            return Memory(returned(self.flow, beside).values, dict(beside.facts.read), window, focus)
        except _TROUBLE as cause:
            walk.note("not remembered", error=str(cause))
            return None

    def _window(self, walk: Walk) -> Handle | None:
        """The window in which the client is shown."""
        names = (name for step in self.flow.remember if isinstance(step, Read) for name in step.names)
        first = next(names, None)
        return walk.scene.handle(walk.scene.spec(first).window) if first is not None else None

    def _beside_the_way(self, step: AnyStep) -> AnyStep | None:
        """The step without what only the way changes: its search box, its list of clients."""
        if isinstance(step, ReadRow) and step.list in self.way:
            return None
        if not isinstance(step, Read):
            return step
        names = tuple(name for name in step.names if name.rpartition(".")[2] not in self.way)
        return replace(step, names=names) if names else None

    def _read(self, walk: Walk, step: AnyStep) -> None:
        try:
            walk.step(step, "reading")
        except OperatorError as error:
            if error.code != "no_invoice_open" or not isinstance(step, ReadRow):
                raise
            walk.note("nothing is selected", list=step.list)

    def _elsewhere(self) -> str | None:
        """The first name that leads to a client and says another one than the order's."""
        if self.memory is None:
            return None
        wanted, whose = self.walk.facts.values, self.memory.whose
        return next((name for name in sorted(self.leads) if whose.get(name) != wanted.get(name)), None)

    def _is_here(self, walk: Walk, whose: Mapping[str, Value]) -> bool:
        """One look: does everything that leads to a client say these?"""
        beside = walk.beside(Facts(walk.facts.values))
        by_row = any(self.flow.returns[name].startswith("row.") for name in self.leads)
        for step in self.flow.remember:
            if by_row or not isinstance(step, ReadRow):
                self._read(beside, step)
        seen = returned(self.flow, beside).values
        return all(seen.get(name) == whose.get(name) for name in self.leads)

    # ---- going ----

    def _go(self, name: str) -> None:
        walk = self.walk
        walk.note("visit")
        walk.dialogs.clear("reading")
        self._refuse_windows(walk)
        walk.watched_since = walk.guard.watch()
        self.went = True
        self._walk_to(walk, walk.facts)
        whose = self.memory.whose if self.memory else {}
        if not self._arrived(walk, whose, walk.facts.values):
            raise self._not_now(name)

    def _refuse_haste(self, name: str) -> None:
        if self.walk.guard.idle_s() < QUIET_S:
            raise self._not_now(name)

    def _walk_to(self, walk: Walk, facts: Facts) -> None:
        beside = walk.beside(Facts(facts.values))
        beside.watched_since = walk.watched_since
        try:
            beside.steps(self.flow.steps, "reading")
        except PackError as error:
            raise _nobody(error) from error
        finally:
            walk.scene.forget()

    def _arrived(self, walk: Walk, come_from: Mapping[str, Value], whose: Mapping[str, Value]) -> bool:
        """False also as soon as a third client has been in front for a second: somebody opened that one."""
        third_since: list[float] = []

        def here() -> bool | None:
            walk.give_way()
            walk.scene.touched()
            walk.dialogs.clear("reading")
            if self._is_here(walk, whose):
                return True
            if self._is_here(walk, come_from):
                third_since.clear()
                return None
            third_since.append(walk.scene.pace.deadline.now())
            return False if third_since[-1] - third_since[0] >= THIRD_S else None

        return walk.scene.pace.until(here, OPEN_S) is True

    def _refuse_windows(self, walk: Walk) -> None:
        open_now = (seen.spec.name for seen in walk.scene.glance().known if seen.spec.comes_and_goes)
        window = next(open_now, None)
        if window is not None:
            raise OperatorError("window_open", window=window)

    def _not_now(self, name: str) -> OperatorError:
        whose = self.memory.whose if self.memory else {}
        facts: dict[str, Fact] = {"control": self.flow.returns.get(name, name)}
        if name != "client":  # a name is never told
            facts |= {"seen": str(whose.get(name, "")), "wanted": str(self.walk.facts.values.get(name, ""))}
        return OperatorError("other_client", **facts)

    # ---- putting back ----

    def _back(self, memory: Memory) -> str:
        """Put everything back; a word where a person goes first."""
        walk = self.walk
        if not self.went and walk.guard.disturbed(self.since):
            return "a person worked meanwhile"
        walk.scene.recall(self.found)  # its own window was there all the time
        if self.went:
            walk = self.fresh(Facts({**walk.facts.values, **memory.whose}))
            left = self._go_back(walk, memory)
            if left:
                return left
        walk.scene.touched()
        walk.scene.wanted = names_of(self.flow.remember, walk.scene.wanted)
        now = self._remember(walk)
        if now is not None and any(now.whose.get(name) != memory.whose.get(name) for name in self.leads):
            return "another client was opened"
        if now is not None and any(now.seen.get(name) != memory.seen.get(name) for name in self.kept):
            self._restore(walk, memory)
        _focus_back(walk, memory)
        return ""

    def _go_back(self, walk: Walk, memory: Memory) -> str:
        """To the client that was left, if the screen is still where this run left it. A word where it is not."""
        if walk.scene.pace.until(lambda: walk.guard.idle_s() >= STILL_S or None, BACK_WITHIN_S) is None:
            return "a person is working"
        walk.watched_since = walk.guard.watch()
        self._refuse_windows(walk)
        if self._is_here(walk, memory.whose):
            return ""  # it was never left
        if not self._is_here(walk, self.walk.facts.values):
            return "another client was opened"
        self._walk_to(walk, walk.facts)
        ours = self.walk.facts.values
        return "" if self._arrived(walk, ours, memory.whose) else "the client did not come back"

    def _restore(self, walk: Walk, memory: Memory) -> None:
        beside = walk.beside(Facts(walk.facts.values, dict(memory.seen)))
        beside.watched_since = walk.watched_since
        for step in self.flow.restore:
            if not all(beside.facts.knows(term) for _, term in terms_of(step)):
                continue
            try:
                beside.step(step, "reading")
            except (PackError, NotNow) as cause:  # one thing that cannot be had again; the others can
                walk.note("not put back", line=step.line, error=str(cause))


def _focus_back(walk: Walk, memory: Memory) -> None:
    """The focus where it was, inside the program's own window; no window is raised."""
    if memory.focus is None or memory.window is None:
        return
    if walk.scene.focused(memory.window) != memory.focus:
        walk.hands.do([Park(memory.focus)], "focus")


def _given(steps: Iterable[AnyStep]) -> frozenset[str]:
    """The facts that these steps need."""
    terms = (term for step in steps for _, term in terms_of(step))
    return frozenset(term.name for term in terms if isinstance(term, Given))


def _nobody(error: PackError) -> TillbridgeError:
    """A client who is not in the list, or two who cannot be told apart: a person must see to it."""
    said = str(error.facts.get("list", ""))
    if error.code == "row_missing":
        return OperatorError("client_not_listed", list=said)
    return OperatorError("two_of_one_name", list=said) if error.code == "row_ambiguous" else error
