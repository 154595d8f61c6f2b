"""When a command is due: the janitor's patience. Pure arithmetic on times that are passed in.

Unknown outcomes are asked after 2, 5, 10, 20, 40 seconds, then every minute, then every ten, then hourly
(the design's tail after Kill Bill's janitor). A restart asks at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from tillbridge.domain.invoice import TYPED
from tillbridge.domain.moment import Moment, surely_passed_ms
from tillbridge.domain.next_command import (
    AskPerson,
    Command,
    GiveBack,
    Inquire,
    KeepPartial,
    Kill,
    Look,
    Post,
    SendMessage,
)
from tillbridge.domain.payment import Payment
from tillbridge.engine import message_steps
from tillbridge.engine.policy import HOUR, MINUTE, SECOND, Policy

UNKNOWN_GAPS = (2 * SECOND, 3 * SECOND, 5 * SECOND, 10 * SECOND, 20 * SECOND)
RUNNING_GAP = 1 * SECOND
LINK_GAPS = (5 * SECOND,) * 24 + (30 * SECOND,) * 16
LINK_TAIL = 5 * MINUTE
"""Who shows the link on the screen waits for it at first; later a notice of the gateway tells sooner."""
KILL_GAPS = (0, 1 * SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND)
LOOK_GAPS = (0, 1 * SECOND, 1 * SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 20 * SECOND, 22 * SECOND)
"""In sum 61 s: one look falls just after the usual settling time of a minute, when absence can be proved."""
GIVE_BACK_REFUSED = "give_back_refused"
"""Task: a person gives it back elsewhere. The gateway is asked again rarely, in case it lets us after all."""
MESSAGE_GAPS = (0, MINUTE, 5 * MINUTE, 15 * MINUTE)
POST_GAPS = (0, 2 * SECOND, 5 * SECOND, 10 * SECOND, 20 * SECOND, 30 * SECOND)


@dataclass(frozen=True, slots=True)
class Tried:
    """How often a command was done in this process's life, and when last. `doubt`: since when the posting that is
    looked for has been in doubt; None for everything else."""

    times: int
    last: Moment
    doubt: Moment | None = None


def doubt_of(payment: Payment, command: Command) -> Moment | None:
    """Looks for an earlier typing do not count: what was typed anew is looked for anew."""
    posting = payment.posting(command.marker) if isinstance(command, Look) else None
    return posting.since if posting is not None else None


def _gap(gaps: tuple[int, ...], tail_ms: int, times: int) -> int:
    return gaps[times] if times < len(gaps) else tail_ms


def _unknown_gap(times: int) -> int:
    """The n-th inquiry's distance from the one before (or from the doubt itself)."""
    if times < len(UNKNOWN_GAPS):
        return UNKNOWN_GAPS[times]
    if times < len(UNKNOWN_GAPS) + 15:
        return MINUTE
    return 10 * MINUTE if times < len(UNKNOWN_GAPS) + 60 else HOUR


def _sweep_gap(times: int) -> int:
    return _gap((MINUTE, 5 * MINUTE, 15 * MINUTE), HOUR, times)


def gap_ms(command: Command, times: int) -> int:
    """Milliseconds to leave before doing `command` for the (times + 1)-th time."""
    match command:
        case Inquire(why="running"):
            return RUNNING_GAP if times < 120 else 5 * SECOND
        case Inquire(why="pending"):
            return _gap((5 * MINUTE, 15 * MINUTE), HOUR, times)
        case Inquire(why="sweep"):
            return _sweep_gap(times)
        case Inquire():
            return _unknown_gap(times)
        case Kill():
            return _gap(KILL_GAPS, MINUTE, times)
        case Look():
            return _gap(LOOK_GAPS, MINUTE, times)
        case Post():
            return _gap(POST_GAPS, MINUTE, times)
        case SendMessage():
            return _gap(MESSAGE_GAPS, HOUR, times)
        case _:
            return _gap((0, 2 * SECOND, 10 * SECOND), MINUTE, times)


def due_in_ms(
    payment: Payment,
    command: Command,
    tried: Tried | None,
    now: Moment,
    policy: Policy,
    kept_ms: int | None = None,
) -> int | None:
    """How long until `command` is due (0 = now), or None if only a person can go on.

    `kept_ms`: what the screen said about the next try; None = nothing, and the usual patience counts.
    """
    if isinstance(command, AskPerson):
        return None
    if isinstance(command, KeepPartial):
        return _left(policy.partial_decide_ms, _entered(payment, command.reference), now)
    wait = _not_before(payment, command, now)
    if isinstance(command, SendMessage):
        wait = message_steps.due_in_ms(payment, command, now)
    if tried is None:
        return max(wait, _first_wait(payment, command, now))
    gap = _gap_of(payment, command, tried.times) if kept_ms is None else kept_ms
    if isinstance(command, Post) and payment.debt.software == TYPED:
        gap = max(gap, _by_hand_gap(payment, command, now))
    elif isinstance(command, GiveBack) and GIVE_BACK_REFUSED in payment.tasks:
        gap = HOUR
    return max(wait, _left(gap, tried.last, now))


def _gap_of(payment: Payment, command: Command, times: int) -> int:
    """A client pays on a page within minutes, and a link within days; who asked to stop it waits for the answer."""
    attempt = payment.attempt(command.reference) if isinstance(command, Inquire) else None
    running = attempt is not None and isinstance(command, Inquire) and command.why == "running"
    if attempt is None or not running or attempt.cancel_asked:
        return gap_ms(command, times)
    if attempt.where == "page":
        return 2 * SECOND
    return _gap(LINK_GAPS, LINK_TAIL, times) if attempt.where == "link" else gap_ms(command, times)


def _by_hand_gap(payment: Payment, command: Post, now: Moment) -> int:
    """A person enters it while the client is on the screen, or later in the day."""
    posting = payment.posting(command.marker)
    since = posting.owed_at if posting is not None else None
    return MINUTE if since is not None and surely_passed_ms(since, now) < HOUR else 10 * MINUTE


def _first_wait(payment: Payment, command: Command, now: Moment) -> int:
    """The first inquiry after a lost reply waits a little; after a restart (a new process) nothing has been tried
    and the doubt is old, so that it is asked at once."""
    if isinstance(command, Inquire) and command.why in ("unknown", "running"):
        return _left(gap_ms(command, 0), _entered(payment, command.reference), now)
    return 0


def _not_before(payment: Payment, command: Command, now: Moment) -> int:
    if not isinstance(command, Post):
        return 0
    posting = payment.posting(command.marker)
    if posting is None or posting.not_before is None or posting.not_before.boot != now.boot:
        return 0
    return max(0, posting.not_before.mono_ms - now.mono_ms)


def _entered(payment: Payment, reference: str) -> Moment:
    attempt = payment.attempt(reference)
    return attempt.since if attempt is not None else payment.created_at


def _left(wait_ms: int, since: Moment, now: Moment) -> int:
    return max(0, wait_ms - surely_passed_ms(since, now))
