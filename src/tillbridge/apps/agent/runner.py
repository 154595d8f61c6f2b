"""The threads: one for the journal and the engine, one for the screen, a small pool for the gateway.

The engine is only ever touched by the journal's thread. It hands out tasks; their `perform` runs on the lane of the
task, and the result comes back to the journal's thread. One payment has at most one task under way.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from tillbridge.domain.errors import TillbridgeError
from tillbridge.engine.cashier import Due, Engine
from tillbridge.engine.work import Result, Task, cause_of
from tillbridge.ports.practice import Practice

T = TypeVar("T")

IDLE_S = 2.0
"""The longest sleep of the loop when nothing is due: a bound, not a poll (every request wakes it)."""


@dataclass(frozen=True, slots=True)
class _Stop:
    pass


class Runner:
    """Owns the threads around an engine. `fatal` keeps the first error that stopped the loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.changed: Callable[[], None] = lambda: None
        self._inbox: queue.Queue[Callable[[], None] | _Stop] = queue.Queue()
        self._screen = ThreadPoolExecutor(1, thread_name_prefix="screen")
        self._gateway = ThreadPoolExecutor(4, thread_name_prefix="gateway")
        self._journal = threading.Thread(target=self._loop, name="journal", daemon=True)
        self._busy: set[str] = set()
        self.fatal: str = ""

    def start(self) -> None:
        self._journal.start()
        self.ask(lambda engine: engine.recover())

    def stop(self) -> None:
        """Finish what is being journalled, leave what is in flight: the next start asks about it."""
        self._inbox.put(_Stop())
        self._journal.join(timeout=10)
        self._gateway.shutdown(wait=False, cancel_futures=True)
        self._screen.submit(self._engine.practice.close)
        self._screen.shutdown(wait=True)

    def ask(self, question: Callable[[Engine], T]) -> T:
        """Run something on the journal's thread and wait for it. Raises what it raises."""
        future: Future[T] = Future()
        self._inbox.put(lambda: _answer(future, lambda: question(self._engine)))
        return future.result(timeout=60)

    def on_screen(self, look: Callable[[Practice], T]) -> T:
        """Run something on the screen's thread and wait for it."""
        return self._screen.submit(look, self._engine.practice).result(timeout=180)

    def on_gateway(self, call: Callable[[Engine], T]) -> T:
        """Run a call to the gateway on its pool and wait for it."""
        return self._gateway.submit(call, self._engine).result(timeout=180)

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
                self.fatal = str(error) if isinstance(error, TillbridgeError) else cause_of(error)
                wait_s = IDLE_S

    def _go_on(self) -> float:
        """Start everything that is due; the seconds until the next one."""
        if self.fatal:
            return IDLE_S
        next_s = IDLE_S
        for due in self._engine.due():
            if due.payment_id in self._busy:
                continue
            if due.in_ms > 0:
                next_s = min(next_s, due.in_ms / 1000)
                break
            self._begin(due)
        return next_s

    def _begin(self, due: Due) -> None:
        task = self._engine.start(due.payment_id, due.command)
        self.changed()
        if task is not None:
            self._submit(task)

    def _submit(self, task: Task) -> None:
        self._busy.add(task.payment_id)
        lane = self._screen if task.lane == "screen" else self._gateway
        future = lane.submit(self._engine.perform, task)
        future.add_done_callback(lambda done: self._inbox.put(lambda: self._conclude(task, done)))

    def _conclude(self, task: Task, done: Future[Result]) -> None:
        self._busy.discard(task.payment_id)
        if done.cancelled():
            return
        follow = self._engine.finish(task, done.result())
        self.changed()
        if follow is not None:
            self._submit(follow)


def _answer(future: Future[T], question: Callable[[], T]) -> None:
    try:
        future.set_result(question())
    except Exception as error:  # noqa: BLE001 - handed to the one who asked
        future.set_exception(error)
