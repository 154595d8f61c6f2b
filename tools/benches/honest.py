"""A person who is asked about a payment, looks into the clinic's own books, and says what is there. For benches."""

from __future__ import annotations

from collections.abc import Sequence

from tools.benches.crash_judge_real import Line
from tools.benches.crash_lane import Agent, Json

NAME = "Kim Tran"


def answer(agent: Agent, payment: Json, rows: Sequence[Line]) -> str:
    """Say `posted` or `not_posted` of the newest posting, as `rows` (the acts since the payment began) show it.
    Returns what was said."""
    there = any(row["kind"] == "payment" and row["by"] == "skin" for row in rows)
    said = "posted" if there else "not_posted"
    _say(agent, payment, said)
    return said


def give_up(agent: Agent, payment: Json) -> None:
    """What still waits is dropped, so that it disturbs nothing that comes after."""
    if not payment["finished"] and payment["postings"]:
        _say(agent, payment, "drop")


def _say(agent: Agent, payment: Json, verb: str) -> None:
    body = {"marker": payment["postings"][-1]["marker"], "person": NAME}
    agent.post(f"/v1/payments/{payment['payment_id']}/{verb}", body)
