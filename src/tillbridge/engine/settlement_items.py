"""What a line of the settlement report means for an attempt: events of the money leg. Pure.

The same line twice brings nothing (`key`), and lines in any order end alike: a return and a presentment carry their
round, and a case that is closed is never opened again.

Rules of money that live here:
 3. Nothing here sends or repeats anything: a report is only ever read.
10. What others gave back is counted once under its key, whether a report or a notice told it (domain/fold.py: or an
    inquiry's sum).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tillbridge.domain.errors import Fact
from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.guards import money_cell
from tillbridge.domain.moment import Moment
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.pan import looks_like_card_number
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.ports.gateway import SettlementItem

Facts = dict[str, Fact]

NOT_KNOWN_YET = frozenset({MoneyState.SENDING, MoneyState.RUNNING, MoneyState.UNKNOWN})
"""Where what happened later cannot be told before it is known whether money was taken."""

UNFITTING = "settlement_unfitting"
DIFFERS = "settled_amount_differs"
CHANGED = "notice_of_change"
BOUNCED = "give_back_bounced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a payment's events say about lines that were read before."""

    keys: frozenset[str]
    returned_round: int
    presented_round: int
    open_cases: frozenset[str]
    closed_cases: frozenset[str]
    lost_cases: frozenset[str]


def known_of(events: Iterable[Event], reference: str) -> Known:
    """From everything that happened to a payment, for one of its attempts."""
    mine = [event for event in events if event.subject == reference]
    closed = {event.text("case") for event in mine if event.kind in _CLOSES}
    lost = {event.text("case") for event in mine if event.kind == MoneyEvent.DISPUTE_LOST}
    opened = {event.text("case") for event in mine if event.kind == MoneyEvent.DISPUTE_OPENED}
    return Known(
        keys=frozenset(event.text("key") for event in mine) - {""},
        returned_round=_round(mine, MoneyEvent.RETURNED),
        presented_round=_round(mine, MoneyEvent.RE_PRESENTED),
        open_cases=frozenset(opened - closed - {""}),
        closed_cases=frozenset(closed - {""}),
        lost_cases=frozenset(lost - {""}),
    )


def name_of(number: str) -> str:
    """A gateway's own number as it is kept: one that could be a card's (rule 14) by its hash, so that two stay two."""
    if not looks_like_card_number(number):
        return number
    return f"h{hashlib.sha256(number.encode()).hexdigest()[:24]}"


_CLOSES = (MoneyEvent.DISPUTE_WON, MoneyEvent.DISPUTE_LOST)


def _round(events: Sequence[Event], kind: MoneyEvent) -> int:
    return max((event.number_or("round", 0) for event in events if event.kind == kind), default=0)


def events_of_item(
    payment: Payment, attempt: Attempt, item: SettlementItem, known: Known, now: Moment
) -> list[Event] | None:
    """The events that a line brings to an attempt, none if it was read before.

    None: it cannot be told yet, because nobody knows whether this attempt took money (ask, and read it once more).
    """
    item = replace(item, key=name_of(item.key), gateway_ref=name_of(item.gateway_ref))
    wanted = [replace(event, at=now, subject=attempt.reference) for event in _meaning(attempt, item, known)]
    if not wanted:
        return []
    if attempt.state in NOT_KNOWN_YET and wanted[0].kind not in (MoneyEvent.SETTLED, PaymentEvent.NOTED):
        return None
    return wanted if _fits(payment, wanted[0]) else [unfitting(wanted[0], item)]


def _fits(payment: Payment, event: Event) -> bool:
    if event.kind == PaymentEvent.GIVE_BACK_FAILED:
        return event.number_or("amount_minor", 0) <= payment.elsewhere.minor
    return event.kind == PaymentEvent.NOTED or money_cell(payment, event) is not None


def unfitting(event: Event, item: SettlementItem) -> Event:
    """Instead of an event that the tables do not allow: kept with its key, so that it is told once, and shown."""
    facts: Facts = {"code": UNFITTING, "task": UNFITTING, "key": item.key, "told": str(event.kind)}
    return replace(event, kind=PaymentEvent.NOTED, facts=facts)


def _meaning(attempt: Attempt, item: SettlementItem, known: Known) -> list[Event]:
    """Events without time and subject."""
    if item.key in known.keys and not (item.kind == "dispute_won" and item.key in known.lost_cases):
        return []
    if item.reference == attempt.give_back_reference != "":
        return _late_give_back(item)
    if item.of_reference == attempt.reference and item.kind in ("return", "rejected"):
        return _bounced(item, known)
    match item.kind:
        case "sale":
            return _settled(attempt, item)
        case "refund" if item.reference == attempt.reference:
            return _settled(attempt, item)
        case "rejected":
            facts: Facts = {"code": item.code, "returned_minor": item.amount.minor}
            return [_event(MoneyEvent.SETTLEMENT_REJECTED, item, **facts)]
        case "return":
            return _returned(item, known)
        case "re_presented":
            return _presented(attempt, item, known)
        case "void":
            return [_event(MoneyEvent.VOIDED, item, by="elsewhere")]
        case "refund":
            return [_event(MoneyEvent.REFUNDED_ELSEWHERE, item, returned_minor=item.amount.minor)]
        case "change":
            return [_event(PaymentEvent.NOTED, item, code=CHANGED, task=CHANGED, change=item.code)]
        case "dispute_opened" | "dispute_won" | "chargeback":
            return _disputed(item, known)
    return []


def _late_give_back(item: SettlementItem) -> list[Event]:
    """What we gave back of a late approval is counted by its own answer; that it bounced is a person's task."""
    if item.kind not in ("return", "rejected"):
        return []
    return [_event(PaymentEvent.NOTED, item, code=BOUNCED, task=BOUNCED, reason=item.code)]


def _bounced(item: SettlementItem, known: Known) -> list[Event]:
    """What others gave back did not reach the client: it is ours again, and a person puts the books right. Told before
    the refund itself, the two cancel each other out. `gateway_ref` is the refund's key."""
    if item.gateway_ref not in known.keys:
        both: Facts = {"key": item.gateway_ref, "code": BOUNCED}
        return [
            _event(PaymentEvent.NOTED, item, code=BOUNCED),
            Event(kind=PaymentEvent.NOTED, at=_NEVER, facts=both),
        ]
    failed = _event(PaymentEvent.GIVE_BACK_FAILED, item, amount_minor=item.amount.minor, by="elsewhere")
    shown: Facts = {"code": BOUNCED, "task": BOUNCED, "reason": item.code}
    return [failed, Event(kind=PaymentEvent.NOTED, at=_NEVER, facts=shown)]


def _event(kind: str, item: SettlementItem, **facts: Fact) -> Event:
    return Event(kind=kind, at=_NEVER, facts={"key": item.key, **facts})


_NEVER = Moment(wall_ms=0, boot="", mono_ms=0)


def _settled(attempt: Attempt, item: SettlementItem) -> list[Event]:
    """The batch went through. Another amount than the known one is shown, and the known one stays."""
    facts: Facts = {"amount_minor": item.amount.minor, "gateway_ref": item.gateway_ref, "batch": item.batch}
    if item.settle != "settled":
        return []
    events = [_event(MoneyEvent.SETTLED, item, **facts)]
    if attempt.approved is not None and attempt.approved != item.amount:
        shown: Facts = {"code": DIFFERS, "task": DIFFERS, "amount_minor": item.amount.minor}
        events.append(Event(kind=PaymentEvent.NOTED, at=_NEVER, facts=shown))
    return events


def _returned(item: SettlementItem, known: Known) -> list[Event]:
    if item.round <= max(known.presented_round, known.returned_round):
        return []
    facts: Facts = {"code": item.code, "round": item.round, "returned_minor": item.amount.minor}
    return [_event(MoneyEvent.RETURNED, item, **facts)]


def _presented(attempt: Attempt, item: SettlementItem, known: Known) -> list[Event]:
    """It was returned, and is good after all: where the return itself was not read yet, it is told first."""
    if item.round <= known.presented_round or item.round < known.returned_round:
        return []
    again = _event(MoneyEvent.RE_PRESENTED, item, round=item.round)
    gone = attempt.state is MoneyState.RETURNED or attempt.state in (MoneyState.KILLING, MoneyState.KILLED)
    if gone:
        return [again]
    implied: Facts = {"round": item.round}
    return [Event(kind=MoneyEvent.RETURNED, at=_NEVER, facts=implied), again]


def _disputed(item: SettlementItem, known: Known) -> list[Event]:
    """Several cases may be open at once: the money is held until the last of them is closed. One that is won after it
    was lost brings the money again: a person puts the books right."""
    case = item.key
    facts: Facts = {"case": case, "code": item.code}
    if case in known.closed_cases:
        late = item.kind == "dispute_won" and case in known.lost_cases and f"{case}:won" not in known.keys
        shown: Facts = {"code": UNFITTING, "task": UNFITTING, "key": f"{case}:won", "told": "dispute_won"}
        return [Event(kind=PaymentEvent.NOTED, at=_NEVER, facts=shown)] if late else []
    if item.kind == "dispute_opened":
        if case in known.open_cases:
            return []
        return [_dispute(MoneyEvent.DISPUTE_OPENED, f"{case}:opened", facts)]
    lost = item.kind == "chargeback" and item.amount.minor > 0
    if lost:
        ended = _dispute(MoneyEvent.DISPUTE_LOST, case, {**facts, "returned_minor": item.amount.minor})
    else:
        ended = _dispute(MoneyEvent.DISPUTE_WON, f"{case}:won", facts)
    others = sorted(known.open_cases - {case})
    still = [
        _dispute(MoneyEvent.DISPUTE_OPENED, f"{other}:after:{case}", {"case": other}) for other in others
    ]
    return [ended, *still]


def _dispute(kind: MoneyEvent, key: str, facts: Mapping[str, Fact]) -> Event:
    return Event(kind=kind, at=_NEVER, facts={**facts, "key": key})
