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


class Guard(StrEnum):
    """What a cell needs beside state and event. Decided in guards.py from the payment and the event's facts."""

    WANTED = "wanted"
    """Nothing else of this payment was ever taken, and no newer attempt is live."""
    CAN_GO_BACK = "can_go_back"
    """The money came from the client. What we gave back ourselves cannot be given back again."""
    ALL_BACK = "all_back"
    """As much as this tells of was given back already (and not by a void that settled all the same)."""
    COVERED = "covered"
    """With this, all of the late approval is back."""
    NOTHING_LATE = "nothing_late"
    """No late approval waits to be given back."""
    KILLS_DONE = "kills_done"
    """Three kills were acknowledged, and no late approval waits to be given back."""
    NEW = "new"
    """This refund or dispute (`key`) was not counted before."""
    SAME_AMOUNT = "same_amount"
    """It tells the amount that is known."""
    OUR_VOID = "our_void"
    """A give-back of our own is taking the whole charge back, or did: it has its own record."""
    TAKEN_BACK = "taken_back"
    """A give-back of our own took the whole charge back."""
    UNDECIDED = "undecided"
    """A partial approval at the desk on which nobody has decided: it may still go back (rule 3, a named person)."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where to, and what else. Where `guard` does not hold, `otherwise` stands instead."""

    to: MoneyState
    effects: tuple[Effect, ...] = ()
    guard: Guard | None = None
    otherwise: Cell | None = None


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


def _if(guard: Guard, cell: Cell, otherwise: Cell | None) -> Cell:
    return Cell(cell.to, cell.effects, guard, otherwise)


def _late(state: MoneyState, *effects: Effect) -> Cell:
    """After the door: only ever given back. A give-back of ours that came late stands: nobody can take it back."""
    kept = _to(state, *((Effect.OWE_POSTING,) if state in TAKEN else ()), Effect.ALERT)
    return _if(Guard.CAN_GO_BACK, _to(S.KILLING, Effect.LATE, *effects), kept)


def _adopt(state: MoneyState, *effects: Effect) -> Cell:
    """Before the door: adopted if it is still wanted."""
    return _if(Guard.WANTED, _to(state, *effects), _late(state, Effect.ALERT))


def _approvals() -> Row:
    """What proves that money was taken or held."""
    return {
        E.APPROVED: _adopt(S.APPROVED, Effect.OWE_POSTING),
        E.AUTHORIZED: _adopt(S.AUTHORIZED),
        E.PENDED: _adopt(S.PENDING, Effect.OWE_POSTING),
        E.SETTLED: _adopt(S.SETTLED, Effect.OWE_POSTING),
    }


def _final_answers(state_on_silence: MoneyState) -> Row:
    """What a terminal or gateway may answer to an attempt that is under way."""
    return {
        **_approvals(),
        E.ACKNOWLEDGED: _to(S.RUNNING),
        E.DECLINED: _to(S.DECLINED),
        E.CANCELLED: _to(S.CANCELLED),
        E.NOT_SENT: _to(S.NOT_SENT),
        E.NO_REPLY: _to(state_on_silence),
        E.RESTARTED: _to(state_on_silence),
    }


def _stay(state: MoneyState, *events: MoneyEvent) -> Row:
    return {event: _to(state) for event in events}


def _over(state: MoneyState) -> Row:
    """declined, cancelled, not_sent: a sign of life now is a contradiction: doubt it, ask, and post nothing for it."""
    doubt = _to(S.UNKNOWN, Effect.ALERT, Effect.BLOCK_POSTING)
    signs = (E.ACKNOWLEDGED, E.APPROVED, E.AUTHORIZED, E.PENDED, E.SETTLED)
    same = _stay(state, E.DECLINED, E.CANCELLED, E.NOT_SENT, E.NOT_FOUND, E.NO_REPLY, E.RESTARTED)
    return {**same, **dict.fromkeys(signs, doubt)}


def _once(cell: Cell) -> Cell:
    """The same refund or dispute told twice changes nothing."""
    return _if(Guard.NEW, cell, _to(cell.to))


def _given_elsewhere(state: MoneyState) -> Row:
    """Refunds by others and disputes, while the money is ours."""
    lost = _to(state, Effect.ADD_GIVEN_BACK, Effect.OWE_REVERSAL, Effect.RELEASE)
    return {
        E.REFUNDED_ELSEWHERE: _once(_to(state, Effect.ADD_GIVEN_BACK, Effect.OWE_REVERSAL)),
        E.DISPUTE_OPENED: _once(_to(state, Effect.HOLD)),
        E.DISPUTE_WON: _to(state, Effect.RELEASE),
        E.DISPUTE_LOST: _once(lost),
    }


def _bank_took_it_back(state: MoneyState, *events: MoneyEvent) -> Row:
    return {event: _to(state, Effect.OWE_REVERSAL) for event in events}


def _taken_back(state: MoneyState) -> Cell:
    """Taken back before settlement: by us, which is told by the give-back itself, or by others."""
    return _if(Guard.OUR_VOID, _to(state), _to(S.VOIDED, Effect.OWE_REVERSAL))


def _known_approval(state: MoneyState) -> Row:
    """Stale notices of what is known. Another amount than the known one is shown."""
    other = _to(state, Effect.ALERT)
    return {
        **_stay(state, E.ACKNOWLEDGED, E.PENDED, E.RESTARTED),
        E.APPROVED: _if(Guard.SAME_AMOUNT, _to(state), other),
    }


def _after_the_door(state: MoneyState, event: MoneyEvent) -> Cell:
    """KILLED: what is back already stays quiet, everything else reopens the killing."""
    adopted = {E.APPROVED: S.APPROVED, E.AUTHORIZED: S.AUTHORIZED, E.PENDED: S.PENDING, E.SETTLED: S.SETTLED}
    return _if(Guard.ALL_BACK, _to(state), _late(adopted[event], Effect.ALERT))


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
        **_approvals(),
        **_stay(S.AUTHORIZED, E.ACKNOWLEDGED, E.NOT_SENT, E.NO_REPLY, E.RESTARTED, E.NOT_FOUND),
        E.CANCELLED: _to(S.CANCELLED),
        E.VOIDED: _to(S.CANCELLED),
        E.DECLINED: _to(S.KILLING),
        E.HORIZON_PASSED: _to(S.KILLING),
        E.CANCEL_ASKED: _to(S.KILLING),
        E.STOPPED: _to(S.KILLING),
    },
    S.KILLING: {
        **_stay(S.KILLING, E.ACKNOWLEDGED, E.NO_REPLY, E.RESTARTED, E.NOT_FOUND, E.HORIZON_PASSED),
        **_stay(S.KILLING, E.CANCEL_ASKED, E.STOPPED, E.KILL_ACKNOWLEDGED),
        E.APPROVED: _late(S.APPROVED),
        E.AUTHORIZED: _late(S.AUTHORIZED),
        E.PENDED: _late(S.PENDING),
        E.SETTLED: _late(S.SETTLED),
        E.RE_PRESENTED: _late(S.SETTLED),
        E.DECLINED: _if(Guard.NOTHING_LATE, _to(S.KILLED), _to(S.KILLING, Effect.ALERT)),
        E.NOT_SENT: _if(Guard.NOTHING_LATE, _to(S.KILLED), _to(S.KILLING, Effect.ALERT)),
        E.CANCELLED: _to(S.KILLED),
        E.VOIDED: _to(S.KILLED),
        E.RETURNED: _to(S.KILLED),
        E.SETTLEMENT_REJECTED: _to(S.KILLED),
        E.KILLS_PROVED: _if(Guard.KILLS_DONE, _to(S.KILLED), _to(S.KILLING)),
        E.GIVEN_BACK: _if(Guard.COVERED, _to(S.KILLED), _to(S.KILLING)),
        E.REFUNDED_ELSEWHERE: _if(Guard.COVERED, _to(S.KILLED), _to(S.KILLING)),
        E.DISPUTE_OPENED: _to(S.KILLING, Effect.HOLD),
        E.DISPUTE_WON: _to(S.KILLING, Effect.RELEASE),
        E.DISPUTE_LOST: _if(Guard.COVERED, _to(S.KILLED, Effect.RELEASE), _to(S.KILLING, Effect.RELEASE)),
    },
    S.KILLED: {
        **_stay(S.KILLED, E.DECLINED, E.CANCELLED, E.NOT_SENT, E.NO_REPLY, E.RESTARTED, E.NOT_FOUND),
        **_stay(S.KILLED, E.KILL_ACKNOWLEDGED, E.KILLS_PROVED, E.GIVEN_BACK, E.SWEEP_ENDED),
        **_stay(S.KILLED, E.SETTLEMENT_REJECTED, E.VOIDED, E.RETURNED),
        E.ACKNOWLEDGED: _to(S.KILLING, Effect.ALERT),
        E.APPROVED: _after_the_door(S.KILLED, E.APPROVED),
        E.AUTHORIZED: _after_the_door(S.KILLED, E.AUTHORIZED),
        E.PENDED: _after_the_door(S.KILLED, E.PENDED),
        E.SETTLED: _after_the_door(S.KILLED, E.SETTLED),
        E.RE_PRESENTED: _late(S.SETTLED, Effect.ALERT),
        E.REFUNDED_ELSEWHERE: _once(_to(S.KILLED, Effect.OVER_RETURNED)),
        E.DISPUTE_OPENED: _to(S.KILLED, Effect.TASK),
        E.DISPUTE_WON: _to(S.KILLED, Effect.TASK),
        E.DISPUTE_LOST: _once(_to(S.KILLED, *_TOO_MUCH)),
    },
    S.NOT_SENT: _over(S.NOT_SENT),
    S.DECLINED: _over(S.DECLINED),
    S.CANCELLED: _over(S.CANCELLED),
    S.APPROVED: {
        **_known_approval(S.APPROVED),
        **_given_elsewhere(S.APPROVED),
        **_bank_took_it_back(S.RETURNED, E.SETTLEMENT_REJECTED, E.RETURNED),
        E.VOIDED: _taken_back(S.APPROVED),
        E.SETTLED: _if(Guard.TAKEN_BACK, _to(S.SETTLED, Effect.ALERT, Effect.TASK), _to(S.SETTLED)),
        E.STOPPED: _if(Guard.UNDECIDED, _to(S.KILLING, Effect.OWE_REVERSAL), None),
    },
    S.PENDING: {
        **_stay(S.PENDING, E.ACKNOWLEDGED, E.PENDED, E.RESTARTED, E.NO_REPLY, E.NOT_FOUND),
        **_given_elsewhere(S.PENDING),
        **_bank_took_it_back(S.RETURNED, E.SETTLEMENT_REJECTED, E.RETURNED, E.DECLINED),
        **_bank_took_it_back(S.VOIDED, E.CANCELLED),
        E.VOIDED: _if(Guard.OUR_VOID, _to(S.APPROVED), _to(S.VOIDED, Effect.OWE_REVERSAL)),
        E.APPROVED: _to(S.APPROVED),
        E.SETTLED: _to(S.SETTLED),
    },
    S.SETTLED: {
        **_known_approval(S.SETTLED),
        **_given_elsewhere(S.SETTLED),
        **_bank_took_it_back(S.RETURNED, E.SETTLEMENT_REJECTED, E.RETURNED),
        E.SETTLED: _to(S.SETTLED),
        E.VOIDED: _to(S.SETTLED, Effect.ALERT, Effect.TASK),
    },
    S.RETURNED: {
        **_stay(S.RETURNED, E.ACKNOWLEDGED, E.APPROVED, E.PENDED, E.DECLINED, E.RESTARTED),
        **_stay(S.RETURNED, E.SETTLED, E.SETTLEMENT_REJECTED, E.VOIDED, E.RETURNED),
        E.REFUNDED_ELSEWHERE: _once(_to(S.RETURNED, *_TOO_MUCH)),
        E.RE_PRESENTED: _to(S.SETTLED, Effect.OWE_REPOSTING),
        E.DISPUTE_OPENED: _once(_to(S.RETURNED, Effect.HOLD, Effect.TASK)),
        E.DISPUTE_WON: _to(S.RETURNED, Effect.RELEASE),
        E.DISPUTE_LOST: _once(_to(S.RETURNED, *_TOO_MUCH, Effect.RELEASE)),
    },
    S.VOIDED: {
        **_stay(S.VOIDED, E.ACKNOWLEDGED, E.APPROVED, E.PENDED, E.CANCELLED, E.RESTARTED),
        **_stay(S.VOIDED, E.SETTLEMENT_REJECTED, E.VOIDED, E.RETURNED),
        E.SETTLED: _to(S.VOIDED, Effect.ALERT, Effect.TASK),
        E.REFUNDED_ELSEWHERE: _once(_to(S.VOIDED, *_TOO_MUCH)),
        E.DISPUTE_OPENED: _to(S.VOIDED, Effect.TASK),
        E.DISPUTE_WON: _to(S.VOIDED, Effect.TASK),
        E.DISPUTE_LOST: _once(_to(S.VOIDED, *_TOO_MUCH)),
    },
}


def cell(state: MoneyState, event: MoneyEvent) -> Cell | None:
    """The cell for a pair, its guard not yet decided (guards.py does that), or None: impossible."""
    return TABLE[state].get(event)
