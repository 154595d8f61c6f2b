"""One running simulator: the line, its clock, its books on disk, and who waits for something to change.

Everything here happens on one event loop, so no call ever sees another half done.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable

from tillbridge.simulator.core.calls import Call
from tillbridge.simulator.core.faults import Delivery, Line
from tillbridge.simulator.core.network import CardNetwork
from tillbridge.simulator.server.store import BooksFile

REQUESTS_KEPT = 2000
LEAP_MS_MAX = 400 * 86_400_000


class House:
    """`admin_key` and `api_key` are the bearer tokens of the two APIs, `press_token` that of the pages."""

    def __init__(self, line: Line, file: BooksFile, api_key: str, admin_key: str) -> None:
        self.line = line
        self.api_key = api_key
        self.admin_key = admin_key
        self.press_token = secrets.token_urlsafe(18)
        self.requests: deque[dict[str, object]] = deque(maxlen=REQUESTS_KEPT)
        self.transports: dict[tuple[str, int], asyncio.Transport] = {}
        self.revision = 0
        self._file = file
        self._changed = asyncio.Event()
        self._stopped = False
        lines = line.network.books.entries
        self._offset_ms = max(0, lines[-1].at_ms - _wall_ms()) if lines else 0

    @property
    def network(self) -> CardNetwork:
        return self.line.network

    def now_ms(self) -> int:
        """The simulator's own time: the wall clock plus what the admin moved it forward."""
        return _wall_ms() + self._offset_ms

    def advance_clock(self, ms: int) -> None:
        """Move the simulator's time forward. Raises ValueError for a step back or beyond 400 days."""
        if not 0 <= ms <= LEAP_MS_MAX:
            raise ValueError("the clock goes forward, and 400 days at most")
        self._offset_ms += ms
        self.change(self.line.advance)

    def deliver(self, call: Call) -> Delivery:
        """Carry one API call; its lines are on the disk when this returns."""
        self.requests.append({"op": call.op, "body": dict(call.body)})
        delivery: list[Delivery] = []
        self.change(lambda now_ms: delivery.append(self.line.deliver(call, now_ms)))
        return delivery[0]

    def change(self, deed: Callable[[int], object]) -> None:
        """Let time pass, do the deed, save the books, and wake whoever waits. The deed's Refusal passes through."""
        now_ms = self.now_ms()
        self.line.advance(now_ms)
        try:
            deed(now_ms)
        finally:
            self._file.save(self.network.books.entries)
            self.revision += 1
            self._wake()

    async def changed_since(self, revision: int, wait_s: float) -> int:
        """Return as soon as something changed after `revision`, else after `wait_s` seconds."""
        if revision == self.revision and not self._stopped:
            try:
                await asyncio.wait_for(self._changed.wait(), wait_s)
            except TimeoutError:
                return self.revision
        return self.revision

    async def keep_time(self) -> None:
        """Make things happen when they are due, for as long as the process lives."""
        while not self._stopped:
            due = self.line.next_due()
            now_ms = self.now_ms()
            if due is not None and due <= now_ms:
                self.change(lambda now_ms: None)
                continue
            await self.changed_since(self.revision, 3600 if due is None else (due - now_ms) / 1000)

    def stop(self) -> None:
        self._stopped = True
        self._wake()

    def close(self) -> None:
        self._file.close()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
