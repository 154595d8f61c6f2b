"""Who may arm a terminal: what becomes of its lease with each event, and the look at it before anything is sent.

Rule of money that lives here:
12. A terminal is leased by one desk for one attempt: taken in the intent's transaction, renewed while it is used, let
    go with the event that ends it. After an unknown end it is armed only when it was seen idle. Busy and offline are
    said before anything is sent, so they are proved `not_sent`. Expiry only makes a lease claimable: `proved_over`
    says when an old attempt stands no more in the way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tillbridge.domain.lease import (
    Lease,
    LeaseStep,
    Release,
    Renew,
    Take,
    TakeOver,
    leased_name,
    name_of,
    ran_out,
)
from tillbridge.domain.moment import Moment, surely_passed_ms
from tillbridge.domain.money_leg import MoneyState
from tillbridge.domain.outcome import Found, Inquiry, NotFound, NotSent, Pending, Unknown
from tillbridge.domain.payment import Attempt, Payment
from tillbridge.engine.policy import MINUTE, Policy
from tillbridge.ports.gateway import Gateway, Terminal
from tillbridge.ports.site_store import SiteStore

LEASE_MS = 5 * MINUTE
"""So long after the last sign of its desk a lease may be claimed. Longer than any terminal waits for a card."""
RENEW_MS = MINUTE
"""So often a terminal that is still used is renewed while nothing is journalled."""

_HOLDS = frozenset({MoneyState.CREATED, MoneyState.SENDING, MoneyState.RUNNING})
_DOUBT = frozenset({MoneyState.UNKNOWN, MoneyState.KILLING, MoneyState.KILLED})
_UNARMED = frozenset({MoneyState.NOT_SENT, MoneyState.CANCELLED})


def terminal_of(attempt: Attempt, policy: Policy) -> str:
    """The name under which its terminal is leased; empty for an attempt that uses none."""
    if attempt.where != "terminal" or not attempt.terminal_id:
        return ""
    return leased_name(attempt.gateway or policy.gateway, attempt.terminal_id)


def steps(
    before: Payment | None, after: Payment, site: SiteStore, policy: Policy, now: Moment
) -> list[LeaseStep]:
    """What becomes of the leases of a payment's attempts whose state has just changed."""
    found = []
    for attempt in after.attempts:
        old = before.attempt(attempt.reference) if before is not None else None
        terminal = terminal_of(attempt, policy)
        if terminal and (old is None or old.state is not attempt.state):
            found.append(_step(attempt, site.lease(terminal), terminal, policy, now))
    return [step for step in found if step is not None]


def _step(
    attempt: Attempt, lease: Lease | None, terminal: str, policy: Policy, now: Moment
) -> LeaseStep | None:
    ours = lease is not None and lease.reference == attempt.reference
    if attempt.state in _HOLDS:
        if attempt.state is MoneyState.RUNNING and lease is not None and not lease.free:
            return None  # ours is renewed now and then; another's stays: the device lets only one in
        wanted = attempt.reference
        return Take(terminal=terminal, desk=policy.desk, reference=wanted, now=now, length_ms=LEASE_MS)
    return _let_go(lease, attempt.state) if lease is not None and ours else None


def _let_go(lease: Lease, state: MoneyState | None) -> Release:
    """`state` None: nobody knows of the attempt any more. What was never armed leaves the terminal as it was."""
    unarmed = state in _UNARMED and lease.needs_idle
    needs_idle = state is None or state in _DOUBT or unarmed
    return Release(terminal=lease.terminal, fence=lease.fence, needs_idle=needs_idle)


def renewal(attempt: Attempt, site: SiteStore, policy: Policy, now: Moment) -> Renew | None:
    """While a client stands at the terminal nothing is journalled, and the lease must not run out."""
    lease = site.lease(terminal_of(attempt, policy)) if attempt.state is MoneyState.RUNNING else None
    if lease is None or lease.reference != attempt.reference or surely_passed_ms(lease.since, now) < RENEW_MS:
        return None
    return Renew(terminal=lease.terminal, fence=lease.fence, now=now)


def left_behind(
    site: SiteStore, policy: Policy, attempt_of: Callable[[str], Attempt | None]
) -> list[Release]:
    """After a start: leases whose attempt does not use the terminal any more, and those of this desk that nothing here
    explains. What this journal knows is its own, whatever the desk was called then."""
    found = []
    for lease in site.leases():
        attempt = attempt_of(lease.reference) if not lease.free else None
        stale = attempt.state not in _HOLDS if attempt is not None else lease.desk == policy.desk
        if stale and not lease.free:
            found.append(_let_go(lease, attempt.state if attempt is not None else None))
    return found


# ---- before it is armed


def not_ready(lease: Lease | None, gateway: Gateway, now: Moment) -> NotSent | None:
    """Look at the terminal; None if it may be armed now. Nothing is sent, so every refusal is proved.

    Codes `terminal_lost` (this desk slept until its lease ran out), `terminal_busy`, `terminal_offline`,
    `unreachable` (it must be seen idle and cannot be looked at).
    """
    if lease is None:
        return None
    if ran_out(lease, now):
        return NotSent(code="terminal_lost", facts={"terminal": name_of(lease.terminal), "desk": lease.desk})
    try:
        shown = list(gateway.terminals())
    except Exception:  # noqa: BLE001 - a look that fails shows nothing; the gateway itself says why when it is asked
        shown = []
    return _refusal(lease, shown)


def _refusal(lease: Lease, shown: Sequence[Terminal]) -> NotSent | None:
    terminal = _named(shown, lease)
    if terminal is None:
        return NotSent(code="unreachable") if lease.needs_idle else None
    if terminal.state == "idle":
        return None
    return NotSent(code="terminal_offline" if terminal.state == "offline" else "terminal_busy")


def _named(shown: Sequence[Terminal], lease: Lease) -> Terminal | None:
    return next((t for t in shown if t.terminal_id == name_of(lease.terminal)), None)


# ---- another desk's


def take_over(
    lease: Lease,
    policy: Policy,
    shown: Sequence[Terminal],
    looked_at: Moment,
    *,
    old_is_over: bool,
    now: Moment,
) -> TakeOver:
    """`looked_at`: a moment before `shown` was asked for. The store looks at the number and the times."""
    terminal = _named(shown, lease)
    idle = terminal is not None and terminal.state == "idle"
    return TakeOver(
        terminal=lease.terminal,
        desk=policy.desk,
        fence=lease.fence,
        idle_at=looked_at,
        old_is_over=old_is_over and idle,
        now=now,
    )


def proved_over(lease: Lease, known: Attempt | None, told: Inquiry, horizon_ms: int, now: Moment) -> bool:
    """The old attempt is final, or nothing can come of it: its own desk watches it, and the gateway does not know it
    after all the time in which it could have been sent and taken."""
    if known is not None:
        return known.state not in _HOLDS
    match told:
        case Found(outcome=outcome):
            return not isinstance(outcome, Pending | Unknown)
        case NotFound():
            return ran_out(replace(lease, length_ms=lease.length_ms + horizon_ms), now)
    return False
