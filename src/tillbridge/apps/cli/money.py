"""pay, invoice, rehearse, payments, show, resume: asked of the agent, told in sentences."""

from __future__ import annotations

import argparse
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from tillbridge.apps.cli.client import AgentClient, any_agent
from tillbridge.apps.cli.lines import print_hanging
from tillbridge.strings import sentence
from tillbridge.wiring import Site, home_folder, load_site

WAIT_MS = 4_000
BLOCKED_S = 12.0
"""So long the command line watches a payment that waits for the screen; the agent goes on with it."""
WIDE = 120
"""From this many columns on, a payment's whole id fits in the list."""
SHORT_ID = 6
"""So many letters of an id are enough to name a payment."""
CONSOLE = Console(highlight=False)


def run(name: str, options: argparse.Namespace) -> int:
    site = load_site(options.home or home_folder())
    with _agent(site) as agent:
        if name in ("show", "resume"):
            options.payment_id = _whole_id(agent, options.payment_id)
        match name:
            case "pay":
                return _pay(agent, options, site.software_name)
            case "invoice":
                return _invoice(agent)
            case "rehearse":
                return _rehearse(agent)
            case "payments":
                return _payments(agent)
            case "show":
                return _show(agent, options.payment_id)
            case _:
                return _resume(agent, options, site.software_name)


@contextmanager
def _agent(site: Site) -> Iterator[AgentClient]:
    """An agent; a word is said while it starts."""
    with ExitStack() as stack:
        with CONSOLE.status(sentence("working", section="cli")):
            agent = stack.enter_context(any_agent(site))
        yield agent


def _whole_id(agent: AgentClient, beginning: str) -> str:
    """Of a payment that is told by the first letters of its id; the text itself where it names none or several."""
    found = [str(row["payment_id"]) for row in agent.get("/v1/payments")["payments"]]
    fitting = [payment_id for payment_id in found if payment_id.startswith(beginning)]
    enough = len(beginning) >= SHORT_ID and beginning not in found and len(fitting) == 1
    return fitting[0] if enough else beginning


def _say(code: str, **facts: str | int | bool | None) -> None:
    print_hanging(CONSOLE, "", sentence(code, facts, section="cli"))


def _say_trouble(trouble: dict[str, Any]) -> int:
    print_hanging(CONSOLE, "", f"{trouble['text']}  [{trouble['code']}]")
    return 1


def _short(payment_id: str) -> str:
    """The beginning of an id that a program made, long enough to name it; one that a person gave stays whole."""
    made = len(payment_id) == 36 and payment_id.count("-") == 4
    return payment_id[:8] if made else payment_id


def _invoice(agent: AgentClient) -> int:
    with CONSOLE.status(sentence("reading_screen", section="cli")):
        seen = agent.post("/v1/invoice")
    if "trouble" in seen:
        return _say_trouble(seen["trouble"])
    _say("invoice_is", client=seen["client"], account_id=seen["account_id"], number=seen["invoice_number"],
         balance=seen["balance"]["text"], chargeable=seen["chargeable"]["text"], name=seen["name"])  # fmt: skip
    return 0


def _rehearse(agent: AgentClient) -> int:
    with CONSOLE.status(sentence("rehearsing", section="cli")):
        report = agent.post("/v1/rehearse")
    if report.get("trouble"):
        return _say_trouble(report["trouble"])
    _say("rehearsed")
    return 0


def _pay(agent: AgentClient, options: argparse.Namespace, software: str) -> int:
    """The id is made here, by the face, and said before anything is sent (rule 1)."""
    payment_id = options.payment_id or str(uuid.uuid4())
    _say("paying", payment_id=payment_id)
    body: dict[str, Any] = {
        "payment_id": payment_id,
        "terminal_id": options.terminal,
        "person": options.person,
    }
    if options.amount is not None:
        body["amount"] = options.amount
    if options.typed:
        body |= {"typed": True, "client": options.client, "account_id": options.account}
        body["invoice_number"] = options.invoice
    with CONSOLE.status(sentence("reading_screen", section="cli")):
        begun = agent.post("/v1/payments", body)["payment"]
    code = "begun" if begun["invoice_number"] else "begun_typed"
    _say(code, amount=begun["amount"]["text"], client=begun["client"], number=begun["invoice_number"])
    return _follow(agent, payment_id, software)


def _follow(agent: AgentClient, payment_id: str, software: str) -> int:
    """Tell each step as it happens, until nothing goes on by itself."""
    seen, news_at = 0, time.monotonic()
    with CONSOLE.status(sentence("working", section="cli")):
        while True:
            told = agent.get(f"/v1/payments/{payment_id}", after=seen, wait_ms=WAIT_MS)
            if len(told["story"]) > seen:
                news_at = time.monotonic()
            for step in told["story"][seen:]:
                print_hanging(CONSOLE, f"  {step['after_ms'] / 1000:6.1f} s  ", step["text"])
            seen = len(told["story"])
            patience_over = time.monotonic() - news_at > BLOCKED_S
            if _rests(told["payment"]) or _waits(told["payment"], patience_over):
                return _end(told["payment"], software)


def _rests(payment: dict[str, Any]) -> bool:
    """Finished, or only a person can go on, or only the long watch over a stopped try is left."""
    return payment["finished"] or set(payment["next"]) <= {"AskPerson"} or payment["money_state"] == "killed"


def _waits(payment: dict[str, Any], patience_over: bool) -> bool:
    """The money is decided, and what is missing in the books waits for a person, or for long now for the screen."""
    posting = payment["postings"][-1] if payment["postings"] else None
    decided = payment["charged"] == "yes" and payment["money_state"] not in ("killing", "unknown")
    if not decided or posting is None or posting["state"] != "waiting":
        return False
    return posting["reason"] == "enter_yourself" or (patience_over and bool(posting["reason"]))


def _end(payment: dict[str, Any], software: str) -> int:
    posted = payment["posting_state"] == "posted"
    code = {"yes": "paid_and_posted" if posted else "paid_not_posted", "no": "not_charged"}
    _say(code.get(payment["charged"], "finding_out"), amount=payment["taken"]["text"],
         name=software, payment_id=_short(payment["payment_id"]))  # fmt: skip
    _say_open(payment)
    return 0 if posted else 1


def _payments(agent: AgentClient) -> int:
    rows = agent.get("/v1/payments")["payments"]
    if not rows:
        _say("no_payments")
        return 0
    wide = CONSOLE.width >= WIDE
    table = Table(box=None, header_style="bold")
    for column in ("when", "client", "invoice", "amount", "charged", "in_books", "id"):
        whole = column in ("when", "amount", "id")
        table.add_column(sentence(f"column_{column}", section="cli"), no_wrap=whole)
    today = datetime.now(UTC).astimezone().date()
    for row in rows:
        at = datetime.fromtimestamp(row["created_wall_ms"] / 1000, UTC).astimezone()
        table.add_row(
            at.strftime("%H:%M" if at.date() == today else "%m-%d"),
            row["client"],
            row["invoice_number"],
            row["amount"]["text"],
            sentence(f"charged_{row['charged']}", section="cli"),
            sentence(row["posting_state"], section="state"),
            row["payment_id"] if wide else _short(row["payment_id"]),
        )
    CONSOLE.print(table)
    return 0


def _show(agent: AgentClient, payment_id: str) -> int:
    told = agent.get(f"/v1/payments/{payment_id}")
    payment = told["payment"]
    _say("shown", client=payment["client"], number=payment["invoice_number"], amount=payment["amount"]["text"],
         charged=sentence(f"charged_{payment['charged']}", section="cli"),
         posted=sentence(payment["posting_state"], section="state"))  # fmt: skip
    for step in told["story"]:
        at = datetime.fromtimestamp(step["wall_ms"] / 1000, UTC).astimezone().strftime("%H:%M:%S")
        print_hanging(CONSOLE, f"  {at}  ", f"{step['text']}  [{step['seq']}:{step['chain'][:6]}]")
    _say_open(payment)
    return 0


def _say_open(payment: dict[str, Any]) -> None:
    """What only a person can settle, and how; what something on the screen holds up, and what."""
    for posting in payment["postings"]:
        if posting["state"] == "waiting" and posting["reason_text"]:
            print_hanging(CONSOLE, "", posting["reason_text"])
            if posting["reason"] != "enter_yourself":
                _say("paid_goes_on")
        if posting["state"] == "needs_attention":
            code = "ask_may_be_posted" if posting["may_be_posted"] else "ask_not_posted"
            _say(code, reason=posting["reason_text"], payment_id=_short(payment["payment_id"]))
    for task in payment["task_texts"]:
        _say("task", task=task)


def _resume(agent: AgentClient, options: argparse.Namespace, software: str) -> int:
    """Go on with a payment: now instead of at the next due time, or with a person's decision."""
    verb = (options.do or "resume").replace("-", "_")
    body = {"person": options.person}
    if verb in ("posted", "not_posted", "drop"):
        body["marker"] = _marker(agent, options.payment_id)
    agent.post(f"/v1/payments/{options.payment_id}/{verb}", body)
    return _follow(agent, options.payment_id, software)


def _marker(agent: AgentClient, payment_id: str) -> str:
    postings = agent.get(f"/v1/payments/{payment_id}")["payment"]["postings"]
    asked = [posting for posting in postings if posting["state"] == "needs_attention"] or postings[-1:]
    return str(asked[0]["marker"]) if asked else ""
