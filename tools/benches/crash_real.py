"""Real kills: the agent dies by SIGKILL inside a wanted stage of a real payment, and starts again over its journal.

Nothing in the product helps: the moment is found by looking from outside, and where a kill really fell is read
afterwards from a copy of the journal and from the books. After the restart the face only repeats what it had asked
for; the payment must come to its end by itself. The verdict comes from the books alone.
"""

from __future__ import annotations

import random
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from tillbridge.testing.front_desks import FrontDesk
from tools.benches.crash_campaign import Campaign, Play, Round, ask, fresh_folder, go_on, rest, told
from tools.benches.crash_judge_real import Line, Wanted, judge_books, oldest_first
from tools.benches.crash_lane import Json, Lane, events_of, open_lane, until
from tools.benches.honest import answer

STAGES = ("sending", "running", "result_before_journal", "typing", "commit_to_read_back")
KILLS = {"v6": (14, 10), "v5": (6, 4), "v7": (6, 4)}
"""By version: kills aimed at each stage, and how many must have fallen there."""
QUICK_KILLS = {"v6": (1, 1), "v5": (1, 1), "v7": (1, 1)}


# ---- when to kill ---------------------------------------------------------------------------------


def _in_sending(lane: Lane, payment_id: str, chance: random.Random) -> None:
    """The terminal's start is answered late: the request is out, its reply is not in."""
    time.sleep(chance.uniform(0.0, 0.45))


def _in_running(lane: Lane, payment_id: str, chance: random.Random) -> None:
    until("the terminal to have it", lambda: "acknowledged" in told(lane.agent, payment_id), 30)
    time.sleep(chance.uniform(0.0, 0.7))


def _in_result(lane: Lane, payment_id: str, chance: random.Random) -> None:
    """The money is taken and the agent has not written it down: right after the network's own line."""
    until(
        "the capture", lambda: any(line["kind"] == "capture" for line in lane.network.books.new()), 30, 0.002
    )
    time.sleep(chance.uniform(0.0, 0.12))


def _in_typing(lane: Lane, payment_id: str, chance: random.Random) -> None:
    until("the typing", lambda: "posting_clear" in told(lane.agent, payment_id), 60)
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
    wanted = show_some(lane, chance)
    _prepare_faults(lane, aim, chance)
    return Round(
        aim=aim,
        lane=lane.number,
        payment_id=str(uuid.UUID(int=chance.getrandbits(128))),
        wanted=wanted,
        profile=lane.desk.profile,
    )


def show_some(lane: Lane, chance: random.Random) -> Wanted:
    """Bring some client's invoice to the front; what its payment must leave behind."""
    invoices = lane.open_invoices()
    number, row = chance.choice(sorted(invoices.items()))
    lane.ledger("/world", {"act": "show", "client": row["client"], "invoice": number})
    until("the invoice on the screen", lambda: _shows(lane, number), 60, 0.05)
    return wanted_of(lane.desk, invoices, number)


def wanted_of(desk: FrontDesk, invoices: dict[str, Json], number: str) -> Wanted:
    """All of one invoice; where the software pays the oldest balances, all that the client owes."""
    row = invoices[number]
    spread: tuple[tuple[str, int], ...] = ()
    minor = row["balance_minor"]
    if desk.applies_to == "oldest":
        minor = sum(one["balance_minor"] for one in invoices.values() if one["client"] == row["client"])
        spread = oldest_first(invoices, row["client"], minor)
    return Wanted(
        client=row["client"],
        invoice=number,
        minor=minor,
        currency="USD",
        method=desk.payment_method,
        spread=spread,
    )


def _shows(lane: Lane, number: str) -> bool:
    return bool(lane.agent.post("/v1/invoice").get("invoice_number") == number)


def kill_once(lane: Lane, aim: str, chance: random.Random) -> Round:
    """One payment with one kill, to its rest. Raises Undone if the bench could not do its part."""
    done = begin(lane, aim, chance)
    ask(lane.agent, done.payment_id)
    MOMENTS[aim](lane, done.payment_id, chance)
    at = lane.agent.kill()
    kinds = events_of(lane.agent.home, done.payment_id)
    network, rows = lane.network.books.new(), rows_of(lane)
    done.fell = stage_of(kinds, network, rows, at)
    go_on(lane.agent, done, chance)
    done.fell = _of_first_life(done.fell, told(lane.agent, done.payment_id), rows_of(lane))
    if done.attention and not lane.desk.absence_provable:
        _answer(lane, done)
    return done


def _answer(lane: Lane, done: Round) -> None:
    """Where only a person can know whether it was posted, a person is asked, but only then, and is told why."""
    told_now = lane.agent.get(f"/v1/payments/{done.payment_id}")
    payment, kinds = told_now["payment"], [step["kind"] for step in told_now["story"]]
    posting = payment["postings"][-1] if payment["postings"] else {}
    if "posting_clear" not in kinds or not (posting.get("may_be_posted") and posting["reason_text"]):
        return
    said = answer(lane.agent, payment, rows_of(lane))
    rest(lane.agent, done)
    if not done.attention:
        done.attention, done.answered = True, f"a person said {said} ({posting['reason']})"


def judge_round(lane: Lane, done: Round) -> None:
    """From the books alone. Called before the next round begins: what came late is judged, too."""
    done.verdict = judge_books(done.wanted, lane.network.books.new(), rows_of(lane))


# ---- many rounds ----------------------------------------------------------------------------------


def aims_for(quick: bool, profile: str = "v6") -> tuple[deque[str], int]:
    """Typing first: what was typed half waits for the program's settling time, so these take the longest."""
    each, least = (QUICK_KILLS if quick else KILLS)[profile]
    others = [stage for _ in range(each) for stage in STAGES]
    ordered = [s for s in others if s == "typing"] + [s for s in others if s != "typing"]
    return deque(ordered), least


def run_real(quick: bool, seed: int, profile: str = "v6", lanes: int = 4) -> list[Round]:
    """Every wanted kill over one version. Raises Undone if the bench itself does not get through."""
    aims, least = aims_for(quick, profile)
    campaign: Campaign[Round] = Campaign(aims, least, fresh_folder(f"stand_in-{profile}"), seed)
    return campaign.run(lanes, Play(partial(open_lane, profile=profile), kill_once, judge_round))
