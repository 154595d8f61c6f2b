"""Many kills over several lanes: what is still wanted, what came of it, and how one payment is brought to its rest."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import httpx

from tools.benches.crash_judge import Verdict
from tools.benches.crash_judge_real import Wanted
from tools.benches.crash_lane import Agent, Json, Undone
from tools.demo import parts
from tools.gnucash.access import AccessError
from tools.gnucash.launch import LaunchError

REST_S = 400.0
"""The longest honest way to an end: the settling time (120 s on v7, twice if killed again), on a busy machine."""
AGAIN = 0.2
"""The share of rounds in which the second process dies, too."""
UNDONE_MAX = 6
ROUNDS_MAX = 400
FOLDER = parts.ROOT / "var" / "crash"
L = TypeVar("L")


class Played(Protocol):
    """What a campaign knows of a round, whatever was played. `aim`: what was wanted; `fell`: what it became."""

    @property
    def aim(self) -> str: ...
    @property
    def fell(self) -> str: ...
    @property
    def used_up(self) -> bool:
        """The lane is no longer as new: another one goes on."""
        ...

    def told(self) -> str: ...


R = TypeVar("R", bound=Played)


def fresh_folder(name: str) -> Path:
    """Journals, books and output of the last run stay there."""
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    return FOLDER / name


@dataclass(slots=True, kw_only=True)
class Round:
    """One kill. `aim`: where it was to fall; `fell`: where it fell, by journal and books. `again`: the process that
    was to set it right was killed as well, a random while after its start.

    `attention`: a person is asked. `answered`: that was right (this software cannot prove that nothing was posted,
    and something may have been), the question was told with its reason, and the person's answer ended it.
    """

    aim: str
    lane: int
    payment_id: str
    wanted: Wanted
    profile: str = "v6"
    fell: str = ""
    after_ms: int = 0
    again: bool = False
    stuck: bool = False
    attention: bool = False
    answered: str = ""
    ended: str = ""
    seconds: float = 0.0
    verdict: Verdict | None = None

    @property
    def unasked(self) -> bool:
        """A person is asked where nobody need be."""
        return self.attention and not self.answered

    @property
    def bad(self) -> bool:
        return self.stuck or self.unasked or self.verdict is None or self.verdict.wrong

    @property
    def used_up(self) -> bool:
        return self.bad

    def told(self) -> str:
        where = self.fell if self.fell == self.aim else f"{self.fell} (aimed at {self.aim})"
        where += ", and once more while setting it right" if self.again else ""
        marks = [self.verdict.why if self.verdict else "", "stuck" if self.stuck else ""]
        marks += ["a person is asked" if self.unasked else self.answered]
        bad = "; ".join(mark for mark in marks if mark)
        head = f"{self.profile}, lane {self.lane}: killed in {where}"
        return f"{head}, {self.ended} after {self.seconds:.0f} s {bad}".rstrip()

    def summary(self) -> Json:
        """What the figures are made of, as plain data: it can be kept, and the bench resumed."""
        verdict = self.verdict
        return {
            "profile": self.profile,
            "fell": self.fell,
            "again": self.again,
            "wrong": verdict is None or verdict.wrong,
            "double_charge": verdict is not None and verdict.double_charge,
            "double_posting": verdict is not None and verdict.double_posting,
            "lost": verdict is not None and verdict.lost,
            "stuck": self.stuck,
            "unasked": self.unasked,
            "answered": bool(self.answered),
        }


def ask(agent: Agent, payment_id: str) -> None:
    """What the face does, before and after: the same request with the same id."""
    agent.post("/v1/payments", {"payment_id": payment_id, "terminal_id": "front-desk-1"})


def go_on(agent: Agent, done: Round, chance: random.Random) -> None:
    """Start the agent again over its journal until it rests; some are killed a second time on their way."""
    began = time.monotonic()
    agent.start()
    ask(agent, done.payment_id)
    done.again = chance.random() < AGAIN
    if done.again:
        time.sleep(chance.uniform(0.0, 3.0))
        agent.kill()
        agent.start()
        ask(agent, done.payment_id)
    rest(agent, done)
    done.seconds = time.monotonic() - began


def told(agent: Agent, payment_id: str) -> list[str]:
    """The kinds of all events so far, as the agent tells them to a face."""
    return [step["kind"] for step in agent.get(f"/v1/payments/{payment_id}")["story"]]


def rest(agent: Agent, done: Round) -> None:
    """Wait until it ends by itself, or only a person can go on, or too long."""
    ends = time.monotonic() + REST_S
    while True:
        payment = agent.get(f"/v1/payments/{done.payment_id}")["payment"]
        done.ended = f"{payment['money_state']}/{payment['posting_state']}"
        done.attention = "AskPerson" in payment["next"] or payment["posting_state"] == "needs_attention"
        if payment["finished"] or done.attention or payment["money_state"] == "killed":
            return
        if time.monotonic() > ends:
            done.stuck = True
            return
        time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Play(Generic[L, R]):
    """How a kind of lane is opened, how one round (a payment with one kill, say) is played, and how it is judged."""

    open: Callable[[int, Path, int, ExitStack], L]
    kill: Callable[[L, str, random.Random], R]
    judge: Callable[[L, R], None]


@dataclass(slots=True)
class Campaign(Generic[R]):
    """What is still to be played, shared by the lanes, and what came of it."""

    aims: deque[str]
    least: int
    folder: Path
    seed: int
    rounds: list[R] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_aim(self) -> str | None:
        with self.lock:
            return self.aims.popleft() if self.aims else None

    def add(self, done: R) -> None:
        """A kill that fell elsewhere counts as a kill, and its stage is tried again while it lacks some."""
        with self.lock:
            self.rounds.append(done)
            fell = Counter(one.fell for one in self.rounds)
            waiting = self.aims.count(done.aim)
            if (
                done.fell != done.aim
                and fell[done.aim] + waiting < self.least
                and len(self.rounds) < ROUNDS_MAX
            ):
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

    def run(self, lanes: int, play: Play[L, R]) -> list[R]:
        """Every aim, in so many lanes side by side. Raises Undone if the bench itself does not get through."""
        with ThreadPoolExecutor(lanes) as pool:
            for work in [pool.submit(self._work, play, number) for number in range(lanes)]:
                work.result()
        return self.rounds

    def _work(self, play: Play[L, R], number: int) -> None:
        """One lane's life: a lane in which something went wrong is closed, and a fresh one goes on."""
        chance = random.Random(f"{self.seed} {number}")
        opened = 0
        while self.aims:
            opened += 1
            with ExitStack() as stack:
                folder = self.folder / f"{number}-{opened}"
                lane = play.open(number, folder, chance.randrange(1, 10_000), stack)
                self._play_lane(lane, play, chance)

    def _play_lane(self, lane: L, play: Play[L, R], chance: random.Random) -> None:
        while (aim := self.next_aim()) is not None:
            try:
                done = play.kill(lane, aim, chance)
                time.sleep(0.5)  # late rows and late captures come now, and are seen
                play.judge(lane, done)
            except (Undone, parts.NotReady, AccessError, LaunchError, httpx.HTTPError) as why:
                self.add_undone(aim, why)
                return
            self.add(done)
            if done.used_up:
                return
