"""The engine: takes payments through their commands, one at a time, without I/O of its own.

Rules of money that live here:
 1. The face makes the payment id; the same id is the same payment for ever (`begin`).
 2. Journal before acting: `start` appends the intent durably and only then hands out the task (`perform` calls out).
 3. Ask before repeating: an attempt is sent once; everything after is an inquiry.
 4. The reservation is checked inside the intent's transaction (`Limit`).
 9. Recovery is the same loop: `recover` tells the open legs that the process was restarted; `due` does the rest.
10. A give-back reserves its amount on its parent in its own first transaction.

One payment has at most one task under way; the owner of the threads sees to that (apps/agent). For worlds of one
thread, `step` does start, perform and finish in a row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from tillbridge.domain.errors import OperatorError, SetupError
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.invoice import TYPED
from tillbridge.domain.matching import NotProven, ProvenAbsent
from tillbridge.domain.moment import Moment, perhaps_passed_ms
from tillbridge.domain.money import Money
from tillbridge.domain.money_leg import IN_DOUBT, MoneyEvent, MoneyState
from tillbridge.domain.next_command import (
    AskPerson,
    AwaitGateway,
    Command,
    KeepPartial,
    Look,
    Post,
    Recheck,
    Send,
    SendMessage,
    commands,
)
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.domain.posting_leg import PostingEvent, PostingState
from tillbridge.engine import message_steps, money_steps, posting_steps, still_there
from tillbridge.engine.admitting import RECENT, Admitting
from tillbridge.engine.closing import Closing
from tillbridge.engine.keeping import Keeping
from tillbridge.engine.linking import Linking
from tillbridge.engine.moving import Moving
from tillbridge.engine.policy import Policy
from tillbridge.engine.possible import Possible
from tillbridge.engine.receipts import Receipts
from tillbridge.engine.requests import PayRequest, another_attempt, beginning, refuse_entering, told_again
from tillbridge.engine.schedule import Tried, doubt_of, due_in_ms
from tillbridge.engine.screen_turn import NOTHING_TOUCHED
from tillbridge.engine.sending import dated
from tillbridge.engine.settling import Settling
from tillbridge.engine.work import (
    Result,
    SearchLedger,
    Task,
    Tell,
    Type,
    kept_off,
    perform,
    too_old,
    trouble_of,
)
from tillbridge.ports.gateway import Capabilities
from tillbridge.ports.practice import Entering, LedgerSeen

RECENT_DAYS = 500
"""So many payments are looked through for those of the last days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    payment_id: str
    command: Command
    in_ms: int


class Engine(Admitting, Moving, Linking, Receipts, Settling, Keeping, Closing):
    """Owned by the journal's thread; only `perform` may run elsewhere."""

    __slots__ = ()

    # ---- what the face asks ----

    def begin(self, request: PayRequest, capabilities: Capabilities | None = None) -> Payment:
        """Make the payment durable, with its reservation. Sends nothing.

        `capabilities`: what the gateway told, so that the journal's thread need not wait for it.
        Raises OperatorError: those of PayRequest.check, `payment_id_used`, `not_chargeable`, `parent_unknown`,
        `balance_changed` (a payment of ours went into the books since the balance was read), `still_finding_out`,
        `void_takes_all` (a void was to give back a part), `slip_used`, those of `close_first`, of consent and of
        stored cards (engine/keeping.py).
        """
        known = self.journal.payment(request.payment_id)
        if known is not None:
            if not request.same_as(known):
                raise OperatorError("payment_id_used", payment_id=request.payment_id)
            return known
        capabilities = capabilities or self.gateway.capabilities()
        request.check(capabilities)
        if request.instead_of:
            self.close_first(request.instead_of, request.person)
        for debt in (request.debt, *(share.debt for share in request.shares[1:])):
            self._refuse_stale(debt, request.read_at)
        self._refuse_doubted(request)
        self._refuse_same_slip(request)
        sec_code = self._refuse_unagreed(request)
        now = self.clock.now()
        begun = beginning(self.ids.reference(), request, capabilities, now, self.policy, sec_code)
        further = self._further(request.shares)
        return self._append(request.payment_id, None, begun, self._limit(request), further)

    def try_again(
        self,
        payment_id: str,
        terminal_id: str = "",
        balance: Money | None = None,
        read_at: Moment | None = None,
        entering: Entering | None = None,
        instead_of: str = "",
    ) -> Payment:
        """A new attempt of the same payment (another card), allowed only when all older ones are over.

        `balance`, `read_at`: what is owed, read now; None = it cannot be read, and the first balance counts.
        `entering`: what somebody types by hand just now, None where the person saw it and goes on.
        `instead_of`: a link that is closed first.
        Raises OperatorError `unknown_payment`, `still_finding_out`, `not_chargeable`, `balance_changed`,
        `payment_being_entered`, those of `close_first`.
        """
        payment = self._known(payment_id)
        refuse_entering(entering)
        if instead_of:
            self.close_first(instead_of)
        if not payment.may_try_again():
            raise OperatorError("still_finding_out", payment_id=payment_id)
        self._refuse_stale(payment.debt, read_at if balance is not None else payment.created_at)
        for share in payment.shares[1:]:
            self._refuse_stale(share.debt, payment.created_at)
        last = payment.attempts[-1]
        self._refuse_ended(payment, last)
        horizon_ms, now = self._horizon_ms(last), self.clock.now()
        again = another_attempt(self.ids.reference(), last, horizon_ms, terminal_id, now, self.policy)
        further = self._further(payment.shares)
        once_more = (again, *told_again(again, last, self.policy))
        return self._append(payment_id, payment, once_more, self._limit_again(payment, balance), further)

    def refuse_other_gateway(self) -> None:
        """A doubt is asked of the gateway that has it: another one knows nothing of it, and its "not found" would be
        told as "not charged". Raises SetupError `gateway_changed`."""
        mine = self.policy.gateway
        doubts = [a for p in self._open() for a in p.attempts if a.state in IN_DOUBT]
        others = [a for a in doubts if mine and a.gateway and a.gateway != mine]
        if others:
            raise SetupError("gateway_changed", count=len(others))

    # ---- the loop ----

    def recover(self) -> list[str]:
        """After a start of the process: tell every open leg that it was restarted. Returns the open payments."""
        self.turn.let_go()
        opened = list(self.journal.unfinished())
        for payment_id in opened:
            payment = self._known(payment_id)
            events = list(self._restarts(payment))
            if events:
                self._append(payment_id, payment, events)
        self._release_left_behind()
        return opened

    def due(self) -> list[Due]:
        """Every open command with the time until it is due, soonest first; of two that want the screen the one that
        had it longer ago. Left out: what waits for a person, and the screen's commands while somebody has it."""
        now = self.clock.now()
        found: list[Due] = []
        for payment_id in self.journal.unfinished():
            payment = self._known(payment_id)
            for command in commands(payment):
                in_ms = self._in_ms(payment, command, now)
                if in_ms is not None:
                    found.append(Due(payment_id=payment_id, command=command, in_ms=in_ms))
        found += self._rechecks_due(now)
        return sorted(found, key=self._first)

    def recheck(self) -> int:
        """The day is ended: look once more whether what was posted today is still in the books (how many these are),
        and whether what people were to enter by hand is there by now."""
        now = self.clock.now()
        for payment in self._open():
            if payment.debt.software == TYPED:
                self.resume(payment.payment_id)
        today = list(still_there.of_this_day(self.journal.recent(RECENT_DAYS), now, self.policy))
        for payment_id, marker in today:
            self.rechecks.given_up.discard(marker)
            self.rechecks.want(payment_id, marker)
        return len(today)

    def start(self, payment_id: str, command: Command) -> Task | None:
        """Journal the intent of a command and hand out its task; None if it was done here (or is out of date)."""
        payment = self._known(payment_id)
        if isinstance(command, Recheck):
            return self._start_recheck(payment, command.marker)
        if command not in commands(payment) or isinstance(command, AskPerson):
            return None
        if isinstance(command, Post | Look) and self.turn.holder:
            return None
        self._count(payment, command)
        if self._done_here(payment, command):
            return None
        if isinstance(command, Send) and self._too_old(payment, command.reference):
            dropped = self._event(MoneyEvent.CANCEL_ASKED, command.reference, {"person": ""})
            self._append(payment_id, payment, (dropped,))
            return None
        if isinstance(command, KeepPartial):
            decided = self._event(PaymentEvent.KEEP_DECIDED, command.reference, {"person": "", "keep": True})
            self._append(payment_id, payment, (decided,))
            return None
        events, task = self._plan(payment, command)
        if isinstance(command, Send):
            return self._armed(payment, self._with_token(payment, task), events)
        if events:
            self._append(payment_id, payment, events)
        if task.lane == "screen":
            self.turn.take(payment_id)
        return task

    def finish(self, task: Task, result: Result) -> Task | None:
        """Journal what a task brought; gives the task that must follow at once, if any."""
        payment = self._known(task.payment_id)
        now = self.clock.now()
        if isinstance(task.work, SearchLedger | Type):
            return self._finish_on_screen(payment, task, result, now)
        if isinstance(result, Possible):
            self._heard_possible(task, result)
            return None
        if isinstance(task.work, Tell):
            self._heard_of_message(payment, task, result)
            return None
        events = dated(money_steps.conclude(payment, task, result, now, self.policy), self.policy)
        events += self._other_way(payment, events)
        if events:
            payment = self._append(task.payment_id, payment, events)
        else:
            self._renew(payment, task.subject, now)
        self._keep_card(payment, task.subject, result)
        return None

    def _finish_on_screen(self, payment: Payment, task: Task, result: Result, now: Moment) -> Task | None:
        """The screen stays this payment's for the task that must follow at once."""
        follow = None
        try:
            self.turn.heard(task.subject, trouble_of(result), now)
            others = self._other_markers(task.subject, result)
            if isinstance(task.work, SearchLedger) and task.work.again:
                events, wanted = self._rechecked(payment, task.subject, result, now, others), None
            else:
                policy = self._patience(payment, task.subject)
                events, wanted = posting_steps.conclude(payment, task, result, now, policy, others)
                events = self._overpaid(payment, events)
                self._notice_missing(payment, task, result)
            if events:
                payment = self._append(task.payment_id, payment, events)
            self._look_at_links(payment, task.subject, result)
            follow = wanted
        finally:
            if follow is None:
                self.turn.let_go()
        return follow

    def perform(self, task: Task) -> Result:
        now = self.clock.now()
        unfit = kept_off(task, self.turn.pause_left_ms(now) > 0) or too_old(task, now)
        return (
            unfit or self._not_ready(task, now) or perform(task, self.gateway, self.practice, self.messenger)
        )

    def step(self, payment_id: str, command: Command) -> Payment:
        """start, perform and finish in a row, with everything that follows at once."""
        task = self.start(payment_id, command)
        while task is not None:
            task = self.finish(task, self.perform(task))
        return self._known(payment_id)

    # ---- inside ----

    def _first(self, due: Due) -> tuple[int, bool, int]:
        return due.in_ms, isinstance(due.command, Recheck), self.turn.turn_of(due.payment_id)

    def _rechecks_due(self, now: Moment) -> list[Due]:
        if self.turn.holder:
            return []
        if self.rechecks.scan_is_due(now):
            for found in still_there.of_another_day(self.journal.recent(RECENT_DAYS), now, self.policy):
                self.rechecks.want(*found)
        return [
            Due(
                payment_id=want.payment_id,
                command=Recheck(marker),
                in_ms=self.turn.in_ms(want.payment_id, in_ms, now),
            )
            for marker, want, in_ms in self.rechecks.in_ms(now)
        ]

    def _start_recheck(self, payment: Payment, marker: str) -> Task | None:
        posting = payment.posting(marker)
        if self.turn.holder or marker not in self.rechecks.wanted:
            return None
        if posting is None or posting.state is not PostingState.POSTED:
            self.rechecks.over(marker)
            return None
        self.turn.take(payment.payment_id)
        self.rechecks.last = self.clock.now()
        order = posting_steps.order_of(payment, posting, self.policy)
        return Task(payment_id=payment.payment_id, subject=marker, work=SearchLedger(order=order, again=True))

    def _rechecked(
        self, payment: Payment, marker: str, result: Result, now: Moment, others: Collection[str]
    ) -> list[Event]:
        posting = payment.posting(marker)
        if not isinstance(result, LedgerSeen):
            trouble = trouble_of(result)
            untouched = trouble is not None and trouble.code in NOTHING_TOUCHED
            self.rechecks.failed(marker, now, untouched=untouched)
            return []
        if posting is None or posting.state is not PostingState.POSTED or marker not in self.rechecks.wanted:
            self.rechecks.over(marker)
            return []
        verdict = still_there.conclude(payment, posting, result, now, self.policy, others)
        if isinstance(verdict, ProvenAbsent) and not self.rechecks.missed(marker, now):
            return []
        if isinstance(verdict, NotProven) and not result.read_to_end:
            self.rechecks.failed(marker, now)
            return []
        self.rechecks.over(marker, give_up=isinstance(verdict, NotProven))
        return still_there.events_of(posting, verdict, now)

    def _notice_missing(self, payment: Payment, task: Task, result: Result) -> None:
        """A look for one posting shows the others of its client, too."""
        if isinstance(task.work, SearchLedger) and isinstance(result, LedgerSeen) and result.complete:
            recent = self.journal.recent(RECENT)
            for found in still_there.not_shown(recent, payment, task, result, self.policy):
                self.rechecks.want(*found)

    def _patience(self, payment: Payment, marker: str) -> Policy:
        """While somebody had asked for a pause nobody could look: that time does not count against a doubt."""
        posting = payment.posting(marker)
        paused_ms = self.turn.paused_since(posting.since) if posting is not None else 0
        limit_ms = self.policy.posting_limit_ms + paused_ms
        return replace(self.policy, posting_limit_ms=limit_ms) if paused_ms else self.policy

    def _other_markers(self, marker: str, result: Result) -> Collection[str]:
        """Those that the look shows, and where the software cuts them, all that begin alike."""
        if not isinstance(result, LedgerSeen):
            return ()
        shown = [row.reference.strip() for row in result.today]
        found = {text for text in shown if text and self.journal.payment_of_marker(text)}
        if 0 < result.reference_length < len(marker):
            found.update(self.journal.markers(marker[: result.reference_length]))
        return found - {marker}

    def _in_ms(self, payment: Payment, command: Command, now: Moment) -> int | None:
        on_screen = isinstance(command, Post | Look)
        if on_screen and self.turn.holder:
            return None
        kept_ms = self.turn.gap_ms(command.marker) if isinstance(command, Post | Look) else None
        tried = self._tried(payment, command)
        if isinstance(command, AwaitGateway):
            return self._await_ms(payment, command, tried, now)
        in_ms = due_in_ms(payment, command, tried, now, self.policy, kept_ms)
        if in_ms is None or not on_screen:
            return in_ms
        return self.turn.in_ms(payment.payment_id, in_ms, now)

    def _plan(self, payment: Payment, command: Command) -> tuple[list[Event], Task]:
        now = self.clock.now()
        if isinstance(command, AwaitGateway):
            return [], self._ask_possible(payment, command)
        if isinstance(command, SendMessage):
            return self._plan_message(payment, command)
        planned = money_steps.plan(payment, command, now, self._parent(payment), self.policy)
        visit = payment.payment_id in self.turn.at_once
        return planned or posting_steps.plan(payment, command, self.policy, visit)

    def _parent(self, payment: Payment) -> Attempt | None:
        parent = self.journal.payment(payment.of) if payment.of else None
        return next((a for a in parent.attempts if a.taken), None) if parent else None

    def _horizon_ms(self, last: Attempt) -> int:
        """As for the attempt before; a call to the gateway here would keep everybody waiting."""
        same = last.gateway == self.policy.gateway
        return last.horizon_ms if same else self.gateway.capabilities().horizon_ms

    def _too_old(self, payment: Payment, reference: str) -> bool:
        """Power failed, the computer slept or the disk was full before it was sent: the client has left. Nothing was
        sent, so dropping it is free, while a terminal that lights up hours later is paid by somebody else. Money that
        was promised back needs nobody at the terminal."""
        if payment.gives_back:
            return False
        attempt = payment.attempt(reference)
        now = self.clock.now()
        since = attempt.since if attempt is not None else payment.created_at
        passed = perhaps_passed_ms(since, now)
        return max(passed or 0, abs(now.wall_ms - since.wall_ms)) > self.policy.send_within_ms

    def _restarts(self, payment: Payment) -> Iterable[Event]:
        yield from message_steps.restarts(payment, self.clock.now())
        for attempt in payment.attempts:
            if attempt.state in (MoneyState.SENDING, MoneyState.RUNNING):
                yield self._event(MoneyEvent.RESTARTED, attempt.reference, {"reason": "restarted"})
        for posting in payment.postings:
            if posting.state in (PostingState.CHECKING, PostingState.TYPING, PostingState.COMMITTING):
                yield self._event(PostingEvent.RESTARTED, posting.marker, {"reason": "restarted"})

    def _count(self, payment: Payment, command: Command) -> None:
        before, doubt = self._tried(payment, command), doubt_of(payment, command)
        times = before.times + 1 if before else 1
        self.tried[(payment.payment_id, command)] = Tried(times, self.clock.now(), doubt)

    def _tried(self, payment: Payment, command: Command) -> Tried | None:
        found = self.tried.get((payment.payment_id, command))
        return found if found and found.doubt == doubt_of(payment, command) else None
