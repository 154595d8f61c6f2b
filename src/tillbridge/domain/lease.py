"""Who has a terminal just now, and when somebody else may have it. Pure: the site store keeps what comes out here.

Rule of money that lives here:
12. A terminal is leased by one desk, for one attempt at a time. Expiry only makes it claimable: taking it over needs
    the fencing number of the lease that is taken, a terminal that was seen idle after the lease ran out, and the old
    attempt final or in the hands of those who watch it. After an unknown end it is not armed until it is seen idle.

Each lease has a higher fencing number than every one before it on that terminal, so that a desk that slept can never
act upon one that is not its own any more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tillbridge.domain.errors import OperatorError
from tillbridge.domain.moment import Moment, surely_passed_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One terminal's. `terminal`: gateway account and terminal id. `reference`: the attempt it is for, empty = free.

    `since`: when it was taken or last renewed; `length_ms`: so long after that it may be claimed. `needs_idle`: nobody
    knows what still runs there, so it is seen idle before it is armed.
    """

    terminal: str
    desk: str
    reference: str
    fence: int
    since: Moment
    length_ms: int
    needs_idle: bool = False

    @property
    def free(self) -> bool:
        return not self.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """The proof that a lease that ran out may be taken. `fence`: its number. `idle_at`: a moment before the terminal
    was seen idle, no card in the slot. `old_is_over`: the old attempt is final, or is watched until nothing can come.
    """

    fence: int
    idle_at: Moment
    old_is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """A desk wants a terminal for an attempt."""

    terminal: str
    desk: str
    reference: str
    now: Moment
    length_ms: int
    take_over: TakeOver | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """It is still used: the time begins again. `fence`: the number under which it was taken."""

    terminal: str
    fence: int
    now: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """It is let go. `needs_idle`: the end is unknown."""

    terminal: str
    fence: int
    needs_idle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenIdle:
    """It was looked at and does nothing, with no card in it."""

    terminal: str
    fence: int


LeaseStep = Take | Renew | Release | SeenIdle


def moved(lease: Lease | None, step: LeaseStep) -> Lease:
    """The lease after a step; `lease` is what stands there, None = the terminal was never leased.

    Raises OperatorError `terminal_in_use` (desk, terminal): somebody has it, or the proof is not good enough;
    `terminal_lost` (desk, terminal): the number is not the one that holds any more.
    """
    if isinstance(step, Take):
        return _taken(lease, step)
    if lease is None or lease.free or lease.fence != step.fence:
        raise OperatorError(
            "terminal_lost", terminal=name_of(step.terminal), desk=lease.desk if lease else ""
        )
    match step:
        case Renew(now=now):
            return replace(lease, since=now)
        case Release(needs_idle=needs_idle):
            return replace(lease, reference="", needs_idle=lease.needs_idle or needs_idle)
        case SeenIdle():
            return replace(lease, needs_idle=False)


def leased_name(account: str, terminal_id: str) -> str:
    """The name under which a terminal is leased: two gateway accounts may each have a terminal of the same id."""
    return f"{account}/{terminal_id}"


def name_of(terminal: str) -> str:
    """The terminal's own id, as people know it."""
    return terminal.rpartition("/")[2]


def ran_out(lease: Lease, now: Moment) -> bool:
    """Within one boot by time that surely passed; after another boot, or on another computer, by the wall clock.

    A wrong clock makes it claimable too early or too late; what has to be proved besides does not depend on it.
    """
    if lease.since.boot == now.boot:
        return surely_passed_ms(lease.since, now) >= lease.length_ms
    return now.wall_ms - lease.since.wall_ms >= lease.length_ms


def _taken(lease: Lease | None, take: Take) -> Lease:
    if lease is None:
        return _for(take, fence=1, needs_idle=False)
    if lease.reference == take.reference and lease.desk == take.desk:
        return replace(lease, since=take.now, length_ms=take.length_ms)
    if lease.free:
        return _for(take, fence=lease.fence + 1, needs_idle=lease.needs_idle)
    if not _may_take_over(lease, take):
        raise OperatorError("terminal_in_use", terminal=name_of(take.terminal), desk=lease.desk)
    return _for(take, fence=lease.fence + 1, needs_idle=True)


def _may_take_over(lease: Lease, take: Take) -> bool:
    proof = take.take_over
    if proof is None or proof.fence != lease.fence or not proof.old_is_over:
        return False
    return ran_out(lease, proof.idle_at) and ran_out(lease, take.now)


def _for(take: Take, *, fence: int, needs_idle: bool) -> Lease:
    return Lease(
        terminal=take.terminal,
        desk=take.desk,
        reference=take.reference,
        fence=fence,
        since=take.now,
        length_ms=take.length_ms,
        needs_idle=needs_idle,
    )
