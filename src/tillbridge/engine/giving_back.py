"""Give money back: one action for undo, void, refund and a part of either.

The gateway is asked what is possible, the engine chooses, and a give-back is a payment of its own (`of`). What cannot
be sent now waits and is sent by itself.

Rules of money that live here:
 2. A give-back that takes another way (too late for a void, not settled yet) gets its next attempt in the append that
    ends the one before: its reservation has no gap.
 3. Only a proved `not_sent` leads to that next attempt. An unknown void is asked about until it is known.
 8. What changes in the books is decided by engine/returned_books.py, once the money is known to be back.
10. The amount is reserved on the payment that is given back before anything is sent; what others gave back by the
    gateway's own count is taken off first.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from tillbridge.domain import giving_back as rules
from tillbridge.domain.ach_reversal import check_reversal
from tillbridge.domain.errors import Fact, ImpossibleEvent, OperatorError
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.fold import apply
from tillbridge.domain.moment import Moment, surely_passed_ms
from tillbridge.domain.money import Money, Parts
from tillbridge.domain.money_leg import IN_DOUBT, MoneyEvent, MoneyState
from tillbridge.domain.next_command import AwaitGateway, Command, TellParent
from tillbridge.domain.operation import Entry
from tillbridge.domain.outcome import Found, Inquiry, NotFound
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.domain.payment import Attempt, Payment, holds, left_to_give_back
from tillbridge.engine import returned_books
from tillbridge.engine.decisions import Decisions
from tillbridge.engine.policy import DAY, HOUR, MINUTE
from tillbridge.engine.possible import AskPossible, Possible
from tillbridge.engine.schedule import Tried
from tillbridge.engine.work import Task
from tillbridge.ports.gateway import Capabilities
from tillbridge.ports.journal import Limit

WAITS_MS = (0, MINUTE, 5 * MINUTE, 15 * MINUTE)
"""Before the gateway is asked (again) whether a give-back can be sent; then hourly."""

WAITS_LONG_MS = 4 * DAY
"""A batch closes every day, a long weekend included: after that a person is told."""

VOIDS_MAX = 3
"""So often a void is said that nobody answers, each time after the one before is proved dead; then a person is told."""

NOT_NOW = frozenset({"unreachable", "rate_limited", "not_refundable_yet"})
"""Refusals of a refund that pass by themselves."""
NO_VOID = frozenset({"not_voidable", "unsupported"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBackRequest:
    """One press of "give it back". `payment_id` was made and saved by the face before (rule 1).

    `amount`: how much of the base goes back, with its part of the fee; None = all that is left, tip included.
    `in_software`: it stands in the practice software already (a returned item left a credit): nothing is typed.
    `error`: a bank debit that should never have been (`duplicate`, `wrong_receiver`, `wrong_amount`, `wrong_date`) is
    reversed, by the rules of domain/ach_reversal.py; empty for everything else.
    """

    payment_id: str
    of: str
    amount: Money | None = None
    person: str = ""
    reason: str = ""
    in_software: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What can be done now. `left`: the most that may go back. `seen`: when the client sees it."""

    of: str
    way: rules.Way
    when: rules.When
    seen: rules.ClientSees
    parts: Parts
    left: Money
    brand: str = ""
    last4: str = ""


class GivingBack(Decisions):
    """The part of the engine that gives money back."""

    __slots__ = ()

    # ---- what the face asks ----

    def offer_give_back(
        self,
        payment_id: str,
        found: Inquiry,
        amount: Money | None = None,
        capabilities: Capabilities | None = None,
    ) -> Offer:
        """What giving this back would be: changes nothing. `found`: the gateway's answer about the payment, read now.

        Raises OperatorError `unknown_payment`, `nothing_to_give_back`, `over_refund`, `dispute_open`,
        `still_finding_out`, `not_refundable`, `gateway_does_not_tell`, `give_back_by_hand` (another terminal took it:
        it is given back there, and recorded by `record_given_back`).
        """
        parent = self._known(payment_id)
        attempt = self._taken_of(parent)
        kept = self._kept(parent, found)
        parts = rules.to_give_back(kept, amount)
        early = "refund_before_settlement" in (capabilities or self.gateway.capabilities()).features
        bank = parent.entry is Entry.KEYED_ACH
        choice = rules.choose(found, whole=_whole(kept, parts), refunds_early=early, bank=bank)
        return Offer(
            of=payment_id,
            way=choice.way,
            when=choice.when,
            seen=choice.seen,
            parts=parts,
            left=kept.left,
            brand=attempt.brand,
            last4=attempt.last4,
        )

    def give_back(
        self,
        request: GiveBackRequest,
        found: Inquiry | None = None,
        capabilities: Capabilities | None = None,
    ) -> Payment:
        """Make the give-back durable, with its reservation. Sends nothing: the loop does.

        Without a usable answer of the gateway (`found`) it is asked first what is possible, by itself.
        Raises OperatorError: those of `offer_give_back` but `gateway_does_not_tell`, those of check_reversal,
        `card_number_typed`, `payment_id_used`, `not_chargeable`.
        """
        known = self.journal.payment(request.payment_id)
        if known is not None:
            same = known.of == request.of and request.amount in (None, known.parts.base)
            if not (same and known.gives_back):
                raise OperatorError("payment_id_used", payment_id=request.payment_id)
            return known
        texts = (request.payment_id, request.person, request.reason)
        if any(looks_like_card_number(text) for text in texts):
            raise OperatorError("card_number_typed")
        parent = self._known(request.of)
        attempt = self._taken_of(parent)
        self._heard_elsewhere(parent, found)
        parent = self._known(request.of)
        kept = self._kept(parent, None)
        parts = rules.to_give_back(kept, request.amount)
        if request.error:
            self._check_error(request, parent, attempt, whole=_whole(kept, parts))
        queued, operation = self._chosen(parent, _whole(kept, parts), found, capabilities)
        created = self._created(request, parent, parts, operation)
        first = self._attempt_event(attempt, parts.whole, queued)
        self._keeps_what_is_left(parent, attempt, request.person)
        limit = Limit(scope=f"payment:{request.of}", minor=left_to_give_back(parent).minor)
        return self._append(request.payment_id, None, (created, first), limit)

    def _keeps_what_is_left(self, parent: Payment, attempt: Attempt, person: str) -> None:
        """A smaller approval that is given back in its own way is not asked about any more: the answer to that question
        would give it back a second time."""
        if parent.undecided(attempt):
            facts: dict[str, Fact] = {"keep": True, "person": person}
            decided = self._event(PaymentEvent.KEEP_DECIDED, attempt.reference, facts)
            self._append(parent.payment_id, parent, (decided,))

    def _chosen(
        self, parent: Payment, whole: bool, found: Inquiry | None, capabilities: Capabilities | None
    ) -> tuple[str, rules.Way]:
        """Why it is not sent at once (empty: it is), and how it goes back as far as that is known."""
        if isinstance(found, NotFound):
            raise OperatorError("not_refundable")
        if not isinstance(found, Found):
            return "asked", "refund"
        early = "refund_before_settlement" in (capabilities or self.gateway.capabilities()).features
        bank = parent.entry is Entry.KEYED_ACH
        choice = rules.choose(found, whole=whole, refunds_early=early, bank=bank)
        return ("settled" if choice.when == "settled" else ""), choice.way

    def _check_error(
        self, request: GiveBackRequest, parent: Payment, attempt: Attempt, *, whole: bool
    ) -> None:
        settled = attempt.since.wall_ms if attempt.state is MoneyState.SETTLED else None
        now_ms = self.clock.now().wall_ms
        check_reversal(
            request.error, entry=parent.entry, whole=whole, settled_wall_ms=settled, now_wall_ms=now_ms
        )

    def _created(
        self, request: GiveBackRequest, parent: Payment, parts: Parts, operation: rules.Way
    ) -> Event:
        facts: dict[str, Fact] = {
            "operation": operation,
            "entry": "",
            "base_minor": parts.base.minor,
            "fee_minor": parts.fee.minor,
            "tip_minor": parts.tip.minor,
            "currency": parts.base.currency,
            "of": request.of,
            "person": request.person,
            "reason": request.reason,
            "in_software": request.in_software,
            "error": request.error,
        }
        whose = replace(parent.debt, balance=None).facts()
        return self._event(PaymentEvent.PAYMENT_CREATED, "", whose | facts)

    def _attempt_event(self, of: Attempt, amount: Money, queued: str) -> Event:
        facts: dict[str, Fact] = {
            "amount_minor": amount.minor,
            "horizon_ms": of.horizon_ms,
            "terminal_id": "",
            "gateway": of.gateway,
            "queued": queued,
            "brand": of.brand,
            "last4": of.last4,
        }
        return self._event(PaymentEvent.ATTEMPT_CREATED, self.ids.reference(), facts)

    # ---- how much is there ----

    def _taken_of(self, parent: Payment, *, by_hand: bool = False) -> Attempt:
        """The attempt whose money may go back now. `by_hand`: a person gave it back, whoever took it."""
        if any(a.state in IN_DOUBT for a in parent.attempts):
            raise OperatorError("still_finding_out", payment_id=parent.payment_id)
        attempt = next((a for a in parent.attempts if a.taken), None)
        if attempt is None or parent.row.direction != "in":
            raise OperatorError("nothing_to_give_back")
        if any(a.held_by_dispute for a in parent.attempts):
            raise OperatorError("dispute_open")
        if attempt.where == "slip" and not by_hand:
            raise OperatorError("give_back_by_hand")
        for child in self._children(parent):
            if any(a.state in IN_DOUBT for a in child.attempts):
                raise OperatorError("still_finding_out", payment_id=child.payment_id)
        return attempt

    def _children(self, parent: Payment) -> list[Payment]:
        found = (self.journal.payment(child.payment_id) for child in parent.children)
        return [payment for payment in found if payment is not None]

    def _kept(self, parent: Payment, found: Inquiry | None) -> rules.Kept:
        ours = [p for p in self._children(parent) if any(a.taken or not _gone(a) for a in p.attempts)]
        currency = parent.parts.whole.currency
        counted = rules.given_elsewhere(found, self._ours(parent)) if found else 0
        elsewhere = max(parent.elsewhere.minor, counted)
        held = self.journal.held_minor(f"payment:{parent.payment_id}")
        left = left_to_give_back(parent).minor - (elsewhere - parent.elsewhere.minor) - held
        return rules.Kept(
            paid=rules.parts_taken(parent.parts, parent.taken),
            parts_back=tuple(p.parts for p in ours),
            elsewhere=Money(minor=elsewhere, currency=currency),
            left=Money(minor=max(0, left), currency=currency),
        )

    def _ours(self, parent: Payment) -> Money:
        """What our own give-backs gave, or may have given. Older journals told the payment nothing: theirs is what is
        held beyond those that it knows."""
        children = self._children(parent)
        known = sum(minor for p in children for minor in holds(p).values())
        older = self.journal.held_minor(f"payment:{parent.payment_id}") - known
        told = sum(p.taken.minor + _in_doubt(p) for p in children)
        return Money(minor=told + max(0, older), currency=parent.parts.whole.currency)

    def _heard_elsewhere(self, parent: Payment, found: Inquiry | None) -> None:
        """What the gateway counts beyond what we know was given back by others: recorded before we choose. A give-back
        of our own that nobody knows of yet may be among it."""
        attempt = next((a for a in parent.attempts if a.taken), None)
        if attempt is None or not isinstance(found, Found) or found.given_back is None:
            return
        more = rules.given_elsewhere(found, self._ours(parent)) - parent.elsewhere.minor
        if more > 0:
            facts: dict[str, Fact] = {
                "returned_minor": more,
                "key": f"total:{found.given_back.minor}:{len(attempt.counted)}",
            }
            heard = self._event(MoneyEvent.REFUNDED_ELSEWHERE, attempt.reference, facts)
            self._append(parent.payment_id, parent, (heard,))

    # ---- the loop ----

    def _done_here(self, payment: Payment, command: Command) -> bool:
        """Commands that ask nothing of the world."""
        if not isinstance(command, TellParent):
            return False
        returned_books.tell(self, payment)
        return True

    def _ask_possible(self, payment: Payment, command: AwaitGateway) -> Task:
        parent = self.journal.payment(payment.of)
        attempt = next((a for a in parent.attempts if a.taken), None) if parent is not None else None
        asked = AskPossible(parent=attempt)
        return Task(payment_id=payment.payment_id, subject=command.reference, work=asked)

    def _await_ms(self, payment: Payment, command: AwaitGateway, tried: Tried | None, now: Moment) -> int:
        """A settled payment is given back at once; else the gateway is asked now and then."""
        attempt = payment.attempt(command.reference)
        assert attempt is not None, "commands name attempts of their own payment"
        wanted = payment.payment_id in self.turn.at_once or self._settled_since(payment, attempt)
        if tried is None and wanted:
            return 0
        if tried is not None:
            return _left(_gap(tried.times + 1), tried.last, now)
        first = 15 * MINUTE if attempt.queued == "settled" else _gap(len(payment.attempts) - 1)
        return _left(first, attempt.since, now)

    def _settled_since(self, payment: Payment, attempt: Attempt) -> bool:
        parent = self.journal.payment(payment.of)
        settled = [a for a in parent.attempts if a.state is MoneyState.SETTLED] if parent is not None else []
        return any(
            a.since.boot != attempt.since.boot or a.since.mono_ms >= attempt.since.mono_ms for a in settled
        )

    def _heard_possible(self, task: Task, possible: Possible) -> None:
        """A give-back that waited: send it, let it wait on, or tell that it cannot be done."""
        payment = self._known(task.payment_id)
        attempt = payment.attempt(task.subject)
        if attempt is None or attempt.state is not MoneyState.CREATED or not attempt.queued:
            return
        parent = self._known(payment.of)
        self._heard_elsewhere(parent, possible.found)
        events = self._after_asking(self._known(payment.of), payment, attempt, possible)
        events = events or self._waits_long(payment, attempt)
        if events:
            self._append(payment.payment_id, payment, events)

    def _after_asking(
        self, parent: Payment, payment: Payment, attempt: Attempt, possible: Possible
    ) -> list[Event]:
        if not parent.taken.minor:
            return self._not_possible(attempt, "nothing_to_give_back")
        if left_to_give_back(parent).minor < self.journal.held_minor(f"payment:{parent.payment_id}"):
            held = any(a.held_by_dispute for a in parent.attempts)
            return [] if held else self._not_possible(attempt, "over_refund")
        if not isinstance(possible.found, Found):
            return []
        whole = payment.parts.whole == parent.taken and not parent.given_back.minor
        try:
            choice = rules.choose(
                possible.found,
                whole=whole,
                refunds_early=possible.refunds_early,
                bank=parent.entry is Entry.KEYED_ACH,
            )
        except OperatorError as error:
            return self._not_possible(attempt, error.code)
        queued = "settled" if choice.when == "settled" else ""
        if queued == attempt.queued:
            return []
        facts: dict[str, Fact] = {"operation": choice.way, "queued": queued}
        return [self._event(PaymentEvent.GIVE_BACK_RELEASED, attempt.reference, facts)]

    def _waits_long(self, payment: Payment, attempt: Attempt) -> list[Event]:
        """Told once; it goes on waiting by itself."""
        waited = surely_passed_ms(payment.created_at, self.clock.now())
        if waited < WAITS_LONG_MS or "give_back_waits" in payment.tasks:
            return []
        task: dict[str, Fact] = {"code": "give_back_waits", "task": "give_back_waits"}
        return [self._event(PaymentEvent.NOTED, attempt.reference, task)]

    def _not_possible(self, attempt: Attempt, why: str) -> list[Event]:
        """Nothing was sent and nothing will be; a person is told."""
        task: dict[str, Fact] = {"code": "give_back_dropped", "task": "give_back_dropped", "reason": why}
        return [
            self._event(MoneyEvent.CANCEL_ASKED, attempt.reference, {"reason": why, "person": ""}),
            self._event(PaymentEvent.NOTED, attempt.reference, task),
        ]

    def _other_way(self, payment: Payment, events: list[Event]) -> list[Event]:
        """What must follow in the same append when a give-back was surely not sent."""
        if not payment.gives_back:
            return []
        if events and payment.operation == "void" and _given_up(payment, events):
            return [self._attempt_event(payment.attempts[-1], payment.attempts[-1].asked, "")]
        refused = next((e for e in events if e.kind == MoneyEvent.NOT_SENT), None)
        attempt = payment.attempt(refused.subject) if refused is not None else None
        if refused is None or attempt is None:
            return []
        why = refused.text("reason")
        if payment.operation == "void" and why in NO_VOID:
            became = self._event(PaymentEvent.GIVE_BACK_BECAME_REFUND, attempt.reference, {"reason": why})
            return [became, self._attempt_event(attempt, attempt.asked, "")]
        if why in NOT_NOW:
            queued = "settled" if why == "not_refundable_yet" else "asked"
            return [self._attempt_event(attempt, attempt.asked, queued)]
        return []


def _given_up(payment: Payment, events: Iterable[Event]) -> bool:
    """The newest attempt ends killed with these events: it surely did not happen, and will not. What is impossible is
    journalled as that, and changes nothing. What a named person gave up on is not said again."""
    for event in events:
        with suppress(ImpossibleEvent):
            payment = apply(payment.payment_id, payment, event)
    last, killed = payment.attempts[-1], [a for a in payment.attempts if a.state is MoneyState.KILLED]
    return last.state is MoneyState.KILLED and not last.stopped_by and len(killed) < VOIDS_MAX


def _whole(kept: rules.Kept, parts: Parts) -> bool:
    return kept.untouched and parts.whole == kept.paid.whole


def _in_doubt(payment: Payment) -> int:
    """Minor units that may have gone back already."""
    return sum(a.asked.minor for a in payment.attempts if a.state in IN_DOUBT)


def _gone(attempt: Attempt) -> bool:
    """Nothing of it went back, or it came back again."""
    return attempt.over or attempt.state in (MoneyState.RETURNED, MoneyState.VOIDED)


def _gap(times: int) -> int:
    return WAITS_MS[times] if times < len(WAITS_MS) else HOUR


def _left(wait_ms: int, since: Moment, now: Moment) -> int:
    return max(0, wait_ms - surely_passed_ms(since, now))
