"""agreement: the text to be read out, signed or shown before a bank debit or a kept card."""

from __future__ import annotations

import argparse

from tillbridge.apps.agent.routes import BY_NAME
from tillbridge.apps.cli.agent_for import CONSOLE, agent_for
from tillbridge.apps.cli.asked import body_of
from tillbridge.apps.cli.lines import print_hanging
from tillbridge.wiring import home_folder, load_site


def run(options: argparse.Namespace) -> int:
    with agent_for(load_site(options.home or home_folder()), say_pause=False) as agent:
        told = agent.post("/v1/agreement", body_of(BY_NAME["agreement"], options))
    print_hanging(CONSOLE, "", told["do"])
    print_hanging(CONSOLE, f"{told['version']}: ", told["text"])
    return 0
