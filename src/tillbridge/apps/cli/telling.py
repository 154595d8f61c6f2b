"""payments, show, support: what became of payments, told so that a receptionist can follow it."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from tillbridge.apps.cli.agent_for import CONSOLE, agent_for, local, say, short, whole_id
from tillbridge.apps.cli.client import AgentClient
from tillbridge.apps.cli.lines import print_hanging
from tillbridge.strings import sentence
from tillbridge.wiring import home_folder, load_site

WIDE = 120
"""From this many columns on, a payment's whole id fits in the list."""


def run(name: str, options: argparse.Namespace) -> int:
    site = load_site(options.home or home_folder())
    with agent_for(site) as agent:
        if name == "payments":
            return _payments(agent)
        payment_id = whole_id(agent, options.payment_id)
        if name == "support":
            made = agent.post(f"/v1/payments/{payment_id}/support")
            say("support_made", path=made["file"])
            return 0
        return _show(agent, payment_id)


def _payments(agent: AgentClient) -> int:
    rows = agent.get("/v1/payments")["payments"]
    if not rows:
        say("no_payments")
        return 0
    wide = CONSOLE.width >= WIDE
    table = Table(box=None, header_style="bold")
    for column in ("when", "client", "invoice", "amount", "charged", "in_books", "id"):
        whole = column in ("when", "amount", "id")
        table.add_column(sentence(f"column_{column}", section="cli"), no_wrap=whole)
    today = datetime.now(UTC).astimezone().date()
    for row in rows:
        at = local(row["created_wall_ms"])
        table.add_row(
            at.strftime("%H:%M" if at.date() == today else "%m-%d"),
            row["client"],
            row["invoice_number"],
            row["amount"]["text"],
            sentence(f"charged_{row['charged']}", section="cli"),
            sentence(row["posting_state"], section="state"),
            row["payment_id"] if wide else short(row["payment_id"]),
        )
    CONSOLE.print(table)
    for row in rows:
        _say_why(row)
    return 0


def _say_why(row: dict[str, Any]) -> None:
    """One line for each payment that waits: for what."""
    facts = {
        "client": row["client"],
        "amount": row["amount"]["text"],
        "payment_id": short(row["payment_id"]),
    }
    turn = sentence("waits_for_the_screen", section="cli")
    for posting in row["postings"]:
        if posting["state"] in ("waiting", "needs_attention"):
            say("waits", reason=_numbered(posting["reason_text"] or turn, posting["reason_number"]), **facts)
    for task, told in zip(row["task_texts"], row["task_numbers"], strict=True):
        say("waits", reason=_numbered(task, told), **facts)


def _numbered(text: str, told: str) -> str:
    """With the number that can be read over the telephone."""
    return f"{text}  {told}" if told else text


def _show(agent: AgentClient, payment_id: str) -> int:
    told = agent.get(f"/v1/payments/{payment_id}")
    payment = told["payment"]
    say("shown", client=payment["client"], number=payment["invoice_number"], amount=payment["amount"]["text"],
         charged=sentence(f"charged_{payment['charged']}", section="cli"),
         posted=sentence(payment["posting_state"], section="state"))  # fmt: skip
    for step in told["story"]:
        if not step["told"]:
            continue
        at = f"{local(step['wall_ms']):%H:%M:%S}"
        print_hanging(CONSOLE, f"  {at}  ", step["told"])
        for detail in step["details"]:
            print_hanging(CONSOLE, " " * 12, detail)
    say_open(payment)
    return 0


def say_open(payment: dict[str, Any]) -> None:
    """What only a person can settle, and how; what something on the screen holds up, and what."""
    payment_id = short(payment["payment_id"])
    for posting in payment["postings"]:
        if posting["state"] == "waiting" and posting["reason_text"]:
            print_hanging(CONSOLE, "", posting["reason_text"])
            if posting["reason"] != "enter_yourself":
                say("paid_goes_on")
        if posting["state"] == "needs_attention":
            _ask(posting, payment_id)
    for row in payment["to_enter"]:
        _say_to_enter(row)
    for task in payment["task_texts"]:
        say("task", task=task)
    if payment["tasks"]:
        say("task_end", payment_id=payment_id)


def _ask(posting: dict[str, Any], payment_id: str) -> None:
    facts = {"reason": posting["reason_text"], "payment_id": payment_id}
    if posting["reason"] == "does_not_fit":
        say("ask_rest", **facts)
    elif posting["may_be_posted"]:
        say("ask_may_be_posted", **facts)
    else:
        say("ask_not_posted", **facts)


def _say_to_enter(row: dict[str, Any]) -> None:
    facts = {"client": row["client"], "amount": row["amount"]["text"], "method": row["method"],
             "number": row["number"]}  # fmt: skip
    if row["invoice_number"]:
        say("to_enter_invoice", invoice_number=row["invoice_number"], **facts)
    else:
        say("to_enter", **facts)
