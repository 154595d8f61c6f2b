"""Starting and stopping: command line, socket, the one ready line, a clean end on SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from tillbridge.simulator.core.faults import Line
from tillbridge.simulator.core.network import CardNetwork
from tillbridge.simulator.core.settings import DAY_MS, OnRepeat, Settings
from tillbridge.simulator.core.terminal import Terminal
from tillbridge.simulator.server import routes_admin, routes_api, routes_pages
from tillbridge.simulator.server.delivery import protocol_for
from tillbridge.simulator.server.doors import LoopbackOnly, Turned, turned_away
from tillbridge.simulator.server.house import House
from tillbridge.simulator.server.store import BooksFile, BooksInUse, keys_of

TERMINALS_MAX = 20


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tillbridge.simulator",
        description="A pretend card network with terminals to look at and press. Listens on 127.0.0.1 only.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 = any free port (default)")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="books.jsonl and keys.json")
    parser.add_argument("--auto", action="store_true", help="terminals answer by themselves")
    parser.add_argument("--terminals", type=int, default=2, metavar="N", help="how many (default 2)")
    parser.add_argument("--seed", type=int, default=None, help="fixed ids for a new DIR")
    parser.add_argument("--clinic", default="Pine Street Vet", help="the name that terminals show")
    parser.add_argument("--fault", action="append", default=[], metavar="JSON", help="a fault that waits")
    parser.add_argument("--on-repeat", choices=[habit.value for habit in OnRepeat], default="same_answer")
    parser.add_argument("--kill-forgets", action="store_true", help="a kill does not block a later arrival")
    parser.add_argument("--refund-before-settlement", action="store_true")
    parser.add_argument("--no-partial", action="store_true", help="never approve a part of an amount")
    parser.add_argument("--no-magic", action="store_true", help="amounts mean nothing special")
    parser.add_argument("--auto-ms", type=int, default=1200, help="until an auto client presents the card")
    parser.add_argument("--processing-ms", type=int, default=900, help="until the bank answers")
    parser.add_argument("--card-wait-ms", type=int, default=120_000, help="until a terminal gives up waiting")
    parser.add_argument("--batch-every-ms", type=int, default=0, help="close the batch by itself; 0 = never")
    _add_settlement(parser)
    return parser


def _add_settlement(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--settle-after-ms", type=int, default=0, help="from the cut of a batch to its settlement")
    add(
        "--return-after-ms", type=int, default=2 * DAY_MS, help="until a bank that says no to a debit does so"
    )
    add(
        "--offline-limit",
        type=int,
        default=0,
        help="minor units a terminal approves without its bank; 0 = none",
    )
    add("--fee-ppm", type=int, default=26_000, help="the processor's fee, of a million")


def settings_of(options: argparse.Namespace, seed: int, notice_key: str) -> Settings:
    return Settings(
        notice_key=notice_key, settle_after_ms=options.settle_after_ms, return_after_ms=options.return_after_ms,
        offline_limit=options.offline_limit, fee_ppm=options.fee_ppm,
        seed=seed, clinic=options.clinic, auto=options.auto, on_repeat=OnRepeat(options.on_repeat),
        kill_blocks=not options.kill_forgets, refund_before_settlement=options.refund_before_settlement,
        allow_partial=not options.no_partial, magic=not options.no_magic, auto_present_ms=options.auto_ms,
        processing_ms=options.processing_ms, card_wait_ms=options.card_wait_ms,
        batch_every_ms=options.batch_every_ms,
    )  # fmt: skip


def house_of(options: argparse.Namespace) -> House:
    """Load the books and make everything ready, without a socket. Raises BooksInUse."""
    file = BooksFile(options.data)
    keys = keys_of(options.data, options.seed)
    terminals = [
        Terminal(f"front-desk-{number}", f"Front Desk {number}", auto=options.auto)
        for number in range(1, min(options.terminals, TERMINALS_MAX) + 1)
    ]
    settings = settings_of(options, int(keys["seed"]), str(keys["notice_key"]))
    network = CardNetwork(settings, terminals, file.load())
    house = House(Line(network), file, str(keys["api_key"]), str(keys["admin_key"]))
    house.line.plan.faults.extend(routes_admin.fault_of(json.loads(fault)) for fault in options.fault)
    house.change(network.resume)
    return house


def application(house: House) -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        time_keeper = asyncio.create_task(house.keep_time())
        time_keeper.add_done_callback(_stop_loudly)
        yield
        house.stop()
        await time_keeper

    return Starlette(
        routes=[*routes_api.routes(house), *routes_admin.routes(house), *routes_pages.routes(house)],
        middleware=[Middleware(LoopbackOnly)],
        exception_handlers={Turned: turned_away},
        lifespan=lifespan,
    )


def _stop_loudly(time_keeper: asyncio.Task[None]) -> None:
    """A simulator whose time stands still would lie: better none at all."""
    if not time_keeper.cancelled() and (error := time_keeper.exception()) is not None:
        traceback.print_exception(error)
        os._exit(70)


class _Announcing(uvicorn.Server):
    """Tells on standard output, in one JSON line, that the socket is open; wakes long polls before the end."""

    def __init__(self, config: uvicorn.Config, house: House, ready: dict[str, object]) -> None:
        super().__init__(config)
        self._house = house
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(json.dumps(self._ready) + "\n")
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._house.stop()
        await super().shutdown(sockets)


def _listener(port: int) -> socket.socket:
    """asyncio turns off Nagle's waiting (40 ms a reply) only for sockets that name TCP as their protocol."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT. Returns 0, or 1 when the books are already in use."""
    options = arguments().parse_args(argv)
    try:
        house = house_of(options)
    except BooksInUse as error:
        sys.stderr.write(f"another simulator already writes {error}\n")
        return 1
    listener = _listener(options.port)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    ready = {
        "ready": True, "url": url, "api_key": house.api_key, "admin_key": house.admin_key,
        "terminal_pages": [f"{url}/terminal/{name}" for name in house.network.counter.terminals],
        "terminals": list(house.network.counter.terminals), "pid": os.getpid(),
        "books": str(options.data / "books.jsonl"),
    }  # fmt: skip
    config = uvicorn.Config(
        application(house), http=protocol_for(house), ws="none", log_level="warning", access_log=False,
        proxy_headers=False, server_header=False, timeout_graceful_shutdown=1, timeout_keep_alive=30, lifespan="on",
    )  # fmt: skip
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _Announcing(config, house, ready).run(sockets=[listener])
    except KeyboardInterrupt:
        return 0
    finally:
        house.close()
    return 0
