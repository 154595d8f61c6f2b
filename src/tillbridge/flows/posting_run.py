"""One posting on the screen: identity, prepare, burst, check, commit, after; or abandon.

Rules of money kept here: before the commit everything may start over; the commit is sent once, in one burst with
everything that must be true; after it nothing is typed again, and whatever is not proved is a doubt. Whether the
posting landed is never decided here: the ledger is read by another flow, and the engine judges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tillbridge.domain.errors import OperatorError, PackError, TillbridgeError
from tillbridge.flows.dialogs import DialogRetry
from tillbridge.flows.expecting import Expected, differs
from tillbridge.flows.formats import Unreadable
from tillbridge.flows.hands import SHIELD_S, NotNow
from tillbridge.flows.leftover import commit_window
from tillbridge.flows.pack import DialogMeans, During
from tillbridge.flows.steps import (
    AnyStep,
    ChooseStep,
    Expect,
    ExpectRow,
    Flow,
    Given,
    MenuStep,
    PressStep,
    SetStep,
)
from tillbridge.flows.walk import Walk
from tillbridge.ports.practice import Stage
from tillbridge.screen.backend import (
    Act,
    Burst,
    BurstReport,
    Choose,
    Gone,
    Guard,
    Mark,
    NotAnswering,
    Press,
    Refused,
    SetText,
)

TRIES_MAX = 3
"""How often a flow starts over before the commit when a person or the program disturbs it."""
QUIET_S = 2.0
"""Whoever touched mouse or keyboard within this time is taken to be at it."""
BURSTS_MAX = 4
"""How often one filled window is sent again while its checks do not agree yet."""
SHIELD_SPARE_S = 0.3
"""A commit is sent only while the shield will last this much longer."""
NO_SHIELD = "no_shield"
"""Cause: a person was typing and could not be kept away, so the commit was not sent."""
DEPENDENTS_S = 1.0
"""Values that the program works out itself follow within this time."""
_LAG_S = 0.05


@dataclass(frozen=True, slots=True)
class End:
    """How far a run came, with the error that ended it, if any."""

    stage: Stage
    error: TillbridgeError | None = None
    means: DialogMeans = "nothing"
    retry_in_s: int | None = None


@dataclass(slots=True)
class _Burst:
    acts: tuple[Act, ...]
    expected: tuple[Expected, ...]
    commit: Press | None
    disarm: tuple[Act, ...] = ()
    """Takes the amount out again."""
    shielded: bool = False
    last: BurstReport = field(default_factory=lambda: BurstReport("not_committed", 0))


class PostingRun:
    """Runs a writing flow once."""

    def __init__(self, flow: Flow, walk: Walk, guard: Guard, note: Callable[..., None]) -> None:
        self.flow = flow
        self.walk = walk
        self.guard = guard
        self.note = note
        self.disturbed = False
        self.shields = 0
        self.look: Callable[[], None] = _nothing
        self.expected: tuple[Expected, ...] = ()
        self.waits: dict[str, int] = {}

    def post(self) -> End:
        """Type and commit. The stage says what is proved."""
        return self._run(commit=True)

    def rehearse(self) -> End:
        """Everything up to the commit, compared, and abandoned."""
        return self._run(commit=False)

    def look_inside(self, look: Callable[[], None]) -> End:
        """A rehearsal that looks around in the open window before it fills it."""
        self.look = look
        return self._run(commit=False)

    def _run(self, *, commit: bool) -> End:
        error: TillbridgeError = OperatorError("software_busy")
        tries = 0
        while tries < TRIES_MAX:
            met = len(self.walk.dialogs.met)
            try:
                report = self._to_the_commit(commit=commit)
            except DialogRetry as retry:
                end = self._wait_and_retry(retry)
                if end is not None:
                    return end
                continue
            except TillbridgeError as cause:
                if not self._lost_to_a_dialog(cause, met):
                    return self._stopped(cause)
                error = cause
            except (Gone, Refused, NotAnswering, NotNow) as cause:
                error = OperatorError("window_closed", cause=str(cause))
            else:
                if report.stage != "not_committed":
                    return self._after(report)
                if not (commit or report.differences or report.cause):
                    return End("not_committed", self._leave())
                error = self._why(report)
            tries += 1
            self.note("starting over", tries=tries, error=str(error))
            left = self._leave()
            if left is not None:
                error = left if "text" in left.facts else error  # a dialog that is told helps more
                error.facts["left_open"] = True
                break
        return End("not_committed", error)

    def _wait_and_retry(self, retry: DialogRetry) -> End | None:
        """Leave and wait as long as the pack says; the end of the run when that takes longer than a flow may."""
        self._leave()
        spec = retry.met.spec
        done = self.waits.get(spec.id, 0)
        self.waits[spec.id] = done + 1
        wait_s = spec.wait_s[min(done, len(spec.wait_s) - 1)]
        if done >= len(spec.wait_s) or wait_s > self.walk.scene.pace.left_s():
            error = OperatorError(spec.reason or "dialog_in_the_way", dialog=spec.id, text=retry.met.text)
            return End("not_committed", error, spec.means, wait_s)
        self.walk.scene.pace.pause(wait_s)
        return None

    def _stopped(self, error: TillbridgeError) -> End:
        means = self.walk.dialogs.means()
        left = None if self._dialog_left_open(error) else self._leave()
        if left is not None:
            self.note("not left clean", error=str(left))
            error.facts["left_open"] = True
        return End("not_committed", error, means)

    def _lost_to_a_dialog(self, error: TillbridgeError, met: int) -> bool:
        """A message that was answered since (`met`: how many had been before) may have swallowed what was just set: a
        cashier is signed in when the focus leaves. The form is filled once more before anybody is told."""
        answered = len(self.walk.dialogs.met) > met and self.walk.dialogs.means() == "nothing"
        return answered and not self._dialog_left_open(error)

    def _dialog_left_open(self, error: TillbridgeError) -> bool:
        """A dialog that nobody may answer stays on the screen for a person; nothing behind it can be closed."""
        return "buttons" in error.facts or "dialog" in error.facts

    # ---- before the commit ----

    def _to_the_commit(self, *, commit: bool) -> BurstReport:
        walk = self.walk
        begun = self.guard.watch()
        walk.dialogs.clear("before_commit")
        walk.steps(self.flow.identity, "before_commit")
        met = len(walk.dialogs.met)
        self._prepare()
        if any(dialog.spec.recheck for dialog in walk.dialogs.met[met:]):
            looks = [step for step in self.flow.identity if isinstance(step, Expect | ExpectRow)]
            walk.steps(looks, "before_commit")
        self.look()
        burst = self._ready(commit=commit)
        burst.shielded = burst.shielded or self._was_disturbed(begun)
        return self._send(burst)

    def _prepare(self) -> None:
        """The free steps. The commit's window may open with all that is due, and post it on Enter: while somebody is at
        the keyboard, nothing of theirs reaches it until the first thing in it is filled in, which makes Enter harmless.
        """
        walk, steps, opens = self.walk, self.flow.prepare, self._opening()
        walk.steps(steps[: opens.start], "before_commit")
        if opens and self.guard.idle_s() < QUIET_S:
            with self.guard.shield(SHIELD_S, walk.scene.program.pid) as shield:
                walk.steps(steps[opens.start : opens.stop], "before_commit")
            self.note("opened undisturbed", held=shield.held, swallowed=shield.swallowed)
            opens = range(opens.stop, opens.stop)
        walk.steps(steps[opens.start :], "before_commit")

    def _opening(self) -> range:
        """Which free steps open the commit's window and fill in its first control. Empty if none opens it."""
        steps, window = self.flow.prepare, commit_window(self.walk.scene.pack, self.flow)
        for at, step in enumerate(steps):
            if isinstance(step, PressStep | MenuStep) and step.opens == window:
                fills = (
                    behind
                    for behind in range(at + 1, len(steps))
                    if isinstance(steps[behind], SetStep | ChooseStep)
                )
                return range(at, next(fills, at) + 1)
        return range(0)

    def _ready(self, *, commit: bool) -> _Burst:
        """Find everything and make plain data of it, so that nothing is looked up inside the burst."""
        acts = [
            act for step in self.flow.burst if self._applies(step) for act in self.walk.filling.acts(step)
        ]
        titles = [step for step in self.flow.check if isinstance(step, Expect) and _of_title(step)]
        self.walk.steps(titles, "before_commit")
        expected: list[Expected] = []
        for step in self.flow.check:
            if not self._applies(step) or _of_title(step):
                continue
            if isinstance(step, Expect) and self.walk.facts.knows(step.value):
                expected.append(self.walk.expecting.control(step))
            elif isinstance(step, ExpectRow):
                expected += self.walk.expecting.row(step)
        press = self._commit_press() if commit else None
        shielded = self.disturbed or self.walk.hands.disturbed
        return _Burst(tuple(acts), tuple(expected), press, self._disarm(), shielded)

    def _disarm(self) -> tuple[Act, ...]:
        """What makes a filled window harmless again: no amount, nothing chosen where nothing was at first, and what the
        burst chooses as it was before."""
        walk = self.walk
        amounts = [
            replace(act, text=walk.scene.pack.formats.write(0))
            for step in self.flow.burst
            if isinstance(step, SetStep) and isinstance(step.value, Given) and step.value.name == "amount"
            for act in walk.filling.acts(step)
            if isinstance(act, SetText)
        ]
        chosen_last = {step.control for step in self.flow.burst if isinstance(step, ChooseStep)}
        harmless = []
        for step in self.flow.prepare:
            if isinstance(step, ChooseStep) and (step.value == "" or step.control in chosen_last):
                spec, text = walk.scene.pack.controls[step.control], str(walk.facts.fill(step.value))
                harmless.append(Choose(walk.scene.node(step.control), text, spec.set_by, spec.greyed))
        return (*amounts, *harmless)

    def _applies(self, step: AnyStep) -> bool:
        return step.when is None or self.walk.holds(step.when, step)

    def _commit_press(self) -> Press:
        commit = self.flow.commit
        if isinstance(commit, PressStep):
            return Press(self.walk.scene.node(commit.control), opens=True)
        if isinstance(commit, MenuStep):
            return Press(self.walk.scene.menu_item(commit.window, commit.path), opens=True)
        raise PackError("commit_missing", flow=self.flow.name)

    def _send(self, burst: _Burst) -> BurstReport:
        """Send it; again while only dependent values lag or a person typed into it."""
        for number in range(BURSTS_MAX):
            self.walk.give_way()
            mark, shielded = self.guard.watch(), burst.shielded
            burst.last = self._send_once(burst, acts=burst.acts)
            if burst.last.stage != "not_committed" or not (burst.last.differences or burst.last.cause):
                return burst.last
            if shielded and burst.last.differences:
                return burst.last  # somebody changed what only the free steps fill in: start over
            if self._was_disturbed(mark) or burst.last.code in (NO_SHIELD, "too_late"):
                burst.shielded = True  # the next try keeps the person's keys away for a moment
                continue
            if burst.last.code == "owner_disabled" and self._cleared():
                continue
            if burst.last.cause:
                return burst.last
            agreed = self.walk.scene.pace.until(lambda: self._agreed(burst), DEPENDENTS_S)
            if agreed is not None or number == BURSTS_MAX - 2:
                return burst.last
        return burst.last

    def _cleared(self) -> bool:
        """A dialog came up while the form was being filled. True if it is gone and nothing has to be read again."""
        met = len(self.walk.dialogs.met)
        cleared = self.walk.dialogs.clear("before_commit")
        return cleared and not any(dialog.spec.recheck for dialog in self.walk.dialogs.met[met:])

    def _agreed(self, burst: _Burst) -> bool | None:
        burst.last = self._send_once(burst, acts=())
        done = burst.last.stage != "not_committed" or not (burst.last.differences or burst.last.cause)
        return True if done else None

    def _send_once(self, burst: _Burst, *, acts: tuple[Act, ...]) -> BurstReport:
        self.expected = burst.expected
        once = self._shielded if burst.shielded else self._sent
        return self.walk.scene.pace.patiently(lambda: once(burst, acts))

    def _shielded(self, burst: _Burst, acts: tuple[Act, ...]) -> BurstReport:
        """With the person's keys kept away until it is committed, or the amount is out of the form again: else an Enter
        of theirs would post what did not agree. Where they cannot be kept away, everything is done but the commit."""
        self.shields += 1
        pace = self.walk.scene.pace
        with self.guard.shield(SHIELD_S, self.walk.scene.program.pid) as shield:
            ends = pace.deadline.now() + SHIELD_S - SHIELD_SPARE_S
            sent = replace(burst, commit=burst.commit if shield.held else None)
            report = self._sent(sent, acts, SHIELD_S - SHIELD_SPARE_S)
            while shield.held and report.differences and (left_s := ends - pace.deadline.now()) > 0:
                self.walk.scene.backend.wait_change(min(left_s, _LAG_S))
                report = self._sent(sent, (), left_s)
            if report.stage == "not_committed":
                self.walk.hands.burst(lambda number: Burst(number, burst.disarm))
        self.note("shielded", number=self.shields, held=shield.held, swallowed=shield.swallowed)
        if burst.commit is not None and not shield.held:
            pace.pause(SHIELD_SPARE_S)
            return replace(report, cause=report.cause or NO_SHIELD)
        return report

    def _sent(
        self, burst: _Burst, acts: tuple[Act, ...], commit_within_s: float | None = None
    ) -> BurstReport:
        """Raises NotAnswering only where the commit was surely not sent: then it is sent again, after the silence."""
        checks = tuple(one.check for one in burst.expected)
        report = self.walk.hands.burst(
            lambda number: Burst(number, acts, checks, burst.commit, commit_within_s)
        )
        if report.stage == "not_committed" and report.code == "not_answering":
            raise NotAnswering(report.cause)
        return report

    def _was_disturbed(self, mark: Mark) -> bool:
        if self.guard.disturbed(mark):
            self.disturbed = True
            return True
        return False

    def _why(self, report: BurstReport) -> TillbridgeError:
        """Why nothing was committed, as an error for people."""
        if self.disturbed or self.walk.hands.disturbed:
            return OperatorError("user_typing")
        if report.differences:
            return self._difference(report)
        codes = {
            "owner_disabled": "dialog_in_the_way",
            "gone": "window_closed",
            "not_answering": "not_answering",
            "too_late": "software_busy",
        }
        if report.code in codes:
            return OperatorError(codes[report.code], why=report.cause)
        return PackError("act_refused", why=report.cause)

    def _difference(self, report: BurstReport) -> TillbridgeError:
        first = report.differences[0]
        wanted = next(one for one in self.expected if one.check == first.check)
        formats = self.walk.scene.pack.formats
        value = formats.read(first.seen, wanted.form)
        seen = first.seen if isinstance(value, Unreadable) else value
        return differs(wanted.name, wanted.term, seen, wanted.wanted, wanted.form, formats)

    # ---- after the commit ----

    def _after(self, report: BurstReport) -> End:
        """Wait for the program and answer its known dialogs. Decides nothing."""
        walk = self.walk
        walk.watched_since = None  # what was begun is brought to its end, whoever works
        stage: Stage = report.stage
        error: TillbridgeError | None = None
        if report.cause:
            error = OperatorError("not_answering", why=report.cause)
        walk.dialogs.met.clear()  # what dialogs said before the commit says nothing about it
        try:
            walk.scene.forget()
            self._after_steps()
        except TillbridgeError as cause:
            stage, error = "doubt", cause
        except (Gone, NotAnswering, Refused, NotNow, DialogRetry) as cause:
            stage, error = "doubt", OperatorError("software_busy", cause=str(cause))
        means = walk.dialogs.means()
        if means in ("not_posted", "doubt"):
            reason, text = walk.dialogs.reason()
            error = error or OperatorError(reason, text=text)
            stage = "doubt"
        return End(stage, error, means)

    def _after_steps(self) -> None:
        for step in self.flow.after:
            if self._said_not_posted():
                break
            self._after_step(step)
        if self._said_not_posted():
            self._leave("after_commit")

    def _after_step(self, step: AnyStep) -> None:
        """One step; given up as soon as a dialog says that nothing was posted (its window stays open then)."""
        pace = self.walk.scene.pace

        def attempt() -> bool | None:
            self.walk.dialogs.clear("after_commit")
            if self._said_not_posted():
                return True
            return self.walk.done(step)

        if pace.until(attempt) is None:
            raise OperatorError("software_busy", waited_for=f"line {step.line}")

    def _said_not_posted(self) -> bool:
        return self.walk.dialogs.means() in ("not_posted", "doubt")

    # ---- leaving ----

    def _leave(self, moment: During = "before_commit") -> TillbridgeError | None:
        """Leave without a trace. The error is told, never raised: the reason for leaving matters more."""
        try:
            with self.walk.unwatched():
                self.walk.scene.forget()
                self.walk.dialogs.clear("abandon", moment)
                self.walk.steps(self.flow.abandon, "abandon", moment)
        except TillbridgeError as error:
            self.note("abandon failed", error=str(error))
            return error
        except (Gone, NotAnswering, Refused, NotNow, DialogRetry) as cause:
            self.note("abandon failed", error=str(cause))
            return OperatorError("window_closed", cause=str(cause))
        return None


def _nothing() -> None:
    """Nothing to look at."""


def _of_title(step: AnyStep) -> bool:
    return isinstance(step, Expect) and step.what.startswith("window.")
