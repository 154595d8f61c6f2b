"""The threads: one for the journal and the engine, one for the screen, one for messages, a few for the gateway.

The engine is only ever touched by the journal's thread. It hands out tasks; their `perform` runs on the lane of the
task, and the result comes back to the journal's thread. One payment has at most one task under way.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from tillbridge.domain.errors import OperatorError, SetupError, TillbridgeError
from tillbridge.engine.cashier import Due, Engine
from tillbridge.engine.policy import Policy
from tillbridge.engine.settling import SettlementTold
from tillbridge.engine.work import Result, SearchLedger, Task, cause_of
from tillbridge.ports.practice import Practice

T = TypeVar("T")

IDLE_S = 2.0
"""The longest sleep of the loop when nothing is due: a bound, not a poll (every request wakes it)."""

READERS_MAX = 8
"""So many faces may wait for the screen at once."""

END_S = 3.0
"""How long a stop waits for what is under way. What takes longer is left: the next start asks what became of it."""


@dataclass(frozen=True, slots=True)
class _Stop:
    pass


class Lane:
    """Threads that do one kind of work in order. They never keep the process alive (unlike those of a pool)."""

    def __init__(self, name: str, threads: int) -> None:
        self._work: queue.Queue[Callable[[], None] | _Stop] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, act: Callable[[], T]) -> Future[T]:
        """Do it as soon as a thread is free; the future holds what it gives or raises."""
        future: Future[T] = Future()
        self._work.put(lambda: _answer(future, act))
        return future

    def end(self, within_s: float) -> bool:
        """Finish what was handed in; False if that takes longer."""
        for _ in self._threads:
            self._work.put(_Stop())
        ends = time.monotonic() + within_s
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        while not isinstance(act := self._work.get(), _Stop):
            act()


class Runner:
    """Owns the threads around an engine. `fatal`: the first error that stopped the loop; nothing is sent after it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.changed: Callable[[], None] = lambda: None
        self.quiet: Callable[[Engine], None] = lambda _engine: None
        """Called on the journal's thread when nothing is under way; must not wait."""
        self._aside: Future[Any] | None = None
        self._inbox: queue.Queue[Callable[[], None] | _Stop] = queue.Queue()
        self._screen = Lane("screen", 1)
        self._gateway = Lane("gateway", 4)
        self._lanes = {"screen": self._screen, "gateway": self._gateway, "message": Lane("message", 1)}
        self._closing = False
        self._readers = threading.BoundedSemaphore(READERS_MAX)
        self._idle = threading.Event()
        self._idle.set()
        self._journal = threading.Thread(target=self._loop, name="journal", daemon=True)
        self._busy: set[str] = set()
        self._settling = False
        """The settlement is being read; never twice at once."""
        self.fatal: TillbridgeError | None = None

    @property
    def policy(self) -> Policy:
        """What the site set; never changes, so that any thread may read it."""
        return self._engine.policy

    def start(self) -> None:
        """Tell the open legs of the restart before anything else is done, then go on. Raises what recovery raises."""
        recovered: Future[list[str]] = Future()
        self._inbox.put(lambda: _answer(recovered, self._engine.recover))
        self._journal.start()
        recovered.result(timeout=60)

    def stop(self) -> None:
        """Begin nothing more, give what is under way a moment to end and be journalled, leave the rest."""
        self._closing = True
        self._idle.wait(END_S)
        self._inbox.put(_Stop())
        self._journal.join(timeout=END_S)
        self._gateway.end(0.0)
        self._lanes["message"].end(0.0)
        leaving = self._aside is not None and not self._aside.done()
        self._screen.submit(self._engine.practice.close)
        self._screen.end(END_S if leaving else 1.0)

    def ask(self, question: Callable[[Engine], T]) -> T:
        """Run something on the journal's thread and wait for it. Raises what it raises."""
        future: Future[T] = Future()
        self._inbox.put(lambda: _answer(future, lambda: question(self._engine)))
        return _waited(future, 60)

    def on_screen(self, look: Callable[[Practice], T], within_s: float = 180) -> T:
        """Run something on the screen's thread and wait for it. Raises OperatorError `screen_failed` when too many
        wait already: a screen that hangs must not keep typed amounts away from the door (rule 13)."""
        if not self._readers.acquire(blocking=False):
            raise OperatorError("screen_failed")
        try:
            return _waited(self._screen.submit(lambda: look(self._engine.practice)), within_s)
        finally:
            self._readers.release()

    def aside(self, look: Callable[[Practice], T]) -> Future[T]:
        """Run something on the screen's thread that nobody waits for."""
        future = self._screen.submit(lambda: look(self._engine.practice))
        self._aside = future
        return future

    def on_gateway(self, call: Callable[[Engine], T]) -> T:
        """Run a call to the gateway on its pool and wait for it."""
        return _waited(self._gateway.submit(lambda: call(self._engine)), 180)

    def _loop(self) -> None:
        wait_s = 0.0
        while True:
            try:
                job = self._inbox.get(timeout=max(0.0, wait_s))
            except queue.Empty:
                job = None
            if isinstance(job, _Stop):
                return
            try:
                if job is not None:
                    job()
                wait_s = 0.0 if not self._inbox.empty() else self._go_on()
            except Exception as error:  # noqa: BLE001 - kept, shown by health, and the loop stops charging
                self.fatal = self.fatal or _told(error)
                wait_s = IDLE_S

    def _go_on(self) -> float:
        """Start everything that is due; the seconds until the next one."""
        if self.fatal is not None and not self._closing and not self._busy:
            self._mend(self.fatal)
        if self.fatal or self._closing:
            return IDLE_S
        next_s = IDLE_S
        for due in self._engine.due():
            if due.payment_id in self._busy:
                continue
            if due.in_ms > 0:
                next_s = min(next_s, due.in_ms / 1000)
                break
            self._begin(due)
        next_s = min(next_s, self._read_settlement())
        if not self._busy:
            self.quiet(self._engine)
        return next_s

    def _read_settlement(self) -> float:
        """Begin to read what was settled if that is due; the seconds until then."""
        in_ms = None if self._settling else self._engine.settlement_in_ms()
        if in_ms is None or in_ms > 0:
            return IDLE_S if in_ms is None else in_ms / 1000
        asked = self._engine.start_settlement()
        self._settling = True
        future = self._gateway.submit(lambda: self._engine.perform_settlement(asked))
        future.add_done_callback(lambda done: self._inbox.put(lambda: self._settlement_read(done)))
        return IDLE_S

    def _settlement_read(self, done: Future[SettlementTold]) -> None:
        self._settling = False
        self._engine.finish_settlement(done.result())
        self.changed()

    def _mend(self, fatal: TillbridgeError) -> None:
        """A full disk is emptied by somebody: then go on as after a restart, since answers may have been lost."""
        if fatal.code != "disk_full":
            return
        self._engine.recover()
        self.fatal = None

    def _begin(self, due: Due) -> None:
        task = self._engine.start(due.payment_id, due.command)
        self.changed()
        if task is not None:
            self._submit(task)

    def _submit(self, task: Task) -> None:
        self._busy.add(task.payment_id)
        self._idle.clear()
        future = self._lanes[task.lane].submit(lambda: self._engine.perform(task))
        future.add_done_callback(lambda done: self._inbox.put(lambda: self._conclude(task, done)))

    def _conclude(self, task: Task, done: Future[Result]) -> None:
        self._busy.discard(task.payment_id)
        try:
            follow = (
                None if self._closing and _only_a_look(task) else self._engine.finish(task, done.result())
            )
            self.changed()
            if follow is not None:
                self._submit(follow)
        finally:
            if not self._busy:
                self._idle.set()


def _only_a_look(task: Task) -> bool:
    """A search before typing: at the end of the process its result is dropped, so that no typing follows it."""
    return isinstance(task.work, SearchLedger) and not task.work.pending


def _told(error: Exception) -> TillbridgeError:
    return error if isinstance(error, TillbridgeError) else SetupError("engine_failed", why=cause_of(error))


def _waited(future: Future[T], within_s: float) -> T:
    """Nobody waits for it any longer: what has not begun is never done. Raises SetupError `failed` (not begun),
    `agent_gone` (under way)."""
    try:
        return future.result(timeout=within_s)
    except TimeoutError:
        if future.done():
            raise
        if future.cancel():
            raise SetupError("failed") from None
        raise SetupError("agent_gone") from None


def _answer(future: Future[T], question: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(question())
    except Exception as error:  # noqa: BLE001 - handed to the one who asked
        future.set_exception(error)
