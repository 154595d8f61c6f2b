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
class Take:
    """A desk wants a terminal for an attempt; again for the same one, the time begins anew."""

    terminal: str
    desk: str
    reference: str
    now: Moment
    length_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """It is still used: the time begins again. `fence`: the number under which it was taken."""

    terminal: str
    fence: int
    now: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """It is let go. `needs_idle`: what was done there has no known end."""

    terminal: str
    fence: int
    needs_idle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """A lease that ran out is ended, with its proof: the terminal is free then. `fence`: the number of that lease.
    `idle_at`: a moment before the terminal was seen idle, no card in the slot. `old_is_over`: the old attempt is
    final, or is watched until nothing can come."""

    terminal: str
    desk: str
    fence: int
    idle_at: Moment
    old_is_over: bool
    now: Moment


LeaseStep = Take | Renew | Release | TakeOver


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
            return replace(lease, reference="", needs_idle=needs_idle)
        case TakeOver():
            return _taken_over(lease, step)


def _taken(lease: Lease | None, take: Take) -> Lease:
    mine = lease is not None and lease.reference == take.reference
    if lease is not None and not (lease.free or mine):
        raise OperatorError("terminal_in_use", terminal=name_of(take.terminal), desk=lease.desk)
    before = lease.fence if lease is not None else 0
    return Lease(
        terminal=take.terminal,
        desk=take.desk,
        reference=take.reference,
        fence=before if mine else before + 1,
        since=take.now,
        length_ms=take.length_ms,
        needs_idle=lease.needs_idle if lease is not None else False,
    )


def _taken_over(lease: Lease, step: TakeOver) -> Lease:
    """Idle before it ran out proves nothing: the old desk could still arm it then."""
    if not (step.old_is_over and ran_out(lease, step.idle_at) and ran_out(lease, step.now)):
        raise OperatorError("terminal_in_use", terminal=name_of(step.terminal), desk=lease.desk)
    taken = replace(lease, desk=step.desk, reference="", fence=lease.fence + 1, since=step.now)
    return replace(taken, needs_idle=True)


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
