"""Work for the world outside: what a command asks of a port, and doing it.

`perform` is the only place where a port is called. It journals nothing and raises nothing: an adapter's SetupError
becomes a proved refusal (it is raised before anything is accepted), every other exception becomes a doubt, with its
cause kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from tillbridge.domain.errors import SetupError
from tillbridge.domain.event import Event
from tillbridge.domain.lease import Lease
from tillbridge.domain.moment import Moment, perhaps_passed_ms
from tillbridge.domain.money import Money
from tillbridge.domain.outcome import (
    CannotTell,
    Found,
    Inquiry,
    NotFound,
    NotSent,
    Outcome,
    Unknown,
)
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.engine import possible, sending
from tillbridge.engine.possible import AskPossible, Possible
from tillbridge.engine.possible import ask as ask_possible
from tillbridge.engine.sending import Token
from tillbridge.engine.typed import may_be_same_client
from tillbridge.ports.gateway import AttemptRequest, EntrySession, Gateway, KillAck
from tillbridge.ports.messages import MaybeDelivered, Message, Messenger, NotDelivered, Sent
from tillbridge.ports.practice import LedgerSeen, PostingOrder, PostingReport, Practice, Trouble

T = TypeVar("T")

Lane = Literal["gateway", "screen", "message"]

SEARCH_HOLDS_MS = 30_000
"""So long after a search of the ledger the typing may begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """`parent`: what is given back. `token`: the card that is charged, where the gateway keeps it. `lease`: under which
    the terminal is armed; None where none is."""

    request: AttemptRequest
    payment: Payment
    parent: Attempt | None = None
    token: Token | None = None
    lease: Lease | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """An inquiry; with `cancel` it first repeats the cashier's wish to stop. `request`: what was asked, so that a page
    whose address was lost can be found again."""

    attempt: Attempt
    payment: Payment
    request: AttemptRequest
    cancel: bool = False
    voided: Attempt | None = None
    """The charge that a void of ours takes back: many gateways know a void only by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    attempt: Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    attempt: Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBack:
    """`may_repeat`: an earlier try can no longer arrive, so that a refund may be sent again."""

    attempt: Attempt
    reference: str
    may_repeat: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchLedger:
    """`pending`: events of a commit that the same append will carry (they need no fsync of their own). `again`: it is
    in the books, and may have been deleted. `only_in_front`: look only if its client is on the screen already."""

    order: PostingOrder
    pending: tuple[Event, ...] = ()
    again: bool = False
    only_in_front: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """`searched`: when the ledger was searched for it."""

    order: PostingOrder
    searched: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class BackAnswer:
    """How a late approval went back: by `void` or `refund`."""

    by: Literal["void", "refund"]
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """A client is told of a link."""

    message: Message


Work = Send | Ask | Kill | Capture | GiveBack | AskPossible | Tell | SearchLedger | Type
Result = (
    Outcome | EntrySession | Inquiry | KillAck | BackAnswer | Possible | Sent | LedgerSeen | Trouble
    | PostingReport
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One piece of work of one payment. `subject` is the attempt's reference or the posting's marker."""

    payment_id: str
    subject: str
    work: Work

    @property
    def lane(self) -> Lane:
        if isinstance(self.work, SearchLedger | Type):
            return "screen"
        return "message" if isinstance(self.work, Tell) else "gateway"


def perform(task: Task, gateway: Gateway, practice: Practice, messenger: Messenger | None = None) -> Result:
    """Call the port. Never raises: see the module's head."""
    match task.work:
        case Send() as send:
            return _untold(send, _outcome(lambda: _send(send, gateway)))
        case Ask() as ask:
            return _inquiry(lambda: _ask(ask, gateway))
        case Kill(attempt=a):
            return _kill(a, gateway)
        case Capture(attempt=a):
            return _outcome(lambda: gateway.capture(a.reference, a.gateway_ref, a.approved or a.asked))
        case GiveBack() as back:
            return _give_back(back, gateway)
        case AskPossible() as asked:
            return ask_possible(asked, gateway)
        case Tell(message=message):
            return _told(message, messenger)
        case SearchLedger(order=order, only_in_front=True):
            return _screen(lambda: _in_front(practice, order))
        case SearchLedger(order=order):
            return _screen(lambda: practice.read_ledger(order))
        case Type(order=order):
            return _typed(lambda: practice.post(order))


def too_old(task: Task, now: Moment) -> PostingReport | None:
    """Rule 6: a search holds for a short time. A typing that waited longer for the screen is not done."""
    if not isinstance(task.work, Type):
        return None
    passed = perhaps_passed_ms(task.work.searched, now)
    if passed is not None and passed <= SEARCH_HOLDS_MS:
        return None
    trouble = Trouble(who="operator", code="screen_failed", retry_in_ms=1_000)
    return PostingReport(stage="not_committed", trouble=trouble)


def kept_off(task: Task, paused: bool) -> Trouble | PostingReport | None:
    """A task that waited for the screen while somebody asked for a pause does not touch it."""
    if task.lane != "screen" or not paused:
        return None
    trouble = Trouble(who="operator", code="paused")
    return PostingReport(stage="not_committed", trouble=trouble) if isinstance(task.work, Type) else trouble


def trouble_of(result: Result) -> Trouble | None:
    """Why a look or a typing did not get through; None if it did, whatever it brought."""
    if isinstance(result, PostingReport) and result.stage == "not_committed":
        return result.trouble
    return result if isinstance(result, Trouble) else None


def cause_of(error: Exception) -> str:
    """`TypeName: text`, short enough for the journal."""
    return f"{type(error).__name__}: {error}"[:200]


def _outcome(call: Callable[[], T]) -> T | NotSent | Unknown:
    try:
        return call()
    except SetupError as error:
        return NotSent(code=error.code, facts=dict(error.facts))
    except Exception as error:  # noqa: BLE001 - every doubt is Unknown, in this one place
        return Unknown(cause=cause_of(error))


def _untold(send: Send, outcome: Outcome | EntrySession) -> Outcome | EntrySession:
    """What went wrong with a stored card is told by its kind alone: an address in it would name the token."""
    if send.token is None or not isinstance(outcome, Unknown):
        return outcome
    return Unknown(cause=outcome.cause.partition(":")[0])


def _inquiry(call: Callable[[], T]) -> T | CannotTell:
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - an inquiry that fails proves nothing
        return CannotTell(cause=cause_of(error))


def _kill(attempt: Attempt, gateway: Gateway) -> KillAck | Inquiry:
    """Too late to kill means that it is there: ask at once what it became. A kill that nobody answers is repeated, and
    keeps no late approval from us."""
    try:
        acknowledged = gateway.kill(attempt.reference, attempt.gateway_ref)
    except Exception:  # noqa: BLE001 - an unanswered kill is repeated
        acknowledged = KillAck(answer="no_answer")
    if acknowledged.answer not in ("too_late", "no_answer"):
        return acknowledged
    told = _inquiry(lambda: gateway.inquire(attempt.reference, attempt.gateway_ref))
    return told if acknowledged.answer == "too_late" or isinstance(told, Found) else acknowledged


def _told(message: Message, messenger: Messenger | None) -> Sent:
    if messenger is None or message.kind not in messenger.kinds():
        return NotDelivered(code="text_not_set_up" if message.kind == "text" else "email_not_set_up")
    try:
        return messenger.send(message)
    except Exception as error:  # noqa: BLE001 - it may have gone out
        return MaybeDelivered(cause=cause_of(error))


def _screen(call: Callable[[], LedgerSeen | Trouble]) -> LedgerSeen | Trouble:
    try:
        return call()
    except SetupError as error:
        return Trouble(who="setup", code=error.code, facts=dict(error.facts))
    except Exception as error:  # noqa: BLE001 - an unread screen is a trouble, not an end
        return Trouble(who="pack", code="screen_failed", facts={"cause": cause_of(error)}, retry_in_ms=5_000)


def _in_front(practice: Practice, order: PostingOrder) -> LedgerSeen | Trouble:
    """The ledger of a client whom only a typed name tells: read if just that client is on the screen. The first look
    touches nothing."""
    seen = practice.read_invoice()
    if isinstance(seen, Trouble):
        return seen
    if not may_be_same_client(order.client, order.account_id, seen.client, seen.account_id):
        return Trouble(who="operator", code="other_client", retry_in_ms=15_000)
    return practice.read_ledger(replace(order, account_id=seen.account_id, client=seen.client))


def _typed(call: Callable[[], PostingReport]) -> PostingReport:
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - after the start of typing every surprise is a doubt
        trouble = Trouble(who="pack", code="screen_failed", facts={"cause": cause_of(error)})
        return PostingReport(stage="doubt", trouble=trouble)


def _send(send: Send, gateway: Gateway) -> Outcome | EntrySession:
    """A give-back whose money is gone meanwhile is refused here: it must never become a sale at the terminal."""
    request, parent = send.request, send.parent
    if send.payment.row.direction != "out":
        attempt = send.payment.attempt(request.reference)
        assert attempt is not None, "what is sent is an attempt of its payment"
        return sending.send(send.payment, attempt, request, gateway, send.token)
    if parent is None:
        return NotSent(code="not_refundable")
    if send.payment.operation == "void":
        return gateway.void(parent.reference, parent.gateway_ref, request.reference)
    return gateway.refund(parent.reference, parent.gateway_ref, request.amount, request.reference)


def _ask(ask: Ask, gateway: Gateway) -> Inquiry | EntrySession:
    if ask.cancel:
        # what fails here is wished again with the next inquiry, and must not keep the outcome from us
        _inquiry(lambda: sending.ask_to_stop(ask.attempt, ask.request, gateway))
    told = gateway.inquire(ask.attempt.reference, ask.attempt.gateway_ref)
    if sending.is_lost(ask.attempt, told):
        return sending.opened_again(ask.payment, ask.attempt, ask.request, gateway) or told
    if isinstance(told, NotFound) and ask.voided is not None:
        return possible.told_by_the_charge(ask.voided, gateway) or told
    return told


def _give_back(back: GiveBack, gateway: Gateway) -> BackAnswer:
    """Void, which can be said twice; else refund, which is asked about before it is said again."""
    attempt = back.attempt
    voided = _outcome(lambda: gateway.void(attempt.reference, attempt.gateway_ref, back.reference))
    if not (isinstance(voided, NotSent) and voided.code in ("not_voidable", "unsupported")):
        return BackAnswer(by="void", outcome=voided)
    before = _inquiry(lambda: gateway.inquire(back.reference))
    if isinstance(before, Found):
        return BackAnswer(by="refund", outcome=before.outcome)
    if isinstance(before, NotFound) and back.may_repeat:
        amount = Money(minor=attempt.owed_back, currency=attempt.asked.currency)
        refunded = _outcome(
            lambda: gateway.refund(attempt.reference, attempt.gateway_ref, amount, back.reference)
        )
        return BackAnswer(by="refund", outcome=refunded)
    return BackAnswer(by="refund", outcome=Unknown(cause="give_back_not_told"))


def forget(token: str, gateway: Gateway) -> Outcome:
    """Have the gateway delete a stored card. Approved = it is gone, also when it was gone before."""
    return _outcome(lambda: gateway.forget_token(token))
