"""The posting leg's commands: search the ledger, then type; look again after every doubt.

Rules that live here:
 2. TYPING is durable (`posting_clear`) before the first key: the task that types is handed out by `conclude` of the
    search, after its events were appended.
 6. Every typing follows a search of the client's ledger for our marker, in the same breath.
 7. After a commit that may have happened only the ledger decides.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from tillbridge.domain import matching
from tillbridge.domain import next_command as nc
from tillbridge.domain.errors import Fact
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.guards import posting_cell
from tillbridge.domain.invoice import TYPED
from tillbridge.domain.moment import Moment, surely_passed_ms
from tillbridge.domain.payment import Payment, Posting
from tillbridge.domain.posting_leg import CLOSED, PostingEvent, PostingState
from tillbridge.engine.policy import Policy
from tillbridge.engine.screen_turn import MENDED_BY_THE_NEXT
from tillbridge.engine.work import Result, SearchLedger, Task, Type
from tillbridge.ports.practice import LedgerSeen, PostingOrder, PostingReport, Trouble

Concluded = tuple[list[Event], Task | None]


def plan(
    payment: Payment, command: nc.Command, policy: Policy, visit: bool = False
) -> tuple[list[Event], Task]:
    """Post and Look both begin with a search; nothing is journalled for a search. `visit`: a person wants a typed
    amount to be looked for now, whoever is on the screen."""
    assert isinstance(command, nc.Post | nc.Look), "every other command is the money leg's"
    posting = _posting(payment, command.marker)
    search = _search(payment, posting, policy)
    assert isinstance(search.work, SearchLedger)
    if payment.debt_of(posting).software == TYPED and not (visit and payment.debt.account_id):
        search = replace(search, work=replace(search.work, only_in_front=True))
    return [], search


def order_of(payment: Payment, posting: Posting, policy: Policy) -> PostingOrder:
    """What is looked for: a row of ours shows the method that was typed, whatever the site calls it today."""
    debt = payment.debt_of(posting)
    return PostingOrder(
        payment_id=payment.payment_id,
        kind=posting.kind,
        account_id=debt.account_id,
        client=debt.client,
        invoice_number=debt.invoice_number,
        amount=posting.amount,
        marker=posting.marker,
        balance=(posting.balance_seen or debt.balance) if posting.kind == "sale" else None,
        payment_method=posting.method or _method(payment, posting, policy),
        employee=policy.employee,
        since_wall_ms=payment.created_at.wall_ms,
        rest_as_credit=posting.rest_as_credit,
        of_marker=posting.of_marker,
    )


def _method(payment: Payment, posting: Posting, policy: Policy) -> str:
    attempt = payment.attempt(posting.reference)
    return policy.method_for(attempt.brand if attempt else "")


def conclude(
    payment: Payment, task: Task, result: Result, now: Moment, policy: Policy, others: Collection[str] = ()
) -> Concluded:
    """What a search or a typing brought, and the task that must follow at once. `others`: markers of other postings
    that the look may have shown."""
    posting = _posting(payment, task.subject)
    if isinstance(task.work, Type):
        assert isinstance(result, PostingReport)
        return _typed(payment, posting, result, now, policy)
    assert isinstance(task.work, SearchLedger)
    if posting.state in CLOSED:
        return [], None  # a person decided while we looked
    pending = list(task.work.pending)
    if isinstance(result, Trouble):
        return pending + _blocked(payment, posting, result, now, policy), None
    assert isinstance(result, LedgerSeen)
    return _searched(payment, posting, Seen(result, others), pending, now, policy)


def wanted(order: PostingOrder, *, typed: bool = False) -> matching.Wanted:
    """An order as the ledger is searched for it. What a person entered by hand has the method that they chose."""
    return matching.Wanted(
        kind=order.kind,
        account_id=order.account_id,
        invoice_number=order.invoice_number,
        amount=order.amount,
        marker=order.marker,
        method="" if typed else order.payment_method,
        may_split=order.rest_as_credit,
    )


def _search(payment: Payment, posting: Posting, policy: Policy, pending: tuple[Event, ...] = ()) -> Task:
    asked = SearchLedger(order=order_of(payment, posting, policy), pending=pending)
    return Task(payment_id=payment.payment_id, subject=posting.marker, work=asked)


def _typed(
    payment: Payment, posting: Posting, report: PostingReport, now: Moment, policy: Policy
) -> Concluded:
    """Before the commit: start over freely. After it: look at once; the commit's events ride with the look's."""
    facts = _facts(report.trouble) | {"transcript": report.transcript}
    if report.swallowed:
        facts["swallowed"] = report.swallowed
    refusal = _refusal_in(report)
    if report.stage == "not_committed":
        failed = _event(posting, PostingEvent.FLOW_FAILED, now, facts | refusal)
        if not _waits_after(payment, failed):
            return [failed], None
        asked = _asks_about_refusals(posting, failed, now)
        return [failed, *(asked or _says_that_it_waits(payment, posting, now, policy))], None
    returned: dict[str, Fact] = {"stage": report.stage, "means": report.means, **refusal}
    pending = (
        _event(posting, PostingEvent.COMMIT_REACHED, now, facts),
        _event(posting, PostingEvent.COMMIT_RETURNED, now, returned),
    )
    return [], _search(payment, posting, policy, pending)


def _blocked(
    payment: Payment, posting: Posting, trouble: Trouble, now: Moment, policy: Policy
) -> list[Event]:
    """The ledger could not be read. Journalled once per reason, so that a closed program fills no disk.

    A typed amount is a person's to enter, whatever the screen says (rule 13)."""
    events: list[Event] = []
    if payment.debt_of(posting).software == TYPED and trouble.code != "enter_yourself":
        facts: dict[str, Fact] = {"payment_id": payment.payment_id}
        trouble = Trouble(who="operator", code="enter_yourself", facts=facts)
    if _looked_too_long(posting, now, policy):
        events.append(_event(posting, PostingEvent.LIMIT_PASSED, now, _facts(trouble)))
    elif posting.reason != trouble.code:
        events.append(_event(posting, PostingEvent.BLOCKED, now, _facts(trouble)))
    return events + _says_that_it_waits(payment, posting, now, policy)


def _says_that_it_waits(payment: Payment, posting: Posting, now: Moment, policy: Policy) -> list[Event]:
    """A posting that finds no quiet moment for long is told once; it goes on waiting by itself (rule 5)."""
    known = posting.said_to_wait or payment.debt_of(posting).software == TYPED
    since = posting.owed_at or posting.since
    if (
        known
        or posting.state in (PostingState.COMMITTING, PostingState.UNSURE)
        or surely_passed_ms(since, now) < policy.posting_hold_ms
    ):
        return []
    facts: dict[str, Fact] = {"code": "waits_long", "task": "waits_long"}
    return [Event(kind=PaymentEvent.NOTED, at=now, subject=posting.marker, facts=facts)]


@dataclass(frozen=True, slots=True)
class Seen:
    """A look, and the markers of other postings that it may have shown."""

    ledger: LedgerSeen
    others: Collection[str]


def _searched(
    payment: Payment,
    posting: Posting,
    looked: Seen,
    pending: list[Event],
    now: Moment,
    policy: Policy,
) -> Concluded:
    order, seen = order_of(payment, posting, policy), looked.ledger
    checking = posting.state in (PostingState.WAITING, PostingState.CHECKING)
    last_touch = pending[-1].at if pending else posting.touched_at
    rows = replace(seen, today=()) if posting.suspect_dismissed and checking else seen
    verdict = matching.match(
        order=wanted(order, typed=payment.debt_of(posting).software == TYPED),
        seen=rows,
        last_touch=last_touch,
        now=now,
        other_markers=looked.others,
        vouched=posting.vouched and not pending,
    )
    match verdict:
        case matching.FoundRight(row):
            by = "hand" if payment.debt_of(posting).software == TYPED else "us"
            return [*pending, _event(posting, PostingEvent.FOUND, now, {"row": row.text, "by": by})], None
        case matching.FoundWrong(why):
            return [*pending, _event(posting, PostingEvent.FOUND_WRONG, now, {"reason": why})], None
        case matching.Suspect():
            return [*pending, _event(posting, PostingEvent.SUSPECTED, now, {"reason": "typed_by_hand"})], None
        case matching.ProvenAbsent() if seen.software.software != payment.debt_of(posting).software:
            return pending + _elsewhere(payment, posting, seen, now, policy), None
        case matching.ProvenAbsent() if checking:
            return _clear(payment, posting, now, policy)
        case matching.ProvenAbsent() if pending:
            return [*pending, _event(posting, PostingEvent.PROVEN_ABSENT, now, {})], None
        case matching.ProvenAbsent():
            return _absent(payment, posting, now), None
        case matching.NotProven(why):
            if _never_proves(posting, seen, why, now):
                return [*pending, _event(posting, PostingEvent.LIMIT_PASSED, now, {"reason": why})], None
            return pending + _not_proven(payment, posting, why, now, policy), None


REFUSALS = 2
"""So often the software may say the same no, before a person is asked or its own waiting time is kept."""


def _refusal_in(report: PostingReport) -> dict[str, Fact]:
    """What the software itself said against this posting; nothing where the next try is another one anyway."""
    trouble = report.trouble
    if trouble is None or report.means not in ("not_posted", "doubt") or trouble.code in MENDED_BY_THE_NEXT:
        return {}
    return {"refused": trouble.code, "refused_for_ms": trouble.retry_in_ms or 0}


def _times(posting: Posting, said: Event) -> int:
    """How often in a row it said this, the new time included."""
    return posting.refusals + 1 if posting.refused == said.text("refused") else 1


def _asks_about_refusals(posting: Posting, failed: Event, now: Moment) -> list[Event]:
    """A no for good is not answered by typing again and again: each try may wake a card module."""
    said = failed.text("refused")
    for_good = said and not failed.number_or("refused_for_ms", 0) and _times(posting, failed) >= REFUSALS
    return [_event(posting, PostingEvent.LIMIT_PASSED, now, {"reason": said})] if for_good else []


def _waits_after(payment: Payment, event: Event) -> bool:
    """False where the money went back meanwhile, and nothing is to be posted any more."""
    cell = posting_cell(payment, event)
    return cell is not None and cell.to is PostingState.WAITING


def _absent(payment: Payment, posting: Posting, now: Moment) -> list[Event]:
    """It is not in the books, and why: what the software said is kept for people, and for when to try again."""
    said = posting.refused
    if not said:
        return [_event(posting, PostingEvent.PROVEN_ABSENT, now, {})]
    facts: dict[str, Fact] = {"reason": said}
    again = posting.refusals >= REFUSALS
    if again and posting.refused_for_ms:
        facts["retry_in_ms"] = posting.refused_for_ms
    absent = _event(posting, PostingEvent.PROVEN_ABSENT, now, facts)
    if not again or posting.refused_for_ms or not _waits_after(payment, absent):
        return [absent]
    return [absent, _event(posting, PostingEvent.LIMIT_PASSED, now, {"reason": said})]


def _never_proves(posting: Posting, seen: LedgerSeen, why: str, now: Moment) -> bool:
    """All that this list can ever show was seen, late enough: only a person knows whether a row is missing in it."""
    touched = posting.touched_at
    if posting.state is not PostingState.UNSURE or why != "list_incomplete" or touched is None:
        return False
    late = surely_passed_ms(touched, now) >= seen.settle_ms
    return seen.read_to_end and seen.quiet and late


def _elsewhere(
    payment: Payment, posting: Posting, seen: LedgerSeen, now: Moment, policy: Policy
) -> list[Event]:
    """Rule 13: a typed amount, or one for other software than this, is typed nowhere and proved absent by nothing
    here: it waits for a person, or for the ledger to show it."""
    facts: dict[str, Fact] = {"name": seen.software.name, "payment_id": payment.payment_id}
    trouble = Trouble(who="operator", code="other_software", facts=facts)
    if payment.debt_of(posting).software == TYPED:
        trouble = Trouble(who="operator", code="enter_yourself", facts=facts)
    if posting.state in (PostingState.WAITING, PostingState.CHECKING):
        return _blocked(payment, posting, trouble, now, policy)
    return _not_proven(payment, posting, trouble.code, now, policy)


def _clear(payment: Payment, posting: Posting, now: Moment, policy: Policy) -> Concluded:
    """Rule 6: does our amount still fit what is owed now? Then typing may start, and its start is durable first."""
    order = replace(order_of(payment, posting, policy), payment_method=_method(payment, posting, policy))
    balance = order.balance
    fits = order.kind != "sale" or balance is None or balance.minor >= order.amount.minor
    if not (fits or order.rest_as_credit):
        return [_event(posting, PostingEvent.LIMIT_PASSED, now, _does_not_fit(order))], None
    safe = _event(posting, PostingEvent.SAFE_MOMENT, now, {})
    facts: dict[str, Fact] = {
        "balance_minor": balance.minor if balance else None,
        "method": order.payment_method,
    }
    clear = _event(posting, PostingEvent.CLEAR, now, facts)
    begin = [clear] if posting.state is PostingState.CHECKING else [safe, clear]
    return begin, Task(
        payment_id=payment.payment_id, subject=posting.marker, work=Type(order=order, searched=now)
    )


def _does_not_fit(order: PostingOrder) -> dict[str, Fact]:
    assert order.balance is not None, "an amount does not fit a balance"
    return {
        "reason": "does_not_fit",
        "balance_minor": order.balance.minor,
        "amount_minor": order.amount.minor,
        "currency": order.amount.currency,
    }


def _not_proven(payment: Payment, posting: Posting, why: str, now: Moment, policy: Policy) -> list[Event]:
    told = posting.reason == why
    if posting.state in (PostingState.WAITING, PostingState.CHECKING):
        blocked = [] if told else [_event(posting, PostingEvent.BLOCKED, now, {"reason": why})]
        return blocked + _says_that_it_waits(payment, posting, now, policy)
    if _looked_too_long(posting, now, policy):
        return [_event(posting, PostingEvent.LIMIT_PASSED, now, {"reason": why})]
    if posting.state is PostingState.UNSURE:
        return []
    return [_event(posting, PostingEvent.NOT_PROVEN, now, {"reason": why})]


def _looked_too_long(posting: Posting, now: Moment, policy: Policy) -> bool:
    looking = posting.state is PostingState.UNSURE
    return looking and surely_passed_ms(posting.since, now) >= policy.posting_limit_ms


def _facts(trouble: Trouble | None) -> dict[str, Fact]:
    if trouble is None:
        return {}
    facts: dict[str, Fact] = {**trouble.facts, "reason": trouble.code}
    if trouble.retry_in_ms is not None:
        facts["retry_in_ms"] = trouble.retry_in_ms
    return facts


def _event(posting: Posting, kind: PostingEvent, now: Moment, facts: dict[str, Fact]) -> Event:
    return Event(kind=kind, at=now, subject=posting.marker, facts=facts)


def _posting(payment: Payment, marker: str) -> Posting:
    posting = payment.posting(marker)
    assert posting is not None, "commands name postings of their own payment"
    return posting
