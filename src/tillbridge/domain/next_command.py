"""What to do next, decided from the folded payment alone (rule 9). There is no other recovery code.

`commands` lists everything that is open, most urgent first; `next_command` is the first of them. *When* a command
is due is the engine's matter (engine/schedule.py); *what* is due never depends on time or on what ran before.
"""

from __future__ import annotations

from dataclasses import dataclass

from tillbridge.domain.guards import KILLS_NEEDED
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.payment import Attempt, Payment, Posting
from tillbridge.domain.posting_leg import PostingState
from tillbridge.domain.reach import What


@dataclass(frozen=True, slots=True)
class Send:
    """First and only sending of an attempt (rule 3: never repeated, except as `not_sent` by a new attempt)."""

    reference: str


@dataclass(frozen=True, slots=True)
class Inquire:
    """Ask the gateway what became of it. `why`: `running`, `unknown`, `killing`, `sweep`, `pending`,
    `card`."""

    reference: str
    why: str


@dataclass(frozen=True, slots=True)
class Capture:
    reference: str


@dataclass(frozen=True, slots=True)
class Kill:
    """Tell the gateway to give up on it; three acknowledged kills and a last inquiry prove it dead."""

    reference: str


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Return a late approval: void, else refund (rule 3)."""

    reference: str


@dataclass(frozen=True, slots=True)
class KeepPartial:
    """Nobody answered what to do with a partial approval: keep it."""

    reference: str


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Tell the client of a link that waits to be paid."""

    reference: str
    what: What


@dataclass(frozen=True, slots=True)
class Post:
    """Check, then type. Every typing is preceded by a complete search for the marker (rule 6)."""

    marker: str


@dataclass(frozen=True, slots=True)
class Look:
    """Search the ledger for what may have been committed (rule 7)."""

    marker: str


@dataclass(frozen=True, slots=True)
class Recheck:
    """Is it still in the books? The one command that no payment asks for: nothing is open, somebody may have deleted it
    (engine/still_there.py says when)."""

    marker: str


@dataclass(frozen=True, slots=True)
class AwaitGateway:
    """A give-back that is not sent yet: ask the gateway what is possible, and whether the payment is settled."""

    reference: str


@dataclass(frozen=True, slots=True)
class TellParent:
    """Tell the payment that is given back how its give-back stands, and decide what changes in the books."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Only a person can go on. `subject` is a marker or a task code."""

    subject: str
    reason: str


Command = (
    Send | Inquire | Capture | Kill | GiveBack | KeepPartial | AwaitGateway | TellParent | SendMessage | Post
    | Look | Recheck | AskPerson
)  # fmt: skip


def next_command(payment: Payment) -> Command | None:
    """The most urgent open command, or None when the payment is finished."""
    return next(iter(commands(payment)), None)


def commands(payment: Payment) -> tuple[Command, ...]:
    """Everything open: the newest attempt first, then postings, then older attempts and sweeps, then tasks.

    Empty exactly when the payment is finished. Whoever does only the first of them lets a posting starve behind a
    doubt: take the first that is due.
    """
    newest = [found for a in payment.attempts[-1:] if (found := _for_attempt(payment, a))]
    older = [found for a in payment.attempts[:-1] if (found := _for_attempt(payment, a))]
    postings = [found for p in payment.postings if (found := _for_posting(payment, p))]
    missing = [
        AskPerson(a.reference, "posting_missing") for a in payment.attempts if payment.posting_missing(a)
    ]
    tasks = [AskPerson(task, task) for task in payment.tasks]
    urgent = [c for c in newest if not _is_sweep(c)]
    sweeps = [c for c in newest if _is_sweep(c)]
    messages = [found for a in payment.attempts if (found := _message(a))]
    telling = [TellParent(payment.of)] if payment.must_tell else []
    return (*telling, *urgent, *postings, *messages, *older, *sweeps, *missing, *tasks)


def _message(attempt: Attempt) -> SendMessage | None:
    """Nobody is told of a link that is being closed, or whose address nobody knows."""
    reach, waits = attempt.reach, attempt.state is MoneyState.RUNNING and not attempt.cancel_asked
    if reach is None or reach.next is None or attempt.session is None or not waits:
        return None
    return SendMessage(attempt.reference, reach.next)


def _is_sweep(command: Command) -> bool:
    """What can wait for days, and must not keep a posting waiting."""
    return isinstance(command, Inquire) and command.why in ("sweep", "pending")


def _for_attempt(payment: Payment, attempt: Attempt) -> Command | None:
    match attempt.state:
        case MoneyState.CREATED if attempt.queued:
            return AwaitGateway(attempt.reference)
        case MoneyState.CREATED:
            return Send(attempt.reference)
        case MoneyState.SENDING | MoneyState.UNKNOWN:
            return Inquire(attempt.reference, "unknown")
        case MoneyState.RUNNING:
            return Inquire(attempt.reference, "running")
        case MoneyState.AUTHORIZED:
            return Capture(attempt.reference)
        case MoneyState.KILLING:
            return _for_killing(attempt)
        case MoneyState.KILLED if not attempt.swept:
            return Inquire(attempt.reference, "sweep")
        case _ if payment.undecided(attempt):
            return KeepPartial(attempt.reference)
        case MoneyState.PENDING:
            return Inquire(attempt.reference, "pending")
        case _ if payment.card_missing(attempt):
            return Inquire(attempt.reference, "card")
    return None


def _for_killing(attempt: Attempt) -> Command:
    """Nothing is given back while a dispute is open (rule 10): the bank may be giving it back already."""
    if attempt.owed_back and not attempt.held_by_dispute:
        return GiveBack(attempt.reference)
    asking = attempt.kills >= KILLS_NEEDED or attempt.owed_back
    return Inquire(attempt.reference, "killing") if asking else Kill(attempt.reference)


def _is_in_the_books(payment: Payment, marker: str) -> bool:
    first = payment.posting(marker)
    return first is None or first.state is PostingState.POSTED


def _for_follower(payment: Payment, posting: Posting) -> Command | None:
    """It is typed only after the other record is seen in the books: until then that one is what is open."""
    first = payment.posting(posting.after)
    gone = first is not None and first.state is PostingState.NOT_NEEDED
    return AskPerson(posting.marker, "move_undone") if gone else None


def _for_posting(payment: Payment, posting: Posting) -> Command | None:
    attempt = payment.attempt(posting.reference)
    match posting.state:
        case PostingState.WAITING | PostingState.CHECKING:
            if attempt is not None and payment.undecided(attempt):
                return None
            if posting.after and not _is_in_the_books(payment, posting.after):
                return _for_follower(payment, posting)
            if payment.is_primary(posting) and not (attempt is not None and attempt.taken):
                return AskPerson(posting.marker, "money_not_taken")
            return Post(posting.marker)
        case PostingState.TYPING | PostingState.COMMITTING | PostingState.UNSURE:
            return Look(posting.marker)
        case PostingState.NEEDS_ATTENTION:
            return AskPerson(posting.marker, posting.reason)
    return None
