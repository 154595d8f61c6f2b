"""One payment under one fault knob: it ends by itself, or it says why it waits, a person mends it, and it ends then.

The verdict comes from the books alone. The person mends only after a reason was told that stays.
"""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import dataclass, field
from functools import partial

from tools.benches import honest
from tools.benches.crash_campaign import Play
from tools.benches.crash_judge import Verdict
from tools.benches.crash_judge_real import Line, Wanted, judge_books, judge_waiting
from tools.benches.crash_lane import Json, Lane, Undone
from tools.benches.crash_real import rows_of
from tools.benches.dialogs_play import SETTLED_S, Desk, Standing, begin, open_desk, reason_of
from tools.benches.knobs_table import UNDONE_BY, Row, row_of

END_S = 400.0
PATIENCE_S = 8.0
"""A reason that was told for so long does not go away by itself."""
DOUBT_S = 150.0
"""While it is looked for it may still be proved absent by itself: longer than the packs' settling time."""
MENDS_MAX = 2
"""What waits with the same reason after so much mending waits for a decision."""
TERMINAL = "front-desk-1"


@dataclass(slots=True, kw_only=True)
class Turned:
    """One payment under one knob. `seen`: posted, told (and mended), refused, asked, stuck."""

    row: Row
    profile: str
    lane: int
    seen: str = ""
    reasons: list[str] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    why: str = ""
    seconds: float = 0.0
    verdict: Verdict | None = None

    @property
    def aim(self) -> str:
        return self.row.key

    @property
    def fell(self) -> str:
        return self.row.key

    @property
    def bad(self) -> bool:
        return bool(self.why) or self.verdict is None or self.verdict.wrong or self.seen not in self.row.ends

    @property
    def used_up(self) -> bool:
        """Money that was taken and not posted holds back what can be charged on that invoice later."""
        return self.bad or self.seen == "asked"

    def told(self) -> str:
        notes = [self.why, self.verdict.why if self.verdict else "no verdict"]
        notes += [f"must be {' or '.join(sorted(self.row.ends))}"] if self.seen not in self.row.ends else []
        notes += [f"told: {', '.join(self.reasons)}"] if self.reasons else []
        notes += [f"a person: {', '.join(self.did)}"] if self.did else []
        words = "; ".join(note for note in notes if note)
        return f"{self.profile} {self.row.key}: {self.seen} after {self.seconds:.0f} s. {words}".strip()

    def summary(self) -> Json:
        verdict = self.verdict
        return {
            "profile": self.profile,
            "knobs": [name for name, _ in self.row.knobs],
            "seen": self.seen,
            "wrong": self.bad,
            "duplicate": verdict is not None and (verdict.double_charge or verdict.double_posting),
            "lost": verdict is not None and verdict.lost,
        }


def play_one(desk: Desk, key: str, chance: random.Random) -> Turned:
    """Raises Undone if the bench could not do its part."""
    lane = desk.lane
    wanted = begin(desk, chance)
    done = Turned(row=row_of(key), profile=lane.desk.profile, lane=lane.number)
    began = time.monotonic()
    lane.ledger("/faults", done.row.values)
    for act, word in done.row.acts:
        _act(lane, act, word, wanted)
    lane.ledger("/world", {"act": "refresh"})
    time.sleep(SETTLED_S)  # the screen shows it by now
    payment_id = str(uuid.UUID(int=chance.getrandbits(128)))
    if _asked(lane, payment_id, done, wanted):
        _carry(desk, done, payment_id, wanted)
    time.sleep(SETTLED_S)  # what comes late is judged, too
    done.verdict = _judged(lane, done, wanted)
    done.seconds = time.monotonic() - began
    _mend(desk, done, wanted, [])
    if done.seen == "asked":
        honest.give_up(lane.agent, lane.agent.get(f"/v1/payments/{payment_id}")["payment"])
    return done


def _asked(lane: Lane, payment_id: str, done: Turned, wanted: Wanted) -> bool:
    """Ask for the payment that a face shows. False if that was refused, with a reason."""
    shown = {
        "payment_id": payment_id,
        "terminal_id": TERMINAL,
        "account_id": wanted.client,
        "invoice_number": wanted.invoice,
        "expected_minor": wanted.minor,
    }
    try:
        lane.agent.post("/v1/payments", shown)
    except Undone as why:
        if ": 422 " not in str(why):
            raise
        done.seen = "refused"
        done.reasons.append(str(why).partition('"code":"')[2].partition('"')[0])
        return False
    return True


def _carry(desk: Desk, done: Turned, payment_id: str, wanted: Wanted) -> None:
    """Watch the payment to its end."""
    ends, since = time.monotonic() + END_S, Standing()
    while True:
        payment = desk.lane.agent.get(f"/v1/payments/{payment_id}")["payment"]
        if payment["finished"]:
            done.seen = "told" if done.did else "posted"
            return
        reason, state = reason_of(payment), payment["posting_state"]
        gone = desk.lane.skin.poll() is not None
        by_itself = state == "unsure" and not gone and desk.person.message() is None
        patience = DOUBT_S if by_itself else PATIENCE_S
        if since.long_enough(state, reason, patience):
            if state == "needs_attention":
                if not _attended(desk, done, payment, wanted):
                    return
            else:
                done.reasons.append(reason)
                enough = done.reasons.count(reason) > MENDS_MAX and state != "unsure"
                if enough and "asked" in done.row.ends:
                    done.seen = "asked"
                    return
                _mend(desk, done, wanted, done.did)
                desk.lane.agent.post(f"/v1/payments/{payment_id}/resume")  # and says: go on now
            since = Standing()
        if time.monotonic() > ends:
            done.seen, done.why = "stuck", f"stuck: {state}, {reason or 'no reason told'}"
            return
        time.sleep(0.1)


def _attended(desk: Desk, done: Turned, payment: Json, wanted: Wanted) -> bool:
    """A person was asked. True: it was mended, what is in the books was said, and it goes on. False: it ends here, not
    in the books, because what is owed is another sum now."""
    reason = reason_of(payment)
    done.reasons.append(reason)
    surely_not = not payment["postings"][-1]["may_be_posted"]
    if (surely_not or done.reasons.count(reason) > MENDS_MAX) and "asked" in done.row.ends:
        done.seen = (
            "asked"  # said "not posted" often enough: somebody has to decide what becomes of the money
        )
        return False
    _mend(desk, done, wanted, done.did)
    done.did.append(honest.answer(desk.lane.agent, payment, rows_of(desk.lane)))
    return True


def _mend(desk: Desk, done: Turned, wanted: Wanted, did: list[str]) -> None:
    """All knobs back, other programs away, a program that ended is started again, on the same client."""
    lane = desk.lane
    usual = lane.asked("/faults")["knobs"]
    lane.ledger("/faults", {name: usual[name]["default"] for name in done.row.values})
    for act, word in done.row.acts:
        _act(lane, UNDONE_BY[act], word, wanted)
    lane.ledger("/faults", dict(lane.desk.quick))
    seen = desk.person.message()
    if seen is not None:
        caption = desk.person.way_out(seen)
        did.append(f"pressed {caption}")
        desk.person.press(seen, caption)
    else:
        did.append("mended it")
    if lane.skin.poll() is not None or desk.person.windows() != 1:
        lane.reopen()
    lane.ledger("/world", {"act": "show", "client": wanted.client, "invoice": wanted.invoice})


def _act(lane: Lane, act: str, word: str, wanted: Wanted) -> None:
    """Something that somebody else does. `word`: what it needs to be told."""
    needs = {"client": wanted.client} if word == "client" else {}
    lane.ledger("/world", {"act": act, **needs})


def _judged(lane: Lane, done: Turned, wanted: Wanted) -> Verdict:
    """A colleague's own postings in the books are part of the fault and no posting of ours."""
    network = lane.network.books.new()
    ours: list[Line] = [row for row in rows_of(lane) if row["by"] == "skin"]
    if done.seen == "asked":
        return judge_waiting(wanted, network, ours)
    verdict = judge_books(wanted, network, ours)
    if done.seen == "refused" and (network or ours):
        return Verdict(
            wrong=True, double_charge=False, double_posting=False, lost=False, why="refused, and yet charged"
        )
    return verdict


def play_of(profile: str) -> Play[Desk, Turned]:
    return Play(partial(open_desk, profile=profile), play_one, lambda desk, done: None)
