"""A small blocking client of the accessibility bus: many calls on the wire at once, each with a time limit.

Knows D-Bus and nothing of controls. Signals that come in between replies are kept, never dropped.
"""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

from jeepney import DBusAddress, HeaderFields, Message, MessageType, Parser, new_method_call
from jeepney.bus import get_connectable_addresses
from jeepney.io.blocking import prep_socket

from tillbridge.screen.backend import DesktopGone, Gone, NotAnswering

_AT_ONCE = 128
"""Calls on the wire before the first reply is read: enough to hide the way, few enough for any buffer."""
_NOBODY = frozenset(
    f"org.freedesktop.DBus.Error.{name}" for name in ("ServiceUnknown", "NameHasNoOwner", "Disconnected")
)


_ITSELF = frozenset({"org.a11y.Bus", "org.a11y.atspi.Registry"})
"""Without these there is no accessibility at all, whatever program is asked for."""


class Ref(NamedTuple):
    """One accessible object: the bus name of its program and its path."""

    bus: str
    path: str


class Call(NamedTuple):
    ref: Ref
    interface: str
    member: str
    signature: str = ""
    body: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """An error reply. The program is alive; it just could not do that."""

    name: str
    text: str


Reply = Any
"""The one value of a reply, a tuple of several, or `Failed`."""


class Bus:
    """One connection. Not thread-safe. Raises Gone when the bus itself or a program has left."""

    def __init__(self, address: str, limit_s: float = 3.0) -> None:
        self.limit_s = limit_s
        self.calls = 0
        """Method calls sent so far, for the benchmark."""
        self.signals = 0
        """So many came since somebody set this to zero. What they say is not kept."""
        self._sock = prep_socket(next(iter(get_connectable_addresses(address))))
        self._parser = Parser()
        self._serials = count(1)
        self._awaited: dict[int, Message | None] = {}
        self._answered_at = time.monotonic()
        self._poll = select.poll()
        self._poll.register(self._sock, select.POLLIN)
        self._driver = Ref("org.freedesktop.DBus", "/org/freedesktop/DBus")
        self.name = str(self.ask_one(self.driver("Hello")))

    def driver(self, member: str, signature: str = "", *body: object) -> Call:
        """A call to the bus itself."""
        return Call(self._driver, "org.freedesktop.DBus", member, signature, body)

    def ask(self, calls: Sequence[Call], limit_s: float | None = None) -> list[Reply]:
        """Send all calls, collect all replies in order.

        `limit_s` is for silence: it starts again with each reply. Raises NotAnswering when a program stays
        silent that long, Gone when it has left the bus.
        """
        replies = self.try_ask(calls, limit_s)
        for call, reply in zip(calls, replies):
            if reply is None:
                raise NotAnswering(f"{call.member} on {call.ref.bus}")
            if isinstance(reply, Failed) and reply.name in _NOBODY:
                raise (DesktopGone if call.ref.bus in _ITSELF else Gone)(f"program {call.ref.bus}")
        return replies

    def ask_one(self, call: Call, limit_s: float | None = None) -> Reply:
        return self.ask([call], limit_s)[0]

    def try_ask(self, calls: Sequence[Call], limit_s: float | None = None) -> list[Reply | None]:
        """Like `ask`, but a reply that does not come in time is None."""
        limit = self.limit_s if limit_s is None else limit_s
        started = time.monotonic()
        replies: list[Reply | None] = []
        waiting: deque[int] = deque()
        for call in calls:
            waiting.append(self._send(call))
            if len(waiting) == _AT_ONCE:
                replies.append(self._collect(waiting.popleft(), limit, started))
        replies.extend(self._collect(serial, limit, started) for serial in waiting)
        return replies

    def send(self, call: Call) -> int:
        """Put a call on the wire and do not wait. `reply_to` looks for its answer later."""
        return self._send(call)

    def reply_to(self, serial: int, limit_s: float) -> Reply | None:
        """The reply to a call of `send`, or None if it has not come within `limit_s`."""
        return self._collect(serial, limit_s, time.monotonic())

    def forget(self, serial: int) -> None:
        """The reply to this call no longer matters, whenever it comes."""
        self._awaited.pop(serial, None)

    def wait_signal(self, limit_s: float) -> bool:
        """Block until a signal is in the queue or the time is up."""
        deadline = time.monotonic() + limit_s
        while not self.signals:
            if not self._pump(deadline - time.monotonic()):
                return False
        return True

    def until(self, holds: Callable[[], bool], limit_s: float, first_s: float = 0.001) -> bool:
        """Ask again until `holds` or the time is up. For the effect of an act of ours, which comes at once.

        `first_s`: how long to wait before it is asked for the second time.
        """
        deadline = time.monotonic() + limit_s
        pause_s = first_s
        while not holds():
            if time.monotonic() > deadline:
                return False
            self._pump(pause_s)
            pause_s = min(2 * pause_s, 0.02)
        return True

    def drain(self) -> None:
        """Take in whatever has arrived, without waiting."""
        while self._pump(0.0):
            pass

    def close(self) -> None:
        self._sock.close()

    # ---- inside ----------------------------------------------------------------------------------

    def _send(self, call: Call) -> int:
        serial = next(self._serials)
        address = DBusAddress(call.ref.path, bus_name=call.ref.bus, interface=call.interface)
        message = new_method_call(address, call.member, call.signature, call.body)
        self.calls += 1
        self._awaited[serial] = None
        try:
            self._sock.sendall(message.serialise(serial=serial))
        except OSError as cause:
            raise DesktopGone("the accessibility bus") from cause
        return serial

    def _collect(self, serial: int, limit_s: float, started: float) -> Reply | None:
        """The reply to one call. Silence longer than `limit_s` gives None; the late reply is then dropped.

        All calls of one batch share one silence: it began with the batch, or with the last reply of any of them.
        """
        while (reply := self._awaited.get(serial)) is None:
            silent_since = max(started, self._answered_at)
            if not self._pump(silent_since + limit_s - time.monotonic()):
                self.forget(serial)
                return None
        del self._awaited[serial]
        return _value(reply)

    def _pump(self, limit_s: float) -> bool:
        """Take in one batch of messages; False if none came in time."""
        if not self._poll.poll(max(0.0, limit_s) * 1000):
            return False
        try:
            data = self._sock.recv(1 << 18)
        except OSError as cause:
            raise DesktopGone("the accessibility bus") from cause
        if not data:
            raise DesktopGone("the accessibility bus")
        self._parser.add_data(data)
        while (message := self._parser.get_next_message()) is not None:
            self._sort(message)
        return True

    def _sort(self, message: Message) -> None:
        header = message.header
        if header.message_type is MessageType.signal:
            self.signals += 1
            return
        serial = header.fields.get(HeaderFields.reply_serial, -1)
        if serial in self._awaited:
            self._awaited[serial] = message
            self._answered_at = time.monotonic()


def _value(message: Message) -> Reply:
    fields: Mapping[HeaderFields, Any] = message.header.fields
    if message.header.message_type is MessageType.error:
        text = str(message.body[0]) if message.body else ""
        return Failed(str(fields.get(HeaderFields.error_name, "")), text)
    return message.body[0] if len(message.body) == 1 else message.body


def find_address(session_address: str) -> str:
    """The address of the accessibility bus that belongs to a session bus. Raises Gone if there is none."""
    try:
        session = Bus(session_address)
    except (OSError, TimeoutError, StopIteration, RuntimeError) as cause:
        raise DesktopGone("the session bus") from cause
    try:
        reply = session.ask_one(Call(Ref("org.a11y.Bus", "/org/a11y/bus"), "org.a11y.Bus", "GetAddress"))
    finally:
        session.close()
    if isinstance(reply, Failed) or not reply:
        raise DesktopGone("the accessibility bus")
    return str(reply)
