"""One thrown message played to its end: the real agent works, a person sits beside it and presses what is a person's.

The person waits until the agent has said why it waits, so that a case which is never explained ends as stuck. The
verdict comes from the books alone.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tools.benches import honest
from tools.benches.colleague import Colleague, Seen, sit_down
from tools.benches.crash_campaign import Play, ask
from tools.benches.crash_judge import Verdict
from tools.benches.crash_judge_real import Wanted, judge_books
from tools.benches.crash_lane import Json, Lane, open_lane, rehearse, until
from tools.benches.crash_real import rows_of, show_some
from tools.benches.dialogs_table import Case, case_of

END_S = 400.0
PATIENCE_S = 2.0
"""A message that stood so long after the agent said why it waits is a person's."""
FORGOTTEN_S = 40.0
"""A window that the agent opened and nobody uses is closed by the agent before that."""
SETTLED_S = 0.5
_OPENING = threading.Lock()
"""The X library reads a display's cookie from the process's environment: one desk after the other."""


@dataclass(slots=True, kw_only=True)
class Thrown:
    """One case. `seen`: how it ended, in the words of the table. `reasons`: codes told while a person was waited for.
    `struck`: the message really came."""

    case: Case
    profile: str
    lane: int
    seen: str = ""
    struck: bool = False
    pressed: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    why: str = ""
    seconds: float = 0.0
    verdict: Verdict | None = None

    @property
    def aim(self) -> str:
        return self.case.key

    @property
    def fell(self) -> str:
        return self.case.key

    @property
    def as_told(self) -> bool:
        """Did it end as the table says? A posting that called a person although none is needed is not wrong."""
        either = {"posted", "person"} if self.case.kind == "post" else {"clean", "told"}
        allowed = {"either": either, "posted": {"posted", "person"}}
        return self.seen in allowed.get(self.case.end, {self.case.end})

    @property
    def bad(self) -> bool:
        return bool(self.why) or self.verdict is None or self.verdict.wrong or not self.as_told

    @property
    def used_up(self) -> bool:
        return self.bad

    def told(self) -> str:
        notes = [self.why, self.verdict.why if self.verdict else "", "" if self.struck else "it did not come"]
        if not self.as_told or (self.case.end == "posted" and self.seen != "posted"):
            notes.append(f"must be {self.case.end}")
        notes += [f"a person pressed {', '.join(self.pressed)}"] if self.pressed else []
        notes += [f"told: {', '.join(self.reasons)}"] if self.reasons else []
        words = "; ".join(note for note in notes if note)
        return f"{self.profile} {self.case.key}: {self.seen} after {self.seconds:.0f} s. {words}".strip()

    def summary(self) -> Json:
        """What the figures are made of, as plain data: it can be kept, and the bench resumed."""
        verdict = self.verdict
        return {
            "profile": self.profile,
            "end": self.case.end,
            "seen": self.seen,
            "struck": self.struck,
            "wrong": self.bad,
            "duplicate": verdict is not None and (verdict.double_charge or verdict.double_posting),
            "lost": verdict is not None and verdict.lost,
            "attended": bool(self.pressed),
        }


@dataclass(slots=True)
class Desk:
    """A lane with a person at it."""

    lane: Lane
    person: Colleague


def open_desk(number: int, folder: Path, seed: int, stack: ExitStack, profile: str) -> Desk:
    with _OPENING:
        lane = open_lane(number, folder, seed, stack, profile)
        person = sit_down(lane.screen.env, lane.desk)
    stack.callback(person.close)
    return Desk(lane, person)


def play_one(desk: Desk, key: str, chance: random.Random) -> Thrown:
    """Raises Undone if the bench could not do its part."""
    case = case_of(key)
    wanted = begin(desk, chance)
    done = Thrown(case=case, profile=desk.lane.desk.profile, lane=desk.lane.number)
    began = time.monotonic()
    {"post": _post, "rehearse": _rehearse, "read": _read}[case.kind](desk, done, wanted, chance)
    done.seconds = time.monotonic() - began
    return done


def begin(desk: Desk, chance: random.Random) -> Wanted:
    """New books, nothing but the main window on the screen, some client's invoice in front."""
    lane = desk.lane
    if desk.person.windows() != 1:
        lane.reopen()
    lane.ledger("/reset", {"scene": "default", "seed": chance.randrange(1, 100_000)})
    lane.network.books.mark()
    lane.truth.mark()
    lane.ledger("/faults", dict(lane.desk.quick) or {"ledger_delay_ms": "-1"})
    wanted = show_some(lane, chance)
    rehearse(lane.agent)
    return wanted


# ---- a posting ------------------------------------------------------------------------------------


def _post(desk: Desk, done: Thrown, wanted: Wanted, chance: random.Random) -> None:
    lane = desk.lane
    _arm(lane, done.case)
    payment_id = str(uuid.UUID(int=chance.getrandbits(128)))
    ask(lane.agent, payment_id)
    carry(desk, done, payment_id, wanted)
    done.struck = _has_struck(lane, done.case)
    time.sleep(SETTLED_S)  # what comes late is judged, too
    done.verdict = judge_books(wanted, lane.network.books.new(), rows_of(lane))
    if done.seen != "stuck":  # a desk with a stuck payment is not used again
        honest.give_up(lane.agent, lane.agent.get(f"/v1/payments/{payment_id}")["payment"])


def carry(desk: Desk, done: Thrown, payment_id: str, wanted: Wanted) -> None:
    """Watch the payment to its end; the person presses what stands there after the agent has said why it waits."""
    ends, since = time.monotonic() + END_S, Standing()
    while True:
        payment = desk.lane.agent.get(f"/v1/payments/{payment_id}")["payment"]
        if payment["finished"]:
            done.seen = "person" if done.pressed else "posted"
            return
        seen, reason = desk.person.message(), reason_of(payment)
        if since.long_enough(seen.text if seen else "", reason):
            if payment["posting_state"] == "needs_attention" and seen is None:
                _answer_honestly(desk, done, payment)
            elif seen is not None:
                _press(desk, done, seen, reason, wanted)
            elif reason == "window_open":
                _close_the_window(desk, done, since)
        if time.monotonic() > ends:
            done.seen, done.why = "stuck", f"stuck: {payment['posting_state']}, {reason or 'no reason told'}"
            return
        time.sleep(0.1)


def _close_the_window(desk: Desk, done: Thrown, since: Standing) -> None:
    """Answering a message let a payment window open; the person is told of it and does not want it."""
    if since.seconds < FORGOTTEN_S or not desk.person.payment_window():
        return  # the agent closes its own by itself when nobody has touched it for a while
    done.pressed.append("cancel of the payment window")
    done.reasons.append("window_open")
    desk.person.close_payment()


@dataclass(slots=True)
class Standing:
    """Since when the same message (or none) has stood there with the same reason told."""

    what: tuple[str, str] = ("", "")
    since: float = 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.since

    def long_enough(self, text: str, reason: str, patience_s: float = PATIENCE_S) -> bool:
        now = time.monotonic()
        if (text, reason) != self.what:
            self.what, self.since = (text, reason), now
        return bool(reason) and now - self.since >= patience_s


def reason_of(payment: Json) -> str:
    """Why the posting waits, as a code; only where a sentence for people comes with it."""
    newest = payment["postings"][-1] if payment["postings"] else {}
    return str(newest.get("reason", "")) if newest.get("reason_text") else ""


def _press(desk: Desk, done: Thrown, seen: Seen, reason: str, wanted: Wanted) -> None:
    """What a careful person presses; a program that ended by it is started again, on the same client."""
    caption = desk.person.way_out(seen)
    done.pressed.append(caption)
    done.reasons.append(reason)
    if not desk.person.press(seen, caption):
        done.why = f"the message stays: {seen.text}"
    time.sleep(SETTLED_S)
    if desk.lane.skin.poll() is not None:
        desk.lane.reopen()
        show = {"act": "show", "client": wanted.client, "invoice": wanted.invoice}
        desk.lane.ledger("/world", show)


def _answer_honestly(desk: Desk, done: Thrown, payment: Json) -> None:
    done.reasons.append(payment["postings"][-1]["reason"])
    done.pressed.append(honest.answer(desk.lane.agent, payment, rows_of(desk.lane)))


# ---- a rehearsal, and a read ----------------------------------------------------------------------


def _rehearse(desk: Desk, done: Thrown, wanted: Wanted, chance: random.Random) -> None:
    lane = desk.lane
    _arm(lane, done.case)
    told = lane.agent.post("/v1/rehearse")
    done.struck = _has_struck(lane, done.case)
    seen, trouble = desk.person.message(), told.get("trouble")
    if told.get("found") == "as_expected" and seen is None:
        done.seen = "clean"
    elif trouble is not None and trouble["text"]:
        done.seen = "told"
        done.reasons.append(trouble["code"])
    else:
        done.why = f"left behind: {seen}, {told}"
    _leave_alone(desk, done, seen)
    done.verdict = _untouched(lane)


def _read(desk: Desk, done: Thrown, wanted: Wanted, chance: random.Random) -> None:
    lane = desk.lane
    lane.ledger("/world", {"act": "pop", "dialog": done.case.dialog})
    until("the message", desk.person.message, 20, 0.05)
    told = lane.agent.post("/v1/invoice")
    seen, trouble = desk.person.message(), told.get("trouble")
    done.struck = seen is not None
    if trouble is not None and trouble["code"] == "dialog_in_the_way" and seen is not None:
        done.seen = "told"
    _leave_alone(desk, done, seen)
    if desk.person.message() is None:
        until(
            "the invoice again",
            lambda: lane.agent.post("/v1/invoice").get("invoice_number") == wanted.invoice,
            30,
        )
    done.verdict = _untouched(lane)


def _leave_alone(desk: Desk, done: Thrown, seen: Seen | None) -> None:
    """A person's message is still there; the person closes it."""
    if done.case.end == "told" and seen is None:
        done.why = "the message was answered, and it is a person's"
    if seen is not None:
        caption = desk.person.way_out(seen)
        done.pressed.append(caption)
        desk.person.press(seen, caption)


def _untouched(lane: Lane) -> Verdict:
    """Nothing was charged and nothing is in the books."""
    time.sleep(SETTLED_S)
    rows = [row for row in rows_of(lane) if row["by"] == "skin"]
    charged = [line for line in lane.network.books.new() if line["kind"] == "capture"]
    why = "; ".join(["something is in the books"] * bool(rows) + ["something was charged"] * bool(charged))
    return Verdict(wrong=bool(why), double_charge=False, double_posting=bool(rows), lost=False, why=why)


# ---- the knob -------------------------------------------------------------------------------------


def _arm(lane: Lane, case: Case) -> None:
    lane.ledger("/faults", {f"dialog_{case.dialog}": f"{case.moment}*1"})


def _has_struck(lane: Lane, case: Case) -> bool:
    told = lane.asked("/faults")["faults"]
    return bool(told[f"dialog_{case.dialog}"] == "none")


def play_of(profile: str) -> Play[Desk, Thrown]:
    """How the lanes of one version play; every case judges itself."""
    return Play(partial(open_desk, profile=profile), play_one, lambda desk, done: None)
