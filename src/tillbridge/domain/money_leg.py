"""The money leg: what may happen to one attempt at the gateway. A table, with its rules on top.

Rules of money that live here:
 3. Ask before repeating: a lost answer is UNKNOWN, settled only by inquiry. KILLING is a one-way door: before it a
    late approval is adopted, after it the attempt is only ever given back.
 5. A charge is proved before anything is posted (APPROVED is the only state that owes a posting, with PENDING by
    the site's choice).
 8. A return or a rejection after APPROVED brings a reversal posting; it never changes what was posted.
10. Void, refund and return are recorded, whoever made them; more than was taken becomes a person's task.
A pair that is not in the table is impossible: the caller journals it, keeps the state and shows it.
The same notice twice changes nothing, which is why the final states list their own event as "stay".

Where this differs from the design's draft, and why, is told in docs/decisions (the machines).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MoneyState(StrEnum):
    CREATED = "created"
    SENDING = "sending"
    RUNNING = "running"
    UNKNOWN = "unknown"
    AUTHORIZED = "authorized"
    APPROVED = "approved"
    PENDING = "pending"
    KILLING = "killing"
    KILLED = "killed"
    NOT_SENT = "not_sent"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    SETTLED = "settled"
    VOIDED = "voided"
    RETURNED = "returned"


class MoneyEvent(StrEnum):
    SEND_STARTED = "send_started"
    ACKNOWLEDGED = "acknowledged"
    APPROVED = "approved"
    AUTHORIZED = "authorized"
    PENDED = "pended"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    NOT_SENT = "not_sent"
    NO_REPLY = "no_reply"
    RESTARTED = "restarted"
    NOT_FOUND = "not_found"
    HORIZON_PASSED = "horizon_passed"
    CANCEL_ASKED = "cancel_asked"
    STOPPED = "stopped"
    KILL_ACKNOWLEDGED = "kill_acknowledged"
    KILLS_PROVED = "kills_proved"
    GIVEN_BACK = "given_back"
    SWEEP_ENDED = "sweep_ended"
    SETTLED = "settled"
    SETTLEMENT_REJECTED = "settlement_rejected"
    VOIDED = "voided"
    REFUNDED_ELSEWHERE = "refunded_elsewhere"
    RETURNED = "returned"
    RE_PRESENTED = "re_presented"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


class Effect(StrEnum):
    """What a cell asks for beside the new state."""

    OWE_POSTING = "owe_posting"
    OWE_REVERSAL = "owe_reversal"
    OWE_REPOSTING = "owe_reposting"
    BLOCK_POSTING = "block_posting"
    ALERT = "alert"
    TASK = "task"
    OVER_RETURNED = "over_returned"
    ADD_GIVEN_BACK = "add_given_back"
    HOLD = "hold"
    RELEASE = "release"
    LATE = "late"
    """An approval that came after the door of killing: only to be given back."""


@dataclass(frozen=True, slots=True)
class Cell:
    to: MoneyState
    effects: tuple[Effect, ...] = ()


S, E = MoneyState, MoneyEvent
Row = dict[MoneyEvent, Cell]

OVER = frozenset({S.NOT_SENT, S.DECLINED, S.CANCELLED, S.KILLED})
"""F0: nothing was taken and nothing will be. Only then may a payment start a new attempt."""
TAKEN = frozenset({S.APPROVED, S.PENDING, S.SETTLED})
"""The client's money is ours or on its way."""
IN_DOUBT = frozenset({S.SENDING, S.RUNNING, S.UNKNOWN, S.AUTHORIZED, S.KILLING})
"""Money may be moving: nothing else may be charged for the same debt."""


def _to(state: MoneyState, *effects: Effect) -> Cell:
    return Cell(state, effects)


def _final_answers(state_on_silence: MoneyState) -> Row:
    """What a terminal or gateway may answer to an attempt that is under way."""
    return {
        E.ACKNOWLEDGED: _to(S.RUNNING),
        E.APPROVED: _to(S.APPROVED, Effect.OWE_POSTING),
        E.AUTHORIZED: _to(S.AUTHORIZED),
        E.PENDED: _to(S.PENDING, Effect.OWE_POSTING),
        E.DECLINED: _to(S.DECLINED),
        E.CANCELLED: _to(S.CANCELLED),
        E.NOT_SENT: _to(S.NOT_SENT),
        E.NO_REPLY: _to(state_on_silence),
        E.RESTARTED: _to(state_on_silence),
    }


def _over(state: MoneyState) -> Row:
    """declined, cancelled, not_sent: an approval now is a contradiction: ask, and block the posting."""
    stay, alert = _to(state), _to(state, Effect.ALERT)
    doubt = _to(S.UNKNOWN, Effect.ALERT, Effect.BLOCK_POSTING)
    same = {E.DECLINED: stay, E.CANCELLED: stay, E.NOT_SENT: stay, E.NOT_FOUND: stay, E.RESTARTED: stay}
    return {**same, E.ACKNOWLEDGED: alert, E.APPROVED: doubt, E.AUTHORIZED: doubt, E.PENDED: doubt}


def _disputes(state: MoneyState) -> Row:
    lost = _to(state, Effect.ADD_GIVEN_BACK, Effect.OWE_REVERSAL, Effect.RELEASE)
    return {
        E.DISPUTE_OPENED: _to(state, Effect.HOLD),
        E.DISPUTE_WON: _to(state, Effect.RELEASE),
        E.DISPUTE_LOST: lost,
    }


_REFUND = (Effect.ADD_GIVEN_BACK, Effect.OWE_REVERSAL)
_TOO_MUCH = (Effect.OVER_RETURNED, Effect.TASK)

TABLE: dict[MoneyState, Row] = {
    S.CREATED: {
        E.SEND_STARTED: _to(S.SENDING),
        E.RESTARTED: _to(S.CREATED),
        E.CANCEL_ASKED: _to(S.CANCELLED),
        E.STOPPED: _to(S.CANCELLED),
    },
    S.SENDING: {**_final_answers(S.UNKNOWN), E.CANCEL_ASKED: _to(S.SENDING)},
    S.RUNNING: {
        **_final_answers(S.UNKNOWN),
        E.NOT_FOUND: _to(S.UNKNOWN),
        E.HORIZON_PASSED: _to(S.UNKNOWN),
        E.CANCEL_ASKED: _to(S.RUNNING),
    },
    S.UNKNOWN: {
        **_final_answers(S.UNKNOWN),
        E.NOT_FOUND: _to(S.UNKNOWN),
        E.HORIZON_PASSED: _to(S.KILLING),
        E.CANCEL_ASKED: _to(S.UNKNOWN),
        E.STOPPED: _to(S.KILLING),
    },
    S.AUTHORIZED: {
        E.APPROVED: _to(S.APPROVED, Effect.OWE_POSTING),
        E.AUTHORIZED: _to(S.AUTHORIZED),
        E.CANCELLED: _to(S.CANCELLED),
        E.NO_REPLY: _to(S.AUTHORIZED),
        E.RESTARTED: _to(S.AUTHORIZED),
        E.NOT_FOUND: _to(S.AUTHORIZED),
        E.HORIZON_PASSED: _to(S.KILLING),
        E.CANCEL_ASKED: _to(S.KILLING),
        E.STOPPED: _to(S.KILLING),
    },
    S.KILLING: {
        E.ACKNOWLEDGED: _to(S.KILLING),
        E.APPROVED: _to(S.KILLING, Effect.LATE),
        E.AUTHORIZED: _to(S.KILLING, Effect.LATE),
        E.PENDED: _to(S.KILLING, Effect.LATE),
        E.SETTLED: _to(S.KILLING, Effect.LATE),
        E.DECLINED: _to(S.KILLED),
        E.CANCELLED: _to(S.KILLED),
        E.NOT_SENT: _to(S.KILLED),
        E.NO_REPLY: _to(S.KILLING),
        E.RESTARTED: _to(S.KILLING),
        E.NOT_FOUND: _to(S.KILLING),
        E.HORIZON_PASSED: _to(S.KILLING),
        E.CANCEL_ASKED: _to(S.KILLING),
        E.KILL_ACKNOWLEDGED: _to(S.KILLING),
        E.KILLS_PROVED: _to(S.KILLED),
        E.GIVEN_BACK: _to(S.KILLED),
        E.SETTLEMENT_REJECTED: _to(S.KILLED),
        E.VOIDED: _to(S.KILLED),
        E.REFUNDED_ELSEWHERE: _to(S.KILLED),
        E.RETURNED: _to(S.KILLED),
        E.RE_PRESENTED: _to(S.KILLING, Effect.LATE),
    },
    S.KILLED: {
        E.ACKNOWLEDGED: _to(S.KILLING, Effect.ALERT),
        E.APPROVED: _to(S.KILLING, Effect.LATE, Effect.ALERT),
        E.AUTHORIZED: _to(S.KILLING, Effect.LATE, Effect.ALERT),
        E.PENDED: _to(S.KILLING, Effect.LATE, Effect.ALERT),
        E.SETTLED: _to(S.KILLING, Effect.LATE, Effect.ALERT),
        E.DECLINED: _to(S.KILLED),
        E.CANCELLED: _to(S.KILLED),
        E.NOT_SENT: _to(S.KILLED),
        E.RESTARTED: _to(S.KILLED),
        E.NOT_FOUND: _to(S.KILLED),
        E.KILL_ACKNOWLEDGED: _to(S.KILLED),
        E.GIVEN_BACK: _to(S.KILLED),
        E.SWEEP_ENDED: _to(S.KILLED),
        E.SETTLEMENT_REJECTED: _to(S.KILLED),
        E.VOIDED: _to(S.KILLED),
        E.REFUNDED_ELSEWHERE: _to(S.KILLED),
        E.RETURNED: _to(S.KILLED),
        E.RE_PRESENTED: _to(S.KILLING, Effect.LATE, Effect.ALERT),
    },
    S.NOT_SENT: _over(S.NOT_SENT),
    S.DECLINED: _over(S.DECLINED),
    S.CANCELLED: _over(S.CANCELLED),
    S.APPROVED: {
        E.APPROVED: _to(S.APPROVED),
        E.RESTARTED: _to(S.APPROVED),
        E.SETTLED: _to(S.SETTLED),
        E.SETTLEMENT_REJECTED: _to(S.RETURNED, Effect.OWE_REVERSAL),
        E.VOIDED: _to(S.VOIDED, Effect.OWE_REVERSAL),
        E.REFUNDED_ELSEWHERE: _to(S.APPROVED, *_REFUND),
        E.RETURNED: _to(S.RETURNED, Effect.OWE_REVERSAL),
        **_disputes(S.APPROVED),
    },
    S.PENDING: {
        E.PENDED: _to(S.PENDING),
        E.APPROVED: _to(S.PENDING),
        E.RESTARTED: _to(S.PENDING),
        E.NO_REPLY: _to(S.PENDING),
        E.NOT_FOUND: _to(S.PENDING),
        E.SETTLED: _to(S.SETTLED),
        E.SETTLEMENT_REJECTED: _to(S.RETURNED, Effect.OWE_REVERSAL),
        E.VOIDED: _to(S.VOIDED, Effect.OWE_REVERSAL),
        E.REFUNDED_ELSEWHERE: _to(S.PENDING, *_REFUND),
        E.RETURNED: _to(S.RETURNED, Effect.OWE_REVERSAL),
        **_disputes(S.PENDING),
    },
    S.SETTLED: {
        E.APPROVED: _to(S.SETTLED),
        E.RESTARTED: _to(S.SETTLED),
        E.SETTLED: _to(S.SETTLED),
        E.SETTLEMENT_REJECTED: _to(S.RETURNED, Effect.OWE_REVERSAL),
        E.VOIDED: _to(S.SETTLED, Effect.ALERT, Effect.TASK),
        E.REFUNDED_ELSEWHERE: _to(S.SETTLED, *_REFUND),
        E.RETURNED: _to(S.RETURNED, Effect.OWE_REVERSAL),
        **_disputes(S.SETTLED),
    },
    S.RETURNED: {
        E.RESTARTED: _to(S.RETURNED),
        E.SETTLED: _to(S.RETURNED),
        E.SETTLEMENT_REJECTED: _to(S.RETURNED),
        E.VOIDED: _to(S.RETURNED),
        E.REFUNDED_ELSEWHERE: _to(S.RETURNED, *_TOO_MUCH),
        E.RETURNED: _to(S.RETURNED),
        E.RE_PRESENTED: _to(S.SETTLED, Effect.OWE_REPOSTING),
        E.DISPUTE_OPENED: _to(S.RETURNED, *_TOO_MUCH),
        E.DISPUTE_WON: _to(S.RETURNED, Effect.RELEASE),
        E.DISPUTE_LOST: _to(S.RETURNED, *_TOO_MUCH),
    },
    S.VOIDED: {
        E.RESTARTED: _to(S.VOIDED),
        E.SETTLED: _to(S.VOIDED, Effect.ALERT, Effect.TASK),
        E.SETTLEMENT_REJECTED: _to(S.VOIDED),
        E.VOIDED: _to(S.VOIDED),
        E.REFUNDED_ELSEWHERE: _to(S.VOIDED, *_TOO_MUCH),
        E.RETURNED: _to(S.VOIDED),
        E.DISPUTE_OPENED: _to(S.VOIDED, Effect.TASK),
        E.DISPUTE_WON: _to(S.VOIDED, Effect.TASK),
        E.DISPUTE_LOST: _to(S.VOIDED, Effect.TASK),
    },
}


def cell(state: MoneyState, event: MoneyEvent) -> Cell | None:
    """The cell for a pair, or None: impossible."""
    return TABLE[state].get(event)
