"""The agent's process: build the engine, start the threads, serve loopback HTTP until asked to stop.

It binds 127.0.0.1 only. Its address and token go into `agent.json` in the home folder, readable by the owner only;
the file is removed at the end. The journal's own lock stops a second agent.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from tillbridge.apps.agent.desk import Desk
from tillbridge.apps.agent.ground import Ground
from tillbridge.apps.agent.http import Door, application
from tillbridge.apps.agent.papers import Papers
from tillbridge.apps.agent.pausing import Pause
from tillbridge.apps.agent.rehearsed import RehearsalMemory
from tillbridge.apps.agent.rehearsing import Circumstances, Rehearsals
from tillbridge.apps.agent.restored import CODES, Restored
from tillbridge.apps.agent.runner import Runner
from tillbridge.apps.agent.runs import Runs
from tillbridge.apps.agent.small_file import replace_file
from tillbridge.apps.agent.support import Support
from tillbridge.apps.agent.system import RandomIds, SystemClock, signed_in, today
from tillbridge.domain.errors import SetupError
from tillbridge.wiring import Parts, Site, build


@dataclass(slots=True)
class Agent:
    """A running agent in this process. `url` and `token` are what a face needs."""

    url: str
    token: str
    server: uvicorn.Server
    runner: Runner
    parts: Parts
    listener: socket.socket

    def serve(self) -> None:
        """Serve until asked to stop; then close everything."""
        try:
            self.server.run(sockets=[self.listener])
        finally:
            self.close()

    def end(self) -> None:
        """Ask it to stop. Safe from a signal's handler and from any thread."""
        self.server.should_exit = True

    def close(self) -> None:
        self.runner.stop()
        self.parts.close()
        self.listener.close()


class _Server(uvicorn.Server):
    """Signals are the process's business, not the server's; those who wait for news are told before it closes."""

    def __init__(self, config: uvicorn.Config, before_end: Callable[[], None]) -> None:
        super().__init__(config)
        self._before_end = before_end

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._before_end()
        await super().shutdown(sockets)


def make_agent(site: Site) -> Agent:
    """Build everything and bind the port; nothing is served yet. Raises TillbridgeError."""
    parts = build(site, SystemClock(), RandomIds())
    try:
        listener = _bound(site.port)
    except OSError as error:
        parts.close()
        raise SetupError("port_taken", port=site.port) from error
    host = f"127.0.0.1:{listener.getsockname()[1]}"
    token = secrets.token_urlsafe(32)
    held: list[uvicorn.Server] = []
    runner = Runner(parts.engine)
    pause = Pause(runner, site.home)
    pause.restore(parts.engine)
    rehearsals = Rehearsals(runner, RehearsalMemory(site.home), _circumstances(site, parts))
    runner.quiet = rehearsals.quiet
    restored = Restored(runner, bool(CODES & set(parts.found)), parts.accept)
    desk = Desk(
        Ground(
            runner=runner,
            currency=site.policy.currency,
            on_stop=lambda: _stop(held),
            restored=restored,
            rehearsals=rehearsals,
            pause=pause,
            support=Support(site.home / "support", Runs(site.transcripts), site.pictures),
            found=parts.found,
            terminal=site.terminal,
            name=site.software_name,
            papers=Papers(
                folder=site.home / "receipts",
                messenger=parts.messenger,
                printer=parts.printer,
                contact=site.contact,
            ),
        )
    )
    runner.changed = desk.changed
    door = Door(host=host, origins=frozenset({f"http://{host}"}), token=token)
    config = uvicorn.Config(
        application(desk, door),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    server = _Server(config, desk.close)
    held.append(server)
    return Agent(f"http://{host}", token, server, runner, parts, listener)


def _circumstances(site: Site, parts: Parts) -> Circumstances:
    return Circumstances(
        set_up=parts.set_up,
        user=signed_in(),
        name=site.software_name,
        today=today,
        by_itself=site.rehearse != "never",
    )


def _bound(port: int) -> socket.socket:
    """Loopback only. The protocol is named: asyncio sends small answers at once only on such sockets."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()  # whoever reads our address may come before the server has started
    except OSError:
        listener.close()
        raise
    return listener


def _stop(held: list[uvicorn.Server]) -> None:
    for server in held:
        server.should_exit = True


def run_agent(site: Site) -> None:
    """`tillbridge agent`: serve until a signal or `/v1/stop`. What is under way goes on at the next start."""
    agent = make_agent(site)
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: agent.end())
    agent.runner.start()
    with _address(site.address, agent):
        print(json.dumps({"ready": True, "url": agent.url, "pid": os.getpid()}), flush=True)
        agent.serve()


@contextlib.contextmanager
def in_process(site: Site) -> Iterator[Agent]:
    """An agent in this process, served by a thread of its own: for a command line that finds none running."""
    agent = make_agent(site)
    agent.runner.start()
    thread = threading.Thread(target=agent.server.run, kwargs={"sockets": [agent.listener]}, daemon=True)
    thread.start()
    try:
        yield agent
    finally:
        agent.end()
        thread.join(timeout=10)
        agent.close()


@contextlib.contextmanager
def _address(path: Path, agent: Agent) -> Iterator[None]:
    """Say where we are, for the owner of the files only."""
    text = json.dumps({"url": agent.url, "token": agent.token, "pid": os.getpid()})
    replace_file(path, text)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
