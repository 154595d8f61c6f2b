"""Plays steps at a desk: asks the agent, does what the others do, waits until nothing goes on, takes the picture."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tillbridge.apps.cli.client import AgentClient
from tools.demo import parts
from tools.tour.books import Books
from tools.tour.steps import Deed, Step

STEP_S = 90.0
SHOWN_S = 20.0
FIRST_CLIENT, NEXT_CLIENT = "01042", "00508"
"""Of the clinic's first scene: who is open at the beginning, and somebody else who owes something."""
ASKS_NOBODY = frozenset({"AskPerson"})
LONG_AFTER = frozenset({"Inquire"})
"""Left of a payment that waits for the bank."""


class StepFailed(RuntimeError):
    """What was not as the step says."""


@dataclass(slots=True)
class Stage:
    """Where steps are played. `paid`: the payment of each step that was played, by the step's name."""

    agent: AgentClient
    screen: parts.Screen
    simulator: dict[str, Any]
    ledger_url: str
    method: str
    folder: Path
    paid: dict[str, str] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    """So many steps of a payment's story were played before."""

    def admin(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.simulator['admin_key']}"}
        reply = httpx.post(
            f"{self.simulator['url']}/admin/{path}", json=body or {}, headers=headers, timeout=10
        )
        answer: dict[str, Any] = reply.raise_for_status().json()
        return answer

    def books(self) -> Books:
        """All three, as they stand in their own places."""
        lines = (self.folder / "simulator" / "books.jsonl").read_text("utf-8").splitlines()
        return Books(
            network=[json.loads(line) for line in lines],
            clinic=httpx.get(f"{self.ledger_url}/truth", timeout=10).json()["acts"],
            ours=self.agent.get("/v1/payments")["payments"],
            method=self.method,
        )


@dataclass(frozen=True, slots=True)
class Played:
    step: Step
    payment: dict[str, Any]
    story: list[str]
    seconds: float


def play(stage: Stage, step: Step) -> Played:
    """Raises StepFailed: it did not come to rest, or not where the step says."""
    began = time.monotonic()
    for deed in step.before:
        DEEDS[deed](stage, {})
    payment_id = _asked(stage, step)
    stage.paid[step.name] = payment_id
    told = _followed(stage, step, payment_id)
    for deed in step.after:
        DEEDS[deed](stage, told["payment"])
    payment = told["payment"]
    _as_expected(step, payment)
    lines = [f"{line['after_ms'] / 1000:6.1f} s  {line['text']}" for line in told["story"]]
    return Played(step, payment, lines, time.monotonic() - began)


def _asked(stage: Stage, step: Step) -> str:
    """The id of the payment that is followed."""
    payment_id = f"tour-{step.name}"
    body: dict[str, Any] = {"payment_id": payment_id, "person": "Dana", **step.body}
    if str(body.get("card_id", "")).startswith("of "):
        body["card_id"] = stage.agent.post("/v1/cards")["cards"][0]["card_id"]
    if step.ask == "move":
        return _moved(stage, stage.paid[step.of])
    if step.ask == "pay":
        stage.agent.post("/v1/payments", {"terminal_id": "front-desk-1", **body})
    else:
        own = body.pop("payment_id")
        body["give_back_id" if step.ask == "give_back" else "record_id"] = own
        told = stage.agent.post(f"/v1/payments/{stage.paid[step.of]}/{step.ask}", body)
        payment_id = str(told["payment"]["payment_id"])
    return payment_id


def _moved(stage: Stage, payment_id: str) -> str:
    rows = stage.agent.get(f"/v1/payments/{payment_id}")["payment"]["postings"]
    body = {"marker": rows[-1]["marker"], "person": "Dana"}
    stage.agent.post(f"/v1/payments/{payment_id}/move", body)
    return payment_id


def _followed(stage: Stage, step: Step, payment_id: str) -> dict[str, Any]:
    """Until nothing goes on by itself; the others do their part when it is their turn."""
    ends, to_do = time.monotonic() + STEP_S, list(step.meanwhile)
    seen = stage.told.get(payment_id, 0)
    told: dict[str, Any] = {}
    while time.monotonic() < ends:
        told = stage.agent.get(f"/v1/payments/{payment_id}", after=seen, wait_ms=1_000)
        new, seen = told["story"][seen:], len(told["story"])
        if any(line["kind"] == "posting_clear" for line in new):
            stage.screen.fullest_shot(stage.folder / "pictures" / f"{step.name}.png")
        if to_do and DEEDS[to_do[0]](stage, told["payment"]):
            to_do.pop(0)
        elif not to_do and at_rest(told["payment"]):
            stage.told[payment_id] = seen
            return told
    raise StepFailed(f"does not come to rest: {told['payment']['next']}, {told['story'][-1]['text']}")


def at_rest(payment: dict[str, Any]) -> bool:
    """Finished, a person is asked, or only the bank is waited for and the clinic's row stands."""
    left = set(payment["next"])
    return bool(payment["finished"] or left <= ASKS_NOBODY or (_is_posted(payment) and left <= LONG_AFTER))


def _is_posted(payment: dict[str, Any]) -> bool:
    return bool(payment["posting_state"] == "posted")


def _as_expected(step: Step, payment: dict[str, Any]) -> None:
    if payment["charged"] != step.charged:
        raise StepFailed(f"charged: {payment['charged']}, not {step.charged}")
    if payment["posting_state"] != step.ends:
        why = " ".join(row["reason_text"] for row in payment["postings"])
        raise StepFailed(f"in the clinic's books: {payment['posting_state']}, not {step.ends}. {why}")


# ---- what the others do: each tells whether its turn had come --------------------------------------


def _type_on_page(_stage: Stage, payment: dict[str, Any]) -> bool:
    """The client opens the address and types what the page itself gives as an example."""
    url = payment["attempts"][-1]["url"] if payment["attempts"] else ""
    if not url:
        return False
    page = httpx.get(url, timeout=10).text
    example = re.search(r'placeholder="([^"]+)"', page)
    if example is None:
        return False
    httpx.post(url, data={"number": example[1]}, timeout=10)
    return True


def _agree(stage: Stage, consent_id: str, kind: str) -> bool:
    """A person asks for the text, reads it out, and writes down that the client agreed."""
    agreed = stage.agent.post("/v1/agreement", {"kind": kind, "client": "Alvarez, Rosa", "amount": "17.05"})
    said = {"how": "signed, in the file", "given_by": "Rosa Alvarez", "person": "Dana"}
    body = {"consent_id": consent_id, "kind": kind, "text": agreed["text"], "version": agreed["version"]}
    stage.agent.post("/v1/consents", {**body, **said})
    return True


def _show(stage: Stage, client: str) -> bool:
    """Somebody opens a client; the agent is asked until it sees that one's invoice."""
    httpx.post(f"{stage.ledger_url}/world", json={"act": "show", "client": client}, timeout=30)
    ends = time.monotonic() + SHOWN_S
    while stage.agent.post("/v1/invoice").get("account_id") != client:
        if time.monotonic() > ends:
            raise StepFailed(f"client {client} with an open invoice is not shown")
        time.sleep(0.2)  # between two looks
    return True


def _settle_batch(stage: Stage, _payment: dict[str, Any]) -> bool:
    stage.admin("settle")
    stage.agent.post("/v1/settle")
    return True


DEEDS: dict[Deed, Callable[[Stage, dict[str, Any]], bool]] = {
    "type_on_page": _type_on_page,
    "settle_batch": _settle_batch,
    "agree_to_debit": lambda stage, _: _agree(stage, "tour-debit", "PPD"),
    "agree_to_keeping": lambda stage, _: _agree(stage, "tour-card", "card_on_file"),
    "next_client": lambda stage, _: _show(stage, NEXT_CLIENT),
    "first_client": lambda stage, _: _show(stage, FIRST_CLIENT),
}
