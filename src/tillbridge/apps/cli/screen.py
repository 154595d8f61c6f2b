"""invoice, rehearse, recheck, pause: what is on the screen, could a payment be entered, and leaving it alone."""

from __future__ import annotations

import argparse

from tillbridge.apps.agent.routes import BY_NAME
from tillbridge.apps.cli.agent_for import CONSOLE, agent_for, last_tried, say, say_trouble
from tillbridge.apps.cli.asked import body_of
from tillbridge.apps.cli.client import AgentClient
from tillbridge.apps.cli.lines import print_hanging
from tillbridge.strings import sentence
from tillbridge.wiring import home_folder, load_site


def run(name: str, options: argparse.Namespace) -> int:
    site = load_site(options.home or home_folder())
    with agent_for(site, say_pause=False) as agent:
        if name == "invoice":
            return _invoice(agent)
        if name in ("settle", "strangers", "end_stranger"):
            return _settlement(agent, name, options)
        if name in ("software", "terminals"):
            return _software(agent) if name == "software" else _terminals(agent)
        if name == "recheck":
            say("rechecking", count=agent.post("/v1/recheck")["count"])
            return 0
        return _rehearse(agent, options.only_last) if name == "rehearse" else _pause(agent, options)


def _invoice(agent: AgentClient) -> int:
    with CONSOLE.status(sentence("reading_screen", section="cli")):
        seen = agent.post("/v1/invoice")
    if "trouble" in seen:
        return say_trouble(seen["trouble"])
    say("invoice_is", client=seen["client"], account_id=seen["account_id"], number=seen["invoice_number"],
        balance=seen["balance"]["text"], chargeable=seen["chargeable"]["text"], name=seen["name"])  # fmt: skip
    return 0


def _settlement(agent: AgentClient, name: str, options: argparse.Namespace) -> int:
    if name == "settle":
        agent.post("/v1/settle")
        say("settling")
        return 0
    if name == "strangers":
        rows = agent.get("/v1/strangers")["strangers"]
    else:
        route = BY_NAME["end_stranger"]
        rows = agent.post(route.path, body_of(route, options))["strangers"]
    for row in rows:
        say("stranger_row", amount=row["amount"]["text"], kind=row["kind"], number=row["reference"],
             stranger=row["stranger"])  # fmt: skip
    if not rows:
        say("no_strangers")
    return 0


def _software(agent: AgentClient) -> int:
    seen = agent.post("/v1/software")
    if "trouble" in seen:
        return say_trouble(seen["trouble"])
    say("software_is", name=seen["name"], version=seen["version"], build=seen["build"])
    return 0


def _terminals(agent: AgentClient) -> int:
    found = agent.get("/v1/terminals")["terminals"]
    for terminal in found:
        state = sentence(f"terminal_{terminal['state']}", section="cli")
        code = "terminal_is_at" if terminal["desk"] else "terminal_is"
        say(code, terminal_id=terminal["terminal_id"], name=terminal["name"], state=state,
             desk=terminal["desk"])  # fmt: skip
    return 0 if found else 1


def _rehearse(agent: AgentClient, only_last: bool) -> int:
    with CONSOLE.status(sentence("rehearsing", section="cli")):
        report = agent.post("/v1/rehearse", {"only_last": only_last})
    print_hanging(CONSOLE, "", last_tried(report["last"]))
    if only_last:
        return 0
    if report.get("trouble"):
        return say_trouble(report["trouble"])
    print_hanging(CONSOLE, "", report["text"])
    return 0


def _pause(agent: AgentClient, options: argparse.Namespace) -> int:
    if options.end:
        agent.post("/v1/pause/end")
        say("pause_ended")
        return 0
    body = {} if options.minutes is None else {"minutes": options.minutes}
    print_hanging(CONSOLE, "", agent.post("/v1/pause", body)["paused"]["text"])
    return 0
