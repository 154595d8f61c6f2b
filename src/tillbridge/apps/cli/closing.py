"""ready-to-close: what was taken and what is in the books, by brand, and everything that does not agree."""

from __future__ import annotations

import argparse
from typing import Any

from rich import box
from rich.table import Table

from tillbridge.apps.agent.routes import BY_NAME
from tillbridge.apps.cli.agent_for import CONSOLE, agent_for, short
from tillbridge.apps.cli.asked import body_of
from tillbridge.apps.cli.lines import print_hanging
from tillbridge.strings import sentence
from tillbridge.wiring import home_folder, load_site

COLUMNS = ("brand", "taken", "apart", "in_books", "difference")
SECTIONS = ("differences", "open", "carried", "returned", "said", "deposits", "given_back", "links")


def run(options: argparse.Namespace) -> int:
    """1 where the day is not ready to be closed."""
    with agent_for(load_site(options.home or home_folder()), say_pause=False) as agent:
        told = agent.post("/v1/ready_to_close", body_of(BY_NAME["ready_to_close"], options))
    print_hanging(CONSOLE, "", told["headline"])
    if told["lines"]:
        CONSOLE.print(_table(told))
    for section in SECTIONS:
        items = _not_told(told, section)
        if items:
            print_hanging(CONSOLE, "", sentence(f"section_{section}", section="closing"))
        for item in items:
            _say_item(item)
    if told["paused"]:
        print_hanging(CONSOLE, "", told["paused"]["text"])
    return 0 if told["ready"] else 1


def _not_told(told: dict[str, Any], section: str) -> list[dict[str, Any]]:
    """What does not agree is said once, with its reason; it is not said again as not being over."""
    differs = {(item["payment_id"], item["reason"]) for item in told["differences"]}
    again = differs if section == "open" else set()
    return [item for item in told[section] if (item["payment_id"], item["reason"]) not in again]


def _table(told: dict[str, Any]) -> Table:
    table = Table(box=box.SIMPLE)
    for column in COLUMNS:
        justify = "left" if column == "brand" else "right"
        table.add_column(sentence(f"column_{column}", section="closing"), justify=justify)  # type: ignore[arg-type]
    for line in told["lines"]:
        table.add_row(line["brand"], *(line[column]["text"] for column in COLUMNS[1:]))
    total = sentence("brand_all", section="closing")
    table.add_row(total, *(told["total"][column]["text"] for column in COLUMNS[1:]), style="bold")
    return table


def _say_item(item: dict[str, Any]) -> None:
    facts = {
        "client": item["client"],
        "amount": item["amount"]["text"],
        "number": item["invoice_number"],
        "payment_id": short(item["payment_id"]),
    }
    line = sentence("item" if item["invoice_number"] else "item_account", facts, section="closing")
    said = sentence("said_by", {"person": item["said_by"]}, section="closing") if item["said_by"] else ""
    print_hanging(CONSOLE, "  ", " ".join(part for part in (line, item["text"], said) if part))
