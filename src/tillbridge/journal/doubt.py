"""What is added to a payment of which events may be missing, so that nothing is done twice because of the gap.

An attempt that stands at `created` would be sent by the engine. If the event that says it was sent is lost, that
would charge twice; so it becomes unknown, and the gateway is asked (rule 3). Postings need nothing of the kind: each
typing is preceded by a complete search (rule 6). Pure.
"""

from __future__ import annotations

from tillbridge.domain.event import Event, PaymentEvent
from tillbridge.domain.moment import Moment
from tillbridge.domain.money_leg import MoneyEvent, MoneyState
from tillbridge.domain.payment import Payment


def events_of_doubt(payment: Payment, now: Moment, why: str) -> tuple[Event, ...]:
    """`why`: code of the task, `salvaged` or `restored`."""
    doubted: list[Event] = []
    for attempt in payment.attempts:
        if attempt.state is MoneyState.CREATED:
            doubted.append(Event(kind=MoneyEvent.SEND_STARTED, at=now, subject=attempt.reference))
            facts = {"reason": why}
            doubted.append(Event(kind=MoneyEvent.NO_REPLY, at=now, subject=attempt.reference, facts=facts))
    return (*doubted, task_for_person(now, why))


def task_for_person(now: Moment, why: str) -> Event:
    return Event(kind=PaymentEvent.NOTED, at=now, facts={"code": why, "task": why})
