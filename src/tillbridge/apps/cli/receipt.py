"""receipt: a receipt on the screen of the command line, saved, and printed or sent if asked."""

from __future__ import annotations

import argparse

from tillbridge.apps.agent.routes import BY_NAME
from tillbridge.apps.cli.agent_for import CONSOLE, agent_for, whole_id
from tillbridge.apps.cli.asked import body_of
from tillbridge.apps.cli.lines import print_hanging
from tillbridge.wiring import home_folder, load_site


def run(options: argparse.Namespace) -> int:
    """1 where it was not printed or sent, or nobody knows."""
    with agent_for(load_site(options.home or home_folder()), say_pause=False) as agent:
        payment_id = whole_id(agent, options.payment_id)
        told = agent.post(f"/v1/payments/{payment_id}/receipt", body_of(BY_NAME["receipt"], options))
    CONSOLE.print(told["text"], markup=False, highlight=False)
    print_hanging(CONSOLE, "", told["sent_text"])
    if told["sent"]:
        print_hanging(CONSOLE, "", told["saved_text"])
    return 0 if told["sent"] in ("", "yes") else 1
