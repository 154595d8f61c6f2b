"""The practice software behind the engine's port: packs, a backend and a guard make one `Practice`.

It reports what it saw and how far it came; every error becomes a `Trouble`. It belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Literal, Protocol, TypeVar

from tillbridge.domain.errors import OperatorError, PackError, SetupError, TillbridgeError
from tillbridge.domain.money import Money
from tillbridge.flows import reading_run
from tillbridge.flows.account_look import account_seen
from tillbridge.flows.apart import Apart
from tillbridge.flows.dialogs import DialogRetry, Dialogs
from tillbridge.flows.filling import Secrets
from tillbridge.flows.fingerprint import Recognised
from tillbridge.flows.hands import Hands, NotNow
from tillbridge.flows.instances import Instances
from tillbridge.flows.ledger_look import Look, ledger_seen
from tillbridge.flows.leftover import clear_leftover, commit_window
from tillbridge.flows.lint_flows import parts_of
from tillbridge.flows.open_payment import entering
from tillbridge.flows.order_facts import Facts, Value, facts_of
from tillbridge.flows.pace import Pace
from tillbridge.flows.pack import DialogMeans, During, Pack
from tillbridge.flows.posting_run import End, PostingRun
from tillbridge.flows.scene import Scene
from tillbridge.flows.steps import (
    GIVE_BACK,
    GO_TO_CLIENT,
    LIST_PAYMENT_METHODS,
    READ_ACCOUNT,
    READ_OPEN_PAYMENT,
    WRITERS,
    Flow,
    Verify,
)
from tillbridge.flows.survey import Survey, survey
from tillbridge.flows.visit import NO_WAY, QUIET_S, Visit
from tillbridge.flows.walk import Walk, names_of
from tillbridge.ports.practice import (
    AccountSeen,
    Entering,
    InvoiceSeen,
    LedgerSeen,
    PostingOrder,
    PostingReport,
    SoftwareSeen,
    Trouble,
)
from tillbridge.screen.backend import Backend, DesktopGone, Gone, Guard, NotAnswering, Refused
from tillbridge.screen.deadline import PING_S, Deadline
from tillbridge.screen.watched import WatchedBackend

T = TypeVar("T")

What = Literal["post", "rehearse", "survey"]

STILL_S = 2.0
"""A flow that reads by touching the screen waits until a person has been still for this long."""
SOON_MS = 500
"""A trouble is never told to be over sooner."""


class RunLog(Protocol):
    """The transcript of one run. `note` is told redacted facts only."""

    def note(self, what: str, **facts: object) -> None: ...

    def close(self) -> str:
        """The name under which a support person finds it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a screen run needs from its surroundings.

    `clock`: seconds, monotonic. `slowness`: 1.0 on a normal machine, 2.0 on one half as fast.
    """

    backend: Backend
    guard: Guard
    clock: Callable[[], float]
    today: Callable[[], date]
    log: Callable[[str], RunLog]
    secrets: Secrets
    settings: Mapping[str, str]
    slowness: float = 1.0


class PackPractice:
    """`Practice` by packs. `packs`: every version that may be on this screen, already judged sound."""

    def __init__(self, desk: Desk, packs: Sequence[Pack], first_burst: int = 1) -> None:
        self.desk = desk
        self.packs = tuple(packs)
        self.numbers = count(first_burst)
        self.instances = Instances(desk.backend, self.packs)
        self._apart = Apart(desk.clock)

    # ---- the port ----

    def identify(self) -> SoftwareSeen | Trouble:
        return self._guarded(lambda: _software(self.instances.only()))

    def read_invoice(self) -> InvoiceSeen | Trouble:
        return self._guarded(self._read_invoice)

    def read_ledger(self, order: PostingOrder) -> LedgerSeen | Trouble:
        return self._guarded(lambda: self._read_ledger(order))

    def read_account(self, order: PostingOrder) -> AccountSeen | Trouble:
        return self._guarded(lambda: self._read_account(order))

    def list_payment_methods(self) -> tuple[str, ...] | Trouble:
        return self._guarded(self._list_payment_methods)

    def post(self, order: PostingOrder) -> PostingReport:
        return self._posting(order, "post")

    def rehearse(self, order: PostingOrder) -> PostingReport:
        return self._posting(order, "rehearse")

    def survey(self, order: PostingOrder) -> Survey | Trouble:
        """Open the payment window as a rehearsal does, try every locator, read what the settings may be, and leave."""
        found: list[Survey] = []
        report = self._posting(order, "survey", found)
        return found[0] if found else report.trouble or Trouble(who="pack", code="act_refused")

    def idle_s(self) -> float:
        return self.desk.guard.idle_s()

    def close(self) -> None:
        self.desk.guard.close()
        self.desk.backend.close()

    # ---- inside ----

    def _walk(self, known: Recognised, facts: Facts, flow: Flow, log: RunLog) -> Walk:
        desk, limits, slow = self.desk, known.pack.limits, self.desk.slowness
        backend = WatchedBackend(desk.backend, log.note, desk.clock, _private(known.pack))
        deadline = Deadline(desk.clock, budget_s=limits.flow_s, hang_s=limits.hang_s, slowness=slow)
        pace = Pace(backend, known.program, deadline, slow)
        scene = Scene(backend, known.pack, known.program, pace)
        scene.wanted = _wanted(known.pack, flow)
        hands = Hands(backend, desk.guard, self.numbers, log.note)
        keep_rest = facts.values.get("rest_as_credit") is True
        dialogs = Dialogs(scene, lambda act: hands.do([act], "dialog"), log.note, keep_rest=keep_rest)
        return Walk(scene, facts, hands, dialogs, log.note, desk.secrets, self._apart, desk.guard)

    def _visit(self, known: Recognised, walk: Walk, log: RunLog, *, stays: bool = False) -> Visit:
        """A stay that remembers what a person has in front; one that cannot go anywhere where the pack has no way."""
        flow = known.pack.flows.get(GO_TO_CLIENT, NO_WAY)
        walk.scene.wanted |= _wanted(known.pack, flow)
        return Visit(flow, walk, lambda facts: self._walk(known, facts, flow, log), stays=stays)

    def _read_invoice(self) -> InvoiceSeen:
        known = self.instances.in_front()
        flow = _flow(known.pack, "read_invoice")
        log = self.desk.log(f"{known.pack.key} read_invoice")
        try:
            walk = self._walk(known, Facts(dict(self.desk.settings)), flow, log)
            walk.dialogs.refuse()
            if flow.touches and self.desk.guard.idle_s() < STILL_S:
                raise OperatorError("user_typing")
            if flow.touches:
                with self._visit(known, walk, log, stays=True).stay():
                    read = reading_run.read(flow, walk, log.note)
            else:
                read = reading_run.read(flow, walk, log.note)
            seen = _invoice(known, read.values)
            self.instances.was_read(known, seen)
            return replace(seen, entering=self._entering(known, log))
        finally:
            log.close()

    def _entering(self, known: Recognised, log: RunLog) -> Entering | None:
        """What stands in a payment window that is open now; None if there is none, or it went while we looked."""
        flow = known.pack.flows.get(READ_OPEN_PAYMENT)
        if flow is None:
            return None
        walk = self._walk(known, Facts(dict(self.desk.settings)), flow, log)
        try:
            return entering(flow, walk.scene)
        except (TillbridgeError, Gone) as cause:
            log.note("open payment not read", error=str(cause))
            return None

    def _read_ledger(self, order: PostingOrder) -> LedgerSeen:
        known = self.instances.of(order)
        writer = _searched_by(known.pack, order)
        verify = _verify(writer)
        flow = _flow(known.pack, verify.by)
        log = self.desk.log(f"{known.pack.key} {flow.name} {order.marker}")
        try:
            facts = facts_of(order, self.desk.settings, self.desk.today())
            walk = self._walk(known, facts, flow, log)
            self._clear_leftovers(writer, walk, log)
            with self._visit(known, walk, log).stay():
                read = reading_run.read(flow, walk, log.note)
                quiet = all(self._quiet(walk, way) for way in _ways(known.pack, writer))
            look = Look(
                pack=known.pack,
                verify=verify,
                applies_to=writer.applies_to,
                facts=facts,
                software=_software(known),
                since=self._since(order),
                quiet=quiet,
                gives_back=writer.name in GIVE_BACK,
            )
            return ledger_seen(look, read)
        finally:
            log.close()

    def _read_account(self, order: PostingOrder) -> AccountSeen:
        known = self.instances.of(order)
        flow = _flow(known.pack, READ_ACCOUNT)
        log = self.desk.log(f"{known.pack.key} {flow.name} {order.account_id}")
        try:
            facts = facts_of(order, self.desk.settings, self.desk.today())
            walk = self._walk(known, facts, flow, log)
            _refuse_open_windows(walk)
            with self._visit(known, walk, log).stay():
                read = reading_run.read(flow, walk, log.note)
            return account_seen(known.pack, read, _software(known))
        finally:
            log.close()

    def _list_payment_methods(self) -> tuple[str, ...]:
        """In whatever client's payment window: what it offers is the same for all."""
        known = self.instances.in_front()
        flow = _flow(known.pack, LIST_PAYMENT_METHODS)
        log = self.desk.log(f"{known.pack.key} {flow.name}")
        try:
            walk = self._walk(known, Facts(dict(self.desk.settings)), flow, log)
            if flow.touches and self.desk.guard.idle_s() < STILL_S:
                raise OperatorError("user_typing")
            _refuse_open_windows(walk)
            with self._visit(known, walk, log, stays=True).stay():
                return reading_run.read(flow, walk, log.note, _LOOKS_INSIDE).choices
        finally:
            log.close()

    def _since(self, order: PostingOrder) -> date:
        """The day on which the money was taken; today if that is not known, or lies ahead (a clock was wrong)."""
        today = self.desk.today()
        if not order.since_wall_ms:
            return today
        taken = datetime.fromtimestamp(order.since_wall_ms // 1000, UTC).astimezone()
        return min(taken.date(), today)

    def _quiet(self, walk: Walk, writer: Flow) -> bool:
        glance = walk.scene.glance()
        window = commit_window(walk.scene.pack, writer)
        gone = glance.named(window) is None or not walk.scene.pack.windows[window].gone_when_done
        ping = walk.scene.backend.ping(walk.scene.program, PING_S)
        return gone and not glance.strangers and ping is not None

    def _posting(
        self,
        order: PostingOrder,
        what: What,
        found: list[Survey] | None = None,
    ) -> PostingReport:
        """Run the writing flow. An error before its first step is a proof that nothing was typed."""
        try:
            known = self.instances.of(order)
            flow = _flow(known.pack, WRITERS[order.kind])
            facts = facts_of(order, self.desk.settings, self.desk.today())
        except (TillbridgeError, NotAnswering, Gone) as cause:
            told = self._told(cause)
            return PostingReport(stage="not_committed", trouble=told, means=_means(told))
        log = self.desk.log(f"{known.pack.key} {what} {order.marker}")
        walk = self._walk(known, facts, flow, log)
        visit = self._visit(known, walk, log)
        try:
            self._clear_leftovers(flow, walk, log)
            visit.begin()
        except (TillbridgeError, *_SCREEN) as cause:
            visit.end()
            return PostingReport(stage="not_committed", trouble=self._told(cause), transcript=log.close())
        swallowed = self.desk.guard.swallowed
        try:
            end = self._run(flow, walk, log, what, found)
            other = _instead(known.pack, flow, end)
            if other is not None:
                log.note("the other way", flow=other.name, error=str(end.error))
                again = self._walk(known, facts, other, log)
                again.watched_since = walk.watched_since
                end = self._run(other, again, log, what, found)
        finally:
            visit.end()
        log.note("end", stage=end.stage, error=str(end.error or ""), means=end.means)
        trouble = self._told(end.error, end.retry_in_s) if end.error else None
        return PostingReport(
            stage=end.stage,
            trouble=trouble,
            means=_means(trouble, end.means),
            transcript=log.close(),
            swallowed=self.desk.guard.swallowed - swallowed,
        )

    def _run(self, flow: Flow, walk: Walk, log: RunLog, what: What, found: list[Survey] | None = None) -> End:
        if "of_marker" in flow.needs and "of_marker" not in walk.facts.values:
            return End("not_committed", OperatorError("row_unknown"))
        run = PostingRun(flow, walk, self.desk.guard, log.note)
        if what == "post":
            return run.post()
        if what == "rehearse" or found is None:
            return run.rehearse()
        return run.look_inside(lambda: found.append(survey(walk.scene)))

    def _clear_leftovers(self, writer: Flow, walk: Walk, log: RunLog) -> None:
        """Close what a run of ours for this order may have left open, whichever way it went."""
        for way in _ways(walk.scene.pack, writer):
            clear_leftover(way, walk, self.desk.guard.idle_s(), log.note)

    def _told(self, cause: Exception, retry_in_s: int | None = None) -> Trouble:
        """The cause as a trouble. Where a person works, it makes sense again as soon as they have been still enough."""
        trouble = _trouble(cause, retry_in_s)
        missing_s = QUIET_S - self.desk.guard.idle_s()
        if trouble.code not in ("other_client", "user_typing") or missing_s <= 0:
            return trouble
        return replace(trouble, retry_in_ms=max(SOON_MS, int(missing_s * 1000)))

    def _guarded(self, look: Callable[[], T]) -> T | Trouble:
        try:
            return look()
        except (TillbridgeError, *_SCREEN) as cause:
            return self._told(cause)


_SCREEN = (NotAnswering, Gone, Refused, NotNow, DialogRetry)

_LOOKS_INSIDE: tuple[During, ...] = ("reading", "before_commit", "abandon")
"""Whose dialogs may come up while the payment window is opened and left without a payment."""

RETRY_MS: Mapping[str, int] = {
    "software_busy": 5_000,
    "software_closed": 10_000,
    "software_minimised": 5_000,
    "not_answering": 10_000,
    "no_invoice_open": 3_000,
    "other_client": 3_000,
    "other_invoice": 3_000,
    "dialog_in_the_way": 3_000,
    "supervisor_needed": 3_000,
    "window_open": 3_000,
    "window_closed": 3_000,
    "user_typing": 3_000,
    "client_locked": 20_000,
    "period_closed": 3_600_000,
}
"""When trying again makes sense by itself. Everything else waits for a person."""


def _trouble(cause: Exception, retry_in_s: int | None = None) -> Trouble:
    match cause:
        case TillbridgeError():
            error = cause
        case DialogRetry():
            spec = cause.met.spec
            error = OperatorError(spec.reason or "dialog_in_the_way", dialog=spec.id, text=cause.met.text)
        case NotAnswering():
            error = OperatorError("not_answering", why=str(cause))
        case DesktopGone():
            error = SetupError("desktop_gone", why=str(cause))
        case _:
            error = OperatorError("window_closed", why=str(cause))
    retry_ms = retry_in_s * 1000 if retry_in_s is not None else RETRY_MS.get(error.code)
    return Trouble(who=_who(error), code=error.code, facts=dict(error.facts), retry_in_ms=retry_ms)


def _who(error: TillbridgeError) -> Literal["operator", "pack", "setup"]:
    if isinstance(error, OperatorError):
        return "operator"
    return "pack" if isinstance(error, PackError) else "setup"


def _software(known: Recognised) -> SoftwareSeen:
    return SoftwareSeen(
        software=known.pack.software,
        version=known.pack.version,
        build=known.program.version,
        instance=known.program.key,
        name=known.pack.title,
    )


def _invoice(known: Recognised, values: Mapping[str, Value]) -> InvoiceSeen:
    currency = known.pack.formats.money.currency

    def money(name: str) -> Money:
        value = values[name]
        if type(value) is not int:
            raise PackError("money_unreadable", control=name, text=str(value))
        return Money(minor=value, currency=currency)

    return InvoiceSeen(
        software=_software(known),
        account_id=str(values["account_id"]),
        client=str(values["client"]),
        invoice_number=str(values["number"]),
        total=money("total"),
        balance=money("balance"),
        alert=str(values.get("alert", "")),
        patient=str(values.get("patient", "")),
        balance_of="account" if _pays_oldest(known.pack) else "invoice",
    )


def _pays_oldest(pack: Pack) -> bool:
    return any(flow.writes and flow.applies_to == "oldest" for flow in pack.flows.values())


def _flow(pack: Pack, name: str) -> Flow:
    if name not in pack.flows:
        raise PackError("flow_missing", flow=name, pack=pack.key)
    return pack.flows[name]


def _refuse_open_windows(walk: Walk) -> None:
    """A look that nobody waits for goes round no window that is open: it may be a person's. Raises OperatorError."""
    for seen in walk.scene.glance().known:
        if seen.spec.comes_and_goes:
            raise OperatorError("window_open", window=seen.spec.name)


FOR_GOOD = frozenset(
    {
        "flow_missing",
        "row_unknown",
        "payment_not_listed",
        "already_reversed",
        "payment_in_parts",
        "row_ambiguous",
    }
)
"""Typing it again changes nothing about these: a person is asked, as after a no of the software itself."""


def _means(trouble: Trouble | None, said: DialogMeans = "nothing") -> DialogMeans:
    return "not_posted" if trouble is not None and trouble.code in FOR_GOOD and said == "nothing" else said


def _searched_by(pack: Pack, order: PostingOrder) -> Flow:
    """The flow that says how a row of this kind looks; one that was never learnt is still found where a person entered
    it, by what a payment looks like in the same list."""
    return pack.flows.get(WRITERS[order.kind]) or _flow(pack, WRITERS["sale"])


def _ways(pack: Pack, writer: Flow) -> tuple[Flow, ...]:
    return (writer, pack.flows[writer.instead.flow]) if writer.instead else (writer,)


def _instead(pack: Pack, flow: Flow, end: End) -> Flow | None:
    """The other way, where this one was refused and provably left nothing behind."""
    error = end.error
    if flow.instead is None or error is None or end.stage != "not_committed" or "left_open" in error.facts:
        return None
    return pack.flows[flow.instead.flow] if error.code in flow.instead.when else None


def _verify(writer: Flow) -> Verify:
    if writer.verify is None:
        raise PackError("verify_missing", flow=writer.name)
    return writer.verify


def _private(pack: Pack) -> frozenset[str]:
    """Controls and fields whose values are never told to a transcript."""
    controls = {spec.name for spec in pack.controls.values() if spec.private}
    return frozenset(controls | {spec.name for spec in pack.fields.values() if spec.private})


def _wanted(pack: Pack, flow: Flow) -> frozenset[str]:
    known = {**pack.controls, **pack.fields, **pack.lists}
    return names_of((step for _, step in parts_of(flow)), known)
