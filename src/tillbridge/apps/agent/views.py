"""What the agent tells about a payment, as plain data: the same names as in the code, with a sentence for each step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tillbridge.apps.agent.rehearsed import Rehearsed, facts_of
from tillbridge.domain.ach import word_of
from tillbridge.domain.errors import Fact
from tillbridge.domain.invoice import Debt
from tillbridge.domain.money import Money
from tillbridge.domain.money_leg import MoneyEvent
from tillbridge.domain.next_command import commands
from tillbridge.domain.payment import Attempt, Payment, Posting
from tillbridge.domain.posting_leg import PostingEvent, PostingState
from tillbridge.domain.reach import Reach
from tillbridge.ports.journal import Stored
from tillbridge.ports.practice import InvoiceSeen, Trouble
from tillbridge.strings import amount, codes, number, sentence

View = dict[str, Any]
MethodFor = Callable[[str], str]
NO_REASON: View = {"reason_text": "", "reason_number": ""}


def money(value: Money | None) -> View | None:
    if value is None:
        return None
    return {"minor": value.minor, "currency": value.currency, "text": amount(value.minor, value.currency)}


def payment_view(
    payment: Payment, events: Sequence[Stored] = (), method_for: MethodFor | None = None
) -> View:
    """`charged`: yes, no or finding_out; `posted`: the state of the newest posting, or not_needed.

    With the payment's `events` each `reason` also comes as a sentence (`reason_text`). `method_for`: card brand to the
    practice software's payment method; with it `to_enter` says what a person has to enter by hand.
    """
    told = _reasons(events)
    attempt = payment.attempts[-1] if payment.attempts else None
    posting = payment.postings[-1] if payment.postings else None
    return {
        "payment_id": payment.payment_id,
        "operation": payment.operation,
        "entry": str(payment.entry) if payment.entry else None,
        "amount": money(payment.parts.whole),
        "software": payment.debt.software,
        "account_id": payment.debt.account_id,
        "client": payment.debt.client,
        "invoice_number": payment.debt.invoice_number,
        "balance": money(payment.debt.balance),
        "created_wall_ms": payment.created_at.wall_ms,
        "of": payment.of,
        "charged": payment.charged,
        "taken": money(payment.taken),
        "given_back": money(payment.given_back),
        "went_back": payment.went_back,
        "money_state": str(attempt.state) if attempt else None,
        "posting_state": str(posting.state) if posting else "not_needed",
        "finished": payment.finished,
        "attempts": [
            {**attempt_view(a), **told.get((a.reference, a.reason), NO_REASON)} for a in payment.attempts
        ],
        "postings": [
            {**posting_view(p), **debt_view(payment.debt_of(p)), **told.get((p.marker, p.reason), NO_REASON)}
            for p in payment.postings
        ],
        "to_enter": [] if method_for is None else to_enter(payment, method_for),
        "tasks": list(payment.tasks),
        "task_texts": [task_text(task) for task in _tasks(payment)],
        "task_numbers": [task_number(task) for task in _tasks(payment)],
        "next": [type(command).__name__ for command in commands(payment)],
    }


def to_enter(payment: Payment, method_for: MethodFor) -> list[View]:
    """What a person enters by hand: rows that wait for that, or whose state only a person can settle (and that may
    be in the books already: look first)."""
    return [
        _by_hand(payment, posting, method_for)
        for posting in payment.postings
        if posting.state is PostingState.NEEDS_ATTENTION
        or (posting.state is PostingState.WAITING and posting.reason == "enter_yourself")
    ]


def _by_hand(payment: Payment, posting: Posting, method_for: MethodFor) -> View:
    attempt, debt = payment.attempt(posting.reference), payment.debt_of(posting)
    return {
        "marker": posting.marker,
        "kind": posting.kind,
        "client": debt.client,
        "account_id": debt.account_id,
        "invoice_number": debt.invoice_number,
        "amount": money(posting.amount),
        "method": method_for(attempt.brand if attempt else ""),
        "number": posting.marker,
        "may_be_posted": posting.may_be_posted,
    }


def _tasks(payment: Payment) -> list[str]:
    """Tasks of the payment, and money for which nothing was written down for the books."""
    missing = any(payment.posting_missing(attempt) for attempt in payment.attempts)
    return [*(["posting_missing"] if missing else []), *payment.tasks]


def _reasons(events: Sequence[Stored]) -> dict[tuple[str, str], View]:
    """The newest sentence for each subject and reason, and its number."""
    found: dict[tuple[str, str], View] = {}
    for stored in events:
        reason, kind, facts = stored.event.text("reason"), stored.event.kind, stored.event.facts
        if reason:
            told = {"reason_text": reason_text(kind, facts), "reason_number": reason_number(kind, facts)}
            found[stored.event.subject, reason] = told
    return found


def reason_text(kind: str, facts: Mapping[str, Fact]) -> str:
    """Why, as a sentence; empty where the cause is for support alone (it stays in the event)."""
    section, reason = _reason(kind, facts)
    if section == "reason":
        return sentence(reason, facts, section="reason")
    told = {name: value for name, value in facts.items() if name != "reason"}
    return sentence(reason, told) if reason in codes() else ""


def reason_number(kind: str, facts: Mapping[str, Fact]) -> str:
    section, reason = _reason(kind, facts)
    return number(reason, section=section)


def _reason(kind: str, facts: Mapping[str, Fact]) -> tuple[str, str]:
    """Where its sentence stands, and under which code."""
    reason = str(facts.get("reason") or "")
    if kind == PostingEvent.FOUND_WRONG:
        reason = f"wrong_{reason}"
    if kind == MoneyEvent.DECLINED and reason not in codes("reason"):
        reason = "generic"
    return ("reason" if reason in codes("reason") else "error"), reason


def task_text(task: str) -> str:
    """What a person has to look at."""
    kind = task.removesuffix("_unexpected")
    return sentence(task if kind == task else "unexpected", {"kind": kind}, section="task")


def task_number(task: str) -> str:
    kind = task.removesuffix("_unexpected")
    return number(task if kind == task else "unexpected", section="task")


def attempt_view(attempt: Attempt) -> View:
    return {
        "reference": attempt.reference,
        "state": str(attempt.state),
        "state_text": sentence(str(attempt.state), section="state"),
        "asked": money(attempt.asked),
        "approved": money(attempt.approved),
        "brand": attempt.brand,
        "last4": attempt.last4,
        "auth_code": attempt.auth_code,
        "terminal_id": attempt.terminal_id,
        "where": attempt.where,
        "url": attempt.session.url if attempt.session else "",
        "expires_wall_ms": attempt.session.expires_at_ms if attempt.session else 0,
        "cancel_asked": attempt.cancel_asked,
        "to_check": attempt.to_check,
        "queued": attempt.queued,
        "reach": reach_view(attempt.reach),
        "reason": attempt.reason,
        "return_code": attempt.return_code,
        "return_text": bank_text(attempt.return_code) if attempt.return_code else "",
        "undecided_partial": attempt.partial and attempt.taken and not attempt.keep_decided,
    }


def bank_text(code: str) -> str:
    """Why a bank returned a debit, or what it corrects, in words (domain/ach.py)."""
    return sentence(word_of(code), {"code": code}, section="ach")


def reach_view(reach: Reach | None) -> View | None:
    """How the client was told of a link; None where nobody was to be told. `sure`: it was taken over for certain."""
    if reach is None:
        return None
    return {
        "by": reach.by,
        "to": reach.to,
        "sent_wall_ms": reach.sent_at.wall_ms if reach.sent_at else 0,
        "reminded_wall_ms": reach.reminded_at.wall_ms if reach.reminded_at else 0,
        "sure": reach.sure,
        "failed": sentence(reach.failed) if reach.failed else "",
    }


def debt_view(debt: Debt) -> View:
    """Where it belongs."""
    return {
        "client": debt.client,
        "account_id": debt.account_id,
        "invoice_number": debt.invoice_number,
    }


def posting_view(posting: Posting) -> View:
    return {
        "marker": posting.marker,
        "kind": posting.kind,
        "state": str(posting.state),
        "state_text": sentence(str(posting.state), section="state"),
        "amount": money(posting.amount),
        "reason": posting.reason,
        "may_be_posted": posting.may_be_posted,
        "by": posting.by,
        "of_marker": posting.of_marker,
    }


def invoice_view(seen: InvoiceSeen | Trouble) -> View:
    if isinstance(seen, Trouble):
        return {"trouble": trouble_view(seen)}
    return {
        "software": seen.software.software,
        "version": seen.software.version,
        "name": seen.software.name,
        "account_id": seen.account_id,
        "client": seen.client,
        "patient": seen.patient,
        "invoice_number": seen.invoice_number,
        "total": money(seen.total),
        "balance": money(seen.balance),
        "alert": seen.alert,
    }


def trouble_view(trouble: Trouble) -> View:
    return {
        "code": trouble.code,
        "number": number(trouble.code, trouble.facts),
        "who": trouble.who,
        "text": sentence(trouble.code, trouble.facts),
    }


def rehearsed_view(rehearsed: Rehearsed, name: str) -> View:
    """When the payment window was tried, and what was found. `name`: what the site calls the software."""
    facts = {"name": name, **facts_of(rehearsed)}
    trouble = {"code": rehearsed.code, "text": sentence(rehearsed.code, facts)} if rehearsed.code else None
    text = trouble["text"] if trouble else sentence("rehearsal_as_expected", section="cli")
    return {
        "at_wall_ms": rehearsed.at_wall_ms,
        "found": rehearsed.found,
        "by": {"": "itself", "charge": "charge"}.get(rehearsed.by, "person"),
        "user": rehearsed.occasion.user,
        "trouble": trouble,
        "text": text,
    }
