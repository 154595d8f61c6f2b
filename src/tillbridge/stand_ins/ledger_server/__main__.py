"""Start the ledger server: `python -m tillbridge.stand_ins.ledger_server --data DIR`.

Prints one JSON line when it listens: {"ready": true, "url": ..., "pid": ...}.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from tillbridge.stand_ins import profile
from tillbridge.stand_ins.ledger_server.faults import BadKnob
from tillbridge.stand_ins.ledger_server.ledger import Ledger
from tillbridge.stand_ins.ledger_server.scenes import SCENES
from tillbridge.stand_ins.ledger_server.web import Web


def main(arguments: list[str]) -> int:
    """Serve until told to stop. Returns the exit code: 2 for a knob that does not exist."""
    options = _options(arguments)
    chosen = profile.load(options.profile)
    ledger = Ledger(chosen, options.data, options.scene, options.seed, lambda: datetime.now(UTC))
    try:
        for knob in options.fault:
            name, _, value = knob.partition("=")
            ledger.turn_knob(name, value)
    except BadKnob as error:
        print(error, file=sys.stderr)
        return 2
    listening = socket.create_server(("127.0.0.1", options.port))
    port = listening.getsockname()[1]
    print(json.dumps({"ready": True, "url": f"http://127.0.0.1:{port}", "pid": os.getpid()}), flush=True)
    config = uvicorn.Config(
        Web(ledger).app(), log_level="critical", access_log=False, timeout_graceful_shutdown=1
    )
    uvicorn.Server(config).run(sockets=[listening])
    ledger.truth.close()
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tillbridge.stand_ins.ledger_server")
    parser.add_argument("--profile", default="v6")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scene", choices=SCENES, default="default")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=VALUE")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
