"""pay, resume and the verbs of a payment: asked of the agent, told step by step in sentences."""

from __future__ import annotations

import argparse
import time
import uuid
from typing import Any

from tillbridge.apps.agent.routes import BY_NAME
from tillbridge.apps.cli.agent_for import CONSOLE, agent_for, say, short, whole_id
from tillbridge.apps.cli.asked import body_of
from tillbridge.apps.cli.client import AgentClient
from tillbridge.apps.cli.lines import print_hanging
from tillbridge.apps.cli.telling import say_open
from tillbridge.domain.errors import OperatorError
from tillbridge.strings import sentence
from tillbridge.wiring import home_folder, load_site

WAIT_MS = 4_000
BLOCKED_S = 12.0
"""So long the command line watches a payment that waits for the screen; the agent goes on with it."""


def run(name: str, options: argparse.Namespace) -> int:
    site = load_site(options.home or home_folder())
    with agent_for(site, say_pause=name != "pay" or options.typed) as agent:
        if name == "pay":
            return _pay(agent, options, site.software_name)
        if name == "offer":
            _offer(agent, whole_id(agent, options.payment_id), body_of(BY_NAME["offer"], options))
            return 0
        verb = (options.do or name).replace("-", "_") if name == "resume" else name
        return _decide(agent, verb, whole_id(agent, options.payment_id), options, site.software_name)


def _pay(agent: AgentClient, options: argparse.Namespace, software: str) -> int:
    """The id is made here, by the face, and said before anything is sent (rule 1)."""
    payment_id = options.payment_id or str(uuid.uuid4())
    say("paying", payment_id=payment_id)
    body = {**body_of(BY_NAME["pay"], options), "payment_id": payment_id}
    with CONSOLE.status(sentence("reading_screen", section="cli")):
        told = agent.post("/v1/payments", body)
    begun = told["payment"]
    _say_notice(told)
    code = "begun" if begun["invoice_number"] else "begun_typed"
    say(code, amount=begun["amount"]["text"], client=begun["client"], number=begun["invoice_number"])
    return _follow(agent, payment_id, software)


def _say_notice(told: dict[str, Any]) -> None:
    """The card goes on although something could not be looked at before."""
    if told.get("notice"):
        print_hanging(CONSOLE, "", told["notice"]["text"])


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
    """Finished, or only a person or the bank can go on, or only the long watch over a stopped try is left."""
    left = set(payment["next"])
    if payment["finished"] or left <= {"AskPerson", "AwaitGateway"} or payment["money_state"] == "killed":
        return True
    booked = payment["posting_state"] in ("posted", "not_needed")
    return (payment["money_state"] == "pending" and booked) or _is_open_link(payment)


def _is_open_link(payment: dict[str, Any]) -> bool:
    """It is paid in hours or days, and told to the client by itself."""
    newest = payment["attempts"][-1]
    waits = newest["url"] and not newest["cancel_asked"] and payment["money_state"] == "running"
    return bool(newest["where"] == "link" and waits)


def _waits(payment: dict[str, Any], patience_over: bool) -> bool:
    """The money is decided, and what is missing in the books waits for a person, or for long now for the screen."""
    posting = payment["postings"][-1] if payment["postings"] else None
    decided = payment["charged"] == "yes" and payment["money_state"] not in ("killing", "unknown")
    if not decided or posting is None or posting["state"] != "waiting":
        return False
    return posting["reason"] == "enter_yourself" or (patience_over and bool(posting["reason"]))


def _end(payment: dict[str, Any], software: str) -> int:
    if payment["operation"] == "store_card" and payment["finished"] and payment["charged"] == "yes":
        say("card_kept")
        return 0
    if _is_open_link(payment):
        say("link_open", amount=payment["amount"]["text"], url=payment["attempts"][-1]["url"])
        return 0
    posted = payment["posting_state"] == "posted"
    code = _given_back_code(payment) if payment["of"] else _paid_code(payment)
    say(code, amount=payment["amount" if payment["charged"] != "yes" else "taken"]["text"],
         name=software, payment_id=short(payment["payment_id"]))  # fmt: skip
    say_open(payment)
    return 0 if posted or code == "given_back_only" else 1


def _paid_code(payment: dict[str, Any]) -> str:
    if payment["charged"] == "yes":
        return "paid_and_posted" if payment["posting_state"] == "posted" else "paid_not_posted"
    return "not_charged" if payment["charged"] == "no" else "finding_out"


def _given_back_code(payment: dict[str, Any]) -> str:
    if payment["attempts"][-1]["queued"]:
        return "give_back_waits"
    if payment["charged"] != "yes":
        return "not_given_back" if payment["charged"] == "no" else "finding_out"
    codes = {"posted": "given_back_and_posted", "not_needed": "given_back_only"}
    return codes.get(payment["posting_state"], "given_back_not_posted")


def _decide(
    agent: AgentClient, verb: str, payment_id: str, options: argparse.Namespace, software: str
) -> int:
    """Go on with a payment: now instead of at the next due time, or with a person's decision."""
    route = BY_NAME[verb]
    body = body_of(route, options)
    asked = {field.name for field in route.fields if field.needed} - set(body)
    if "marker" in asked:
        body["marker"] = _marker(agent, payment_id)
    if "task" in asked:
        body["task"] = _task(agent, payment_id)
    if "record_id" in asked:
        body["record_id"] = str(uuid.uuid4())
    if "give_back_id" in asked and not _is_answer(agent, payment_id):
        body["give_back_id"] = str(uuid.uuid4())
        say("paying", payment_id=body["give_back_id"])
        _offer(agent, payment_id, body)
    told = agent.post(route.path.format(payment_id=payment_id), body)
    _say_notice(told)
    return _follow(agent, told["payment"]["payment_id"], software)


def _is_answer(agent: AgentClient, payment_id: str) -> bool:
    """A smaller approval waits for "keep it" or "give it back"."""
    attempts = agent.get(f"/v1/payments/{payment_id}")["payment"]["attempts"]
    return any(attempt["undecided_partial"] for attempt in attempts)


def _offer(agent: AgentClient, payment_id: str, body: dict[str, Any]) -> None:
    """Which way, how much, and when the client sees it."""
    asked = {"amount": body["amount"]} if "amount" in body else {}
    offer = agent.post(BY_NAME["offer"].path.format(payment_id=payment_id), asked)
    print_hanging(CONSOLE, "", offer["text"])
    say("offer_left", left=offer["left"]["text"])


def _marker(agent: AgentClient, payment_id: str) -> str:
    postings = agent.get(f"/v1/payments/{payment_id}")["payment"]["postings"]
    asked = [posting for posting in postings if posting["state"] == "needs_attention"] or postings[-1:]
    return str(asked[0]["marker"]) if asked else ""


def _task(agent: AgentClient, payment_id: str) -> str:
    """The only one there is. Raises OperatorError `task_missing`."""
    tasks = agent.get(f"/v1/payments/{payment_id}")["payment"]["tasks"]
    if len(tasks) > 1:
        raise OperatorError("task_missing", tasks=", ".join(tasks))
    return str(tasks[0]) if tasks else ""
