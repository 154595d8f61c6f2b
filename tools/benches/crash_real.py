"""Real kills: the agent dies by SIGKILL inside a wanted stage of a real payment, and starts again over its journal.

Nothing in the product helps: the moment is found by looking from outside, and where a kill really fell is read
afterwards from a copy of the journal and from the books. After the restart the face only repeats what it had asked
for; the payment must come to its end by itself. The verdict comes from the books alone.
"""

from __future__ import annotations

import random
import shutil
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tools.benches.crash_judge import Verdict
from tools.benches.crash_judge_real import Line, Wanted, judge_books
from tools.benches.crash_lane import Json, Lane, Undone, events_of, open_lane, until
from tools.demo import parts

STAGES = ("sending", "running", "result_before_journal", "typing", "commit_to_read_back")
REST_S = 240.0
"""The longest honest way to an end: the program's settling time (60 s) and the looks around it, on a busy machine."""
METHOD = "Tillbridge"
FOLDER = parts.ROOT / "var" / "crash"
"""Journals, books and output of the last run stay here."""
UNDONE_MAX = 6


@dataclass(slots=True, kw_only=True)
class Round:
    """One kill. `aim`: where it was to fall; `fell`: where it fell, by journal and books."""

    aim: str
    lane: int
    payment_id: str
    wanted: Wanted
    fell: str = ""
    after_ms: int = 0
    stuck: bool = False
    attention: bool = False
    ended: str = ""
    seconds: float = 0.0
    verdict: Verdict | None = None

    def told(self) -> str:
        where = self.fell if self.fell == self.aim else f"{self.fell} (aimed at {self.aim})"
        marks = [self.verdict.why if self.verdict else "", "stuck" if self.stuck else ""]
        marks += ["a person is asked" if self.attention else ""]
        bad = "; ".join(mark for mark in marks if mark)
        return f"lane {self.lane}: killed in {where}, {self.ended} after {self.seconds:.0f} s {bad}".rstrip()


# ---- when to kill ---------------------------------------------------------------------------------


def _told(lane: Lane, payment_id: str) -> list[str]:
    return [step["kind"] for step in lane.agent.get(f"/v1/payments/{payment_id}")["story"]]


def _in_sending(lane: Lane, payment_id: str, chance: random.Random) -> None:
    """The terminal's start is answered late: the request is out, its reply is not in."""
    time.sleep(chance.uniform(0.0, 0.45))


def _in_running(lane: Lane, payment_id: str, chance: random.Random) -> None:
    until("the terminal to have it", lambda: "acknowledged" in _told(lane, payment_id), 30)
    time.sleep(chance.uniform(0.0, 0.7))


def _in_result(lane: Lane, payment_id: str, chance: random.Random) -> None:
    """The money is taken and the agent has not written it down: right after the network's own line."""
    until(
        "the capture", lambda: any(line["kind"] == "capture" for line in lane.network.books.new()), 30, 0.002
    )
    time.sleep(chance.uniform(0.0, 0.12))


def _in_typing(lane: Lane, payment_id: str, chance: random.Random) -> None:
    until("the typing", lambda: "posting_clear" in _told(lane, payment_id), 60)
    time.sleep(chance.uniform(0.0, 0.5))


def _in_read_back(lane: Lane, payment_id: str, chance: random.Random) -> None:
    """The row is in the books and the agent has not seen it: right after the books' own line."""
    until("the row", lambda: rows_of(lane), 60, 0.002)
    time.sleep(chance.uniform(0.0, 0.5))


MOMENTS: dict[str, Callable[[Lane, str, random.Random], None]] = {
    "sending": _in_sending,
    "running": _in_running,
    "result_before_journal": _in_result,
    "typing": _in_typing,
    "commit_to_read_back": _in_read_back,
}


def _prepare_faults(lane: Lane, aim: str, chance: random.Random) -> None:
    """Make the wanted stage long enough to be hit. Nothing here changes what may happen, only when."""
    lane.network.no_faults()
    if aim == "sending":
        lane.network.faults({"kind": "slow", "op": "start", "delay_ms": 450})
    if aim == "result_before_journal" and chance.random() < 0.5:
        lane.network.faults({"kind": "slow", "op": "inquire", "delay_ms": 250, "times": 0})
    delay = "1500" if aim == "commit_to_read_back" else "-1"
    lane.ledger("/faults", {"ledger_delay_ms": delay})


# ---- where it fell --------------------------------------------------------------------------------


def rows_of(lane: Lane) -> list[Json]:
    return [act for act in lane.truth.new() if act["kind"] != "scene"]


def stage_of(kinds: Sequence[str], network: Sequence[Line], rows: Sequence[Line], at: float) -> str:
    """The stage of a kill at the wall time `at`, from what the dead agent had journalled and what the books had."""
    captured = any(line["kind"] == "capture" and line["at_ms"] <= at * 1000 for line in network)
    entered = any(datetime.fromisoformat(row["at"]).timestamp() <= at for row in rows)
    if "posting_found" in kinds:
        return "over"
    if entered:
        return "commit_to_read_back"
    if "posting_clear" in kinds:
        return "typing"
    if "approved" in kinds:
        return "before_typing"
    if captured:
        return "result_before_journal"
    if "acknowledged" in kinds:
        return "running"
    return "sending" if "send_started" in kinds else "before_sending"


def _of_first_life(killed_in: str, kinds: Sequence[str], rows: Sequence[Line]) -> str:
    """A row that came after the kill, and was typed only once, was typed by the dead: its commit was under way."""
    under_way = killed_in == "typing" and bool(rows) and kinds.count("posting_clear") == 1
    return "commit_under_way" if under_way else killed_in


# ---- one round ------------------------------------------------------------------------------------


def begin(lane: Lane, aim: str, chance: random.Random) -> Round:
    """New books, another client in front, the payment asked for. Both books are read from here on."""
    lane.ledger("/reset", {"scene": "default", "seed": chance.randrange(1, 100_000)})
    lane.network.books.mark()
    lane.truth.mark()
    number, row = chance.choice(sorted(lane.open_invoices().items()))
    lane.ledger("/world", {"act": "show", "client": row["client"], "invoice": number})
    until("the invoice on the screen", lambda: _shows(lane, number), 60, 0.05)
    _prepare_faults(lane, aim, chance)
    wanted = Wanted(
        client=row["client"], invoice=number, minor=row["balance_minor"], currency="USD", method=METHOD
    )
    return Round(
        aim=aim, lane=lane.number, payment_id=str(uuid.UUID(int=chance.getrandbits(128))), wanted=wanted
    )


def _shows(lane: Lane, number: str) -> bool:
    return bool(lane.agent.post("/v1/invoice").get("invoice_number") == number)


def ask(lane: Lane, payment_id: str) -> None:
    """What the face does, before and after: the same request with the same id."""
    lane.agent.post("/v1/payments", {"payment_id": payment_id, "terminal_id": "front-desk-1"})


def kill_once(lane: Lane, aim: str, chance: random.Random) -> Round:
    """One payment with one kill, to its rest. Raises Undone if the bench could not do its part."""
    done = begin(lane, aim, chance)
    ask(lane, done.payment_id)
    MOMENTS[aim](lane, done.payment_id, chance)
    at = lane.agent.kill()
    kinds = events_of(lane.agent.home, done.payment_id)
    network, rows = lane.network.books.new(), rows_of(lane)
    done.fell = stage_of(kinds, network, rows, at)
    began = time.monotonic()
    lane.agent.start()
    ask(lane, done.payment_id)
    _rest(lane, done)
    done.seconds = time.monotonic() - began
    done.fell = _of_first_life(done.fell, _told(lane, done.payment_id), rows_of(lane))
    return done


def _rest(lane: Lane, done: Round) -> None:
    """Wait until it ends by itself, or only a person can go on, or too long."""
    ends = time.monotonic() + REST_S
    while True:
        payment = lane.agent.get(f"/v1/payments/{done.payment_id}")["payment"]
        done.ended = f"{payment['money_state']}/{payment['posting_state']}"
        done.attention = "AskPerson" in payment["next"] or payment["posting_state"] == "needs_attention"
        if payment["finished"] or done.attention or payment["money_state"] == "killed":
            return
        if time.monotonic() > ends:
            done.stuck = True
            return
        time.sleep(0.1)


def judge_round(lane: Lane, done: Round) -> None:
    """From the books alone. Called before the next round begins: what came late is judged, too."""
    done.verdict = judge_books(done.wanted, lane.network.books.new(), rows_of(lane))


# ---- many rounds ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Campaign:
    """What is still to be killed, shared by the lanes, and what came of it."""

    aims: deque[str]
    least: int
    folder: Path
    seed: int
    rounds: list[Round] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_aim(self) -> str | None:
        with self.lock:
            return self.aims.popleft() if self.aims else None

    def add(self, done: Round) -> None:
        """A kill that fell elsewhere counts as a kill, and its stage is tried again while it lacks some."""
        with self.lock:
            self.rounds.append(done)
            fell = Counter(one.fell for one in self.rounds)
            waiting = self.aims.count(done.aim)
            if done.fell != done.aim and fell[done.aim] + waiting < self.least and len(self.rounds) < 400:
                self.aims.append(done.aim)
            print(f"  {len(self.rounds):3d}. {done.told()}", flush=True)

    def add_undone(self, aim: str, why: Exception) -> None:
        """The bench failed, not the product: the aim is put back. Raises Undone if that goes on."""
        with self.lock:
            self.undone.append(f"{aim}: {why}")
            print(f"  again: {aim}: {why}", flush=True)
            self.aims.append(aim)
            if len(self.undone) > UNDONE_MAX:
                raise Undone("; ".join(self.undone))


def aims_for(quick: bool) -> tuple[deque[str], int]:
    """Typing first: what was typed half waits for the program's settling time, so these take the longest."""
    per_stage = dict.fromkeys(STAGES, 2 if quick else 22) | ({} if quick else {"typing": 14})
    others = [stage for n in range(max(per_stage.values())) for stage in STAGES if n < per_stage[stage]]
    ordered = [s for s in others if s == "typing"] + [s for s in others if s != "typing"]
    return deque(ordered), 2 if quick else 10


def run_real(quick: bool, seed: int, lanes: int = 4) -> list[Round]:
    """Every wanted kill. Raises Undone if the bench itself does not get through."""
    aims, least = aims_for(quick)
    shutil.rmtree(FOLDER, ignore_errors=True)
    with ThreadPoolExecutor(lanes) as pool:
        campaign = Campaign(aims, least, FOLDER, seed)
        for work in [pool.submit(_work, campaign, number) for number in range(lanes)]:
            work.result()
    return campaign.rounds


def _work(campaign: Campaign, number: int) -> None:
    """One lane's life: a lane in which something went wrong is closed, and a fresh one goes on."""
    chance = random.Random(f"{campaign.seed} {number}")
    opened = 0
    while campaign.aims:
        opened += 1
        with ExitStack() as stack:
            folder = campaign.folder / f"{number}-{opened}"
            _play_lane(campaign, open_lane(number, folder, chance.randrange(1, 10_000), stack), chance)


def _play_lane(campaign: Campaign, lane: Lane, chance: random.Random) -> None:
    while (aim := campaign.next_aim()) is not None:
        try:
            done = kill_once(lane, aim, chance)
        except Undone as why:
            campaign.add_undone(aim, why)
            return
        time.sleep(0.5)  # late rows and late captures come now, or are seen as doubles
        judge_round(lane, done)
        campaign.add(done)
        if done.stuck or done.attention or (done.verdict and done.verdict.wrong):
            return
