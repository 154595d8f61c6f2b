"""What the commands that ask an agent share: getting one, saying its sentences, and that the screen is paused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from tillbridge.apps.cli.client import AgentClient, any_agent
from tillbridge.apps.cli.lines import print_hanging
from tillbridge.strings import sentence
from tillbridge.wiring import Site

CONSOLE = Console(highlight=False)
SHORT_ID = 6
"""So many letters of an id are enough to name a payment."""


@contextmanager
def agent_for(site: Site, say_pause: bool = True) -> Iterator[AgentClient]:
    """An agent; a word is said while it starts, and one if the screen is paused (the commands that would say so
    anyway leave it out)."""
    with ExitStack() as stack:
        with CONSOLE.status(sentence("working", section="cli")):
            agent = stack.enter_context(any_agent(site))
            paused = agent.get("/v1/health")["paused"] if say_pause else None
        if paused is not None:
            print_hanging(CONSOLE, "", paused["text"])
        yield agent


def whole_id(agent: AgentClient, beginning: str) -> str:
    """Of a payment that is told by the first letters of its id; the text itself where it names none or several."""
    found = [str(row["payment_id"]) for row in agent.get("/v1/payments")["payments"]]
    fitting = [payment_id for payment_id in found if payment_id.startswith(beginning)]
    enough = len(beginning) >= SHORT_ID and beginning not in found and len(fitting) == 1
    return fitting[0] if enough else beginning


def say(code: str, **facts: str | int | bool | None) -> None:
    print_hanging(CONSOLE, "", sentence(code, facts, section="cli"))


def say_trouble(trouble: dict[str, Any]) -> int:
    print_hanging(CONSOLE, "", f"{trouble['text']}  {trouble.get('number', '')} [{trouble['code']}]")
    return 1


def short(payment_id: str) -> str:
    """The beginning of an id that a program made, long enough to name it; one that a person gave stays whole."""
    made = len(payment_id) == 36 and payment_id.count("-") == 4
    return payment_id[:8] if made else payment_id


def local(wall_ms: int) -> datetime:
    """The desk's own time."""
    return datetime.fromtimestamp(wall_ms / 1000, UTC).astimezone()


_BY = {
    "itself": "rehearsed_by_itself",
    "charge": "rehearsed_by_charge",
    "person": "rehearsed_by_person",
}


def last_tried(last: dict[str, Any] | None) -> str:
    """When the payment window was last tried, and what was found."""
    if last is None:
        return sentence("rehearsed_never", section="cli")
    by = sentence(_BY[last["by"]], section="cli")
    facts = {"when": f"{local(last['at_wall_ms']):%Y-%m-%d %H:%M}", "by": by, "text": last["text"]}
    return sentence("rehearsed_last", facts, section="cli")
