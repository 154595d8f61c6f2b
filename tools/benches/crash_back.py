"""Real kills while money goes back: the agent dies during a void, a refund of a part or a deposit, and starts again.

The moment is found by looking from outside. After the restart the face only repeats what it had asked for; the rest
must come by itself. Judged from the card network's and the clinic's books alone.
"""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import get_args

import httpx

from tools.benches import results
from tools.benches.crash_back_judge import Kind, WantedBack, judge_back
from tools.benches.crash_campaign import AGAIN, REST_S, Campaign, Play, fresh_folder, told
from tools.benches.crash_judge import Verdict
from tools.benches.crash_lane import Json, Lane, open_lane, until
from tools.tour.play import at_rest

KINDS: tuple[Kind, ...] = get_args(Kind)
MOMENTS = ("money", "typing", "read_back")
KILLS, QUICK_KILLS = 5, 1
"""For each kind at each moment, over each version."""
PROFILES, QUICK_PROFILES = ("v6", "v7"), ("v6",)
"""v5 proves no reversal absent: there a person is asked by design (see its pack), which another bench plays."""
DEPOSIT, PART = 5006, 500
PERSON = "Dana"


@dataclass(slots=True, kw_only=True)
class Back:
    """One kill. `aim`: kind and moment; `payment_id`: the give-back, or the deposit; `of`: the sale before."""

    aim: str
    lane: int
    profile: str
    payment_id: str
    of: str
    wanted: WantedBack
    again: bool = False
    stuck: bool = False
    attention: str = ""
    ended: str = ""
    seconds: float = 0.0
    verdict: Verdict | None = None

    @property
    def fell(self) -> str:
        return self.aim

    @property
    def used_up(self) -> bool:
        return self.stuck or bool(self.attention) or self.verdict is None or self.verdict.wrong

    def told(self) -> str:
        why = self.verdict.why if self.verdict else "no verdict"
        marks = [why, "stuck" if self.stuck else "", self.attention, "killed again" if self.again else ""]
        said = "; ".join(mark for mark in marks if mark)
        return f"{self.profile}, lane {self.lane}: {self.aim}, {self.ended} after {self.seconds:.0f} s {said}".rstrip()

    def summary(self) -> Json:
        verdict = self.verdict
        return {
            "kind": self.wanted.kind,
            "wrong": verdict is None or verdict.wrong,
            "double": verdict is not None and (verdict.double_charge or verdict.double_posting),
            "lost": verdict is not None and verdict.lost,
            "stuck": self.stuck,
            "attention": bool(self.attention),
        }


# ---- one round ------------------------------------------------------------------------------------


def kill_once(lane: Lane, aim: str, chance: random.Random) -> Back:
    """What is given back was taken and entered before. Raises Undone if the bench could not do its part."""
    done = _begin(lane, aim, chance)
    if done.of:
        _sold(lane, done)
    before = len(_money_rows(lane))
    _ask(lane, done)
    _wait_for(aim.split()[1], lane, done, before, chance)
    lane.agent.kill()
    began = time.monotonic()
    lane.agent.start()
    _ask(lane, done)
    done.again = chance.random() < AGAIN
    if done.again:
        time.sleep(chance.uniform(0.0, 3.0))
        lane.agent.kill()
        lane.agent.start()
        _ask(lane, done)
    _rest(lane, done)
    done.seconds = time.monotonic() - began
    return done


def _begin(lane: Lane, aim: str, chance: random.Random) -> Back:
    """New books, some client in front."""
    lane.ledger("/reset", {"scene": "default", "seed": chance.randrange(1, 100_000)})
    lane.network.books.mark()
    lane.truth.mark()
    number, row = chance.choice(sorted(lane.open_invoices().items()))
    lane.ledger("/world", {"act": "show", "client": row["client"], "invoice": number})
    until("the invoice on the screen", partial(_shows, lane, number), 60, 0.05)
    kind: Kind = next(one for one in KINDS if one == aim.split()[0])
    taken = DEPOSIT if kind == "deposit" else row["balance_minor"]
    return Back(
        aim=aim,
        lane=lane.number,
        profile=lane.desk.profile,
        payment_id=str(uuid.UUID(int=chance.getrandbits(128))),
        of="" if kind == "deposit" else str(uuid.UUID(int=chance.getrandbits(128))),
        wanted=WantedBack(
            kind=kind,
            client=row["client"],
            invoice="" if kind == "deposit" else number,
            taken=taken,
            minor={"void": taken, "refund": min(PART, taken - 1), "deposit": 0}[kind],
            method=lane.desk.payment_method,
        ),
    )


def _shows(lane: Lane, number: str) -> bool:
    return bool(lane.agent.post("/v1/invoice").get("invoice_number") == number)


def _sold(lane: Lane, done: Back) -> None:
    """Taken at the terminal, entered and seen; a part of it can be given back only once it is settled."""
    lane.agent.post("/v1/payments", {"payment_id": done.of, "terminal_id": "front-desk-1"})
    until("the sale in the books", lambda: _state(lane, done.of) == "posted", 120, 0.1)
    if done.wanted.kind == "refund":
        key = {"Authorization": f"Bearer {lane.network.admin_key}"}
        httpx.post(
            f"{lane.network.url}/admin/settle", json={}, headers=key, trust_env=False
        ).raise_for_status()
        lane.agent.post("/v1/settle")


def _state(lane: Lane, payment_id: str) -> str:
    return str(lane.agent.get(f"/v1/payments/{payment_id}")["payment"]["posting_state"])


def _ask(lane: Lane, done: Back) -> None:
    """What the face does, before and after: the same request with the same id."""
    wanted = done.wanted
    if wanted.kind == "deposit":
        body = {"payment_id": done.payment_id, "terminal_id": "front-desk-1", "operation": "deposit"}
        lane.agent.post("/v1/payments", {**body, "amount": _typed(wanted.taken), "person": PERSON})
        return
    back: Json = {"give_back_id": done.payment_id, "person": PERSON}
    if wanted.kind == "refund":
        back["amount"] = _typed(wanted.minor)
    lane.agent.post(f"/v1/payments/{done.of}/give_back", back)


def _typed(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _wait_for(moment: str, lane: Lane, done: Back, before: int, chance: random.Random) -> None:
    if moment == "typing":
        until("the typing", lambda: "posting_clear" in told(lane.agent, done.payment_id), 90)
    elif moment == "read_back":
        until("the row", lambda: len(_money_rows(lane)) > before, 90, 0.002)
    time.sleep(chance.uniform(0.0, 1.2 if moment == "money" else 0.6))


def _money_rows(lane: Lane) -> list[Json]:
    return [act for act in lane.truth.new() if act["kind"] in ("payment", "reversal", "deletion")]


def _rest(lane: Lane, done: Back) -> None:
    """Until nothing goes on by itself, a person is asked, or too long."""
    ends = time.monotonic() + REST_S
    while True:
        payment = lane.agent.get(f"/v1/payments/{done.payment_id}")["payment"]
        done.ended = f"{payment['money_state']}/{payment['posting_state']}"
        if "AskPerson" in payment["next"] or payment["posting_state"] == "needs_attention":
            reasons = [row["reason"] for row in payment["postings"]]
            done.attention = f"a person is asked: {payment.get('reason', '')} {reasons}"
            return
        if at_rest(payment):
            return
        if time.monotonic() > ends:
            done.stuck = True
            return
        time.sleep(0.2)


def judge_round(lane: Lane, done: Back) -> None:
    """From the books alone."""
    done.verdict = judge_back(done.wanted, lane.network.books.new(), _money_rows(lane))


# ---- many rounds ----------------------------------------------------------------------------------


def run(quick: bool, seed: int) -> dict[str, object]:
    rounds: list[Json] = []
    for profile in QUICK_PROFILES if quick else PROFILES:
        rounds += results.part(
            "crash_back", profile, quick=quick, seed=seed, make=partial(_over, quick, seed, profile)
        )
    return figures(rounds)


def _over(quick: bool, seed: int, profile: str) -> list[Json]:
    each = QUICK_KILLS if quick else KILLS
    aims = deque(f"{kind} {moment}" for _ in range(each) for moment in MOMENTS for kind in KINDS)
    campaign: Campaign[Back] = Campaign(aims, 0, fresh_folder(f"back-{profile}"), seed)
    play: Play[Lane, Back] = Play(partial(open_lane, profile=profile), kill_once, judge_round)
    return [done.summary() for done in campaign.run(2, play)]


def figures(rounds: Sequence[Json]) -> dict[str, object]:
    """A round without a verdict is a wrong end."""
    kinds = Counter(done["kind"] for done in rounds)
    count: Callable[[str], int] = lambda name: sum(bool(done[name]) for done in rounds)  # noqa: E731
    return {
        "kills": len(rounds),
        "kills_by_kind": {kind: kinds[kind] for kind in KINDS},
        "wrong_ends": count("wrong"),
        "doubles": count("double"),
        "lost": count("lost"),
        "stuck": count("stuck"),
        "attention": count("attention"),
    }
