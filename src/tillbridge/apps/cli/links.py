"""links and qr: payment links that wait, and the square for a client's telephone."""

from __future__ import annotations

import argparse

from tillbridge.apps.cli.agent_for import CONSOLE, agent_for, local, say, whole_id
from tillbridge.apps.cli.client import AgentClient
from tillbridge.wiring import home_folder, load_site


def run(name: str, options: argparse.Namespace) -> int:
    site = load_site(options.home or home_folder())
    with agent_for(site) as agent:
        if name == "links":
            return _links(agent, options.client or "")
        made = agent.get(f"/v1/payments/{whole_id(agent, options.payment_id)}/qr")
        CONSOLE.print(made["terminal"], markup=False)
        CONSOLE.print(made["url"], markup=False, soft_wrap=True)
        return 0


def _links(agent: AgentClient, client: str) -> int:
    rows = agent.get("/v1/links", client=client)["links"]
    if not rows:
        say("no_links")
    for row in rows:
        newest = row["attempts"][-1]
        until = f"{local(newest['expires_wall_ms']):%Y-%m-%d %H:%M}"
        say("link_row", client=row["client"], amount=row["amount"]["text"], until=until, url=newest["url"])
    return 0
