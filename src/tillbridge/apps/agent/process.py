"""The agent's process: build the engine, start the threads, serve loopback HTTP until asked to stop.

It binds 127.0.0.1 only. Its address and token go into `agent.json` in the home folder, readable by the owner only;
the file is removed at the end. The journal's own lock stops a second agent.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from tillbridge.apps.agent.desk import Desk
from tillbridge.apps.agent.http import Door, application
from tillbridge.apps.agent.runner import Runner
from tillbridge.apps.agent.system import RandomIds, SystemClock
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

    def close(self) -> None:
        self.runner.stop()
        self.parts.close()
        self.listener.close()


def make_agent(site: Site) -> Agent:
    """Build everything and bind the port; nothing is served yet. Raises TillbridgeError."""
    parts = build(site, SystemClock(), RandomIds())
    listener = socket.socket()
    try:
        listener.bind(("127.0.0.1", site.port))
    except OSError:
        listener.close()
        parts.close()
        raise
    host = f"127.0.0.1:{listener.getsockname()[1]}"
    token = secrets.token_urlsafe(32)
    held: list[uvicorn.Server] = []
    runner = Runner(parts.engine)
    desk = Desk(runner, site.policy.currency, lambda: _stop(held), parts.found)
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
    server = uvicorn.Server(config)
    held.append(server)
    return Agent(f"http://{host}", token, server, runner, parts, listener)


def _stop(held: list[uvicorn.Server]) -> None:
    for server in held:
        server.should_exit = True


def run_agent(site: Site) -> None:
    """`tillbridge agent`: serve until a signal or `/v1/stop`."""
    agent = make_agent(site)
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
        agent.server.should_exit = True
        thread.join(timeout=10)
        agent.close()


@contextlib.contextmanager
def _address(path: Path, agent: Agent) -> Iterator[None]:
    """Say where we are, for the owner of the files only."""
    text = json.dumps({"url": agent.url, "token": agent.token, "pid": os.getpid()})
    made = path.with_suffix(".new")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    made.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
