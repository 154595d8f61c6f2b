"""Payments at a desk that does not stand still: the next client is opened, a colleague's cash is posted, a line is
added, or the same payment is typed by hand, at random moments of the tap and of the posting.

The product's own agent, the pretend card network and the real window of the stand-in, in a few lanes; many worlds in
one session. Each world has one exact end, judged from the two books (`nextclient_judge`).

What counts as attention: every question that a person is asked and that the clinic's books do not make inevitable.
Inevitable are two: the same payment was typed by hand before ours ("is this the same?", which a scripted person
answers with yes), and less is owed by then than was taken (the client's money: only people can decide). They are
counted apart, in `asked_by_hand` and `asked_no_fit`, and each must be asked: a world in which it is not is wrong.
"""

from __future__ import annotations

import random
import subprocess
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from tools.benches.crash_campaign import fresh_folder
from tools.benches.crash_judge import Verdict
from tools.benches.crash_judge_real import Line, Wanted
from tools.benches.crash_lane import Json, Lane, Undone, open_lane, until
from tools.benches.nextclient_judge import BY_HAND, NO_FIT, Ended, judge, question
from tools.demo import parts

KINDS = ("next", "cash", "line", "by_hand")
FULL, QUICK = 208, 12
LANES = 3
TAP_AND_POST_S = 2.6
"""A card comes after about 0.8 s, and the posting is seen about 2 s later: acts fall anywhere in that."""
REST_S = 90.0
UNDONE_MAX = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens in one world. Times in seconds after the payment was asked for; None: it does not happen."""

    kind: str
    act_at: float | None
    next_at: float | None
    presses: bool
    """The next client is opened with a key, so that the desk is not quiet for five seconds."""
    part: float
    """How much of the balance is paid by card."""
    weight: float
    """How large the colleague's sum is, as a share of what the card leaves over; above one it does not fit."""
    delay_ms: int


@dataclass(slots=True, kw_only=True)
class World:
    number: int
    plan: Plan
    wanted: Wanted
    balance_minor: int
    next: str
    payment_id: str
    asked: str = ""
    seconds: float = 0.0
    asking: str = ""
    verdict: Verdict | None = None


def plans(count: int, chance: random.Random) -> list[Plan]:
    return [_plan(KINDS[number % len(KINDS)], chance) for number in range(count)]


def _plan(kind: str, chance: random.Random) -> Plan:
    goes_on = kind == "next" or chance.random() < 0.5
    return Plan(
        kind=kind,
        act_at=None if kind == "next" else chance.uniform(0.0, TAP_AND_POST_S),
        next_at=chance.uniform(0.0, TAP_AND_POST_S) if goes_on else None,
        presses=goes_on and chance.random() < 0.12,
        part=1.0 if kind == "by_hand" else chance.choice((0.4, 0.6, 0.8)),
        weight=chance.uniform(1.1, 1.4) if chance.random() < 0.12 else chance.uniform(0.2, 0.9),
        delay_ms=chance.choice((0, 0, 0, 300)),
    )


# ---- one world ------------------------------------------------------------------------------------


def play(lane: Lane, number: int, plan: Plan, chance: random.Random, held: set[tuple[str, str]]) -> World:
    """One payment to its end. Raises Undone if the bench could not do its part.

    `held`: invoices of this lane on which a person had to say something; the agent rightly holds its money back until
    it sees it in the books, which are new by then. Added to.
    """
    began = time.monotonic()
    world = _begin(lane, number, plan, chance, held)
    lane.agent.post("/v1/payments", _wish(world))
    started = time.monotonic()
    for at, act in sorted(_acts(lane, world), key=lambda one: one[0]):
        time.sleep(max(0.0, started + at - time.monotonic()))
        act()
    ended = _rest(lane, world)
    if ended.asked or not ended.finished:
        held.add((world.wanted.client, world.wanted.invoice))
    network, rows = lane.network.books.new(), _rows(lane)
    world.verdict = judge(world.wanted, world.balance_minor, network, rows, ended)
    world.asking = question(world.wanted, world.balance_minor, rows, world.asked)
    world.seconds = time.monotonic() - began
    return world


def _begin(lane: Lane, number: int, plan: Plan, chance: random.Random, held: set[tuple[str, str]]) -> World:
    """New books, a client with a balance in front, and another one who comes next."""
    lane.ledger("/reset", {"scene": "default", "seed": chance.randrange(1, 100_000)})
    lane.ledger("/faults", {"ledger_delay_ms": str(plan.delay_ms)})
    lane.network.books.mark()
    lane.truth.mark()
    invoices = sorted(lane.open_invoices().items())
    # Half of the clients pay and the others come next: a payment of an earlier world may be looked at again meanwhile,
    # and whoever opens by chance the very client that is being visited is taken back with the visit.
    everybody = sorted({one["client"] for _, one in invoices})
    payers = frozenset(client for client in everybody if int(client) % 2 == 0)
    large = [one for one in invoices if one[1]["balance_minor"] >= 2_000 and one[1]["client"] in payers]
    free = [one for one in large if (one[1]["client"], one[0]) not in held]
    if not free:
        raise Undone("every invoice of these books was asked about before")
    invoice, row = chance.choice(free)
    others = [client for client in everybody if client not in payers]
    _show(lane, row["client"], invoice)
    _until_shown(lane, invoice)
    minor = round(row["balance_minor"] * plan.part)
    wanted = Wanted(client=row["client"], invoice=invoice, minor=minor, currency="USD", method="Tillbridge")
    return World(
        number=number,
        plan=plan,
        wanted=wanted,
        balance_minor=row["balance_minor"],
        next=chance.choice(others),
        payment_id=str(uuid.UUID(int=chance.getrandbits(128))),
    )


def _wish(world: World) -> Json:
    amount = f"{world.wanted.minor // 100}.{world.wanted.minor % 100:02d}"
    return {"payment_id": world.payment_id, "terminal_id": "front-desk-1", "amount": amount}


def _show(lane: Lane, client: str, invoice: str = "") -> None:
    lane.ledger("/world", {"act": "show", "client": client, "invoice": invoice})


def _until_shown(lane: Lane, invoice: str) -> None:
    """Raises Undone with what the agent saw instead."""
    seen: list[Json] = []

    def is_shown() -> bool:
        if lane.skin.poll() is not None:
            raise Undone("the stand-in ended")
        seen.append(lane.agent.post("/v1/invoice"))
        return bool(seen[-1].get("invoice_number") == invoice)

    try:
        until("the invoice on the screen", is_shown, 60, 0.03)
    except Undone as why:
        raise Undone(f"{why}, and saw {seen[-1:]}") from why


def _front(lane: Lane) -> str:
    """The client whom the software shows, by its server."""
    return str(lane.asked("/world")["skins"][-1]["client"])


def _acts(lane: Lane, world: World) -> list[tuple[float, Callable[[], object]]]:
    plan = world.plan
    acts: list[tuple[float, Callable[[], object]]] = []
    if plan.act_at is not None:
        acts.append((plan.act_at, lambda: lane.ledger("/world", _words(world))))
    if plan.next_at is not None:
        acts.append((plan.next_at, lambda: _next_client(lane, world)))
    return acts


def _words(world: World) -> Json:
    """What the colleague does, in the words of the ledger server."""
    plan, wanted = world.plan, world.wanted
    left = world.balance_minor - wanted.minor
    sums = {"cash": max(1, round(left * plan.weight)), "line": 4_500, "by_hand": wanted.minor}
    words: Json = {"act": plan.kind, "invoice": wanted.invoice, "amount_minor": sums[plan.kind]}
    return words | ({"method": "Check", "reference": "4711"} if plan.kind == "by_hand" else {})


def _next_client(lane: Lane, world: World) -> None:
    if world.plan.presses:
        subprocess.run(["xdotool", "key", "shift"], env=dict(lane.screen.env), check=True, timeout=10)
    _show(lane, world.next)


def _rest(lane: Lane, world: World) -> Ended:
    """Wait until it ended or only a person can go on; the one question with an answer in the books is answered."""
    ends = time.monotonic() + REST_S
    while True:
        payment = lane.agent.get(f"/v1/payments/{world.payment_id}")["payment"]
        asking = "AskPerson" in payment["next"] or payment["posting_state"] in ("needs_attention", "suspect")
        if asking and not world.asked:
            world.asked = payment["postings"][-1]["reason"] or payment["posting_state"]
            if world.asked == BY_HAND:
                _say(lane, payment, "posted")
                continue
        if payment["finished"] or asking or payment["tasks"] or time.monotonic() > ends:
            break
        if lane.skin.poll() is not None:
            raise Undone("the stand-in ended")
        time.sleep(0.03)
    if payment["tasks"] and not world.asked:
        world.asked = payment["tasks"][0]
    must = world.next if world.plan.next_at is not None else world.wanted.client
    _settled(lane, must)
    ended = Ended(finished=payment["finished"], asked=world.asked, front=_front(lane), next=must)
    if not payment["finished"] and asking:
        _say(lane, payment, "drop")  # so that it disturbs no world after this one
    return ended


def _settled(lane: Lane, client: str) -> None:
    """The way back is the last thing that the screen's thread does for this payment: ask it something, and look who
    is in front. A payment of an earlier world may be on a visit of its own just then, and comes back, too."""
    lane.agent.post("/v1/invoice")
    ends = time.monotonic() + 20.0
    while _front(lane) != client and time.monotonic() < ends:
        time.sleep(0.05)


def _say(lane: Lane, payment: Json, verb: str) -> None:
    body = {"marker": payment["postings"][-1]["marker"], "person": "Kim Tran"} if payment["postings"] else {}
    if body:
        lane.agent.post(f"/v1/payments/{payment['payment_id']}/{verb}", body)


def _rows(lane: Lane) -> list[Line]:
    return [act for act in lane.truth.new() if act["kind"] != "scene"]


# ---- many worlds ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Work:
    """What is still to be played, shared by the lanes."""

    left: deque[tuple[int, Plan]]
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
    held: set[tuple[str, str]] = set()
    while work.left:
        try:
            number, plan = work.left.popleft()
        except IndexError:  # the other lane took the last one
            return
        try:
            world = play(lane, number, plan, chance, held)
        except (Undone, parts.NotReady, httpx.HTTPError, subprocess.SubprocessError) as why:
            work.undone.append(f"{plan.kind}: {why}")
            work.left.append((number, plan))
            print(f"  again: {plan.kind}: {why}", flush=True)
            if len(work.undone) > UNDONE_MAX:
                raise
            return
        work.worlds.append(world)
        print(f"  {len(work.worlds):3d}. {_told(world)}", flush=True)


def _told(world: World) -> str:
    plan = world.plan
    acts = [f"{plan.kind} at {plan.act_at:.2f} s"] if plan.act_at is not None else []
    acts += (
        [f"next client at {plan.next_at:.2f} s{' by key' if plan.presses else ''}"] if plan.next_at else []
    )
    asked = f", asked: {world.asked}" if world.asked else ""
    why = world.verdict.why if world.verdict else "not judged"
    return f"{' and '.join(acts)}{asked}, {world.seconds:.1f} s {why}".rstrip()


def figures(worlds: Sequence[World]) -> dict[str, object]:
    """`attention`: needless questions alone; see the head of this file."""
    wrong = [world for world in worlds if world.verdict is None or world.verdict.wrong]
    needless = [world for world in worlds if world.asking == "needless"]
    asked = [world.asked for world in worlds if world.asking == "inherent"]
    times = sorted(world.seconds for world in worlds)
    return {
        "runs": len(worlds),
        "right": len(worlds) - len(wrong),
        "wrong": len(wrong),
        "attention": len(needless),
        "attention_share": round(len(needless) / len(worlds), 4) if worlds else 1.0,
        "asked_by_hand": asked.count(BY_HAND),
        "asked_no_fit": asked.count(NO_FIT),
        "next_client_runs": sum(world.plan.next_at is not None for world in worlds),
        "median_s": round(times[len(times) // 2], 2) if times else 0.0,
    }


def run(quick: bool, seed: int) -> dict[str, object]:
    """Every world, in a few lanes side by side."""
    planned = plans(QUICK if quick else FULL, random.Random(seed))
    work = _Work(deque(enumerate(planned)), [], [])
    folder = fresh_folder("nextclient")
    with ThreadPoolExecutor(LANES) as pool:
        for done in [pool.submit(_lane, work, number, seed, folder) for number in range(LANES)]:
            done.result()
    return figures(work.worlds)
