"""Paid links: each posts itself with nobody pressing anything, at the first safe moment, or is held when it must be.

The product's own agent, the pretend card network and the real window of the stand-in, in a few lanes. The client pays
on the gateway's own page, over HTTP like a telephone. What must be held is what only people can decide: less is owed by
then, or the same payment was typed by hand. Judged from the two books alone.

Times count from the first safe moment: the client has paid, and what kept the screen away is over.
"""

from __future__ import annotations

import random
import subprocess
import time
import uuid
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from tools.benches.crash_campaign import fresh_folder
from tools.benches.crash_judge_real import Wanted, judge_books, judge_waiting
from tools.benches.crash_lane import Json, Lane, Undone, open_lane, until
from tools.demo import parts

POSTS = ("in_front", "next_client", "typing", "agent_off", "killed", "closed", "paused", "lost_reply")
"""Conditions under which a paid link must be in the books at last, with nobody pressing anything. `agent_off`: it is
paid while the agent is gone; `killed`: the agent dies at any moment after that, typing too."""
HOLDS = ("paid_otherwise", "by_hand")
"""Conditions under which it must not, and a person is asked."""
FULL_EACH, FULL_HELD = 26, 21
LANES = 3
REST_S = 90.0
UNDONE_MAX = 6
CARD = "4242424242424242"
WEIGHS_MINOR = 2_000


@dataclass(slots=True, kw_only=True)
class World:
    condition: str
    wanted: Wanted
    payment_id: str
    seconds: float = 0.0
    """From the first safe moment until its row stands in the clinic's books."""
    asked: str = ""
    wrong: str = ""
    double: bool = False
    posted: bool = False


def planned(quick: bool) -> list[str]:
    if quick:
        return [*POSTS, *HOLDS]
    return [*POSTS * FULL_EACH, *HOLDS * FULL_HELD]


# ---- one world ------------------------------------------------------------------------------------


def play(lane: Lane, condition: str, chance: random.Random, spent: set[str]) -> World:
    """One link to its end. Raises Undone if the bench could not do its part. `spent`: invoices asked about before."""
    lane.ledger("/reset", {"scene": "default", "seed": chance.randrange(1, 100_000)})
    lane.network.books.mark()
    lane.truth.mark()
    world = _asked_for(lane, condition, chance, spent)
    url = until("the link", lambda: _url(lane, world), 30, 0.1)
    safe_at = _client_pays(lane, world, url, chance)
    _rest(lane, world, safe_at)
    network = lane.network.books.new()
    rows = [act for act in lane.truth.new() if act["kind"] != "scene"]
    ours = [row for row in rows if row.get("by") == "skin"]
    judged = judge_waiting if condition in HOLDS else judge_books
    verdict = judged(world.wanted, network, ours)
    world.double, world.wrong = verdict.double_charge or verdict.double_posting, verdict.why
    world.posted = bool(ours)
    spent.add(world.wanted.invoice)
    return world


def _asked_for(lane: Lane, condition: str, chance: random.Random, spent: set[str]) -> World:
    free = [
        (number, row)
        for number, row in sorted(lane.open_invoices().items())
        if row["balance_minor"] >= WEIGHS_MINOR and number not in spent
    ]
    if not free:
        raise Undone("every invoice of these books was asked about before")
    invoice, row = chance.choice(free)
    lane.ledger("/world", {"act": "show", "client": row["client"], "invoice": invoice})
    until(
        "the invoice on the screen",
        lambda: lane.agent.post("/v1/invoice").get("invoice_number") == invoice,
        60,
        0.05,
    )
    minor = row["balance_minor"]
    wanted = Wanted(client=row["client"], invoice=invoice, minor=minor, currency="USD", method="Tillbridge")
    payment_id = str(uuid.UUID(int=chance.getrandbits(128)))
    world = World(condition=condition, wanted=wanted, payment_id=payment_id)
    lane.agent.post("/v1/payments", {"payment_id": payment_id, "entry": "link"})
    return world


def _payment(lane: Lane, world: World) -> Json:
    told: Json = lane.agent.get(f"/v1/payments/{world.payment_id}")["payment"]
    return told


def _url(lane: Lane, world: World) -> str:
    return str(_payment(lane, world)["attempts"][-1]["url"])


def _client_pays(lane: Lane, world: World, url: str, chance: random.Random) -> float:
    """Under the world's condition; the moment from which on it is safe."""
    match world.condition:
        case "next_client":
            _show_another(lane, world, chance)
        case "agent_off":
            lane.agent.kill()
            _pay(url)
            _show_another(lane, world, chance)
            lane.agent.start()
            return time.monotonic()
        case "killed":
            _pay(url)
            time.sleep(chance.uniform(0.0, 12.0))
            lane.agent.kill()
            lane.agent.start()
            return time.monotonic()
        case "closed":
            lane.skin.kill()
            lane.skin.wait()
            _pay(url)
            time.sleep(chance.uniform(1.0, 6.0))
            lane.reopen()
            return time.monotonic()
        case "paused":
            lane.agent.post("/v1/pause", {"minutes": 1})
            _pay(url)
            time.sleep(chance.uniform(5.0, 8.0))
            if any(row["kind"] == "payment" for row in lane.truth.new()):
                world.wrong = "posted in a pause"
            lane.agent.post("/v1/pause/end")
            return time.monotonic()
        case "paid_otherwise" | "by_hand" as how:
            _others_pay(lane, world, how)
        case "lost_reply":
            lane.network.faults({"kind": "lose_reply", "op": "inquire", "times": 2})
    _pay(url)
    if world.condition == "typing":
        for _ in range(chance.randrange(3, 7)):
            subprocess.run(["xdotool", "key", "shift"], env=dict(lane.screen.env), check=True, timeout=10)
            time.sleep(chance.uniform(0.4, 1.2))
    return time.monotonic()


def _pay(url: str) -> None:
    reply = httpx.post(url, data={"number": CARD}, trust_env=False, timeout=20.0)
    if reply.status_code != 303:
        raise Undone(f"the page did not take the card: {reply.status_code}")


def _show_another(lane: Lane, world: World, chance: random.Random) -> None:
    others = sorted({row["client"] for row in lane.open_invoices().values()} - {world.wanted.client})
    lane.ledger("/world", {"act": "show", "client": chance.choice(others), "invoice": ""})


def _others_pay(lane: Lane, world: World, how: str) -> None:
    """A colleague at another desk: cash for all of it in two sums, or this very payment typed by hand."""
    wanted = world.wanted
    words: Json = {"act": how, "invoice": wanted.invoice, "method": "Check", "reference": "4711"}
    if how == "by_hand":
        lane.ledger("/world", words | {"amount_minor": wanted.minor})
        return
    first = wanted.minor // 3
    for minor in (first, wanted.minor - first):
        lane.ledger("/world", {"act": "cash", "invoice": wanted.invoice, "amount_minor": minor})


def _rest(lane: Lane, world: World, safe_at: float) -> None:
    """Until it stands in the books, or only a person can go on."""
    ends = time.monotonic() + REST_S
    while time.monotonic() < ends:
        payment = _payment(lane, world)
        if payment["finished"]:
            world.seconds = time.monotonic() - safe_at
            return
        if payment["posting_state"] in ("needs_attention", "suspect"):
            world.asked = payment["postings"][-1]["reason"] or payment["posting_state"]
            body = {"marker": payment["postings"][-1]["marker"], "person": "Kim Tran"}
            lane.agent.post(
                f"/v1/payments/{world.payment_id}/drop", body
            )  # so that it disturbs no world after
            return
        if payment["tasks"]:
            world.asked = str(payment["tasks"][0])
            body = {"task": world.asked, "person": "Kim Tran"}
            lane.agent.post(f"/v1/payments/{world.payment_id}/end_task", body)
            return
        if lane.skin.poll() is not None:
            raise Undone("the stand-in ended")
        time.sleep(0.05)
    world.wrong = f"it never came to its end: {_payment(lane, world)['next']}"


# ---- many worlds ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Work:
    left: deque[str]
    worlds: list[World]
    undone: list[str]


def _lane(work: _Work, number: int, seed: int, folder: Path) -> None:
    """One lane's life. Where the bench could not do its part, the world is put back and a fresh lane goes on."""
    chance, opened = random.Random(f"{seed} {number}"), 0
    while work.left:
        opened += 1
        with ExitStack() as stack:
            lane = open_lane(number, folder / f"{number}-{opened}", chance.randrange(1, 10_000), stack)
            _play_lane(lane, work, chance)


def _play_lane(lane: Lane, work: _Work, chance: random.Random) -> None:
    spent: set[str] = set()
    while work.left:
        try:
            condition = work.left.popleft()
        except IndexError:  # the other lane took the last one
            return
        try:
            world = play(lane, condition, chance, spent)
        except (Undone, parts.NotReady, httpx.HTTPError, subprocess.SubprocessError) as why:
            work.undone.append(f"{condition}: {why}")
            work.left.append(condition)
            print(f"  again: {condition}: {why}", flush=True)
            if len(work.undone) > UNDONE_MAX:
                raise
            return
        work.worlds.append(world)
        told = f"posted after {world.seconds:.1f} s" if world.posted else f"asked: {world.asked}"
        print(f"  {len(work.worlds):3d}. {condition}: {told} {world.wrong}".rstrip(), flush=True)


def figures(worlds: Sequence[World]) -> dict[str, object]:
    """`wrong`: another end than the condition's; `duplicate`: charged or entered twice."""
    must_post = [world for world in worlds if world.condition in POSTS]
    must_hold = [world for world in worlds if world.condition in HOLDS]
    times = sorted(world.seconds for world in must_post if world.posted)
    return {
        "must_post": len(must_post),
        "posted_unattended": sum(world.posted and not world.asked for world in must_post),
        "must_hold": len(must_hold),
        "held": sum(not world.posted and bool(world.asked) for world in must_hold),
        "wrong": sum(bool(world.wrong) for world in worlds),
        "duplicate": sum(world.double for world in worlds),
        "p50_s": round(times[len(times) // 2], 2) if times else 0.0,
        "p95_s": round(times[int(len(times) * 0.95)], 2) if times else 0.0,
    }


def run(quick: bool, seed: int) -> dict[str, object]:
    """Every world, in a few lanes side by side."""
    wished = planned(quick)
    random.Random(seed).shuffle(wished)
    work = _Work(deque(wished), [], [])
    folder = fresh_folder("links")
    lanes = 1 if quick else LANES
    with ThreadPoolExecutor(lanes) as pool:
        for done in [pool.submit(_lane, work, number, seed, folder) for number in range(lanes)]:
            done.result()
    return figures(work.worlds)
